//! Do scenarios build their volumes and compare their cases as they say, and is each fault told at its line?

mod runs;

use std::path::Path;
use voxion::scenario::{Quantified, Scenario, Study, generate::GENERATORS};

const PELLET: &str = r#"
[generate]
generator = "pellet"
seed = 3
size = 24
voxel_size = "150 nm"

[vary]
parameter = "generate.cycles"
values = [0, 40]

[[measured]]
result = "porosity"
at = [40]
values = ["15 %"]
source = "somebody"

[transport]
sides = "periodic"

[run]
backend = "host"
"#;

fn study(text: &str) -> Study {
    let study = Study::parse(text, "test", Path::new("")).unwrap_or_else(|e| panic!("{e}"));
    study.expect("the text has a section [vary]")
}

/// The sentence that a text is refused with.
fn refusal(text: &str) -> String {
    match Study::parse(text, "test", Path::new("")) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn cases_differ_in_the_parameter_alone() {
    let study = study(PELLET);
    assert_eq!(study.parameter, "generate.cycles");
    let values: Vec<&str> = study.cases.iter().map(|case| &*case.value).collect();
    assert_eq!(values, ["0", "40"]);
    let [bare, coated] = &study.cases[..] else {
        panic!("two values make two cases")
    };
    assert_eq!(bare.scenario.phases, coated.scenario.phases);
    let voxels = |scenario: &Scenario| scenario.volume.volume().unwrap().0.volume.counts();
    let (bare, coated) = (voxels(&bare.scenario), voxels(&coated.scenario));
    assert!(bare[2] == 0 && coated[2] > 1000, "{bare:?} {coated:?}");
    assert_eq!(study.measured[0].result, Quantified::Porosity);
    assert_eq!(study.measured[0].values, [None, Some(0.15)]);
}

#[test]
fn phases_come_from_the_generator_unless_the_file_describes_them() {
    let text = PELLET.replace(
        "[transport]",
        "[phases.coating]\nmaterial = \"LiPON\"\n[transport]\ntemperature = \"60 C\"",
    );
    for case in study(&text).cases {
        let phase = |place: usize| &case.scenario.phases[place];
        let names: Vec<String> = case.scenario.phases.iter().map(|p| p.title()).collect();
        assert_eq!(names, ["pore", "particle", "coating"]);
        assert_eq!(phase(0).conductivity.value, 0.0);
        assert!(phase(1).origin().unwrap().contains("Li6PS5Cl at 60 C"));
        assert!(phase(2).origin().unwrap().contains("LiPON at 60 C"));
    }
    let own = text.replace("material = \"LiPON\"", "conductivity = \"0.2 mS/cm\"");
    assert_eq!(
        study(&own).cases[0].scenario.phases[2].conductivity.value,
        0.02
    );
}

#[test]
fn generators_build_the_phases_that_their_tables_state() {
    for generator in &GENERATORS {
        let text = format!(
            "[generate]\ngenerator = \"{}\"\nsize = 56\nseed = 1\n",
            generator.name
        );
        let small = match generator.name {
            "pellet" => "voxel_size = \"120 nm\"\ncycles = 60\n",
            "core-shell" => "diameter = \"40 nm\"\ncore_fraction = 0.15\n",
            _ => "",
        };
        let draft = voxion::scenario::generate::Draft::parse(&(text + small), "test").unwrap();
        let plan = draft.plan(generator, 0).unwrap();
        let built = plan.build().unwrap();
        let value = |name: &str| plan.values.all().find(|(known, _)| *known == name);
        let stated: Vec<(u8, &str, Option<String>)> = (0..)
            .zip(generator.phases)
            .map(|(label, &(name, material))| {
                (label, name, value(material).map(|v| v.1.to_owned()))
            })
            .collect();
        let found: Vec<(u8, &str, Option<String>)> = built
            .phases
            .into_iter()
            .map(|phase| (phase.label, phase.name, phase.material))
            .collect();
        assert_eq!(found, stated, "{}", generator.name);
    }
}

#[test]
fn what_may_be_varied_is_varied() {
    let with = |parameter: &str, values: &str| {
        let text = PELLET
            .replace("generate.cycles", parameter)
            .replace("[0, 40]", values);
        study(
            &text
                .replace("at = [40]", "at = []")
                .replace("[\"15 %\"]", "[]"),
        )
    };
    let conductivities = |study: Study, phase: usize| -> Vec<f64> {
        let cases = study.cases.into_iter();
        cases
            .map(|case| case.scenario.phases[phase].conductivity.value)
            .collect()
    };
    let by_value = with("phases.coating.conductivity", "[\"1 mS/cm\", \"2 mS/cm\"]");
    assert_eq!(conductivities(by_value, 2), [0.1, 0.2]);
    let by_name = conductivities(
        with("phases.coating.material", "[\"LPS-glass\", \"LiPON\"]"),
        2,
    );
    assert!((by_name[0] - 0.03).abs() < 1e-12 && (by_name[1] - 2.3e-4).abs() < 1e-12);
    let warm = conductivities(with("transport.temperature", "[\"25 C\", \"60 C\"]"), 1);
    assert!(warm[1] > 2.0 * warm[0], "{warm:?}");
}

/// What is replaced by what, and the line and the sentence of the fault that this makes.
const FAULTS: &[(&str, &str, usize, &str)] = &[
    (
        "generate.cycles",
        "generate.cylces",
        9,
        "did you mean \"generate.cycles\"?",
    ),
    (
        "generate.cycles",
        "phases.pores.material",
        9,
        "did you mean \"phases.pore.material\"?",
    ),
    (
        "[0, 40]",
        "[]",
        10,
        "\"values\" is an empty list, but at least one value is expected",
    ),
    (
        "[0, 40]",
        "[0, \"40 nm\"]",
        10,
        "cycles: \"nm\" is the unit of a length",
    ),
    ("[0, 40]", "[40, true]", 10, "\"cycles\" is true or false"),
    ("[0, 40]", "[40, 40]", 10, "each value once is expected"),
    (
        "at = [40]",
        "at = [30]",
        14,
        "\"at\" is \"30\"; expected one of the values of [vary]: 0 or 40",
    ),
    (
        "at = [40]",
        "at = [0, 40]",
        15,
        "one value for each of \"at\" is expected",
    ),
    (
        "result = \"porosity\"",
        "result = \"prosity\"",
        13,
        "did you mean \"porosity\"?",
    ),
    ("[\"15 %\"]", "[\"15 mS/cm\"]", 15, "is the unit of"),
    (
        "[generate]",
        "[volume]\npath = \"a.h5\"\n[generate]",
        4,
        "both \"[volume]\" and \"[generate]\" are given",
    ),
    (
        "[transport]",
        "[phases.coatng]\nmaterial = \"S\"\n[transport]",
        18,
        "did you mean \"coating\"?",
    ),
    (
        "[transport]",
        "[phases.coating]\nlabel = 2\n[transport]",
        19,
        "unknown key \"label\"",
    ),
    (
        "sides =",
        "axes = \"all\"\nsides =",
        9,
        "one axis beside [vary] is expected",
    ),
];

#[test]
fn faults_are_told_at_their_line() {
    for &(old, new, line, sentence) in FAULTS {
        assert!(PELLET.contains(old), "{old}");
        let said = refusal(&PELLET.replacen(old, new, 1));
        assert!(
            said.contains(sentence),
            "{new}\nsaid: {said}\nnot: {sentence}"
        );
        assert!(said.starts_with(&format!("line {line}:")), "{new}: {said}");
    }
    let start = PELLET.find("[vary]").unwrap();
    let end = PELLET.find("[[measured]]").unwrap();
    let alone = PELLET.replace(&PELLET[start..end], "");
    assert!(
        refusal(&alone).contains("needs the key \"vary\""),
        "{}",
        refusal(&alone)
    );
}
