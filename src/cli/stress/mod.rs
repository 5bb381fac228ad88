//! `voxion stress`, and `voxion run` on a scenario with a section `[stress]`: read, check, solve each state, show, write.

mod args;
mod files;
mod json;
mod question;
mod table;
mod transport;

pub(crate) use args::StressArguments;

use super::{
    advice::{Advice, of_adapter},
    interrupt::Interrupt,
    memory,
    progress::Watch,
    resolve::{Form, Show, Verbosity},
    solve::set_threads,
    stdout,
};
use anyhow::Result;
use indicatif::BinaryBytes;
use question::{Input, Question};
use std::time::{Instant, SystemTime};
use transport::Carried;
use voxion::{
    Error,
    field::Backend,
    io::Reading,
    physics::elasticity::{
        Deformed, Elasticity, ElasticityError, Face, Hold, InterfaceTraction, LARGE_EIGENSTRAIN,
        Memory, NotConverged, PhaseStress, Reached, SMALL_STRAIN, Stiffness,
    },
    report::numbers::plain,
    scenario::Scenario,
    solve::{Observer, Tolerance},
};

/// What came out.
struct Answer<'a> {
    question: &'a Question,
    reading: &'a Reading,
    read_seconds: f64,
    started: SystemTime,
    stiffness: Option<Stiffness>,
    /// The tolerance of the stiffness was not met.
    stiffness_shortfall: Option<ElasticityError>,
    states: Vec<State>,
    warnings: Vec<Advice>,
}

impl Answer<'_> {
    /// The device that solved, where every state was solved on one.
    fn adapter(&self) -> Option<&str> {
        let states = self.states.iter().map(|state| &state.deformed.adapter);
        let stiffness = self.stiffness.iter().map(|stiffness| &stiffness.adapter);
        let adapters: Option<Vec<&str>> = states.chain(stiffness).map(Option::as_deref).collect();
        adapters?.first().copied()
    }
}

/// A state of swelling.
struct State {
    /// The fraction converted.
    converted: f64,
    deformed: Deformed,
    /// Mean strain of the free cell; none where no phase has an eigenstrain, and where several states are solved of a cell that
    /// is not free.
    effective_eigenstrain: Option<[f64; 6]>,
    phases: Vec<PhaseStress>,
    interfaces: Vec<InterfaceTraction>,
    /// Faces of each pair of labels that are pulled at with more than they hold; a pair of equal labels is a crack.
    opened: Vec<([i64; 2], usize)>,
    /// Conductivity before and after faces open.
    carried: Vec<Carried>,
    largest_strain: f64,
    small_strain: bool,
    /// The tolerance was not met.
    shortfall: Option<ElasticityError>,
}

/// `voxion stress`.
pub(crate) fn stress(arguments: StressArguments) -> Result<()> {
    let (question, show) = arguments.resolve()?;
    answer(&question, show)
}

/// `voxion run` on a scenario that asks about stress.
pub(crate) fn run(scenario: &Scenario, show: Show) -> Result<()> {
    answer(&Question::of(scenario)?, show)
}

/// Solves and shows; results are shown before files are written.
fn answer(question: &Question, show: Show) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let started = SystemTime::now();
    set_threads(question.execution.threads)?;
    files::check(question)?;
    let clock = Instant::now();
    let (input, notes) = Input::read(question)?;
    let reading = &input.reading;
    let read_seconds = clock.elapsed().as_secs_f64();
    interrupt.check()?;
    let mut warnings: Vec<Advice> = notes.into_iter().map(Advice::Notice).collect();
    for &converted in &question.converted {
        warnings.extend(too_large(&question.problem(&input, converted)?));
    }
    warnings.iter().for_each(Advice::warn);
    let problem = question.problem(&input, 1.0)?;
    let memory = problem.memory_estimate(question.states(), question.stiffness);
    if show.verbosity == Verbosity::Normal {
        show_memory(memory, &question.execution.backend);
    }
    memory::check(memory.host, &question.execution.backend)?;
    let mut watch = Watch::new(question.tolerance, show.verbosity, interrupt.clone());
    let mut stiffness_shortfall = None;
    let stiffness = match question.stiffness {
        true => {
            let problem = question.problem(&input, 1.0)?;
            let solved = problem.stiffness(question.tolerance, &mut watch);
            let (stiffness, shortfall) = whatever_reached(solved, |reached| match reached {
                Reached::Stiffness(stiffness) => Some(stiffness),
                Reached::State(_) => None,
            })?;
            stiffness_shortfall = shortfall;
            Some(stiffness)
        }
        false => None,
    };
    let state = |&converted: &f64| state(question, &input, converted, &mut watch);
    let states = question
        .converted
        .iter()
        .map(state)
        .collect::<Result<Vec<_>>>()?;
    let late: Vec<Advice> = states.iter().flat_map(late_advice).collect();
    late.iter().for_each(Advice::warn);
    warnings.extend(watch.into_notices());
    warnings.extend(late);
    let mut answer = Answer {
        question,
        reading,
        read_seconds,
        started,
        stiffness,
        stiffness_shortfall,
        states,
        warnings,
    };
    if let Some(software) = answer.adapter().and_then(of_adapter) {
        software.warn();
        answer.warnings.push(software);
    }
    stdout::print(&match show.form {
        Form::Json => json::answer(&answer)?,
        Form::Table => table::answer(&answer),
    })?;
    files::write(&answer, &interrupt)?;
    // What was reached has been shown with its bounds; that it is not what was asked for makes the run a failed one.
    let shortfalls = answer
        .states
        .into_iter()
        .filter_map(|state| state.shortfall);
    match shortfalls.chain(answer.stiffness_shortfall).next() {
        None => Ok(()),
        Some(shortfall) => Err(Error::from(shortfall).into()),
    }
}

/// A result, converged or not, and the error that says that it is not.
fn whatever_reached<T>(
    solved: voxion::Result<T>,
    pick: impl FnOnce(Reached) -> Option<T>,
) -> Result<(T, Option<ElasticityError>)> {
    match solved {
        Err(Error::Elasticity(ElasticityError::NotConverged(error))) => {
            let NotConverged { shortfall, reached } = *error;
            let told = ElasticityError::ShownAbove(shortfall);
            match pick(reached) {
                Some(reached) => Ok((reached, Some(told))),
                None => Err(Error::from(told).into()),
            }
        }
        solved => Ok((solved?, None)),
    }
}

/// Before anything is allocated.
fn show_memory(Memory { host, device }: Memory, backend: &Backend) {
    let host = format!("about {} on the host", BinaryBytes(host));
    match (backend, device) {
        (Backend::Host, _) | (_, None) => say!("memory: {host}"),
        (_, Some(device)) => say!(
            "memory: {host}, and about {} on a device",
            BinaryBytes(device)
        ),
    }
}

fn state(question: &Question, input: &Input, converted: f64, watch: &mut Watch) -> Result<State> {
    let (problem, tolerance) = (question.problem(input, converted)?, question.tolerance);
    let reading = &input.reading;
    let solved = problem.deform(question.hold, tolerance, watch);
    let (deformed, shortfall) = whatever_reached(solved, |reached| match reached {
        Reached::State(state) => Some(state),
        Reached::Stiffness(_) => None,
    })?;
    let effective_eigenstrain = match problem.largest_eigenstrain() > 0.0 {
        false => None,
        true if question.hold == Hold::FREE => shortfall.is_none().then_some(deformed.mean_strain),
        // It would cost every state a second solve.
        true if question.converted.len() > 1 || shortfall.is_some() => None,
        true => free_strain(&problem, tolerance, watch)?,
    };
    let (largest_strain, small_strain) = deformed.largest_strain();
    let opened = deformed.opened(question.bond, question.strength);
    let faces: Vec<Face> = opened.iter().map(|(face, _)| *face).collect();
    let carried = transport::carried(question, reading, &faces, watch)?;
    Ok(State {
        converted,
        effective_eigenstrain,
        phases: deformed.phases(&reading.volume),
        interfaces: deformed.interfaces(&reading.volume),
        opened: counted(&opened, reading),
        carried,
        deformed,
        largest_strain,
        small_strain,
        shortfall,
    })
}

/// Mean strain of the free cell, which was not asked for: where it does not converge, a warning says so.
fn free_strain(
    problem: &Elasticity<'_>,
    tolerance: Tolerance,
    watch: &mut Watch,
) -> Result<Option<[f64; 6]>> {
    match problem.deform(Hold::FREE, tolerance, watch) {
        Ok(free) => Ok(Some(free.mean_strain)),
        Err(Error::Elasticity(
            error @ (ElasticityError::NotConverged(_) | ElasticityError::Increment { .. }),
        )) => {
            watch.notice(&format!(
                "the effective eigenstrain is not reported: in the free cell, {error}"
            ));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Opened faces per pair of labels.
fn counted(faces: &[(Face, [u8; 2])], reading: &Reading) -> Vec<([i64; 2], usize)> {
    let mut pairs: Vec<([u8; 2], usize)> = Vec::new();
    for (_, codes) in faces {
        match pairs.iter_mut().find(|(pair, _)| pair == codes) {
            Some((_, count)) => *count += 1,
            None => pairs.push((*codes, 1)),
        }
    }
    pairs.sort_unstable();
    let labels = |codes: [u8; 2]| codes.map(|code| reading.volume.labels()[usize::from(code)]);
    pairs
        .into_iter()
        .map(|(codes, count)| (labels(codes), count))
        .collect()
}

/// A warning where eigenstrains are beyond small-strain theory.
fn too_large(problem: &Elasticity<'_>) -> Option<Advice> {
    let strain = problem.largest_eigenstrain();
    (strain > LARGE_EIGENSTRAIN).then(|| {
        Advice::Notice(format!(
            "an eigenstrain of {} is beyond small-strain theory (30 %); take the stresses as a trend, not as values",
            plain(strain)
        ))
    })
}

fn late_advice(state: &State) -> Vec<Advice> {
    let mut advice = Vec::new();
    let loose = state.deformed.loose();
    if !loose.is_empty() {
        advice.push(Advice::Notice(format!(
            "no solid crosses the cell, so nothing resists the mean strain {}; it is given as 0",
            loose.join(", ")
        )));
    }
    if !state.small_strain {
        advice.push(Advice::Notice(format!(
            "strains reach {}, beyond small-strain theory (about {SMALL_STRAIN}); real solids yield or crack before",
            plain((state.largest_strain * 1e4).round() / 1e4),
        )));
    }
    advice
}
