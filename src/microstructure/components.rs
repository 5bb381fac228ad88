//! Connected components: the clusters of voxels that share a label and are joined through faces.
//!
//! Runs of equal labels along the rows are joined by union-find, first inside slabs of planes (in parallel), then across
//! the slabs. One pass serves all labels; cost: one visit per voxel, 16 bytes per run.

use super::{
    Volume,
    connectivity::{find, index, unite},
};
use rayon::prelude::*;

/// Planes of a slab.
const PLANES: usize = 8;

/// Connected voxels of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Component {
    /// Code of the label.
    pub code: u8,
    /// How many voxels.
    pub voxels: usize,
    /// Whether it touches the first and the last layer along (z, y, x).
    pub touches: [[bool; 2]; 3],
}

impl Component {
    /// Whether it reaches any of the six sides of the volume.
    pub fn is_open(&self) -> bool {
        self.touches.iter().flatten().any(|&touches| touches)
    }
}

/// All components of a volume.
#[derive(Debug)]
pub struct Components {
    width: usize,
    rows: Vec<usize>,
    runs: Vec<Run>,
    /// The component of each run.
    component: Vec<u32>,
    all: Vec<Component>,
}

/// Consecutive voxels of one code in a row.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    end: u32,
    code: u8,
}

/// Runs of consecutive rows (`rows[i]..rows[i + 1]` belong to row i) and their union-find forest.
struct Forest {
    rows: Vec<usize>,
    runs: Vec<Run>,
    parent: Vec<u32>,
}

impl Components {
    /// Finds the components of all labels.
    pub fn of(volume: &Volume) -> Self {
        let [depth, height, width] = volume.shape();
        let codes = volume.codes().as_slice().unwrap_or_default();
        let slabs: Vec<Forest> = codes
            .par_chunks((PLANES * height * width).max(1))
            .map(|codes| Forest::of_slab(codes, height, width))
            .collect();
        let mut forest = Forest::join(slabs);
        for plane in (PLANES..depth).step_by(PLANES) {
            for row in plane * height..(plane + 1) * height {
                forest.touch(row - height, row);
            }
        }
        Self::collect(forest, volume.shape())
    }

    fn collect(mut forest: Forest, [depth, height, width]: [usize; 3]) -> Self {
        let mut component = vec![u32::MAX; forest.runs.len()];
        let mut all: Vec<Component> = Vec::new();
        for row in 0..depth * height {
            let (z, y) = (row / height, row % height);
            let sides = [[z == 0, z + 1 == depth], [y == 0, y + 1 == height]];
            for i in forest.rows[row]..forest.rows[row + 1] {
                // The root is the first run of its component, so it has its number already.
                let root = find(&mut forest.parent, i);
                let run = forest.runs[i];
                if root == i {
                    component[i] = index(all.len());
                    all.push(Component::empty(run.code));
                }
                component[i] = component[root];
                let ends = [run.start == 0, run.end as usize == width];
                let [along_z, along_y] = sides;
                let voxels = (run.end - run.start) as usize;
                all[component[i] as usize].add(voxels, [along_z, along_y, ends]);
            }
        }
        Self {
            width,
            rows: forest.rows,
            runs: forest.runs,
            component,
            all,
        }
    }

    /// The components, in the order of their first voxels.
    pub fn all(&self) -> &[Component] {
        &self.all
    }

    /// A value for each voxel `[z][y][x]`, made from its component.
    pub fn paint<T: Copy + Default + Send + Sync>(
        &self,
        value: impl Fn(&Component) -> T + Sync,
    ) -> Vec<T> {
        let mut painted = vec![T::default(); self.width * (self.rows.len() - 1)];
        painted
            .par_chunks_mut(self.width.max(1))
            .enumerate()
            .for_each(|(row, out)| {
                for i in self.rows[row]..self.rows[row + 1] {
                    let (run, component) = (self.runs[i], &self.all[self.component[i] as usize]);
                    out[run.start as usize..run.end as usize].fill(value(component));
                }
            });
        painted
    }
}

impl Component {
    fn empty(code: u8) -> Self {
        Self {
            code,
            voxels: 0,
            touches: [[false; 2]; 3],
        }
    }

    fn add(&mut self, voxels: usize, touches: [[bool; 2]; 3]) {
        self.voxels += voxels;
        for (mine, new) in self.touches.iter_mut().zip(touches) {
            *mine = [mine[0] || new[0], mine[1] || new[1]];
        }
    }
}

impl Forest {
    fn of_slab(codes: &[u8], height: usize, width: usize) -> Self {
        let mut forest = Self {
            rows: vec![0],
            runs: Vec::with_capacity(codes.len() / 4),
            parent: Vec::new(),
        };
        for row in codes.chunks(width.max(1)) {
            find_runs(row, &mut forest.runs);
            forest.rows.push(forest.runs.len());
        }
        forest.parent = (0..index(forest.runs.len())).collect();
        for row in 0..forest.rows.len() - 1 {
            if row % height > 0 {
                forest.touch(row - 1, row);
            }
            if row >= height {
                forest.touch(row - height, row);
            }
        }
        forest
    }

    /// Joins the runs of two neighbouring rows that lie side by side and have one code.
    fn touch(&mut self, a: usize, b: usize) {
        let (mut i, mut j) = (self.rows[a], self.rows[b]);
        while i < self.rows[a + 1] && j < self.rows[b + 1] {
            let (one, two) = (self.runs[i], self.runs[j]);
            if one.code == two.code && one.start.max(two.start) < one.end.min(two.end) {
                unite(&mut self.parent, i, j);
            }
            if one.end <= two.end { i += 1 } else { j += 1 }
        }
    }

    fn join(slabs: Vec<Self>) -> Self {
        let mut all = Self {
            rows: vec![0],
            runs: Vec::new(),
            parent: Vec::new(),
        };
        for slab in slabs {
            let offset = all.runs.len();
            let moved = slab.parent.iter().map(|parent| parent + index(offset));
            all.parent.extend(moved);
            all.rows
                .extend(slab.rows[1..].iter().map(|row| row + offset));
            all.runs.extend(slab.runs);
        }
        all
    }
}

fn find_runs(row: &[u8], runs: &mut Vec<Run>) {
    let mut start = 0;
    for run in row.chunk_by(|a, b| a == b) {
        let end = start + run.len();
        runs.push(Run {
            start: index(start),
            end: index(end),
            code: run[0],
        });
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    /// Two ways round a hole, joined only at the far end: union-find must join what it numbered apart.
    #[test]
    fn a_fork_is_one_component_however_late_its_arms_meet() {
        let labels = Array3::from_shape_fn((20, 3, 5), |(z, y, x)| {
            u8::from(y == 1 && (x == 0 || x == 4 || z == 19))
        });
        let components = Components::of(&Volume::from_labels(&labels));
        let ones: Vec<_> = components.all().iter().filter(|c| c.code == 1).collect();
        assert_eq!(ones.len(), 1);
        assert_eq!(ones[0].voxels, 43);
        assert_eq!(ones[0].touches, [[true; 2], [false; 2], [true; 2]]);
        let painted = components.paint(|component| component.code);
        assert!(painted.iter().eq(labels.iter()));
    }
}
