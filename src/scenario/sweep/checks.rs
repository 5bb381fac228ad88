//! What no study computes, and what a result needs that a scenario lacks.

use super::{
    super::{Resolutions, Scenario, file::Checked, section::Section},
    Collected, Part, Point, Sweep, SweepFault,
};

/// What a scenario asks for that no case of a study computes.
pub(super) fn beyond(scenario: &Scenario) -> Option<&'static str> {
    let boundary = scenario.transport.boundary;
    let resolutions = scenario.transport.resolutions;
    [
        (scenario.grains.is_some(), "grains"),
        (boundary.is_cell(), "a cell without electrodes"),
        (resolutions != Resolutions::One, "several resolutions"),
    ]
    .into_iter()
    .find_map(|(asked, what)| asked.then_some(what))
}

/// Whether every case has what the results need that are asked for.
pub(super) fn results(study: &Section<'_>, sweep: &Sweep) -> Checked<()> {
    let span = study.place("results").unwrap_or_else(|| study.span.clone());
    let needs = sweep.collected.iter().flat_map(|&result| {
        let of_point = move |point: &Point| lacks(result, &point.scenario);
        sweep.points.iter().find_map(of_point)
    });
    needs
        .take(1)
        .try_for_each(|fault| Err(study.fault(fault, span.clone())))
}

fn lacks(result: Collected, scenario: &Scenario) -> Option<SweepFault> {
    let word = result.word();
    if let Some(section) = result.part().missing(scenario) {
        return Some(SweepFault::NoSection {
            result: word,
            section,
        });
    }
    match result.part() {
        Part::Stress => {
            let count = scenario
                .stress
                .as_ref()
                .map_or(1, |stress| stress.converted.len());
            (count > 1).then_some(SweepFault::States { count })
        }
        Part::TripleLines => {
            let named = |role: &&str| {
                let mut names = scenario.phases.iter().map(|phase| phase.name.as_deref());
                names.all(|name| name != Some(role))
            };
            let missing = ["active", "electrolyte", "carbon"].into_iter().find(named);
            missing.map(|phase| SweepFault::NoRole {
                result: word,
                phase,
            })
        }
        Part::Cell if result == Collected::LoadingNeeded => {
            let aimless = scenario
                .cell
                .as_ref()
                .is_some_and(|cell| cell.target.is_none());
            aimless.then_some(SweepFault::NoTarget)
        }
        Part::Conduction | Part::Reaction | Part::Cell => None,
    }
}
