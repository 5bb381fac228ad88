//! Which of the two solves: the full one, which is faster, or the lean one, which keeps two vectors in f32, and one more on a
//! device.

use super::{
    Boundary, Conduction, ProblemError, Sides, assembled::ENDS, assembly::Assembly,
    solution::Potential,
};
use crate::{
    Result,
    field::{Backend, available_bytes},
    gpu::{AdapterKind, adapters},
    physics::machine::{self, Failure, WEAKEST, still_wanted},
    solve::{
        Observer, SolveError, Tolerance, device,
        hierarchy::Hierarchy,
        lean,
        refinement::{Approximation, Certified},
    },
};

use std::sync::OnceLock;

/// How much memory a solve takes, on the host or on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryMode {
    /// The full solve where it fits into the memory available, else the lean one.
    #[default]
    Auto,
    /// Whatever is fastest.
    Full,
    /// As little as can be: corrections, potential and all in single precision.
    Lean,
}

impl Conduction<'_> {
    /// How much memory a solve takes.
    #[must_use]
    pub fn memory(mut self, mode: MemoryMode) -> Self {
        self.memory = mode;
        self
    }

    /// Bytes a solve takes on host and device, before anything is allocated.
    pub fn memory_estimate(&self) -> Memory {
        estimate(self)
    }

    /// Whether the lean solve is the one that a backend leads to. A device tells only when asked for memory, and takes the lean
    /// one by itself where the full one does not fit.
    pub fn is_lean(&self, backend: &Backend) -> bool {
        match self.memory {
            MemoryMode::Lean => true,
            MemoryMode::Full => false,
            MemoryMode::Auto => {
                leads_to_host(backend)
                    && !self.needs_faces()
                    && is_short(self.memory_estimate(), self.voxels(), available_bytes())
            }
        }
    }

    /// Whether all that conducts conducts alike.
    pub(super) fn has_one_conductivity(&self) -> bool {
        let conducting = self.sigma.iter().filter(|s| s.iter().any(|s| *s > 0.0));
        let mut conducting = conducting.map(|s| s.map(f64::to_bits));
        let first = conducting.next();
        conducting.all(|next| Some(next) == first)
    }

    /// Faces that codes do not describe are all stored.
    pub(super) fn check_memory(&self) -> std::result::Result<(), ProblemError> {
        if self.memory == MemoryMode::Lean && self.needs_faces() {
            return Err(ProblemError::LeanContacts);
        }
        Ok(())
    }
}

/// A certified potential, and the adapter where a device found it.
type Found = (Certified, Option<String>, Potential);

/// Certifies a potential in little memory, on the machine asked for.
pub(super) fn solve(
    assembly: &Assembly,
    (tolerance, backend): (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<Found> {
    still_wanted(observer)?;
    let stencil = &assembly.stencil;
    if stencil.weakest() < WEAKEST {
        let (reached, wanted) = (f64::INFINITY, tolerance.relative_error);
        return Err(SolveError::SinglePrecision { reached, wanted }.into());
    }
    let (gpu, hierarchy) = machine::opened_beside(backend, || Hierarchy::new(stencil));
    let gpu = machine::opened(gpu, backend, observer)?;
    still_wanted(observer)?;
    let mut earlier = 0;
    if let Some(gpu) = gpu {
        let adapter = gpu.info().name.clone();
        let mut x = Approximation::from(assembly.ramp());
        let unknown = (&mut x, tolerance);
        match machine::on_device_lean(gpu, (assembly, &hierarchy), unknown, observer) {
            Ok(certified) => return Ok((certified, Some(adapter), x.x.into())),
            Err(Failure::Solve(SolveError::Stagnated { reached, wanted })) => {
                return Err(SolveError::SinglePrecision { reached, wanted }.into());
            }
            Err(failure) => observer.notice(&failure.excuse(&adapter, backend)?),
        }
        earlier = x.iterations;
    }
    let problem = (ENDS, |z| assembly.ramp_at(z));
    let levels = (stencil, hierarchy);
    let (certified, x) = lean::solve(levels, problem, (tolerance, earlier), observer)?;
    Ok((certified, None, Potential::Single(x)))
}

/// Estimated bytes of a solve.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// Host bytes.
    pub host: u64,
    /// Host bytes of a lean solve.
    pub lean: u64,
    /// Device bytes.
    pub device: u64,
    /// Device bytes of a lean solve.
    pub lean_device: u64,
}

/// Bytes per voxel on the host: codes twice, layers, five vectors in f32, coarse levels. 36 measured on blobs, 40 to 47 on two
/// conducting phases, 52 on single-voxel noise; a device leaves a potential and a residual in f64 to the host in place of the vectors.
const HOST: u64 = 56;
/// Bytes besides, which every estimate holds: the program, its threads, and the drivers of graphics that are loaded to look for devices (60 MiB).
pub const PROGRAM_BYTES: u64 = 80 << 20;
/// Bytes per voxel on the device: codes with layers, the first unknown of each block, five vectors in f32, and codes again where
/// balances are formed there; lean, three vectors and nothing for balances.
const FULL: f64 = 22.5;
const LEAN: f64 = 13.5;
/// Bytes on the host where every face is stored, as a network: for each voxel, and for each that conducts. 291 measured where all
/// of a periodic cell conducts, 128 where a third does.
const HOST_FACES: f64 = 40.0;
const HOST_FACES_LIVE: f64 = 270.0;
/// The same on the device: rows of six entries and their vectors; counted, not measured.
const DEVICE_FACES: u64 = 130;

/// Before anything is allocated.
fn estimate(problem: &Conduction<'_>) -> Memory {
    let voxels = problem.voxels();
    let density = density(problem);
    if problem.boundary == Boundary::Periodic || problem.needs_faces() {
        let host = PROGRAM_BYTES + faces_bytes(voxels, density.0);
        return Memory {
            host,
            lean: host,
            device: DEVICE_FACES * voxels,
            lean_device: DEVICE_FACES * voxels,
        };
    }
    Memory {
        host: PROGRAM_BYTES + HOST * voxels,
        lean: PROGRAM_BYTES + lean_bytes(problem, density),
        device: device_bytes(voxels, density, FULL) + (16 * voxels).min(2 * device::WINDOW),
        lean_device: device_bytes(voxels, density, LEAN),
    }
}

/// Bytes on the host where every face is stored and this part of the voxels conducts.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes of memory are far below 2^53 and not negative"
)]
fn faces_bytes(voxels: u64, conducting: f64) -> u64 {
    ((HOST_FACES + HOST_FACES_LIVE * conducting) * voxels as f64).ceil() as u64
}

/// Bytes of a lean solve per voxel: codes twice, layers, the first unknown of each block, and planes at work.
const VOXEL: f64 = 5.0;
/// Per conducting voxel: two vectors in f32.
const LIVE: f64 = 8.0;
/// Per unknown of the first coarse level: its row, six vectors, its aggregate, the levels below and the flow of the certificate.
const UNKNOWN: f64 = 200.0;
/// The same where rows follow from blocks: 111 and 132 measured on blobs of which 50 and 30 % conduct.
const FORMED: f64 = 145.0;

/// Bytes that a lean solve takes at most, the program aside.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bytes of memory are far below 2^53 and not negative"
)]
fn lean_bytes(problem: &Conduction<'_>, (live, unknowns): (f64, f64)) -> u64 {
    let unknown = match problem.has_one_conductivity() && problem.sides == Sides::Mirror {
        true => FORMED,
        false => UNKNOWN,
    };
    let per_voxel = VOXEL + LIVE * live + unknown * unknowns;
    (per_voxel * problem.voxels() as f64).ceil() as u64
}

/// The same on a device: diagonal, aggregates and vectors of the first coarse level, and the levels below.
const UNKNOWN_ON_DEVICE: f64 = 50.0;
/// The inverse of the coarsest level, numbers and their sums.
const COARSEST_ON_DEVICE: f64 = 1e6;

/// Bytes that a solve takes on a device at most, so many for each voxel on the finest level.
#[expect(
    clippy::cast_possible_truncation,
    reason = "bytes of memory are far below 2^53 and not negative"
)]
fn device_bytes(voxels: u64, (_, unknowns): (f64, f64), finest: f64) -> u64 {
    let per_voxel = finest + UNKNOWN_ON_DEVICE * unknowns;
    (COARSEST_ON_DEVICE + per_voxel * voxels as f64).ceil() as u64
}

/// Blocks that are looked at for an estimate, and how many of them side by side: what is next in memory is there already.
const SAMPLE: usize = 50_000;
const BESIDE: usize = 8;

/// Conducting voxels, and unknowns of the first coarse level, per voxel, from a sample of 2x2x2 blocks: neighbours of one phase
/// in a block share an unknown, which is the most that there can be unless weak phases join strong ones.
fn density(problem: &Conduction<'_>) -> (f64, f64) {
    let codes = problem.volume.codes();
    let conducts: Vec<bool> = problem
        .sigma
        .iter()
        .map(|s| s.iter().any(|s| *s > 0.0))
        .collect();
    let [nz, ny, nx] = problem.volume.shape().map(|n| (n / 2).max(1));
    let blocks = nz * ny * nx;
    // An odd multiple meets every column of blocks.
    let step = BESIDE * ((blocks / SAMPLE).max(1) | 1);
    let (mut live, mut unknowns, mut voxels) = (0, 0, 0);
    let sample = (0..blocks).step_by(step);
    for block in sample.flat_map(|first| first..(first + BESIDE).min(blocks)) {
        let origin = [block / (ny * nx), block / nx % ny, block % nx].map(|place| 2 * place);
        let corners: [Option<u8>; 8] = std::array::from_fn(|corner| {
            let offset = [corner >> 2, corner >> 1 & 1, corner & 1];
            let voxel: [usize; 3] = std::array::from_fn(|axis| origin[axis] + offset[axis]);
            let code = codes.get(voxel).copied();
            code.filter(|&code| conducts[usize::from(code)])
        });
        voxels += 8;
        live += corners.iter().flatten().count();
        unknowns += pieces(&corners);
    }
    let share = |count: usize| count as f64 / f64::from(voxels.max(1));
    (share(live), share(unknowns))
}

/// Connected pieces of one phase among the corners of a block.
fn pieces(corners: &[Option<u8>; 8]) -> usize {
    let mut piece: [usize; 8] = std::array::from_fn(|corner| corner);
    // A piece is at most seven edges long.
    for _ in 0..7 {
        for a in 0..8 {
            for b in [a ^ 1, a ^ 2, a ^ 4] {
                if corners[a].is_some() && corners[a] == corners[b] {
                    piece[a] = piece[a].min(piece[b]);
                }
            }
        }
    }
    (0..8)
        .filter(|&a| corners[a].is_some() && piece[a] == a)
        .count()
}

/// Whether the full solve does not fit. The labels, a byte each, are there already.
fn is_short(memory: Memory, labels: u64, available: Option<u64>) -> bool {
    available.is_some_and(|available| memory.host > available.saturating_add(labels))
}

/// Whether the host solves. Adapters are looked for once.
pub(super) fn leads_to_host(backend: &Backend) -> bool {
    static REAL: OnceLock<bool> = OnceLock::new();
    let real = || {
        let all = adapters();
        all.iter().any(|a| a.kind != AdapterKind::Software)
    };
    match backend {
        Backend::Host => true,
        Backend::Auto => !REAL.get_or_init(real),
        Backend::Device { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_a_block_are_counted() {
        let block = |live: [u8; 8]| live.map(|code| (code > 0).then_some(code));
        assert_eq!(pieces(&block([1; 8])), 1);
        assert_eq!(pieces(&block([0; 8])), 0);
        assert_eq!(pieces(&block([1, 0, 0, 1, 0, 1, 1, 0])), 4);
        // A path round five edges, whose ends meet in no other way.
        assert_eq!(pieces(&block([1, 1, 0, 1, 1, 0, 1, 1])), 1);
        assert_eq!(pieces(&block([1, 1, 1, 1, 2, 2, 2, 2])), 2);
    }

    #[test]
    fn the_lean_solve_is_taken_where_the_full_one_does_not_fit() {
        let memory = Memory {
            host: 1000,
            lean: 400,
            device: 0,
            lean_device: 0,
        };
        assert!(is_short(memory, 100, Some(899)));
        assert!(!is_short(memory, 100, Some(900)) && !is_short(memory, 100, None));
    }
}
