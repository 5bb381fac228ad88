//! Upright sheets between the cells of a Voronoi diagram: its sites lie on a jittered grid in the plane and wander with
//! height, so that sheets tilt; some edges stay open, and each sheet has a height of its own.
//!
//! A voxel belongs to a sheet where the plane between its nearest site and another passes within half the thickness, or,
//! for thin ones, within half the 1-norm of the plane's normal: that makes a digital plane without holes (Andres, Acharya,
//! Sibata, Graph. Models Image Process. 59, 302, 1997).

use super::{
    grid::{Ends, Grid, count, whole},
    random::{Random, Stream, of_pair},
};

/// A sheet's normal, by the axis it is nearer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facing {
    Y,
    X,
}

/// What sheets look like, in voxels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// Mean distance of sites.
    pub(super) spacing: f64,
    pub(super) thickness: f64,
    /// Of the highest sheets.
    pub(super) height: f64,
    /// Part of the height by which sheets differ.
    pub(super) roughness: f64,
    /// Part of the edges without a sheet.
    pub(super) open: f64,
    /// How far sites leave the middle of their cell, as a part of its width.
    pub(super) disorder: f64,
    /// Tangent of the typical tilt.
    pub(super) tilt: f64,
}

/// Sites and how they wander.
pub(super) struct Forest {
    look: Look,
    seed: u64,
    ends: Ends,
    /// Where the grid of sites begins, so that nothing tells the sides of the box.
    shift: [f64; 2],
    sides: [f64; 2],
    /// Sites along (y, x).
    cells: [usize; 2],
    /// Place at the bottom and way per height.
    sites: Vec<([f64; 2], [f64; 2])>,
}

/// A site near a voxel.
#[derive(Clone, Copy)]
struct Near {
    id: u32,
    /// From the site to the voxel.
    offset: [f64; 2],
    way: [f64; 2],
    square: f64,
}

impl Forest {
    pub(super) fn new(look: Look, grid: &Grid, seed: u64) -> Self {
        let [_, y, x] = grid.sides();
        let cells = [y, x].map(|side| count(side / look.spacing).max(2));
        let pitch = [y / cells[0] as f64, x / cells[1] as f64];
        let mut random = Random::new(seed, Stream::Sheets);
        let shift = match grid.ends {
            Ends::Periodic => [y * random.unit(), x * random.unit()],
            Ends::Walled => [0.0; 2],
        };
        // No site wanders more than half a spacing, so that the nearest one is found in the cells around.
        let furthest = 0.5 * look.spacing / look.height.max(1.0);
        let sites = (0..cells[0] * cells[1])
            .map(|i| {
                let jitter =
                    [random.unit(), random.unit()].map(|u| 0.5 + look.disorder * (u - 0.5));
                let place = [
                    (i / cells[1]) as f64 + jitter[0],
                    (i % cells[1]) as f64 + jitter[1],
                ];
                let way =
                    [(); 2].map(|()| (look.tilt * random.normal(2.0)).clamp(-furthest, furthest));
                ([place[0] * pitch[0], place[1] * pitch[1]], way)
            })
            .collect();
        Self {
            look,
            seed,
            shift,
            ends: grid.ends,
            sides: [y, x],
            cells,
            sites,
        }
    }

    /// The sheet at the centre of a voxel `height` above the bottom, if there is one.
    pub(super) fn sheet(&self, height: f64, place: [f64; 2]) -> Option<Facing> {
        let place = std::array::from_fn(|i| (place[i] + self.shift[i]) % self.sides[i]);
        let near = self.near(height, place);
        let nearest = near
            .iter()
            .copied()
            .min_by(|a, b| a.square.total_cmp(&b.square))?;
        let walls = near.iter().filter(|other| other.square > nearest.square);
        walls
            .into_iter()
            .find_map(|other| self.wall(height, nearest, *other))
    }

    /// The sites of the cells around a place.
    fn near(&self, height: f64, place: [f64; 2]) -> Vec<Near> {
        let home: [i64; 2] =
            std::array::from_fn(|i| whole(place[i] / self.sides[i] * self.cells[i] as f64));
        let mut near = Vec::with_capacity(25);
        for dy in -2..=2 {
            for dx in -2..=2 {
                let cell = [home[0] + dy, home[1] + dx];
                let inside =
                    (0..2).all(|i| (0..self.cells[i] as i128).contains(&i128::from(cell[i])));
                if self.ends == Ends::Walled && !inside {
                    continue;
                }
                let wrapped = [0, 1].map(|i| super::grid::wrapped(cell[i], self.cells[i]));
                let id = wrapped[0] * self.cells[1] + wrapped[1];
                let (site, way) = self.sites[id];
                let offset = std::array::from_fn(|i| {
                    let rounds = (cell[i] as f64 - wrapped[i] as f64) / self.cells[i] as f64;
                    place[i] - site[i] - way[i] * height - rounds * self.sides[i]
                });
                let square = offset[0] * offset[0] + offset[1] * offset[1];
                near.push(Near {
                    id: u32::try_from(id).unwrap_or(u32::MAX),
                    offset,
                    way,
                    square,
                });
            }
        }
        near
    }

    /// The sheet between the nearest site and another, if it passes here.
    fn wall(&self, height: f64, a: Near, b: Near) -> Option<Facing> {
        let between = [a.offset[0] - b.offset[0], a.offset[1] - b.offset[1]];
        let apart = (between[0] * between[0] + between[1] * between[1]).sqrt();
        let distance = (b.square - a.square) / (2.0 * apart);
        let normal = between.map(|x| (x / apart).abs());
        let along = |near: &Near| near.way[0] * near.offset[0] + near.way[1] * near.offset[1];
        let lean = (along(&a) - along(&b)).abs() / apart;
        let half = (self.look.thickness / 2.0).max((normal[0] + normal[1] + lean) / 2.0);
        if distance >= half {
            return None;
        }
        let [closed, short] = of_pair(self.seed, a.id, b.id);
        let stands = closed >= self.look.open
            && height < self.look.height * (1.0 - self.look.roughness * short);
        stands.then_some(if normal[0] > normal[1] {
            Facing::Y
        } else {
            Facing::X
        })
    }
}
