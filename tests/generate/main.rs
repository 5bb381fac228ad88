//! Are the microstructures what was asked for: the same for any number of threads, of the fractions and sizes asked for,
//! connected, closed and periodic as their materials are, and stored so that others can read them?

mod facts;
mod files;
mod structure;

use voxion::{
    microstructure::generate::Microstructure,
    scenario::generate::{Draft, GENERATORS, Generator, Plan},
};

/// A plan from the text behind `[generate]` of a scenario.
fn plan(text: &str) -> Plan {
    let draft =
        Draft::parse(&format!("[generate]\n{text}"), "test").unwrap_or_else(|e| panic!("{e}"));
    let generator = draft.generator.expect("every text names its generator");
    draft.plan(generator, 0).unwrap_or_else(|e| panic!("{e}"))
}

fn build(text: &str) -> Microstructure {
    plan(text).build().unwrap_or_else(|e| panic!("{e}"))
}

/// Why a text cannot be built.
fn refusal(text: &str) -> String {
    let draft = match Draft::parse(&format!("[generate]\n{text}"), "test") {
        Ok(draft) => draft,
        Err(error) => return error.to_string(),
    };
    let generator = draft.generator.expect("every text names its generator");
    match draft.plan(generator, 0) {
        Ok(plan) => plan
            .build()
            .map(|_| "built".to_owned())
            .unwrap_or_else(|e| e.to_string()),
        Err(error) => error.to_string(),
    }
}

/// Every generator, small.
fn small(generator: &Generator, seed: u64) -> Microstructure {
    let settings = match generator.name {
        "pellet" => "voxel_size = \"90 nm\"\ncycles = 60",
        "core-shell" => "diameter = \"40 nm\"\ncore_fraction = 0.15",
        _ => "",
    };
    build(&format!(
        "generator = \"{}\"\nseed = {seed}\nshape = [56, 48, 40]\n{settings}",
        generator.name
    ))
}

fn everything(seed: u64) -> impl Iterator<Item = (&'static str, Microstructure)> {
    GENERATORS
        .iter()
        .map(move |generator| (generator.name, small(generator, seed)))
}
