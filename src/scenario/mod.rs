//! A run as data: read, check (units, ranges, names), and turn into a problem.
//!
//! A [`Scenario`] says everything about a run: which volume, what its phases are made of, along which axes, how exactly,
//! on which machine, and what to write. `voxion run FILE.toml` reads one from a file ([`Scenario::read`]), `voxion solve`
//! makes one from its arguments; from there on the two are the same. Everything inside is in SI units.
//!
//! ```toml
//! [volume]                     # which voxels
//! path = "electrode.tiff"      # relative to the scenario file; dataset = "/image" for HDF5, shape = [z, y, x] for .raw
//! voxel_size = "390 nm"        # or [z, y, x]
//!
//! [generate]                   # or, in place of [volume], how to build it: see [`generate`]
//! generator = "pellet"         # its phases need no label, and are described only where another material is wanted
//!
//! [phases.pore]                # what each label is
//! label = 0                    # or labels = [0, 3]
//! conductivity = "10 mS/cm"    # all with units (results in S/m) or all without (relative results)
//! electrode_resistance = { inlet = "0.5 Ohm cm2" }
//! grain_boundary = "5 Ohm cm2" # between its grains, which [grains] tells apart
//! activation_energy = "0.3 eV" # its conductivity is that at 25 C, or at its reference_temperature; or give a prefactor
//!
//! [phases.active]
//! label = 85
//! material = "S"               # or in place of a conductivity: a material of the library (`voxion materials`)
//!
//! [phases.sheets]
//! label = 170
//! material = "graphene"
//! normal = "x"                 # conducts differently along x: across = "3 S/cm", or what the library has for "across"
//!
//! [[contact]]                  # resistance between two phases
//! between = ["pore", "active"]
//! resistance = "2 Ohm cm2"
//!
//! [grains]                     # particle ids: voxels of one phase with different ids are different grains
//! path = "electrode.h5"
//! dataset = "/particles"
//!
//! [transport]
//! axes = "z"                   # "x", "y", "z", "all" or a list
//! boundary = "face"            # or "centre"; "periodic" or "mirror-periodic" for the tensor of all directions
//! sides = "mirror"             # or "periodic"
//! rtol = 1e-3                  # error of the reported number
//! carrier = "ionic"            # or "electronic": which conductivity of the library
//! temperature = "25 C"         # of everything: what comes from the library, what is activated, and kinetics
//! extrapolate = false          # true solves at half and quarter resolution, too
//!
//! [reaction]                   # an electrode with ions, electrons and a reaction between them: see [`ElectrodePlan`]
//!
//! [vary]                       # one parameter, several values: a case each, compared in one table
//! parameter = "generate.cycles"
//! values = [0, 20, 40]         # [[measured]] puts measured values beside: see [`Study`]
//!
//! [stress]                     # moduli, swelling, how the cell is held: see [`mechanics`]
//! [cell]                       # the cell that the volume is the membrane of: see [`CellPlan`]
//! [run]
//! backend = "auto"             # or "host", "device"; device = "part of an adapter's name"
//! threads = 2                  # memory = "auto", "lean" or "full": how much a solve on the host takes
//!
//! [output]                     # relative to the scenario file
//! json = "result.json"
//! fields = "fields.h5"
//! slices = "slices"            # or pictures, which is the same
//! force = false                # true replaces existing files
//! ```

mod activation;
mod cell;
mod elasticity;
mod electrode;
mod error;
mod file;
pub mod generate;
mod grains;
mod material;
pub mod mechanics;
mod output;
mod phases;
mod problem;
pub mod quantity;
mod resolutions;
mod section;
mod source;
mod study;
pub mod sweep;
mod units;
mod voxels;
pub mod words;

pub use activation::Activation;
pub use cell::CellPlan;
pub use electrode::{ElectrodePlan, SiteKind, SitePlan, Worked};
pub use error::{Fault, Inconsistency, Located, ScenarioError};
pub use grains::Grains;
pub use material::Used;
pub use mechanics::Mechanics;
pub use output::{Origin, Output};
pub use resolutions::{Coarser, Resolutions};
pub use source::ScenarioFile;
pub use study::{About, Case, Measured, Quantified, Study};
pub use sweep::Sweep;
pub use voxels::Voxels;

use crate::{
    field::Backend,
    io::VolumeSource,
    materials::REFERENCE_TEMPERATURE,
    microstructure::Axis,
    physics::{
        carriers::IMPEDANCE_ERROR,
        conduction::{Boundary, MemoryMode, Sides},
    },
    solve::Tolerance,
};
use quantity::{Quantity, Unit};
use words::Machine;

/// Everything about a run.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Which voxels.
    pub volume: Voxels,
    /// What the labels are, in the order in which they were described.
    pub phases: Vec<Phase>,
    /// What becomes of labels that no phase names.
    pub unnamed: UnnamedLabels,
    /// Resistances between phases.
    pub contacts: Vec<Contact>,
    /// Particle ids, where grains of a phase are told apart.
    pub grains: Option<Grains>,
    /// What to solve.
    pub transport: Transport,
    /// What to ask about stress, in place of transport alone.
    pub stress: Option<Mechanics>,
    /// Two carriers and a reaction between them, where they are described.
    pub electrode: Option<ElectrodePlan>,
    /// The cell that the volume is the membrane of, where it is described.
    pub cell: Option<CellPlan>,
    /// Where to solve.
    pub execution: Execution,
    /// What to write.
    pub output: Output,
}

/// The voxels of a file, and how large they are.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where the labels are.
    pub source: VolumeSource,
    /// Voxel size in metres, (z, y, x); overrides what the file says.
    pub voxel_size: Option<[f64; 3]>,
}

/// A material of the volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// As people call it, where a scenario file names it.
    pub name: Option<String>,
    /// The labels in the volume that are this phase.
    pub labels: Vec<i64>,
    /// Conductivity in S/m, or relative; all phases alike.
    pub conductivity: Quantity,
    /// Area-specific resistance to the inlet electrode, Ohm m2.
    pub inlet_resistance: f64,
    /// Area-specific resistance to the outlet electrode, Ohm m2.
    pub outlet_resistance: f64,
    /// Area-specific resistance between its grains, Ohm m2.
    pub grain_boundary: f64,
    /// How its own conductivity depends on temperature, where that is given; `conductivity` is at the run's temperature.
    pub activation: Option<Activation>,
    /// The material of the library that it names, if any.
    pub material: Option<Used>,
    /// The direction in which it conducts differently, if there is one.
    pub normal: Option<Normal>,
}

/// A direction in which a phase conducts differently than in the two others: across sheets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normal {
    /// The direction.
    pub axis: Axis,
    /// The conductivity along it.
    pub conductivity: Quantity,
}

impl Phase {
    /// A phase that meets its electrodes without resistance.
    pub fn new(name: Option<String>, labels: Vec<i64>, conductivity: Quantity) -> Self {
        Self {
            name,
            labels,
            conductivity,
            inlet_resistance: 0.0,
            outlet_resistance: 0.0,
            grain_boundary: 0.0,
            activation: None,
            material: None,
            normal: None,
        }
    }

    /// Its name, or else "label 0" or "labels 0, 3".
    pub fn title(&self) -> String {
        let labels: Vec<String> = self.labels.iter().map(i64::to_string).collect();
        let plural = if labels.len() == 1 { "" } else { "s" };
        self.name
            .clone()
            .unwrap_or_else(|| format!("label{plural} {}", labels.join(", ")))
    }
}

/// What becomes of labels that no phase names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnnamedLabels {
    /// They are an error: probably a phase was forgotten.
    Refused,
    /// They insulate.
    Insulate,
}

/// A resistance between two phases.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// The two phases, as places in [`Scenario::phases`].
    pub between: [usize; 2],
    /// Area-specific resistance, Ohm m2.
    pub resistance: f64,
}

/// What to solve.
#[derive(Debug, Clone, PartialEq)]
pub struct Transport {
    /// The axes along which current flows, one solve each.
    pub axes: Vec<Axis>,
    /// Where the potential is fixed.
    pub boundary: Boundary,
    /// What the sides without electrode do.
    pub sides: Sides,
    /// Certified relative error of the reported number.
    pub relative_error: f64,
    /// Whether that was asked for, in place of the default of each question.
    pub asked_error: Option<f64>,
    /// In K.
    pub temperature: f64,
    /// Whether the volume is solved at coarser resolutions, too.
    pub resolutions: Resolutions,
}

impl Default for Transport {
    fn default() -> Self {
        Self {
            axes: vec![Axis::Z],
            boundary: Boundary::default(),
            sides: Sides::default(),
            relative_error: Tolerance::default().relative_error,
            asked_error: None,
            temperature: REFERENCE_TEMPERATURE,
            resolutions: Resolutions::default(),
        }
    }
}

/// Where to solve.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Execution {
    /// Host or device.
    pub backend: Backend,
    /// Threads on the host; all cores if not given.
    pub threads: Option<usize>,
    /// How much memory the host may take.
    pub memory: MemoryMode,
}

impl Execution {
    /// The backend for a machine and, where given, part of an adapter's name.
    ///
    /// # Errors
    /// A name together with the host.
    pub fn backend(machine: Machine, device: Option<String>) -> Result<Backend, Inconsistency> {
        match (machine, device) {
            (Machine::Host, Some(device)) => Err(Inconsistency::DeviceOnHost { device }),
            (Machine::Host, None) => Ok(Backend::Host),
            (Machine::Auto, None) => Ok(Backend::Auto),
            (_, name) => Ok(Backend::Device { name }),
        }
    }
}

impl Scenario {
    /// Whether conductivities, and so results, are in S/m; else they are relative.
    pub fn has_units(&self) -> bool {
        self.phases
            .iter()
            .any(|phase| phase.conductivity.unit == Unit::Given)
    }

    /// How far to solve.
    pub fn tolerance(&self) -> Tolerance {
        Tolerance {
            relative_error: self.transport.relative_error,
            ..Tolerance::default()
        }
    }

    /// Settings that change nothing of what is asked, each in a sentence that names the key.
    pub fn ignored(&self) -> Vec<String> {
        let mut notes = self
            .electrode
            .as_ref()
            .map_or_else(Vec::new, |plan| plan.ignored.clone());
        let activated = |phase: &Phase| {
            let library = phase
                .material
                .as_ref()
                .and_then(|used| used.conductivity.as_ref());
            phase.activation.is_some()
                || library.is_some_and(|found| found.activation_energy.is_some())
        };
        let warm = self.transport.temperature.to_bits() != REFERENCE_TEMPERATURE.to_bits();
        if warm && self.electrode.is_none() && !self.phases.iter().any(activated) {
            notes.push(
                "transport.temperature has no effect: no conductivity of this scenario has an activation energy".to_owned(),
            );
        }
        notes
    }

    /// How far to solve for impedances: to `rtol` where it is given, else to [`IMPEDANCE_ERROR`].
    pub fn impedance_tolerance(&self) -> Tolerance {
        Tolerance {
            relative_error: self.transport.asked_error.unwrap_or(IMPEDANCE_ERROR),
            ..Tolerance::default()
        }
    }

    /// Checks what one setting means for another.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), Inconsistency> {
        self.check_labels()?;
        self.check_units()?;
        if self
            .phases
            .iter()
            .all(|phase| phase.conductivity.value == 0.0)
        {
            return Err(Inconsistency::NothingConducts);
        }
        let electrodes = self
            .phases
            .iter()
            .map(|p| p.inlet_resistance + p.outlet_resistance);
        let grains = self.phases.iter().map(|phase| phase.grain_boundary);
        let contacts = self.contacts.iter().map(|contact| contact.resistance);
        let resistances = electrodes.chain(contacts).chain(grains);
        let needs_units = self.cell.is_some() || resistances.sum::<f64>() > 0.0;
        if needs_units && !self.has_units() {
            return Err(Inconsistency::ResistanceNeedsUnits);
        }
        self.check_grains()
    }

    fn check_labels(&self) -> Result<(), Inconsistency> {
        let mut owners: Vec<(i64, &Phase)> = Vec::new();
        for phase in &self.phases {
            for &label in &phase.labels {
                if let Some((_, first)) = owners.iter().find(|(owned, _)| *owned == label) {
                    let (first, phase) = (first.title(), phase.title());
                    return Err(Inconsistency::DuplicateLabel {
                        label,
                        first,
                        phase,
                    });
                }
                owners.push((label, phase));
            }
        }
        if owners.is_empty() {
            Err(Inconsistency::NoPhases)
        } else {
            Ok(())
        }
    }

    /// Every phase with its conductivities.
    fn conductivities(&self) -> impl Iterator<Item = (&Phase, Quantity)> {
        self.phases.iter().flat_map(|phase| {
            let across = phase.normal.map(|normal| normal.conductivity);
            let all = std::iter::once(phase.conductivity).chain(across);
            all.map(move |conductivity| (phase, conductivity))
        })
    }

    /// A bare 0 is 0 in every unit and fits both.
    fn check_units(&self) -> Result<(), Inconsistency> {
        let conducting = || {
            self.conductivities()
                .filter(|(_, sigma)| sigma.value != 0.0)
        };
        let Some((first, sigma)) = conducting().next() else {
            return Ok(());
        };
        match conducting().find(|(_, other)| other.unit != sigma.unit) {
            None => Ok(()),
            Some((phase, other)) => Err(Inconsistency::MixedUnits {
                first: first.title(),
                phase: phase.title(),
                unit: other.unit,
            }),
        }
    }
}
