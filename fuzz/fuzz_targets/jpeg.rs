//! JPEG pictures.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxion::io::VolumeSource;
use voxion_fuzz::{file, read_any};

fuzz_target!(|bytes: &[u8]| read_any(&VolumeSource::new(file("jpg", bytes))));
