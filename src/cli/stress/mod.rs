//! `voxion stress`: read, check, solve, show, write.

mod args;
mod files;
mod json;
mod table;

pub(crate) use args::StressArguments;

use super::{
    advice::Advice,
    interrupt::Interrupt,
    progress::Watch,
    resolve::{Form, Show},
    solve::set_threads,
    stdout,
};
use anyhow::Result;
use indicatif::BinaryBytes;
use std::time::{Instant, SystemTime};
use voxion::{
    io::Reading,
    physics::elasticity::{
        Deformed, Elasticity, Hold, InterfaceTraction, LARGE_EIGENSTRAIN, PhaseStress, SMALL_STRAIN, Solid, Stiffness,
    },
    report::numbers::plain,
    scenario::{Output, Voxels},
    solve::Tolerance,
};

/// What is asked of a volume.
pub(crate) struct Question {
    pub(crate) volume: Voxels,
    /// Label, solid and eigenstrain of each phase.
    pub(crate) phases: Vec<Phase>,
    pub(crate) hold: Hold,
    pub(crate) stiffness: bool,
    /// Traction at which a face between two phases opens, Pa.
    pub(crate) bond: Option<f64>,
    pub(crate) relative_error: f64,
    pub(crate) threads: Option<usize>,
    pub(crate) output: Output,
}

/// A phase as the question has it.
#[derive(Debug, Clone)]
pub(crate) struct Phase {
    pub(crate) name: Option<String>,
    pub(crate) label: i64,
    pub(crate) solid: Solid,
    pub(crate) eigenstrain: [f64; 3],
}

/// What came out.
pub(crate) struct Answer<'a> {
    pub(crate) question: &'a Question,
    pub(crate) reading: &'a Reading,
    pub(crate) read_seconds: f64,
    pub(crate) started: SystemTime,
    pub(crate) deformed: Deformed,
    pub(crate) stiffness: Option<Stiffness>,
    /// Mean strain of the free cell; none where no phase has an eigenstrain.
    pub(crate) effective_eigenstrain: Option<[f64; 6]>,
    pub(crate) phases: Vec<PhaseStress>,
    pub(crate) interfaces: Vec<InterfaceTraction>,
    /// Faces of each pair of labels that are pulled at with more than the bond holds.
    pub(crate) opened: Vec<([i64; 2], usize)>,
    pub(crate) largest_strain: f64,
    pub(crate) small_strain: bool,
    pub(crate) warnings: Vec<Advice>,
}

impl Question {
    fn tolerance(&self) -> Tolerance {
        Tolerance { relative_error: self.relative_error, ..Tolerance::default() }
    }

    /// The problem on a volume.
    fn problem<'a>(&self, reading: &'a Reading) -> voxion::Result<Elasticity<'a>> {
        let mut problem = Elasticity::new(&reading.volume);
        for phase in &self.phases {
            problem = problem.solid(phase.label, phase.solid)?;
            if phase.eigenstrain != [0.0; 3] {
                problem = problem.eigenstrain(phase.label, phase.eigenstrain)?;
            }
        }
        Ok(problem)
    }
}

impl StressArguments {
    fn resolve(self) -> Result<(Question, Show)> {
        let mut phases: Vec<Phase> = Vec::new();
        for moduli in &self.moduli {
            if phases.iter().any(|phase| phase.label == moduli.label) {
                anyhow::bail!(voxion::Error::from(voxion::scenario::ScenarioError::from(
                    voxion::scenario::Inconsistency::DuplicateLabel {
                        label: moduli.label,
                        first: "--moduli".to_owned(),
                        phase: "--moduli".to_owned(),
                    }
                )));
            }
            let (label, solid) = (moduli.label, moduli.solid);
            phases.push(Phase { name: None, label, solid, eigenstrain: [0.0; 3] });
        }
        for own in &self.eigenstrain {
            match phases.iter_mut().find(|phase| phase.label == own.label) {
                Some(phase) => phase.eigenstrain = own.strain,
                None => {
                    let label = own.label;
                    return Err(voxion::Error::from(voxion::physics::ElasticityError::NotDescribed { label }).into());
                }
            }
        }
        let mut output = Output::default();
        let show = self.output.apply(&mut output);
        let question = Question {
            volume: Voxels::File(self.volume.resolve()),
            phases,
            hold: self.hold,
            stiffness: self.stiffness,
            bond: self.bond,
            relative_error: self.rtol,
            threads: self.threads.map(usize::from),
            output,
        };
        Ok((question, show))
    }
}

/// `voxion stress`.
pub(crate) fn stress(arguments: StressArguments) -> Result<()> {
    let (question, show) = arguments.resolve()?;
    answer(&question, show)
}

/// Solves and shows; results are shown before files are written.
pub(crate) fn answer(question: &Question, show: Show) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let started = SystemTime::now();
    set_threads(question.threads)?;
    files::check(question)?;
    let clock = Instant::now();
    let (reading, notes) = question.volume.volume()?;
    let read_seconds = clock.elapsed().as_secs_f64();
    interrupt.check()?;
    let problem = question.problem(&reading)?;
    let mut warnings: Vec<Advice> = notes.into_iter().map(Advice::Notice).collect();
    warnings.extend(too_large(&problem).map(Advice::Notice));
    warnings.iter().for_each(Advice::warn);
    if show.verbosity == super::resolve::Verbosity::Normal {
        let bytes = problem.memory_estimate(question.stiffness);
        eprintln!("memory: about {} on the host", BinaryBytes(bytes));
    }
    let mut watch = Watch::new(question.tolerance(), show.verbosity, interrupt.clone());
    let mut answer = solve(question, &problem, (&reading, read_seconds, started), &mut watch)?;
    let late = late_advice(&answer);
    late.iter().for_each(Advice::warn);
    warnings.extend(watch.into_notices());
    warnings.extend(late);
    answer.warnings = warnings;
    stdout::print(&match show.form {
        Form::Json => json::answer(&answer)?,
        Form::Table => table::answer(&answer),
    })?;
    files::write(&answer, &interrupt)
}

fn solve<'a>(
    question: &'a Question,
    problem: &Elasticity<'_>,
    (reading, read_seconds, started): (&'a Reading, f64, SystemTime),
    watch: &mut Watch,
) -> Result<Answer<'a>> {
    let tolerance = question.tolerance();
    let stiffness = match question.stiffness {
        true => Some(problem.stiffness(tolerance, watch)?),
        false => None,
    };
    let deformed = problem.deform(question.hold, tolerance, watch)?;
    let swells = problem.largest_eigenstrain() > 0.0;
    let effective_eigenstrain = match (&stiffness, swells) {
        (_, false) => None,
        _ if question.hold == Hold::FREE => Some(deformed.mean_strain),
        (Some(stiffness), _) => stiffness.effective_eigenstrain,
        (None, _) => Some(problem.deform(Hold::FREE, tolerance, watch)?.mean_strain),
    };
    let (largest_strain, small_strain) = deformed.largest_strain();
    Ok(Answer {
        phases: deformed.phases(&reading.volume),
        interfaces: deformed.interfaces(&reading.volume),
        opened: opened(question, &deformed, reading),
        question,
        reading,
        read_seconds,
        started,
        deformed,
        stiffness,
        effective_eigenstrain,
        largest_strain,
        small_strain,
        warnings: Vec::new(),
    })
}

/// Faces per pair of labels beyond the bond strength.
fn opened(question: &Question, deformed: &Deformed, reading: &Reading) -> Vec<([i64; 2], usize)> {
    let Some(bond) = question.bond else {
        return Vec::new();
    };
    let mut pairs: Vec<([i64; 2], usize)> = Vec::new();
    for (_, codes, traction) in deformed.tractions() {
        let labels = codes.map(|code| reading.volume.labels()[usize::from(code)]);
        let more = usize::from(traction > bond);
        match pairs.iter_mut().find(|(pair, _)| *pair == labels) {
            Some((_, count)) => *count += more,
            None => pairs.push((labels, more)),
        }
    }
    pairs.sort_by_key(|(labels, _)| *labels);
    pairs
}

/// A warning where eigenstrains are beyond small-strain theory.
fn too_large(problem: &Elasticity<'_>) -> Option<String> {
    let strain = problem.largest_eigenstrain();
    (strain > LARGE_EIGENSTRAIN).then(|| {
        format!(
            "an eigenstrain of {} is beyond small-strain theory (30 %); take the stresses as a trend, not as values",
            plain(strain)
        )
    })
}

fn late_advice(answer: &Answer<'_>) -> Vec<Advice> {
    let mut advice = Vec::new();
    let loose = answer.deformed.loose();
    if !loose.is_empty() {
        advice.push(Advice::Notice(format!(
            "no solid crosses the cell, so nothing resists the mean strain {}; it is given as 0",
            loose.join(", ")
        )));
    }
    if !answer.small_strain {
        advice.push(Advice::Notice(format!(
            "strains reach {}, beyond small-strain theory (about {}); real solids yield or crack before",
            plain(answer.largest_strain),
            SMALL_STRAIN
        )));
    }
    advice
}
