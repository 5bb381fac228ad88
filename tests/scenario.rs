//! Is a scenario file read as it is meant, and is each fault told at its line, in words that help?

use voxion::{
    field::Backend,
    io::Overwrite,
    microstructure::Axis,
    physics::conduction::{Boundary, Sides},
    scenario::{Scenario, ScenarioError},
};

const COMPLETE: &str = r#"
[volume]
path = "scan.h5"
dataset = "/image"
voxel_size = ["1 um", "390 nm", "390nm"]

[phases.particle]
labels = [85, 86]
conductivity = "0.5 S/m"
electrode_resistance = { inlet = "0.8 Ohm cm2" }

[phases.electrolyte]
label = 0
conductivity = "3.07 mS/cm"
electrode_resistance = "1 Ohm cm2"

[[contact]]
between = ["particle", "electrolyte"]
resistance = "20 Ohm cm2"

[transport]
axes = ["z", "x"]
boundary = "centre"
sides = "periodic"
rtol = "0.01 %"

[run]
device = "NVIDIA"
threads = 4

[output]
json = "out.json"
force = true
"#;

const MINIMAL: &str = r#"
[volume]
path = "a.tif"
[phases.pore]
label = 0
conductivity = 1
"#;

#[test]
fn everything_arrives_in_si() {
    let scenario = Scenario::parse(COMPLETE).unwrap();
    assert_eq!(
        scenario.volume.file().unwrap().source.to_string(),
        "scan.h5:/image"
    );
    assert_eq!(
        scenario.volume.file().unwrap().voxel_size,
        Some([1e-6, 390e-9, 390e-9])
    );
    let [particle, electrolyte] = scenario.phases.as_slice() else {
        panic!("two phases")
    };
    assert_eq!(
        (particle.title(), &particle.labels),
        ("particle".to_owned(), &vec![85, 86])
    );
    assert_eq!(
        (particle.inlet_resistance, particle.outlet_resistance),
        (0.8e-4, 0.0)
    );
    assert_eq!(
        (electrolyte.inlet_resistance, electrolyte.outlet_resistance),
        (1e-4, 1e-4)
    );
    assert!((electrolyte.conductivity.value - 0.307).abs() < 1e-15 && scenario.has_units());
    assert_eq!(scenario.contacts[0].between, [0, 1]);
    assert_eq!(scenario.contacts[0].resistance, 20e-4);
    assert_eq!(scenario.transport.axes, [Axis::Z, Axis::X]);
    assert_eq!(scenario.transport.boundary, Boundary::Centre);
    assert_eq!(scenario.transport.sides, Sides::Periodic);
    assert_eq!(scenario.transport.relative_error, 1e-4);
    assert_eq!(
        scenario.execution.backend,
        Backend::Device {
            name: Some("NVIDIA".to_owned())
        }
    );
    assert_eq!(scenario.execution.threads, Some(4));
    assert_eq!(scenario.output.json.unwrap().to_str(), Some("out.json"));
    assert_eq!(scenario.output.overwrite, Overwrite::Replace);
}

#[test]
fn what_is_left_out_has_the_defaults_of_the_command_line() {
    let scenario = Scenario::parse(MINIMAL).unwrap();
    assert_eq!(scenario.transport.axes, [Axis::Z]);
    assert_eq!(scenario.transport.boundary, Boundary::Face);
    assert_eq!(scenario.transport.sides, Sides::Mirror);
    assert_eq!(scenario.transport.relative_error, 1e-3);
    assert_eq!(scenario.execution.backend, Backend::Auto);
    assert_eq!(scenario.output.overwrite, Overwrite::Keep);
    assert!(!scenario.has_units() && scenario.volume.file().unwrap().voxel_size.is_none());
}

#[test]
fn paths_in_a_file_are_relative_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.toml");
    std::fs::write(&file, format!("{MINIMAL}[output]\nslices = \"pictures\"\n")).unwrap();
    let scenario = Scenario::read(&file).unwrap();
    assert_eq!(
        scenario.volume.file().unwrap().source.path(),
        folder.path().join("a.tif")
    );
    assert_eq!(scenario.output.slices, Some(folder.path().join("pictures")));
}

/// The line and the sentence of the fault of a text.
fn fault(text: &str) -> (usize, String) {
    match Scenario::parse(text) {
        Err(ScenarioError::Fault(fault)) => (fault.line, fault.fault.to_string()),
        other => panic!("no fault in {text:?}: {other:?}"),
    }
}

/// `COMPLETE` with one line replaced, from 1, must have exactly this fault at exactly this line.
#[track_caller]
fn refused(old: &str, new: &str, line: usize, sentence: &str) {
    assert_eq!(COMPLETE.matches(old).count(), 1, "{old:?} must occur once");
    assert_eq!(
        fault(&COMPLETE.replace(old, new)),
        (line, sentence.to_owned())
    );
}

#[test]
fn unknown_keys_and_words_come_with_a_suggestion() {
    refused(
        "voxel_size",
        "voxelsize",
        5,
        "unknown key \"voxelsize\" in [volume]; did you mean \"voxel_size\"?",
    );
    refused(
        "[transport]",
        "[transprot]",
        21,
        "unknown key \"transprot\" in the scenario; did you mean \"transport\"?",
    );
    refused(
        "threads = 4",
        "gpu = 4",
        29,
        "unknown key \"gpu\" in [run]; expected backend, device, threads or memory",
    );
    refused(
        "\"centre\"",
        "\"center\"",
        23,
        "\"boundary\" is \"center\"; did you mean \"centre\"?",
    );
    refused(
        "\"z\", \"x\"",
        "\"w\"",
        22,
        "\"axes\" is \"w\"; expected x, y, z or all",
    );
    refused(
        "[\"z\", \"x\"]",
        "[]",
        22,
        "\"axes\" is an empty list, but at least one axis is expected",
    );
    refused(
        "\"electrolyte\"]",
        "\"electrolite\"]",
        18,
        "the phase \"electrolite\" is not described; did you mean \"electrolyte\"?",
    );
}

#[test]
fn quantities_name_the_field_the_unit_and_the_kind() {
    refused(
        "\"0.5 S/m\"",
        "\"0.5 nm\"",
        9,
        "conductivity of \"particle\": \"nm\" is the unit of a length, but a conductivity is expected, such as \"3.07 mS/cm\"",
    );
    refused(
        "\"0.5 S/m\"",
        "-0.5",
        9,
        "conductivity of \"particle\" is -0.5, but it must be zero or positive",
    );
    refused(
        "\"0.5 S/m\"",
        "nan",
        9,
        "conductivity of \"particle\": \"nan\" is not a finite number; write a conductivity such as \"3.07 mS/cm\"",
    );
}

#[test]
fn lengths_resistances_and_tolerances_have_their_units_and_ranges() {
    refused(
        "\"1 um\"",
        "1",
        5,
        "voxel_size: 1 has no unit; write a length with its unit, such as \"390 nm\"",
    );
    refused(
        "\"1 um\"",
        "\"0 um\"",
        5,
        "voxel_size is 0 um, but it must be greater than zero, from 1e-24 m to 1e24 m",
    );
    refused(
        "\"20 Ohm cm2\"",
        "\"20 Ohm cm\"",
        19,
        "resistance: the unit \"Ohm cm\" is not known; did you mean \"Ohm cm2\"?",
    );
    refused(
        "\"0.01 %\"",
        "1.5",
        25,
        "rtol is 1.5, but it must be between 0 and 1, such as 1e-3",
    );
}

#[test]
fn contradictions_point_at_the_phase_to_blame() {
    refused(
        "label = 0",
        "label = 86",
        12,
        "label 86 is given to \"particle\" and to \"electrolyte\"; give it once",
    );
    refused(
        "\"3.07 mS/cm\"",
        "3.07",
        12,
        "the conductivity of \"electrolyte\" is given without unit, unlike that of \"particle\"; give all of them units (the result is in S/m) or none (the result is relative)",
    );
    refused(
        "device =",
        "backend = \"host\"\ndevice =",
        29,
        "the device \"NVIDIA\" is named, but the backend is \"host\"; leave one of them out",
    );
    refused(
        "[\"particle\", \"electrolyte\"]",
        "[\"particle\", \"particle\"]",
        17,
        "a contact joins two different phases, and each pair once; \"particle\" and \"particle\" do not fit",
    );
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    refused(
        "path = \"scan.h5\"",
        "",
        2,
        "[volume] needs the key \"path\"",
    );
    refused(
        "labels = [85, 86]",
        "",
        7,
        "[phases.particle] needs either \"label\" (one number) or \"labels\" (a list that is not empty)",
    );
    refused(
        "threads = 4",
        "threads = 0",
        29,
        "\"threads\" is out of range, but a whole number from 1 to 4096 is expected",
    );
    refused(
        "force = true",
        "force = 1",
        33,
        "\"force\" is a whole number, but true or false is expected",
    );
    refused(
        "[\"1 um\", \"390 nm\", \"390nm\"]",
        "[\"1 um\", \"390 nm\"]",
        5,
        "\"voxel_size\" is a list of another length, but a list of three, [z, y, x], is expected",
    );
    assert_eq!(fault("").1, "the scenario needs the key \"volume\"");
    let (line, sentence) = fault("[volume]\npath = scan.h5\n");
    assert!(
        line == 2 && sentence.starts_with("this is not valid TOML: "),
        "{line}: {sentence}"
    );
}

#[test]
fn runs_without_a_conductor_or_with_a_resistance_that_has_no_meaning_are_refused() {
    let insulating = MINIMAL.replace("conductivity = 1", "conductivity = 0");
    assert!(
        fault(&insulating)
            .1
            .starts_with("no phase conducts: every conductivity is 0")
    );
    let resistance = format!("{MINIMAL}electrode_resistance = \"1 Ohm cm2\"\n");
    assert!(
        fault(&resistance)
            .1
            .starts_with("an area-specific resistance needs conductivities")
    );
}

proptest::proptest! {
    /// No text makes the parser panic, not even one that is nearly a scenario.
    #[test]
    fn any_text_is_read_or_refused(cut in 0..COMPLETE.len(), len in 0usize..8, filler in "[\\PC\n]{0,12}") {
        let end = (cut + len).min(COMPLETE.len());
        let text = format!("{}{filler}{}", &COMPLETE[..cut], &COMPLETE[end..]);
        let _ = Scenario::parse(&text);
        let _ = Scenario::parse(&filler);
    }
}
