//! Reads single values of the command line; clap puts the option's name before each message.

use anyhow::{Context, Result, bail};
use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser};
use voxion::{
    io::VolumeSource,
    materials::{self, Material},
    microstructure::measure::triple_line::Roles,
    scenario::{
        quantity::{self, Kind, Quantity, Range},
        words::Words,
    },
};

/// One `LABEL=VALUE[UNIT]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sigma {
    pub(crate) label: i64,
    pub(crate) conductivity: Quantity,
}

/// One `LABEL=QUANTITY`, in SI or eV.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfLabel {
    pub(crate) label: i64,
    pub(crate) value: f64,
}

/// One `LABEL:LABEL=RESISTANCE`, Ohm m2.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contact {
    pub(crate) between: [i64; 2],
    pub(crate) resistance: f64,
}

/// `1:2=10 Ohm cm2`.
pub(crate) fn contact(text: &str) -> Result<Contact> {
    let parts = text.split_once('=');
    let Some(((a, b), value)) =
        parts.and_then(|(pair, value)| Some((pair.split_once(':')?, value)))
    else {
        bail!("\"{text}\" is no contact; write LABEL:LABEL=RESISTANCE, such as '1:2=10 Ohm cm2'");
    };
    let between = [label(a)?, label(b)?];
    let field = format!("contact of {} and {}", between[0], between[1]);
    let resistance = quantity::parse_in(value, Kind::AreaResistance, Range::NotNegative, &field)?;
    Ok(Contact {
        between,
        resistance,
    })
}

/// `1=5 Ohm cm2`.
pub(crate) fn grain_boundary(text: &str) -> Result<OfLabel> {
    of_label(text, ("grain boundary", Kind::AreaResistance))
}

/// `1=0.35 eV`.
pub(crate) fn activation_energy(text: &str) -> Result<OfLabel> {
    of_label(text, ("activation energy", Kind::Energy))
}

fn of_label(text: &str, (what, kind): (&str, Kind)) -> Result<OfLabel> {
    let Some((label, value)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write LABEL=VALUE with a unit");
    };
    let label = self::label(label)?;
    let field = format!("{what} of label {label}");
    let value = quantity::parse_in(value, kind, Range::NotNegative, &field)?;
    Ok(OfLabel { label, value })
}

/// A volume as typed; a path that is no UTF-8 names a file as a whole, without a dataset.
pub(crate) fn source() -> impl TypedValueParser<Value = VolumeSource> {
    OsStringValueParser::new().try_map(|typed| match typed.to_str() {
        Some("") => Err("the path is empty; give a file or a folder"),
        Some(text) => Ok(VolumeSource::from(text)),
        None => Ok(VolumeSource::new(typed)),
    })
}

/// `1=3.07mS/cm`.
pub(crate) fn sigma(text: &str) -> Result<Sigma> {
    let Some((label, value)) = text.split_once('=') else {
        bail!("\"{text}\" has no \"=\"; write LABEL=VALUE, such as 1=1.0,0=0");
    };
    let label = self::label(label)?;
    let field = format!("conductivity of label {label}");
    Ok(Sigma {
        label,
        conductivity: quantity::parse_conductivity(value, &field)?,
    })
}

/// `0`, `255` or `-1`.
pub(crate) fn label(text: &str) -> Result<i64> {
    let text = text.trim();
    let Ok(label) = text.parse() else {
        bail!("\"{text}\" is not a label; labels are whole numbers, such as 0 or 255");
    };
    Ok(label)
}

/// `50,100,100`.
pub(crate) fn shape(text: &str) -> Result<[usize; 3]> {
    let count = |part: &str| part.trim().parse().ok().filter(|&count: &usize| count > 0);
    let counts: Option<Vec<usize>> = text.split(',').map(count).collect();
    match counts.as_deref() {
        Some(&[z, y, x]) => Ok([z, y, x]),
        _ => bail!("give three whole numbers z,y,x above 0, such as 50,100,100"),
    }
}

/// `390nm` or `1um,390nm,390nm`, in metres.
pub(crate) fn voxel_size(text: &str) -> Result<[f64; 3]> {
    let length =
        |part: &str| quantity::parse_in(part, Kind::Length, Range::VoxelEdge, "voxel size");
    let lengths = text
        .split(',')
        .map(length)
        .collect::<Result<Vec<f64>, _>>()?;
    match *lengths.as_slice() {
        [one] => Ok([one; 3]),
        [z, y, x] => Ok([z, y, x]),
        _ => bail!("give one length, or three as z,y,x, such as 1um,390nm,390nm"),
    }
}

/// `50nm`, in metres.
pub(crate) fn voxel_edge(text: &str) -> Result<f64> {
    let (kind, range) = (Kind::Length, Range::VoxelEdge);
    Ok(quantity::parse_in(text, kind, range, "voxel size")?)
}

/// `1e-3` or `0.1%`.
pub(crate) fn rtol(text: &str) -> Result<f64> {
    Ok(quantity::parse_in(
        text,
        Kind::Dimensionless,
        Range::Fraction,
        "rtol",
    )?)
}

/// `5%` or `0.05`.
pub(crate) fn spread(text: &str) -> Result<f64> {
    Ok(quantity::parse_in(
        text,
        Kind::Dimensionless,
        Range::Fraction,
        "spread",
    )?)
}

/// `active=1,electrolyte=2+3,carbon=4`.
pub(crate) fn roles(text: &str) -> Result<Roles> {
    let mut roles = [("active", None), ("electrolyte", None), ("carbon", None)];
    for part in text.split(',') {
        let Some((name, labels)) = part.split_once('=') else {
            bail!("\"{part}\" has no \"=\"; write active=1,electrolyte=2,carbon=3");
        };
        let role = roles.iter_mut().find(|(role, _)| *role == name.trim());
        let Some((role, named)) = role else {
            bail!("\"{name}\" is not a role; the roles are active, electrolyte and carbon");
        };
        let labels = labels.split('+').map(label).collect::<Result<Vec<_>>>()?;
        if named.replace(labels).is_some() {
            bail!("{role} is named twice; join several labels with +, such as {role}=2+3");
        }
    }
    match roles {
        [(_, Some(active)), (_, Some(electrolyte)), (_, Some(carbon))] => Ok(Roles {
            active,
            electrolyte,
            carbon,
        }),
        _ => bail!("name all three, such as active=1,electrolyte=2,carbon=3"),
    }
}

/// `60C` or `333 K`, in K.
pub(crate) fn temperature(text: &str) -> Result<f64> {
    let (kind, range) = (Kind::Temperature, Range::Positive);
    Ok(quantity::parse_in(text, kind, range, "temperature")?)
}

/// `1MHz..1mHz`, in Hz, from high to low.
pub(crate) fn frequencies(text: &str) -> Result<[f64; 2]> {
    let Some((high, low)) = text.split_once("..") else {
        bail!("\"{text}\" has no \"..\"; write two frequencies such as 1MHz..1mHz");
    };
    let read = |text| quantity::parse_in(text, Kind::Frequency, Range::Frequency, "frequency");
    let (high, low) = (read(high)?, read(low)?);
    if high <= low {
        bail!("{text} does not fall; write the higher frequency first, such as 1MHz..1mHz");
    }
    Ok([high, low])
}

/// A material of the library by its name.
pub(crate) fn material() -> impl TypedValueParser<Value = &'static Material> {
    let names = materials::library()
        .iter()
        .map(|material| material.name.as_str());
    PossibleValuesParser::new(names)
        .try_map(|name| materials::find(&name).context("not in the library"))
}

/// One of a closed list of words, the same that scenario files use.
pub(crate) fn choice<T>(words: &'static Words<T>) -> impl TypedValueParser<Value = T>
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    PossibleValuesParser::new(words.all()).try_map(|word| words.value(&word).context(word))
}
