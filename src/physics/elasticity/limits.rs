//! Ranges of moduli, voxel sizes and prescribed means within which no square leaves the numbers of double precision.

use super::{
    Solid,
    error::ElasticityError,
    hold::{Held, Hold},
    holding::COMPONENTS,
};
use std::ops::RangeInclusive;

/// Young's moduli and yield stresses that are taken, Pa. Only their ratios count in a solve; the ends keep squares finite.
pub(super) const MODULI: RangeInclusive<f64> = 1e-30..=1e30;
/// The largest contrast of moduli that is taken.
const CONTRAST: f64 = 1e18;
/// Voxel sizes that are taken, m, and the largest ratio between two of them.
const SIZES: RangeInclusive<f64> = 1e-30..=1e30;
const ASPECT: f64 = 1e6;
/// The largest prescribed strain, and the largest prescribed stress over the largest modulus.
const PRESCRIBED: f64 = 1e3;

/// Refuses voxel sizes (z, y, x), m, out of range.
pub(super) fn check_spacing(spacing: [f64; 3]) -> Result<(), ElasticityError> {
    let [least, most] = range(spacing);
    if SIZES.contains(&least) && SIZES.contains(&most) && most <= ASPECT * least {
        return Ok(());
    }
    Err(ElasticityError::Spacing { spacing })
}

/// Refuses moduli whose ratio double precision cannot carry.
pub(super) fn check_contrast(solids: &[Option<Solid>]) -> Result<(), ElasticityError> {
    let [least, most] = range(youngs_moduli(solids));
    if most > CONTRAST * least {
        return Err(ElasticityError::Contrast { least, most });
    }
    Ok(())
}

/// Young's moduli of the phases that are not void, Pa.
pub(super) fn youngs_moduli(solids: &[Option<Solid>]) -> impl Iterator<Item = f64> {
    solids.iter().filter_map(|solid| match solid {
        Some(Solid::Isotropic { young, .. }) => Some(*young),
        _ => None,
    })
}

/// The smallest and the largest of positive numbers.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> [f64; 2] {
    let ends = [f64::INFINITY, 0.0];
    values
        .into_iter()
        .fold(ends, |[least, most]: [f64; 2], value| {
            [least.min(value), most.max(value)]
        })
}

/// Refuses prescribed means that no linear theory describes, before their squares overflow.
pub(super) fn check_hold(hold: &Hold, unit: f64) -> Result<(), ElasticityError> {
    for (held, component) in hold.0.iter().zip(COMPONENTS) {
        let (relative, value, name) = match *held {
            Held::Strain(strain) => (strain, strain, "mean strain"),
            Held::Stress(stress) => (stress / unit, stress, "mean stress (Pa)"),
        };
        if relative.is_nan() || relative.abs() > PRESCRIBED {
            let component = format!("{name} {component}");
            return Err(ElasticityError::Prescribed { component, value });
        }
    }
    Ok(())
}
