//! The words of `voxion stress`, and what they mean.

use super::super::{
    args::{DeviceArguments, OutputArguments, VolumeArguments},
    values,
};
use anyhow::{Result, bail};
use clap::Args;
use voxion::{
    io::VolumeSource,
    physics::{
        elasticity::{Hold, Solid, Yield},
        swelling::Swelling,
    },
    scenario::{
        mechanics,
        quantity::{self, Kind, Quantity, Range},
        words,
    },
    solve::Tolerance,
};

/// `voxion stress`.
#[derive(Debug, Args)]
#[command(
    mut_arg("fields", |arg| arg.help(
        "Write labels, stresses, strain energy and displacements to an HDF5 file that ParaView opens too"
    )),
    mut_arg("slices", |arg| arg.help("Write PNG slices of the deformed cell, coloured by von Mises stress, into a folder"))
)]
pub(crate) struct StressArguments {
    #[command(flatten)]
    pub(super) volume: VolumeArguments,
    /// Young's modulus and Poisson's ratio of each label, or void for pores
    #[arg(
        long,
        required = true,
        value_name = "LABEL=E:NU|void,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = moduli
    )]
    pub(super) moduli: Vec<Moduli>,
    /// Strain that a label would take if it were free: one value, three along x:y:z, or that of a reaction, "S to Li2S" or
    /// "Li2S to S"
    #[arg(
        long,
        value_name = "LABEL=STRAIN,...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = eigenstrain
    )]
    pub(super) eigenstrain: Vec<Eigenstrain>,
    /// Fraction converted of every voxel, 0 to 1, which eigenstrains follow: a field of the volume's shape
    #[arg(long, value_name = "FILE[:/DATASET]", value_parser = values::source())]
    pub(super) fractions: Option<VolumeSource>,
    /// Von Mises stress at which a label flows, and its hardening, such as 1=0.45GPa or 1=0.45GPa:2GPa
    #[arg(
        long = "yield",
        value_name = "LABEL=STRESS[:HARDENING],...",
        value_delimiter = ',',
        allow_hyphen_values = true,
        value_parser = yielding
    )]
    pub(super) yields: Vec<Yielding>,
    /// free: no mean stress; clamped: no mean strain; film: none in x and y, free along z; or strains and stresses, such as
    /// xx=0,yy=0,zz=-50MPa, the others free of stress
    #[arg(long, default_value = "free", value_name = "HOLD", allow_hyphen_values = true, value_parser = hold)]
    pub(super) hold: Hold,
    /// Solve six more loads for the effective stiffness
    #[arg(long)]
    pub(super) stiffness: bool,
    /// Count faces between phases that are pulled at with more than this, such as 50MPa
    #[arg(long, value_name = "STRESS", value_parser = bond)]
    pub(super) bond: Option<f64>,
    /// Count faces within phases that are pulled at with more than this
    #[arg(long, value_name = "STRESS", value_parser = bond)]
    pub(super) strength: Option<f64>,
    /// Relative error of the means (and moduli) at which the solver stops
    #[arg(
        long,
        value_name = "FRACTION",
        default_value = "1e-3",
        allow_hyphen_values = true,
        value_parser = values::rtol
    )]
    pub(super) rtol: f64,
    /// Iterations of one linear solve after which it is given up
    #[arg(
        long,
        value_name = "N",
        default_value_t = Tolerance::default().max_iterations,
        value_parser = iterations
    )]
    pub(super) max_iterations: usize,
    #[command(flatten)]
    pub(super) device: DeviceArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
}

fn iterations(text: &str) -> Result<usize> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => bail!(
            "\"{text}\" is not a number of iterations; write a whole number from 1 on, such as 5000"
        ),
    }
}

/// One `LABEL=E:NU`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moduli {
    pub(super) label: i64,
    pub(super) solid: Solid,
}

/// One `LABEL=STRAIN`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Eigenstrain {
    pub(super) label: i64,
    pub(super) swelling: Swelling,
}

/// One `LABEL=STRESS:HARDENING`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Yielding {
    pub(super) label: i64,
    pub(super) limit: Yield,
}

fn yielding(text: &str) -> Result<Yielding> {
    let Some((label, value)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write LABEL=STRESS, such as 1=0.45GPa");
    };
    let label = values::label(label)?;
    let (stress, hardening) = value.split_once(':').unwrap_or((value, "0 Pa"));
    let read = |text: &str, range: Range, what: &str| {
        quantity::parse_in(
            text,
            Kind::Pressure,
            range,
            &format!("{what} of label {label}"),
        )
    };
    let stress = read(stress, Range::Positive, "yield stress")?;
    let hardening = read(hardening, Range::NotNegative, "hardening")?;
    Ok(Yielding {
        label,
        limit: Yield { stress, hardening },
    })
}

fn moduli(text: &str) -> Result<Moduli> {
    let Some((label, value)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write LABEL=E:NU, such as 1=22.1GPa:0.37,0=void");
    };
    let label = values::label(label)?;
    if value.trim() == "void" {
        return Ok(Moduli {
            label,
            solid: Solid::Void,
        });
    }
    let Some((young, poisson)) = value.split_once(':') else {
        bail!(
            "\"{value}\" of label {label} has no \":\"; write E:NU, such as 22.1GPa:0.37, or void"
        );
    };
    let field = format!("Young's modulus of label {label}");
    let young = quantity::parse_in(young, Kind::Pressure, Range::Positive, &field)?;
    let poisson = plain(poisson, &format!("Poisson's ratio of label {label}"))?;
    if !(poisson > -1.0 && poisson < 0.5) {
        bail!(
            "Poisson's ratio of label {label} is {poisson}, but it must be above -1 and below 0.5"
        );
    }
    Ok(Moduli {
        label,
        solid: Solid::Isotropic { young, poisson },
    })
}

/// A number without unit, or a percentage.
fn plain(text: &str, field: &str) -> Result<f64> {
    Ok(Quantity::parse(text, Kind::Dimensionless, field)?.value)
}

fn eigenstrain(text: &str) -> Result<Eigenstrain> {
    let Some((label, value)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write LABEL=STRAIN, such as 2=0.216, or LABEL=X:Y:Z");
    };
    let label = values::label(label)?;
    if let Some(conversion) = words::CONVERSIONS.value(value.trim()) {
        let swelling = Swelling::Reaction(conversion);
        return Ok(Eigenstrain { label, swelling });
    }
    let field = format!("eigenstrain of label {label}");
    let parts: Vec<f64> = value
        .split(':')
        .map(|part| plain(part, &field))
        .collect::<Result<_>>()?;
    let strain = match *parts.as_slice() {
        [one] => [one; 3],
        [x, y, z] => [x, y, z],
        _ => bail!("{field}: give one strain, or three as x:y:z, such as 0.01:0.01:0.1"),
    };
    let swelling = Swelling::Strain(strain);
    Ok(Eigenstrain { label, swelling })
}

fn bond(text: &str) -> Result<f64> {
    Ok(quantity::parse_in(
        text,
        Kind::Pressure,
        Range::NotNegative,
        "strength",
    )?)
}

fn hold(text: &str) -> Result<Hold> {
    if let Some(hold) = words::HOLDS.value(text.trim()) {
        return Ok(hold);
    }
    let mut hold = Hold::FREE;
    for part in text.split(',') {
        let Some((name, value)) = part.split_once('=') else {
            bail!(
                "\"{part}\" is not a way to hold a cell; write free, clamped, film, or components such as xx=0,yy=0,zz=-50MPa"
            );
        };
        let Some(place) = words::COMPONENTS
            .iter()
            .position(|known| *known == name.trim())
        else {
            bail!(
                "\"{name}\" is not a component; the components are {}",
                words::COMPONENTS.join(", ")
            );
        };
        hold.0[place] = mechanics::held(value, name.trim())?;
    }
    Ok(hold)
}
