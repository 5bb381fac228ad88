//! The Gauss-Radau bound of conjugate gradients: above the error at every step, or none.

use voxion::solve::radau::{Floor, GaussRadau};

/// Conjugate gradients on a diagonal matrix, without a preconditioner.
fn run(eigenvalues: &[f64], steps: usize, floor: Floor) -> (GaussRadau, f64) {
    let mut x = vec![0.0; eigenvalues.len()];
    let mut r = vec![1.0; eigenvalues.len()];
    let mut p = r.clone();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut rz = dot(&r, &r);
    let mut radau = GaussRadau::new(floor, rz);
    for _ in 0..steps {
        let q: Vec<f64> = p.iter().zip(eigenvalues).map(|(p, l)| p * l).collect();
        let alpha = rz / dot(&p, &q);
        x.iter_mut().zip(&p).for_each(|(x, p)| *x += alpha * p);
        r.iter_mut().zip(&q).for_each(|(r, q)| *r -= alpha * q);
        let next = dot(&r, &r);
        radau.push(alpha * rz, next);
        p = r.iter().zip(&p).map(|(r, p)| r + next / rz * p).collect();
        rz = next;
    }
    let error = x.iter().zip(eigenvalues);
    let error = error.map(|(x, l)| l * (x - 1.0 / l).powi(2)).sum();
    (radau, error)
}

#[test]
fn the_bound_is_above_the_error_at_every_step() {
    let eigenvalues: Vec<f64> = (1..=40).map(|i| f64::from(i) / 40.0).collect();
    for steps in 0..25 {
        let (radau, error) = run(&eigenvalues, steps, Floor::Known(1.0 / 40.0));
        assert!(radau.bound() >= error * (1.0 - 1e-9), "{steps}");
        assert!(radau.bound_above(1.0) < error || steps == 0, "{steps}");
    }
}

#[test]
fn a_bound_that_is_negative_or_not_finite_is_none() {
    let (radau, _) = run(&[0.1, 0.5, 1.0], 2, Floor::Known(0.1));
    for mu in [0.0, -0.1, f64::NAN, 1e-320] {
        assert!(radau.bound_above(mu) > 1e300, "{mu}");
    }
    for rz in [-1e-30, f64::NAN, f64::INFINITY] {
        let mut broken = radau.clone();
        broken.push(0.0, rz);
        assert_eq!(broken.bound(), f64::INFINITY, "{rz}");
    }
    // Nothing is left of the residual, and so of the error.
    let mut solved = radau;
    solved.push(0.0, 0.0);
    assert_eq!(solved.bound(), 0.0);
}

#[test]
fn small_ritz_values_are_found_however_small() {
    for least in [1e-3, 1e-9, 1e-12] {
        let (radau, _) = run(&[least, 0.5, 1.0], 3, Floor::Estimated(1.0));
        let found = radau.smallest_eigenvalue();
        assert!((found / least - 1.0).abs() < 0.1, "{found} {least}");
    }
}
