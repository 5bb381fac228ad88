//! How the cell is held: mean strain or mean stress, component by component.

use super::{element::Voigt, system::Free};

/// What is prescribed of a component.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held {
    /// The mean strain; shear strains as engineers count them, twice the tensor's.
    Strain(f64),
    /// The mean stress, Pa.
    Stress(f64),
}

/// What is prescribed of the components xx, yy, zz, yz, xz, xy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hold(pub [Held; 6]);

impl Hold {
    /// No mean stress: a free body.
    pub const FREE: Self = Self([Held::Stress(0.0); 6]);
    /// No mean strain.
    pub const CLAMPED: Self = Self([Held::Strain(0.0); 6]);
    /// No mean strain in the plane of x and y, no mean stress out of it: a film on a stiff substrate, a pellet in a die.
    pub const FILM: Self = Self([
        Held::Strain(0.0),
        Held::Strain(0.0),
        Held::Stress(0.0),
        Held::Stress(0.0),
        Held::Stress(0.0),
        Held::Strain(0.0),
    ]);

    /// A mean strain of 1 in one component, none in the others.
    pub(super) fn unit(component: usize) -> Self {
        let mut held = Self::CLAMPED;
        held.0[component] = Held::Strain(1.0);
        held
    }

    /// Components whose mean strain is unknown.
    pub(super) fn free(&self) -> Free {
        self.0.map(|held| matches!(held, Held::Stress(_)))
    }

    /// Prescribed mean strains; 0 where the stress is.
    pub(super) fn strains(&self) -> Voigt<f64> {
        self.0.map(|held| match held {
            Held::Strain(strain) => strain,
            Held::Stress(_) => 0.0,
        })
    }

    /// Prescribed mean stresses, Pa; 0 where the strain is.
    pub(super) fn stresses(&self) -> Voigt<f64> {
        self.0.map(|held| match held {
            Held::Strain(_) => 0.0,
            Held::Stress(stress) => stress,
        })
    }
}
