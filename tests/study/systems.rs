//! Grains, cells without electrodes and several resolutions in a study: each case is what a single run gives, and the table has
//! every number of it with its bound.

use super::{PELLETS, folder, results, stderr, voxion};
use serde_json::Value;
use std::{fs, path::Path};
use voxion::study::{
    merge,
    table::{Column, Values},
};

const RUN: &str = "study run study.toml --quiet";

/// Pellets of two sizes of grain, two seeds each.
const GRAINS: &str = r#"
[study]
repeats = 2
results = ["effective_conductivity", "porosity"]

[[parameter]]
key = "grains.diameter"
values = ["500 nm", "3 um"]

[generate]
generator = "pellet"
seed = 3
size = 16
voxel_size = "200 nm"

[grains]
diameter = "1 um"
seed = 9

[phases.particle]
grain_boundary = "1 Ohm cm2"

[run]
backend = "host"
"#;

/// The records of a study's cases in the order of the table, by what the manifest says of their values.
fn records(folder: &Path) -> Vec<(Vec<String>, Value)> {
    let files = results(folder);
    let read = |name: &str| -> Value { serde_json::from_slice(&files[name]).unwrap() };
    let manifest = read("study.results/study.json");
    let cases = manifest["cases"].as_array().unwrap().iter();
    cases
        .map(|case| {
            let values = case["values"].as_array().unwrap().iter();
            let values = values.map(|value| value.as_str().unwrap().to_owned());
            let key = case["case"].as_str().unwrap();
            let name = format!("study.results/cases/{key}.json");
            (values.collect(), read(&name))
        })
        .collect()
}

/// The only result of a single run of a scenario.
fn single(folder: &Path, scenario: &str) -> Value {
    fs::write(folder.join("single.toml"), scenario).unwrap();
    let assert = voxion(folder, "run single.toml --json --quiet").success();
    let document: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    document["results"][0].clone()
}

/// The scenario of a study, from its first section on.
fn scenario(study: &str) -> String {
    study[study.find("[generate]").unwrap()..].to_owned()
}

fn merged(folder: &Path) -> Vec<Column> {
    voxion(folder, RUN).success();
    voxion(folder, "study merge study.toml").success();
    let (table, _) = merge::read(&folder.join("study.h5")).unwrap().unwrap();
    table.columns
}

fn numbers<'a>(columns: &'a [Column], name: &str) -> &'a [f64] {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    match columns.iter().find(|column| column.name == name) {
        Some(Column {
            values: Values::Numbers(numbers),
            ..
        }) => numbers,
        _ => panic!("no numbers {name} in {names:?}"),
    }
}

#[test]
fn grains_of_a_study_are_those_of_single_runs_with_the_seed_of_the_repeat() {
    let folder = folder(GRAINS);
    voxion(folder.path(), RUN).success();
    let records = records(folder.path());
    let values: Vec<String> = records.iter().map(|(values, _)| values.join(" ")).collect();
    assert_eq!(values, ["500 nm 3", "500 nm 4", "3 um 3", "3 um 4"]);
    let conductivity = |record: &Value| record["effective_conductivity"].as_f64().unwrap();
    let found: Vec<f64> = records
        .iter()
        .map(|(_, record)| conductivity(&record["results"][0]))
        .collect();
    // More boundaries resist more, whatever the seed.
    assert!(found[0] < found[2] && found[1] < found[3], "{found:?}");
    let alone = |diameter: &str, seed: u8, of_grains: u8| {
        let text = scenario(GRAINS)
            .replace("seed = 3", &format!("seed = {seed}"))
            .replace("seed = 9", &format!("seed = {of_grains}"))
            .replace("diameter = \"1 um\"", &format!("diameter = \"{diameter}\""));
        conductivity(&single(folder.path(), &text))
    };
    assert_eq!(alone("500 nm", 4, 4), found[1]);
    assert_eq!(alone("3 um", 3, 3), found[2]);
    // Grains of another seed, or of another size, are other grains.
    assert_ne!(alone("500 nm", 4, 3), found[1]);
    assert_ne!(alone("1 um", 3, 3), found[2]);
}

#[test]
fn repeats_of_a_volume_from_a_file_draw_its_grains_anew() {
    let text = GRAINS.replace(
        "[generate]\ngenerator = \"pellet\"\nseed = 3\nsize = 16\n",
        "[volume]\npath = \"one.raw\"\nshape = [16, 16, 16]\n",
    );
    let text = text.replace(
        "[phases.particle]\n",
        "[phases.particle]\nlabel = 1\nconductivity = \"1 S/m\"\n",
    );
    let folder = folder(&text);
    fs::write(folder.path().join("one.raw"), vec![1u8; 4096]).unwrap();
    let columns = merged(folder.path());
    assert_eq!(numbers(&columns, "grains.seed"), [9.0, 10.0, 9.0, 10.0]);
    let found = numbers(&columns, "effective_conductivity");
    assert!(found[0] != found[1] && found[2] != found[3], "{found:?}");
    assert!(found.iter().all(|own| *own < 1.0), "{found:?}");
    // Without grains that are drawn, repeats would all be the same.
    let kept = text.replace("diameter = \"1 um\"\nseed = 9", "path = \"ids.raw\"");
    let kept = kept.replace("grains.diameter", "transport.rtol");
    let kept = kept.replace("[\"500 nm\", \"3 um\"]", "[1e-3, 1e-4]");
    fs::write(folder.path().join("study.toml"), kept).unwrap();
    let said = stderr(&voxion(folder.path(), RUN).code(2));
    assert!(said.contains("leave \"repeats\" out"), "{said}");
    assert!(said.contains("study.toml:3:"), "{said}");
}

/// Whether the table has, for a tensor, what single runs give: by row and by entry, with a bound.
fn check_tensor(columns: &[Column], row: usize, tensor: [&Value; 2]) -> Result<(), String> {
    for (name, [i, j]) in [
        ("xx", [0, 0]),
        ("yy", [1, 1]),
        ("zz", [2, 2]),
        ("yz", [1, 2]),
        ("xz", [0, 2]),
        ("xy", [0, 1]),
    ] {
        for (ending, wanted) in ["", "_bound"].into_iter().zip(tensor) {
            let column = format!("conductivity_tensor.{name}{ending}");
            let (found, wanted) = (numbers(columns, &column)[row], wanted[i][j].as_f64());
            if wanted != Some(found) {
                return Err(format!("{column} is {found}, not {wanted:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn cells_without_electrodes_have_their_tensor_in_record_and_table() {
    for boundary in ["periodic", "mirror-periodic"] {
        let boundary = format!("boundary = \"{boundary}\"");
        let text = PELLETS
            .replace("sides = \"periodic\"", &boundary)
            .replace("\"effective_conductivity\"", "\"conductivity_tensor\"");
        let folder = folder(&text);
        let columns = merged(folder.path());
        let cycles = numbers(&columns, "generate.cycles");
        assert_eq!(cycles.len(), 6 * 3, "a row for each axis");
        let alone = scenario(&text).replace("seed = 3", "seed = 4\ncycles = 40");
        let alone = single(folder.path(), &alone);
        let row = 5 * 3;
        let tensor = [&alone["tensor"], &alone["tensor_error_bound"]];
        check_tensor(&columns, row, tensor).unwrap();
        // Another seed has another tensor.
        check_tensor(&columns, 4 * 3, tensor).unwrap_err();
        let (_, record) = records(folder.path()).remove(5);
        assert_eq!(record["conductivity_tensor"]["xx"], alone["tensor"][0][0]);
        for (axis, place) in [("z", 2), ("y", 1), ("x", 0)] {
            let results = record["results"].as_array().unwrap();
            let own = results.iter().find(|own| own["axis"] == axis).unwrap();
            let diagonal = &alone["tensor"][place][place];
            assert_eq!(&own["effective_conductivity"], diagonal, "{axis}");
        }
    }
}

/// Whether extrapolated columns are `2 f_1 - f_2` of the resolutions, with `2 b_1 + b_2` as bound at least twice that of the finest.
fn check_trend(columns: &[Column], row: usize, resolutions: [f64; 3]) -> Result<(), String> {
    let [fine, half, quarter] = resolutions;
    let own = numbers(columns, "effective_conductivity")[row];
    let limit = numbers(columns, "extrapolated_conductivity")[row];
    let order = numbers(columns, "observed_order")[row];
    let slope = ((half - quarter) / (fine - half)).log2();
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-12 * a.abs().max(b.abs());
    match near(own, fine) && near(limit, 2.0 * fine - half) && (order - slope).abs() < 1e-9 {
        true => Ok(()),
        false => Err(format!(
            "{own} {limit} {order} {slope} from {resolutions:?}"
        )),
    }
}

#[test]
fn several_resolutions_bring_the_extrapolated_number_its_bound_and_the_order() {
    // A conducting cube with a hole of half its width has the same trend at both values of what else is in it.
    let text = "[study]\nresults = [\"effective_conductivity\", \"tortuosity_factor\"]\n\n\
                [[parameter]]\nkey = \"phases.hole.conductivity\"\nvalues = [0, 0.1]\n\n\
                [volume]\npath = \"ball.raw\"\nshape = [32, 32, 32]\n\n\
                [phases.hole]\nlabel = 0\nconductivity = 0\n\n[phases.solid]\nlabel = 1\nconductivity = 1\n\n\
                [transport]\nextrapolate = true\nrtol = 1e-9\n\n[run]\nbackend = \"host\"\n";
    let folder = folder(text);
    let centred = |place: usize| (place as f64 - 15.5).powi(2);
    let outside = |place: usize| {
        centred(place / 1024) + centred(place / 32 % 32) + centred(place % 32) > 121.0
    };
    let ball: Vec<u8> = (0..32 * 32 * 32)
        .map(|place| u8::from(outside(place)))
        .collect();
    fs::write(folder.path().join("ball.raw"), ball).unwrap();
    let columns = merged(folder.path());
    for (row, hole) in ["0", "0.1"].into_iter().enumerate() {
        let start = text.find("[volume]").unwrap();
        let alone = text[start..].replace(
            "label = 0\nconductivity = 0",
            &format!("label = 0\nconductivity = {hole}"),
        );
        let alone = single(folder.path(), &alone);
        let trend = &alone["extrapolation"]["effective_conductivity"];
        let resolution = |place: usize| trend[place].as_f64().unwrap();
        let three = [resolution(0), resolution(1), resolution(2)];
        check_trend(&columns, row, three).unwrap();
        check_trend(&columns, row, [three[1], three[0], three[2]]).unwrap_err();
        let bound = numbers(&columns, "extrapolated_conductivity_bound")[row];
        let own = numbers(&columns, "effective_conductivity_bound")[row];
        assert!(2.0 * own < bound && bound < 1e-7, "{own} {bound}");
    }
    // Where resolutions are varied, cases with one have no such number.
    let varied = text
        .replace("phases.hole.conductivity", "transport.extrapolate")
        .replace("[0, 0.1]", "[true, false]")
        .replace("extrapolate = true\n", "");
    fs::write(folder.path().join("study.toml"), varied).unwrap();
    fs::remove_file(folder.path().join("study.h5")).unwrap();
    fs::remove_file(folder.path().join("study.csv")).unwrap();
    fs::remove_file(folder.path().join("study.parquet")).unwrap();
    let columns = merged(folder.path());
    let found = numbers(&columns, "extrapolated_conductivity");
    assert!(found[0].is_finite() && found[1].is_nan(), "{found:?}");
}

#[test]
fn what_grains_cells_and_resolutions_lack_is_told_at_its_line() {
    let extrapolated = "sides = \"periodic\"\nextrapolate = true";
    let cell = ("sides = \"periodic\"", "boundary = \"periodic\"");
    for (study, replaced, line, sentence) in [
        (
            PELLETS,
            &[("\"porosity\"]", "\"conductivity_tensor\"]")][..],
            7,
            "\"conductivity_tensor\" is of a cell without electrodes; set boundary = \"periodic\"",
        ),
        (
            PELLETS,
            &[("\"porosity\"]", "\"extrapolated_conductivity\"]")],
            7,
            "needs several resolutions; set extrapolate = true",
        ),
        (
            PELLETS,
            &[cell, ("\"porosity\"]", "\"extrapolated_tensor\"]")],
            7,
            "needs several resolutions; set extrapolate = true",
        ),
        (
            PELLETS,
            &[
                ("size = 16", "size = 15"),
                ("sides = \"periodic\"", extrapolated),
            ],
            21,
            "an even number of voxels along every axis, and there are 15 along z",
        ),
        (
            GRAINS,
            &[("[\"500 nm\", \"3 um\"]", "[\"500 nm\", \"3 S/m\"]")],
            8,
            "\"S/m\"",
        ),
        (
            GRAINS,
            &[("[\"500 nm\", \"3 um\"]", "[\"500 nm\", \"0 nm\"]")],
            8,
            "diameter",
        ),
        (
            GRAINS,
            &[("grains.diameter", "grains.diametre")],
            7,
            "did you mean \"grains.diameter\"?",
        ),
        (
            GRAINS,
            &[(
                "grains.diameter\"\nvalues = [\"500 nm\", \"3 um\"]",
                "generate.seed\"\nvalues = [1, 2]",
            )],
            3,
            "\"generate.seed\" is varied twice",
        ),
    ] {
        let mut text = study.to_owned();
        for (old, new) in replaced {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        let folder = folder(&text);
        let said = stderr(&voxion(folder.path(), RUN).code(2));
        let place = format!("study.toml:{line}:");
        assert!(
            said.contains(&place) && said.contains(sentence),
            "{replaced:?}\n{said}\nnot at {place} {sentence}"
        );
        assert!(!folder.path().join("study.results").exists());
    }
}
