//! A conduction problem as plain data, so that one description can be solved by Voxion on any backend, by the
//! independent reference, or after a change (flipped, rescaled) by either.

use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Boundary, Conduction, Effective, Electrode, MemoryMode, Sides},
    solve::{Silent, Tolerance},
};

/// What is solved; labels that have no entry insulate.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) volume: Volume,
    /// Label and conductivity.
    pub(crate) conductivity: Vec<(i64, f64)>,
    /// Two labels and the area-specific resistance between them.
    pub(crate) contact: Vec<(i64, i64, f64)>,
    /// Electrode, label and the area-specific resistance between them.
    pub(crate) electrode: Vec<(Electrode, i64, f64)>,
    pub(crate) axis: Axis,
    pub(crate) boundary: Boundary,
    pub(crate) sides: Sides,
    pub(crate) memory: MemoryMode,
}

impl Problem {
    /// Along z, electrodes on faces, mirror sides, no contact resistances.
    pub(crate) fn new(volume: Volume, conductivity: &[(i64, f64)]) -> Self {
        Self {
            volume,
            conductivity: conductivity.to_vec(),
            contact: Vec::new(),
            electrode: Vec::new(),
            axis: Axis::Z,
            boundary: Boundary::Face,
            sides: Sides::Mirror,
            memory: MemoryMode::Full,
        }
    }

    pub(crate) fn along(self, axis: Axis) -> Self {
        Self { axis, ..self }
    }

    pub(crate) fn boundary(self, boundary: Boundary) -> Self {
        Self { boundary, ..self }
    }

    pub(crate) fn sides(self, sides: Sides) -> Self {
        Self { sides, ..self }
    }

    pub(crate) fn memory(self, memory: MemoryMode) -> Self {
        Self { memory, ..self }
    }

    pub(crate) fn spacing(self, spacing: [f64; 3]) -> Self {
        Self {
            volume: self.volume.with_spacing(spacing),
            ..self
        }
    }

    pub(crate) fn contact(mut self, a: i64, b: i64, resistance: f64) -> Self {
        self.contact.push((a, b, resistance));
        self
    }

    pub(crate) fn electrode(mut self, electrode: Electrode, label: i64, resistance: f64) -> Self {
        self.electrode.push((electrode, label, resistance));
        self
    }

    /// Conductivity of each voxel `[z][y][x]`.
    pub(crate) fn sigma(&self) -> Array3<f64> {
        let of_label = |label: &i64| {
            self.conductivity
                .iter()
                .find(|(named, _)| named == label)
                .map_or(0.0, |&(_, s)| s)
        };
        let of_code: Vec<f64> = self.volume.labels().iter().map(of_label).collect();
        self.volume.codes().mapv(|code| of_code[usize::from(code)])
    }

    /// Solved by Voxion to a certified relative error.
    pub(crate) fn solve(&self, relative_error: f64, backend: &Backend) -> Effective {
        self.try_solve(relative_error, backend)
            .unwrap_or_else(|error| panic!("{error}: {:?}", self.summary()))
    }

    /// The same, for a caller that goes on after a failure.
    pub(crate) fn try_solve(
        &self,
        relative_error: f64,
        backend: &Backend,
    ) -> voxion::Result<Effective> {
        let tolerance = Tolerance {
            relative_error,
            ..Tolerance::default()
        };
        let solution = self
            .describe()?
            .solve(self.axis, tolerance, backend, &mut Silent)?;
        Ok(solution.effective)
    }

    /// What it is in one line.
    pub(crate) fn summary(&self) -> String {
        let Self {
            volume,
            conductivity,
            axis,
            boundary,
            sides,
            ..
        } = self;
        let shape = volume.shape();
        format!("{shape:?} {conductivity:?} along {axis:?}, {boundary:?}, {sides:?}")
    }

    pub(crate) fn describe(&self) -> voxion::Result<Conduction<'_>> {
        let mut problem = Conduction::new(&self.volume)
            .boundary(self.boundary)
            .sides(self.sides)
            .memory(self.memory);
        for &(label, sigma) in &self.conductivity {
            problem = problem.conductivity(label, sigma)?;
        }
        for &(a, b, resistance) in &self.contact {
            problem = problem.contact_resistance(a, b, resistance)?;
        }
        for &(electrode, label, resistance) in &self.electrode {
            problem = problem.electrode_resistance(electrode, label, resistance)?;
        }
        Ok(problem)
    }
}
