//! Do `measure`, `porosity` and `convert` say what they should about small volumes and pictures with known answers?

use super::{folder, refused_in, stderr, stdout, voxion};
use image::{GrayImage, Luma, Rgb, RgbImage};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::TempDir;

const HALVES: &str = "measure halves.raw --shape 8,6,4";

fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&stdout(&voxion(folder, arguments).success())).unwrap()
}

/// A picture with one dark pixel in four, another with one in eight, and one in colours.
fn pictures() -> TempDir {
    let folder = folder();
    let dark = |every: u32| {
        GrayImage::from_fn(64, 48, |x, y| {
            Luma([if (x + y) % every == 0 { 40 } else { 180 }])
        })
    };
    dark(4).save(folder.path().join("bare.png")).unwrap();
    dark(8).save(folder.path().join("coated.png")).unwrap();
    let colours = RgbImage::from_fn(64, 48, |x, _| Rgb([if x < 16 { 10 } else { 200 }; 3]));
    colours.save(folder.path().join("colours.png")).unwrap();
    let flat = GrayImage::from_pixel(64, 48, Luma([9]));
    flat.save(folder.path().join("flat.png")).unwrap();
    folder
}

#[test]
fn a_microstructure_file_names_its_phases() {
    let mesh = Path::new(env!("CARGO_MANIFEST_DIR")).join("meshes/pellet.h5");
    let found = json(
        folder().path(),
        &format!("measure {} --only fractions --json", mesh.display()),
    );
    let names: Vec<&Value> = (0..3).map(|i| &found["phases"][i]["name"]).collect();
    assert_eq!(names, ["pore", "particle", "coating"]);
    let nameless = json(
        folder().path(),
        &format!("{HALVES} --only fractions --json"),
    );
    assert_eq!(nameless["phases"][0]["name"], Value::Null);
}

#[test]
fn halves_have_the_measures_of_halves() {
    let folder = folder();
    let found = json(folder.path(), &format!("{HALVES} --voxel-size 10nm --json"));
    assert_eq!(found["porosity"]["total"], 0.5);
    assert_eq!(found["porosity"]["closed"], 0.0);
    assert_eq!(found["fractions"][1]["percolating_fraction"]["z"], 1.0);
    assert_eq!(found["fractions"][1]["percolating_fraction"]["x"], 0.0);
    assert_eq!(found["fractions"][1]["components"], 1);
    assert_eq!(
        (&found["length_unit"], &found["area_density_unit"]),
        (&"m".into(), &"1/m".into())
    );
    // One face of 8 x 6 voxels in a length of 40 nm.
    let faces = found["interfaces"][0]["specific_by_faces"]
        .as_f64()
        .unwrap();
    assert!((faces * 40e-9 - 1.0).abs() < 1e-9, "{faces}");
    let tortuosity = found["geodesic"][0]["along"]["y"]["tortuosity"]
        .as_f64()
        .unwrap();
    assert!((tortuosity - 1.0).abs() < 1e-6);
    assert!(found["geodesic"][0]["along"]["x"].is_null());
    let said = stdout(&voxion(folder.path(), HALVES).success());
    for words in [
        "Porosity (label 0): total 0.5000, open 0.5000, closed 0.0000.",
        "specific surface (1/voxel)",
        "no three phases meet",
        "Geodesic tortuosity",
    ] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
}

#[test]
fn only_what_is_asked_for_is_measured() {
    let folder = folder();
    let found = json(
        folder.path(),
        &format!("{HALVES} --only area,chords --json"),
    );
    for (measure, there) in [
        ("surfaces", true),
        ("chords", true),
        ("fractions", false),
        ("thickness", false),
    ] {
        assert_eq!(!found[measure].is_null(), there, "{measure}");
    }
    let named = stdout(&voxion(folder.path(), &format!("{HALVES} --phases run.toml")).success());
    assert!(
        named.contains("pore (0)") && named.contains("solid (1)"),
        "{named}"
    );
}

#[test]
fn numbers_do_not_depend_on_threads() {
    let folder = folder();
    let one = stdout(&voxion(folder.path(), &format!("{HALVES} --json --threads 1")).success());
    let three = stdout(&voxion(folder.path(), &format!("{HALVES} --json --threads 3")).success());
    assert_eq!(one, three);
}

#[test]
fn questions_that_do_not_fit_are_refused() {
    for (arguments, sentence) in [
        (
            "--pore 7",
            "the pore is label 7, which the volume does not hold; it holds 0 and 1",
        ),
        (
            "--roles active=1,electrolyte=0,carbon=9",
            "carbon is label 9",
        ),
        (
            "--roles active=1,electrolyte=0,carbon=0",
            "label 0 is named for electrolyte and for carbon",
        ),
        ("--roles active=1", "name all three"),
        ("--only everything", "possible values: fractions, area"),
        ("--spread 2", "spread is 2, but it must be between 0 and 1"),
    ] {
        refused_in(&folder(), &format!("{HALVES} {arguments}"), sentence);
    }
}

#[test]
fn pictures_are_compared() {
    let folder = pictures();
    let arguments = "porosity bare.png coated.png --threshold otsu --compare";
    let found = json(folder.path(), &format!("{arguments} --json"));
    assert_eq!(found["samples"][0]["porosity"], 0.25);
    assert_eq!(found["samples"][1]["porosity"], 0.125);
    assert_eq!(found["samples"][1]["difference"], -0.125);
    let said = stdout(&voxion(folder.path(), &format!("{arguments} -o shown")).success());
    assert!(
        said.contains("25.00 ± 0.00") && said.contains("-12.50 ± 0.00"),
        "{said}"
    );
    for name in ["bare_porosity.png", "coated_porosity.png"] {
        let picture = image::open(folder.path().join("shown").join(name))
            .unwrap()
            .to_rgb8();
        let colours = picture
            .pixels()
            .map(|p| p.0)
            .collect::<std::collections::HashSet<_>>();
        assert!(picture.width() > 800 && colours.len() > 8);
    }
    refused_in(
        &folder,
        &format!("{arguments} -o shown"),
        "bare_porosity.png exists already",
    );
    voxion(folder.path(), &format!("{arguments} -o shown --force")).success();
}

#[test]
fn colours_are_converted_and_that_is_said() {
    let folder = pictures();
    let run = voxion(folder.path(), "porosity colours.png --threshold 100").success();
    assert!(stderr(&run).contains("colours.png holds colours; they were turned into grey values"));
    assert!(stdout(&run).contains("25.00 ±"));
}

#[test]
fn bad_pictures_and_thresholds_are_refused() {
    for (arguments, sentence) in [
        (
            "bare.png --threshold 200",
            "bare.png: the threshold 200 lies outside of the grey values, which run from 40 to 180",
        ),
        (
            "bare.png --threshold 190..200",
            "the threshold 190..200 lies outside",
        ),
        ("bare.png --threshold 90..20", "ends before it begins"),
        ("bare.png --threshold dark", "\"dark\" is not a threshold"),
        (
            "bare.png flat.png --threshold otsu",
            "flat.png: every grey value is 9",
        ),
        (
            "bare.png --threshold otsu --roi 0:99,:",
            "the region 0:99 along y does not lie inside 0:48",
        ),
        (
            "bare.png --threshold otsu --roi 0:4,:",
            "4 pixels along y are too few",
        ),
        (
            "bare.png bare.png --threshold otsu -o shown",
            "named for two outputs",
        ),
        ("none.jpg --threshold otsu", "none.jpg does not exist"),
    ] {
        refused_in(&pictures(), &format!("porosity {arguments}"), sentence);
    }
}

#[test]
fn volumes_are_converted() {
    let folder = pictures();
    let convert = "convert halves.raw out.h5 --shape 8,6,4 --voxel-size 10nm";
    let said = stdout(
        &voxion(
            folder.path(),
            &format!("{convert} --map 1=5 --crop 0:8,0:6,1:3"),
        )
        .success(),
    );
    assert!(said.contains("out.h5: 8 x 6 x 2 voxels"), "{said}");
    let found = json(folder.path(), "info out.h5 --json");
    assert_eq!(found["voxel_size_m"], serde_json::json!([1e-8, 1e-8, 1e-8]));
    assert_eq!(found["labels"][1]["label"], 5);
    assert_eq!(found["labels"][1]["voxels"], 48);
    let said = stdout(&voxion(folder.path(), &format!("{convert} --force --resample 2")).success());
    assert!(said.contains("out.h5: 4 x 3 x 2 voxels"), "{said}");
    let said =
        stdout(&voxion(folder.path(), "convert bare.png out.npy --threshold otsu").success());
    assert!(
        said.contains("threshold 40") && said.contains("0.2500"),
        "{said}"
    );
}

#[test]
fn conversions_that_cannot_be_are_refused() {
    let halves = "convert halves.raw --shape 8,6,4";
    for (arguments, sentence) in [
        (
            format!("{halves} out.vti"),
            "out.vti does not end in .h5, .npy, .tif or .raw",
        ),
        (format!("{halves} kept.h5"), "kept.h5 exists already"),
        (
            format!("{halves} halves.raw --force"),
            "halves.raw is an input of this run",
        ),
        (
            format!("{halves} out.h5 --map 9=1"),
            "label 9 is to be renumbered, but the volume holds 0, 1",
        ),
        (format!("{halves} out.h5 --map 9"), "write OLD=NEW"),
        (
            format!("{halves} out.h5 --crop 0:9,:,:"),
            "the region 0:9 along z",
        ),
        (
            format!("{halves} out.h5 --crop 3:3,:,:"),
            "\"3:3\" is not a range of voxels",
        ),
        (
            format!("{halves} out.h5 --resample 5"),
            "blocks of 5 voxels do not fit into 4 along x",
        ),
        (format!("{halves} out.h5 --median 1"), "--threshold"),
        (
            format!("{halves} out.h5 --threshold 1"),
            "the threshold 1 lies outside",
        ),
        (
            format!("{halves} out.raw --map 1=300"),
            "out.raw cannot hold label 300",
        ),
    ] {
        let folder = folder();
        refused_in(&folder, &arguments, sentence);
        assert!(!folder.path().join("out.h5").exists());
        assert_eq!(
            fs::read(folder.path().join("kept.h5")).unwrap(),
            b"something precious"
        );
    }
}

/// A faulty scenario is shown with file name and marker, as `run` shows it.
#[test]
fn a_faulty_scenario_for_names_is_refused() {
    let folder = folder();
    let text = fs::read_to_string(folder.path().join("run.toml")).unwrap();
    fs::write(
        folder.path().join("bad.toml"),
        text.replace("label = 1", "label = 1.5"),
    )
    .unwrap();
    for words in ["bad.toml", "label = 1.5"] {
        refused_in(&folder, &format!("{HALVES} --phases bad.toml"), words);
    }
    refused_in(
        &folder,
        &format!("{HALVES} --phases none.toml"),
        "none.toml",
    );
    voxion(
        folder.path(),
        &format!("{HALVES} --only fractions --phases run.toml"),
    )
    .success();
}
