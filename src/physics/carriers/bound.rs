//! How far the current of a nonlinear electrode can be from that of the solution.
//!
//! The gradient of the content is a monotone map: for potentials x and the solution x*, `r = grad F(x*) - grad F(x) = H (x* - x)`
//! with H the transport and, at each site, a secant of its current. No secant is less than the least slope of the law, so
//! `H >= A`, the network of transport and least slopes, which no longer depends on x. For `e = x - x*` then
//! `e.A e <= e.H e = -r.e <= |r|_A^-1 |e|_A`, so that `|e|_A^2 <= r.A^-1 r`, which any flow bounds as it does for conduction
//! ([`certificate`](crate::solve::certificate)). The current through a terminal of conductances g is linear in x, and by Cauchy and
//! Schwarz `|I - I*| = |sum g e| <= sqrt(sum g) |e|_A`; either terminal gives a bound, and charge is balanced, so the less one holds.
//!
//! Rigorous but for rounding, and of first order in the error where energies are of second: a step of Newton's method or
//! two beyond what the decrement asks for, and one hierarchy, which all steps and voltages share.

use super::{
    ELECTRONS, IONS,
    assembly::{Assembly, SiteAt},
    sums::{Driven, Layer},
};
use crate::{
    physics::kinetics::Kinetics,
    solve::{certificate, hierarchy::Coarse},
};

/// Transport and least slopes, with every level below.
#[derive(Debug)]
pub(super) struct Floor {
    levels: Coarse<f64>,
    /// Of its conductances, S.
    unit: f64,
}

impl Floor {
    /// For any potentials of an electrode.
    pub(super) fn new(assembly: &Assembly, kinetics: &Kinetics) -> Self {
        // Which end stands at one volt says nothing about the matrix.
        let least = |site: &SiteAt| site.element().least_conductance(kinetics);
        let network = assembly.network(IONS, least, true);
        Self {
            levels: network.levels(),
            unit: network.unit,
        }
    }

    /// Upper bound on `r.A^-1 r`, W, of the currents r that the unknowns lack, A.
    fn square(&self, lacking: &[f64]) -> f64 {
        let over_unit: Vec<f64> = lacking.iter().map(|r| r / self.unit).collect();
        self.unit * certificate::graph_bound(&self.levels, &over_unit)
    }
}

impl Driven<'_> {
    /// Bound on how far the current at these potentials, whose sums are given and whose charge is balanced, is from that of the
    /// solution, A.
    pub(super) fn current_bound(&self, floor: &Floor, x: &[f64], sum: &Layer) -> f64 {
        let [ions, electrons] = self.terminal_bounds(floor, x, sum);
        ions.min(electrons)
    }

    /// The same for the current through either terminal, whether charge is balanced or not.
    fn terminal_bounds(&self, floor: &Floor, x: &[f64], sum: &Layer) -> [f64; 2] {
        let network = self.tangent(x);
        let lacking: Vec<f64> = network.sources.iter().map(|s| s * network.unit).collect();
        let square = floor.square(&lacking);
        [IONS, ELECTRONS].map(|carrier| (sum.slopes[carrier] * square).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cell, Drive, Electrode, Place, Site};
    use super::*;
    use crate::{
        field::Backend,
        microstructure::{Axis, Volume},
        physics::kinetics::Law,
        solve::{Silent, Tolerance},
    };
    use ndarray::Array3;

    const KINETICS: Kinetics = Kinetics {
        law: Law::ButlerVolmer,
        transfer: [0.4, 0.6],
        temperature: 298.15,
    };

    /// Columns of electrolyte, 0, and carbon, 1.
    fn columns() -> Volume {
        let codes =
            Array3::from_shape_fn((8, 6, 6), |(_, y, x)| u8::from((y / 2 + x / 3) % 2 == 1));
        Volume::from_labels(&codes).with_spacing([1e-7; 3])
    }

    fn electrode(volume: &Volume, exchange: f64) -> Electrode<'_> {
        let mut electrode = Electrode::new(volume, Axis::Z, KINETICS);
        electrode.conductivity = [vec![[0.1; 3], [0.0; 3]], vec![[0.0; 3], [3.0; 3]]];
        electrode.sites = vec![Site {
            place: Place::Faces {
                electrons: vec![1],
                ions: vec![0],
            },
            exchange,
            film: 1e-5,
            equilibrium: 0.0,
            capacitance: 0.0,
        }];
        electrode
    }

    /// Ways of being wrong, by potential and unknown: at random, one as a whole, one in proportion.
    const WAYS: [fn(f64, usize) -> f64; 3] = [
        |_, i| ((0.618_034 * (i as f64 + 1.0)).fract() - 0.5) * 1e-3,
        |_, _| 1e-3,
        |x, _| 0.05 * x,
    ];

    /// How far either terminal is from the solution, over its bound, for potentials that are wrong in some way.
    fn ratios(exchange: f64) -> Vec<f64> {
        let volume = columns();
        let problem = electrode(&volume, exchange);
        let assembly = Assembly::new(&problem, Cell::Electrode).unwrap();
        let floor = Floor::new(&assembly, &KINETICS);
        let mut driven = Driven {
            assembly: &assembly,
            kinetics: &KINETICS,
            overpotential: 0.0,
            floor: Some(&floor),
        };
        let mut solution = vec![0.0; assembly.cells.len()];
        let tolerance = Tolerance {
            relative_error: 1e-9,
            ..Tolerance::default()
        };
        let run = (tolerance, &Backend::Host);
        let unknown = (&mut *solution, run, &mut Silent as &mut _);
        driven
            .drive(&problem, Drive::Overpotential(0.1), unknown)
            .unwrap();
        let exact = driven.total(&solution).terminals;
        let mut ratios = Vec::new();
        for way in WAYS {
            let wrong = |(i, &x): (usize, &f64)| x + way(x, i);
            let x: Vec<f64> = solution.iter().enumerate().map(wrong).collect();
            let sum = driven.total(&x);
            let bounds = driven.terminal_bounds(&floor, &x, &sum);
            for carrier in [IONS, ELECTRONS] {
                let apart = (sum.terminals[carrier] - exact[carrier]).abs();
                ratios.push(apart / bounds[carrier]);
            }
        }
        println!("exchange {exchange:e} A/m2: {ratios:?}");
        ratios
    }

    #[test]
    fn no_terminal_is_farther_off_than_its_bound_however_wrong_the_potentials() {
        let all: Vec<f64> = [1e-2, 1.0, 1e2, 1e4].into_iter().flat_map(ratios).collect();
        let worst = all.iter().copied().fold(0.0, f64::max);
        assert!(worst <= 1.0, "{worst}");
        // A bound of half the size would not hold.
        assert!(worst > 0.5, "{worst}");
    }
}
