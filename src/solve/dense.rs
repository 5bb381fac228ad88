//! The coarsest level: a small dense matrix and its inverse, by Cholesky in f64.

use super::graph::Graph;
use crate::field::Real;
use rayon::prelude::*;

/// Inverse of a graph's operator, row-major.
pub fn inverse<T: Real>(graph: &Graph<T>) -> Vec<f64> {
    let n = graph.len();
    let factor = cholesky(matrix(graph), n);
    let columns: Vec<Vec<f64>> = (0..n)
        .into_par_iter()
        .map(|column| solve_unit(&factor, n, column))
        .collect();
    columns.concat()
}

fn matrix<T: Real>(graph: &Graph<T>) -> Vec<f64> {
    let n = graph.len();
    let mut a = vec![0.0; n * n];
    for i in 0..n {
        a[i * n + i] = graph.leaks[i].wide();
        for (j, weight) in graph.row(i) {
            a[i * n + i] += weight.wide();
            a[i * n + j] -= weight.wide();
        }
    }
    a
}

/// Lower factor, row by row; a pivot lost to rounding is replaced by a tiny one.
fn cholesky(mut a: Vec<f64>, n: usize) -> Vec<f64> {
    factorise(&mut a, n);
    a
}

fn factorise(a: &mut [f64], n: usize) {
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let other = &done[j * n..j * n + j + 1];
            let sum: f64 = row[..j].iter().zip(other).map(|(a, b)| a * b).sum();
            row[j] = (row[j] - sum) / other[j];
        }
        let sum: f64 = row[..i].iter().map(|l| l * l).sum();
        row[i] = (row[i] - sum)
            .max(f64::EPSILON * row[i])
            .max(f64::MIN_POSITIVE)
            .sqrt();
    }
}

/// Solves `L^T x = x`.
fn backward(factor: &[f64], x: &mut [f64]) {
    let n = x.len();
    for i in (0..n).rev() {
        x[i] /= factor[i * n + i];
        let (before, value) = x.split_at_mut(i);
        before
            .iter_mut()
            .zip(&factor[i * n..])
            .for_each(|(x, l)| *x -= l * value[0]);
    }
}

/// Solves `L L^T x = e_column`.
fn solve_unit(factor: &[f64], n: usize, column: usize) -> Vec<f64> {
    let mut x = vec![0.0; n];
    for i in column..n {
        let row = &factor[i * n..i * n + n];
        let sum: f64 = row[column..i]
            .iter()
            .zip(&x[column..i])
            .map(|(l, x)| l * x)
            .sum();
        x[i] = (f64::from(u8::from(i == column)) - sum) / row[i];
    }
    backward(factor, &mut x);
    x
}
