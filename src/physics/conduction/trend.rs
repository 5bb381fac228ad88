//! How a number depends on resolution, and where it goes.
//!
//! The surface of a voxel model is a staircase, and its error falls with the first power of the voxel (L. F. Richardson, Phil.
//! Trans. R. Soc. A 210, 307, 1911): the number at half resolution is as far from that at full as full is from the limit, which
//! is then `2 f_1 - f_2`. A third resolution says whether that holds: the observed order `log2((f_4 - f_2) / (f_2 - f_1))` is
//! then near 1. It is not used for the extrapolation itself: differences of differences are too noisy for that.

/// A number at resolutions that halve from one to the next, the finest first; at least two.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend(pub Vec<f64>);

/// Orders between which an extrapolation is trusted.
const ORDERS: std::ops::RangeInclusive<f64> = 0.5..=2.0;

impl Trend {
    /// The limit; none where a coarser volume has lost its paths.
    pub fn extrapolated(&self) -> Option<f64> {
        match *self.0.as_slice() {
            [fine, half, ..] if fine == 0.0 || half != 0.0 => Some(2.0 * fine - half),
            _ => None,
        }
    }

    /// The observed order; none without a third resolution, or where the numbers do not go one way.
    pub fn order(&self) -> Option<f64> {
        let [fine, half, quarter] = *self.0.as_slice() else {
            return None;
        };
        let ratio = (quarter - half) / (half - fine);
        (ratio > 0.0 && ratio.is_finite()).then(|| ratio.log2())
    }

    /// Whether three resolutions agree on first order, more or less.
    pub fn is_regular(&self) -> bool {
        self.order().is_some_and(|order| ORDERS.contains(&order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_first_order_is_taken_away() {
        let trend = Trend([1.0, 2.0, 4.0].map(|h| 3.0 + 0.1 * h).to_vec());
        assert!((trend.extrapolated().unwrap() - 3.0).abs() < 1e-14);
        assert!((trend.order().unwrap() - 1.0).abs() < 1e-12 && trend.is_regular());
    }

    #[test]
    fn what_does_not_go_one_way_is_told() {
        assert_eq!(Trend(vec![1.0, 1.1, 1.05]).order(), None);
        assert!(!Trend(vec![1.0, 1.1, 1.05]).is_regular());
        assert!(!Trend(vec![1.0, 1.1]).is_regular());
        assert_eq!(Trend(vec![1.0, 0.0, 0.0]).extrapolated(), None);
        assert_eq!(Trend(vec![0.0, 0.0]).extrapolated(), Some(0.0));
    }
}
