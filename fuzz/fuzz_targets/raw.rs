//! Raw voxels with a shape, type and offset, and the text that a user types for a source.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxion::io::{ReadOptions, VolumeSource};
use voxion_fuzz::{file, read_any};

fuzz_target!(|input: ([u8; 3], &str, u8, &str, &[u8])| {
    let (shape, sample_type, offset, text, bytes) = input;
    read_any(&VolumeSource::new(file("raw", bytes)).with_options(ReadOptions {
        shape: Some(shape.map(usize::from)),
        sample_type: sample_type.parse().ok(),
        offset: Some(offset.into()),
        ..ReadOptions::default()
    }));
    assert_eq!(VolumeSource::from(text).to_string(), text);
});
