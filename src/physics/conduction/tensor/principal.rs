//! Principal values and directions of a symmetric 3x3 tensor, by Jacobi rotations (G. H. Golub and C. F. Van Loan, Matrix
//! Computations, sec. 8.5): each takes the largest entry off the diagonal to zero.

/// A principal value and its direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Principal {
    /// The conductivity along the direction.
    pub value: f64,
    /// Unit vector (z, y, x); its component of largest magnitude is positive.
    pub direction: [f64; 3],
}

/// Rotations that leave nothing off the diagonal: each squares what is left, once it is small.
const ROTATIONS: usize = 60;

/// Principal values, the largest first.
pub(super) fn of(mut a: [[f64; 3]; 3]) -> [Principal; 3] {
    let mut directions = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    for _ in 0..ROTATIONS {
        let pairs = [(0, 1), (0, 2), (1, 2)];
        let size = |&(p, q): &(usize, usize)| f64::abs(a[p][q]);
        let Some((p, q)) = pairs.into_iter().max_by(|a, b| size(a).total_cmp(&size(b))) else {
            break;
        };
        if a[p][q] == 0.0 {
            break;
        }
        let theta = 0.5 * (a[q][q] - a[p][p]) / a[p][q];
        let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let cosine = 1.0 / tangent.hypot(1.0);
        rotate(&mut a, &mut directions, (p, q), [cosine, cosine * tangent]);
    }
    let mut all: [Principal; 3] = std::array::from_fn(|k| Principal {
        value: a[k][k],
        direction: turned(directions[k]),
    });
    all.sort_by(|a, b| b.value.total_cmp(&a.value));
    all
}

/// `J^T A J` for a rotation in the plane of p and q; the directions turn with it.
fn rotate(
    a: &mut [[f64; 3]; 3],
    directions: &mut [[f64; 3]; 3],
    (p, q): (usize, usize),
    [cosine, sine]: [f64; 2],
) {
    let turn = |x: f64, y: f64| [cosine * x - sine * y, sine * x + cosine * y];
    for row in a.iter_mut() {
        [row[p], row[q]] = turn(row[p], row[q]);
    }
    for k in 0..3 {
        [a[p][k], a[q][k]] = turn(a[p][k], a[q][k]);
        [directions[p][k], directions[q][k]] = turn(directions[p][k], directions[q][k]);
    }
    (a[p][q], a[q][p]) = (0.0, 0.0);
}

/// The one of two opposite directions whose largest component is positive.
fn turned(direction: [f64; 3]) -> [f64; 3] {
    let largest = direction.into_iter().fold(
        0.0,
        |a: f64, b| if b.abs() > a.abs() + 1e-12 { b } else { a },
    );
    direction.map(|d| if largest < 0.0 { 0.0 - d } else { d })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagonal_tensor_is_sorted() {
        let found = of([[1.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 2.0]]);
        assert_eq!(found.map(|p| p.value), [3.0, 2.0, 1.0]);
        assert_eq!(found[0].direction, [0.0, 1.0, 0.0]);
    }

    #[test]
    fn values_and_directions_make_the_tensor_again() {
        let a = [[2.0, -0.7, 0.3], [-0.7, 5.0, 1.1], [0.3, 1.1, 2.5]];
        let found = of(a);
        assert!(found[0].value > found[1].value && found[1].value > found[2].value);
        let again = |i: usize, j: usize| {
            let term = |p: &Principal| p.value * p.direction[i] * p.direction[j];
            found.iter().map(term).sum::<f64>()
        };
        for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
            assert!((again(i, j) - a[i][j]).abs() < 1e-13);
            let [p, q] = [i, j].map(|k| found[k].direction);
            let dot: f64 = p.iter().zip(q).map(|(p, q)| p * q).sum();
            assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-13);
        }
        assert_ne!(
            found[0].value,
            of([[2.0, 0.7, 0.3], [0.7, 5.0, 1.1], [0.3, 1.1, 2.5]])[0].value
        );
    }
}
