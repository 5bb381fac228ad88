//! `voxion impedance`: the spectrum of a scenario's electrode, the transmission line that fits it, and its relaxation times.

use super::{
    args::ImpedanceArguments,
    files::{Planned, inputs, not_written},
    interrupt::Interrupt,
    progress::Watch,
    resolve::{Form, Show},
    solve::set_threads,
    stdout,
    table::{heading, plain_table},
};
use anyhow::Result;
use num_complex::Complex64;
use serde_json::{Value, json};
use std::{f64::consts::PI, fs, path::Path};
use voxion::{
    Error,
    io::{IoError, Overwrite, Reading, write_atomically},
    physics::carriers::{Cell, Line, Relaxation, Spectrum, Sweep},
    report::{
        chart::{Chart, Places, Range},
        numbers::plain,
        slices::Picture,
    },
    scenario::{Inconsistency, Scenario, ScenarioError, words},
};

/// A spectrum and what was made of it.
struct Found {
    spectrum: Spectrum,
    line: Line,
    /// Resistance of the ions from the effective conductivity, Ohm m2.
    ions: f64,
    deviation: f64,
    relaxation: Relaxation,
}

/// Computes, shows and writes a spectrum.
pub(crate) fn impedance(arguments: &ImpedanceArguments) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let mut scenario = Scenario::read(&arguments.file)?;
    scenario.volume.seed(super::generate::drawn_seed()?);
    arguments.machine.apply(&mut scenario.execution)?;
    set_threads(scenario.execution.threads)?;
    check(arguments, &scenario)?;
    let no_reaction = || Error::from(ScenarioError::from(Inconsistency::NoReaction));
    if scenario.electrode.is_none() {
        return Err(no_reaction().into());
    }
    let Show { form, verbosity } = arguments.show.resolve();
    let (reading, _) = scenario.volume.volume()?;
    let problem = scenario
        .electrode(&reading.volume)?
        .ok_or_else(no_reaction)?;
    let mut watch = Watch::new(scenario.tolerance(), verbosity, interrupt.clone());
    let frequencies = frequencies(arguments.frequencies, arguments.per_decade);
    let backend = &scenario.execution.backend;
    let asked = Sweep {
        cell: arguments.cell,
        frequencies: &frequencies,
        tolerance: scenario.impedance_tolerance(),
        backend,
    };
    let spectrum = problem.impedance(&asked, &mut watch)?;
    let found = Found::of(spectrum, problem.thickness());
    stdout::print(&match form {
        Form::Json => stdout::json(&found.document())?,
        Form::Table => found.text(&reading),
    })?;
    write(arguments, &found, &interrupt)
}

/// From high to low, both ends included.
fn frequencies([high, low]: [f64; 2], per_decade: u8) -> Vec<f64> {
    let steps = ((high / low).log10() * f64::from(per_decade))
        .round()
        .max(1.0);
    (0u32..)
        .map(f64::from)
        .take_while(|&n| n <= steps)
        .map(|n| high * (low / high).powf(n / steps))
        .collect()
}

/// Whether everything can be written; makes the folder of plots.
fn check(arguments: &ImpedanceArguments, scenario: &Scenario) -> Result<()> {
    let plots = arguments.plots.iter();
    let plots = plots.flat_map(|folder| PLOTS.map(|name| folder.join(name)));
    let planned = Planned {
        folder: arguments.plots.as_ref(),
        files: arguments.csv.iter().cloned().chain(plots).collect(),
        overwrite: overwrite(arguments),
    };
    let mut inputs = inputs([scenario]);
    inputs.add(&arguments.file);
    Ok(planned.check(&inputs).map_err(Error::from)?)
}

fn overwrite(arguments: &ImpedanceArguments) -> Overwrite {
    if arguments.force {
        Overwrite::Replace
    } else {
        Overwrite::Keep
    }
}

impl Found {
    fn of(spectrum: Spectrum, thickness: f64) -> Self {
        let points: Vec<_> = spectrum
            .points
            .iter()
            .map(|p| (p.frequency, p.impedance))
            .collect();
        let [ions, electrons] = spectrum
            .homogenised
            .conductivity
            .map(|sigma| thickness / sigma);
        let finite = |resistance: f64| {
            if resistance.is_finite() {
                resistance
            } else {
                0.0
            }
        };
        let guess = Line {
            ions: if ions.is_finite() {
                ions
            } else {
                points.iter().map(|p| p.1.re).fold(0.0, f64::max)
            },
            electrons: finite(electrons),
            transfer: spectrum.homogenised.transfer * thickness,
            capacitance: spectrum.capacitance,
        };
        let (line, deviation) = guess.fitted(&points);
        Self {
            relaxation: Relaxation::of(&points),
            spectrum,
            ions,
            line,
            deviation,
        }
    }

    fn text(&self, reading: &Reading) -> String {
        let parts = [heading(reading), self.table(), self.fit(), self.peaks()];
        let said = parts.into_iter().filter(|part| !part.is_empty());
        said.collect::<Vec<_>>().join("\n\n") + "\n"
    }

    fn table(&self) -> String {
        let mut table = plain_table(&[
            "frequency, Hz",
            "Re Z, Ohm cm2",
            "-Im Z, Ohm cm2",
            "|Z|, Ohm cm2",
            "phase, degrees",
            "error, at most",
            "iterations",
        ]);
        for point in &self.spectrum.points {
            let z = 1e4 * point.impedance;
            table.add_row([
                plain(point.frequency),
                plain(z.re),
                plain(-z.im),
                plain(z.norm_sqr().sqrt()),
                format!("{:.2}", z.im.atan2(z.re) * 180.0 / PI),
                format!("{:.0e}", point.error_bound),
                point.iterations.to_string(),
            ]);
        }
        format!("{table}\nError: a guaranteed bound on that of Z for these voxels, over |Z|.")
    }

    /// What the transmission line says; nothing in cells that have none.
    fn fit(&self) -> String {
        if self.spectrum.cell != Cell::Electrode {
            return String::new();
        }
        let transfer = match self.line.transfer {
            0.0 => "blocked".to_owned(),
            transfer => format!("{} Ohm cm2", plain(1e4 / transfer)),
        };
        format!(
            "Transmission line: ions {} Ohm cm2, charge transfer {transfer}, double layer {} uF/cm2 of cross-section; electrons \
             {} Ohm cm2 from the volume; deviation {:.1} %.\n\
             Ions from the volume, thickness over effective conductivity: {} Ohm cm2.",
            plain(1e4 * self.line.ions),
            plain(1e2 * self.line.capacitance),
            plain(1e4 * self.line.electrons),
            100.0 * self.deviation,
            plain(1e4 * self.ions),
        )
    }

    fn peaks(&self) -> String {
        let peak = |(time, resistance): (f64, f64)| {
            let (frequency, resistance) = (plain(0.5 / PI / time), plain(1e4 * resistance));
            format!("  {} s ({frequency} Hz): {resistance} Ohm cm2", plain(time))
        };
        let peaks: Vec<String> = self
            .relaxation
            .peaks()
            .into_iter()
            .take(5)
            .map(peak)
            .collect();
        format!(
            "Relaxation times (deviation {:.1} %), largest first:\n{}",
            100.0 * self.relaxation.deviation,
            peaks.join("\n")
        )
    }

    fn document(&self) -> Value {
        let spectrum = &self.spectrum;
        let point = |p: &voxion::physics::carriers::Point| {
            json!({
                "frequency_hz": p.frequency,
                "real_ohm_m2": p.impedance.re,
                "imaginary_ohm_m2": p.impedance.im,
                "relative_error_bound": p.error_bound,
                "iterations": p.iterations,
            })
        };
        json!({
            "voxion": env!("CARGO_PKG_VERSION"),
            "cell": words::CELLS.word(spectrum.cell),
            "adapter": spectrum.adapter,
            "points": spectrum.points.iter().map(point).collect::<Vec<_>>(),
            "line": {
                "ions_ohm_m2": self.line.ions,
                "electrons_ohm_m2": self.line.electrons,
                "transfer_S_m2": self.line.transfer,
                "capacitance_F_m2": self.line.capacitance,
                "deviation": self.deviation,
            },
            "relaxation": {
                "times_s": self.relaxation.times,
                "resistances_ohm_m2": self.relaxation.weights,
                "series_resistance_ohm_m2": self.relaxation.resistance,
                "elastance_m2_F": self.relaxation.elastance,
                "deviation": self.relaxation.deviation,
            },
            "ionic_conductivity_S_m": spectrum.homogenised.conductivity[0],
            "electronic_conductivity_S_m": spectrum.homogenised.conductivity[1],
            "capacitance_F_m2": spectrum.capacitance,
        })
    }

    fn csv(&self) -> String {
        let line = |p: &voxion::physics::carriers::Point| {
            let z = 1e4 * p.impedance;
            format!(
                "{:e},{:e},{:e},{:e}\n",
                p.frequency, z.re, z.im, p.error_bound
            )
        };
        let lines: String = self.spectrum.points.iter().map(line).collect();
        format!("frequency_hz,real_ohm_cm2,imaginary_ohm_cm2,relative_error_bound\n{lines}")
    }

    fn plots(&self) -> Vec<Picture> {
        let points = &self.spectrum.points;
        let z = |part: fn(&Complex64) -> f64| -> Vec<f64> {
            points.iter().map(|p| part(&(1e4 * p.impedance))).collect()
        };
        let decades: Vec<f64> = points.iter().map(|p| p.frequency.log10()).collect();
        let times = self.relaxation.times.iter().map(|t| t.log10()).collect();
        let weights = self.relaxation.weights.iter().map(|w| 1e4 * w).collect();
        let phase = z(|z| -z.im.atan2(z.re) * 180.0 / PI);
        let magnitude = z(|z| 0.5 * z.norm_sqr().log10());
        let [nyquist, bode, phases, relaxation] = PLOTS;
        vec![
            chart(
                nyquist,
                (
                    ["Nyquist plot", "Re Z (Ohm cm²)", "-Im Z (Ohm cm²)"],
                    Range::Equal,
                ),
                [z(|z| z.re), z(|z| -z.im)],
            ),
            chart(
                bode,
                (
                    ["Bode plot: magnitude", DECADES, "log10 of |Z| (Ohm cm²)"],
                    Range::Around,
                ),
                [decades.clone(), magnitude],
            ),
            chart(
                phases,
                (
                    ["Bode plot: phase", DECADES, "-phase (degrees)"],
                    Range::FromZero,
                ),
                [decades, phase],
            ),
            chart(
                relaxation,
                (
                    [
                        "Distribution of relaxation times",
                        "log10 of time constant (s)",
                        "resistance (Ohm cm²)",
                    ],
                    Range::FromZero,
                ),
                [times, weights],
            ),
        ]
    }
}

const DECADES: &str = "log10 of frequency (Hz)";

fn chart(
    file: &str,
    ([title, across, up], range): ([&str; 3], Range),
    [places, computed]: [Vec<f64>; 2],
) -> Picture {
    let chart = Chart {
        file_name: file.to_owned(),
        title: title.to_owned(),
        across: across.to_owned(),
        up: up.to_owned(),
        places: Places::Numbers(places),
        range,
        computed: vec![("computed".to_owned(), computed)],
        measured: Vec::new(),
        caption: Vec::new(),
    };
    chart.draw()
}

const PLOTS: [&str; 4] = [
    "nyquist.png",
    "bode_magnitude.png",
    "bode_phase.png",
    "relaxation_times.png",
];

fn write(arguments: &ImpedanceArguments, found: &Found, interrupt: &Interrupt) -> Result<()> {
    let overwrite = overwrite(arguments);
    if let Some(path) = &arguments.csv {
        let unwritable = |source| IoError::Unwritable {
            path: path.clone(),
            source,
        };
        let write = |temporary: &Path| Ok(fs::write(temporary, found.csv()).map_err(unwritable)?);
        write_atomically(path, overwrite, write).map_err(not_written)?;
    }
    let Some(folder) = &arguments.plots else {
        return Ok(());
    };
    for picture in found.plots() {
        let path = folder.join(picture.file_name());
        write_atomically(&path, overwrite, |temporary| {
            picture.write(temporary).map_err(|error| error.of(&path))?;
            interrupt.check()
        })
        .map_err(not_written)?;
    }
    Ok(())
}
