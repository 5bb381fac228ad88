//! Does anything hold the cell together? Elements that share a node are joined; a cluster crosses the cell along an axis if
//! walking through it leads from a voxel to its own periodic image.
//!
//! Voxels are joined in a forest whose branches remember how often the way to the root crosses each end of the cell; a join that
//! closes a loop with another count than zero winds round the cell. Three bytes and an index per voxel, one pass.

use super::{
    error::ElasticityError,
    hold::{Held, Hold},
    medium::Medium,
};

/// Names of the components in Voigt order.
pub(super) const COMPONENTS: [&str; 6] = ["xx", "yy", "zz", "yz", "xz", "xy"];
/// The axes (0 is x) along which a component strains the cell.
const AXES: [[usize; 2]; 6] = [[0, 0], [1, 1], [2, 2], [1, 2], [0, 2], [0, 1]];
const NAMES: [&str; 3] = ["x", "y", "z"];

/// Components whose mean strain nothing resists and that were set to 0.
pub(super) type Loose = [bool; 6];

/// Prescribes a strain of 0 instead of a stress of 0 where nothing crosses the cell.
pub(super) fn settle(medium: &Medium, hold: Hold) -> Result<(Hold, Loose), ElasticityError> {
    let mut loose = [false; 6];
    if hold.free() == loose || !medium.porous() {
        return Ok((hold, loose));
    }
    let crossed = crossed(medium);
    let mut held = hold.0;
    for (i, held) in held.iter_mut().enumerate() {
        let open = AXES[i].into_iter().find(|&axis| !crossed[axis]);
        let (Held::Stress(stress), Some(axis)) = (*held, open) else {
            continue;
        };
        if stress != 0.0 {
            let (component, axis) = (COMPONENTS[i], NAMES[axis]);
            return Err(ElasticityError::NothingHolds {
                component,
                stress,
                axis,
            });
        }
        (*held, loose[i]) = (Held::Strain(0.0), true);
    }
    Ok((Hold(held), loose))
}

/// Whether a solid crosses the cell along x, y and z.
fn crossed(medium: &Medium) -> [bool; 3] {
    let [nz, ny, nx] = medium.shape;
    let solid = |voxel: usize| medium.lame[usize::from(medium.codes[voxel])][1] > 0.0;
    let mut forest = Forest::new(medium.voxels());
    let mut crossed = [false; 3];
    let step = |place: usize, offset: usize, size: usize| match place + offset {
        0 => (size - 1, -1),
        next if next > size => (0, 1),
        next => (next - 1, 0),
    };
    for voxel in (0..medium.voxels()).filter(|&voxel| solid(voxel)) {
        let [z, y, x] = [voxel / (ny * nx), voxel / nx % ny, voxel % nx];
        for [dz, dy, dx] in HALF {
            let ((z, wz), (y, wy), (x, wx)) = (step(z, dz, nz), step(y, dy, ny), step(x, dx, nx));
            let other = (z * ny + y) * nx + x;
            if solid(other) {
                let winding = forest.join(voxel, other, [wx, wy, wz]);
                (0..3).for_each(|axis| crossed[axis] |= winding[axis] != 0);
            }
        }
        if crossed == [true; 3] {
            break;
        }
    }
    crossed
}

/// Half of the 26 neighbours as (z, y, x), each offset plus 1.
const HALF: [[usize; 3]; 13] = [
    [1, 1, 2],
    [1, 2, 0],
    [1, 2, 1],
    [1, 2, 2],
    [2, 0, 0],
    [2, 0, 1],
    [2, 0, 2],
    [2, 1, 0],
    [2, 1, 1],
    [2, 1, 2],
    [2, 2, 0],
    [2, 2, 1],
    [2, 2, 2],
];

/// Trees of voxels that know how often the way to the parent crosses the cell.
struct Forest {
    parent: Vec<usize>,
    crossings: Vec<[i16; 3]>,
}

impl Forest {
    fn new(voxels: usize) -> Self {
        Self {
            parent: (0..voxels).collect(),
            crossings: vec![[0; 3]; voxels],
        }
    }

    /// The root and the crossings on the way to it; shortens the way.
    fn root(&mut self, voxel: usize) -> (usize, [i16; 3]) {
        let (mut at, mut way) = (voxel, [0; 3]);
        while self.parent[at] != at {
            way = sum(way, self.crossings[at]);
            at = self.parent[at];
        }
        let (root, total) = (at, way);
        let (mut at, mut left) = (voxel, total);
        while self.parent[at] != root && at != root {
            let (next, step) = (self.parent[at], self.crossings[at]);
            (self.parent[at], self.crossings[at]) = (root, left);
            left = difference(left, step);
            at = next;
        }
        (root, total)
    }

    /// Joins two neighbours, the step between which crosses the cell so often; returns how often the loop that this closes winds
    /// round the cell.
    fn join(&mut self, a: usize, b: usize, step: [i16; 3]) -> [i16; 3] {
        let ((ra, wa), (rb, wb)) = (self.root(a), self.root(b));
        let winding = difference(sum(step, wb), wa);
        if ra == rb {
            return winding;
        }
        (self.parent[ra], self.crossings[ra]) = (rb, winding);
        [0; 3]
    }
}

fn sum(a: [i16; 3], b: [i16; 3]) -> [i16; 3] {
    std::array::from_fn(|i| a[i] + b[i])
}

fn difference(a: [i16; 3], b: [i16; 3]) -> [i16; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}
