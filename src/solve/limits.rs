//! How large a question may be: unknowns are numbered with 32 bits, and what does not fit is refused before anything is set up.

/// Unknowns that 32 bits can number, less the marks that some tables keep for themselves.
pub const MOST_UNKNOWNS: u64 = u32::MAX as u64 - 2;

/// Blocks of 2x2x2 voxels of a medium with one conductivity: one bit of their number is a mark.
const MOST_BLOCKS: u64 = (1 << 31) - 1;

/// The index of a block, with room for the mark.
///
/// # Panics
/// Where there is none, which [`check`] refuses before.
pub(crate) fn below_mark(index: usize) -> u32 {
    assert!(index as u64 <= MOST_BLOCKS, "{index} blocks are too many");
    super::graph::id(index)
}

/// How the equations of a volume are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// A stencil of one conductivity: the first graph follows from blocks of 2x2x2 voxels.
    Uniform,
    /// A stencil of several conductivities: the first graph has at most one unknown per voxel.
    Stencil,
    /// A network with so many unknowns per voxel.
    Network {
        /// Unknowns of a voxel that conducts, on average, rounded up.
        per_voxel: u64,
    },
}

/// More unknowns than can be numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the volume can lead to {unknowns} unknowns, and at most {limit} can be numbered; crop the volume, or coarsen it (half the \
     resolution along each axis leaves an eighth)"
)]
pub struct TooManyUnknowns {
    /// Unknowns at most, by shape and phases.
    pub unknowns: u64,
    /// The limit.
    pub limit: u64,
}

/// Whether a volume of this shape, of which so many voxels conduct, can be solved.
///
/// # Errors
/// [`TooManyUnknowns`], from shape and counts alone: nothing is allocated.
pub fn check(shape: [usize; 3], conducting: u64, storage: Storage) -> Result<(), TooManyUnknowns> {
    let (unknowns, limit) = match storage {
        Storage::Uniform => {
            let blocks = shape.iter().map(|&n| (n as u64).div_ceil(2));
            let blocks = blocks.fold(1u64, u64::saturating_mul);
            if blocks > MOST_BLOCKS {
                (blocks, MOST_BLOCKS)
            } else {
                // A block has up to four corners that do not touch.
                (conducting.min(4 * blocks), MOST_UNKNOWNS)
            }
        }
        Storage::Stencil => (conducting, MOST_UNKNOWNS),
        Storage::Network { per_voxel } => (conducting.saturating_mul(per_voxel), MOST_UNKNOWNS),
    };
    if unknowns > limit {
        return Err(TooManyUnknowns { unknowns, limit });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cube(n: usize, storage: Storage) -> Result<(), TooManyUnknowns> {
        check([n; 3], (n as u64).pow(3), storage)
    }

    #[test]
    fn what_does_not_fit_into_32_bits_is_refused_without_an_allocation() {
        let network = Storage::Network { per_voxel: 1 };
        let electrode = Storage::Network { per_voxel: 2 };
        for (storage, most) in [
            (Storage::Uniform, 2046),
            (Storage::Stencil, 1625),
            (network, 1625),
            (electrode, 1290),
        ] {
            assert_eq!(cube(most, storage), Ok(()), "{storage:?}");
            let error = cube(most + 2, storage).unwrap_err();
            assert!(error.unknowns > error.limit, "{storage:?}: {error}");
            assert!(error.to_string().contains(&error.limit.to_string()));
        }
        let all = [usize::MAX; 3];
        assert!(check(all, u64::MAX, Storage::Uniform).is_err());
        // What does not conduct has no unknown.
        assert_eq!(check([4096; 3], 1 << 31, Storage::Stencil), Ok(()));
    }

    #[test]
    #[should_panic(expected = "do not fit into 32 bits")]
    fn an_index_that_slips_through_does_not_wrap() {
        crate::solve::graph::id(1 << 32);
    }
}
