//! Grey values and ids as microscopes and segmentation programs write them: hot pixels, data bars, voxels without a value, hundreds
//! of particles.

use super::{refused_in, stderr, stdout, voxion};
use image::{GrayImage, ImageBuffer, Luma};
use serde_json::Value;
use std::{fmt::Write as _, fs, path::Path};
use tempfile::TempDir;

fn json(folder: &Path, arguments: &str) -> Value {
    serde_json::from_str(&stdout(&voxion(folder, arguments).success())).unwrap()
}

/// Writes a NumPy array of little-endian f4 or i4.
fn npy(path: &Path, kind: &str, shape: [usize; 3], samples: &[[u8; 4]]) {
    let [z, y, x] = shape;
    let mut header =
        format!("{{'descr': '<{kind}', 'fortran_order': False, 'shape': ({z}, {y}, {x}), }}");
    while (10 + header.len() + 1) % 64 > 0 {
        header.push(' ');
    }
    header.push('\n');
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let parts = [
        b"\x93NUMPY\x01\x00",
        &length[..],
        header.as_bytes(),
        &samples.concat(),
    ]
    .concat();
    fs::write(path, parts).unwrap();
}

/// Noise from 0 to 6, the same everywhere.
fn noise(x: u32, y: u32) -> u32 {
    ((x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663)) >> 7) % 7
}

const SHAPE: [usize; 3] = [8, 12, 20];

/// Files of each kind.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    // Two grey levels, half of the pixels each, and one hot pixel.
    let board = |x: u32, y: u32| 100 + 20 * ((x + y) / 8 % 2) + noise(x, y) - 3;
    for (name, hot) in [("hot.png", 65535), ("cool.png", board(0, 0))] {
        let picture: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_fn(64, 64, |x, y| {
            let value = if (x, y) == (0, 0) { hot } else { board(x, y) };
            Luma([u16::try_from(value).unwrap()])
        });
        picture.save(path(name)).unwrap();
    }
    // A quarter of dark pixels in noise, above a data bar with a scale.
    let micrograph = GrayImage::from_fn(120, 144, |x, y| {
        let value = match y {
            0..120 => 60 * (1 + u32::from(x % 4 > 0)) + 3 * noise(x, y),
            130..134 if x > 80 => 255,
            _ => 0,
        };
        Luma([u8::try_from(value).unwrap()])
    });
    micrograph.save(path("bar.png")).unwrap();
    // Every grey value from 0 to 239.
    let grey = GrayImage::from_fn(40, 48, |x, y| {
        Luma([u8::try_from((x * 48 + y) % 240).unwrap()])
    });
    grey.save(path("grey.png")).unwrap();
    // Rows of label 1 along z at every third x, 0 elsewhere, and no value along one edge.
    let floats: Vec<[u8; 4]> = (0..8 * 12 * 20)
        .map(|i| match (i / 20 % 12, i % 20) {
            (0, 0) => f32::NAN,
            (0, 1) => f32::INFINITY,
            (_, x) if x % 3 == 0 => 1.0,
            _ => 0.0,
        })
        .map(f32::to_le_bytes)
        .collect();
    npy(&path("nan.npy"), "f4", SHAPE, &floats);
    // Particles of one voxel each at every odd x, 960 of them; 0 between.
    let ids: Vec<[u8; 4]> = (0..8 * 12 * 20)
        .map(|i: i32| if i % 2 == 0 { 0 } else { 1 + i / 2 })
        .map(i32::to_le_bytes)
        .collect();
    npy(&path("particles.npy"), "i4", SHAPE, &ids);
    folder
}

#[test]
fn one_hot_pixel_does_not_decide_a_threshold() {
    let folder = folder();
    for method in ["otsu", "multi-otsu"] {
        let of = |name: &str, more: &str| {
            let arguments = format!("porosity {name} --threshold {method} --json {more}");
            json(folder.path(), &arguments)["samples"][0].clone()
        };
        let (hot, cool) = (of("hot.png", ""), of("cool.png", ""));
        assert_eq!(hot["left_out"], 1);
        assert_eq!(cool["left_out"], 0);
        let [hot_porosity, cool_porosity] = [&hot, &cool].map(|s| s["porosity"].as_f64().unwrap());
        assert!(
            (hot_porosity - cool_porosity).abs() < 3e-4,
            "{hot_porosity} {cool_porosity}"
        );
        assert!(
            hot["warnings"][0]
                .as_str()
                .unwrap()
                .contains("--clip 0%..100%")
        );
        assert!(cool["warnings"].is_null());
        // The test of the test: with all values the pixel is a class of its own, and that is said.
        if method == "otsu" {
            let all = of("hot.png", "--clip 0%..100%");
            assert!(all["porosity"].as_f64().unwrap() > 0.4);
            let said = all["warnings"].to_string();
            assert!(said.contains("holds 1 of 4096 values (0.0244 %)"), "{said}");
        }
        let clipped = of("hot.png", "--clip 90..130");
        assert_eq!(clipped["porosity"], hot["porosity"]);
    }
    let exact = json(folder.path(), "porosity cool.png --threshold 110 --json");
    let found = json(folder.path(), "porosity hot.png --threshold otsu --json");
    let pair = [&exact, &found].map(|d| d["samples"][0]["porosity"].as_f64().unwrap());
    assert!(
        (pair[0] - 0.5).abs() < 0.01 && (pair[1] - pair[0]).abs() < 3e-4,
        "{pair:?}"
    );
    let run = voxion(folder.path(), "convert hot.png out.npy --threshold otsu").success();
    assert!(
        stderr(&run).contains("1 of 4096 values lie outside of"),
        "{}",
        stderr(&run)
    );
    assert_eq!(
        json(folder.path(), "info out.npy --json")["labels"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    for (clip, sentence) in [
        ("300..400", "no grey value lies from 300 to 400"),
        ("20", "is not a range"),
        ("1%..90", "mixes a value and a percentile"),
        ("90..20", "holds nothing"),
        ("-5%..90%", "do not lie from 0 to 100"),
    ] {
        refused_in(
            &folder,
            &format!("porosity cool.png --threshold otsu --clip {clip}"),
            sentence,
        );
    }
}

#[test]
fn a_data_bar_is_named_with_the_region_that_leaves_it_out() {
    let folder = folder();
    let run = voxion(folder.path(), "porosity bar.png --threshold 90 -o shown").success();
    let said = stderr(&run);
    assert!(
        said.contains("the last 24 of 144 rows hold nearly one value")
            && said.contains("--roi 0:120,:"),
        "{said}"
    );
    let without = voxion(
        folder.path(),
        "porosity bar.png --threshold 90 --quiet --roi 0:120,:",
    )
    .success();
    assert_eq!(stderr(&without), "");
    assert!(stdout(&without).contains("25.00 ±"), "{}", stdout(&without));
    assert!(!stdout(&run).contains("25.00 ±"));
    let columns = voxion(
        folder.path(),
        "porosity bar.png --threshold 90 --roi 20:144,8:100",
    )
    .success();
    assert!(
        stderr(&columns).contains("--roi 20:120,8:100"),
        "{}",
        stderr(&columns)
    );
}

#[test]
fn several_thresholds_are_a_column_each() {
    let folder = folder();
    let arguments = "porosity bar.png cool.png --threshold 70,105 --roi 0:60,0:60 --compare";
    let said = stdout(&voxion(folder.path(), &format!("{arguments} -o shown")).success());
    for words in ["up to 70 (%)", "up to 105 (%)", "difference up to 105 (%)"] {
        assert!(said.contains(words), "{words} in\n{said}");
    }
    for name in ["bar_porosity_70.png", "cool_porosity_105.png"] {
        assert!(folder.path().join("shown").join(name).is_file());
    }
    let found = json(folder.path(), "porosity bar.png --threshold 70,105 --json");
    let samples = found["samples"].as_array().unwrap();
    let alone = |threshold: &str| {
        let found = json(
            folder.path(),
            &format!("porosity bar.png --threshold {threshold} --json"),
        );
        found["samples"][0]["porosity"].clone()
    };
    assert_eq!(samples.len(), 2);
    assert_eq!(samples[0]["porosity"], alone("70"));
    assert_eq!(samples[1]["porosity"], alone("105"));
    assert_ne!(samples[0]["porosity"], samples[1]["porosity"]);
    voxion(folder.path(), "convert bar.png out.npy --threshold 70,105").success();
    assert_eq!(
        json(folder.path(), "info out.npy --json")["labels"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn voxels_without_a_value_get_a_label() {
    let folder = folder();
    // 8 of NaN and 8 of infinity in 1920 voxels.
    let share = "16 of 1920 voxels of nan.npy (0.833 %) hold no finite number";
    for command in [
        "info nan.npy",
        "measure nan.npy",
        "solve nan.npy --phase 1",
        "convert nan.npy out.npy",
        "convert nan.npy out.npy --threshold 0.5",
        "porosity nan.npy --threshold 0.5",
    ] {
        refused_in(&folder, command, share);
        refused_in(&folder, command, "--map nan=255");
    }
    let found = json(folder.path(), "info nan.npy --map nan=2 --json");
    assert_eq!(found["labels"][2]["label"], 2);
    assert_eq!(found["labels"][2]["voxels"], 16);
    // Voxels without a value join a label where theirs is one: they lie at x = 0 and 1.
    let ones = |nan: &str| {
        json(
            folder.path(),
            &format!("info nan.npy --map nan={nan} --json"),
        )["labels"][1]["voxels"]
            .clone()
    };
    assert_eq!(ones("0"), 664);
    assert_eq!(ones("1"), 680);
    let solved = json(
        folder.path(),
        "solve nan.npy --phase 1 --map nan=2 --backend host --json",
    );
    assert!(solved.to_string().contains("tortuosity_factor"));
    let measured = json(
        folder.path(),
        "measure nan.npy --only fractions --map nan=2 --json",
    );
    assert_eq!(measured["fractions"][2]["voxels"], 16);
    for threshold in ["", "--threshold 0.5"] {
        let arguments = format!("convert nan.npy out.npy {threshold} --map nan=0,0=5,1=7 --force");
        voxion(folder.path(), &arguments).success();
        let found = json(folder.path(), "info out.npy --json");
        for (place, label, voxels) in [(0, 0, 16), (1, 5, 1240), (2, 7, 664)] {
            assert_eq!(found["labels"][place]["label"], label);
            assert_eq!(found["labels"][place]["voxels"], voxels);
        }
    }
    refused_in(
        &folder,
        "solve nan.npy --phase 1 --map 1=2",
        "only nan=LABEL is taken",
    );
    let mut scenario =
        String::from("[volume]\npath = \"nan.npy\"\nnan = 2\n[run]\nbackend = \"host\"\n");
    for label in 0..3 {
        write!(
            scenario,
            "[phases.p{label}]\nlabel = {label}\nconductivity = {}\n",
            label % 2
        )
        .unwrap();
    }
    fs::write(folder.path().join("nan.toml"), scenario).unwrap();
    let run = json(folder.path(), "run nan.toml --json");
    // Straight rows along z.
    let along = run["results"][0]["effective_conductivity"]
        .as_f64()
        .unwrap();
    assert!((along - 664.0 / 1920.0).abs() < 1e-3, "{along}");
}

#[test]
fn hundreds_of_particles_are_one_label_and_the_rest() {
    let folder = folder();
    let solve = "solve particles.npy --phase 0 --axis z --backend host";
    let run = voxion(folder.path(), solve).success();
    assert!(
        stdout(&run).contains("960 labels that nothing is asked of are joined as label 1"),
        "{}",
        stdout(&run)
    );
    // Every other row of voxels conducts: half of the section, straight.
    assert!(stdout(&run).contains("0.5000"), "{}", stdout(&run));
    let measured = json(
        folder.path(),
        "measure particles.npy --phase 0 --only fractions --json",
    );
    assert_eq!(measured["fractions"].as_array().unwrap().len(), 2);
    assert_eq!(measured["porosity"]["total"], 0.5);
    let info = voxion(folder.path(), "info particles.npy").success();
    assert!(
        stdout(&info).contains("of 961 different values from 0 to 960"),
        "{}",
        stdout(&info)
    );
    assert!(
        stderr(&info).contains("as in --phase 0"),
        "{}",
        stderr(&info)
    );
    let values = json(folder.path(), "info particles.npy --json");
    assert_eq!(values["different_values"], 961);
    assert_eq!(values["most_frequent_values"][0]["voxels"], 960);
    for command in [
        "measure particles.npy",
        "convert particles.npy out.npy",
        "solve particles.npy --sigma 0=1",
    ] {
        refused_in(&folder, command, "voxion convert IN OUT --threshold 0");
    }
    refused_in(
        &folder,
        "measure particles.npy --phase -3",
        "the phase is label -3",
    );
    voxion(folder.path(), "convert particles.npy out.npy --threshold 0").success();
    assert_eq!(
        json(folder.path(), "info out.npy --json")["labels"][0]["fraction"],
        0.5
    );
}

#[test]
fn grey_values_are_not_listed_as_labels() {
    let folder = folder();
    for command in [
        "info grey.png",
        "measure grey.png",
        "solve grey.png --phase 0 --axis y --backend host",
    ] {
        let run = voxion(folder.path(), command).success();
        let said = stderr(&run);
        assert!(
            said.contains("voxion convert IN OUT --threshold otsu"),
            "{command}: {said}"
        );
        if !command.starts_with("solve") {
            assert!(stdout(&run).lines().count() < 40, "{}", stdout(&run));
        }
    }
    let found = json(folder.path(), "info grey.png --json");
    assert_eq!(found["labels"].as_array().unwrap().len(), 240);
}
