//! Transport between electrodes where contacts resist: the same equations on a network, since faces between equal phases
//! then conduct differently.

use super::assembly::Assembly;
use crate::{
    Result,
    field::Backend,
    physics::{machine, network},
    solve::{
        Observer, Tolerance,
        network::Network,
        refinement::{Approximation, Certified},
        stencil::DEAD,
    },
};

impl Assembly {
    /// Certifies the potential `x` of the stencil's voxels, in the stencil's unit of conductance.
    pub(super) fn certify(
        &self,
        x: &mut Approximation,
        how: (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<(Certified, Option<String>)> {
        if self.faces.is_none() {
            return machine::certify(self, x, how, observer);
        }
        let network = self.network();
        let mut unknowns = Approximation {
            x: live(&network).map(|voxel| x.x[voxel]).collect(),
            iterations: x.iterations,
        };
        let solved = network::certify((&network, |_, _| 0.0), &mut unknowns, how, observer);
        live(&network)
            .zip(&unknowns.x)
            .for_each(|(voxel, &value)| x.x[voxel] = value);
        x.iterations = unknowns.iterations;
        let (certified, adapter) = solved?;
        Ok((certified.times(network.unit / self.unit), adapter))
    }

    /// One unknown for each voxel that is not dead; electrodes are leaks, to 1 at the inlet and to 0 at the outlet.
    fn network(&self) -> Network {
        let stencil = &self.stencil;
        let layers = stencil.shape[0];
        let ghosts = |[z, y, x]: [usize; 3]| [z + 1, y, x];
        Network::new(
            stencil.shape,
            |cell| u32::from(stencil.code(ghosts(cell)) != DEAD),
            |cells, cell, _, row| {
                let here = ghosts(cell);
                for (axis, other) in stencil.around(here) {
                    let conductance = self.conductance(axis, here, other);
                    match other {
                        [0, ..] => row.leak(conductance, 1.0),
                        [plane, ..] if plane > layers => row.leak(conductance, 0.0),
                        [plane, y, x] if other != here => {
                            let beyond = cells.unknowns([plane - 1, y, x]);
                            beyond.for_each(|unknown| row.link(unknown, conductance));
                        }
                        _ => {}
                    }
                }
            },
        )
    }
}

/// Voxels that have an unknown.
fn live(network: &Network) -> impl Iterator<Item = usize> {
    let firsts = network.cells.first.windows(2).enumerate();
    firsts
        .filter(|(_, first)| first[1] > first[0])
        .map(|(voxel, _)| voxel)
}
