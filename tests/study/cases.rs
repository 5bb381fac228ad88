//! Which cases a study makes.

use super::PELLETS;
use std::path::Path;
use voxion::{
    scenario::{Sweep, Voxels},
    study::Plan,
};

fn sweep(text: &str) -> Sweep {
    Sweep::parse(text, "study.toml", Path::new("")).unwrap_or_else(|error| panic!("{error}"))
}

fn values(sweep: &Sweep) -> Vec<String> {
    sweep
        .points
        .iter()
        .map(|point| point.values.join(" "))
        .collect()
}

#[test]
fn a_grid_with_repeats_has_every_combination_the_seed_fastest() {
    let sweep = sweep(PELLETS);
    assert_eq!(sweep.parameters, ["generate.cycles", "generate.seed"]);
    assert_eq!(
        values(&sweep),
        ["0 3", "0 4", "20 3", "20 4", "40 3", "40 4"]
    );
    let Voxels::Built { draft, .. } = &sweep.points[5].scenario.volume else {
        panic!("the volume is built");
    };
    assert_eq!(draft.seed, Some(4));
    assert!(draft.settings.contains(&("cycles", "40".to_owned())));
}

#[test]
fn vary_of_a_scenario_is_a_parameter() {
    let text = PELLETS
        .replace("[[parameter]]\nkey", "[vary]\nparameter")
        .replace("repeats = 2", "");
    assert_eq!(values(&sweep(&text)), ["0", "20", "40"]);
}

#[test]
fn ranges_are_linear_or_logarithmic_and_rounded() {
    let ranged = |lines: &str| {
        let text = PELLETS.replace("repeats = 2", "");
        values(&sweep(&text.replace("values = [0, 20, 40]", lines)))
    };
    assert_eq!(ranged("from = 0\nto = 1\ncount = 11")[3], "0.3");
    assert_eq!(
        ranged("from = 0\nto = 10\ncount = 4\nwhole = true"),
        ["0", "3", "7", "10"]
    );
    let conductivity = PELLETS
        .replace("repeats = 2", "")
        .replace("generate.cycles", "phases.coating.conductivity")
        .replace(
            "values = [0, 20, 40]",
            "from = \"1e-9 S/cm\"\nto = \"1e-5 S/cm\"\nscale = \"log\"\ncount = 5",
        );
    let sweep = sweep(&conductivity);
    assert_eq!(
        values(&sweep),
        [
            "1e-9 S/cm",
            "1e-8 S/cm",
            "1e-7 S/cm",
            "1e-6 S/cm",
            "1e-5 S/cm"
        ]
    );
    let found: Vec<f64> = sweep
        .points
        .iter()
        .map(|p| p.scenario.phases[2].conductivity.value)
        .collect();
    for (found, expected) in found.into_iter().zip([1e-7, 1e-6, 1e-5, 1e-4, 1e-3]) {
        assert!((found / expected - 1.0).abs() < 1e-14, "{found:e}");
    }
}

/// A study of 16 samples of two parameters.
fn sampled(design: &str) -> Sweep {
    let text = PELLETS.replace(
        "repeats = 2",
        &format!("design = \"{design}\"\nsamples = 16\nseed = 5"),
    );
    let ranges = "from = 0\nto = 160\n\n[[parameter]]\nkey = \"phases.coating.conductivity\"\n\
                  from = \"1e-9 S/cm\"\nto = \"1e-5 S/cm\"\nscale = \"log\"";
    sweep(&text.replace("values = [0, 20, 40]", ranges))
}

/// Whether each of 16 equal parts of both ranges is met once.
fn check_even(cycles: &[f64], decades: &[f64]) -> Result<(), String> {
    let parts = |values: &[f64], low: f64, width: f64| {
        let mut parts: Vec<f64> = values.iter().map(|v| ((v - low) / width).floor()).collect();
        parts.sort_by(f64::total_cmp);
        parts
    };
    let all: Vec<f64> = (0u8..16).map(f64::from).collect();
    let found = (parts(cycles, 0.0, 10.0), parts(decades, -9.0, 0.25));
    if found.0 == all && found.1 == all {
        return Ok(());
    }
    Err(format!("{found:?}"))
}

#[test]
fn samples_meet_each_part_of_each_range_once() {
    for design in ["latin-hypercube", "sobol"] {
        let (first, again) = (sampled(design), sampled(design));
        assert_eq!(values(&first), values(&again), "{design}");
        let number = |text: &str| text.trim_end_matches(" S/cm").parse::<f64>().unwrap();
        let column = |place: usize| -> Vec<f64> {
            first
                .points
                .iter()
                .map(|point| number(&point.values[place]))
                .collect()
        };
        let decades: Vec<f64> = column(1).iter().map(|value| value.log10()).collect();
        check_even(&column(0), &decades).unwrap();
        // Two samples in one part, and so none in another, are seen.
        let mut wrong = column(0);
        wrong[0] = wrong[1];
        check_even(&wrong, &decades).unwrap_err();
        // The two parameters are not sorted alike.
        let order = |values: &[f64]| {
            let mut places: Vec<usize> = (0..16).collect();
            places.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            places
        };
        assert_ne!(order(&column(0)), order(&decades), "{design}");
    }
}

#[test]
fn lists_go_hand_in_hand() {
    let text = PELLETS.replace("repeats = 2", "design = \"list\"").replace(
        "values = [0, 20, 40]",
        "values = [0, 20, 40]\n\n[[parameter]]\nkey = \"transport.temperature\"\nvalues = [\"25 C\", \"40 C\", \"60 C\"]",
    );
    assert_eq!(values(&sweep(&text)), ["0 25 C", "20 40 C", "40 60 C"]);
}

#[test]
fn every_study_and_scenario_that_ships_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    for (name, cases, parameters) in [
        ("pellet-bare-vs-coated.toml", 6, 1),
        ("vgs-li2s.toml", 4, 1),
        ("studies/coating.toml", 30, 2),
        ("studies/carbon-shape.toml", 27, 3),
        ("studies/shell.toml", 27, 3),
        ("studies/membrane.toml", 99, 3),
        ("studies/sheets.toml", 9, 3),
    ] {
        let sweep = Sweep::read(&root.join(name)).unwrap_or_else(|error| panic!("{error}"));
        let found = (sweep.points.len(), sweep.parameters.len());
        assert_eq!(found, (cases, parameters), "{name}");
    }
}

#[test]
fn the_key_of_a_case_is_that_of_its_settings() {
    let study = "[[parameter]]\nkey = \"transport.sides\"\nvalues = [\"mirror\", \"periodic\"]\n[volume]\npath = \"v.raw\"\n\
                 shape = [2, 2, 2]\n[phases.a]\nlabel = 0\nconductivity = \"3.07 mS/cm\"\n[stress]\nhold = \"free\"\n[stress.phases.a]\nyoung = \"1 GPa\"\n\
                 poisson = 0.3\n";
    let folder = super::folder(study);
    let path = folder.path().join("study.toml");
    std::fs::write(folder.path().join("v.raw"), [0u8; 8]).unwrap();
    std::fs::write(folder.path().join("w.raw"), [0u8; 8]).unwrap();
    let keys = |old: &str, new: &str| {
        assert!(study.contains(old));
        std::fs::write(&path, study.replace(old, new)).unwrap();
        Plan::read(&path)
            .unwrap_or_else(|error| panic!("{error}"))
            .keys
    };
    let own = keys("3.07", "3.07");
    assert_ne!(own[0], own[1]);
    // Another spelling, another name of the file, and the settings of what is not asked for make no other case.
    assert_eq!(keys("3.07 mS/cm", "0.307 S/m"), own);
    assert_eq!(keys("v.raw", "w.raw"), own);
    assert_eq!(keys("1 GPa", "2 GPa"), own);
    assert_ne!(keys("3.07", "3.08"), own);
    assert_ne!(keys("shape", "voxel_size = \"1 um\"\nshape"), own);
    // Written down, so that no change of the program's own types makes other keys unnoticed. Another version does.
    if env!("CARGO_PKG_VERSION") == "0.1.0" {
        assert_eq!(own[0], "8a1b839e91a780617c3096c7b869d148");
    }
}
