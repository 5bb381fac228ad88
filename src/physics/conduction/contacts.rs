//! Transport between electrodes where contacts resist: the same equations on a network, since faces between equal phases
//! then conduct differently.

use super::assembly::Assembly;
use crate::{
    Result,
    field::Backend,
    physics::network,
    solve::{
        Observer, Tolerance, balance::Balance, network::Network, refinement::Certified,
        stencil::DEAD,
    },
};

/// Certifies the potential of the stencil's voxels on the machine asked for, in the stencil's unit of conductance.
pub(super) fn certify(
    assembly: &Assembly,
    x: &mut [f64],
    how: (Tolerance, &Backend),
    observer: &mut dyn Observer,
) -> Result<(Certified, Option<String>)> {
    let network = assembly.network();
    let live = || {
        let firsts = network.cells.first.windows(2).enumerate();
        firsts.filter(|(_, first)| first[1] > first[0])
    };
    let mut unknowns: Vec<f64> = live().map(|(voxel, _)| x[voxel]).collect();
    let solved = network::certify((&network, |_, _| 0.0), &mut unknowns, how, observer);
    live()
        .zip(&unknowns)
        .for_each(|((voxel, _), &value)| x[voxel] = value);
    let (certified, adapter) = solved?;
    let factor = network.unit / assembly.unit;
    let Balance {
        energy,
        inflow,
        outflow,
    } = certified.balance;
    let certified = Certified {
        balance: Balance {
            energy: energy * factor,
            inflow: inflow * factor,
            outflow: outflow * factor,
        },
        bound: certified.bound * factor,
        ..certified
    };
    Ok((certified, adapter))
}

impl Assembly {
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
