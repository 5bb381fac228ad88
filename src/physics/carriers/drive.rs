//! From what is prescribed to potentials: at an overpotential, and at the overpotential that a current needs.

use super::{Drive, Electrode, ElectrodeError, bound::Floor, newton::Newton, sums::Driven};
use crate::{
    Error, Result,
    field::Backend,
    physics::kinetics::Law,
    solve::{Observer, SolveError, Tolerance},
};

/// Relative error of a prescribed current.
const CURRENT: f64 = 1e-9;

impl Driven<'_> {
    /// Solves at the overpotential that a drive asks for.
    pub(super) fn drive(
        &mut self,
        problem: &Electrode<'_>,
        drive: Drive,
        (x, run, observer): (&mut [f64], (Tolerance, &Backend), &mut dyn Observer),
    ) -> Result<Newton> {
        let reference = problem.sites.first().map_or(0.0, |site| site.equilibrium);
        let overpotential = match drive {
            Drive::Overpotential(overpotential) => overpotential,
            Drive::Voltage(voltage) => voltage - reference,
            Drive::CurrentDensity(density) => density.signum() * 0.1 * self.kinetics.thermal(),
        };
        self.overpotential = overpotential;
        self.at_rest(x);
        match drive {
            Drive::Overpotential(_) | Drive::Voltage(_) => self.at(overpotential, x, run, observer),
            Drive::CurrentDensity(density) => {
                let wanted = density * problem.cross_section();
                self.at_current(wanted, (x, run, observer))
                    .and_then(|(newton, reached)| {
                        if (reached / wanted - 1.0).abs()
                            <= 10.0 * CURRENT.max(run.0.relative_error)
                        {
                            return Ok(newton);
                        }
                        let error = ElectrodeError::Current {
                            wanted: density,
                            reached: reached / problem.cross_section(),
                            overpotential: self.overpotential,
                        };
                        Err(error.into())
                    })
            }
        }
    }

    fn at(
        &mut self,
        overpotential: f64,
        x: &mut [f64],
        run: (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<Newton> {
        self.overpotential = overpotential;
        let mut newton = self.solve(x, run, observer)?;
        self.polish(x);
        if let Some(floor) = self.floor {
            self.sharpen(floor, (x, run, observer), &mut newton)?;
        }
        Ok(newton)
    }

    /// More steps until the bound on the current is within the tolerance, or falls no further: then rounding is left.
    fn sharpen(
        &self,
        floor: &Floor,
        (x, run, observer): (&mut [f64], (Tolerance, &Backend), &mut dyn Observer),
        newton: &mut Newton,
    ) -> Result<()> {
        let mut before = f64::INFINITY;
        loop {
            let sum = self.total(x);
            let bound = self.current_bound(floor, x, &sum);
            newton.error = bound * self.overpotential.abs();
            let enough = bound <= run.0.relative_error * sum.reaction.abs();
            if enough || sum.reaction == 0.0 || bound > 0.5 * before {
                return Ok(());
            }
            before = bound;
            match self.solve(x, run, observer) {
                Ok(more) => newton.add(more),
                Err(Error::Solve(SolveError::NotConverged { iterations, .. })) => {
                    newton.iterations += iterations;
                }
                // Rounding: what is reached stays, with its bound.
                Err(Error::Solve(SolveError::Stagnated { .. })) => {}
                Err(error) => return Err(error),
            }
            self.polish(x);
        }
    }

    /// Finds the overpotential that drives a current: steps along the secant, each from the potentials before. Returns what
    /// the solves took and the current reached.
    fn at_current(
        &mut self,
        wanted: f64,
        (x, run, observer): (&mut [f64], (Tolerance, &Backend), &mut dyn Observer),
    ) -> Result<(Newton, f64)> {
        const TRIES: usize = 40;
        let thermal = self.kinetics.thermal();
        let small = self.overpotential;
        let mut sum = self.at(small, x, run, observer)?;
        let mut points = [(0.0, 0.0), (small, self.total(x).reaction)];
        // Where charge transfer decides, the inverse hyperbolic sine of the current is straight.
        let scale = 2.0 * thermal * points[1].1 / small;
        let measure = |current: f64| match self.kinetics.law {
            Law::Linear => current,
            Law::ButlerVolmer => (current / scale).asinh(),
        };
        for _ in 0..TRIES {
            let [(v0, i0), (v1, i1)] = points;
            let close = (i1 / wanted - 1.0).abs() <= CURRENT;
            if close || i1 == 0.0 || i1 == i0 {
                break;
            }
            let slope = (v1 - v0) / (measure(i1) - measure(i0));
            let next = v1 + (measure(wanted) - measure(i1)) * slope;
            // A linear electrode scales; for the others it is a better start than the potentials before.
            let scale = next / v1;
            x.iter_mut().for_each(|x| *x *= scale);
            let more = self.at(next, x, run, observer)?;
            sum.add(more);
            points = [(v1, i1), (next, self.total(x).reaction)];
        }
        Ok((sum, points[1].1))
    }
}
