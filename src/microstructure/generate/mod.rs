//! Microstructures from a recipe and a seed: five systems, one file each, on shared pieces.
//!
//! | recipe | what is built | what decides its shape |
//! |---|---|---|
//! | [`Composite`] | active particles, electrolyte, carbon, pores | sphere packing, objects at random, smoothed noise |
//! | [`VerticalGraphene`] | upright sheets on a collector, conformal filling | Voronoi edges, distance to the sheets |
//! | [`Pellet`] | pressed particles with a soft coating | packing to Heckel's density, voids filled in order of distance |
//! | [`Membrane`] | sintered equal spheres | packing, necks by a smooth union of conserved volume |
//! | [`CoreShell`] | particles with a shell in a matrix | packing, distance to the cores |
//!
//! The same recipe, grid, seed and version give the same voxels on every machine and for any number of threads. Fractions
//! that are asked for are hit to the voxel: surfaces move outwards or inwards, everywhere alike, by what is missing
//! (`rank`), and a move beyond half a voxel is noted. Voxels are cubes. Cost: linear in voxels and particles.

mod blobs;
mod composite;
mod core_shell;
mod distance;
mod error;
mod grains;
mod grid;
mod heckel;
mod membrane;
mod neighbours;
mod noise;
mod objects;
mod packing;
mod pellet;
mod random;
mod rank;
mod sheets;
mod sizes;
mod spheres;
mod vertical_graphene;

pub use blobs::blobs;
pub use composite::{Carbon, CarbonShape, Composite, Orientation};
pub use core_shell::CoreShell;
pub use error::GenerateError;
pub use grains::grains;
pub use grid::{Ends, Grid};
pub use heckel::Heckel;
pub use membrane::Membrane;
pub use pellet::Pellet;
pub use sizes::Sizes;
pub use vertical_graphene::VerticalGraphene;

use super::Volume;
use ndarray::Array3;

/// A phase of a recipe: its name, its material, and how much of the volume it is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseRecord {
    /// Label in the volume.
    pub label: u8,
    /// What it is in this structure: "core", "pore".
    pub name: &'static str,
    /// Material of the library; none for pores.
    pub material: Option<String>,
    /// Fraction of the volume that was asked for; none where it is a result.
    pub target: Option<f64>,
}

/// A volume that was built, and what is to be known about it.
#[derive(Debug, Clone)]
pub struct Microstructure {
    /// Labels and voxel size.
    pub volume: Volume,
    /// Its phases, by ascending label.
    pub phases: Vec<PhaseRecord>,
    /// What came out besides fractions, a sentence each.
    pub facts: Vec<String>,
    /// What could not be done as asked, a sentence each.
    pub notes: Vec<String>,
}

impl Microstructure {
    /// The fraction of the volume that each phase has.
    pub fn reached(&self) -> Vec<f64> {
        let counts = self.volume.counts();
        let voxels: usize = counts.iter().sum();
        counts
            .iter()
            .map(|&n| n as f64 / voxels.max(1) as f64)
            .collect()
    }
}

/// Something that builds a microstructure.
pub trait Recipe {
    /// The structure of a seed.
    ///
    /// # Errors
    /// Fractions that do not add up, particles that do not fit or cannot be packed so densely.
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError>;
}

/// Labels `0..n` in place of places in the list.
fn assemble(
    grid: &Grid,
    labels: Vec<u8>,
    phases: &[(&'static str, Option<&str>, Option<f64>)],
    Remarks { facts, notes }: Remarks,
) -> Result<Microstructure, GenerateError> {
    let phases: Vec<PhaseRecord> = (0u8..)
        .zip(phases)
        .map(|(label, &(name, material, target))| PhaseRecord {
            label,
            name,
            material: material.map(str::to_owned),
            target,
        })
        .collect();
    let [z, y, x] = grid.shape;
    let codes = Array3::from_shape_vec((z, y, x), labels)
        .map_err(|_| GenerateError::Shape { shape: grid.shape })?;
    let values = phases.iter().map(|phase| i64::from(phase.label)).collect();
    Ok(Microstructure {
        volume: Volume::from_codes(codes, values).with_spacing([grid.voxel; 3]),
        phases,
        facts,
        notes,
    })
}

/// What is to be said about a structure.
#[derive(Debug, Default)]
struct Remarks {
    facts: Vec<String>,
    notes: Vec<String>,
}

/// "1234 particles, 480 to 1950 nm across, mean 1060 nm"; radii in voxels.
fn particles(what: &str, radii: &[f64], grid: &Grid) -> String {
    let across = |radius: f64| nanometres(2.0 * radius * grid.voxel);
    let smallest = radii.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = radii.iter().copied().fold(0.0, f64::max);
    let mean = radii.iter().sum::<f64>() / radii.len().max(1) as f64;
    format!(
        "{} {what}, {} to {} across, mean {}",
        radii.len(),
        across(smallest),
        across(largest),
        across(mean)
    )
}

/// Voxels across a particle below which it is no sphere any more.
const FEWEST_ACROSS: f64 = 3.0;

/// A length as people write it.
fn nanometres(metres: f64) -> String {
    format!("{} nm", (metres * 1e10).round() / 10.0)
}

/// The note on a layer that the voxels are too coarse for.
fn too_thin(what: &str, thickness: f64, voxel: f64, consequence: &str) -> String {
    format!(
        "{what} of {} is thinner than a voxel of {}, so {consequence}; it needs voxels of {} or less",
        nanometres(thickness),
        nanometres(voxel),
        nanometres(thickness)
    )
}
