//! `voxion study status`: what is finished, running, open or failed, from the files alone.

use super::{super::stdout, Place, name, run::told, submit::queue};
use anyhow::Result;
use voxion::study::{Changes, Plan, Shard, State, Store};

/// Counts of cases, and why the failed ones failed.
#[derive(Debug, Default)]
struct Counts {
    finished: usize,
    running: usize,
    open: usize,
    failed: Vec<String>,
}

/// Shows the state of a study.
pub(super) fn status(place: &Place) -> Result<()> {
    let plan = place.plan()?;
    let folder = place.folder();
    let name = name(&place.file);
    let Some(store) = Store::open(&folder)? else {
        let cases = plan.cases(Shard::ALL).len();
        return stdout::print(&format!("{name}: {cases} cases, none has been run\n"));
    };
    let counts = count(&plan, &store)?;
    let mut text = format!(
        "{name}: {} finished, {} running, {} open, {} failed; results in {}\n",
        counts.finished,
        counts.running,
        counts.open,
        counts.failed.len(),
        folder.display()
    );
    if let Some(queue) = queue(&folder) {
        text += &format!("  Slurm: {queue}\n");
    }
    for failure in &counts.failed {
        text += &format!("  failed: {failure}\n");
    }
    if let Some(changes) = Changes::since_last_run(&plan, &store)? {
        text += &told(&changes);
    }
    stdout::print(&text)
}

fn count(plan: &Plan, store: &Store) -> Result<Counts> {
    let mut counts = Counts::default();
    for place in plan.cases(Shard::ALL) {
        let key = &plan.keys[place];
        match store.state(key)? {
            State::Finished(_) => counts.finished += 1,
            State::Failed(reason) => counts
                .failed
                .push(format!("{}: {reason}", plan.title(place))),
            State::Open if store.is_running(key)? => counts.running += 1,
            State::Open => counts.open += 1,
        }
    }
    Ok(counts)
}
