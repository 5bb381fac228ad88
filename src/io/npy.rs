//! NumPy arrays: any integer, bool, or whole floating-point numbers, either byte order, C or Fortran order, of two, three
//! or, where all but three axes have one entry or one entry is chosen, more dimensions.

use super::{
    Contents, Format, IoError, ReadOptions,
    axes::{AxisKind, FileAxis, Selection, Taken, select},
    file_size,
    labels::{Collect, Sample, allocate},
};
use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// Bytes of header text that are read; NumPy itself refuses more.
const MAX_HEADER: usize = 10_000;

/// Opening brackets in a header: a plain array has two, and the parser's time doubles with every further one.
const MAX_BRACKETS: usize = 8;

/// The array of a file.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let malformed = |error: io::Error| IoError::malformed(path, Format::Npy, error);
    let mut file = File::open(path).map_err(|error| IoError::os(path, error))?;
    check_header(&mut file).map_err(malformed)?;
    let mut reader = BufReader::new(file);
    let header = NpyHeader::from_reader(&mut reader).map_err(malformed)?;
    let shape = shape(path, &header)?;
    let axes: Vec<FileAxis> = shape
        .iter()
        .map(|&length| FileAxis::new(AxisKind::Unknown, length))
        .collect();
    let selection = select(path, &axes, &options.channel)?;
    let unusable = || IoError::SampleType {
        path: path.to_owned(),
        found: header.dtype().descr(),
    };
    let DType::Plain(ty) = header.dtype() else {
        return Err(unusable());
    };

    let sample_bytes = ty.size_field();
    let samples = shape
        .iter()
        .try_fold(1u128, |product, &n| product.checked_mul(n as u128));
    let expected = samples
        .unwrap_or(u128::MAX)
        .saturating_mul(u128::from(sample_bytes));
    let data_start = reader.stream_position().map_err(malformed)?;
    let found = file_size(path)?.saturating_sub(data_start);
    if expected != u128::from(found) {
        let path = path.to_owned();
        return Err(IoError::DataSize {
            path,
            shape: selection.shape,
            sample_bytes,
            expected,
            found,
            hint: "the file is cut short or damaged; copy it again".to_owned(),
        });
    }
    let array = Array {
        path,
        options,
        axes,
        selection,
        npy: NpyFile::with_header(header.clone(), reader),
    };
    match (ty.type_char(), sample_bytes) {
        (TypeChar::Bool, 1) => array.read::<C, bool>(),
        (TypeChar::Uint, 1) => array.read::<C, u8>(),
        (TypeChar::Uint, 2) => array.read::<C, u16>(),
        (TypeChar::Uint, 4) => array.read::<C, u32>(),
        (TypeChar::Uint, 8) => array.read::<C, u64>(),
        (TypeChar::Int, 1) => array.read::<C, i8>(),
        (TypeChar::Int, 2) => array.read::<C, i16>(),
        (TypeChar::Int, 4) => array.read::<C, i32>(),
        (TypeChar::Int, 8) => array.read::<C, i64>(),
        (TypeChar::Float, 4) => array.read::<C, f32>(),
        (TypeChar::Float, 8) => array.read::<C, f64>(),
        _ => Err(unusable()),
    }
}

/// Refuses a header that would cost the parser much memory or stack, and rewinds.
fn check_header(file: &mut File) -> io::Result<()> {
    let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text);
    let mut head = Vec::new();
    file.take(12 + MAX_HEADER as u64).read_to_end(&mut head)?;
    let (length, text) = match head.as_slice() {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, text @ ..] => {
            (usize::from(u16::from_le_bytes([*a, *b])), text)
        }
        [
            0x93,
            b'N',
            b'U',
            b'M',
            b'P',
            b'Y',
            2 | 3,
            _,
            a,
            b,
            c,
            d,
            text @ ..,
        ] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, text),
        _ => return Err(invalid("the NumPy signature is missing")),
    };
    if length > MAX_HEADER {
        return Err(invalid(&format!(
            "its header claims {length} bytes, more than {MAX_HEADER}"
        )));
    }
    let text = text
        .get(..length)
        .ok_or_else(|| invalid("its header is cut short"))?;
    if text.iter().filter(|&&byte| b"([{".contains(&byte)).count() > MAX_BRACKETS {
        return Err(invalid(&format!(
            "its header has more than {MAX_BRACKETS} brackets"
        )));
    }
    file.rewind()
}

fn shape(path: &Path, header: &NpyHeader) -> Result<Vec<usize>, IoError> {
    let sizes: Result<Vec<usize>, _> = header.shape().iter().map(|&n| n.try_into()).collect();
    sizes.map_err(|_| IoError::too_large(path, u128::MAX))
}

/// An array whose header is understood.
struct Array<'a> {
    path: &'a Path,
    options: &'a ReadOptions,
    axes: Vec<FileAxis>,
    selection: Selection,
    npy: NpyFile<BufReader<File>>,
}

impl Array<'_> {
    fn read<C: Collect, T: Sample + Deserialize>(mut self) -> Result<Contents<C::Output>, IoError> {
        let malformed = |reason: String| IoError::malformed(self.path, Format::Npy, reason);
        // Fortran order is C order with the axes reversed.
        if self.npy.order() == Order::Fortran {
            self.axes.reverse();
            self.selection.taken.reverse();
        }
        // Axes of the volume as they follow each other in the file, those that the file lacks first.
        let mut order: Vec<usize> = (0..3)
            .filter(|&axis| !self.selection.taken.contains(&Taken::Along(axis)))
            .collect();
        order.extend(self.selection.taken.iter().filter_map(|taken| match taken {
            Taken::Along(axis) => Some(*axis),
            Taken::At(_) => None,
        }));
        let stored = [0, 1, 2].map(|place| self.selection.shape[order[place]]);
        let mut codes = allocate(self.path, stored, file_size(self.path)?)?;
        let mut encoder = C::new(self.path, self.options);
        let chosen = chosen(&self.axes, &self.selection.taken);
        let samples = self
            .npy
            .data::<T>()
            .map_err(|error| malformed(error.to_string()))?;
        let mut samples = samples.enumerate().filter_map(|(index, sample)| {
            let is_wanted = |entry: &Chosen| index / entry.stride % entry.length == entry.entry;
            chosen.iter().all(is_wanted).then_some(sample)
        });
        for mut row in codes.rows_mut() {
            let row_samples: io::Result<Vec<T>> = samples.by_ref().take(row.len()).collect();
            let row_samples = row_samples.map_err(|error| malformed(error.to_string()))?;
            encoder.encode(row_samples, row.iter_mut())?;
        }
        let places = [0, 1, 2].map(|axis| {
            order
                .iter()
                .position(|&other| other == axis)
                .unwrap_or(axis)
        });
        let codes = codes.permuted_axes(places);
        let file_type = format!("{} {}", Format::Npy, T::NAME);
        Ok(Contents {
            volume: encoder.finish(codes)?,
            dataset: None,
            voxel_size: None,
            notes: self.selection.notes,
            names: Vec::new(),
            file_type,
        })
    }
}

/// One entry of an axis that is none of the volume's.
struct Chosen {
    /// Samples from one entry to the next.
    stride: usize,
    length: usize,
    entry: usize,
}

/// The entries that are read, along axes with more than one.
fn chosen(axes: &[FileAxis], taken: &[Taken]) -> Vec<Chosen> {
    let mut stride = 1;
    let mut chosen = Vec::new();
    for (axis, taken) in axes.iter().zip(taken).rev() {
        if let (Taken::At(entry), 2..) = (*taken, axis.length) {
            chosen.push(Chosen {
                stride,
                length: axis.length,
                entry,
            });
        }
        stride *= axis.length;
    }
    chosen
}
