//! NumPy arrays: any integer, bool, or whole floating-point numbers, either byte order, C or Fortran order.

use super::{
    Contents, Format, IoError, file_size,
    labels::{Collect, Sample, allocate, voxels},
};
use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar};
use std::{
    fs::File,
    io::{self, BufReader, Read, Seek},
    path::Path,
};

/// Bytes of header text that are read; NumPy itself refuses more.
const MAX_HEADER: usize = 10_000;

/// Opening brackets in a header: a plain array has two, and every further one costs the parser stack.
const MAX_BRACKETS: usize = 64;

/// The array of a file.
pub(super) fn read<C: Collect>(path: &Path) -> Result<Contents<C::Output>, IoError> {
    let malformed = |error: io::Error| IoError::malformed(path, Format::Npy, error);
    let mut file = File::open(path).map_err(|error| IoError::os(path, error))?;
    check_header(&mut file).map_err(malformed)?;
    let mut reader = BufReader::new(file);
    let header = NpyHeader::from_reader(&mut reader).map_err(malformed)?;
    let shape = shape(path, &header)?;
    let unusable = || IoError::SampleType {
        path: path.to_owned(),
        found: header.dtype().descr(),
    };
    let DType::Plain(ty) = header.dtype() else {
        return Err(unusable());
    };

    let sample_bytes = ty.size_field();
    let expected = voxels(shape).saturating_mul(u128::from(sample_bytes));
    let data_start = reader.stream_position().map_err(malformed)?;
    let found = file_size(path)?.saturating_sub(data_start);
    if expected != u128::from(found) {
        let path = path.to_owned();
        return Err(IoError::DataSize {
            path,
            shape,
            sample_bytes,
            expected,
            found,
        });
    }
    let array = Array {
        path,
        shape,
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

fn shape(path: &Path, header: &NpyHeader) -> Result<[usize; 3], IoError> {
    let sizes: Result<Vec<usize>, _> = header.shape().iter().map(|&n| n.try_into()).collect();
    let sizes = sizes.map_err(|_| IoError::too_large(path, u128::MAX))?;
    sizes.try_into().map_err(|shape| IoError::Rank {
        path: path.to_owned(),
        shape,
    })
}

/// An array whose header is understood.
struct Array<'a> {
    path: &'a Path,
    shape: [usize; 3],
    npy: NpyFile<BufReader<File>>,
}

impl Array<'_> {
    fn read<C: Collect, T: Sample + Deserialize>(self) -> Result<Contents<C::Output>, IoError> {
        let malformed = |reason: String| IoError::malformed(self.path, Format::Npy, reason);
        // Fortran order is C order with the axes reversed.
        let reversed = self.npy.order() == Order::Fortran;
        let [z, y, x] = self.shape;
        let stored = if reversed { [x, y, z] } else { [z, y, x] };
        let mut codes = allocate(self.path, stored, file_size(self.path)?)?;
        let mut encoder = C::new(self.path);
        let mut samples = self
            .npy
            .data::<T>()
            .map_err(|error| malformed(error.to_string()))?;
        for mut row in codes.rows_mut() {
            let row_samples: io::Result<Vec<T>> = samples.by_ref().take(row.len()).collect();
            let row_samples = row_samples.map_err(|error| malformed(error.to_string()))?;
            encoder.encode(row_samples, row.iter_mut())?;
        }
        let codes = if reversed {
            codes.reversed_axes()
        } else {
            codes
        };
        let file_type = format!("{} {}", Format::Npy, T::NAME);
        Ok(Contents {
            volume: encoder.finish(codes)?,
            dataset: None,
            spacing: None,
            names: Vec::new(),
            file_type,
        })
    }
}
