//! Which machines solve: the host, or every device that the choice admits, a queue each.

use super::RunArguments;
use anyhow::Result;
use voxion::{
    field::Backend,
    gpu::{Selection, admitted},
    study::{Plan, StudyError},
};

/// What the command line says of the machine, in every case; `auto` is decided once.
pub(super) fn settle(arguments: &RunArguments, plan: &mut Plan) -> Result<()> {
    require(arguments.gpus)?;
    for point in &mut plan.sweep.points {
        arguments.machine.apply(&mut point.scenario.execution)?;
    }
    let is_auto = |backend: &Backend| *backend == Backend::Auto;
    let mut points = plan.sweep.points.iter();
    let any = points.any(|point| is_auto(&point.scenario.execution.backend));
    if any && admitted(&Selection::Real).is_err() {
        for point in &mut plan.sweep.points {
            let backend = &mut point.scenario.execution.backend;
            if is_auto(backend) {
                *backend = Backend::Host;
            }
        }
    }
    Ok(())
}

/// Requires so many visible real GPUs; a node without a working driver is told before hours go by on its processor.
fn require(wanted: usize) -> Result<()> {
    let found = match wanted {
        0 => 0,
        _ => admitted(&Selection::Real).map_or(0, |all| all.len()),
    };
    match found < wanted {
        true => Err(voxion::Error::from(StudyError::FewGpus { wanted, found }).into()),
        false => Ok(()),
    }
}

/// The devices that share the cases, where there are several; of one, the scenarios say themselves. A device that is wanted and not
/// there is told here, once, and no case has failed for it.
pub(super) fn devices(plan: &Plan) -> Result<Vec<Backend>> {
    let backends = plan.sweep.points.iter();
    let mut backends = backends.map(|point| &point.scenario.execution.backend);
    let selection = match backends.find(|backend| **backend != Backend::Host) {
        None | Some(Backend::Host) => return Ok(Vec::new()),
        Some(Backend::Auto) => Selection::Real,
        Some(Backend::Device { name: None }) => Selection::Best,
        Some(Backend::Device { name: Some(name) }) => Selection::Named(name.clone()),
    };
    let all = admitted(&selection).map_err(voxion::Error::from)?;
    let one = |place: usize| Backend::Device {
        name: Some(format!("#{place}")),
    };
    Ok(match all.as_slice() {
        [] | [_] => Vec::new(),
        several => several.iter().map(|info| one(info.place)).collect(),
    })
}
