//! What the elements are made of, in numbers near 1: moduli over the largest modulus, lengths over the voxel's.

use super::{
    eigenstrains::Eigenstrains,
    element::{Chunk, Elements, Law, Voigt, hooke},
    lanes::Lanes,
};
use crate::{field::Real, solve::radau::Floor};
use rayon::prelude::*;

/// A periodic grid of elastic phases.
#[derive(Debug, Clone)]
pub(super) struct Medium {
    /// Voxels along (z, y, x).
    pub(super) shape: [usize; 3],
    /// Voxel size along (z, y, x) over the cube root of its volume.
    pub(super) spacing: [f64; 3],
    /// The phase of each voxel.
    pub(super) codes: Vec<u8>,
    /// Lame's constants (lambda, mu) of each phase, over `unit`.
    pub(super) lame: Vec<[f64; 2]>,
    /// Yield stress and hardening of each phase that flows, over `unit`.
    pub(super) yields: Vec<Option<[f64; 2]>>,
    /// Of each voxel.
    pub(super) eigenstrains: Eigenstrains,
    /// Voxels of each phase.
    pub(super) counts: Vec<usize>,
    /// Pa for a modulus of 1.
    pub(super) unit: f64,
    /// Metres for a length of 1; voxels where the voxel size is not known.
    pub(super) length: f64,
}

impl Medium {
    /// All voxels.
    pub(super) fn voxels(&self) -> usize {
        self.codes.len()
    }

    /// Numbers of a displacement field.
    pub(super) fn unknowns(&self) -> usize {
        3 * self.voxels()
    }

    /// The elements in a precision.
    pub(super) fn elements<T: Real>(&self) -> Elements<'_, T> {
        let [z, y, x] = self.spacing;
        Elements {
            shape: self.shape,
            codes: &self.codes,
            moduli: self.lame.iter().map(|pair| pair.map(T::of)).collect(),
            slopes: [x, y, z].map(|h| T::of(0.25 / h)),
        }
    }

    /// Phases that are present and not void.
    fn solids(&self) -> impl Iterator<Item = ([f64; 2], f64)> {
        let phases = self.lame.iter().zip(&self.counts);
        let share = |count: usize| count as f64 / self.voxels() as f64;
        phases
            .filter(|&(&[_, mu], &count)| count > 0 && mu > 0.0)
            .map(move |(&lame, &count)| (lame, share(count)))
    }

    /// Whether voxels of zero stiffness are present.
    pub(super) fn porous(&self) -> bool {
        self.lame
            .iter()
            .zip(&self.counts)
            .any(|(&[_, mu], &count)| count > 0 && mu == 0.0)
    }

    /// Volume means of Lame's constants: the stiffness of Voigt, above every other.
    pub(super) fn voigt(&self) -> [f64; 2] {
        self.solids().fold([0.0; 2], |sum, (lame, share)| {
            [0, 1].map(|i| sum[i] + share * lame[i])
        })
    }

    /// Lame's constants of the uniform medium that preconditions: the mean of the solids.
    pub(super) fn reference(&self) -> [f64; 2] {
        let solid: f64 = self.solids().map(|(_, share)| share).sum();
        self.voigt().map(|mean| mean / solid)
    }

    /// About what rounding leaves in the residual of a displacement, measured with the inverse of the reference, `sqrt((d, B d))`.
    /// An element rounds its stress by a few units in the last place of stiffness times displacement; as the divergence of such a
    /// stress `t` the residual has `(d, B d) <= sum t : C0^-1 : t`.
    pub(super) fn rounding(&self, x: &[f64]) -> f64 {
        let (u, mean) = x.split_at(self.unknowns());
        let square = |values: &[f64]| values.iter().map(|v| v * v).sum::<f64>();
        let chunks: Vec<f64> = u.par_chunks(1 << 14).map(square).collect();
        let least = self.spacing.into_iter().fold(f64::INFINITY, f64::min);
        let moved = chunks.iter().sum::<f64>() / self.voxels() as f64 / (least * least);
        let eigen = self.eigenstrains.largest().fold(0.0, f64::max);
        let stiffness: f64 = self
            .solids()
            .map(|([lambda, mu], share)| share * (lambda + 2.0 * mu).powi(2))
            .sum();
        let [bulk, shear] = bulk_and_shear(self.reference());
        let softest = f64::min(3.0 * bulk, 2.0 * shear);
        let strains = moved + square(mean) + eigen * eigen;
        2.0 * f64::EPSILON * (self.voxels() as f64 * stiffness * strains / softest).sqrt()
    }

    /// What is known of the smallest eigenvalue of the preconditioned stiffness: without pores no element is softer, relative to
    /// the reference, than its softest phase.
    pub(super) fn floor(&self) -> Floor {
        if self.porous() {
            Floor::Estimated(self.softest())
        } else {
            Floor::Known(self.softest())
        }
    }

    /// The smallest ratio of a solid's stiffness to the reference's, in compression or in shear.
    pub(super) fn softest(&self) -> f64 {
        let [k0, g0] = bulk_and_shear(self.reference());
        let ratios = self.solids().flat_map(|(lame, _)| {
            let [k, g] = bulk_and_shear(lame);
            [k / k0, g / g0]
        });
        ratios.fold(f64::INFINITY, f64::min)
    }
}

/// Bulk and shear modulus from Lame's constants.
pub(super) fn bulk_and_shear([lambda, mu]: [f64; 2]) -> [f64; 2] {
    [lambda + 2.0 * mu / 3.0, mu]
}

/// The stiffness matrix of an isotropic solid.
pub(super) fn isotropic([lambda, mu]: [f64; 2]) -> [Voigt<f64>; 6] {
    let mut stiffness = [[0.0; 6]; 6];
    for i in 0..3 {
        (0..3).for_each(|j| stiffness[i][j] = lambda);
        stiffness[i][i] += 2.0 * mu;
        stiffness[i + 3][i + 3] = mu;
    }
    stiffness
}

impl Medium {
    /// Mean strain of a voxel `[z, y, x]` for displacements of nodes and the mean strain behind them.
    pub(super) fn strain(&self, x: &[f64], [z, y, at]: [usize; 3]) -> Voigt<f64> {
        let [nz, ny, nx] = self.shape;
        let [hz, hy, hx] = self.spacing;
        let (zs, ys, xs) = ([z, (z + 1) % nz], [y, (y + 1) % ny], [at, (at + 1) % nx]);
        // Differences along x, y and z of each component, times four.
        let mut gradient = [[0.0; 3]; 3];
        for (c, gradient) in gradient.iter_mut().enumerate() {
            for corner in 0..8 {
                let [k, j, i] = [corner >> 2, corner >> 1 & 1, corner & 1];
                let value = x[((zs[k] * 3 + c) * ny + ys[j]) * nx + xs[i]];
                for (slope, side) in gradient.iter_mut().zip([i, j, k]) {
                    *slope += if side == 1 { value } else { -value };
                }
            }
        }
        let [u, v, w] = gradient.map(|g| [g[0] / (4.0 * hx), g[1] / (4.0 * hy), g[2] / (4.0 * hz)]);
        let mean = &x[self.unknowns()..];
        [
            mean[0] + u[0],
            mean[1] + v[1],
            mean[2] + w[2],
            mean[3] + v[2] + w[1],
            mean[4] + u[2] + w[0],
            mean[5] + u[1] + v[0],
        ]
    }

    /// Hooke's law of a phase without its eigenstrain, over the unit.
    pub(super) fn stress(&self, code: u8, strain: &Voigt<f64>) -> Voigt<f64> {
        let [lambda, mu] = self.lame[usize::from(code)];
        let pressure = lambda * (strain[0] + strain[1] + strain[2]);
        std::array::from_fn(|i| {
            if i < 3 {
                pressure + 2.0 * mu * strain[i]
            } else {
                mu * strain[i]
            }
        })
    }
}

/// Hooke's law for the strain beyond the eigenstrain of each voxel.
pub(super) struct Eigenstrained<'a>(pub(super) &'a Medium);

impl Law<f64> for Eigenstrained<'_> {
    #[inline(always)]
    fn stress(
        &self,
        chunk: Chunk,
        mut strain: Voigt<Lanes<f64>>,
        moduli: &mut [Lanes<f64>; 2],
    ) -> Voigt<Lanes<f64>> {
        for lane in 0..chunk.count {
            let voxel = chunk.first + lane;
            let own = self.0.eigenstrains.of(self.0.codes[voxel], voxel);
            for (component, own) in strain.iter_mut().zip(own) {
                component.0[lane] -= own;
            }
        }
        hooke(strain, *moduli)
    }
}
