//! The words users type: subcommands and options as clap knows them ("low" arguments).
//!
//! Nothing is decided here; [`resolve`](super::resolve) turns these into a scenario ("high" arguments).

use super::{
    bench::BenchArguments,
    convert::ConvertArguments,
    generate::GenerateArguments,
    measure::MeasureArguments,
    porosity::PorosityArguments,
    report::ReportArguments,
    resolve::{Form, Show, Verbosity},
    stress::StressArguments,
    study::StudyArguments,
    values,
};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use std::path::PathBuf;
use voxion::{
    io::{ReadOptions, SampleType, VolumeSource},
    materials::Material,
    microstructure::Axis,
    physics::{
        carriers::Cell,
        conduction::{Boundary, MemoryMode, Sides},
    },
    scenario::words::{self, Machine},
};

const EXIT_CODES: &str = "\
Exit codes:
    0  fine
    1  the run failed (no usable device, no convergence, disk full, ...)
    2  the input is wrong (arguments, scenario, volume, an output that exists, ...)
  130  interrupted (Ctrl-C); no half-written file stays behind";

const EXAMPLES: &str = "\
Examples:
  voxion solve electrode.tiff --phase 0 --axis z
  voxion solve scan.h5:/image --sigma '1=3.07 mS/cm,0=0' --voxel-size 390nm --axis all --json
  voxion solve cell.npy --sigma 0=1,1=10 --boundary periodic --extrapolate
  voxion solve scan.h5:/image --sigma '1=3.07 mS/cm,2=5 mS/cm' --voxel-size 390nm --contact '1:2=10 Ohm cm2'
  voxion solve cuts/*.h5 --phase 0";

const STRESS_EXAMPLES: &str = "\
Examples:
  voxion stress film.h5 --moduli 1=83GPa:0.19,0=void --eigenstrain 1=0.05 --hold film
  voxion stress pellet.tif --moduli 1=22.1GPa:0.37,0=void --stiffness --json";
const STUDY_EXAMPLES: &str = "\
Examples:
  voxion study new coating.toml                # a commented study file to edit
  voxion study run coating.toml --dry-run      # which cases, how much memory, how long
  voxion study run coating.toml                # run what is open; again after any interruption
  voxion study run coating.toml --shard 3/16   # a part of it, on one of several machines
  voxion study status coating.toml";

const MEASURE_EXAMPLES: &str = "\
Examples:
  voxion measure electrode.tiff --voxel-size 390nm
  voxion measure electrode.tiff --only fractions,area,thickness --json
  voxion measure composite.h5 --only triple-line --roles active=1,electrolyte=2,carbon=3 --axis z";

const POROSITY_EXAMPLES: &str = "\
Examples:
  voxion porosity pellet.png --threshold otsu -o pictures
  voxion porosity bare.tif coated.tif --threshold 0..85 --roi 0:900,0:1280 --compare";

const CONVERT_EXAMPLES: &str = "\
Examples:
  voxion convert scan.tif labels.h5 --median 1 --threshold otsu --voxel-size 50nm
  voxion convert electrode.tiff small.npy --map 85=1,170=2 --crop 0:128,0:128,0:128 --resample 2";

const BENCH_EXAMPLES: &str = "\
Examples:
  voxion bench
  voxion bench --size 256 --backend host --kernels";

/// Effective conductivity and tortuosity of voxelized microstructures, with a certified error bound.
#[derive(Debug, Parser)]
#[command(name = "voxion", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Solve for the effective conductivity of a volume
    #[command(after_help = EXAMPLES)]
    Solve(Box<SolveArguments>),
    /// Solve what a scenario file describes, or compare the cases that it makes with [vary]
    Run(RunArguments),
    /// Impedance of a scenario's electrode: spectrum, transmission line, relaxation times
    Impedance(ImpedanceArguments),
    /// Stress and stiffness of a volume whose phases swell
    #[command(after_help = STRESS_EXAMPLES)]
    Stress(Box<StressArguments>),
    /// Run many cases that differ in parameters: sweep, resume, share, merge
    #[command(after_help = STUDY_EXAMPLES)]
    Study(StudyArguments),
    /// Make one HTML page of a merged study, or of the result file of a run
    Report(ReportArguments),
    /// Show what a volume holds: shape, labels, fractions, percolation
    Info(InfoArguments),
    /// Measure a volume: fractions, surfaces, triple lines, pore sizes, chords, correlation, representative volume
    #[command(after_help = MEASURE_EXAMPLES)]
    Measure(Box<MeasureArguments>),
    /// Porosity of pictures (SEM, say) and grey volumes by a threshold, side by side
    #[command(after_help = POROSITY_EXAMPLES)]
    Porosity(PorosityArguments),
    /// Turn a volume or a grey-scale stack into labels in another file: threshold, crop, renumber, coarsen
    #[command(after_help = CONVERT_EXAMPLES)]
    Convert(ConvertArguments),
    /// Show the devices that can solve, and their limits
    Devices {
        /// Print one JSON object instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Measure how fast this machine solves, on the host and on every device
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(BenchArguments),
    /// Build a microstructure from a recipe and a seed
    Generate(GenerateArguments),
    /// Show the material library: every value with its unit, source and mark
    Materials(MaterialsArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SolveArguments {
    #[command(flatten)]
    pub(crate) volume: VolumeArguments,
    /// More volumes, of which the same is asked: solved together, and shown in one table
    #[arg(value_name = "MORE", value_parser = values::source)]
    pub(crate) more: Vec<VolumeSource>,
    #[command(flatten)]
    pub(crate) material: MaterialArguments,
    #[command(flatten)]
    pub(crate) contacts: ContactArguments,
    #[command(flatten)]
    pub(crate) transport: TransportArguments,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// Scenario file (TOML); paths inside are relative to it
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ImpedanceArguments {
    /// Scenario file (TOML) with [reaction]; paths inside are relative to it
    pub(crate) file: PathBuf,
    /// From high to low, such as 1MHz..1mHz
    #[arg(long, value_name = "HIGH..LOW", default_value = "1MHz..1mHz", value_parser = values::frequencies)]
    pub(crate) frequencies: [f64; 2],
    /// Frequencies per decade
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub(crate) per_decade: u8,
    /// Between separator and collector, between metals that block ions, or between electrolytes that block electrons
    #[arg(long, default_value = "electrode", value_parser = values::choice(&words::CELLS))]
    pub(crate) cell: Cell,
    #[command(flatten)]
    pub(crate) machine: MachineArguments,
    /// Write frequency, real and imaginary part to a CSV file
    #[arg(long, value_name = "OUT.csv")]
    pub(crate) csv: Option<PathBuf>,
    /// Write Nyquist and Bode plots and the distribution of relaxation times as PNG into a folder
    #[arg(long, value_name = "DIR")]
    pub(crate) plots: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) show: ShowArguments,
    /// Replace output files that exist
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InfoArguments {
    #[command(flatten)]
    pub(crate) volume: VolumeArguments,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct MaterialsArguments {
    /// One material, with all its values
    #[arg(value_parser = values::material())]
    pub(crate) name: Option<&'static Material>,
    /// Show conductivities at this temperature too, such as 60C or 333K
    #[arg(long, value_name = "T", allow_hyphen_values = true, value_parser = values::temperature)]
    pub(crate) temperature: Option<f64>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VolumeArguments {
    /// file.h5, file.h5:/path/to/dataset, a multi-page TIFF, a folder of numbered images, .npy, or .raw with --shape
    #[arg(value_name = "VOLUME", value_parser = values::source)]
    pub(crate) source: VolumeSource,
    #[command(flatten)]
    pub(crate) read: ReadArguments,
    /// Voxel size: one length for all axes, such as 390nm, or three
    #[arg(
        long,
        value_name = "LENGTH|Z,Y,X",
        allow_hyphen_values = true,
        value_parser = values::voxel_size
    )]
    pub(crate) voxel_size: Option<[f64; 3]>,
}

/// What a file does not say of itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReadArguments {
    /// Voxels along z, y and x of a .raw file; with --type or --offset of any file, which is then read as raw voxels
    #[arg(long, value_name = "Z,Y,X", allow_hyphen_values = true, value_parser = values::shape)]
    pub(crate) shape: Option<[usize; 3]>,
    /// Type of raw voxels: u8, u16, i16, u32, i32, f32, ...; u16be where bytes are big-endian [default: u8]
    #[arg(long = "type", value_name = "TYPE", requires = "shape")]
    pub(crate) sample_type: Option<SampleType>,
    /// Bytes before the first raw voxel
    #[arg(long, value_name = "BYTES", requires = "shape")]
    pub(crate) offset: Option<u64>,
    /// Channel (or frame, position) to read of a file that holds several, counted from 0; of several such axes one of each
    #[arg(long, value_name = "N,...", value_delimiter = ',')]
    pub(crate) channel: Vec<usize>,
}

impl ReadArguments {
    /// A source with what was typed about it; shape, type and offset are those of raw files alone.
    pub(crate) fn of(&self, source: VolumeSource) -> VolumeSource {
        source.with_options(ReadOptions {
            shape: self.shape,
            sample_type: self.sample_type,
            offset: self.offset,
            channel: self.channel.clone(),
            has_voxel_size: false,
        })
    }

    /// As [`ReadArguments::of`] for one of several files, of which shape, type and offset concern the raw ones.
    pub(crate) fn of_one(&self, source: VolumeSource) -> VolumeSource {
        match source
            .path()
            .extension()
            .is_some_and(|ending| ending == "raw")
        {
            true => self.of(source),
            false => source.with_options(ReadOptions {
                channel: self.channel.clone(),
                ..ReadOptions::default()
            }),
        }
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct MaterialArguments {
    /// Conductivity of each label, all with units (results in S/m) or all without (relative results); 0 insulates
    #[arg(
        long,
        value_name = "LABEL=VALUE[UNIT],...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = values::sigma
    )]
    pub(crate) sigma: Vec<values::Sigma>,
    /// The label that conducts; all others insulate
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true, value_parser = values::label)]
    pub(crate) phase: Option<i64>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Contacts and temperature")]
pub(crate) struct ContactArguments {
    /// Area-specific resistance between two labels; needs a voxel size
    #[arg(
        long,
        value_name = "LABEL:LABEL=RESISTANCE,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = values::contact
    )]
    pub(crate) contact: Vec<values::Contact>,
    /// Area-specific resistance between grains of a label, which --particles tells apart
    #[arg(
        long,
        value_name = "LABEL=RESISTANCE,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = values::grain_boundary
    )]
    pub(crate) grain_boundary: Vec<values::OfLabel>,
    /// Particle ids: whole numbers of the volume's shape, in any format that volumes have
    #[arg(long, value_name = "FILE[:/DATASET]", value_parser = values::source)]
    pub(crate) particles: Option<VolumeSource>,
    /// Activation energy of labels whose --sigma is the conductivity at 25 C
    #[arg(
        long,
        value_name = "LABEL=ENERGY,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = values::activation_energy
    )]
    pub(crate) activation_energy: Vec<values::OfLabel>,
    /// Temperature of labels with an activation energy, such as 60C or 333K
    #[arg(
        long,
        value_name = "T",
        allow_hyphen_values = true,
        value_parser = values::temperature,
        requires = "activation_energy"
    )]
    pub(crate) temperature: Option<f64>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Transport")]
pub(crate) struct TransportArguments {
    /// Axis along which current flows; z is array axis 0 [default: z]
    #[arg(long, value_parser = values::choice(&words::AXES))]
    pub(crate) axis: Option<&'static [Axis]>,
    /// Fix the potential on the outer faces of the first and last layer, or in their centres; periodic: no electrodes, the
    /// volume repeats itself, or with its mirror images, and the tensor of all directions comes out
    #[arg(long, default_value = "face", value_parser = values::choice(&words::BOUNDARIES))]
    pub(crate) boundary: Boundary,
    /// The four other sides: no flux through them, or periodic [default: mirror]
    #[arg(long, value_parser = values::choice(&words::SIDES))]
    pub(crate) sides: Option<Sides>,
    /// Certified relative error of the reported number at which the solver stops
    #[arg(
        long,
        value_name = "FRACTION",
        default_value = "1e-3",
        allow_hyphen_values = true,
        value_parser = values::rtol
    )]
    pub(crate) rtol: f64,
    /// Solve at half and quarter resolution, too, and extrapolate: an estimate of the discretisation error
    #[arg(long)]
    pub(crate) extrapolate: bool,
}

/// Where to solve, and in how much memory.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct MachineArguments {
    #[command(flatten)]
    pub(crate) device: DeviceArguments,
    /// Memory of a solve: full is faster, lean takes half or less; auto: lean where full does not fit
    #[arg(long, value_parser = values::choice(&words::MEMORY))]
    pub(crate) memory: Option<MemoryMode>,
}

/// Where to solve.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machine")]
pub(crate) struct DeviceArguments {
    /// auto: a real GPU where there is one, else the host; device: the best adapter present, software included
    #[arg(long, value_parser = values::choice(&words::MACHINES))]
    pub(crate) backend: Option<Machine>,
    /// Device to use: part of its name or PCI address, or '#2' for the second (see `voxion devices`)
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Option<String>,
    #[command(flatten)]
    pub(crate) threads: ThreadArguments,
}

/// How many threads.
#[derive(Debug, Args)]
pub(crate) struct ThreadArguments {
    /// Threads on the host [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    threads: Option<u16>,
}

impl ThreadArguments {
    /// How many, where that was said.
    pub(crate) fn count(&self) -> Option<usize> {
        self.threads.map(usize::from)
    }
}

/// How results appear.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
    /// Only warnings and errors on stderr: no progress, no estimates
    #[arg(long)]
    quiet: bool,
}

impl ShowArguments {
    pub(crate) fn resolve(&self) -> Show {
        Show {
            form: Form::from_flag(self.json),
            verbosity: Verbosity::from_flag(self.quiet),
        }
    }
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArguments {
    /// Write labels, potential and current density to an HDF5 file that ParaView opens too
    #[arg(long, value_name = "OUT.h5")]
    pub(crate) fields: Option<PathBuf>,
    /// Write PNG slices of labels, potential and current density into a folder
    #[arg(long, value_name = "DIR")]
    pub(crate) slices: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) show: ShowArguments,
    /// Replace output files that exist
    #[arg(long)]
    pub(crate) force: bool,
}
