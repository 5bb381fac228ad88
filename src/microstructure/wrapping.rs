//! Clusters of a periodic cell: which voxels carry a current through the endless repetition of the cell, and along which axes.
//!
//! A cluster carries along an axis when one of its voxels is joined to the image of itself in a cell that lies further along
//! this axis. Union-find over runs of joined voxels keeps, with every parent, the shift in cells from the run to it; where
//! two runs that are joined already meet again by another shift, the difference is a period of their cluster. Clusters
//! without period are islands; they, and all axes along which no period leads, carry nothing, exactly. Cost: two passes
//! over the codes, 20 bytes per run.

use super::connectivity::index;
use rayon::prelude::*;

/// A periodic cell and which of its voxels connect.
#[derive(Debug, Clone, Copy)]
pub struct PeriodicLinks<'a> {
    /// Voxels along (z, y, x).
    pub shape: [usize; 3],
    /// Codes `[z][y][x]`.
    pub codes: &'a [u8],
    /// Whether two codes connect along an axis: `joins[axis][a << 8 | b]`.
    pub joins: [&'a [bool]; 3],
}

/// Consecutive connected voxels of one row.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
}

/// All runs, those of row i being `rows[i]..rows[i + 1]`, and their clusters.
struct Forest {
    rows: Vec<usize>,
    runs: Vec<Run>,
    parent: Vec<u32>,
    /// Cells from each run to its parent.
    shift: Vec<[i32; 3]>,
    /// Axes of the periods of each root, as bits.
    wraps: Vec<u8>,
}

impl PeriodicLinks<'_> {
    /// The axes along which the cluster of each voxel carries a current, bit 0 for z, 1 for y, 2 for x; 0 for islands and
    /// for voxels that do not conduct.
    pub fn wraps(&self) -> Vec<u8> {
        let mut forest = self.forest();
        for row in 0..self.shape[0] * self.shape[1] {
            self.join_row(&mut forest, row);
        }
        let roots: Vec<usize> = (0..forest.runs.len())
            .map(|run| forest.find(run).0)
            .collect();
        let mut wraps = vec![0; self.codes.len()];
        let width = self.shape[2].max(1);
        wraps
            .par_chunks_mut(width)
            .enumerate()
            .for_each(|(row, out)| {
                let runs = forest.rows[row]..forest.rows[row + 1];
                for (run, &root) in forest.runs[runs.clone()].iter().zip(&roots[runs]) {
                    out[run.start..run.end].fill(forest.wraps[root]);
                }
            });
        wraps
    }

    fn row(&self, row: usize) -> &[u8] {
        &self.codes[row * self.shape[2]..(row + 1) * self.shape[2]]
    }

    fn joined(&self, axis: usize, a: u8, b: u8) -> bool {
        self.joins[axis][usize::from(a) << 8 | usize::from(b)]
    }

    /// Runs of every row, each its own cluster.
    fn forest(&self) -> Forest {
        let rows = self.shape[0] * self.shape[1];
        let found: Vec<Vec<Run>> = (0..rows)
            .into_par_iter()
            .with_min_len(64)
            .map(|row| self.runs(self.row(row)))
            .collect();
        let mut ends = vec![0];
        ends.extend(found.iter().scan(0, |end, runs| {
            *end += runs.len();
            Some(*end)
        }));
        let runs: Vec<Run> = found.into_iter().flatten().collect();
        Forest {
            rows: ends,
            parent: (0..index(runs.len())).collect(),
            shift: vec![[0; 3]; runs.len()],
            wraps: vec![0; runs.len()],
            runs,
        }
    }

    fn runs(&self, row: &[u8]) -> Vec<Run> {
        let conducts = |&code: &u8| (0..3).any(|axis| self.joined(axis, code, code));
        let mut runs: Vec<Run> = Vec::new();
        for (x, code) in row.iter().enumerate().filter(|(_, code)| conducts(code)) {
            match runs.last_mut() {
                Some(run) if run.end == x && self.joined(2, row[x - 1], *code) => run.end = x + 1,
                _ => runs.push(Run {
                    start: x,
                    end: x + 1,
                }),
            }
        }
        runs
    }

    /// Joins what touches along x across the seam of a row, and with the next rows along y and z.
    fn join_row(&self, forest: &mut Forest, row: usize) {
        let [depth, rows, columns] = self.shape;
        let (z, y) = (row / rows, row % rows);
        let own = forest.rows[row]..forest.rows[row + 1];
        let codes = self.row(row);
        if let (Some(first), Some(last)) = (
            forest.runs[own.clone()].first(),
            forest.runs[own.clone()].last(),
        ) && (first.start, last.end) == (0, columns)
            && self.joined(2, codes[columns - 1], codes[0])
        {
            forest.unite(own.end - 1, own.start, [0, 0, 1]);
        }
        let seam = |at: usize, length: usize| i32::from(at + 1 == length);
        let next_y = z * rows + (y + 1) % rows;
        self.join_rows(forest, [row, next_y], (1, [0, seam(y, rows), 0]));
        let next_z = (z + 1) % depth * rows + y;
        self.join_rows(forest, [row, next_z], (0, [seam(z, depth), 0, 0]));
    }

    /// Joins the touching runs of two rows that are neighbours along an axis, the second one so many cells further.
    fn join_rows(&self, forest: &mut Forest, [a, b]: [usize; 2], (axis, cells): Step) {
        let (codes_a, codes_b) = (self.row(a), self.row(b));
        let (mut i, mut j) = (forest.rows[a], forest.rows[b]);
        while i < forest.rows[a + 1] && j < forest.rows[b + 1] {
            let (one, two) = (forest.runs[i], forest.runs[j]);
            let mut shared = one.start.max(two.start)..one.end.min(two.end);
            if shared.any(|x| self.joined(axis, codes_a[x], codes_b[x])) {
                forest.unite(i, j, cells);
            }
            if one.end <= two.end { i += 1 } else { j += 1 }
        }
    }
}

/// An axis, and how many cells further a step along it ends.
type Step = (usize, [i32; 3]);

impl Forest {
    /// The root of a run's cluster and the shift to it; every second run on the way gets its grandparent as parent.
    fn find(&mut self, mut run: usize) -> (usize, [i32; 3]) {
        let mut all = [0; 3];
        while self.parent[run] as usize != run {
            let parent = self.parent[run] as usize;
            self.shift[run] = sum(self.shift[run], self.shift[parent]);
            self.parent[run] = self.parent[parent];
            all = sum(all, self.shift[run]);
            run = self.parent[run] as usize;
        }
        (run, all)
    }

    /// Run i is joined to the image of run j that is so many cells further.
    fn unite(&mut self, i: usize, j: usize, cells: [i32; 3]) {
        let ((i, from), (j, to)) = (self.find(i), self.find(j));
        let shift: [i32; 3] = std::array::from_fn(|k| cells[k] + to[k] - from[k]);
        let (root, leaf) = (i.min(j), i.max(j));
        if root == leaf {
            for (axis, _) in shift.iter().enumerate().filter(|(_, cells)| **cells != 0) {
                self.wraps[root] |= 1 << axis;
            }
            return;
        }
        self.parent[leaf] = index(root);
        self.shift[leaf] = if leaf == i { shift } else { shift.map(|s| -s) };
        self.wraps[root] |= self.wraps[leaf];
    }
}

fn sum(a: [i32; 3], b: [i32; 3]) -> [i32; 3] {
    std::array::from_fn(|k| a[k] + b[k])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    /// One conducting code, 1.
    fn joins() -> Vec<bool> {
        (0..1 << 16).map(|pair| pair == 1 << 8 | 1).collect()
    }

    fn wraps(codes: &Array3<u8>) -> Vec<u8> {
        let joins = joins();
        let (z, y, x) = codes.dim();
        let links = PeriodicLinks {
            shape: [z, y, x],
            codes: codes.as_slice().unwrap(),
            joins: [&joins; 3],
        };
        links.wraps()
    }

    /// The same voxel by voxel: a walk through the repeated cell that remembers in which cell it first met each voxel.
    fn walked(codes: &Array3<u8>) -> Vec<u8> {
        let (depth, rows, columns) = codes.dim();
        let shape = [depth, rows, columns];
        let place = |[z, y, x]: [usize; 3]| (z * rows + y) * columns + x;
        let mut out = vec![0; codes.len()];
        let mut seen: Vec<Option<[i32; 3]>> = vec![None; codes.len()];
        for ((z, y, x), _) in codes.indexed_iter().filter(|(_, code)| **code == 1) {
            if seen[place([z, y, x])].is_some() {
                continue;
            }
            let (mut stack, mut members, mut axes) = (vec![([z, y, x], [0; 3])], vec![], 0);
            while let Some((voxel, cell)) = stack.pop() {
                if let Some(first) = seen[place(voxel)] {
                    let bits = (0..3).filter(|&k| first[k] != cell[k]).map(|k| 1 << k);
                    axes |= bits.sum::<u8>();
                    continue;
                }
                seen[place(voxel)] = Some(cell);
                members.push(place(voxel));
                for (axis, step) in (0..3).flat_map(|axis| [(axis, 1), (axis, -1)]) {
                    let (mut next, mut there) = (voxel, cell);
                    let moved = i32::try_from(voxel[axis]).unwrap() + step;
                    let length = i32::try_from(shape[axis]).unwrap();
                    next[axis] = usize::try_from(moved.rem_euclid(length)).unwrap();
                    there[axis] += moved.div_euclid(length);
                    if codes[next] == 1 {
                        stack.push((next, there));
                    }
                }
            }
            members.iter().for_each(|&member| out[member] = axes);
        }
        out
    }

    #[test]
    fn bars_carry_along_themselves_islands_nowhere() {
        let codes = Array3::from_shape_fn((6, 6, 6), |(z, y, x)| {
            let along_z = (y, x) == (1, 1);
            let diagonal = z == 4 && ((y + x) % 6 == 4 || (y + x) % 6 == 5) && (y, x) != (1, 1);
            let island = (z, y, x) == (1, 3, 3);
            u8::from(along_z || diagonal || island)
        });
        let found = wraps(&codes);
        let at = |z: usize, y: usize, x: usize| found[(z * 6 + y) * 6 + x];
        assert_eq!((at(0, 1, 1), at(1, 3, 3), at(4, 0, 4)), (0b001, 0, 0b110));
        assert_eq!(found, walked(&codes));
    }

    #[test]
    fn a_cell_of_one_voxel_carries_along_all_axes() {
        assert_eq!(wraps(&Array3::from_elem((1, 1, 1), 1)), [0b111]);
        assert_eq!(wraps(&Array3::from_elem((1, 2, 1), 1)), [0b111; 2]);
    }

    #[test]
    fn noise_carries_as_a_walk_through_it_says() {
        let mut state = 1u64;
        let mut kinds = [0; 8];
        for fraction in [25, 32, 40, 60] {
            for shape in [(4, 5, 3), (6, 6, 6), (1, 7, 2), (5, 2, 9)] {
                let codes = Array3::from_shape_simple_fn(shape, || {
                    state = state
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(99);
                    u8::from((state >> 33) % 100 < fraction)
                });
                let found = wraps(&codes);
                assert_eq!(found, walked(&codes), "{shape:?} {fraction}");
                found.iter().for_each(|&axes| kinds[usize::from(axes)] += 1);
            }
        }
        assert!(
            kinds.iter().filter(|&&count| count > 0).count() > 5,
            "{kinds:?}"
        );
    }
}
