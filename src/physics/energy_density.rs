//! Energy of a cell per mass: what its active material delivers, over what every layer of the cell weighs.
//!
//! For an area of one cathode, one membrane and one lithium anode,
//!
//! ```text
//!         u q L (V - j R)                    u  utilisation              L  active material per area
//! w = ---------------------------           q  specific capacity        f  its mass over that of the cathode
//!     L / f + t rho + n q L / q_Li + m      V  mean voltage             n  lithium over what it needs
//!                                           j  current density          m  everything else per area
//!                                           t, rho, R  thickness, density, area-specific resistance of the membrane
//! ```
//!
//! which is the definition, layer by layer. The resistances of the electrodes are in V, measured as that of a cell. Numerator and
//! denominator are linear in L, so the L that gives a wanted w follows directly. Host only, a few operations.

/// Charge that a kilogram of lithium holds, C/kg: Faraday's constant over 6.94 g/mol (CIAAW standard atomic weight).
pub const LITHIUM_CAPACITY: f64 = 96_485.332_12 / 6.94e-3;
/// Joules of a watt-hour.
const WATT_HOUR: f64 = 3600.0;

/// All of a cell but its membrane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellDesign {
    /// Active material per area, kg/m2.
    pub loading: f64,
    /// Theoretical charge of the active material, C/kg.
    pub capacity: f64,
    /// Part of it that is used.
    pub utilisation: f64,
    /// Mass of the active material over that of the cathode.
    pub active_fraction: f64,
    /// Mean voltage of the cell without its membrane, V.
    pub voltage: f64,
    /// Lithium of the anode over what the theoretical charge needs.
    pub lithium: f64,
    /// Current collectors and everything else that depends on nothing, kg/m2.
    pub collectors: f64,
    /// Current density of the discharge, A/m2.
    pub current_density: f64,
}

/// The membrane between the electrodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Membrane {
    /// In m.
    pub thickness: f64,
    /// Mass over volume, pores included, kg/m3.
    pub density: f64,
    /// Area-specific resistance, Ohm m2.
    pub resistance: f64,
}

impl CellDesign {
    /// Energy per mass, Wh/kg; 0 where the membrane takes the whole voltage.
    ///
    /// ```
    /// use voxion::physics::energy_density::{CellDesign, Membrane};
    ///
    /// let cell = CellDesign {
    ///     loading: 0.05, capacity: 1675.0 * 3600.0, utilisation: 0.7, active_fraction: 0.3,
    ///     voltage: 2.0, lithium: 2.0, collectors: 0.027, current_density: 0.0,
    /// };
    /// let membrane = Membrane { thickness: 30e-6, density: 1870.0, resistance: 0.0 };
    /// assert!((cell.energy_density(membrane) - 400.0).abs() < 1.0);
    /// ```
    pub fn energy_density(&self, membrane: Membrane) -> f64 {
        let mass = self.loading * self.mass_per_active() + self.mass_beside(membrane);
        self.loading * self.energy_per_active(membrane) / mass
    }

    /// Active material per area that gives so much energy per mass (Wh/kg), kg/m2; none where no loading does.
    pub fn loading_for(&self, energy_density: f64, membrane: Membrane) -> Option<f64> {
        let surplus = self.energy_per_active(membrane) - energy_density * self.mass_per_active();
        (surplus > 0.0).then(|| energy_density * self.mass_beside(membrane) / surplus)
    }

    /// Wh per kilogram of active material.
    fn energy_per_active(&self, membrane: Membrane) -> f64 {
        let drop = match self.current_density {
            0.0 => 0.0,
            current => current * membrane.resistance,
        };
        self.utilisation * self.capacity * (self.voltage - drop).max(0.0) / WATT_HOUR
    }

    /// Cathode and lithium per active material.
    fn mass_per_active(&self) -> f64 {
        1.0 / self.active_fraction + self.lithium * self.capacity / LITHIUM_CAPACITY
    }

    /// What does not grow with the loading, kg/m2.
    fn mass_beside(&self, membrane: Membrane) -> f64 {
        membrane.thickness * membrane.density + self.collectors
    }
}
