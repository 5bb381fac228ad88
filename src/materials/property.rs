//! What the library has values of, in which units, and how far they are to be trusted.

use serde::Deserialize;

/// What a value is a value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Property {
    IonicConductivity,
    IonicConductivityPellet,
    BestIonicConductivity,
    ActivationEnergy,
    ElectronicConductivity,
    ElectronicConductivityAcross,
    YoungsModulus,
    YoungsModulusAcross,
    YoungsModulusPellet,
    YieldStrength,
    PoissonRatio,
    Density,
    MolarVolume,
    ReactionVolume,
    VolumeChange,
    Electrons,
    SpecificCapacity,
    VolumetricCapacity,
    StressCoupling,
    ElectrodePotential,
    ExchangeCurrentDensity,
}

impl Property {
    /// As tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::IonicConductivity => "ionic conductivity",
            Self::IonicConductivityPellet => "ionic conductivity, pellet",
            Self::BestIonicConductivity => "best ionic conductivity",
            Self::ActivationEnergy => "activation energy",
            Self::ElectronicConductivity => "electronic conductivity",
            Self::ElectronicConductivityAcross => "electronic conductivity across",
            Self::YoungsModulus => "Young's modulus",
            Self::YoungsModulusAcross => "Young's modulus across",
            Self::YoungsModulusPellet => "Young's modulus, pellet",
            Self::YieldStrength => "yield strength",
            Self::PoissonRatio => "Poisson's ratio",
            Self::Density => "density",
            Self::MolarVolume => "molar volume",
            Self::ReactionVolume => "reaction volume",
            Self::VolumeChange => "volume change",
            Self::Electrons => "electrons per reaction",
            Self::SpecificCapacity => "specific capacity",
            Self::VolumetricCapacity => "volumetric capacity",
            Self::StressCoupling => "stress coupling",
            Self::ElectrodePotential => "electrode potential",
            Self::ExchangeCurrentDensity => "exchange current density",
        }
    }

    /// The units in which the library may state it.
    pub fn units(self) -> &'static [Unit] {
        match self {
            Self::IonicConductivity
            | Self::IonicConductivityPellet
            | Self::BestIonicConductivity
            | Self::ElectronicConductivity
            | Self::ElectronicConductivityAcross => &[Unit::SiemensPerCentimetre],
            Self::ActivationEnergy => &[Unit::Electronvolt],
            Self::YoungsModulus
            | Self::YoungsModulusAcross
            | Self::YoungsModulusPellet
            | Self::YieldStrength => &[Unit::Gigapascal],
            Self::PoissonRatio | Self::VolumeChange | Self::Electrons => &[Unit::One],
            Self::Density => &[Unit::GramPerCubicCentimetre],
            Self::MolarVolume | Self::ReactionVolume => &[Unit::CubicCentimetrePerMole],
            Self::SpecificCapacity => &[Unit::MilliamperehourPerGram],
            Self::VolumetricCapacity => &[Unit::AmperehourPerCubicCentimetre],
            Self::StressCoupling => &[Unit::MillivoltPerGigapascal],
            Self::ElectrodePotential => &[Unit::Volt],
            Self::ExchangeCurrentDensity => &[Unit::AmperePerSquareMetre],
        }
    }
}

/// How far a value is to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// Measured or stated in one of the papers that the scenarios follow.
    Paper,
    /// A literature value, known by its source.
    Literature,
    /// The spread of the literature: to be swept, not believed.
    Range,
}

impl Mark {
    /// As tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Literature => "literature",
            Self::Range => "range",
        }
    }
}

/// The unit in which a value is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    #[serde(rename = "S/cm")]
    SiemensPerCentimetre,
    #[serde(rename = "eV")]
    Electronvolt,
    #[serde(rename = "GPa")]
    Gigapascal,
    #[serde(rename = "1")]
    One,
    #[serde(rename = "g/cm3")]
    GramPerCubicCentimetre,
    #[serde(rename = "cm3/mol")]
    CubicCentimetrePerMole,
    #[serde(rename = "mAh/g")]
    MilliamperehourPerGram,
    #[serde(rename = "Ah/cm3")]
    AmperehourPerCubicCentimetre,
    #[serde(rename = "mV/GPa")]
    MillivoltPerGigapascal,
    #[serde(rename = "V")]
    Volt,
    #[serde(rename = "A/m2")]
    AmperePerSquareMetre,
}

impl Unit {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::SiemensPerCentimetre => "S/cm",
            Self::Electronvolt => "eV",
            Self::Gigapascal => "GPa",
            Self::One => "1",
            Self::GramPerCubicCentimetre => "g/cm3",
            Self::CubicCentimetrePerMole => "cm3/mol",
            Self::MilliamperehourPerGram => "mAh/g",
            Self::AmperehourPerCubicCentimetre => "Ah/cm3",
            Self::MillivoltPerGigapascal => "mV/GPa",
            Self::Volt => "V",
            Self::AmperePerSquareMetre => "A/m2",
        }
    }

    /// A number of this unit in SI: S/m, Pa, kg/m3, m3/mol, C/kg, C/m3, V/Pa, V, A/m2; eV stays.
    pub fn to_si(self, value: f64) -> f64 {
        match self {
            Self::SiemensPerCentimetre => value * 1e2,
            Self::Gigapascal => value * 1e9,
            Self::GramPerCubicCentimetre => value * 1e3,
            Self::CubicCentimetrePerMole => value / 1e6,
            Self::MilliamperehourPerGram => value * 3.6e3,
            Self::AmperehourPerCubicCentimetre => value * 3.6e9,
            Self::MillivoltPerGigapascal => value / 1e12,
            Self::Electronvolt | Self::One | Self::Volt | Self::AmperePerSquareMetre => value,
        }
    }
}
