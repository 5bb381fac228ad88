//! The potentials and the reaction current of an electrode as arrays of its volume.

use super::{ELECTRONS, Electrode, IONS, assembly::Assembly, sums::Driven};
use ndarray::Array3;

/// Fields `[z][y][x]` of an electrode at work.
#[derive(Debug, Clone)]
pub struct ElectrodeFields {
    /// Ionic potential, V against the separator; NaN where no ion gets.
    pub ionic: Array3<f64>,
    /// Electronic potential, V against the separator less the equilibrium potential; NaN where no electron gets.
    pub electronic: Array3<f64>,
    /// Reaction current per volume, A/m3, half of each site's on either side; NaN where neither carrier gets.
    pub reaction: Array3<f64>,
}

impl ElectrodeFields {
    pub(super) fn new(problem: &Electrode<'_>, driven: &Driven<'_>, x: &[f64]) -> Self {
        let assembly = driven.assembly;
        let potential = |carrier: usize, terminal: f64| {
            let value = |voxel| {
                assembly
                    .unknown(voxel, carrier)
                    .map_or(f64::NAN, |own| terminal + x[own])
            };
            restored(problem, assembly, value)
        };
        Self {
            ionic: potential(IONS, 0.0),
            electronic: potential(ELECTRONS, driven.overpotential),
            reaction: restored(problem, assembly, |voxel| reaction(driven, x, voxel)),
        }
    }
}

/// Reaction current per volume at a voxel.
fn reaction(driven: &Driven<'_>, x: &[f64], voxel: [usize; 3]) -> f64 {
    let assembly = driven.assembly;
    let mut current = if assembly.live[assembly.index(voxel)] == 0 {
        f64::NAN
    } else {
        0.0
    };
    for carrier in [IONS, ELECTRONS] {
        let Some(own) = assembly.unknown(voxel, carrier) else {
            continue;
        };
        assembly.sites(voxel, carrier, |other, site| {
            let [electrons, ions] = if carrier == ELECTRONS {
                [own, other]
            } else {
                [other, own]
            };
            let voltage = driven.voltage(x[electrons], x[ions], &site);
            current += 0.5 * site.element().at(driven.kinetics, voltage).current;
        });
    }
    current / assembly.edges.iter().product::<f64>()
}

/// Values by voxel with the transport axis first, as an array of the volume.
fn restored(
    problem: &Electrode<'_>,
    assembly: &Assembly,
    value: impl Fn([usize; 3]) -> f64 + Sync + Send,
) -> Array3<f64> {
    let layer = |z| assembly.layer(z).map(&value).collect::<Vec<f64>>();
    let values = assembly.layers(layer);
    let mut field = Array3::from_elem(problem.volume.shape(), f64::NAN);
    for (index, value) in values.into_iter().flatten().enumerate() {
        let (place, _) = assembly.in_volume(assembly.voxel(index), 0);
        field[place] = value;
    }
    field
}
