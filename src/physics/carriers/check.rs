//! Whether the description of an electrode makes sense.

use super::{Drive, ELECTRONS, Electrode, IONS, Place, Site};
use crate::{
    physics::conduction::ProblemError,
    solve::limits::{self, Storage},
};

/// The description of an electrode does not make sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ElectrodeError {
    /// No voxel size.
    #[error("an electrode needs a voxel size, because reactions are given per area; give one")]
    VoxelSize,
    /// One voxel thick.
    #[error("the electrode is one voxel thick along {axis}; it needs at least two")]
    Thin {
        /// Name of the axis.
        axis: &'static str,
    },
    /// Nothing conducts a carrier.
    #[error("no voxel conducts {carrier}; give a phase of the volume {article} conductivity")]
    NoCarrier {
        /// "ions" or "electrons".
        carrier: &'static str,
        /// "an ionic" or "an electronic".
        article: &'static str,
    },
    /// A carrier does not reach its terminal.
    #[error(
        "{carrier} have no terminal: no voxel that conducts them lies at the {terminal}, which is the {end} layer along {axis}"
    )]
    NoTerminal {
        /// "ions" or "electrons".
        carrier: &'static str,
        /// "separator" or "collector".
        terminal: &'static str,
        /// "first" or "last".
        end: &'static str,
        /// Name of the axis.
        axis: &'static str,
    },
    /// No site at all.
    #[error("nothing reacts: give [reaction] at least one of faces, volume and edges")]
    NoSite,
    /// Active material that cannot take part.
    #[error(
        "the active material touches neither a phase that conducts ions nor one that conducts electrons; check the phases of \
         [reaction]"
    )]
    Untouched,
    /// The reactive phases do not meet.
    #[error(
        "the phases between which charge should pass meet nowhere in the volume; check the phases of [reaction]"
    )]
    NoMeeting,
    /// An exchange current that is not positive.
    #[error("the exchange current is {value:e}; it must be greater than zero, or no charge passes")]
    Exchange {
        /// A/m2, A/m3 or A/m.
        value: f64,
    },
    /// Neither current nor displacement leads from one terminal to the other.
    #[error(
        "the impedance is infinite: no site of [reaction] is reached from both terminals; check the phases of [reaction] and the \
         conductivities"
    )]
    NoPassage,
    /// A frequency out of range.
    #[error("the frequency {value:e} Hz is out of range; give one from 1e-24 Hz to 1e24 Hz")]
    Frequency {
        /// Hz.
        value: f64,
    },
    /// No double layer.
    #[error(
        "no site has a capacitance, so the impedance depends on no frequency; give [reaction.faces] a capacitance"
    )]
    NoCapacitance,
    /// A temperature that is not positive.
    #[error("the temperature of the kinetics is {value} K; it must be greater than zero")]
    Temperature {
        /// K.
        value: f64,
    },
    /// Transfer coefficients that do not make a current rise.
    #[error("the transfer coefficients are {anodic} and {cathodic}; they must be positive")]
    Transfer {
        /// Anodic.
        anodic: f64,
        /// Cathodic.
        cathodic: f64,
    },
    /// A drive of zero or not a number.
    #[error("the {quantity} is {value}; it must be a finite number other than zero")]
    Drive {
        /// What is prescribed.
        quantity: &'static str,
        /// Its value in SI.
        value: f64,
    },
    /// A current that no overpotential drives.
    #[error(
        "a current density of {wanted:e} A/m2 was asked for and the electrode carries {reached:e} A/m2 at an overpotential of \
         {overpotential:.3} V; ask for less"
    )]
    Current {
        /// A/m2.
        wanted: f64,
        /// A/m2.
        reached: f64,
        /// V.
        overpotential: f64,
    },
    /// Particle ids that belong to another volume.
    #[error(transparent)]
    Grains(#[from] ProblemError),
    /// A description whose lists do not fit the volume.
    #[error("the electrode describes {found} phases and its volume has {expected}")]
    Phases {
        /// Entries.
        found: usize,
        /// Labels.
        expected: usize,
    },
}

impl Electrode<'_> {
    /// Whether [`Electrode::solve`] can begin.
    ///
    /// # Errors
    /// The first thing that does not make sense.
    pub fn check(&self, drive: Drive) -> Result<(), ElectrodeError> {
        self.check_lists()?;
        if let Some(grains) = &self.grains {
            ProblemError::check_grains(grains, self.volume)?;
        }
        let axis = self.axis;
        if self.volume.spacing().is_none() {
            return Err(ElectrodeError::VoxelSize);
        }
        if self.volume.shape()[axis.index()] < 2 {
            return Err(ElectrodeError::Thin { axis: axis.name() });
        }
        // An ionic and an electronic potential in each voxel, at most.
        let (storage, voxels) = (Storage::Network { per_voxel: 2 }, self.volume.codes().len());
        limits::check(self.volume.shape(), voxels as u64, storage).map_err(ProblemError::from)?;
        let value = self.kinetics.temperature;
        if !(value > 0.0 && value.is_finite()) {
            return Err(ElectrodeError::Temperature { value });
        }
        let [anodic, cathodic] = self.kinetics.transfer;
        let positive = |a: f64| a > 0.0 && a.is_finite();
        if !(positive(anodic) && positive(cathodic)) {
            return Err(ElectrodeError::Transfer { anodic, cathodic });
        }
        self.check_carriers()?;
        self.check_exchange()?;
        drive.check()
    }

    /// Every site passes or stores charge.
    pub(super) fn check_exchange(&self) -> Result<(), ElectrodeError> {
        let positive = |a: f64| a > 0.0 && a.is_finite();
        if self.sites.is_empty() {
            return Err(ElectrodeError::NoSite);
        }
        let exchange = |site: &Site| {
            !(positive(site.exchange) || site.exchange == 0.0 && positive(site.capacitance))
        };
        if let Some(site) = self.sites.iter().find(|site| exchange(site)) {
            let value = site.exchange;
            return Err(ElectrodeError::Exchange { value });
        }
        Ok(())
    }

    fn check_lists(&self) -> Result<(), ElectrodeError> {
        let expected = self.volume.labels().len();
        let lists = [
            self.conductivity[IONS].len(),
            self.conductivity[ELECTRONS].len(),
            self.terminal[IONS].len(),
            self.terminal[ELECTRONS].len(),
            self.active.len(),
            self.grain_boundary.len(),
        ];
        let pairs = self
            .contact
            .iter()
            .map(|pairs| pairs.len() / expected.max(1));
        let codes = self.sites.iter().flat_map(|site| site.place.codes());
        let wrong = lists
            .into_iter()
            .chain(pairs)
            .find(|&found| found != expected);
        let beyond = codes
            .map(|code| usize::from(code) + 1)
            .find(|&end| end > expected);
        match wrong.or(beyond) {
            Some(found) => Err(ElectrodeError::Phases { found, expected }),
            None => Ok(()),
        }
    }

    fn check_carriers(&self) -> Result<(), ElectrodeError> {
        let counts = self.volume.counts();
        for (carrier, words) in [
            (IONS, ("ions", "an ionic")),
            (ELECTRONS, ("electrons", "an electronic")),
        ] {
            let conducts = |sigma: &[f64; 3]| sigma.iter().any(|&s| s > 0.0);
            let mut phases = self.conductivity[carrier].iter().zip(&counts);
            if !phases.any(|(sigma, &count)| count > 0 && conducts(sigma)) {
                let (carrier, article) = words;
                return Err(ElectrodeError::NoCarrier { carrier, article });
            }
        }
        Ok(())
    }
}

impl Drive {
    fn check(self) -> Result<(), ElectrodeError> {
        let (quantity, value) = match self {
            Self::Overpotential(value) => ("overpotential", value),
            Self::Voltage(value) => ("voltage", value),
            Self::CurrentDensity(value) => ("current density", value),
        };
        if value.is_finite() && (value != 0.0 || matches!(self, Self::Voltage(_))) {
            Ok(())
        } else {
            Err(ElectrodeError::Drive { quantity, value })
        }
    }
}

impl Place {
    /// Every code that it names.
    fn codes(&self) -> Vec<u8> {
        match self {
            Self::Faces { electrons, ions } => [electrons.as_slice(), ions].concat(),
            Self::Volume { mixed } => mixed.clone(),
            Self::Edges {
                active,
                electrons,
                ions,
            } => [active.as_slice(), electrons, ions].concat(),
        }
    }
}
