//! Sums of many positive terms whose rounding does not grow with their number.
//!
//! A sum of n terms one after the other is wrong by up to `gamma_(n-1) sum |t|`, `gamma_k = k u / (1 - k u)`, `u = 2^-53`; added in
//! pairs, where a term takes part in `log2 n` additions, by `gamma_(log2 n) sum |t|` (N. J. Higham, Accuracy and Stability of
//! Numerical Algorithms, 2nd ed., SIAM 2002, sec. 4.2).

/// Terms that are added one after the other before pairs are.
const RUN: usize = 8;

/// Sum in pairs: a term takes part in at most `RUN + log2(n / RUN)` additions.
pub(crate) fn pairwise(terms: &[f64]) -> f64 {
    if terms.len() <= RUN {
        return terms.iter().sum();
    }
    let (first, second) = terms.split_at(terms.len() / 2);
    pairwise(first) + pairwise(second)
}

/// Sums over the columns of a plane of rows, column by column so that the processor works on many at once.
#[derive(Debug)]
pub(crate) struct Columns {
    sums: Vec<f64>,
    rows: usize,
    blocks: Vec<f64>,
}

/// Rows that a column adds up one after the other.
const ROWS: usize = 16;

impl Columns {
    /// For rows of so many columns.
    pub(crate) fn new(columns: usize) -> Self {
        Self {
            sums: vec![0.0; columns],
            rows: 0,
            blocks: Vec::new(),
        }
    }

    /// Takes a row: `add` adds its terms to the sums of the columns, each once.
    pub(crate) fn row(&mut self, add: impl FnOnce(&mut [f64])) {
        add(&mut self.sums);
        self.rows += 1;
        if self.rows == ROWS {
            self.flush();
        }
    }

    /// Sum of all rows. A term takes part in at most `ROWS + 2 RUN + log2(rows columns)` additions.
    pub(crate) fn total(mut self) -> f64 {
        self.flush();
        pairwise(&self.blocks)
    }

    fn flush(&mut self) {
        self.blocks.push(pairwise(&self.sums));
        self.sums.fill(0.0);
        self.rows = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One large number and many that are each lost beside it.
    fn terms(n: usize) -> Vec<f64> {
        let mut terms = vec![0.75 * f64::EPSILON / 2.0; n + 1];
        terms[0] = 1.0;
        terms
    }

    #[test]
    fn rounding_does_not_grow_with_the_number_of_terms() {
        let n = 1 << 20;
        let exact = 1.0 + 0.75 * f64::EPSILON / 2.0 * n as f64;
        assert!((pairwise(&terms(n)) / exact - 1.0).abs() < 1e-15);
        // One after the other they are all lost.
        assert!((terms(n).iter().sum::<f64>() / exact - 1.0).abs() > 5e-11);
    }

    #[test]
    fn columns_sum_what_their_rows_say() {
        for rows in [1usize, 15, 16, 17, 100] {
            let mut columns = Columns::new(3);
            for row in 0..rows {
                columns.row(|sums| sums.iter_mut().for_each(|sum| *sum += row as f64));
            }
            assert_eq!(columns.total(), 3.0 * (rows * (rows - 1) / 2) as f64);
        }
    }
}
