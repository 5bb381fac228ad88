//! A composite cathode: active particles are packed first; carbon (dots, fibres or sheets, at random) takes what it covers
//! of the space between them; of the rest, smooth noise decides what is electrolyte and what is pore. Every fraction is
//! exact to the voxel. Carbon does not enter particles: where a fibre meets one, it is cut off.

use super::{
    GenerateError, Grid, Microstructure, Recipe, Remarks, assemble, distance,
    grid::count,
    nanometres, noise,
    objects::{Solid, THINNEST, scatter},
    packing::{HARD, pack},
    particles,
    random::{Random, Stream},
    sizes::Sizes,
    spheres::{fill, moved},
};

/// What particles of carbon look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CarbonShape {
    /// Carbon black: round.
    #[default]
    Black,
    /// Fibres: the aspect ratio is length over diameter.
    Fibres,
    /// Sheets: the aspect ratio is diameter over thickness.
    Sheets,
}

/// How fibres and sheets lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Orientation {
    /// All directions alike.
    #[default]
    Random,
    /// Along z: fibres parallel to it, sheets contain it.
    Upright,
    /// In the plane of x and y.
    Flat,
}

/// The particles of carbon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carbon {
    /// Round, long or flat.
    pub shape: CarbonShape,
    /// The shortest extent, m: diameter of dots and fibres, thickness of sheets.
    pub thickness: f64,
    /// The longest extent over the shortest.
    pub aspect_ratio: f64,
    /// How they lie.
    pub orientation: Orientation,
}

/// Labels: 0 pore, 1 active, 2 electrolyte, 3 carbon.
#[derive(Debug, Clone, PartialEq)]
pub struct Composite {
    /// Diameters of the active particles.
    pub active: Sizes,
    /// Fractions of the volume: pores, active, electrolyte, carbon.
    pub fractions: [f64; 4],
    /// The carbon.
    pub carbon: Carbon,
    /// Width of pores, m.
    pub pore_size: f64,
    /// Materials of active particles, electrolyte and carbon.
    pub materials: [String; 3],
}

impl Recipe for Composite {
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError> {
        self.check(grid)?;
        let [_, active, electrolyte, carbon] = self.fractions;
        let voxels = |fraction: f64| count(fraction * grid.volume());
        let mut labels = vec![0; grid.voxels()];
        let (mut facts, mut notes) = (Vec::new(), Vec::new());
        if active > 0.0 {
            let sizes = self.active.radii(active, grid, 0.0, seed)?;
            let packed = pack(&sizes.radii, grid, seed, HARD)?;
            facts.push(particles("active particles", &sizes.radii, grid));
            let distances = distance::surfaces(&packed, grid, 3.0).nearest;
            let surface = fill(&mut labels, &distances, voxels(active), 1);
            notes.extend(sizes.notes);
            notes.extend(moved("the active particles", surface, grid));
        }
        let mut random = Random::new(seed, Stream::Carbon);
        let mut draw = || {
            let solid = self.carbon.solid(grid, &mut random);
            (random.point(grid.sides()), solid)
        };
        let solids = scatter(&mut labels, grid, (3, voxels(carbon)), &mut draw)?;
        facts.push(format!("{solids} particles of carbon"));
        let noise = noise::smooth(grid, grid.in_voxels(self.pore_size), seed);
        let free = labels.iter().filter(|&&label| label == 0).count();
        fill(&mut labels, &noise, voxels(electrolyte).min(free), 2);
        notes.extend(self.carbon.note(grid).filter(|_| carbon > 0.0));
        let [a, e, c] = self.materials.each_ref().map(|name| Some(name.as_str()));
        let [pores, ..] = self.fractions;
        let phases = [
            ("pore", None, Some(pores)),
            ("active", a, Some(active)),
            ("electrolyte", e, Some(electrolyte)),
            ("carbon", c, Some(carbon)),
        ];
        assemble(grid, labels, &phases, Remarks { facts, notes })
    }
}

impl Composite {
    fn check(&self, grid: &Grid) -> Result<(), GenerateError> {
        self.active.check()?;
        for fraction in self.fractions {
            GenerateError::check("a fraction", fraction, (0.0, 1.0), "from 0 to 1")?;
        }
        let sum: f64 = self.fractions.iter().sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(GenerateError::Fractions {
                what: "pores, active particles, electrolyte and carbon",
                sum,
            });
        }
        let carbon = self.fractions[3];
        GenerateError::check("the carbon fraction", carbon, (0.0, 0.5), "at most 0.5")?;
        GenerateError::check("the pore size", self.pore_size, (1e-12, 1.0), "above 0")?;
        self.carbon.check(grid)
    }
}

impl Carbon {
    fn check(&self, grid: &Grid) -> Result<(), GenerateError> {
        GenerateError::check(
            "the thickness of carbon",
            self.thickness,
            (1e-12, 1.0),
            "above 0",
        )?;
        GenerateError::check(
            "the aspect ratio",
            self.aspect_ratio,
            (1.0, 1e6),
            "1 or more",
        )?;
        let room = grid.sides().into_iter().fold(f64::INFINITY, f64::min) * grid.voxel;
        let diameter = self.longest();
        if diameter > room / 2.0 {
            return Err(GenerateError::TooLarge { diameter, room });
        }
        Ok(())
    }

    fn longest(&self) -> f64 {
        match self.shape {
            CarbonShape::Black => self.thickness,
            _ => self.thickness * self.aspect_ratio,
        }
    }

    fn note(&self, grid: &Grid) -> Option<String> {
        let thin =
            self.shape != CarbonShape::Black && grid.in_voxels(self.thickness) / 2.0 < THINNEST;
        thin.then(|| {
            format!(
                "carbon of {} is drawn {} thick to hang together, with fewer particles for the same volume; its own \
                 thickness needs voxels of {} or less",
                nanometres(self.thickness),
                nanometres(2.0 * THINNEST * grid.voxel),
                nanometres(self.thickness / (2.0 * THINNEST))
            )
        })
    }

    /// A particle, in voxels.
    fn solid(&self, grid: &Grid, random: &mut Random) -> Solid {
        let half = grid.in_voxels(self.thickness) / 2.0;
        let long = grid.in_voxels(self.longest()) / 2.0;
        match self.shape {
            CarbonShape::Black => Solid::Capsule {
                direction: [1.0, 0.0, 0.0],
                half_length: 0.0,
                radius: half.max(0.5),
            },
            CarbonShape::Fibres => Solid::Capsule {
                direction: self.direction(random),
                half_length: (long - half).max(0.0),
                radius: half.max(THINNEST),
            },
            CarbonShape::Sheets => Solid::Disc {
                normal: self.direction(random),
                radius: long,
                half_thickness: half.max(THINNEST),
            },
        }
    }

    /// Of a fibre, or across a sheet.
    fn direction(&self, random: &mut Random) -> [f64; 3] {
        let any = random.direction();
        let along_z = [1.0, 0.0, 0.0];
        let flat = {
            let length = (any[1] * any[1] + any[2] * any[2]).sqrt().max(1e-12);
            [0.0, any[1] / length, any[2] / length]
        };
        match (self.orientation, self.shape) {
            (Orientation::Random, _) => any,
            (Orientation::Upright, CarbonShape::Sheets)
            | (Orientation::Flat, CarbonShape::Fibres) => flat,
            (Orientation::Upright | Orientation::Flat, _) => along_z,
        }
    }
}
