//! The last levels on a device, in one launch: a workgroup for each volume goes through a list of steps.
//!
//! A launch costs a few microseconds whatever it does, and the last levels do next to nothing: without this most launches of
//! an iteration would be theirs. The list is the cycle of `solve::multigrid`, unrolled.

use super::{
    graph::{Packed, damped},
    split, upload, whole,
};
use crate::{
    field::{
        Real, Shape,
        device::{Device, DeviceField, Element, word},
    },
    gpu::{Buffer, Gpu, GpuError, Grid, Kernel},
    solve::{
        chebyshev::Term,
        graph::{Aggregates, Graph},
        hierarchy::Coarse,
        multigrid::{ALPHA, Direct},
    },
};
use bytemuck::{Pod, Zeroable};

const SOURCE: &str = include_str!("../../../shaders/solve/tail.wgsl");

/// Unknowns of the largest level that is left to one workgroup, where the device has but one volume to work on, and where it
/// has many: then no processor of the device waits for another.
const ALONE: usize = 1 << 10;
const MANY: usize = 1 << 13;
/// Volumes from which on there are many.
const CROWD: usize = 16;

/// The first level that is left to a workgroup for each volume; the number of levels where none is.
pub(super) fn begin<R: Real>(hierarchies: &[&Coarse<R>]) -> usize {
    let limit = if hierarchies.len() < CROWD {
        ALONE
    } else {
        MANY
    };
    let depth = hierarchies
        .iter()
        .map(|it| it.levels.len())
        .min()
        .unwrap_or(0);
    let small = |level: &usize| {
        let mut sizes = hierarchies.iter().map(|it| it.levels[*level].0.len());
        sizes.all(|size| size <= limit)
    };
    (0..depth).find(small).unwrap_or(depth)
}

/// Levels that end a hierarchy, of one volume or of several side by side.
pub(super) struct Ending<'h, R> {
    /// Graphs, each with its aggregation into the next.
    pub(super) levels: Vec<(&'h Graph<R>, &'h Aggregates)>,
    pub(super) coarsest: &'h Graph<R>,
    pub(super) solver: Solver<'h>,
    /// How many of the levels take a W step.
    pub(super) w_levels: usize,
    /// Where the unknowns of each volume begin on every level, and the end.
    pub(super) volumes: Vec<Vec<usize>>,
}

/// How the coarsest level is solved.
pub(super) enum Solver<'h> {
    /// The inverse of every volume.
    Dense(Vec<&'h [f64]>),
    /// A polynomial.
    Chebyshev(&'h [Term]),
}

/// What a step does, numbered as in the shader.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Load,
    Store,
    Restrict,
    Prolong,
    Residual,
    Add,
    Dense,
    Term,
    Clear,
}

/// Places in the work space.
#[derive(Debug, Clone, Copy)]
struct Vectors {
    b: u32,
    x: u32,
    /// Residual and second correction of a W step; what was before in a polynomial.
    again: [u32; 2],
}

/// All that the kernel is given, on the host.
#[derive(Debug, Default)]
pub(super) struct Plan<R> {
    index: Vec<u32>,
    coefficients: Vec<R>,
    work: usize,
    params: Params,
    volumes: usize,
    /// Unknowns of the first of these levels.
    size: usize,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
struct Params {
    program: u32,
    steps: u32,
}

/// A plan under construction.
struct Planner<'e, 'h, R> {
    ending: &'e Ending<'h, R>,
    plan: Plan<R>,
    /// Where the parts of each level are listed, and its volumes; the coarsest last.
    levels: Vec<[u32; 2]>,
    vectors: Vec<Vectors>,
    steps: Vec<[u32; 10]>,
}

impl<R: Element> Plan<R> {
    pub(super) fn new(ending: &Ending<'_, R>) -> Self {
        let mut planner = Planner {
            ending,
            plan: Self::default(),
            levels: Vec::new(),
            vectors: Vec::new(),
            steps: Vec::new(),
        };
        planner.levels();
        planner.program();
        let Planner {
            mut plan, steps, ..
        } = planner;
        plan.params = Params {
            program: word(plan.index.len()),
            steps: word(steps.len()),
        };
        plan.index.extend(steps.into_iter().flatten());
        plan.volumes = ending.volumes[0].len() - 1;
        plan.size = ending.volumes[0].last().copied().unwrap_or(0);
        plan
    }

    /// Whether a kernel can see all of it.
    pub(super) fn fits(&self, gpu: &Gpu) -> bool {
        let most = self.coefficients.len().max(self.work);
        self.index.len() <= gpu.max_len::<u32>() && most <= gpu.max_len::<R>()
    }

    /// Bytes on the device.
    pub(super) fn bytes(&self) -> usize {
        4 * self.index.len() + (self.coefficients.len() + self.work) * size_of::<R>()
    }
}

impl<R: Element> Planner<'_, '_, R> {
    /// Lays down rows, aggregates, inverses and vectors.
    fn levels(&mut self) {
        let ending = self.ending;
        for (level, volumes) in ending.volumes.iter().enumerate() {
            let volumes: Vec<u32> = volumes.iter().map(|&begin| word(begin)).collect();
            let size = volumes.last().map_or(0, |&size| size as usize);
            let rows = self.put(&volumes);
            let parts = match ending.levels.get(level) {
                Some(&(graph, aggregates)) => self.level(graph, Some(aggregates)),
                None => self.coarsest(),
            };
            self.levels.push([parts, rows]);
            let [b, x, first, second] = [(); 4].map(|()| self.reserve(size));
            let again = [first, second];
            self.vectors.push(Vectors { b, x, again });
        }
    }

    fn level(&mut self, graph: &Graph<R>, aggregates: Option<&Aggregates>) -> u32 {
        let invert: fn(R) -> R = match aggregates {
            Some(_) => damped,
            None => |d: R| R::of(1.0 / d.wide()),
        };
        let pairs = graph.leaks.iter().zip(graph.diagonal());
        let sites: Vec<R> = pairs.flat_map(|(&g, d)| [g, invert(d)]).collect();
        let packed = Packed::new(graph, 0..graph.len());
        let mut parts = [
            self.put(&packed.starts),
            self.put(&packed.columns),
            self.put_numbers(&packed.weights),
            self.put_numbers(&sites),
            0,
            0,
            0,
        ];
        if let Some(aggregates) = aggregates {
            parts[4] = self.put(&aggregates.starts);
            parts[5] = self.put(&aggregates.members);
            parts[6] = self.put(&aggregates.parent);
        }
        self.put(&parts)
    }

    fn coarsest(&mut self) -> u32 {
        let ending = self.ending;
        let Solver::Dense(inverses) = &ending.solver else {
            return self.level(ending.coarsest, None);
        };
        let firsts: Vec<u32> = inverses
            .iter()
            .map(|inverse| self.columns(inverse))
            .collect();
        self.put(&firsts)
    }

    /// An inverse, column by column, so that neighbouring threads read neighbouring numbers.
    fn columns(&mut self, inverse: &[f64]) -> u32 {
        let size = inverse.len().isqrt();
        let first = word(self.plan.coefficients.len());
        let entries = (0..size * size).map(|at| R::of(inverse[at % size * size + at / size]));
        self.plan.coefficients.extend(entries);
        first
    }

    fn put(&mut self, words: &[u32]) -> u32 {
        let place = word(self.plan.index.len());
        self.plan.index.extend_from_slice(words);
        place
    }

    fn put_numbers(&mut self, numbers: &[R]) -> u32 {
        let place = word(self.plan.coefficients.len());
        self.plan.coefficients.extend_from_slice(numbers);
        place
    }

    fn reserve(&mut self, numbers: usize) -> u32 {
        let place = word(self.plan.work);
        self.plan.work += numbers;
        place
    }

    /// The whole list: what `multigrid` does from the first of these levels down, its stretch included.
    fn program(&mut self) {
        let Vectors { b, x, .. } = self.vectors[0];
        self.step(Kind::Load, [0, 0], [0, 0, b], [0.0; 2]);
        let stretch = if self.ending.levels.is_empty() {
            self.direct(b, x);
            1.0
        } else {
            self.correct(0)
        };
        self.step(Kind::Store, [0, 0], [0, x, 0], [stretch, 0.0]);
    }

    /// `x = B b` on a level, in a W step where it takes one; returns the stretch that goes with it.
    fn correct(&mut self, level: usize) -> f64 {
        let Vectors { b, x, again } = self.vectors[level];
        self.cycle(level, b, x);
        if level >= self.ending.w_levels {
            return 1.0;
        }
        let [residual, second] = again;
        self.step(Kind::Residual, [level, level], [b, x, residual], [0.0; 2]);
        self.cycle(level, residual, second);
        self.step(Kind::Add, [level, level], [0, second, x], [0.0; 2]);
        ALPHA
    }

    fn cycle(&mut self, level: usize, b: u32, x: u32) {
        let next = level + 1;
        let Vectors { b: rhs, x: e, .. } = self.vectors[next];
        self.step(Kind::Restrict, [level, next], [b, 0, rhs], [0.0; 2]);
        let stretch = if next < self.ending.levels.len() {
            self.correct(next)
        } else {
            self.direct(rhs, e);
            1.0
        };
        self.step(Kind::Prolong, [level, level], [b, e, x], [stretch, 0.0]);
    }

    fn direct(&mut self, b: u32, x: u32) {
        let last = self.ending.levels.len();
        let Solver::Chebyshev(terms) = self.ending.solver else {
            return self.step(Kind::Dense, [last, last], [b, 0, x], [0.0; 2]);
        };
        // After an even number of terms what is now ends where it began.
        let other = self.vectors[last].again[0];
        let (mut now, mut before) = if terms.len() % 2 == 0 {
            (x, other)
        } else {
            (other, x)
        };
        for vector in [now, before] {
            self.step(Kind::Clear, [last, last], [0, 0, vector], [0.0; 2]);
        }
        for term in terms {
            let factors = [term.gain, term.momentum];
            self.step(Kind::Term, [last, last], [b, now, before], factors);
            std::mem::swap(&mut now, &mut before);
        }
    }

    /// A step on the rows of `over`, with the parts of `level`; vectors are right-hand side, x, and the result.
    fn step(
        &mut self,
        kind: Kind,
        [level, over]: [usize; 2],
        vectors: [u32; 3],
        factors: [f64; 2],
    ) {
        let [rhs, x, to] = vectors;
        let [[a, b], [c, d]] = factors.map(split).map(|pair| pair.map(f32::to_bits));
        let (parts, rows) = (self.levels[level][0], self.levels[over][1]);
        self.steps
            .push([kind as u32, rows, parts, rhs, x, to, a, b, c, d]);
    }
}

/// The last levels on a device.
#[derive(Debug)]
pub struct DeviceTail<'a, R: Element> {
    device: &'a Device<R>,
    kernel: Kernel,
    index: Buffer<u32>,
    coefficients: Buffer<R>,
    work: Buffer<R>,
    params: Params,
    volumes: usize,
    size: usize,
}

impl<'a, R: Element> DeviceTail<'a, R> {
    /// Uploads a plan.
    pub(super) fn new(device: &'a Device<R>, plan: &Plan<R>) -> Result<Self, GpuError> {
        Ok(Self {
            device,
            kernel: tail_kernel(device)?,
            index: upload(device, &plan.index)?,
            coefficients: upload(device, &plan.coefficients)?,
            work: device.gpu().zeros(plan.work)?,
            params: plan.params,
            volumes: plan.volumes,
            size: plan.size,
        })
    }
}

pub(super) fn tail_kernel<R: Element>(device: &Device<R>) -> Result<Kernel, GpuError> {
    let kernel = device.gpu().kernel(SOURCE, "run", R::PRECISION)?;
    Ok(kernel.of("tail"))
}

impl<R: Element> Direct for DeviceTail<'_, R> {
    type Field = DeviceField<R>;

    fn shape(&self) -> Shape {
        Shape::flat(self.size)
    }

    fn solve(&self, b: &DeviceField<R>, x: &mut DeviceField<R>) {
        let own = [self.index.binding(), self.coefficients.binding()];
        let bindings = [own[0], own[1], whole(b), whole(x), self.work.binding()];
        let grid = Grid::Groups([word(self.volumes), 1, 1]);
        self.device
            .launch(&self.kernel, grid, &bindings, &self.params);
    }
}
