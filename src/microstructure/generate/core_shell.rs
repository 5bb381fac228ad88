//! Particles with a shell in a matrix: cores are packed with room for their shells, and a voxel outside the cores belongs to
//! the shell where the nearest core is no further than the shell is thick. Neighbours differ in distance by at most one
//! voxel, so a shell of one voxel or more is closed: no core touches the matrix. A thinner one is drawn one voxel thick,
//! closed and too thick rather than in holes, and that is noted. Shells that came onto the particles before mixing keep
//! them apart; a layer that grows into the matrix afterwards needs no room, and layers of neighbours overlap.

use super::{
    GenerateError, Grid, Microstructure, Recipe, Remarks, assemble, distance,
    grid::count,
    packing::{HARD, Sphere, pack, volume},
    particles,
    sizes::Sizes,
    spheres::{fill, moved},
    too_thin,
};

/// Labels: 0 matrix, 1 core, 2 shell.
#[derive(Debug, Clone, PartialEq)]
pub struct CoreShell {
    /// Diameters of the cores.
    pub cores: Sizes,
    /// Fraction of the volume that is core.
    pub core_fraction: f64,
    /// Thickness of the shell, m.
    pub shell_thickness: f64,
    /// Whether the packing leaves no room for shells: they grow into the matrix, and those of neighbours overlap.
    pub overlapping: bool,
    /// Materials of matrix, core and shell.
    pub materials: [String; 3],
}

impl Recipe for CoreShell {
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError> {
        self.cores.check()?;
        GenerateError::check(
            "the core fraction",
            self.core_fraction,
            (1e-6, 0.6),
            "above 0 and at most 0.6",
        )?;
        GenerateError::check(
            "the shell thickness",
            self.shell_thickness,
            (1e-12, 1.0),
            "above 0",
        )?;
        let drawn = self.shell_thickness.max(grid.voxel);
        let (cores, mut notes) = self.packed(grid, drawn, seed)?;
        let thickness = grid.in_voxels(drawn);
        let distances = distance::surfaces(&cores, grid, thickness + 2.0).nearest;
        let mut labels = vec![0; grid.voxels()];
        let surface = fill(
            &mut labels,
            &distances,
            count(self.core_fraction * grid.volume()),
            1,
        );
        notes.extend(moved("the cores", surface, grid));
        let end = surface + super::grid::single(thickness) + ROUNDING;
        for (label, &distance) in labels.iter_mut().zip(&distances) {
            if *label == 0 && distance <= end {
                *label = 2;
            }
        }
        let shell = (!self.overlapping).then(|| self.shell_fraction(&cores, grid));
        let left = shell.map(|shell| 1.0 - self.core_fraction - shell);
        let [matrix, core, coat] = self.materials.each_ref().map(|name| Some(name.as_str()));
        let phases = [
            ("matrix", matrix, left),
            ("core", core, Some(self.core_fraction)),
            ("shell", coat, shell),
        ];
        let radii: Vec<f64> = cores.iter().map(|core| core.radius).collect();
        let facts = vec![particles("cores", &radii, grid)];
        assemble(grid, labels, &phases, Remarks { facts, notes })
    }
}

/// Distances are rounded to single precision; a shell of exactly one voxel must still be closed.
const ROUNDING: f32 = 1e-4;

impl CoreShell {
    /// Cores with room for the shells that are drawn between them, or without; and what is to be noted.
    fn packed(
        &self,
        grid: &Grid,
        drawn: f64,
        seed: u64,
    ) -> Result<(Vec<Sphere>, Vec<String>), GenerateError> {
        let room = if self.overlapping { 0.0 } else { drawn };
        let sizes = self.cores.radii(self.core_fraction, grid, room, seed)?;
        let room = grid.in_voxels(room);
        let outer: Vec<f64> = sizes.radii.iter().map(|radius| radius + room).collect();
        let mut cores = pack(&outer, grid, seed, HARD)?;
        for core in &mut cores {
            core.radius -= room;
        }
        let mut notes = sizes.notes;
        if self.shell_thickness < grid.voxel {
            let consequence = "it is drawn one voxel thick to be closed";
            notes.push(too_thin(
                "the shell",
                self.shell_thickness,
                grid.voxel,
                consequence,
            ));
        }
        Ok((cores, notes))
    }

    /// What shells of the thickness asked for would have, none touching another.
    fn shell_fraction(&self, cores: &[Sphere], grid: &Grid) -> f64 {
        let thickness = grid.in_voxels(self.shell_thickness);
        let shells = cores
            .iter()
            .map(|core| volume(core.radius + thickness) - core.volume());
        shells.sum::<f64>() / grid.volume()
    }
}
