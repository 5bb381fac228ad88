//! What no study computes, and what a result needs that a scenario lacks.

use super::{
    super::{
        Resolutions, Scenario,
        file::{Checked, TRANSPORT},
        section::Section,
    },
    Collected, Part, Point, Sweep, SweepFault,
};

/// What a scenario asks for that no case of a study computes.
pub(super) fn beyond(scenario: &Scenario) -> Option<SweepFault> {
    let fractions = scenario.stress.iter().find_map(|it| it.fractions.as_ref());
    fractions.map(|_| SweepFault::Fractions)
}

/// Whether volumes whose size is known can be halved where that is wanted; of others, the case tells.
pub(super) fn resolutions(scenario_root: &Section<'_>, sweep: &Sweep) -> Checked<()> {
    let odd = sweep.points.iter().find_map(|Point { scenario, .. }| {
        let shape = scenario.volume.shape()?;
        scenario.check_resolutions(shape).err()
    });
    let Some(odd) = odd else {
        return Ok(());
    };
    let transport = scenario_root.section("transport", &TRANSPORT)?;
    let place = transport.place("extrapolate");
    Err(scenario_root.fault(odd, place.unwrap_or_else(|| transport.span.clone())))
}

/// Whether every case has what the results need that are asked for.
pub(super) fn results(study: &Section<'_>, sweep: &Sweep) -> Checked<()> {
    let span = study.place("results").unwrap_or_else(|| study.span.clone());
    let needs = sweep.collected.iter().flat_map(|&result| {
        let mut of_points = sweep
            .points
            .iter()
            .map(move |point| lacks(result, &point.scenario));
        match result.part() {
            // Where these are varied, some cases have none.
            Part::Resolutions | Part::Tensor => of_points.min_by_key(Option::is_some).flatten(),
            _ => of_points.find_map(|lacking| lacking),
        }
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
    let transport = &scenario.transport;
    let is_cell = transport.boundary.is_cell();
    match result.part() {
        Part::Tensor if !is_cell => Some(SweepFault::NoTensor { result: word }),
        Part::Tensor | Part::Resolutions
            if transport.resolutions == Resolutions::One
                && result != Collected::ConductivityTensor =>
        {
            Some(SweepFault::OneResolution { result: word })
        }
        Part::TripleLines if is_cell && result == Collected::ActiveTriplePhaseBoundary => {
            Some(SweepFault::NoSeparator)
        }
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
        Part::Conduction | Part::Resolutions | Part::Tensor | Part::Reaction | Part::Cell => None,
    }
}
