//! Metals and sulphides yield: J2 (von Mises) plasticity with radial return, perfect or with linear hardening.
//!
//! The plastic strain is uniform in a voxel and follows its mean stress. What varies within the voxel keeps the share `|s| / |2 mu e|`
//! of its stiffness, s and e the deviators of mean stress and mean strain: elastic, it would carry bending that a solid that flows
//! does not, and its bulk modulus would lock the flow, which keeps the volume (selective reduced integration).
//!
//! With the trial stress of von Mises size q, deviator s and the accumulated plastic strain a, a voxel beyond `Y + H a` flows by
//! `d = (q - Y - H a) / (3 mu + H)` along `3 s / (2 q)` (J. C. Simo and T. J. R. Hughes, Computational Inelasticity, 1998, sec. 3.3),
//! and its consistent tangent is `C - 6 mu^2 (d/q) dev - 6 mu^2 (1/(3 mu + H) - d/q) n n`, n the unit deviator.

use super::{
    element::{Chunk, Law, Voigt, hooke},
    lanes::Lanes,
    medium::Medium,
};
use crate::field::Real;
use rayon::prelude::*;

/// The largest share of its stiffness that what varies in a voxel loses: something has to hold the nodes.
const MOST_LOST: f64 = 0.99;

/// When a solid yields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Yield {
    /// Von Mises stress at which it begins to flow, Pa.
    pub stress: f64,
    /// Rise of that stress per unit of plastic strain, Pa; 0 for perfect plasticity.
    pub hardening: f64,
}

/// What has flowed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlasticState {
    /// Plastic strain of each voxel.
    pub(super) strain: Vec<Voigt<f64>>,
    /// Accumulated plastic strain of each voxel.
    pub(super) accumulated: Vec<f64>,
    /// Plastic work of each voxel, over the unit of moduli.
    pub(super) work: Vec<f64>,
}

/// A tangent: the factors of the deviator and of n n, then n, then the share of its stiffness that what varies has lost.
pub(super) type Tangent<T> = [T; 9];

/// A voxel after its radial return.
pub(super) struct Returned {
    pub(super) stress: Voigt<f64>,
    /// Plastic strain that is added.
    pub(super) flow: Voigt<f64>,
    /// The same, accumulated.
    pub(super) amount: f64,
    pub(super) tangent: Tangent<f64>,
}

impl PlasticState {
    /// Nothing has flowed.
    pub(super) fn new(voxels: usize) -> Self {
        Self {
            strain: vec![[0.0; 6]; voxels],
            accumulated: vec![0.0; voxels],
            work: vec![0.0; voxels],
        }
    }

    /// Plastic strain of a voxel, and the same accumulated.
    fn of(&self, voxel: usize) -> (&Voigt<f64>, f64) {
        (&self.strain[voxel], self.accumulated[voxel])
    }
}

/// Lame's constants of what varies in a voxel that has lost a share of its stiffness.
#[inline(always)]
fn soften<T: Real>(moduli: &mut [Lanes<T>; 2], lane: usize, lost: T) {
    for modulus in moduli {
        let less = lost * modulus.0[lane];
        modulus.0[lane] -= less;
    }
}

/// The deviator of a stress.
fn deviator(stress: &Voigt<f64>) -> Voigt<f64> {
    let mean = (stress[0] + stress[1] + stress[2]) / 3.0;
    std::array::from_fn(|i| if i < 3 { stress[i] - mean } else { stress[i] })
}

/// `|s|` of a tensor in Voigt order.
fn size(s: &Voigt<f64>) -> f64 {
    let [normal, shear] =
        [0, 3].map(|first| s[first..first + 3].iter().map(|s| s * s).sum::<f64>());
    (normal + 2.0 * shear).sqrt()
}

impl Medium {
    /// Stress and flow of a voxel for an elastic trial strain and the plastic strain accumulated before.
    pub(super) fn radial_return(
        &self,
        code: u8,
        trial: &Voigt<f64>,
        (plastic, accumulated): (&Voigt<f64>, f64),
    ) -> Returned {
        let stress = self.stress(code, trial);
        let whole: Voigt<f64> = std::array::from_fn(|i| trial[i] + plastic[i]);
        let unlimited = size(&deviator(&self.stress(code, &whole)));
        let lost = |length: f64| match unlimited > 0.0 {
            true => (1.0 - length / unlimited).clamp(0.0, MOST_LOST),
            false => 0.0,
        };
        let mut elastic = Returned {
            stress,
            flow: [0.0; 6],
            amount: 0.0,
            tangent: [0.0; 9],
        };
        let Some([limit, hardening]) = self.yields[usize::from(code)] else {
            return elastic;
        };
        let deviator = deviator(&stress);
        let length = size(&deviator);
        let q = 1.5f64.sqrt() * length;
        let excess = q - limit - hardening * accumulated;
        if excess <= 0.0 {
            elastic.tangent[8] = lost(length);
            return elastic;
        }
        let mu = self.lame[usize::from(code)][1];
        let amount = excess / (3.0 * mu + hardening);
        let normal = deviator.map(|s| s / length);
        let flow = |i: usize| 1.5 * amount / q * deviator[i] * if i < 3 { 1.0 } else { 2.0 };
        let softer = 6.0 * mu * mu * amount / q;
        let along = 6.0 * mu * mu / (3.0 * mu + hardening) - softer;
        let [xx, yy, zz, yz, xz, xy] = normal;
        let lost = lost(length * (1.0 - 3.0 * mu * amount / q));
        Returned {
            stress: std::array::from_fn(|i| stress[i] - 3.0 * mu * amount / q * deviator[i]),
            flow: std::array::from_fn(flow),
            amount,
            tangent: [softer, along, xx, yy, zz, yz, xz, xy, lost],
        }
    }

    /// The elastic trial strain of a voxel: its strain less a share of the eigenstrain and the plastic strain before.
    pub(super) fn trial(
        &self,
        voxel: usize,
        strain: &Voigt<f64>,
        (share, plastic): (f64, &Voigt<f64>),
    ) -> Voigt<f64> {
        let own = self.eigenstrains.of(self.codes[voxel], voxel);
        std::array::from_fn(|i| strain[i] - plastic[i] - if i < 3 { share * own[i] } else { 0.0 })
    }

    /// The radial return of every voxel of a displacement.
    pub(super) fn returns<R: Send>(
        &self,
        x: &[f64],
        share: f64,
        before: &PlasticState,
        keep: impl Fn(Returned) -> R + Sync,
    ) -> Vec<R> {
        let [_, ny, nx] = self.shape;
        let of = |voxel: usize| {
            let strain = self.strain(x, [voxel / (ny * nx), voxel / nx % ny, voxel % nx]);
            let code = self.codes[voxel];
            let trial = self.trial(voxel, &strain, (share, &before.strain[voxel]));
            keep(self.radial_return(code, &trial, before.of(voxel)))
        };
        (0..self.voxels()).into_par_iter().map(of).collect()
    }
}

/// The law of solids that flow, from the state at the beginning of an increment.
pub(super) struct Flowing<'a> {
    pub(super) medium: &'a Medium,
    /// Share of the load.
    pub(super) share: f64,
    pub(super) before: &'a PlasticState,
}

impl Law<f64> for Flowing<'_> {
    #[inline(always)]
    fn stress(
        &self,
        chunk: Chunk,
        strain: Voigt<Lanes<f64>>,
        moduli: &mut [Lanes<f64>; 2],
    ) -> Voigt<Lanes<f64>> {
        let mut stress = [Lanes::of(0.0); 6];
        for lane in 0..chunk.count {
            let voxel = chunk.first + lane;
            let code = self.medium.codes[voxel];
            let own = strain.map(|component| component.0[lane]);
            let trial = self
                .medium
                .trial(voxel, &own, (self.share, &self.before.strain[voxel]));
            let returned = self
                .medium
                .radial_return(code, &trial, self.before.of(voxel));
            soften(moduli, lane, returned.tangent[8]);
            (0..6).for_each(|i| stress[i].0[lane] = returned.stress[i]);
        }
        stress
    }
}

/// Hooke's law, softened by consistent tangents.
pub(super) struct Softened<'a, T>(pub(super) &'a [Tangent<T>]);

impl<T: Real> Law<T> for Softened<'_, T> {
    #[inline(always)]
    fn stress(
        &self,
        chunk: Chunk,
        strain: Voigt<Lanes<T>>,
        moduli: &mut [Lanes<T>; 2],
    ) -> Voigt<Lanes<T>> {
        let mut stress = hooke(strain, *moduli);
        for (lane, tangent) in self.0[chunk.first..chunk.first + chunk.count]
            .iter()
            .enumerate()
        {
            let [softer, along, n @ .., lost] = *tangent;
            soften(moduli, lane, lost);
            let own = strain.map(|component| component.0[lane]);
            let mean = (own[0] + own[1] + own[2]) * T::of(1.0 / 3.0);
            let product = (0..6).fold(T::default(), |sum, i| sum + n[i] * own[i]);
            let own_deviator = |i: usize| {
                if i < 3 {
                    own[i] - mean
                } else {
                    own[i] * T::of(0.5)
                }
            };
            for (i, stress) in stress.iter_mut().enumerate() {
                stress.0[lane] -= softer * own_deviator(i) + along * product * n[i];
            }
        }
        stress
    }
}
