//! What opened faces do to the conductivity: before and after, along each axis of the scenario's transport.

use super::question::Question;
use anyhow::Result;
use voxion::{
    io::Reading,
    microstructure::Axis,
    physics::{
        elasticity::Face,
        opened::{Opened, Remaining},
    },
    solve::{Observer, Tolerance},
};

/// Conductivity along an axis with every face closed, and with some open.
pub(super) struct Carried {
    pub(super) axis: Axis,
    pub(super) before: Remaining,
    pub(super) after: Remaining,
}

/// What is asked about transport.
pub(super) struct Carrying {
    pub(super) axes: Vec<Axis>,
    pub(super) relative_error: f64,
    /// Labels and conductivities along (z, y, x).
    pub(super) conductivities: Vec<(Vec<i64>, [f64; 3])>,
}

impl Carrying {
    fn along(&self, label: i64) -> [f64; 3] {
        let own = self
            .conductivities
            .iter()
            .find(|(labels, _)| labels.contains(&label));
        own.map_or([0.0; 3], |(_, along)| *along)
    }
}

/// Solves twice along each axis; nothing where transport was not asked about.
pub(super) fn carried(
    question: &Question,
    reading: &Reading,
    faces: &[Face],
    observer: &mut dyn Observer,
) -> Result<Vec<Carried>> {
    let Some(carrying) = &question.carrying else {
        return Ok(Vec::new());
    };
    let volume = &reading.volume;
    let sigma: Vec<[f64; 3]> = volume
        .labels()
        .iter()
        .map(|&label| carrying.along(label))
        .collect();
    let tolerance = Tolerance {
        relative_error: carrying.relative_error,
        ..Tolerance::default()
    };
    let backend = &question.execution.backend;
    let mut solve = |axis: Axis, faces: &[Face]| {
        Opened::new(volume, sigma.clone(), faces).solve(axis, (tolerance, backend), observer)
    };
    let mut along = |&axis: &Axis| {
        Ok(Carried {
            axis,
            before: solve(axis, &[])?,
            after: solve(axis, faces)?,
        })
    };
    carrying.axes.iter().map(&mut along).collect()
}
