//! What is computed on both machines: random media, slabs, and how far two results are apart.

use std::sync::Arc;
use voxion::{
    field::{Device, Machine, Real, Shape, device::Element},
    gpu::{Gpu, LimitsOverride, Selection},
    solve::{
        blocks::Blocks,
        graph::Graph,
        stencil::{DEAD, Lateral, Stencil, TABLE, pair},
    },
};

/// A medium of blobs, and how it is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) shape: [usize; 3],
    /// Conductivity of each phase; 0 leaves dead voxels.
    pub(crate) sigma: &'static [f64],
    pub(crate) lateral: Lateral,
    /// Planes that a slab owns; none: one slab.
    pub(crate) slab: Option<usize>,
}

pub(crate) const CASES: [Case; 6] = [
    Case {
        shape: [5, 7, 9],
        sigma: &[1.0, 0.0],
        lateral: Lateral::Mirror,
        slab: None,
    },
    Case {
        shape: [1, 33, 6],
        sigma: &[1.0, 1e-3],
        lateral: Lateral::Periodic,
        slab: None,
    },
    Case {
        shape: [12, 40, 3],
        sigma: &[1e-8, 1.0, 1e3],
        lateral: Lateral::Periodic,
        slab: None,
    },
    Case {
        shape: [18, 16, 16],
        sigma: &[1.0, 1e-8],
        lateral: Lateral::Mirror,
        slab: Some(4),
    },
    Case {
        shape: [16, 17, 15],
        sigma: &[1e3, 1.0, 0.0, 1e-8],
        lateral: Lateral::Periodic,
        slab: Some(4),
    },
    Case {
        shape: [9, 16, 19],
        sigma: &[0.3, 1.0, 2.0],
        lateral: Lateral::Mirror,
        slab: Some(6),
    },
];

/// A fixed sequence of draws below 2^24.
fn draws(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state >> 40).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// The same as numbers in [-1, 1), each exact in f32.
pub(crate) fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let scale = 1.0 / f64::from(1u32 << 23);
    let number = |draw| f64::from(draw) * scale - 1.0;
    draws(seed, count).into_iter().map(number).collect()
}

impl Case {
    /// Blobs three voxels wide, conductances exact in f32.
    pub(crate) fn stencil(&self) -> Stencil {
        let [depth, rows, columns] = self.shape;
        let blobs = draws(7, depth * rows * columns);
        let phases = self.sigma.len();
        let mut codes = Vec::new();
        for z in 0..depth + 2 {
            for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
                let blob = ((z.saturating_sub(1) / 3) * rows + y / 3) * columns + x / 3;
                let phase = blobs[blob] as usize % phases;
                let conducts = self.sigma[phase] > 0.0;
                let code = match z {
                    0 => 41,
                    z if z > depth => 42,
                    _ if conducts => 3 * (phase + 1),
                    _ => usize::from(DEAD),
                };
                codes.push(u8::try_from(code).unwrap());
            }
        }
        Stencil {
            shape: self.shape,
            codes,
            tables: [1.0, 0.7, 1.9].map(|scale| self.table(scale)),
            lateral: self.lateral,
        }
    }

    fn table(&self, scale: f32) -> Vec<f64> {
        let mut table = vec![0.0; TABLE];
        let codes = (1u8..).zip(self.sigma).filter(|(_, sigma)| **sigma > 0.0);
        let codes: Vec<_> = codes.map(|(n, &sigma)| (3 * n, sigma)).collect();
        for &(a, sigma) in &codes {
            for &(b, other) in &codes {
                let mean = 2.0 / (1.0 / sigma + 1.0 / other);
                table[pair(a, b)] = f64::from(scale * f32::of(mean));
            }
            for ghost in [41, 42] {
                table[pair(a, ghost)] = f64::from(2.0 * scale * f32::of(sigma));
            }
        }
        table
    }

    /// A device that cuts fields of this shape as the case asks.
    pub(crate) fn device<R: Element>(&self) -> Device<R> {
        let plane = self.shape[1] * self.shape[2];
        device(self.slab.map(|planes| (planes + 2) * plane))
    }

    /// First graph, exact in f32, and its blocks.
    pub(crate) fn graph(&self, stencil: &Stencil) -> (Blocks, Graph<f32>) {
        let blocks = Blocks::new(stencil);
        let graph = blocks.graph(stencil);
        (blocks, graph)
    }
}

/// The best adapter, seeing at most so many numbers at once.
pub(crate) fn device<R: Element>(numbers: Option<usize>) -> Device<R> {
    let lowered = LimitsOverride {
        max_binding_bytes: numbers.map(|n| (n * size_of::<R>()) as u64),
        ..Default::default()
    };
    let gpu = Gpu::open_with(&Selection::Best, lowered);
    let gpu = gpu.expect("device tests need a GPU or lavapipe");
    Device::new(Arc::new(gpu)).unwrap()
}

/// Takes a graph exact in f32 to any precision.
pub(crate) fn widen<R: Element>(graph: &Graph<f32>) -> Graph<R> {
    let widen = |values: &[f32]| values.iter().map(|&v| R::of(f64::from(v))).collect();
    Graph {
        starts: graph.starts.clone(),
        columns: graph.columns.clone(),
        weights: widen(&graph.weights),
        leaks: widen(&graph.leaks),
        formed: None,
    }
}

/// A field with numbers.
pub(crate) fn filled<M: Machine>(machine: &M, shape: Shape, seed: u64) -> M::Field {
    let mut field = machine.zeros(shape).unwrap();
    let values = numbers(seed, shape.len());
    machine.store(&values, &mut field).unwrap();
    field
}

/// The same, zero where there is no unknown.
pub(crate) fn masked<M: Machine>(machine: &M, shape: Shape, seed: u64, live: &[bool]) -> M::Field {
    let mut field = machine.zeros(shape).unwrap();
    let mut values = numbers(seed, shape.len());
    let dead = values.iter_mut().zip(live).filter(|(_, live)| !**live);
    dead.for_each(|(value, _)| *value = 0.0);
    machine.store(&values, &mut field).unwrap();
    field
}

/// The numbers of a field.
pub(crate) fn values<M: Machine>(machine: &M, shape: Shape, field: &M::Field) -> Vec<f64> {
    let mut values = vec![0.0; shape.len()];
    machine.accumulate(field, &mut values).unwrap();
    values
}

/// Largest difference, relative to the largest number.
pub(crate) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = b.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let pairs = a.iter().zip(b);
    let worst = pairs.fold(0.0, |m: f64, (a, b)| {
        if a.is_nan() {
            f64::NAN
        } else {
            m.max((a - b).abs())
        }
    });
    if largest == 0.0 {
        worst
    } else {
        worst / largest
    }
}
