//! Which of the two solves on the host: the full one, which is faster, or the lean one, which keeps two vectors in f32.

use super::{Conduction, Memory, ProblemError};
use crate::{
    field::{Backend, available_bytes},
    gpu::{AdapterKind, adapters},
};

/// How much memory a solve on the host takes.
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
    /// Whether the lean solve is the one that a backend leads to.
    pub fn is_lean(&self, backend: &Backend) -> bool {
        match self.memory {
            MemoryMode::Lean => true,
            MemoryMode::Full => false,
            MemoryMode::Auto => {
                leads_to_host(backend)
                    && is_short(self.memory_estimate(), self.voxels(), available_bytes())
            }
        }
    }

    /// A device has memory of its own.
    pub(super) fn check_memory(&self, backend: &Backend) -> Result<(), ProblemError> {
        match backend {
            Backend::Device { .. } if self.memory == MemoryMode::Lean => {
                Err(ProblemError::LeanDevice)
            }
            _ => Ok(()),
        }
    }
}

/// Whether the full solve does not fit. The labels, a byte each, are there already.
fn is_short(memory: Memory, labels: u64, available: Option<u64>) -> bool {
    available.is_some_and(|available| memory.host > available.saturating_add(labels))
}

/// Whether the host solves.
fn leads_to_host(backend: &Backend) -> bool {
    let real = || {
        let all = adapters();
        all.iter().any(|a| a.kind != AdapterKind::Software)
    };
    match backend {
        Backend::Host => true,
        Backend::Auto => !real(),
        Backend::Device { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lean_solve_is_taken_where_the_full_one_does_not_fit() {
        let memory = Memory {
            host: 1000,
            lean: 400,
            device: 0,
        };
        assert!(is_short(memory, 100, Some(899)));
        assert!(!is_short(memory, 100, Some(900)) && !is_short(memory, 100, None));
    }
}
