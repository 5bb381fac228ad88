//! Main memory that an electrode takes, before anything is allocated.

use super::Electrode;

/// Bytes per voxel: codes and carriers, and the parts of three faces that are interface.
const VOXEL: u64 = 10 + 3 * 8;
/// Bytes per unknown: links and vectors of the network in f64, its coarse levels, the flux of the bound, the fields of the result.
/// Measured at 48^3, 64^3 and 96^3 with 0.67 and 1.67 unknowns per voxel, the estimate is up to 17 % above the peak.
const UNKNOWN: u64 = 500;

impl Electrode<'_> {
    /// Bytes on the host that [`Electrode::solve`] takes at most, the volume and the program aside. Every voxel that conducts a
    /// carrier counts as attached to its terminal.
    pub fn memory_estimate(&self) -> u64 {
        let counts = self.volume.counts();
        let carriers = self.conducts().into_iter();
        let carriers = carriers.map(|own| own.iter().filter(|&&conducts| conducts).count() as u64);
        let unknowns: u64 = counts
            .iter()
            .zip(carriers)
            .map(|(&count, carriers)| count as u64 * carriers)
            .sum();
        let voxels = self.volume.codes().len() as u64;
        VOXEL * voxels + UNKNOWN * unknowns
    }
}
