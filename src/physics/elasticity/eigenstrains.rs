//! How much each voxel would lengthen if it were free: by its phase, or by what is converted in it.

use super::error::ElasticityError;
use crate::physics::swelling::Swelling;
use ndarray::Array3;

/// Eigenstrains of a volume.
#[derive(Debug, Clone, Default)]
pub(super) struct Eigenstrains {
    /// Of each code along x, y and z, where all that is converted in the state is converted.
    phases: Vec<[f64; 3]>,
    local: Option<Local>,
}

/// Fractions that differ from voxel to voxel.
#[derive(Debug, Clone)]
struct Local {
    /// What each code does.
    swellings: Vec<Swelling>,
    /// The fraction converted of each voxel `[z][y][x]`.
    fractions: Vec<f32>,
}

impl Eigenstrains {
    /// With a fraction converted, the same everywhere or a share of what a field says.
    pub(super) fn new(
        swellings: &[Swelling],
        (converted, field): (f64, Option<&Array3<f32>>),
    ) -> Self {
        let local = |field: &Array3<f32>| Local {
            swellings: swellings.to_vec(),
            fractions: field.iter().map(|&own| own * narrow(converted)).collect(),
        };
        let most = field.map_or(1.0, |field| field.iter().fold(0.0, |m: f32, &v| m.max(v)));
        Self {
            phases: swellings
                .iter()
                .map(|own| own.eigenstrain(converted * f64::from(most)))
                .collect(),
            local: field.map(local),
        }
    }

    /// Of a voxel with this code, along x, y and z.
    #[inline(always)]
    pub(super) fn of(&self, code: u8, voxel: usize) -> [f64; 3] {
        match &self.local {
            None => self.phases[usize::from(code)],
            Some(local) => {
                local.swellings[usize::from(code)].eigenstrain(local.fractions[voxel].into())
            }
        }
    }

    /// The largest of each code in magnitude.
    pub(super) fn largest(&self) -> impl Iterator<Item = f64> {
        let largest = |own: &[f64; 3]| own.iter().fold(0.0, |most: f64, e| most.max(e.abs()));
        self.phases.iter().map(largest)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a fraction is as exact as the field it multiplies"
)]
fn narrow(fraction: f64) -> f32 {
    fraction as f32
}

/// Whether a field of fractions has the volume's shape and lies between 0 and 1.
pub(super) fn check(field: &Array3<f32>, volume: [usize; 3]) -> Result<(), ElasticityError> {
    let [z, y, x] = volume;
    if field.dim() != (z, y, x) {
        let field = field.dim().into();
        return Err(ElasticityError::FractionShape { field, volume });
    }
    let outside = field
        .indexed_iter()
        .find(|(_, value)| !(0.0..=1.0).contains(*value));
    outside.map_or(Ok(()), |((z, y, x), &value)| {
        let voxel = [z, y, x];
        Err(ElasticityError::Fraction { value, voxel })
    })
}
