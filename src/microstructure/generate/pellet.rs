//! A pressed pellet of coated particles: the hard cores move together to the density that the bare powder reaches at the
//! pressure (Heckel), and the soft coating, its volume conserved, flows into the nearest voids: voids are filled in the
//! order of their distance from the cores, so narrow gaps and contacts first, the centres of the large ones last.
//!
//! Where core and coating together would leave less than the residual porosity, the cores stay further apart, evenly: what
//! does not fit cannot be pressed out. Contacts of cores are flattened, and what overlaps there goes to the free surfaces: the volume
//! of the cores is exact.

use super::{
    GenerateError, Grid, Microstructure, Recipe, Remarks, assemble, distance,
    grid::count,
    heckel::Heckel,
    packing::{Softness, Sphere, density, pack},
    particles,
    sizes::{Radii, Sizes},
    spheres::{fill, moved},
    too_thin,
};

/// Labels: 0 pore, 1 particle, 2 coating.
#[derive(Debug, Clone, PartialEq)]
pub struct Pellet {
    /// Diameters of the particles without coating.
    pub particles: Sizes,
    /// Thickness of the coating before pressing, m; 0 is bare.
    pub coating: f64,
    /// Pressure, Pa.
    pub pressure: f64,
    /// How the bare powder densifies.
    pub heckel: Heckel,
    /// Porosity that no coating fills.
    pub residual_porosity: f64,
    /// Materials of particles and coating.
    pub materials: [String; 2],
}

/// Contacts are flattened by this part of the radius at most.
const FLATTENED: Softness = Softness(0.15);

impl Pellet {
    /// Radii at the fraction of the volume that cores take, and that fraction.
    fn cores(&self, grid: &Grid, seed: u64) -> Result<(Radii, f64), GenerateError> {
        let pressed = self.heckel.density(self.pressure);
        let mut sizes = self.particles.radii(pressed, grid, self.coating, seed)?;
        let mut fraction = pressed;
        // The ratio of coating to core hardly depends on how many particles there are: three rounds settle it.
        for _ in 0..3 {
            let full = (1.0 - self.residual_porosity) / (1.0 + self.ratio(&sizes.radii, grid));
            fraction = if self.coating > 0.0 {
                pressed.min(full)
            } else {
                pressed
            };
            sizes = self.particles.radii(fraction, grid, self.coating, seed)?;
        }
        Ok((sizes, fraction))
    }

    /// Volume of the coating over that of the cores.
    fn ratio(&self, radii: &[f64], grid: &Grid) -> f64 {
        let coated: Vec<f64> = radii
            .iter()
            .map(|radius| radius + grid.in_voxels(self.coating))
            .collect();
        density(&coated, grid) / density(radii, grid) - 1.0
    }

    /// Cores that are held apart by what does not fit between them: packed as if each were larger by so much, the same for
    /// all, that together they have the density of the bare pellet.
    fn packed(&self, radii: &[f64], grid: &Grid, seed: u64) -> Result<Vec<Sphere>, GenerateError> {
        let pressed = self.heckel.density(self.pressure);
        let grown = |by: f64| radii.iter().map(|radius| radius + by).collect::<Vec<f64>>();
        let (mut low, mut high) = (0.0, radii.iter().copied().fold(0.0, f64::max));
        for _ in 0..50 {
            let middle = (low + high) / 2.0;
            if density(&grown(middle), grid) < pressed {
                low = middle;
            } else {
                high = middle;
            }
        }
        let packed = pack(&grown(low), grid, seed, FLATTENED)?;
        Ok(packed
            .iter()
            .zip(radii)
            .map(|(sphere, &radius)| Sphere { radius, ..*sphere })
            .collect())
    }

    fn check(&self) -> Result<(), GenerateError> {
        self.particles.check()?;
        GenerateError::check("the coating", self.coating, (0.0, 1.0), "zero or positive")?;
        GenerateError::check(
            "the pressure",
            self.pressure,
            (0.0, 1e11),
            "from 0 to 100 GPa",
        )?;
        GenerateError::check(
            "the loose density",
            self.heckel.loose_density,
            (0.3, 0.9),
            "from 0.3 to 0.9",
        )?;
        GenerateError::check(
            "the yield pressure",
            self.heckel.yield_pressure,
            (1.0, 1e12),
            "above 0",
        )?;
        GenerateError::check(
            "the residual porosity",
            self.residual_porosity,
            (0.0, 0.5),
            "from 0 to 0.5",
        )
    }
}

impl Recipe for Pellet {
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError> {
        self.check()?;
        let (sizes, core) = self.cores(grid, seed)?;
        let soft = (core * self.ratio(&sizes.radii, grid)).min(1.0 - core);
        let packed = self.packed(&sizes.radii, grid, seed)?;
        let mean = sizes.radii.iter().sum::<f64>() / sizes.radii.len() as f64;
        let distances = distance::surfaces(&packed, grid, 2.0 * mean).nearest;
        let mut labels = vec![0; grid.voxels()];
        let wanted = count(core * grid.volume());
        let surface = fill(&mut labels, &distances, wanted, 1);
        let both = count((core + soft) * grid.volume());
        fill(&mut labels, &distances, both - wanted, 2);
        let mut notes = sizes.notes;
        notes.extend(moved("the particles", surface, grid));
        notes.extend(self.notes(core, grid));
        let [particle, coating] = self.materials.each_ref().map(|name| Some(name.as_str()));
        let phases = [
            ("pore", None, Some(1.0 - core - soft)),
            ("particle", particle, Some(core)),
            ("coating", coating, Some(soft)),
        ];
        let facts = vec![
            particles("particles", &sizes.radii, grid),
            self.heckel_in_words(),
        ];
        assemble(grid, labels, &phases, Remarks { facts, notes })
    }
}

impl Pellet {
    fn heckel_in_words(&self) -> String {
        format!(
            "Heckel for the bare powder: loose density {:.4}, mean yield pressure {:.1} MPa, so {:.4} at {:.1} MPa",
            self.heckel.loose_density,
            self.heckel.yield_pressure / 1e6,
            self.heckel.density(self.pressure),
            self.pressure / 1e6
        )
    }

    fn notes(&self, core: f64, grid: &Grid) -> Vec<String> {
        let mut notes = Vec::new();
        let pressed = self.heckel.density(self.pressure);
        if core < pressed {
            notes.push(format!(
                "the coating does not fit the voids of the bare pellet: the particles stay apart, at {core:.4} of the volume \
                 instead of {pressed:.4}"
            ));
        }
        if self.coating > 0.0 && self.coating < grid.voxel {
            let consequence = "its volume is right, but not its shape";
            notes.push(too_thin(
                "the coating",
                self.coating,
                grid.voxel,
                consequence,
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::{super::packing::volume, *};

    #[test]
    fn the_coating_of_one_size_has_the_volume_of_its_shells() {
        let grid = Grid {
            shape: [64; 3],
            voxel: 10e-9,
            ends: super::super::Ends::Periodic,
        };
        let pellet = Pellet {
            particles: Sizes::LogNormal {
                median: 100e-9,
                spread: 0.0,
            },
            coating: 10e-9,
            pressure: 0.0,
            heckel: Heckel {
                loose_density: 0.5,
                yield_pressure: 1e9,
            },
            residual_porosity: 0.1,
            materials: [String::new(), String::new()],
        };
        let ratio = pellet.ratio(&[5.0, 5.0], &grid);
        assert!(
            (ratio - (volume(6.0) / volume(5.0) - 1.0)).abs() < 1e-12,
            "{ratio}"
        );
    }
}
