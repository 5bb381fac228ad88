//! Raw voxels: numbers of one type, x fastest, behind as many bytes of header as are passed over. Shape and type come from
//! the user, or from a MetaImage or NRRD header (see `header`).

use super::{
    Contents, Format, IoError, ReadOptions, SampleType, StatedVoxelSize, file_size,
    labels::{Collect, Sample, allocate, voxels},
    source::SampleKind,
};
use ndarray::Array3;
use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// Where raw voxels lie and what they mean.
pub(super) struct Layout {
    pub(super) data: PathBuf,
    /// Voxels along (z, y, x).
    pub(super) shape: [usize; 3],
    pub(super) sample_type: SampleType,
    /// Bytes before the first voxel; none where the voxels are the last bytes of the file.
    pub(super) offset: Option<u64>,
    /// Whether the voxels are a gzip stream.
    pub(super) is_compressed: bool,
    pub(super) voxel_size: Option<StatedVoxelSize>,
    pub(super) notes: Vec<String>,
}

/// A volume of the shape, type and offset given.
pub(super) fn read<C: Collect>(
    path: &Path,
    options: &ReadOptions,
) -> Result<Contents<C::Output>, IoError> {
    let shape = options.shape.ok_or_else(|| IoError::ShapeMissing {
        path: path.to_owned(),
    })?;
    let layout = Layout {
        data: path.to_owned(),
        shape,
        sample_type: options.sample_type.unwrap_or(SampleType::U8),
        offset: Some(options.offset.unwrap_or(0)),
        is_compressed: false,
        voxel_size: None,
        notes: Vec::new(),
    };
    layout.read::<C>(path, Format::Raw, options)
}

impl Layout {
    /// The voxels; `path` is the file that the user named.
    pub(super) fn read<C: Collect>(
        self,
        path: &Path,
        format: Format,
        options: &ReadOptions,
    ) -> Result<Contents<C::Output>, IoError> {
        let found = file_size(&self.data)?;
        let expected = voxels(self.shape).saturating_mul(self.sample_type.bytes() as u128);
        let offset = match self.offset {
            Some(offset) => offset,
            None => u64::try_from(expected).map_or(0, |bytes| found.saturating_sub(bytes)),
        };
        let present = found.saturating_sub(offset);
        if !self.is_compressed && expected != u128::from(present) {
            return Err(self.wrong_size(path, present, expected));
        }
        let mut codes = allocate(path, self.shape, found)?;
        let mut file = BufReader::with_capacity(
            1 << 18,
            File::open(&self.data).map_err(|error| IoError::os(&self.data, error))?,
        );
        file.seek(SeekFrom::Start(offset))
            .map_err(|error| IoError::os(&self.data, error))?;
        let mut encoder = C::new(path, options);
        if self.is_compressed {
            let mut data = flate2::bufread::MultiGzDecoder::new(file);
            self.decode(path, format, &mut data, &mut encoder, &mut codes)?;
        } else {
            self.decode(path, format, &mut file, &mut encoder, &mut codes)?;
        }
        Ok(Contents {
            volume: encoder.finish(codes)?,
            dataset: None,
            voxel_size: self.voxel_size,
            notes: self.notes,
            names: Vec::new(),
            file_type: format!("{format} {}", name(self.sample_type)),
        })
    }

    fn decode<C: Collect>(
        &self,
        path: &Path,
        format: Format,
        data: &mut impl Read,
        encoder: &mut C,
        codes: &mut Array3<C::Cell>,
    ) -> Result<(), IoError> {
        use SampleKind::{Float, Signed, Unsigned};
        let mut planes = Planes {
            path,
            format,
            data,
            bytes: vec![0; self.shape[1] * self.shape[2] * self.sample_type.bytes()],
            is_big_endian: self.sample_type.is_big_endian,
        };
        match (self.sample_type.kind, self.sample_type.bytes()) {
            (Unsigned, 1) => planes.encode(encoder, codes, |b: [u8; 1]| b[0]),
            (Signed, 1) => planes.encode(encoder, codes, i8::from_le_bytes),
            (Unsigned, 2) => planes.encode(encoder, codes, u16::from_le_bytes),
            (Signed, 2) => planes.encode(encoder, codes, i16::from_le_bytes),
            (Unsigned, 4) => planes.encode(encoder, codes, u32::from_le_bytes),
            (Signed, 4) => planes.encode(encoder, codes, i32::from_le_bytes),
            (Float, 4) => planes.encode(encoder, codes, f32::from_le_bytes),
            (Unsigned, _) => planes.encode(encoder, codes, u64::from_le_bytes),
            (Signed, _) => planes.encode(encoder, codes, i64::from_le_bytes),
            (Float, _) => planes.encode(encoder, codes, f64::from_le_bytes),
        }
    }

    /// The bytes do not make up the shape; where another type or a header would explain that, the error says so.
    fn wrong_size(&self, path: &Path, found: u64, expected: u128) -> IoError {
        let found_all = u128::from(found);
        let count = voxels(self.shape);
        let hint = match () {
            () if count > 0 && found_all == 2 * count => {
                "two bytes per voxel would fit: --type u16 or u16be"
            }
            () if count > 0 && found_all == 4 * count => {
                "four bytes per voxel would fit: --type f32, u32 or i32"
            }
            () if count > 0 && found_all == 8 * count => {
                "eight bytes per voxel would fit: --type f64, u64 or i64"
            }
            () if found_all > expected => {
                "if a header stands before the voxels, give its length as --offset"
            }
            () => "check --shape, --type and --offset",
        };
        IoError::DataSize {
            path: path.to_owned(),
            shape: self.shape,
            sample_bytes: self.sample_type.bytes() as u64,
            expected,
            found,
            hint: match () {
                () if found_all > expected && hint.ends_with("--offset") => {
                    format!("{hint} {}", found_all - expected)
                }
                () => hint.to_owned(),
            },
        }
    }
}

fn name(sample_type: SampleType) -> String {
    let kind = match sample_type.kind {
        SampleKind::Unsigned => "uint",
        SampleKind::Signed => "int",
        SampleKind::Float => "float",
    };
    let order = match sample_type.is_big_endian {
        true => ", big-endian",
        false => "",
    };
    format!("{kind}{}{order}", 8 * sample_type.bytes())
}

/// A source of raw voxels that is read plane by plane.
struct Planes<'a, R> {
    path: &'a Path,
    format: Format,
    data: &'a mut R,
    bytes: Vec<u8>,
    is_big_endian: bool,
}

impl<R: Read> Planes<'_, R> {
    fn encode<C: Collect, T: Sample, const N: usize>(
        &mut self,
        encoder: &mut C,
        codes: &mut Array3<C::Cell>,
        number: impl Fn([u8; N]) -> T,
    ) -> Result<(), IoError> {
        for plane in codes.outer_iter_mut() {
            self.data
                .read_exact(&mut self.bytes)
                .map_err(|error| IoError::malformed(self.path, self.format, error))?;
            let (chunks, _) = self.bytes.as_chunks::<N>();
            let is_big_endian = self.is_big_endian;
            let samples = chunks.iter().map(|&chunk| {
                let mut chunk = chunk;
                if is_big_endian {
                    chunk.reverse();
                }
                number(chunk)
            });
            encoder.encode(samples, plane)?;
        }
        Ok(())
    }
}
