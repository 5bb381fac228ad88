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
    gpu::Gpu,
    physics::machine::{self, Failure},
    solve::{
        Observer, SolveError, Tolerance, cocg, device,
        hierarchy::Coarse,
        host,
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
    let gpu = machine::opened(machine::ready(backend), backend, observer)?;
    sweep_on(gpu, problem, (cell, frequencies), (backend, observer))
}

/// On the device, if there is one, as long as it lasts.
fn sweep_on(
    mut gpu: Option<Arc<Gpu>>,
    problem: &Electrode<'_>,
    (cell, frequencies): (Cell, &[f64]),
    (backend, observer): (&Backend, &mut dyn Observer),
) -> Result<Spectrum> {
    let assembly = Assembly::new(problem, cell)?;
    let mut x = vec![Complex64::new(0.0, 0.0); assembly.cells.len()];
    let mut points = Vec::new();
    for &frequency in frequencies {
        let networks = assembly.networks(problem, frequency);
        let levels = networks.magnitude.levels::<f32>();
        let mut found = None;
        if let Some(device) = &gpu {
            match networks.on_device(device, &levels, (&mut x, observer)) {
                Ok(iterations) => found = Some(iterations),
                Err(failure) => {
                    observer.notice(&failure.excuse(&device.info().name, backend)?);
                    gpu = None;
                }
            }
        }
        let iterations = match found {
            Some(iterations) => iterations,
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
        adapter: gpu.map(|gpu| gpu.info().name.clone()),
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
    pub(super) fn network(
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
    /// The same as [`Networks::solve`] on a device.
    fn on_device(
        &self,
        gpu: &Arc<Gpu>,
        levels: &Coarse<f32>,
        unknown: (&mut [Complex64], &mut dyn Observer),
    ) -> std::result::Result<usize, Failure> {
        let machine = Device::<f32>::new(Arc::clone(gpu)).map_err(Failure::SetUp)?;
        let levels = device::network_levels(&machine, levels).map_err(Failure::SetUp)?;
        Ok(self.solve(&machine, levels, unknown)?)
    }

    /// Improves potentials at this frequency.
    fn solve<'a, M: Machine>(
        &self,
        machine: &'a M,
        levels: Levels<'a, M>,
        (x, observer): (&mut [Complex64], &mut dyn Observer),
    ) -> std::result::Result<usize, SolveError> {
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
        cocg::solve(x, system, &mut parts, (enough, LIMIT), observer)
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

#[cfg(test)]
mod tests {
    use super::{
        super::{Place, Site},
        *,
    };
    use crate::{
        microstructure::{Axis, Volume},
        physics::kinetics::{Kinetics, Law},
        physics::machine::tests::{Watch, gpu},
        solve::Silent,
    };
    use ndarray::Array3;

    const FREQUENCIES: [f64; 3] = [1e3, 1e1, 1e-1];

    fn electrode(volume: &Volume) -> Electrode<'_> {
        let kinetics = Kinetics {
            law: Law::Linear,
            transfer: [0.5, 0.5],
            temperature: 298.15,
        };
        let mut electrode = Electrode::new(volume, Axis::Z, kinetics);
        electrode.conductivity = [vec![[0.1; 3], [0.02; 3]], vec![[0.4; 3], [5.0; 3]]];
        let mixed = vec![0, 1];
        electrode.sites = vec![Site {
            place: Place::Volume { mixed },
            exchange: 0.05,
            film: 0.0,
            equilibrium: 0.0,
            capacitance: 10.0,
        }];
        electrode
    }

    /// A device that is lost in the middle of a frequency leaves it, and the others, to the host.
    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_a_loss_in_the_middle_of_a_spectrum_ends_on_the_host() {
        let labels = Array3::from_shape_fn((12, 8, 10), |(z, y, x)| {
            u8::from((z / 3 + y / 2 * (x / 4)) % 2 == 1)
        });
        let volume = Volume::from_labels(&labels).with_spacing([0.01; 3]);
        let electrode = electrode(&volume);
        let question = (Cell::Electrode, FREQUENCIES.as_slice());
        let expected = sweep(&electrode, question, &Backend::Host, &mut Silent).unwrap();
        for loss in [2, usize::MAX] {
            let gpu = gpu(None);
            let mut watch = Watch {
                gpu: Arc::clone(&gpu),
                loss,
                notices: Vec::new(),
            };
            let backend = Backend::Device { name: None };
            let found = sweep_on(Some(gpu), &electrode, question, (&backend, &mut watch)).unwrap();
            let lost = loss != usize::MAX;
            assert_eq!(
                watch.notices.len(),
                usize::from(lost),
                "{:?}",
                watch.notices
            );
            assert_eq!(found.adapter.is_none(), lost);
            for (a, b) in found.points.iter().zip(&expected.points) {
                let apart = magnitude((a.impedance - b.impedance) / b.impedance);
                assert!(apart < 1e-6, "{a:?} {b:?}");
            }
        }
    }
}
