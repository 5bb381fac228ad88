//! Impedance: the electrode under small alternating currents round rest.
//!
//! Every site has the admittance `1 / (R + 1 / (g + j w C))`: resistance in series, charge transfer and double layer side by side.
//! The network of links and admittances is complex symmetric; `Y = sum y_ij (x_i - x_j)^2` for one volt between the ends is its
//! admittance, second order in the error of x as energies are, and bounded as they are. Cost: one complex solve per frequency, and
//! the equilibrated flux of its residual.

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
        Observer, SolveError, Tolerance, certificate, cocg, device,
        hierarchy::Coarse,
        host,
        multigrid::{Levels, Multigrid},
        network::{Network, Row},
    },
};
use num_complex::Complex64;
use std::sync::Arc;

/// What a spectrum is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Sweep<'a> {
    /// What the electrode is put between.
    pub cell: Cell,
    /// Hz, each from [`FREQUENCY`]'s first to its last.
    pub frequencies: &'a [f64],
    /// Bound on the relative error of every impedance, and iterations per frequency.
    pub tolerance: Tolerance,
    /// Where to solve.
    pub backend: &'a Backend,
}

/// Lowest and highest frequency, Hz, that an impedance is computed for.
pub const FREQUENCY: [f64; 2] = [1e-24, 1e24];

/// Relative error of impedances where none is asked for: near a capacitor the real part is a small part of the magnitude.
pub const IMPEDANCE_ERROR: f64 = 1e-9;

/// The impedance at one frequency.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Hz.
    pub frequency: f64,
    /// Ohm m2: voltage between the ends over current per cross-section.
    pub impedance: Complex64,
    /// Guaranteed bound on `|Z - Z*| / |Z*|`, Z* the impedance of these voxels; infinite where rounding leaves none.
    pub error_bound: f64,
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

/// Relative error of the effective conductivities beside a spectrum, where impedances are asked for more sharply.
const HOMOGENISED: f64 = 1e-6;
/// First target of `r^H B r` over the admittance, in parts of the tolerance: bounds are some four times as large.
const TARGET: f64 = 0.1;
/// More than the relative rounding of conductances to single precision in the hierarchy that bounds energies.
const SINGLE: f64 = 1.0 + 1e-6;
/// Why a bound of `|r|^2` in the energy norm of the magnitudes has to be doubled: see [`Networks::bound`].
const SECTOR: f64 = 2.0;

/// `|z|`.
pub(super) fn magnitude(z: Complex64) -> f64 {
    z.norm_sqr().sqrt()
}

/// What a frequency took, and the bound on the relative error of its admittance.
struct Solved {
    iterations: usize,
    error_bound: f64,
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
    let [low, high] = FREQUENCY;
    if let Some(&value) = frequencies.iter().find(|f| !(low..=high).contains(*f)) {
        return Err(ElectrodeError::Frequency { value });
    }
    if problem.sites.iter().all(|site| site.capacitance == 0.0) {
        return Err(ElectrodeError::NoCapacitance);
    }
    Ok(())
}

pub(super) fn sweep(
    problem: &Electrode<'_>,
    asked: &Sweep<'_>,
    observer: &mut dyn Observer,
) -> Result<Spectrum> {
    check(problem, asked.frequencies)?;
    let gpu = machine::opened(machine::ready(asked.backend), asked.backend, observer)?;
    sweep_on(gpu, problem, asked, observer)
}

/// On the device, if there is one, as long as it lasts.
fn sweep_on(
    mut gpu: Option<Arc<Gpu>>,
    problem: &Electrode<'_>,
    asked: &Sweep<'_>,
    observer: &mut dyn Observer,
) -> Result<Spectrum> {
    let assembly = Assembly::new(problem, asked.cell)?;
    let mut x = vec![Complex64::new(0.0, 0.0); assembly.cells.len()];
    let mut points = Vec::new();
    for &frequency in asked.frequencies {
        let networks = assembly.networks(problem, frequency)?;
        let levels = networks.magnitude.levels::<f32>();
        let mut found = None;
        if let Some(device) = &gpu {
            match networks.on_device(device, (&levels, asked.tolerance), (&mut x, observer)) {
                Ok(solved) => found = Some(solved),
                Err(failure) => {
                    observer.notice(&failure.excuse(&device.info().name, asked.backend)?);
                    gpu = None;
                }
            }
        }
        let solved = match found {
            Some(solved) => solved,
            None => {
                let machine = Host::<f32>::default();
                let hierarchy = (&levels, host::network_levels(&levels));
                networks.solve(&machine, hierarchy, (asked.tolerance, &mut x, observer))?
            }
        };
        if solved.error_bound > asked.tolerance.relative_error {
            observer.notice(&format!(
                "the impedance at {frequency} Hz is certified to {:.1e} only, where {:e} was asked for: rounding allows no more",
                solved.error_bound, asked.tolerance.relative_error
            ));
        }
        points.push(Point {
            frequency,
            impedance: problem.cross_section() / networks.admittance(&x),
            error_bound: solved.error_bound,
            iterations: solved.iterations,
        });
    }
    let transfer = assembly.transfer(problem.kinetics.slope(0.0));
    let tolerance = Tolerance {
        relative_error: asked.tolerance.relative_error.max(HOMOGENISED),
        ..Tolerance::default()
    };
    let homogenised = problem.homogenised((tolerance, asked.backend), transfer, observer)?;
    Ok(Spectrum {
        cell: asked.cell,
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

    fn networks(
        &self,
        problem: &Electrode<'_>,
        frequency: f64,
    ) -> std::result::Result<Networks, ElectrodeError> {
        let slope = problem.kinetics.slope(0.0);
        let omega = 2.0 * std::f64::consts::PI * frequency;
        let admittance = move |site: &super::assembly::SiteAt| {
            let own = Complex64::new(site.exchange * slope, omega * site.capacitance);
            let series: f64 = site.series.iter().sum();
            own / (1.0 + series * own)
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
        if !networks.joins_terminals() {
            return Err(ElectrodeError::NoPassage);
        }
        // Pieces of a blocked carrier without a site carry nothing, but multigrid wants to know where they stand.
        networks.magnitude.ground();
        Ok(networks)
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
    /// Whether any path of links and sites leads from one terminal to the other.
    fn joins_terminals(&self) -> bool {
        let graph = &self.magnitude.graph;
        let terminal = |i: usize, potential: f64| {
            graph.leaks[i] > 0.0 && (self.magnitude.ends[i] - potential).abs() < 0.5
        };
        let mut stack: Vec<usize> = (0..graph.leaks.len())
            .filter(|&i| terminal(i, 1.0))
            .collect();
        let mut seen = vec![false; graph.leaks.len()];
        for &first in &stack {
            seen[first] = true;
        }
        while let Some(i) = stack.pop() {
            if terminal(i, 0.0) {
                return true;
            }
            for (j, weight) in graph.row(i) {
                if weight > 0.0 && !std::mem::replace(&mut seen[j], true) {
                    stack.push(j);
                }
            }
        }
        false
    }

    /// As [`Networks::solve`], on a device.
    fn on_device(
        &self,
        gpu: &Arc<Gpu>,
        (levels, tolerance): (&Coarse<f32>, Tolerance),
        (x, observer): (&mut [Complex64], &mut dyn Observer),
    ) -> std::result::Result<Solved, Failure> {
        let machine = Device::<f32>::new(Arc::clone(gpu)).map_err(Failure::SetUp)?;
        let on_device = device::network_levels(&machine, levels).map_err(Failure::SetUp)?;
        Ok(self.solve(&machine, (levels, on_device), (tolerance, x, observer))?)
    }

    /// Improves potentials at this frequency until the bound on the error of the admittance is within the tolerance, or falls no
    /// further: then rounding is left. All conductances come over the unit of the magnitudes, for which multigrid was set up.
    fn solve<'a, M: Machine>(
        &self,
        machine: &'a M,
        (hierarchy, levels): (&Coarse<f32>, Levels<'a, M>),
        (tolerance, x, observer): (Tolerance, &mut [Complex64], &mut dyn Observer),
    ) -> std::result::Result<Solved, SolveError> {
        let mut parts = cocg::Parts::new(machine, Multigrid::new(machine, levels)?)?;
        let unit = self.magnitude.unit;
        let driven =
            |i: usize| self.real.unit / unit * self.real.graph.leaks[i] * self.real.ends[i];
        let b: Vec<Complex64> = (0..x.len())
            .map(|i| Complex64::new(driven(i), 0.0))
            .collect();
        let apply = |x: &[Complex64], y: &mut [Complex64]| {
            multiply((&self.real, unit), x, y, |y, ax| *y = ax);
            let turn = Complex64::new(0.0, 1.0);
            multiply((&self.imaginary, unit), x, y, |y, ax| *y += turn * ax);
        };
        let mut target = TARGET * tolerance.relative_error;
        let (mut iterations, mut before) = (0, f64::INFINITY);
        loop {
            let enough = |x: &[Complex64]| target * magnitude(self.admittance(x)) / unit;
            let limit = tolerance.max_iterations.saturating_sub(iterations).max(1);
            let system = (b.as_slice(), &apply);
            let more = match cocg::solve(x, system, &mut parts, (enough, limit), observer) {
                Ok(more) => more,
                // Rounding: what is reached stays, with its bound.
                Err(SolveError::NotConverged { .. }) if before.is_finite() => {
                    return Ok(Solved {
                        iterations,
                        error_bound: self.bound(hierarchy, x),
                    });
                }
                Err(error) => return Err(error),
            };
            iterations += more;
            let error_bound = self.bound(hierarchy, x);
            let done = error_bound <= tolerance.relative_error;
            if done || more > 0 && error_bound > 0.5 * before || target == 0.0 {
                return Ok(Solved {
                    iterations,
                    error_bound,
                });
            }
            before = error_bound.min(before);
            target *= (0.3 * tolerance.relative_error / error_bound).clamp(1e-3, 0.3);
        }
    }

    /// Upper bound on the relative error of the admittance of potentials x.
    ///
    /// Be x* the solution, `e = x - x*`, `r = b - A x = -A e`, and N the network of the magnitudes of all admittances y. The
    /// admittance is stationary at x*, so that its error is `sum y (de)^2 = e^T A e`, at most `e^H N e`. All y lie in the first
    /// quadrant, at most 45 degrees from its bisector, so that `e^H N e <= sqrt(2) |e^H A e| = sqrt(2) |e^H r|`, and by Cauchy and
    /// Schwarz `e^H N e <= 2 r^H N^-1 r`. The real and the imaginary part of r each have a flow that bounds
    /// `r . N^-1 r` ([`certificate::graph_bound`]). The error of the impedance, over the true one, is that of the
    /// admittance, over the computed one.
    fn bound(&self, hierarchy: &Coarse<f32>, x: &[Complex64]) -> f64 {
        let unit = self.magnitude.unit;
        let real = residual(&self.real, x);
        let imaginary = residual(&self.imaginary, x);
        let turn = Complex64::new(0.0, 1.0);
        let (a, b) = (self.real.unit / unit, self.imaginary.unit / unit);
        let pairs = real.iter().zip(&imaginary);
        let r: Vec<Complex64> = pairs.map(|(re, im)| a * re + turn * b * im).collect();
        let part = |part: fn(&Complex64) -> f64| {
            let lacking: Vec<f64> = r.iter().map(part).collect();
            // A residual is scaled before, lest its square leave the range of numbers.
            let largest = lacking.iter().fold(0.0, |most: f64, r| most.max(r.abs()));
            if largest == 0.0 {
                return 0.0;
            }
            let scaled: Vec<f64> = lacking.iter().map(|r| r / largest).collect();
            match certificate::graph_bound(hierarchy, &scaled) {
                square if square >= 0.0 => square * largest * largest,
                _ => f64::INFINITY,
            }
        };
        let square = part(|r| r.re) + part(|r| r.im);
        let bound = SECTOR * SINGLE * square / (magnitude(self.admittance(x)) / unit);
        if bound.is_nan() { f64::INFINITY } else { bound }
    }

    /// `sum y (x_i - x_j)^2` over all links and leaks, for one volt, S.
    fn admittance(&self, x: &[Complex64]) -> Complex64 {
        form(&self.real, x) + Complex64::new(0.0, 1.0) * form(&self.imaginary, x)
    }
}

/// `b - A x` of a real network, over its unit, from differences, so that it keeps its digits.
fn residual(network: &Network, x: &[Complex64]) -> Vec<Complex64> {
    use rayon::prelude::*;
    let row = |i: usize| {
        let flows = network
            .graph
            .row(i)
            .map(|(j, weight)| weight * (x[j] - x[i]));
        flows.sum::<Complex64>() + network.graph.leaks[i] * (network.ends[i] - x[i])
    };
    (0..x.len())
        .into_par_iter()
        .with_min_len(1 << 12)
        .map(row)
        .collect()
}

/// `A x` of a real network over a unit, row by row into `y` through `store`.
fn multiply(
    (network, unit): (&Network, f64),
    x: &[Complex64],
    y: &mut [Complex64],
    store: impl Fn(&mut Complex64, Complex64) + Sync,
) {
    use rayon::prelude::*;
    let scale = network.unit / unit;
    y.par_iter_mut()
        .with_min_len(1 << 12)
        .enumerate()
        .for_each(|(i, y)| {
            let flows = network
                .graph
                .row(i)
                .map(|(j, weight)| weight * (x[i] - x[j]));
            let sum = flows.sum::<Complex64>() + network.graph.leaks[i] * x[i];
            store(y, scale * sum);
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

    fn asked(backend: &Backend) -> Sweep<'_> {
        Sweep {
            cell: Cell::Electrode,
            frequencies: &FREQUENCIES,
            tolerance: Tolerance {
                relative_error: IMPEDANCE_ERROR,
                ..Tolerance::default()
            },
            backend,
        }
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
        let expected = sweep(&electrode, &asked(&Backend::Host), &mut Silent).unwrap();
        for loss in [2, usize::MAX] {
            let gpu = gpu(None);
            let mut watch = Watch {
                gpu: Arc::clone(&gpu),
                loss,
                notices: Vec::new(),
            };
            let backend = Backend::Device { name: None };
            let found = sweep_on(Some(gpu), &electrode, &asked(&backend), &mut watch).unwrap();
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
