//! Vertical graphene nanosheets on a current collector, covered conformally and filled with Li2S, under LiPON.
//!
//! From the bottom (z = 0): the collector; sheets standing on it, all connected to it (what floats is taken away); Li2S
//! wherever sheets or collector are no further than the coating is thick, and voids where they are further; on top LiPON,
//! which follows the surface of the film. The sides are periodic or walled, bottom and top are what they are. Sheets have two labels, by the axis
//! that is nearer to their normal, so that a direction can be given to their conductivity.

use super::{
    GenerateError, Grid, Microstructure, Recipe, Remarks, assemble, distance,
    grid::{Ends, count, single},
    nanometres,
    sheets::{Facing, Forest, Look},
    too_thin,
};
use rayon::prelude::*;

/// Labels: 0 void, 1 sheet with its normal near x, 2 near y, 3 filling, 4 electrolyte, 5 collector.
#[derive(Debug, Clone, PartialEq)]
pub struct VerticalGraphene {
    /// Thickness of the collector that is shown, m.
    pub collector: f64,
    /// Height of the highest sheets, m.
    pub height: f64,
    /// Part of the height by which sheets differ.
    pub roughness: f64,
    /// Mean distance of sheets, m.
    pub spacing: f64,
    /// Thickness of a sheet, m.
    pub sheet_thickness: f64,
    /// Part of the places for sheets that stay open.
    pub open: f64,
    /// Disorder of the sheets in the plane: 0 is a square lattice along the grid axes.
    pub disorder: f64,
    /// Typical tilt from the upright, degrees.
    pub tilt: f64,
    /// Thickness of the conformal filling, m.
    pub coating: f64,
    /// Materials of sheets, filling, electrolyte and collector.
    pub materials: [String; 4],
}

/// Voxels between sheets that can be told from each other.
const CLOSEST: f64 = 3.0;

const SHEETS: [u8; 2] = [1, 2];
const FILLING: u8 = 3;
const ELECTROLYTE: u8 = 4;
const COLLECTOR: u8 = 5;

/// Planes along z at which collector and film end.
struct Layers {
    collector: usize,
    film: usize,
}

impl Recipe for VerticalGraphene {
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError> {
        self.check()?;
        let layers = self.layers(grid)?;
        let mut labels = self.sheets(grid, &layers, seed);
        let floating = take_floating(&mut labels, grid);
        self.cover(&mut labels, grid, &layers);
        let collected = layers.collector as f64 / grid.shape[0] as f64;
        let [sheets, filling, electrolyte, collector] =
            self.materials.each_ref().map(|name| Some(name.as_str()));
        let phases = [
            ("void", None, None),
            ("sheet-normal-x", sheets, None),
            ("sheet-normal-y", sheets, None),
            ("filling", filling, None),
            ("electrolyte", electrolyte, None),
            ("collector", collector, Some(collected)),
        ];
        let remarks = Remarks {
            facts: Vec::new(),
            notes: self.notes(grid, floating),
        };
        assemble(grid, labels, &phases, remarks)
    }
}

impl VerticalGraphene {
    fn check(&self) -> Result<(), GenerateError> {
        for (parameter, length) in [
            ("the thickness of the collector", self.collector),
            ("the height of sheets", self.height),
            ("the spacing of sheets", self.spacing),
            ("the thickness of sheets", self.sheet_thickness),
            ("the coating", self.coating),
        ] {
            GenerateError::check(parameter, length, (1e-12, 1.0), "above 0")?;
        }
        GenerateError::check("the roughness", self.roughness, (0.0, 0.9), "from 0 to 0.9")?;
        GenerateError::check("the open part", self.open, (0.0, 0.9), "from 0 to 0.9")?;
        GenerateError::check("the disorder", self.disorder, (0.0, 1.0), "from 0 to 1")?;
        GenerateError::check("the tilt", self.tilt, (0.0, 20.0), "from 0 to 20 degrees")
    }

    fn layers(&self, grid: &Grid) -> Result<Layers, GenerateError> {
        let planes = |length: f64| count(grid.in_voxels(length)).max(1);
        let collector = planes(self.collector);
        let film = collector + planes(self.height) + planes(self.coating);
        let found = grid.shape[0];
        if film >= found {
            return Err(GenerateError::TooHigh {
                needed: film + 1,
                found,
            });
        }
        Ok(Layers { collector, film })
    }

    fn sheets(&self, grid: &Grid, layers: &Layers, seed: u64) -> Vec<u8> {
        let look = Look {
            spacing: grid.in_voxels(self.spacing).max(CLOSEST),
            thickness: grid.in_voxels(self.sheet_thickness),
            height: grid.in_voxels(self.height),
            roughness: self.roughness,
            open: self.open,
            disorder: self.disorder,
            tilt: libm::tan(self.tilt.to_radians()),
        };
        let forest = Forest::new(look, grid, seed);
        let [_, ny, nx] = grid.shape;
        let mut labels = vec![0; grid.voxels()];
        labels
            .par_chunks_mut(nx)
            .enumerate()
            .for_each(|(row, labels)| {
                let (z, y) = (row / ny, row % ny);
                if z < layers.collector {
                    labels.fill(COLLECTOR);
                } else if z < layers.film {
                    let height = (z - layers.collector) as f64 + 0.5;
                    for (x, label) in labels.iter_mut().enumerate() {
                        let sheet = forest.sheet(height, [y as f64 + 0.5, x as f64 + 0.5]);
                        *label = match sheet {
                            Some(Facing::X) => SHEETS[0],
                            Some(Facing::Y) => SHEETS[1],
                            None => 0,
                        };
                    }
                }
            });
        labels
    }

    /// Fills around sheets and collector, and puts the electrolyte on top.
    fn cover(&self, labels: &mut [u8], grid: &Grid, layers: &Layers) {
        let [nz, ny, nx] = grid.shape;
        let film = layers.film * ny * nx;
        let inside: Vec<bool> = labels[..film].iter().map(|&label| label != 0).collect();
        let wraps = [Ends::Walled, grid.ends, grid.ends];
        let distances = distance::to_voxels(&inside, [layers.film, ny, nx], wraps);
        // From the centre of a voxel of a sheet; its surface is half a voxel further.
        let thickness = single(grid.in_voxels(self.coating) + 0.5);
        for (label, distance) in labels.iter_mut().zip(distances) {
            if *label == 0 && distance <= thickness {
                *label = FILLING;
            }
        }
        labels[film..nz * ny * nx].fill(ELECTROLYTE);
        self.settle(labels, grid, layers);
    }

    /// Brings the electrolyte down onto the film: straight from above, no deeper than the lowest sheets are high. What lies
    /// below an overhang, and narrow pits further down, stay voids.
    fn settle(&self, labels: &mut [u8], grid: &Grid, layers: &Layers) {
        let plane = grid.shape[1] * grid.shape[2];
        let lowest = count(grid.in_voxels(self.height * (1.0 - self.roughness)));
        for column in 0..plane {
            for z in (layers.collector + lowest..layers.film).rev() {
                match &mut labels[z * plane + column] {
                    label @ 0 => *label = ELECTROLYTE,
                    _ => break,
                }
            }
        }
    }

    fn notes(&self, grid: &Grid, floating: usize) -> Vec<String> {
        let mut notes = Vec::new();
        if self.sheet_thickness < grid.voxel {
            let consequence = "they are drawn one voxel thick";
            notes.push(too_thin(
                "sheets",
                self.sheet_thickness,
                grid.voxel,
                consequence,
            ));
        }
        if self.coating < grid.voxel {
            let consequence = "it may have holes";
            notes.push(too_thin(
                "the coating",
                self.coating,
                grid.voxel,
                consequence,
            ));
        }
        let closest = CLOSEST * grid.voxel;
        if self.spacing < closest {
            notes.push(format!(
                "sheets are {} apart instead of {}, because voxels cannot show less; take voxels of {} or less",
                nanometres(closest),
                nanometres(self.spacing),
                nanometres(self.spacing / CLOSEST)
            ));
        }
        if floating > 0 {
            notes.push(format!(
                "{floating} voxel(s) of sheets hung on nothing and were left out"
            ));
        }
        notes
    }
}

/// Clears sheets that no path through sheets joins to the collector; how many voxels.
fn take_floating(labels: &mut [u8], grid: &Grid) -> usize {
    let mut reached = vec![false; labels.len()];
    let mut front: Vec<usize> = (0..labels.len())
        .filter(|&i| labels[i] == COLLECTOR)
        .collect();
    front.iter().for_each(|&i| reached[i] = true);
    while let Some(i) = front.pop() {
        for j in beside(i, grid) {
            if SHEETS.contains(&labels[j]) && !reached[j] {
                reached[j] = true;
                front.push(j);
            }
        }
    }
    let mut taken = 0;
    for (label, reached) in labels.iter_mut().zip(reached) {
        if SHEETS.contains(label) && !reached {
            *label = 0;
            taken += 1;
        }
    }
    taken
}

/// The neighbours of a voxel through faces; bottom and top are ends, the sides what the grid says.
fn beside(voxel: usize, grid: &Grid) -> impl Iterator<Item = usize> {
    let [nz, ny, nx] = grid.shape;
    let wraps = grid.ends == Ends::Periodic;
    let step = move |n: usize, stride: usize, wraps: bool| {
        let place = voxel / stride % n;
        let rest = voxel - place * stride;
        let down = match place {
            0 => wraps.then_some(n - 1),
            _ => Some(place - 1),
        };
        let up = match place + 1 {
            last if last == n => wraps.then_some(0),
            next => Some(next),
        };
        [down, up].map(|place| place.map(|place| rest + place * stride))
    };
    let steps = [
        step(nz, ny * nx, false),
        step(ny, nx, wraps),
        step(nx, 1, wraps),
    ];
    steps.into_iter().flatten().flatten()
}
