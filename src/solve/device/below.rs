//! The levels below the finest, of one volume or of several side by side: a launch for every kernel of the large ones, and one
//! launch for all of the last.

use super::{
    DeviceBlocks, DeviceChebyshev, DeviceDense, DeviceGraph, DeviceTail, DeviceVoxels,
    GraphKernels,
    tail::{self, Ending, Plan, Solver},
};
use crate::{
    field::device::{Device, DeviceField, Element},
    gpu::GpuError,
    solve::{
        graph::{Aggregates, Graph},
        hierarchy::{Coarse, Coarsest},
        multigrid::{Direct, Operator},
        union,
    },
};
use std::{borrow::Cow, rc::Rc};

type Graphs<'a, R> = Vec<Box<dyn Operator<Field = DeviceField<R>> + 'a>>;
type Last<'a, R> = Box<dyn Direct<Field = DeviceField<R>> + 'a>;

/// All graphs, and what solves the last; several hierarchies have equally many, and dense inverses. The first is formed from the
/// voxels if they are given. The last levels run together from level `first` on at the earliest; up to `w_levels` levels take a
/// W step.
pub(super) fn levels<'a, R: Element>(
    device: &'a Device<R>,
    (hierarchies, voxels): (&[&Coarse<R>], Option<&Rc<DeviceVoxels<R>>>),
    (first, w_levels): (usize, usize),
) -> Result<(Graphs<'a, R>, Last<'a, R>), GpuError> {
    let kernels = Rc::new(GraphKernels::new(device)?);
    let (end, last) = match ending(hierarchies, (first, w_levels)) {
        Some((begin, plan)) if plan.fits(device.gpu()) => (
            begin,
            Box::new(DeviceTail::new(device, &plan)?) as Last<'a, R>,
        ),
        _ => (depth(hierarchies), coarsest(device, &kernels, hierarchies)?),
    };
    let mut coarse = Graphs::with_capacity(end);
    for level in 0..end {
        let kernels = Rc::clone(&kernels);
        if let (0, Some(voxels)) = (level, voxels) {
            let formed = (Rc::clone(voxels), kernels);
            coarse.push(Box::new(from_voxels(device, hierarchies, formed)?));
            continue;
        }
        let (graph, aggregates) = side_by_side(hierarchies, level);
        let level = DeviceGraph::new(device, kernels, (&graph, &aggregates))?;
        coarse.push(Box::new(level));
    }
    Ok((coarse, last))
}

/// The first graph without its rows.
fn from_voxels<'a, R: Element>(
    device: &'a Device<R>,
    hierarchies: &[&Coarse<R>],
    formed: (Rc<DeviceVoxels<R>>, Rc<GraphKernels>),
) -> Result<DeviceBlocks<'a, R>, GpuError> {
    let levels = || hierarchies.iter().map(|it| &it.levels[0]);
    let diagonal: Vec<R> = levels().flat_map(|level| level.0.diagonal()).collect();
    let aggregates = union::aggregates(levels().map(|level| &level.1));
    DeviceBlocks::new(device, formed, (&diagonal, &aggregates))
}

fn depth<R: Element>(hierarchies: &[&Coarse<R>]) -> usize {
    let depths = hierarchies.iter().map(|it| it.levels.len());
    depths.min().unwrap_or(0)
}

/// What one workgroup for each volume does, and from which level on; none where no level is small enough.
pub(super) fn ending<R: Element>(
    hierarchies: &[&Coarse<R>],
    (first, w_levels): (usize, usize),
) -> Option<(usize, Plan<R>)> {
    let depth = depth(hierarchies);
    let begin = tail::begin(hierarchies).max(first).min(depth);
    if begin == depth {
        return None;
    }
    let levels: Vec<_> = (begin..depth)
        .map(|level| side_by_side(hierarchies, level))
        .collect();
    let coarsest = union::graphs(hierarchies.iter().map(|it| &it.coarsest));
    let volumes = (begin..=depth).map(|level| {
        let sizes = hierarchies.iter().map(|it| size(it, level));
        let ends = sizes.scan(0, |end, size| {
            *end += size;
            Some(*end)
        });
        std::iter::once(0).chain(ends).collect::<Vec<usize>>()
    });
    let plan = Plan::new(&Ending {
        levels: levels
            .iter()
            .map(|(graph, rest)| (&**graph, &**rest))
            .collect(),
        coarsest: &coarsest,
        solver: solver(hierarchies)?,
        w_levels: w_levels.saturating_sub(begin),
        volumes: volumes.collect(),
    });
    Some((begin, plan))
}

fn solver<'h, R: Element>(hierarchies: &[&'h Coarse<R>]) -> Option<Solver<'h>> {
    if let [only] = *hierarchies
        && let Coarsest::Chebyshev(terms) = &only.solver
    {
        return Some(Solver::Chebyshev(terms));
    }
    let inverses = hierarchies.iter().map(|it| inverse(it));
    inverses.collect::<Option<_>>().map(Solver::Dense)
}

fn inverse<R>(hierarchy: &Coarse<R>) -> Option<&[f64]> {
    match &hierarchy.solver {
        Coarsest::Dense(inverse) => Some(inverse),
        Coarsest::Chebyshev(_) => None,
    }
}

/// Unknowns of a level, the coarsest included.
fn size<R: Element>(hierarchy: &Coarse<R>, level: usize) -> usize {
    let graph = hierarchy.levels.get(level);
    graph.map_or(&hierarchy.coarsest, |level| &level.0).len()
}

type Level<'h, R> = (Cow<'h, Graph<R>>, Cow<'h, Aggregates>);

/// A level of all hierarchies as one.
fn side_by_side<'h, R: Element>(hierarchies: &[&'h Coarse<R>], level: usize) -> Level<'h, R> {
    if let [only] = hierarchies {
        let (graph, aggregates) = &only.levels[level];
        return (graph.with_rows(), Cow::Borrowed(aggregates));
    }
    let levels = || hierarchies.iter().map(|it| &it.levels[level]);
    let graphs: Vec<_> = levels().map(|level| level.0.with_rows()).collect();
    let graph = union::graphs(graphs.iter().map(|graph| &**graph));
    let aggregates = union::aggregates(levels().map(|level| &level.1));
    (Cow::Owned(graph), Cow::Owned(aggregates))
}

/// The coarsest level by itself: the inverses side by side; a polynomial serves one system alone.
fn coarsest<'a, R: Element>(
    device: &'a Device<R>,
    kernels: &Rc<GraphKernels>,
    hierarchies: &[&Coarse<R>],
) -> Result<Last<'a, R>, GpuError> {
    let mut blocks = Vec::with_capacity(hierarchies.len());
    for hierarchy in hierarchies {
        let graph = &hierarchy.coarsest;
        match &hierarchy.solver {
            Coarsest::Dense(inverse) => blocks.push((inverse.as_slice(), graph.len())),
            Coarsest::Chebyshev(terms) => {
                let last = DeviceChebyshev::new(device, Rc::clone(kernels), (graph, terms))?;
                return Ok(Box::new(last));
            }
        }
    }
    Ok(Box::new(DeviceDense::of(device, &blocks)?))
}
