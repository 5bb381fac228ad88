//! The effective stiffness of the cell and what follows from it.
//!
//! `C*_ij = <strain_i : C : strain_j>` for the answers to unit mean strains i and j. As an energy its error is of second order,
//! `|error| <= ||e_i|| ||e_j|| / N`, and it is formed from mean stress and residual: `C*_ij = <sigma_j>_i - u_i . r_j / N`.

use super::{
    equilibrium::{Certificate, Ending, Equilibrium, Goal, Load, Swelling},
    error::ElasticityError,
    hold::Hold,
    holding::COMPONENTS,
    machine::Machine,
    matrix,
    medium::Medium,
    shortfall::{NotConverged, Reached, Shortfall},
};
use crate::{
    Result,
    solve::{Observer, Tolerance},
};
use rayon::prelude::*;
use std::time::Instant;

/// Strain or stress of the cell: xx, yy, zz, yz, xz, xy.
type Voigt = [f64; 6];

/// The effective stiffness of a cell.
#[derive(Debug, Clone)]
pub struct Stiffness {
    /// In Pa, symmetric.
    pub matrix: [Voigt; 6],
    /// Bound on the error of each entry, Pa.
    pub bound: [Voigt; 6],
    /// Mean strain of the free cell under its eigenstrains, by the theorem of Levin; none where the cell has no compliance.
    pub effective_eigenstrain: Option<Voigt>,
    /// Steps of conjugate gradients, all loads together.
    pub iterations: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Name of the device that solved; none for the host.
    pub adapter: Option<String>,
}

/// The isotropic solid nearest to a stiffness.
#[derive(Debug, Clone, Copy)]
pub struct IsotropicFit {
    /// Bulk modulus, Pa.
    pub bulk: f64,
    /// Shear modulus, Pa.
    pub shear: f64,
    /// Young's modulus, Pa.
    pub young: f64,
    /// Poisson's ratio.
    pub poisson: f64,
}

impl Stiffness {
    /// The isotropic stiffness with the smallest sum of squared differences over all components of the tensor.
    pub fn isotropic_fit(&self) -> IsotropicFit {
        let (bulk, shear) = voigt_average(&self.matrix);
        let young = young(bulk, shear);
        IsotropicFit {
            bulk,
            shear,
            young,
            poisson: young / (2.0 * shear) - 1.0,
        }
    }

    /// Bound on the error of that solid's Young's modulus, Pa: it grows with bulk and shear modulus, which are sums of entries.
    pub fn young_bound(&self) -> f64 {
        let fit = self.isotropic_fit();
        let [normal, mixed, sheared] = triples(&self.bound);
        let bulk = (normal + 2.0 * mixed) / 9.0;
        let shear = (normal + mixed + 3.0 * sheared) / 15.0;
        let least = young((fit.bulk - bulk).max(0.0), (fit.shear - shear).max(0.0));
        let most = young(fit.bulk + bulk, fit.shear + shear);
        (most - fit.young).max(fit.young - least)
    }

    /// The universal anisotropy index `5 G_V/G_R + K_V/K_R - 6`, 0 for an isotropic cell (S. I. Ranganathan and M. Ostoja-Starzewski,
    /// Phys. Rev. Lett. 101 (2008) 055504); none where the cell has no compliance.
    pub fn anisotropy_index(&self) -> Option<f64> {
        let compliance = matrix::inverse_of_part(&self.matrix, [true; 6])?;
        let (bulk, shear) = voigt_average(&self.matrix);
        let s = &compliance;
        let normal: f64 = (0..3).map(|i| s[i][i]).sum();
        let mixed = s[0][1] + s[0][2] + s[1][2];
        let sheared: f64 = (3..6).map(|i| s[i][i]).sum();
        let (bulk_r, shear_r) = (
            1.0 / (normal + 2.0 * mixed),
            15.0 / (4.0 * (normal - mixed) + 3.0 * sheared),
        );
        Some(5.0 * shear / shear_r + bulk / bulk_r - 6.0)
    }

    /// Young's moduli along x, y and z; none where the cell has no compliance.
    pub fn young_along(&self) -> Option<[f64; 3]> {
        let compliance = matrix::inverse_of_part(&self.matrix, [true; 6])?;
        Some(std::array::from_fn(|i| 1.0 / compliance[i][i]))
    }
}

/// Young's modulus; 0 of a solid that resists nothing.
fn young(bulk: f64, shear: f64) -> f64 {
    match 3.0 * bulk + shear {
        0.0 => 0.0,
        sum => 9.0 * bulk * shear / sum,
    }
}

/// Sums of the entries of three normal strains, of two different ones, of three shear strains.
fn triples(c: &[Voigt; 6]) -> [f64; 3] {
    [
        c[0][0] + c[1][1] + c[2][2],
        c[0][1] + c[0][2] + c[1][2],
        c[3][3] + c[4][4] + c[5][5],
    ]
}

/// Bulk and shear modulus of Voigt's average over all orientations.
fn voigt_average(c: &[Voigt; 6]) -> (f64, f64) {
    let [normal, mixed, shear] = triples(c);
    (
        (normal + 2.0 * mixed) / 9.0,
        (normal - mixed + 3.0 * shear) / 15.0,
    )
}

/// Of the tolerated error of the largest component, the part that may stay in one that is zero: there rounding is all.
const NEGLIGIBLE: f64 = 1e-6;

/// Solves the six loads.
pub(super) fn stiffness(
    (medium, machine): (&Medium, &mut Machine<'_>),
    tolerance: Tolerance,
    observer: &mut dyn Observer,
) -> Result<Stiffness> {
    let start = Instant::now();
    let count = medium.voxels() as f64;
    let (mut matrix, mut iterations) = ([[0.0; 6]; 6], 0);
    let mut pressed = [0.0; 6];
    let mut earlier: Vec<Vec<f32>> = Vec::new();
    let mut certificates: Vec<Certificate> = Vec::new();
    let mut ended: Vec<(usize, Shortfall)> = Vec::new();
    for (j, pressed) in pressed.iter_mut().enumerate() {
        let (goal, swelling) = (Goal::Energy, Swelling::Off);
        let load = Load {
            medium,
            hold: Hold::unit(j),
            goal,
            tolerance,
            swelling,
        };
        let solved = machine.solve(&load, observer)?;
        *pressed = eigenstress(medium, &solved);
        iterations += solved.iterations;
        earlier.push(rounded(solved.displacement()));
        for (i, u) in earlier.iter().enumerate() {
            let work = product(u, &solved.residual) / count;
            let modulus = (solved.stress[i] - work) * medium.unit;
            (matrix[i][j], matrix[j][i]) = (modulus, modulus);
        }
        if solved.ending != Ending::Converged {
            ended.push((j, load.ended(&solved)));
        }
        certificates.push(solved.certificate);
    }
    // Each load may have seen another part of the spectrum: the smallest eigenvalue of all holds for all.
    let floor = certificates
        .iter()
        .map(Certificate::floor)
        .fold(f64::INFINITY, f64::min);
    let errors: Vec<f64> = certificates.iter().map(|own| own.error(floor)).collect();
    let bound = |i: usize, j: usize| errors[i] * errors[j] / count * medium.unit;
    let compliance = matrix::inverse_of_part(&matrix, [true; 6]);
    let stiffness = Stiffness {
        matrix,
        bound: std::array::from_fn(|i| std::array::from_fn(|j| bound(i, j))),
        effective_eigenstrain: compliance.map(|s| matrix::product(&s, &pressed)),
        iterations,
        seconds: start.elapsed().as_secs_f64(),
        adapter: machine.adapter(),
    };
    let largest = (0..6).fold(0.0, |most: f64, j| most.max(matrix[j][j]));
    let negligible = NEGLIGIBLE * tolerance.relative_error * largest;
    let mut short = ended.into_iter().filter(|&(j, _)| bound(j, j) > negligible);
    let Some((j, ended)) = short.next() else {
        return Ok(stiffness);
    };
    let value = matrix[j][j];
    let shortfall = Shortfall {
        component: COMPONENTS[j],
        value,
        bound: bound(j, j),
        wanted: tolerance.relative_error * value.abs(),
        ..ended
    };
    let reached = Reached::Stiffness(stiffness);
    let error = NotConverged { shortfall, reached };
    Err(ElasticityError::NotConverged(Box::new(error)).into())
}

/// `<sigma : eigenstrain>`, Pa: with the opposite sign, the stress of the clamped cell (V. M. Levin 1967).
fn eigenstress(medium: &Medium, solved: &Equilibrium) -> f64 {
    let [_, ny, nx] = medium.shape;
    let planes = (0..medium.shape[0]).into_par_iter().map(|z| {
        let plane = medium.codes[z * ny * nx..(z + 1) * ny * nx]
            .iter()
            .enumerate();
        plane
            .map(|(place, &code)| {
                let own = medium.eigenstrains.of(code, z * ny * nx + place);
                if own == [0.0; 3] {
                    return 0.0;
                }
                let strain = medium.strain(&solved.x, [z, place / nx, place % nx]);
                let stress = medium.stress(code, &strain);
                (0..3).map(|i| own[i] * stress[i]).sum()
            })
            .sum::<f64>()
    });
    planes.collect::<Vec<f64>>().iter().sum::<f64>() / medium.voxels() as f64 * medium.unit
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "multiplied with residuals alone: seven digits are enough"
)]
fn rounded(values: &[f64]) -> Vec<f32> {
    values.par_iter().map(|&value| value as f32).collect()
}

/// `u . r`, chunk by chunk.
fn product(u: &[f32], r: &[f64]) -> f64 {
    let chunks = u.par_chunks(1 << 14).zip(r.par_chunks(1 << 14));
    let sums = chunks.map(|(u, r)| u.iter().zip(r).map(|(&u, r)| f64::from(u) * r).sum());
    sums.collect::<Vec<f64>>().iter().sum()
}
