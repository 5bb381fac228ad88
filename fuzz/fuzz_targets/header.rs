//! MetaImage and NRRD headers with the voxels behind them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxion::io::VolumeSource;
use voxion_fuzz::{file, read_any};

fuzz_target!(|bytes: &[u8]| {
    let ending = if bytes.starts_with(b"NRRD") { "nrrd" } else { "mha" };
    read_any(&VolumeSource::new(file(ending, bytes)));
});
