//! `voxion study run --dry-run`: the cases, the memory, and the time as the first open case lets one expect.

use super::{
    super::{interrupt::Interrupt, stdout, table::plain_table},
    run::told,
};
use anyhow::Result;
use indicatif::{BinaryBytes, HumanDuration};
use std::{path::Path, time::Instant};
use voxion::{
    solve::{Continue, Observer, Progress},
    study::{Changes, Options, Plan, State, Store, StudyMemory, case},
};

/// More cases are not listed one by one.
const SHOWN: usize = 40;

/// Shows what a run would do. Writes nothing.
pub(super) fn run(
    plan: &Plan,
    folder: &Path,
    options: &Options,
    memory: Option<StudyMemory>,
    interrupt: &Interrupt,
) -> Result<()> {
    let cases = plan.cases(options.shard);
    let store = Store::open(folder)?;
    let state = |place: &usize| match &store {
        Some(store) => store.state(&plan.keys[*place]),
        None => Ok(State::Open),
    };
    let states = cases
        .iter()
        .map(state)
        .collect::<voxion::Result<Vec<_>>>()?;
    stdout::print(&table(plan, &cases, &states))?;
    if let Some(store) = &store
        && let Some(changes) = Changes::since_last_run(plan, store)?
    {
        stdout::print(&told(&changes))?;
    }
    let is_open = |(_, state): &(&usize, &State)| **state == State::Open;
    let open: Vec<usize> = cases
        .iter()
        .zip(&states)
        .filter(is_open)
        .map(|(place, _)| *place)
        .collect();
    let jobs = options.jobs.get();
    if let Some(memory) = memory {
        stdout::print(&format!(
            "memory: about {} with one case, {} with {jobs} at once\n",
            BinaryBytes(memory.at_once(1)),
            BinaryBytes(memory.at_once(jobs))
        ))?;
    }
    let Some(&first) = open.first() else {
        return stdout::print("time: none, every case is settled\n");
    };
    say!(
        "running {} to measure the time; Ctrl-C ends this",
        plan.title(first)
    );
    let clock = Instant::now();
    let scenario = &plan.sweep.points[first].scenario;
    case::run(scenario, &plan.sweep.collected, &mut Stop(interrupt))?;
    let one = clock.elapsed();
    let all = one.mul_f64(open.len() as f64 / jobs as f64);
    stdout::print(&format!(
        "time: {:.2} s for one case, about {} for the {} open ones, {jobs} at once\n",
        one.as_secs_f64(),
        HumanDuration(all),
        open.len()
    ))
}

/// A line for each case.
fn table(plan: &Plan, cases: &[usize], states: &[State]) -> String {
    let header: Vec<String> = ["case".to_owned()]
        .into_iter()
        .chain(plan.sweep.parameters.iter().cloned())
        .chain(["state".to_owned()])
        .collect();
    let mut table = plain_table(&header);
    for (turn, (&place, state)) in cases.iter().zip(states).enumerate().take(SHOWN) {
        let state = match state {
            State::Open => "open",
            State::Finished(_) => "finished",
            State::Failed(_) => "failed",
        };
        let values = plan.sweep.points[place].values.iter().cloned();
        table.add_row(
            [(turn + 1).to_string()]
                .into_iter()
                .chain(values)
                .chain([state.to_owned()])
                .collect::<Vec<_>>(),
        );
    }
    let more = match cases.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("and {more} more\n"),
    };
    format!("{table}\n{more}{} cases\n", cases.len())
}

/// Stops the measured case when the user asks for it.
struct Stop<'a>(&'a Interrupt);

impl Observer for Stop<'_> {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        match self.0.requested() {
            true => Continue::No,
            false => Continue::Yes,
        }
    }
}
