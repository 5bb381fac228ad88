//! `voxion stress` and scenarios with a section `[stress]`: what a user types, sees, and is refused.

use assert_cmd::{Command, assert::Assert};
use serde_json::Value;
use std::{fs, path::Path};

/// Plates along z, two of three planes solid (label 1 below, 2 above), in a folder of their own.
fn plates() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plates.raw");
    let voxels: Vec<u8> = (0..6 * 4 * 4).map(|i| [1, 1, 2, 2, 0, 0][i / 16]).collect();
    fs::write(&path, voxels).unwrap();
    (folder, path.display().to_string())
}

fn stress(arguments: &[&str]) -> Assert {
    Command::new(env!("CARGO_BIN_EXE_voxion"))
        .arg("stress")
        .args(arguments)
        .assert()
}

fn document(assert: &Assert) -> Value {
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

const MODULI: &str = "1=22.1GPa:0.37,2=83GPa:0.19,0=void";

#[test]
fn a_film_is_pressed_in_its_plane() {
    let (_folder, path) = plates();
    let arguments = [
        &path,
        "--shape",
        "6,4,4",
        "--moduli",
        MODULI,
        "--eigenstrain",
        "2=0.01",
        "--hold",
        "film",
        "--json",
    ];
    let run = stress(&arguments).success();
    let result = &document(&run)["results"][0];
    // One sixth of 3: a third of the cell presses with E eps / (1 - nu).
    let expected = -83e9 * 0.01 / 0.81 / 3.0;
    let found = result["mean_stress"][0].as_f64().unwrap();
    assert!((found / expected - 1.0).abs() < 1e-3, "{found} {expected}");
    assert!((found / expected - 1.01).abs() > 1e-3);
    assert_eq!(result["mean_stress"].as_array().unwrap().len(), 6);
    assert_eq!(result["mean_strain"].as_array().unwrap().len(), 6);
    assert_eq!(result["effective_eigenstrain"].as_array().unwrap().len(), 6);
    assert_eq!(result["phases"].as_array().unwrap().len(), 2);
    assert!(
        document(&run)["warnings"][0]
            .as_str()
            .unwrap()
            .contains("nothing resists")
    );
}

#[test]
fn tables_say_what_carries_what() {
    let (folder, path) = plates();
    let fields = folder.path().join("out.h5").display().to_string();
    let slices = folder.path().join("pictures").display().to_string();
    let arguments = [
        path.as_str(),
        "--shape",
        "6,4,4",
        "--moduli",
        MODULI,
        "--eigenstrain",
        "2=0.01",
        "--hold",
        "xx=0,yy=0,zz=0MPa",
        "--stiffness",
        "--bond",
        "1MPa",
        "--fields",
        &fields,
        "--slices",
        &slices,
    ];
    let run = stress(&arguments).success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    for part in [
        "mean stress (MPa)",
        "label 2: von Mises",
        "above 1 MPa",
        "stiffness (GPa)",
        "small strain holds",
        "E (GPa)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(Path::new(&fields).exists() && Path::new(&slices).join("deformed.png").exists());
    let again = stress(&arguments).failure().code(2);
    assert!(String::from_utf8_lossy(&again.get_output().stderr).contains("exists"));
}

/// A field of fractions in an HDF5 file, all of one value.
fn fractions(folder: &Path, shape: [usize; 3], value: f64) -> String {
    let path = folder.join("state.h5");
    let file = hdf5::File::create(&path).unwrap();
    let field = ndarray::Array3::from_elem(shape, value);
    let dataset = file.new_dataset_builder().with_data(&field);
    dataset.create("converted").unwrap();
    format!("{}:/converted", path.display())
}

#[test]
fn swelling_follows_a_field_of_fractions() {
    let (folder, path) = plates();
    let half = fractions(folder.path(), [6, 4, 4], 0.5);
    let mut arguments = vec![
        path.as_str(),
        "--shape",
        "6,4,4",
        "--moduli",
        MODULI,
        "--eigenstrain",
        "2=S to Li2S",
        "--hold",
        "film",
        "--json",
    ];
    let pressure = |arguments: &[&str]| {
        let run = stress(arguments).success();
        document(&run)["results"][0]["mean_stress"][0]
            .as_f64()
            .unwrap()
    };
    let whole = pressure(&arguments);
    arguments.extend(["--fractions", &half]);
    let found = pressure(&arguments) / whole;
    let expected = (1.4f64.cbrt() - 1.0) / (1.8f64.cbrt() - 1.0);
    assert!((found / expected - 1.0).abs() < 2e-3, "{found} {expected}");
    assert!((found / 0.5 - 1.0).abs() > 2e-3, "the law is not linear");

    let (other, _) = plates();
    let wrong = fractions(other.path(), [4, 4, 6], 0.5);
    *arguments.last_mut().unwrap() = &wrong;
    let refused = stress(&arguments).failure().code(2);
    let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(
        told.contains("[4, 4, 6]") && told.contains("[6, 4, 4]"),
        "{told}"
    );
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_a_length_that_no_transform_has_is_solved_on_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let rod = |length: usize| {
        let path = folder.path().join("rod.raw");
        fs::write(&path, vec![1u8; 2 * 3 * length]).unwrap();
        let (path, shape) = (path.display().to_string(), format!("2,3,{length}"));
        let moduli = ["--shape", &shape, "--moduli", "1=20GPa:0.3"];
        let held = ["--hold", "xx=0.01", "--backend", "device", "--json"];
        let run = stress(&[&[path.as_str()], &moduli[..], &held].concat()).success();
        let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        (document(&run), told)
    };
    let (found, told) = rod(11);
    assert_eq!(found["backend"], "host");
    assert!(
        told.contains("x has 11 voxels (10 and 12 would do)"),
        "{told}"
    );
    let (found, told) = rod(10);
    assert!(
        found["backend"] == "device" && !told.contains("would do"),
        "{told}"
    );
    let stress = found["results"][0]["mean_stress"][0].as_f64().unwrap();
    assert!((stress / 0.2e9 - 1.0).abs() < 1e-3, "{stress}");
}

/// What `--moduli` refuses, and with which words.
const WRONG_MODULI: [(&str, &str); 9] = [
    ("1=22.1GPa:0.37,2=83GPa:0.19", "label 0 has no moduli"),
    ("1=22.1GPa:0.5,2=83GPa:0.19,0=void", "below 0.5"),
    ("1=22.1GPa:-1,2=83GPa:0.19,0=void", "above -1"),
    ("1=0GPa:0.3,2=83GPa:0.19,0=void", "greater than zero"),
    ("1=22.1:0.3,2=83GPa:0.19,0=void", "no unit"),
    ("1=22.1nm:0.3,2=83GPa:0.19,0=void", "a pressure is expected"),
    ("1=void,2=void,0=void", "every voxel is void"),
    ("1=22.1GPa,2=83GPa:0.19,0=void", "E:NU"),
    ("1=22.1GPa:0.37,1=83GPa:0.19,0=void", "give it once"),
];

/// The same of other options, with good moduli.
const WRONG_OPTIONS: [(&str, &str, &str); 10] = [
    ("--eigenstrain", "7=0.1", "label 7 has no moduli"),
    ("--eigenstrain", "2=-1", "above -1"),
    ("--yield", "1=0GPa", "greater than zero"),
    ("--yield", "1=1GPa:-1GPa", "zero or positive"),
    ("--yield", "5=1GPa", "label 5 has no moduli"),
    ("--hold", "sideways", "not a way to hold a cell"),
    ("--hold", "zz=-50MPa", "no solid crosses the cell along z"),
    ("--hold", "ab=0", "not a component"),
    ("--rtol", "1e-15", "out of reach"),
    ("--device", "no such adapter", "no such adapter"),
];

#[test]
fn nonsense_is_refused_in_a_sentence() {
    let (_folder, path) = plates();
    let base = [path.as_str(), "--shape", "6,4,4", "--moduli"];
    let refused = |arguments: &[&str], code: i32, sentence: &str| {
        let run = stress(&[&base[..], arguments].concat())
            .failure()
            .code(code);
        let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(told.contains(sentence), "{arguments:?}: {told}");
    };
    for (moduli, sentence) in WRONG_MODULI {
        refused(&[moduli], 2, sentence);
    }
    for (option, value, sentence) in WRONG_OPTIONS {
        // That a device is not there is no mistake of the input.
        let code = if option == "--device" { 1 } else { 2 };
        refused(&[MODULI, option, value], code, sentence);
    }
    let unknown = format!("{MODULI},9=1GPa:0.3");
    refused(&[&unknown], 2, "no voxel has label 9");
}

/// A scenario as it ships, but smaller.
fn scenario(name: &str, (from, to): (&str, &str)) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{name} has no {from}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("smaller.toml");
    fs::write(&file, text.replace(from, to)).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .args(["run", "--json", "--quiet"])
        .arg(&file)
        .assert()
        .success();
    document(&run)
}

/// Mean von Mises stress of a phase in each state.
fn von_mises(document: &Value, name: &str) -> Vec<f64> {
    let states = document["results"].as_array().unwrap().iter();
    let of = |state: &Value| {
        let phases = state["phases"].as_array().unwrap();
        let phase = phases.iter().find(|phase| phase["name"] == name).unwrap();
        phase["von_mises"]["mean"].as_f64().unwrap()
    };
    states.map(of).collect()
}

fn rise(values: &[f64]) -> bool {
    values.windows(2).all(|pair| pair[0] < pair[1])
}

#[test]
fn stress_rises_with_the_fraction_converted() {
    let composite = scenario("s-c-sse-swelling", ("size = 64", "size = 40"));
    let film = scenario(
        "vgs-li2s-stress",
        ("shape = [64, 48, 48]", "shape = [60, 24, 24]"),
    );
    for (document, phase) in [
        (&composite, "electrolyte"),
        (&composite, "carbon"),
        (&film, "filling"),
    ] {
        let mut found = von_mises(document, phase);
        assert!(rise(&found), "{phase}: {found:?}");
        found.reverse();
        assert!(!rise(&found), "a wrong order was not noticed");
    }
    // Shrinking pulls, swelling presses.
    let pull = |document: &Value, name: &str| {
        let phases = document["results"][1]["phases"].as_array().unwrap();
        let phase = phases.iter().find(|phase| phase["name"] == name).unwrap();
        phase["hydrostatic"]["mean"].as_f64().unwrap()
    };
    assert!(pull(&film, "filling") > 0.0 && pull(&composite, "active") < 0.0);
}

/// Voxels drawn one by one, four fifths of them pores, in a folder of their own.
fn foam() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("foam.raw");
    let mut state = 7_u64;
    let mut draw = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        match (state >> 40) % 10 {
            0..8 => 0,
            8 => 1,
            _ => 2,
        }
    };
    let voxels: Vec<u8> = (0..16 * 16 * 16).map(|_| draw()).collect();
    fs::write(&path, voxels).unwrap();
    (folder, path.display().to_string())
}

fn on_foam<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let base = [
        "--shape",
        "16,16,16",
        "--moduli",
        MODULI,
        "--eigenstrain",
        "2=0.01",
    ];
    [&[path], &base[..], &["--backend", "host"], more].concat()
}

#[test]
fn a_solve_that_falls_short_shows_its_numbers_with_their_bounds() {
    let (_folder, path) = foam();
    let short = ["--hold", "clamped", "--max-iterations", "40"];
    let run = stress(&on_foam(&path, &short)).failure().code(1);
    let table = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(
        table.contains("mean stress (MPa)") && table.contains("±"),
        "{table}"
    );
    let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    let error = told.lines().last().unwrap_or_default();
    assert!(
        error.contains("after 40 iterations the mean stress"),
        "{told}"
    );
    assert!(
        error.contains("was asked for") && !error.contains("prescribe"),
        "{told}"
    );
    let json = [&short[..], &["--json"]].concat();
    let run = stress(&on_foam(&path, &json)).failure().code(1);
    let document = document(&run);
    let result = &document["results"][0];
    assert_eq!(result["converged"], false);
    assert_eq!(result["iterations"], 40);
    assert!(result["mean_stress_bound"][0].as_f64().unwrap() > 0.0);
    assert_eq!(document["parameters"]["max_iterations"], 40);
}

#[test]
fn an_effective_eigenstrain_out_of_reach_is_a_warning() {
    let (_folder, path) = foam();
    let arguments = [
        "--hold",
        "clamped",
        "--rtol",
        "0.05",
        "--max-iterations",
        "400",
        "--json",
    ];
    let run = stress(&on_foam(&path, &arguments)).success();
    let document = document(&run);
    assert_eq!(document["results"][0]["converged"], true);
    assert!(document["results"][0]["effective_eigenstrain"].is_null());
    let warnings = document["warnings"].to_string();
    assert!(
        warnings.contains("the effective eigenstrain is not reported"),
        "{warnings}"
    );
}

#[test]
fn the_limit_of_iterations_is_one_number() {
    let (folder, path) = plates();
    let base = [path.as_str(), "--shape", "6,4,4", "--moduli", MODULI];
    let run = stress(&[&base[..], &["--json"]].concat()).success();
    assert_eq!(document(&run)["parameters"]["max_iterations"], 2000);
    for wrong in ["0", "-3", "many", "1.5"] {
        let option = format!("--max-iterations={wrong}");
        let run = stress(&[&base[..], &[&option]].concat()).failure().code(2);
        let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(told.contains("from 1 on"), "{told}");
    }
    let text = |stress: &str| {
        format!(
            "[volume]\npath = \"plates.raw\"\nshape = [6, 4, 4]\n\n[phases.a]\nlabels = [1, 2]\nconductivity = \"1 S/m\"\n\n\
             [phases.pore]\nlabels = [0]\nconductivity = \"0 S/m\"\n\n[stress]\n{stress}\n\n\
             [stress.phases.a]\nyoung = \"20 GPa\"\npoisson = 0.3\neigenstrain = 0.01\n"
        )
    };
    let run = |stress: &str| {
        let file = folder.path().join("study.toml");
        fs::write(&file, text(stress)).unwrap();
        Command::new(env!("CARGO_BIN_EXE_voxion"))
            .args(["run", "--json", "--quiet"])
            .arg(&file)
            .assert()
    };
    let limit =
        |stress: &str| document(&run(stress).success())["parameters"]["max_iterations"].clone();
    assert_eq!(limit(""), 2000);
    assert_eq!(limit("max_iterations = 700"), 700);
    for wrong in ["max_iterations = 0", "max_iterations = \"many\""] {
        let run = run(wrong).failure().code(2);
        let told = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(told.contains("from 1 on"), "{told}");
    }
}

#[test]
fn help_and_report_speak_of_stress() {
    let run = stress(&["--help"]).success();
    let help = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(
        !help.contains("potential") && !help.contains("current density"),
        "{help}"
    );
    assert!(help.contains("displacements to an HDF5 file"), "{help}");
    let (_folder, path) = plates();
    let base = [path.as_str(), "--shape", "6,4,4", "--moduli", MODULI];
    let law = |more: &[&str]| {
        let run = stress(&[&base[..], &["--eigenstrain", "2=0.01"], more].concat()).success();
        String::from_utf8_lossy(&run.get_output().stdout).into_owned()
    };
    let yielding = law(&["--hold", "film", "--yield", "2=0.1GPa:1GPa"]);
    assert!(!yielding.contains("Linear elasticity"), "{yielding}");
    assert!(yielding.contains("elastoplasticity"), "{yielding}");
    assert!(law(&["--hold", "film"]).contains("Linear elasticity"));
}
