//! Raw bytes with a shape, and what a user types for a source.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxion::io::VolumeSource;
use voxion_fuzz::{file, read_any};

fuzz_target!(|input: ([usize; 3], &str, &[u8])| {
    let (shape, text, bytes) = input;
    read_any(&VolumeSource::new(file("raw", bytes)).with_shape(shape));
    assert_eq!(VolumeSource::from(text).to_string(), text);
});
