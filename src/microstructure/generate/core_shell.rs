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
        self.check()?;
        let drawn = self.shell_thickness.max(grid.voxel);
        let room = if self.overlapping { 0.0 } else { drawn };
        let sizes = self.cores.radii(self.core_fraction, grid, room, seed)?;
        let cores = packed(&sizes.radii, grid.in_voxels(room), grid, seed)?;
        let thickness = grid.in_voxels(drawn);
        let distances = distance::surfaces(&cores, grid, thickness + 2.0).nearest;
        let mut labels = vec![0; grid.voxels()];
        let wanted = count(self.core_fraction * grid.volume());
        let surface = fill(&mut labels, &distances, wanted, 1);
        let end = surface + super::grid::single(thickness) + ROUNDING;
        for (label, &distance) in labels.iter_mut().zip(&distances) {
            if *label == 0 && distance <= end {
                *label = 2;
            }
        }
        let mut notes = sizes.notes;
        notes.extend(self.note(grid));
        notes.extend(moved("the cores", surface, grid));
        let shell = (!self.overlapping).then(|| self.shell_fraction(&cores, grid));
        let left = shell.map(|shell| 1.0 - self.core_fraction - shell);
        let [matrix, core, coat] = self.materials.each_ref().map(|name| Some(name.as_str()));
        let phases = [
            ("matrix", matrix, left),
            ("core", core, Some(self.core_fraction)),
            ("shell", coat, shell),
        ];
        let facts = vec![particles("cores", &sizes.radii, grid)];
        assemble(grid, labels, &phases, Remarks { facts, notes })
    }
}

/// Cores with so much room around each.
fn packed(radii: &[f64], room: f64, grid: &Grid, seed: u64) -> Result<Vec<Sphere>, GenerateError> {
    let outer: Vec<f64> = radii.iter().map(|radius| radius + room).collect();
    let core = |sphere: &Sphere| Sphere {
        radius: sphere.radius - room,
        ..*sphere
    };
    Ok(pack(&outer, grid, seed, HARD)?.iter().map(core).collect())
}

/// Distances are rounded to single precision; a shell of exactly one voxel must still be closed.
const ROUNDING: f32 = 1e-4;

impl CoreShell {
    fn check(&self) -> Result<(), GenerateError> {
        self.cores.check()?;
        let limit = "above 0 and at most 0.6";
        GenerateError::check("the core fraction", self.core_fraction, (1e-6, 0.6), limit)?;
        let thickness = self.shell_thickness;
        GenerateError::check("the shell thickness", thickness, (1e-12, 1.0), "above 0")
    }

    fn note(&self, grid: &Grid) -> Option<String> {
        let consequence = "it is drawn one voxel thick to be closed";
        let (thickness, voxel) = (self.shell_thickness, grid.voxel);
        (thickness < voxel).then(|| too_thin("the shell", thickness, voxel, consequence))
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
