//! How far sulphur swells on its way to Li2S, and how far Li2S shrinks on the way back.
//!
//! A fraction x of the sulphur turned to Li2S takes `1 + 0.8 x` times its volume (molar volumes of 15.5 and 27.7 to 28.0 cm3 per
//! mole of sulphur); an isotropic eigenstrain is the cube root of the ratio of volumes, less 1.

/// Volume of Li2S over that of the sulphur in it, less 1.
pub const VOLUME_CHANGE: f64 = 0.8;

/// A reaction that changes the volume of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// Sulphur takes up lithium: the volume begins as that of sulphur.
    SulphurToSulphide,
    /// Li2S gives lithium off: the volume begins as that of Li2S.
    SulphideToSulphur,
}

impl Conversion {
    /// The eigenstrain once a fraction (0 to 1) has been converted.
    ///
    /// ```
    /// use voxion::physics::swelling::Conversion;
    /// assert!((Conversion::SulphurToSulphide.eigenstrain(1.0) - 0.2164).abs() < 1e-4);
    /// assert!((Conversion::SulphideToSulphur.eigenstrain(1.0) + 0.1779).abs() < 1e-4);
    /// ```
    pub fn eigenstrain(self, fraction: f64) -> f64 {
        let ratio = match self {
            Self::SulphurToSulphide => 1.0 + VOLUME_CHANGE * fraction,
            Self::SulphideToSulphur => {
                (1.0 + VOLUME_CHANGE * (1.0 - fraction)) / (1.0 + VOLUME_CHANGE)
            }
        };
        ratio.cbrt() - 1.0
    }
}

/// How the eigenstrain of a phase comes about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Swelling {
    /// Given, along x, y and z; reached in proportion to the fraction converted.
    Strain([f64; 3]),
    /// That of a reaction.
    Reaction(Conversion),
}

impl Swelling {
    /// Along x, y and z once a fraction has been converted.
    pub fn eigenstrain(self, fraction: f64) -> [f64; 3] {
        match self {
            Self::Strain(strain) => strain.map(|strain| strain * fraction),
            Self::Reaction(conversion) => [conversion.eigenstrain(fraction); 3],
        }
    }
}
