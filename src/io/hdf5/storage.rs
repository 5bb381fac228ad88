//! Where the elements of a dataset are: checks that come before the C library reads them.
//!
//! Filters that the library lacks are named (it would search folders for plug-ins), chunks that no writer makes are refused
//! (it would inflate them without a limit), and so are elements outside the folder of the file, which a file from somebody
//! else could copy into results. Elements that were never written are counted.

use super::{
    super::{Format, IoError},
    bytes::{Cursor, Decoded, little_endian},
    escaped, few,
    find::{Beside, Found, Source, beside, named},
    heaps::{global_object, tree_leaves},
    library,
    mapping::mappings,
    object::{Filter, Layout, Object, kind},
};
use std::{path::Path, rc::Rc, thread, time::Duration};

/// Virtual datasets of virtual datasets.
const MAX_VIRTUAL: usize = 4;

/// Chunks of files in the newer format that are checked one by one.
const MAX_CHECKED_CHUNKS: usize = 1 << 12;

/// Chunks up to this many bytes are accepted whatever the size of the dataset.
const PLAUSIBLE_CHUNK: u64 = 1 << 24;

/// How much of a dataset was written.
#[derive(Debug, Clone, Copy)]
struct Written {
    elements: u64,
    of: u64,
}

/// Checks a dataset and adds sentences on what is missing in it.
pub(super) fn check(found: &Found, notes: &mut Vec<String>) -> Result<Chunks, IoError> {
    check_nested(found, notes, 0)
}

/// Lengths of the chunks; none where the elements lie in one piece or elsewhere.
pub(super) type Chunks = Option<Vec<usize>>;

fn check_nested(found: &Found, notes: &mut Vec<String>, depth: usize) -> Result<Chunks, IoError> {
    let source = &found.place.source;
    let object = found.place.object()?;
    let files = source.sound(object.external_files(&source.bytes))?;
    if !files.is_empty() || object.has(kind::EXTERNAL_FILES) {
        return Err(IoError::OutsideSource {
            path: source.path.clone(),
            dataset: escaped(&found.name),
            source_file: few(files.iter().map(|name| escaped(name))),
        });
    }
    let of = found.space.elements();
    let layout = source.sound(object.layout(&source.bytes))?;
    let (written, chunks) = match layout {
        Layout::Compact(_) => (of, None),
        Layout::Contiguous { address: None } => (0, None),
        Layout::Contiguous {
            address: Some(address),
        } => {
            let size = of.saturating_mul(found.ty.size as u64);
            let end = address.saturating_add(size);
            if end > source.bytes.length {
                let reason = format!(
                    "its dataset {} ends at byte {end} of {}",
                    escaped(&found.name),
                    source.bytes.length
                );
                return Err(IoError::malformed(&source.path, Format::Hdf5, reason));
            }
            (of, None)
        }
        Layout::Chunked {
            lengths,
            tree,
            is_old_tree,
        } => {
            let filters = source.sound(object.filters(&source.bytes))?;
            let grid = Grid::new(found, lengths)?;
            check_filters(found, &filters, grid.bytes)?;
            let written = if is_old_tree {
                grid.written_old(found, &filters, tree)?
            } else {
                grid.written_new(found, &filters)?
            };
            let chunks = grid
                .chunk
                .iter()
                .map(|&n| usize::try_from(n).unwrap_or(usize::MAX));
            (written, Some(chunks.collect()))
        }
        Layout::Virtual { heap, index } => {
            if depth >= MAX_VIRTUAL {
                let reason = "its virtual datasets refer to each other";
                return Err(IoError::malformed(&source.path, Format::Hdf5, reason));
            }
            (check_virtual(found, heap, index, notes, depth)?, None)
        }
        Layout::Unknown => {
            return Err(IoError::Unsupported {
                path: source.path.clone(),
                format: Format::Hdf5,
                reason: format!("the storage of {}", escaped(&found.name)),
            });
        }
    };
    if written < of {
        notes.push(never_written(
            found,
            &object,
            Written {
                elements: written,
                of,
            },
        )?);
    }
    Ok(chunks)
}

/// "50 % of /data was never written; these voxels have the fill value 0".
fn never_written(found: &Found, object: &Object, written: Written) -> Result<String, IoError> {
    let source = &found.place.source;
    let fill = source.sound(object.fill_value(&source.bytes))?;
    let fill = fill.map_or(Some(0.0), |bytes| found.ty.number(&bytes));
    let share = 100.0 * (1.0 - written.elements as f64 / written.of as f64);
    // Never rounded to nothing or to everything.
    let share = match share {
        share if share < 0.01 => "less than 0.01".to_owned(),
        share if share > 99.99 && written.elements > 0 => "more than 99.99".to_owned(),
        share => {
            let digits = format!("{share:.2}");
            digits
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        }
    };
    let fill = fill.map_or_else(
        || "the fill value".to_owned(),
        |fill| format!("the fill value {fill}"),
    );
    Ok(format!(
        "{share} % of the voxels of {} were never written to the file and have {fill}",
        escaped(&found.name)
    ))
}

/// Filters of HDF5 and of its registry, by number.
fn filter_name(filter: &Filter) -> String {
    let known = match filter.id {
        1 => "gzip (deflate)",
        2 => "shuffle",
        3 => "Fletcher-32",
        4 => "szip",
        5 => "n-bit",
        6 => "scale-offset",
        305 => "LZO",
        307 => "bzip2",
        32000 => "lzf",
        32001 => "blosc",
        32002 => "MAFISC",
        32004 => "lz4",
        32005 => "APAX",
        32008 => "bitshuffle",
        32009 => "SPDP",
        32010 => "LPC-Rice",
        32011 => "CCSDS-123",
        32012 => "JPEG-LS",
        32013 => "zfp",
        32014 => "fpzip",
        32015 => "zstd",
        32016 => "B3D",
        32017 => "SZ",
        32018 => "FCIDECOMP",
        32019 => "JPEG",
        32022 => "granular bit-round",
        32023 => "bit-groom",
        32024 => "SZ3",
        32025 => "Delta-Rice",
        32026 => "blosc2",
        32028 => "SPERR",
        _ => "",
    };
    if known.is_empty() {
        escaped(&filter.name)
    } else {
        known.to_owned()
    }
}

/// Whether the library that is linked undoes a filter.
fn is_readable(filter: &Filter) -> bool {
    match filter.id {
        1 | 2 | 3 | 5 | 6 | 32000 | 32001 => true,
        // Asked only of a system's library: the bundled one is built without, and would search for a plug-in.
        4 => cfg!(not(feature = "bundled-hdf5")) && ::hdf5::filters::szip_available(),
        _ => false,
    }
}

fn check_filters(found: &Found, filters: &[Filter], chunk: u64) -> Result<(), IoError> {
    let malformed =
        |reason: &str| IoError::malformed(&found.place.source.path, Format::Hdf5, reason);
    for filter in filters {
        if !is_readable(filter) {
            return Err(IoError::Filter {
                path: found.place.source.path.clone(),
                dataset: escaped(&found.name),
                filter: filter_name(filter),
                number: filter.id,
            });
        }
        // The library divides and allocates by these without a look at them.
        match (filter.id, filter.values.as_slice()) {
            (32001, values) if values.len() < 4 => {
                return Err(malformed("its blosc filter lacks parameters"));
            }
            (32001, values) if values.len() > 6 && values[6] > 5 => {
                return Err(malformed("its blosc filter names an unknown compressor"));
            }
            (32000, [_, _, size, ..]) if u64::from(*size) > chunk => {
                return Err(malformed(
                    "its lzf filter states a larger chunk than its layout",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// The chunks of a dataset.
struct Grid {
    shape: Vec<u64>,
    chunk: Vec<u64>,
    /// Bytes of one chunk once unpacked.
    bytes: u64,
}

impl Grid {
    fn new(found: &Found, chunk: Vec<u64>) -> Result<Self, IoError> {
        let shape: Vec<u64> = found.lengths().iter().map(|&n| n as u64).collect();
        let bytes = chunk
            .iter()
            .fold(found.ty.size as u64, |all, &n| all.saturating_mul(n));
        let malformed =
            |reason: String| IoError::malformed(&found.place.source.path, Format::Hdf5, reason);
        if chunk.len() != shape.len() || bytes == 0 {
            return Err(malformed(format!(
                "the chunks of {} have no sound shape",
                escaped(&found.name)
            )));
        }
        let data = found.space.elements().saturating_mul(found.ty.size as u64);
        let limit = PLAUSIBLE_CHUNK.max(data.saturating_mul(4));
        if bytes > limit {
            return Err(malformed(format!(
                "one chunk of {} has {bytes} bytes, the whole dataset {data}",
                escaped(&found.name)
            )));
        }
        Ok(Self {
            shape,
            chunk,
            bytes,
        })
    }

    /// Elements of the dataset in the chunk that starts here.
    fn elements(&self, start: &[u64]) -> u64 {
        let sides = start.iter().zip(&self.shape).zip(&self.chunk);
        sides
            .map(|((&at, &n), &step)| n.saturating_sub(at).min(step))
            .product()
    }

    /// Refuses a chunk of the file that no writer makes of this many bytes, or that lies beyond the end.
    fn check_stored(
        &self,
        found: &Found,
        filters: &[Filter],
        stored: &Stored,
    ) -> Result<(), IoError> {
        let source = &found.place.source;
        let malformed = |reason: &str| {
            let reason = format!("a chunk of {} {reason}", escaped(&found.name));
            IoError::malformed(&source.path, Format::Hdf5, reason)
        };
        // A filter that does not pay stores at most a little more than it is given.
        let most = self
            .bytes
            .saturating_add(self.bytes / 64)
            .saturating_add(1024);
        if stored.size > most {
            return Err(malformed(&format!(
                "has {} bytes, unpacked {}",
                stored.size, self.bytes
            )));
        }
        if stored.address.saturating_add(stored.size) > source.bytes.length {
            return Err(malformed("lies beyond the end of the file"));
        }
        let last = filters.last().is_some_and(|filter| filter.id == 32001);
        if last && stored.mask & 1 << (filters.len() - 1) == 0 {
            // Version, version of the compressor, flags, bytes of an element; then bytes unpacked and packed.
            let head = source.sound(source.bytes.read(stored.address, stored.size.min(16)))?;
            let sound = head.len() == 16
                && little_endian(&head[4..8]) <= most
                && little_endian(&head[12..16]) <= stored.size;
            if !sound {
                return Err(malformed("has a damaged blosc header"));
            }
        }
        Ok(())
    }

    /// Elements that were written, by a version 1 B-tree.
    fn written_old(
        &self,
        found: &Found,
        filters: &[Filter],
        tree: Option<u64>,
    ) -> Result<u64, IoError> {
        let Some(tree) = tree else {
            return Ok(0);
        };
        let source = &found.place.source;
        let key = 8 + 8 * (self.shape.len() + 1);
        let mut written = 0u64;
        for leaf in source.sound(tree_leaves(&source.bytes, tree, 1, key))? {
            let mut cursor = source.bytes.cursor(&leaf.key);
            let stored = source.sound(Stored::decode(&mut cursor, leaf.child, self.shape.len()))?;
            self.check_stored(found, filters, &stored)?;
            written = written.saturating_add(self.elements(&stored.start));
        }
        Ok(written)
    }

    /// Elements that were written, by the index of the newer format, which the library reads.
    fn written_new(&self, found: &Found, filters: &[Filter]) -> Result<u64, IoError> {
        let open = library::dataset(found)?;
        let dataset = &open.dataset;
        let count = dataset.num_chunks().unwrap_or(0);
        if count > MAX_CHECKED_CHUNKS {
            let all = self.shape.iter().zip(&self.chunk);
            let all = all.map(|(&n, &step)| n.div_ceil(step));
            let all = all.fold(1, u64::saturating_mul);
            let written = u128::from(found.space.elements()) * (count as u128).min(u128::from(all));
            return Ok(u64::try_from(written / u128::from(all.max(1))).unwrap_or(u64::MAX));
        }
        let mut written = 0u64;
        for index in 0..count {
            if let Some(chunk) = dataset.chunk_info(index) {
                let stored = Stored {
                    start: chunk.offset,
                    address: chunk.addr,
                    size: chunk.size,
                    mask: chunk.filter_mask,
                };
                self.check_stored(found, filters, &stored)?;
                written = written.saturating_add(self.elements(&stored.start));
            }
        }
        Ok(written)
    }
}

/// A chunk as it lies in the file.
struct Stored {
    /// Its first element.
    start: Vec<u64>,
    address: u64,
    size: u64,
    /// Bits of the filters that were left out.
    mask: u32,
}

impl Stored {
    /// From the key of a version 1 B-tree.
    fn decode(cursor: &mut Cursor<'_>, address: u64, rank: usize) -> Decoded<Self> {
        let (size, mask) = (u64::from(cursor.u32()?), cursor.u32()?);
        let start = (0..rank)
            .map(|_| cursor.number(8))
            .collect::<Decoded<_>>()?;
        Ok(Self {
            start,
            address,
            size,
            mask,
        })
    }
}

/// Checks the sources of a virtual dataset; elements that are mapped to one.
fn check_virtual(
    found: &Found,
    heap: Option<u64>,
    index: u32,
    notes: &mut Vec<String>,
    depth: usize,
) -> Result<u64, IoError> {
    let source = &found.place.source;
    let Some(heap) = heap else {
        return Ok(0);
    };
    let map = source.sound(global_object(&source.bytes, heap, index))?;
    let mut cursor = source.bytes.cursor(&map);
    let mut mapped = 0u64;
    let mut checked: Vec<(String, String)> = Vec::new();
    for part in source.sound(mappings(&mut cursor))? {
        let elements = part.elements.unwrap_or(found.space.elements());
        mapped = mapped.saturating_add(elements);
        let name = (
            part.file.replace("%b", "0"),
            part.dataset.replace("%b", "0"),
        );
        if checked.contains(&name) {
            continue;
        }
        check_part(found, &name.0, &name.1, notes, depth)?;
        checked.push(name);
    }
    Ok(mapped.min(found.space.elements()))
}

/// Checks one source of a virtual dataset.
fn check_part(
    found: &Found,
    file: &str,
    dataset: &str,
    notes: &mut Vec<String>,
    depth: usize,
) -> Result<(), IoError> {
    let source = &found.place.source;
    let missing = || IoError::MissingSource {
        path: source.path.clone(),
        dataset: escaped(&found.name),
        source_file: format!(
            "{}:/{}",
            escaped(file),
            escaped(dataset.trim_start_matches('/'))
        ),
    };
    let part = if file == "." {
        Rc::clone(source)
    } else {
        match beside(&source.path, file) {
            Beside::Found(path) => Source::open(&path)?,
            Beside::Missing => return Err(missing()),
            Beside::Outside => {
                return Err(IoError::OutsideSource {
                    path: source.path.clone(),
                    dataset: escaped(&found.name),
                    source_file: escaped(file),
                });
            }
        }
    };
    let inner = match named(&part, dataset) {
        Err(IoError::NoSuchDataset { .. }) => return Err(missing()),
        other => other?,
    };
    check_nested(&inner, notes, depth + 1).map(|_| ())
}

/// A lock for reading, which fails while another program has the file open for writing. None where the file system has no
/// locks, or HDF5 is told to use none.
pub(super) fn lock(path: &Path) -> Result<Option<std::fs::File>, IoError> {
    use std::fs::TryLockError;
    let told = std::env::var("HDF5_USE_FILE_LOCKING").unwrap_or_default();
    if ["FALSE", "0"].contains(&told.trim()) {
        return Ok(None);
    }
    let file = std::fs::File::open(path).map_err(|error| IoError::os(path, error))?;
    // A program that has just written a file may hold it for a moment.
    for _ in 0..10 {
        match file.try_lock_shared() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(50)),
            Err(TryLockError::Error(_)) => return Ok(None),
        }
    }
    Err(IoError::OpenForWriting {
        path: path.to_owned(),
        advice: "close it there, or set HDF5_USE_FILE_LOCKING=FALSE to read it as it is",
    })
}
