//! An electrode at given potentials: currents, dissipation and content, layer by layer, and the network of its tangent.
//!
//! Each potential is counted from its own terminal, so that small drops keep their digits; the overpotential stands in the voltage
//! of the sites.

use super::{
    ELECTRONS, IONS,
    assembly::{Assembly, SiteAt},
    bound::Floor,
};
use crate::{physics::kinetics::Kinetics, solve::network::Network};

/// An electrode whose collector stands at an overpotential against its separator.
#[derive(Debug, Clone, Copy)]
pub(super) struct Driven<'a> {
    pub(super) assembly: &'a Assembly,
    pub(super) kinetics: &'a Kinetics,
    /// Overpotential of the collector, V.
    pub(super) overpotential: f64,
    /// What bounds the error, where the kinetics are not linear.
    pub(super) floor: Option<&'a Floor>,
}

/// What a layer of voxels adds to the sums.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layer {
    /// Dissipation in ions, electrons, contacts and kinetics, W.
    pub(super) parts: [f64; 4],
    /// Twice the content, which the solution makes least, W.
    pub(super) content: f64,
    /// Current from electrons to ions, A.
    pub(super) reaction: f64,
    /// Current into the separator and out of the collector, A.
    pub(super) terminals: [f64; 2],
    /// Conductances of the terminals, and of the sites, S.
    pub(super) slopes: [f64; 3],
    /// Sum of each potential over voxels, and their number.
    pub(super) potentials: [(f64, usize); 2],
}

impl Layer {
    /// Two layers together.
    pub(super) fn with(mut self, other: &Self) -> Self {
        for (own, other) in self.parts.iter_mut().zip(other.parts) {
            *own += other;
        }
        for (own, other) in self.terminals.iter_mut().zip(other.terminals) {
            *own += other;
        }
        for (own, other) in self.slopes.iter_mut().zip(other.slopes) {
            *own += other;
        }
        for (own, other) in self.potentials.iter_mut().zip(other.potentials) {
            *own = (own.0 + other.0, own.1 + other.1);
        }
        self.content += other.content;
        self.reaction += other.reaction;
        self
    }

    /// All dissipation, W.
    pub(super) fn dissipation(&self) -> f64 {
        self.parts.iter().sum()
    }
}

impl Driven<'_> {
    /// Voltage over a site between unknowns at these potentials.
    pub(super) fn voltage(&self, electrons: f64, ions: f64, site: &SiteAt) -> f64 {
        electrons - ions + self.overpotential - site.offset
    }

    /// Potentials at which no site of the first kind has a voltage.
    pub(super) fn at_rest(&self, x: &mut [f64]) {
        x.fill(0.0);
        for voxel in (0..self.assembly.shape[0]).flat_map(|z| self.assembly.layer(z)) {
            if let Some(own) = self.assembly.unknown(voxel, ELECTRONS) {
                x[own] = -self.overpotential;
            }
        }
    }

    /// Sums over every layer.
    pub(super) fn layers(&self, x: &[f64]) -> Vec<Layer> {
        self.assembly.layers(|z| self.layer(x, z))
    }

    /// Sums over the whole.
    pub(super) fn total(&self, x: &[f64]) -> Layer {
        let layers = self.layers(x);
        layers
            .iter()
            .fold(Layer::default(), |sum, layer| sum.with(layer))
    }

    fn layer(&self, x: &[f64], z: usize) -> Layer {
        let mut sum = Layer::default();
        for voxel in self.assembly.layer(z) {
            for carrier in [IONS, ELECTRONS] {
                if let Some(own) = self.assembly.unknown(voxel, carrier) {
                    self.ohmic(x, (voxel, carrier, own), &mut sum);
                    let (potential, count) = sum.potentials[carrier];
                    let here = x[own]
                        + if carrier == ELECTRONS {
                            self.overpotential
                        } else {
                            0.0
                        };
                    sum.potentials[carrier] = (potential + here, count + 1);
                }
            }
            if let Some(own) = self.assembly.unknown(voxel, ELECTRONS) {
                self.reaction(x, (voxel, own), &mut sum);
            }
        }
        sum
    }

    /// Half of every link, and the terminal.
    fn ohmic(&self, x: &[f64], (voxel, carrier, own): ([usize; 3], usize, usize), sum: &mut Layer) {
        let mut add = |dissipation: f64, contact: f64| {
            sum.content += dissipation;
            sum.parts[carrier] += dissipation * (1.0 - contact);
            sum.parts[2] += dissipation * contact;
        };
        self.assembly.links(voxel, carrier, |other, ohm| {
            let drop = x[own] - x[other];
            add(0.5 * ohm.conductance * drop * drop, ohm.contact);
        });
        if let Some((ohm, _)) = self.assembly.terminal(voxel, carrier) {
            add(ohm.conductance * x[own] * x[own], ohm.contact);
            let current = -ohm.conductance * x[own];
            sum.terminals[carrier] += if carrier == ELECTRONS {
                current
            } else {
                -current
            };
            sum.slopes[carrier] += ohm.conductance;
        }
    }

    /// Every site of an electronic unknown.
    fn reaction(&self, x: &[f64], (voxel, own): ([usize; 3], usize), sum: &mut Layer) {
        self.assembly.sites(voxel, ELECTRONS, |other, site| {
            let state = site
                .element()
                .at(self.kinetics, self.voltage(x[own], x[other], &site));
            let square = state.current * state.current;
            sum.content += 2.0 * state.content;
            sum.parts[IONS] += square * site.series[IONS];
            sum.parts[ELECTRONS] += square * site.series[ELECTRONS];
            sum.parts[2] += square * site.series[2];
            sum.parts[3] += state.current * state.overpotential;
            sum.reaction += state.current;
            sum.slopes[2] += state.conductance;
        });
    }

    /// The tangent at `x`: its solution is the step of Newton's method.
    pub(super) fn tangent(&self, x: &[f64]) -> Network {
        let assembly = self.assembly;
        let count = |voxel| assembly.live[assembly.index(voxel)].count_ones();
        Network::new(assembly.shape, count, |cells, voxel, n, row| {
            let live = assembly.live[assembly.index(voxel)];
            let carrier = if n == 0 && live & 1 == 1 {
                IONS
            } else {
                ELECTRONS
            };
            let own = (cells.unknowns(voxel).start + n) as usize;
            assembly.links(voxel, carrier, |other, ohm| {
                row.link(id(other), ohm.conductance);
                row.source(ohm.conductance * (x[other] - x[own]));
            });
            if let Some((ohm, _)) = assembly.terminal(voxel, carrier) {
                row.leak(ohm.conductance, 0.0);
                row.source(-ohm.conductance * x[own]);
            }
            assembly.sites(voxel, carrier, |other, site| {
                let sign = if carrier == ELECTRONS { 1.0 } else { -1.0 };
                let [electrons, ions] = if carrier == ELECTRONS {
                    [own, other]
                } else {
                    [other, own]
                };
                let voltage = self.voltage(x[electrons], x[ions], &site);
                let state = site.element().at(self.kinetics, voltage);
                row.link(id(other), state.conductance);
                row.source(-sign * state.current);
            });
        })
    }

    /// Shifts each potential as a whole until what leaves one net enters the other: charge is then balanced to rounding.
    pub(super) fn balance(&self, x: &mut [f64]) {
        for _ in 0..4 {
            let sum = self.total(x);
            let [ions, electrons, sites] = sum.slopes;
            let (lack_e, lack_i) = (
                sum.terminals[1] - sum.reaction,
                sum.reaction - sum.terminals[0],
            );
            let (a, b) = (ions + sites, electrons + sites);
            let determinant = ions * electrons + sites * (ions + electrons);
            if determinant.is_nan() || determinant <= 0.0 {
                return;
            }
            let shift_i = (b * lack_i + sites * lack_e) / determinant;
            let shift_e = (a * lack_e + sites * lack_i) / determinant;
            for z in 0..self.assembly.shape[0] {
                for voxel in self.assembly.layer(z) {
                    for (carrier, shift) in [(IONS, shift_i), (ELECTRONS, shift_e)] {
                        if let Some(own) = self.assembly.unknown(voxel, carrier) {
                            x[own] += shift;
                        }
                    }
                }
            }
        }
    }
}

fn id(unknown: usize) -> u32 {
    crate::solve::graph::id(unknown)
}
