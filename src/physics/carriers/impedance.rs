//! Impedance: the electrode under small alternating currents round rest.
//!
//! Every site has the admittance `1 / (R + 1 / (g + j w C))`: resistance in series, charge transfer and double layer side by side.
//! The network of links and admittances is complex symmetric; `Y = sum y_ij (x_i - x_j)^2` for one volt between the ends is its
//! admittance, second order in the error of x as energies are. Cost: one complex solve per frequency.

mod line;
mod relaxation;

pub use line::Line;
pub use relaxation::Relaxation;

use super::{Cell, ELECTRONS, Electrode, ElectrodeError, Homogenised, IONS, assembly::Assembly};
use crate::{
    Result,
    field::{Backend, Device, Host, Machine},
    physics::machine,
    solve::{
        Observer, Tolerance, cocg, device, host,
        multigrid::{Levels, Multigrid},
        network::{Network, Row},
    },
};
use num_complex::Complex64;
use std::sync::Arc;

/// The impedance at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Hz.
    pub frequency: f64,
    /// Ohm m2: voltage between the ends over current per cross-section.
    pub impedance: Complex64,
    /// Iterations of conjugate gradients.
    pub iterations: usize,
}

/// Impedances of an electrode in a cell.
#[derive(Debug, Clone)]
pub struct Spectrum {
    /// The cell.
    pub cell: Cell,
    /// From high to low frequency.
    pub points: Vec<Point>,
    /// Effective conductivities and charge transfer, from which a transmission line follows.
    pub homogenised: Homogenised,
    /// Capacitance of all reached sites per cross-section, F/m2.
    pub capacitance: f64,
    /// Name of the adapter that solved, where a device did.
    pub adapter: Option<String>,
}

/// Squared residual over the admittance at which a frequency is done: about the relative error of the latter.
const SQUARE: f64 = 1e-10;
/// Iterations per frequency before giving up.
const LIMIT: usize = 1000;

/// `|z|`.
pub(super) fn magnitude(z: Complex64) -> f64 {
    z.norm_sqr().sqrt()
}

/// The three real networks of a frequency.
struct Networks {
    real: Network,
    imaginary: Network,
    magnitude: Network,
}

/// Whether a sweep can begin.
fn check(problem: &Electrode<'_>, frequencies: &[f64]) -> std::result::Result<(), ElectrodeError> {
    problem.check(super::Drive::Overpotential(1.0))?;
    if let Some(&value) = frequencies.iter().find(|f| !(**f > 0.0 && f.is_finite())) {
        return Err(ElectrodeError::Frequency { value });
    }
    if problem.sites.iter().all(|site| site.capacitance == 0.0) {
        return Err(ElectrodeError::NoCapacitance);
    }
    Ok(())
}

pub(super) fn sweep(
    problem: &Electrode<'_>,
    (cell, frequencies): (Cell, &[f64]),
    backend: &Backend,
    observer: &mut dyn Observer,
) -> Result<Spectrum> {
    check(problem, frequencies)?;
    let assembly = Assembly::new(problem, cell)?;
    let gpu = machine::opened(machine::ready(backend), backend, observer)?;
    let adapter = gpu.as_ref().map(|gpu| gpu.info().name.clone());
    let mut x = vec![Complex64::new(0.0, 0.0); assembly.cells.len()];
    let mut points = Vec::new();
    for &frequency in frequencies {
        let networks = assembly.networks(problem, frequency);
        let levels = networks.magnitude.levels::<f32>();
        let iterations = match &gpu {
            Some(gpu) => {
                let machine = Device::<f32>::new(Arc::clone(gpu))?;
                let levels = device::network_levels(&machine, &levels)?;
                networks.solve(&machine, levels, (&mut x, observer))?
            }
            None => {
                let machine = Host::<f32>::default();
                networks.solve(&machine, host::network_levels(&levels), (&mut x, observer))?
            }
        };
        points.push(Point {
            frequency,
            impedance: problem.cross_section() / networks.admittance(&x),
            iterations,
        });
    }
    let transfer = assembly.transfer(problem.kinetics.slope(0.0));
    let homogenised = problem.homogenised((Tolerance::default(), backend), transfer, observer)?;
    Ok(Spectrum {
        cell,
        points,
        homogenised,
        capacitance: assembly.capacitance() / problem.cross_section(),
        adapter,
    })
}

impl Assembly {
    /// Capacitance of all reached sites, F.
    fn capacitance(&self) -> f64 {
        let layer = |z| {
            let mut sum = 0.0;
            for voxel in self.layer(z) {
                if self.unknown(voxel, ELECTRONS).is_some() {
                    self.sites(voxel, ELECTRONS, |_, site| sum += site.capacitance);
                }
            }
            sum
        };
        self.layers(layer).into_iter().sum()
    }

    fn networks(&self, problem: &Electrode<'_>, frequency: f64) -> Networks {
        let slope = problem.kinetics.slope(0.0);
        let omega = 2.0 * std::f64::consts::PI * frequency;
        let admittance = move |site: &super::assembly::SiteAt| {
            let own = Complex64::new(site.exchange * slope, omega * site.capacitance);
            let series: f64 = site.series.iter().sum();
            if own.norm_sqr() == 0.0 {
                own
            } else {
                (series + own.inv()).inv()
            }
        };
        let part = |part: fn(Complex64) -> f64, links: bool| {
            self.network(
                problem.collector(),
                move |site| part(admittance(site)),
                links,
            )
        };
        let mut networks = Networks {
            real: part(|y| y.re, true),
            imaginary: part(|y| y.im, false),
            magnitude: part(magnitude, true),
        };
        // Pieces of a blocked carrier without a site carry nothing, but multigrid wants to know where they stand.
        networks.magnitude.ground();
        networks
    }

    /// The network of links, if asked for, and of sites with these conductances, the collector at one volt.
    fn network(
        &self,
        collector: usize,
        conductance: impl Fn(&super::assembly::SiteAt) -> f64 + Sync,
        links: bool,
    ) -> Network {
        let count = |voxel| self.live[self.index(voxel)].count_ones();
        Network::new(self.shape, count, |_, voxel, n, row| {
            let live = self.live[self.index(voxel)];
            let carrier = if n == 0 && live & 1 == 1 {
                IONS
            } else {
                ELECTRONS
            };
            if links {
                self.ohmic_row((voxel, carrier), collector, row);
            }
            self.sites(voxel, carrier, |other, site| {
                row.link(crate::solve::graph::id(other), conductance(&site));
            });
        })
    }

    fn ohmic_row(&self, (voxel, carrier): ([usize; 3], usize), collector: usize, row: &mut Row) {
        self.links(voxel, carrier, |other, ohm| {
            row.link(crate::solve::graph::id(other), ohm.conductance);
        });
        if let Some((ohm, end)) = self.terminal(voxel, carrier) {
            row.leak(ohm.conductance, if end == collector { 1.0 } else { 0.0 });
        }
    }
}

impl Networks {
    /// Improves potentials at this frequency.
    fn solve<'a, M: Machine>(
        &self,
        machine: &'a M,
        levels: Levels<'a, M>,
        (x, observer): (&mut [Complex64], &mut dyn Observer),
    ) -> Result<usize> {
        let mut parts = cocg::Parts::new(machine, Multigrid::new(machine, levels)?)?;
        let driven = |i: usize| self.real.unit * self.real.graph.leaks[i] * self.real.ends[i];
        let b: Vec<Complex64> = (0..x.len())
            .map(|i| Complex64::new(driven(i), 0.0))
            .collect();
        let apply = |x: &[Complex64], y: &mut [Complex64]| {
            multiply(&self.real, x, y, |y, ax| *y = ax);
            let turn = Complex64::new(0.0, 1.0);
            multiply(&self.imaginary, x, y, |y, ax| *y += turn * ax);
        };
        let all: f64 = (0..b.len()).map(|i| b[i].re * self.real.ends[i]).sum();
        let enough = |x: &[Complex64]| {
            let drawn: Complex64 = b.iter().zip(x).map(|(b, x)| b * x).sum();
            SQUARE * magnitude(all - drawn)
        };
        let system = (b.as_slice(), apply);
        Ok(cocg::solve(
            x,
            system,
            &mut parts,
            (enough, LIMIT),
            observer,
        )?)
    }

    /// `sum y (x_i - x_j)^2` over all links and leaks, for one volt.
    fn admittance(&self, x: &[Complex64]) -> Complex64 {
        form(&self.real, x) + Complex64::new(0.0, 1.0) * form(&self.imaginary, x)
    }
}

/// `A x` of a real network, row by row into `y` through `store`.
fn multiply(
    network: &Network,
    x: &[Complex64],
    y: &mut [Complex64],
    store: impl Fn(&mut Complex64, Complex64) + Sync,
) {
    use rayon::prelude::*;
    y.par_iter_mut()
        .with_min_len(1 << 12)
        .enumerate()
        .for_each(|(i, y)| {
            let flows = network
                .graph
                .row(i)
                .map(|(j, weight)| weight * (x[i] - x[j]));
            let sum = flows.sum::<Complex64>() + network.graph.leaks[i] * x[i];
            store(y, network.unit * sum);
        });
}

/// `sum w (x_i - x_j)^2 + sum g (x_i - e_i)^2` of a real network, squares not conjugated.
fn form(network: &Network, x: &[Complex64]) -> Complex64 {
    use rayon::prelude::*;
    let row = |i: usize| {
        let squares = network
            .graph
            .row(i)
            .map(|(j, weight)| 0.5 * weight * (x[i] - x[j]) * (x[i] - x[j]));
        let drop = x[i] - network.ends[i];
        squares.sum::<Complex64>() + network.graph.leaks[i] * drop * drop
    };
    let chunks: Vec<Complex64> = (0..x.len().div_ceil(1 << 12))
        .into_par_iter()
        .map(|chunk| {
            (chunk << 12..x.len().min((chunk + 1) << 12))
                .map(&row)
                .sum()
        })
        .collect();
    network.unit * chunks.into_iter().sum::<Complex64>()
}
