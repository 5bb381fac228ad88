//! Pairs of spheres that are near each other, by linked cells (Hockney, Eastwood 1981). The box may be periodic, which
//! the trees of the crates at hand are not. Cost: linear in the spheres, as long as their sizes do not differ much.

use super::{
    grid::{Ends, Grid, count},
    packing::Sphere,
};

/// All pairs whose surfaces are closer than `skin`, each once, in a fixed order.
pub(super) fn pairs(spheres: &[Sphere], grid: &Grid, skin: f64) -> Vec<(u32, u32)> {
    let largest = spheres
        .iter()
        .map(|sphere| sphere.radius)
        .fold(0.0, f64::max);
    let cells = Cells::new(spheres, grid, 2.0 * largest + skin);
    let mut pairs = Vec::new();
    for (a, sphere) in (0u32..).zip(spheres) {
        for b in cells.near(sphere.centre) {
            let other = &spheres[b as usize];
            let reach = sphere.radius + other.radius + skin;
            let apart = grid.between(sphere.centre, other.centre);
            let square: f64 = apart.iter().map(|x| x * x).sum();
            if b > a && square < reach * reach {
                pairs.push((a, b));
            }
        }
    }
    pairs
}

/// Spheres sorted into cells no smaller than their reach.
pub(super) struct Cells {
    shape: [usize; 3],
    sides: [f64; 3],
    ends: Ends,
    /// First member of each cell, and the end.
    first: Vec<u32>,
    members: Vec<u32>,
}

impl Cells {
    pub(super) fn new(spheres: &[Sphere], grid: &Grid, reach: f64) -> Self {
        let sides = grid.sides();
        let shape = sides.map(|side| count((side / reach).floor()).clamp(1, 256));
        let mut cells = Self {
            shape,
            sides,
            ends: grid.ends,
            first: vec![0; shape.iter().product::<usize>() + 1],
            members: vec![0; spheres.len()],
        };
        let homes: Vec<usize> = spheres
            .iter()
            .map(|sphere| cells.home(sphere.centre))
            .collect();
        homes.iter().for_each(|&home| cells.first[home + 1] += 1);
        for cell in 1..cells.first.len() {
            cells.first[cell] += cells.first[cell - 1];
        }
        let mut next = cells.first.clone();
        for (sphere, &home) in (0u32..).zip(&homes) {
            cells.members[next[home] as usize] = sphere;
            next[home] += 1;
        }
        cells
    }

    fn place(&self, centre: [f64; 3]) -> [usize; 3] {
        std::array::from_fn(|axis| {
            let n = self.shape[axis];
            count((centre[axis] / self.sides[axis] * n as f64).floor()).min(n - 1)
        })
    }

    fn home(&self, centre: [f64; 3]) -> usize {
        let [z, y, x] = self.place(centre);
        (z * self.shape[1] + y) * self.shape[2] + x
    }

    /// The members of the cell of a point and of the cells around it.
    pub(super) fn near(&self, centre: [f64; 3]) -> impl Iterator<Item = u32> {
        let place = self.place(centre);
        let around = |axis: usize| around(place[axis], self.shape[axis], self.ends);
        let [zs, ys, xs] = [0, 1, 2].map(around);
        let rows = zs
            .into_iter()
            .flat_map(move |z| ys.clone().into_iter().map(move |y| (z, y)));
        let cells = rows.flat_map(move |(z, y)| xs.clone().into_iter().map(move |x| (z, y, x)));
        cells.flat_map(move |(z, y, x)| {
            let cell = (z * self.shape[1] + y) * self.shape[2] + x;
            self.members[self.first[cell] as usize..self.first[cell + 1] as usize]
                .iter()
                .copied()
        })
    }
}

/// A cell of a row and those beside it, each once.
fn around(cell: usize, n: usize, ends: Ends) -> Vec<usize> {
    let mut cells: Vec<usize> = match ends {
        Ends::Periodic => [cell + n - 1, cell, cell + 1].map(|i| i % n).to_vec(),
        Ends::Walled => (cell.saturating_sub(1)..(cell + 2).min(n)).collect(),
    };
    cells.sort_unstable();
    cells.dedup();
    cells
}
