//! The data bar that a microscope writes under a picture: rows at an edge most of whose pixels have one value.

use ndarray::{ArrayView1, ArrayView2};
use std::ops::Range;

/// Part of the pixels of a row that have its most frequent value, from which on the row may belong to a data bar: scales and
/// letters leave more than that, and noise makes such rows rare in a picture.
const UNIFORM: f64 = 0.5;

/// Rows full of letters that may lie between others of a bar.
const GAP: usize = 4;

/// Fewer rows are no bar.
const FEWEST: usize = 4;

/// A bar takes at most this part of the rows.
const MOST: f64 = 0.34;

/// A picture with more uniform rows outside of the bar than this part is one of few grey values, in which nothing stands out.
const ELSEWHERE: f64 = 0.1;

/// The rows of a picture `[y][x]` that are left where a data bar along its lower or upper edge is cut off; none where there is
/// no such bar.
pub fn data_bar(picture: ArrayView2<'_, f32>) -> Option<Range<usize>> {
    let uniform: Vec<bool> = picture.outer_iter().map(is_uniform).collect();
    let height = uniform.len();
    let below = bar(uniform.iter().rev());
    let above = bar(uniform.iter());
    let kept = match (below >= FEWEST, above >= FEWEST) {
        (true, false) => 0..height - below,
        (false, true) => above..height,
        _ => return None,
    };
    let others = uniform[kept.clone()]
        .iter()
        .filter(|&&uniform| uniform)
        .count();
    let is_bar = (height - kept.len()) as f64 <= MOST * height as f64
        && others as f64 <= ELSEWHERE * kept.len() as f64;
    is_bar.then_some(kept)
}

/// Rows from an edge on that belong to a bar.
fn bar<'a>(rows: impl Iterator<Item = &'a bool>) -> usize {
    let mut found = 0;
    for (i, &uniform) in rows.enumerate() {
        if uniform {
            found = i + 1;
        } else if i + 1 - found > GAP {
            break;
        }
    }
    found
}

fn is_uniform(row: ArrayView1<'_, f32>) -> bool {
    let mut sorted = row.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let most = sorted.chunk_by(|a, b| a == b).map(<[f32]>::len).max();
    most.unwrap_or(0) as f64 >= UNIFORM * sorted.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn noise(y: usize, x: usize) -> f32 {
        let mixed = (y * 7919 + x * 104_729 + y * x * 31) % 97;
        f32::from(u8::try_from(mixed).unwrap_or(0))
    }

    /// 90 rows of noise and 20 of a bar with a frame, a scale and letters.
    fn micrograph(bar: bool) -> Array2<f32> {
        Array2::from_shape_fn([110, 120], |(y, x)| match y {
            _ if !bar => noise(y, x),
            0..90 => noise(y, x),
            90 => 255.0,
            98..=100 if x > 20 && (x / 2 + y) % 2 == 0 => 255.0,
            _ => 0.0,
        })
    }

    #[test]
    fn a_bar_is_found_and_noise_is_none() {
        assert_eq!(data_bar(micrograph(true).view()), Some(0..90));
        let mut upside_down = micrograph(true);
        upside_down.invert_axis(ndarray::Axis(0));
        assert_eq!(data_bar(upside_down.view()), Some(20..110));
        assert_eq!(data_bar(micrograph(false).view()), None);
        let two_values =
            Array2::from_shape_fn([110, 120], |(y, x)| f32::from(u8::from((x + y) % 4 == 0)));
        assert_eq!(data_bar(two_values.view()), None);
    }
}
