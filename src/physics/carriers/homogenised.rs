//! The homogenised electrode beside the resolved one: effective conductivities and a reaction spread evenly.
//!
//! J. Newman and C. W. Tobias, J. Electrochem. Soc. 109, 1183 (1962): thickness L, ionic conductivity k, electronic s,
//! charge-transfer conductance g per volume,
//! `R = L/(k+s) [1 + (2 + (k/s + s/k) cosh v) / (v sinh v)]`, `v = L sqrt(g (1/k + 1/s))`.

use super::{
    ELECTRONS, Electrode, End, IONS,
    assembly::{Assembly, conducting},
};
use crate::{
    Result,
    field::Backend,
    physics::conduction::{Conduction, Electrode as Face},
    solve::{Observer, Tolerance},
};

/// The homogenised electrode: what it rests on, and its resistance at rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogenised {
    /// Effective ionic and electronic conductivity through the whole thickness, S/m.
    pub conductivity: [f64; 2],
    /// Charge-transfer conductance of all reached sites per volume, S/m3.
    pub transfer: f64,
    /// Ohm m2; infinite where a carrier does not get through.
    pub resistance: f64,
}

/// Area-specific resistance of a homogeneous electrode: thickness (m), ionic and electronic conductivity (S/m),
/// charge-transfer conductance (S/m3).
pub fn newman_tobias(thickness: f64, [ions, electrons]: [f64; 2], transfer: f64) -> f64 {
    if ions <= 0.0 || electrons <= 0.0 || transfer <= 0.0 {
        return f64::INFINITY;
    }
    let v = thickness * (transfer * (1.0 / ions + 1.0 / electrons)).sqrt();
    let ratio = ions / electrons + electrons / ions;
    // Over cosh, so that a thick electrode does not overflow.
    let (sine, inverse) = (v.tanh(), if v < 700.0 { 1.0 / v.cosh() } else { 0.0 });
    thickness / (ions + electrons) * (1.0 + (2.0 * inverse + ratio) / (v * sine))
}

impl Electrode<'_> {
    pub(super) fn homogenised(
        &self,
        (tolerance, backend): (Tolerance, &Backend),
        transfer: f64,
        observer: &mut dyn Observer,
    ) -> Result<Homogenised> {
        let mut conductivity = [0.0; 2];
        for carrier in [IONS, ELECTRONS] {
            let problem = self.alone(carrier)?;
            let solution = problem.solve(self.axis, tolerance, backend, observer)?;
            conductivity[carrier] = solution.effective.effective_conductivity;
        }
        let transfer = transfer / (self.cross_section() * self.thickness());
        let resistance = newman_tobias(self.thickness(), conductivity, transfer);
        Ok(Homogenised {
            conductivity,
            transfer,
            resistance,
        })
    }

    /// Conduction of one carrier by itself.
    fn alone(&self, carrier: usize) -> Result<Conduction<'_>> {
        let mut problem = Conduction::new(self.volume).sides(self.sides);
        let labels = self.volume.labels();
        let sigma = conducting(&self.conductivity[carrier]);
        for (a, &label) in labels.iter().enumerate() {
            problem = problem.orthotropic(label, sigma[a])?;
            for (b, &other) in labels.iter().enumerate().take(a) {
                let resistance = self.contact[carrier][a * labels.len() + b];
                problem = problem.contact_resistance(label, other, resistance)?;
            }
            problem = problem.grain_boundary(label, self.grain_boundary[a])?;
            let resistance = self.terminal[carrier][a];
            if resistance > 0.0 {
                let first = (self.separator == End::First) == (carrier == IONS);
                let face = if first { Face::Inlet } else { Face::Outlet };
                problem = problem.electrode_resistance(face, label, resistance)?;
            }
        }
        match &self.grains {
            Some(grains) => problem.grains(grains),
            None => Ok(problem),
        }
    }
}

impl Assembly {
    /// Charge-transfer conductance of all reached sites at rest, without what is in series, S.
    pub(super) fn transfer(&self, slope: f64) -> f64 {
        let layer = |z| {
            let mut sum = 0.0;
            for voxel in self.layer(z) {
                if self.unknown(voxel, ELECTRONS).is_some() {
                    self.sites(voxel, ELECTRONS, |_, site| sum += site.exchange * slope);
                }
            }
            sum
        };
        self.layers(layer).into_iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::newman_tobias;

    #[test]
    fn closed_form_gives_the_table() {
        for ([ions, electrons], transfer, resistance) in [
            ([1.0, 1.0], 1.0, 1.661_363_07),
            ([1.0, 1.0], 25.0, 0.641_661_79),
            ([0.1, 1.0], 5.0, 2.147_462_81),
            ([0.1, 10.0], 5.0, 1.492_459_26),
            ([1.0, 0.01], 100.0, 1.975_382_87),
            ([0.05, 0.02], 1.0, 19.238_964_18),
        ] {
            let found = newman_tobias(1.0, [ions, electrons], transfer);
            assert!(
                (found / resistance - 1.0).abs() < 1e-8,
                "{found} for {resistance}"
            );
            let wrong = newman_tobias(1.0, [ions, electrons], 1.01 * transfer);
            assert!((wrong / resistance - 1.0).abs() > 1e-4);
        }
        assert!(newman_tobias(1.0, [1.0, 1.0], 1e8).is_finite());
    }
}
