//! The parser of scenario files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use voxion::scenario::Scenario;

fuzz_target!(|text: &str| {
    let _ = Scenario::parse(text);
});
