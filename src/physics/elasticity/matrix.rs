//! Small symmetric matrices: six by six and parts of it.

use super::element::Voigt;

/// The inverse of the rows and columns that `chosen` names, zeros elsewhere; none if it has no inverse.
pub(super) fn inverse_of_part(
    matrix: &[Voigt<f64>; 6],
    chosen: [bool; 6],
) -> Option<[Voigt<f64>; 6]> {
    let mut left = *matrix;
    let mut right = [[0.0; 6]; 6];
    let places: Vec<usize> = (0..6).filter(|&i| chosen[i]).collect();
    places.iter().for_each(|&i| right[i][i] = 1.0);
    let largest = places
        .iter()
        .map(|&i| matrix[i][i].abs())
        .fold(0.0, f64::max);
    for &pivot in &places {
        let best = places.iter().copied().filter(|&row| row >= pivot);
        let best = best.max_by(|&a, &b| left[a][pivot].abs().total_cmp(&left[b][pivot].abs()))?;
        left.swap(pivot, best);
        right.swap(pivot, best);
        let head = left[pivot][pivot];
        if head.abs() <= 1e-13 * largest {
            return None;
        }
        for &row in places.iter().filter(|&&row| row != pivot) {
            let factor = left[row][pivot] / head;
            for j in 0..6 {
                left[row][j] -= factor * left[pivot][j];
                right[row][j] -= factor * right[pivot][j];
            }
        }
        for j in 0..6 {
            left[pivot][j] /= head;
            right[pivot][j] /= head;
        }
    }
    Some(right)
}

/// Matrix times vector.
pub(super) fn product(matrix: &[Voigt<f64>; 6], vector: &Voigt<f64>) -> Voigt<f64> {
    std::array::from_fn(|i| dot(&matrix[i], vector))
}

/// `a . b`.
pub(super) fn dot(a: &Voigt<f64>, b: &Voigt<f64>) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
