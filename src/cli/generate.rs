//! `voxion generate`: a microstructure from a recipe and a seed, and a table of what was asked for and what was reached.
//!
//! The options of each generator are made from the table of its parameters.

use super::{
    files::not_written,
    interrupt::Interrupt,
    numbers::{by_axis, grouped, length},
    resolve::Form,
    stdout,
    table::plain_table,
    values,
};
use anyhow::{Context, Result};
use clap::{
    Arg, ArgAction, ArgMatches, Args, FromArgMatches, Subcommand,
    builder::{StyledStr, ValueParser},
};
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    time::Instant,
};
use voxion::{
    Error,
    io::{
        Inputs, Overwrite, check_writable,
        microstructure::{Origin, write},
        write_atomically,
    },
    microstructure::generate::{Ends, Microstructure},
    scenario::{
        generate::{Draft, GENERATORS, Generator, Parameter, Plan},
        words,
    },
};

/// What was typed behind `voxion generate`.
#[derive(Debug, Args)]
pub(crate) struct GenerateArguments {
    #[command(subcommand)]
    generator: Chosen,
}

/// A generator with its options.
#[derive(Debug)]
struct Chosen {
    generator: &'static Generator,
    settings: Vec<(&'static str, String)>,
    common: Common,
}

/// The options that every generator has.
#[derive(Debug, Args)]
struct Common {
    /// The file to write: HDF5 that ParaView and h5py open
    #[arg(short, long, value_name = "OUT.h5")]
    output: PathBuf,
    /// Number that decides everything random; one is drawn and printed if it is missing
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Voxels along each axis [default: 64]
    #[arg(long, value_name = "N", conflicts_with = "shape")]
    size: Option<usize>,
    /// Voxels along z, y and x
    #[arg(long, value_name = "Z,Y,X", value_parser = values::shape)]
    shape: Option<[usize; 3]>,
    /// Edge of a voxel, such as 50nm
    #[arg(long, value_name = "LENGTH", value_parser = values::voxel_edge)]
    voxel_size: Option<f64>,
    /// Whether the structure repeats at its sides or ends at walls [default: periodic]
    #[arg(long, value_parser = values::choice(&words::ENDS))]
    ends: Option<Ends>,
    /// Take what is not given here from the section [generate] of this scenario file
    #[arg(long, value_name = "SCENARIO.toml")]
    from: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Subcommand for Chosen {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommands(GENERATORS.iter().map(subcommand))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        Generator::find(name).is_some()
    }
}

fn subcommand(generator: &'static Generator) -> clap::Command {
    Common::augment_args(clap::Command::new(generator.name))
        .about(generator.about)
        .next_help_heading("Material")
        .args(generator.parameters.iter().map(option))
}

/// `--core-fraction VALUE`.
fn option(parameter: &'static Parameter) -> Arg {
    let check = move |text: &str| match parameter.check(text) {
        Ok(()) => Ok(text.to_owned()),
        Err(fault) => Err(fault.to_string()),
    };
    let default = match parameter.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    Arg::new(parameter.name)
        .long(hyphenated(parameter.name))
        .value_name("VALUE")
        .allow_hyphen_values(true)
        .action(ArgAction::Set)
        .value_parser(ValueParser::new(check))
        .help(StyledStr::from(format!("{}{default}", parameter.help)))
}

fn hyphenated(name: &str) -> String {
    name.replace('_', "-")
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, matches) = matches.subcommand().ok_or_else(missing)?;
        let generator = Generator::find(name).ok_or_else(missing)?;
        let typed = |parameter: &Parameter| {
            Some((
                parameter.name,
                matches.get_one::<String>(parameter.name)?.clone(),
            ))
        };
        Ok(Self {
            generator,
            settings: generator.parameters.iter().filter_map(typed).collect(),
            common: Common::from_arg_matches(matches)?,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Builds, writes, shows.
pub(crate) fn generate(arguments: GenerateArguments) -> Result<()> {
    let chosen = arguments.generator;
    let common = &chosen.common;
    let overwrite = match common.force {
        true => Overwrite::Replace,
        false => Overwrite::Keep,
    };
    let mut inputs = Inputs::default();
    common.from.iter().for_each(|recipe| inputs.add(recipe));
    inputs.check([&common.output]).map_err(Error::from)?;
    check_writable(&common.output, overwrite).map_err(Error::from)?;
    let draft = chosen.draft()?;
    let how = if draft.seed.is_some() { "" } else { " (drawn)" };
    let plan = draft.plan(chosen.generator, drawn_seed()?)?;
    let clock = Instant::now();
    let structure = plan.build().map_err(Error::from)?;
    let seconds = clock.elapsed().as_secs_f64();
    for note in &structure.notes {
        say!("warning: {note}");
    }
    store(&plan, &structure, (&common.output, overwrite))?;
    stdout::print(&match Form::from_flag(common.json) {
        Form::Json => stdout::json(&document(&plan, &structure, seconds))?,
        Form::Table => {
            let file = common.output.display();
            let written = format!("Written to {file} in {seconds:.1} s.");
            table(&plan, &structure, how) + &written + "\n"
        }
    })
}

impl Chosen {
    /// What was typed, over what the file says that it starts from.
    fn draft(&self) -> Result<Draft> {
        let common = &self.common;
        let typed = Draft {
            generator: Some(self.generator),
            settings: self.settings.clone(),
            seed: common.seed,
            shape: common.size.map(|n| [n; 3]).or(common.shape),
            voxel: common.voxel_size,
            ends: common.ends,
        };
        let Some(path) = &common.from else {
            return Ok(typed);
        };
        Ok(typed.over(from(path, self.generator)?))
    }
}

/// Writes the file. Up to here Ctrl-C ends the program at once; here it waits until the file is whole or gone.
fn store(
    plan: &Plan,
    structure: &Microstructure,
    (output, overwrite): (&Path, Overwrite),
) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let origin = Origin {
        generator: plan.generator.name,
        seed: plan.seed,
        parameters: parameters(plan).to_string(),
    };
    write_atomically(output, overwrite, |path| {
        write(path, structure, &origin).map_err(|error| error.of(output))?;
        interrupt.check()
    })
    .map_err(not_written)
}

/// A seed that nobody chose; 32 bits, to be typed again.
pub(super) fn drawn_seed() -> Result<u64> {
    let drawn = getrandom::u64();
    Ok(drawn.context("the system gives no random seed; choose one with --seed")? >> 32)
}

/// The draft of a file, whose generator must be the one asked for.
fn from(path: &Path, generator: &'static Generator) -> Result<Draft> {
    let draft = Draft::read(path).map_err(Error::from)?;
    Ok(draft.for_generator(generator).map_err(Error::from)?)
}

/// Every setting, with which the same voxels are built again.
fn parameters(plan: &Plan) -> serde_json::Value {
    let values: serde_json::Map<String, serde_json::Value> = plan
        .values
        .all()
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect();
    json!({
        "generator": plan.generator.name,
        "seed": plan.seed,
        "shape": plan.grid.shape,
        "voxel_size_m": plan.grid.voxel,
        "ends": words::ENDS.word(plan.grid.ends),
        "parameters": values,
    })
}

fn document(plan: &Plan, structure: &Microstructure, seconds: f64) -> serde_json::Value {
    let phases = structure
        .phases
        .iter()
        .zip(structure.reached())
        .map(|(phase, reached)| {
            json!({
                "label": phase.label,
                "name": phase.name,
                "material": phase.material,
                "target_fraction": phase.target,
                "reached_fraction": reached,
            })
        });
    json!({
        "voxion": env!("CARGO_PKG_VERSION"),
        "recipe": parameters(plan),
        "phases": phases.collect::<Vec<_>>(),
        "facts": structure.facts,
        "warnings": structure.notes,
        "seconds": seconds,
    })
}

fn table(plan: &Plan, structure: &Microstructure, how: &str) -> String {
    let mut table = plain_table(&["phase", "material", "label", "voxels", "target", "reached"]);
    let counts = structure.volume.counts();
    for ((phase, voxels), reached) in structure.phases.iter().zip(counts).zip(structure.reached()) {
        table.add_row([
            phase.name.to_owned(),
            phase.material.clone().unwrap_or("-".to_owned()),
            phase.label.to_string(),
            grouped(voxels),
            phase
                .target
                .map_or("-".to_owned(), |target| format!("{target:.4}")),
            format!("{reached:.4}"),
        ]);
    }
    let ends = words::ENDS.word(plan.grid.ends).unwrap_or_default();
    let facts: String = structure
        .facts
        .iter()
        .map(|fact| format!("{fact}.\n"))
        .collect();
    format!(
        "{}: {} voxels (z, y, x), voxel size {}, {ends}, seed {}{how}\n{table}\n\n{facts}Fractions are of the volume; a dash where \
         the phase is what the others leave or make. ",
        plan.generator.name,
        by_axis(plan.grid.shape),
        length(plan.grid.voxel),
        plan.seed,
    )
}
