//! Do blocks do what rows do?

use super::*;
use crate::solve::{
    blocks::Blocks,
    host::HostGraph,
    stencil::{Lateral, Stencil, TABLE, pair},
};

const LIVE: u8 = 1;
const GHOST: u8 = 3;

/// Noise with so many live voxels of eight, and conductances that differ between the axes.
fn noise(shape: [usize; 3], live: u32) -> Stencil {
    let plane = shape[1] * shape[2];
    let mut codes = vec![GHOST; (shape[0] + 2) * plane];
    let mut state = 11u32;
    for code in &mut codes[plane..(shape[0] + 1) * plane] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *code = u8::from(state >> 16 & 7 < live) * LIVE;
    }
    let tables = [1.0, 0.5, 0.3].map(|k| {
        let mut table = vec![0.0; TABLE];
        table[pair(LIVE, LIVE)] = k;
        (table[pair(LIVE, GHOST)], table[pair(GHOST, LIVE)]) = (2.0 * k, 2.0 * k);
        table
    });
    let lateral = Lateral::Mirror;
    Stencil {
        shape,
        codes,
        tables,
        lateral,
    }
}

fn wave(len: usize, step: u32) -> HostField<f64> {
    let mut field = HostField::zeros(Shape::flat(len));
    let values = field.data.iter_mut().zip(0u32..);
    values.for_each(|(x, i)| *x = f64::from(i.wrapping_mul(step) % 1009) / 1009.0 - 0.4);
    field
}

/// Largest difference.
fn apart(a: &HostField<f64>, b: &HostField<f64>) -> f64 {
    let pairs = a.data.iter().zip(&b.data);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Both forms of an operator do the same to the same vectors.
fn compare(
    formed: &dyn Operator<Field = HostField<f64>>,
    stored: &dyn Operator<Field = HostField<f64>>,
    coarse: usize,
) -> f64 {
    let len = formed.shape().plane;
    let (mut b, mut x, e) = (wave(len, 7919), wave(len, 104_729), wave(coarse, 31));
    let results = [formed, stored].map(|operator| {
        let [mut product, mut residual, mut corrected] = [(); 3].map(|()| wave(len, 1));
        let mut sums = wave(coarse, 1);
        operator.apply(&mut x, &mut product);
        operator.residual(&b, &mut x, &mut residual);
        operator.restrict(&mut b, &mut corrected, &mut sums);
        operator.prolong(&b, (1.8, &e), &mut corrected);
        [product, residual, sums, corrected]
    });
    let [formed, stored] = &results;
    let pairs = formed.iter().zip(stored);
    pairs.map(|(a, b)| apart(a, b)).fold(0.0, f64::max)
}

#[test]
fn blocks_do_what_rows_do() {
    for (shape, live) in [
        ([12, 10, 14], 4),
        ([9, 11, 7], 3),
        ([40, 6, 6], 6),
        ([1, 5, 8], 7),
        ([2, 8, 1], 5),
        ([70, 3, 9], 2),
    ] {
        let stencil = noise(shape, live);
        let blocks = Blocks::new(&stencil);
        let (formed, mut stored) = (blocks.first_graph::<f64>(&stencil), blocks.graph(&stencil));
        assert!(formed.formed.is_some());
        let aggregates = blocks.again(&stored);
        assert_eq!(blocks.again(&formed).parent, aggregates.parent, "{shape:?}");
        let blocks = HostBlocks::new(&formed, &aggregates).unwrap();
        let difference = |stored: &Graph<f64>| {
            let rows = HostGraph::new(stored, &aggregates);
            compare(&blocks, &rows, aggregates.len())
        };
        assert!(
            difference(&stored) < 1e-13,
            "{shape:?} {}",
            difference(&stored)
        );
        let [coarse, again] = [&formed, &stored].map(|graph| graph.coarsen(&aggregates));
        assert_eq!(coarse.columns, again.columns, "{shape:?}");
        let weights = coarse.weights.iter().zip(&again.weights);
        assert!(weights.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-12);
        let all = formed.with_rows().into_owned();
        assert_eq!(
            (all.starts, all.columns),
            (stored.starts.clone(), stored.columns.clone())
        );
        let middle = stored.weights.len() / 2;
        if let Some(weight) = stored.weights[middle..]
            .iter_mut()
            .find(|weight| **weight > 0.0)
        {
            *weight *= 1.01;
            assert!(
                difference(&stored) > 1e-6,
                "a wrong weight would pass: {shape:?}"
            );
        }
    }
}
