//! Text headers in front of raw voxels, or in a file beside them: MetaImage (.mhd, .mha) and NRRD (.nrrd, .nhdr).
//!
//! Both state shape (x first), type, byte order and voxel size, the latter without a unit in MetaImage; lengths without a
//! unit are taken for millimetres there, as ITK does, and the note says so.

use super::{
    Contents, Format, IoError, ReadOptions, SampleType, StatedVoxelSize, calibration::metres_per,
    labels::Collect, raw::Layout, source::SampleKind,
};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// Bytes of header text that are read.
const MAX_HEADER: u64 = 1 << 16;

/// The lines of a header, and the bytes that they take.
struct Header {
    lines: Vec<String>,
    bytes: u64,
}

impl Header {
    /// Up to the line with which the header ends, by `is_last`, or the end of the file.
    fn read(path: &Path, format: Format, is_last: impl Fn(&str) -> bool) -> Result<Self, IoError> {
        let file = File::open(path).map_err(|error| IoError::os(path, error))?;
        let mut reader = BufReader::new(file.take(MAX_HEADER));
        let mut header = Self {
            lines: Vec::new(),
            bytes: 0,
        };
        loop {
            let mut line = Vec::new();
            let length = reader
                .read_until(b'\n', &mut line)
                .map_err(|error| IoError::os(path, error))?;
            if length == 0 {
                break;
            }
            header.bytes += length as u64;
            let text = std::str::from_utf8(&line)
                .map_err(|_| IoError::malformed(path, format, "its header is not text"))?;
            header
                .lines
                .push(text.trim_end_matches(['\n', '\r']).to_owned());
            if header.lines.last().is_some_and(|line| is_last(line)) {
                return Ok(header);
            }
        }
        match header.bytes {
            MAX_HEADER => Err(IoError::malformed(path, format, "its header does not end")),
            _ => Ok(header),
        }
    }

    /// The value of a field, `name` in lower case.
    fn value(&self, name: &str, separator: char) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (key, value) = line.split_once(separator)?;
            (key.trim().to_ascii_lowercase() == name).then(|| value.trim_start_matches('=').trim())
        })
    }
}

/// A MetaImage.
pub(super) fn read_metaimage<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    metaimage(path)?.read::<C>(path, Format::MetaImage, options)
}

/// An NRRD file.
pub(super) fn read_nrrd<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    nrrd(path)?.read::<C>(path, Format::Nrrd, options)
}

/// The file with the voxels, where it is another one than the header's.
pub(super) fn data_file(path: &Path, format: Format) -> Result<Option<PathBuf>, IoError> {
    let layout = match format {
        Format::MetaImage => metaimage(path)?,
        Format::Nrrd => nrrd(path)?,
        _ => return Ok(None),
    };
    Ok((layout.data != path).then_some(layout.data))
}

fn unsupported(path: &Path, format: Format, reason: String) -> IoError {
    IoError::Unsupported {
        path: path.to_owned(),
        format,
        reason,
    }
}

/// A file named in a header: in the same folder, so that a header from elsewhere reads nothing but what came with it.
fn beside(path: &Path, format: Format, name: &str) -> Result<PathBuf, IoError> {
    match Path::new(name).components().count() {
        1 if name != ".." => Ok(path.with_file_name(name)),
        _ => Err(unsupported(
            path,
            format,
            format!("its voxels lie in {name:?}, which is not in the same folder"),
        )),
    }
}

/// Three numbers z, y, x from a list x, y, z; a picture has one layer.
fn reversed<T: Copy>(values: &[T], one: T) -> Option<[T; 3]> {
    match *values {
        [x, y, z] => Some([z, y, x]),
        [x, y] => Some([one, y, x]),
        _ => None,
    }
}

fn numbers<T: std::str::FromStr>(text: &str) -> Option<Vec<T>> {
    text.split_whitespace()
        .map(|part| part.parse().ok())
        .collect()
}

fn metaimage(path: &Path) -> Result<Layout, IoError> {
    let format = Format::MetaImage;
    let is_last = |line: &str| line.to_ascii_lowercase().starts_with("elementdatafile");
    let header = Header::read(path, format, is_last)?;
    let value = |name: &str| header.value(name, '=');
    let missing = |name: &str| IoError::malformed(path, format, format!("it has no sound {name}"));
    let shape = value("dimsize").and_then(|text| reversed(&numbers(text)?, 1));
    let shape = shape.ok_or_else(|| missing("DimSize of two or three numbers"))?;
    let is_true = |name: &str| value(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let is_big_endian = is_true("binarydatabyteordermsb") || is_true("elementbyteordermsb");
    let (kind, bytes) = match value("elementtype")
        .unwrap_or_default()
        .to_ascii_uppercase()
        .as_str()
    {
        "MET_UCHAR" => (SampleKind::Unsigned, 1),
        "MET_CHAR" => (SampleKind::Signed, 1),
        "MET_USHORT" => (SampleKind::Unsigned, 2),
        "MET_SHORT" => (SampleKind::Signed, 2),
        "MET_UINT" => (SampleKind::Unsigned, 4),
        "MET_INT" => (SampleKind::Signed, 4),
        "MET_ULONG" | "MET_ULONG_LONG" => (SampleKind::Unsigned, 8),
        "MET_LONG" | "MET_LONG_LONG" => (SampleKind::Signed, 8),
        "MET_FLOAT" => (SampleKind::Float, 4),
        "MET_DOUBLE" => (SampleKind::Float, 8),
        other => return Err(unsupported(path, format, format!("ElementType {other:?}"))),
    };
    if value("elementnumberofchannels").is_some_and(|text| text != "1") {
        return Err(unsupported(
            path,
            format,
            "several channels per voxel".to_owned(),
        ));
    }
    let is_compressed = is_true("compresseddata");
    if is_compressed {
        return Err(unsupported(path, format, "compressed voxels".to_owned()));
    }
    let file = value("elementdatafile").ok_or_else(|| missing("ElementDataFile"))?;
    let is_local = file.eq_ignore_ascii_case("local");
    if !is_local && (file.eq_ignore_ascii_case("list") || file.contains('%')) {
        return Err(unsupported(
            path,
            format,
            "voxels spread over several files".to_owned(),
        ));
    }
    let skipped = value("headersize")
        .and_then(|text| text.parse::<i64>().ok())
        .unwrap_or(0);
    let spacing = value("elementspacing").or(value("elementsize"));
    let spacing: Option<Vec<f64>> = spacing.and_then(numbers);
    let unit = value("distanceunits").unwrap_or("mm");
    let metres = metres_per(unit.trim_matches('"')).unwrap_or(1e-3);
    let stated_in = match value("distanceunits") {
        Some(_) => "the MetaImage header",
        None => "the MetaImage header (in mm, the unit of ITK)",
    };
    // Spacing 1 1 1 is what writers put where they know nothing.
    let known = spacing.filter(|edges| edges.iter().any(|&edge| edge != 1.0));
    let voxel_size = known.and_then(|edges| {
        StatedVoxelSize::new(
            reversed(&edges, edges.first().copied()?)?.map(|edge| edge * metres),
            stated_in,
        )
    });
    Ok(Layout {
        data: if is_local {
            path.to_owned()
        } else {
            beside(path, format, file)?
        },
        shape,
        sample_type: SampleType {
            kind,
            bytes,
            is_big_endian,
        },
        offset: match (is_local, u64::try_from(skipped)) {
            (true, _) => Some(header.bytes),
            (false, Ok(skipped)) => Some(skipped),
            (false, Err(_)) => None,
        },
        is_compressed: false,
        voxel_size,
        notes: Vec::new(),
    })
}

fn nrrd(path: &Path) -> Result<Layout, IoError> {
    let format = Format::Nrrd;
    let header = Header::read(path, format, str::is_empty)?;
    let value = |name: &str| header.value(name, ':');
    let missing =
        |name: &str| IoError::malformed(path, format, format!("it has no sound field {name:?}"));
    let sizes: Vec<usize> = value("sizes")
        .and_then(numbers)
        .ok_or_else(|| missing("sizes"))?;
    let shape = reversed(&sizes, 1);
    let shape = shape.ok_or_else(|| IoError::Rank {
        path: path.to_owned(),
        shape: sizes.iter().rev().copied().collect(),
    })?;
    let (kind, bytes) = match value("type").ok_or_else(|| missing("type"))? {
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => (SampleKind::Unsigned, 1),
        "signed char" | "int8" | "int8_t" => (SampleKind::Signed, 1),
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
            (SampleKind::Signed, 2)
        }
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => {
            (SampleKind::Unsigned, 2)
        }
        "int" | "signed int" | "int32" | "int32_t" => (SampleKind::Signed, 4),
        "uint" | "unsigned int" | "uint32" | "uint32_t" => (SampleKind::Unsigned, 4),
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => (SampleKind::Signed, 8),
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
            (SampleKind::Unsigned, 8)
        }
        "float" => (SampleKind::Float, 4),
        "double" => (SampleKind::Float, 8),
        other => return Err(unsupported(path, format, format!("type {other:?}"))),
    };
    let is_compressed = match value("encoding").ok_or_else(|| missing("encoding"))? {
        "raw" => false,
        "gzip" | "gz" => true,
        other => return Err(unsupported(path, format, format!("encoding {other:?}"))),
    };
    let file = value("data file").or(value("datafile"));
    if file.is_some_and(|file| file.starts_with("LIST") || file.contains('%')) {
        return Err(unsupported(
            path,
            format,
            "voxels spread over several files".to_owned(),
        ));
    }
    let data = file.map_or(Ok(path.to_owned()), |file| beside(path, format, file))?;
    if value("line skip")
        .or(value("lineskip"))
        .is_some_and(|text| text != "0")
    {
        return Err(unsupported(path, format, "line skip".to_owned()));
    }
    let skipped: i64 = value("byte skip")
        .or(value("byteskip"))
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let voxel_size = nrrd_voxel_size(&header);
    let is_here = data == path;
    Ok(Layout {
        data,
        shape,
        sample_type: SampleType {
            kind,
            bytes,
            is_big_endian: value("endian").is_some_and(|order| order == "big"),
        },
        offset: match u64::try_from(skipped) {
            Ok(skipped) if is_here => Some(header.bytes + skipped),
            Ok(skipped) => Some(skipped),
            Err(_) => None,
        },
        is_compressed,
        voxel_size,
        notes: Vec::new(),
    })
}

/// The voxel size of an NRRD header: "spacings", or the lengths of the "space directions". Without units, none but that of
/// a medical space, which is in millimetres.
fn nrrd_voxel_size(header: &Header) -> Option<StatedVoxelSize> {
    let value = |name: &str| header.value(name, ':');
    let units = value("units").or(value("space units")).unwrap_or_default();
    let units: Vec<&str> = units
        .split('"')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    let edges: Vec<f64> = match (value("spacings"), value("space directions")) {
        (Some(text), _) => numbers(text)?,
        (_, Some(text)) => text
            .split(')')
            .filter_map(|part| part.trim().strip_prefix('('))
            .map(length)
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let metres = |place: usize| match units.get(place).or(units.first()) {
        Some(unit) => metres_per(unit),
        None => value("space").is_some().then_some(1e-3),
    };
    let edges = edges
        .iter()
        .enumerate()
        .map(|(place, edge)| Some(edge * metres(place)?));
    let edges: Vec<f64> = edges.collect::<Option<_>>()?;
    let stated_in = match units.is_empty() {
        true => "the NRRD header (in mm, the unit of its space)",
        false => "the NRRD header",
    };
    StatedVoxelSize::new(reversed(&edges, edges.first().copied()?)?, stated_in)
}

/// Euclidean length of a vector "a,b,c".
fn length(vector: &str) -> Option<f64> {
    let parts = vector
        .split(',')
        .map(|part| part.trim().parse::<f64>().ok());
    let squares: Option<f64> = parts.map(|part| part.map(|part| part * part)).sum();
    squares.map(f64::sqrt)
}
