//! The stiffness of a uniform medium in Fourier space, inverted: the preconditioner.
//!
//! On a uniform medium the trilinear element is a tensor product: with the angle t of a wave along an axis of spacing h, its
//! one-dimensional stiffness is `s = 2 (1 - cos t) / h`, its mass `m = h (2 + cos t) / 3` and its gradient `i sin t`. The block of a
//! wave vector is `K_ii = (lambda + 2 mu) s_i m_j m_k + mu (m_i s_j m_k + m_i m_j s_k)`, `K_ij = (lambda + mu) sin t_i sin t_j m_k`.

use crate::solve::fourier::{Spectral, Symbol};
use rustfft::num_complex::Complex;
use std::f64::consts::TAU;

/// Stiffness, mass and gradient of the waves along one axis.
struct Waves<T> {
    stiffness: Vec<T>,
    mass: Vec<T>,
    gradient: Vec<T>,
}

impl<T: Spectral> Waves<T> {
    fn new(points: usize, spacing: f64) -> Self {
        let over = |value: fn(f64, f64) -> f64| {
            (0..points)
                .map(|k| T::of(value(TAU * k as f64 / points as f64, spacing)))
                .collect()
        };
        let mut gradient: Vec<T> = over(|t, _| t.sin());
        if points.is_multiple_of(2) {
            gradient[points / 2] = T::default();
        }
        Self {
            stiffness: over(|t, h| 4.0 * (0.5 * t).sin().powi(2) / h),
            mass: over(|t, h| h * (2.0 + t.cos()) / 3.0),
            gradient,
        }
    }
}

/// The inverse of the uniform stiffness on a grid.
pub(super) struct UniformInverse<T> {
    /// Along x, y and z.
    waves: [Waves<T>; 3],
    lambda: T,
    mu: T,
    /// One over the number of points, for the transform pair.
    scale: T,
}

impl<T: Spectral> UniformInverse<T> {
    /// For a grid of (z, y, x) points and spacings and Lame's constants `(lambda, mu)`.
    pub(super) fn new(shape: [usize; 3], spacing: [f64; 3], [lambda, mu]: [f64; 2]) -> Self {
        let waves = |axis: usize| Waves::new(shape[axis], spacing[axis]);
        Self {
            waves: [waves(2), waves(1), waves(0)],
            lambda: T::of(lambda),
            mu: T::of(mu),
            scale: T::of(1.0 / shape.iter().product::<usize>() as f64),
        }
    }

    /// Stiffness, mass and gradient of every wave along x, then y, then z: what the kernel of the same name is given.
    pub(super) fn waves(&self) -> impl Iterator<Item = [T; 3]> {
        let along = |waves: &Waves<T>| -> Vec<[T; 3]> {
            let pairs = waves.stiffness.iter().zip(&waves.mass).zip(&waves.gradient);
            pairs.map(|((&s, &m), &g)| [s, m, g]).collect()
        };
        self.waves.each_ref().map(along).into_iter().flatten()
    }

    /// `mu`, `lambda + mu`, and one over the number of points.
    pub(super) fn constants(&self) -> [T; 3] {
        [self.mu, self.lambda + self.mu, self.scale]
    }

    /// The block of a wave vector, inverted: xx, yy, zz, yz, xz, xy.
    #[inline(always)]
    fn inverse(&self, [x, y, z]: [usize; 3]) -> [T; 6] {
        let [wx, wy, wz] = &self.waves;
        let (sx, sy, sz) = (wx.stiffness[x], wy.stiffness[y], wz.stiffness[z]);
        let (mx, my, mz) = (wx.mass[x], wy.mass[y], wz.mass[z]);
        let (gx, gy, gz) = (wx.gradient[x], wy.gradient[y], wz.gradient[z]);
        let (mu, both) = (self.mu, self.lambda + self.mu);
        let [lx, ly, lz] = [sx * my * mz, mx * sy * mz, mx * my * sz];
        let laplace = mu * (lx + ly + lz);
        let (xx, yy, zz) = (
            laplace + both * lx,
            laplace + both * ly,
            laplace + both * lz,
        );
        let (yz, xz, xy) = (
            both * gy * gz * mx,
            both * gx * gz * my,
            both * gx * gy * mz,
        );
        let minors = [yy * zz - yz * yz, xx * zz - xz * xz, xx * yy - xy * xy];
        let mixed = [xz * xy - xx * yz, xy * yz - yy * xz, yz * xz - zz * xy];
        let determinant = xx * minors[0] + xy * mixed[2] + xz * mixed[1];
        let factor = self.scale / determinant;
        [
            minors[0] * factor,
            minors[1] * factor,
            minors[2] * factor,
            mixed[0] * factor,
            mixed[1] * factor,
            mixed[2] * factor,
        ]
    }
}

impl<T: Spectral> Symbol<T> for UniformInverse<T> {
    #[inline(always)]
    fn multiply(&self, [y, x]: [usize; 2], [a, b, c]: [&mut [Complex<T>]; 3]) {
        for (z, ((a, b), c)) in a.iter_mut().zip(&mut *b).zip(&mut *c).enumerate() {
            let [xx, yy, zz, yz, xz, xy] = self.inverse([x, y, z]);
            let (u, v, w) = (*a, *b, *c);
            *a = u * xx + v * xy + w * xz;
            *b = u * xy + v * yy + w * yz;
            *c = u * xz + v * yz + w * zz;
        }
        if (y, x) == (0, 0) {
            // A uniform displacement does no work.
            for column in [a, b, c] {
                column[0] = Complex::new(T::default(), T::default());
            }
        }
    }
}
