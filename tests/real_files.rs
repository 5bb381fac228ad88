//! Do files as people have them give the right numbers? They are made by `../shared/data/real-files/make.py`; each row of
//! its page is one case here. Run with `cargo test --release --test real_files -- --ignored data_`.

#[path = "common/program.rs"]
mod program;

use program::{stderr, stdout, voxion};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};
use tempfile::TempDir;

/// A folder with all inputs.
static INPUTS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = Command::new(root.join(".venv/bin/python"))
        .arg(root.join("../shared/data/real-files/make.py"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    folder
});

fn folder() -> PathBuf {
    INPUTS.path().to_owned()
}

/// The numbers that matter of a solve along one axis.
#[derive(Debug, PartialEq)]
struct Numbers {
    shape: Vec<u64>,
    fraction: f64,
    sigma: f64,
    tortuosity: Option<f64>,
}

#[track_caller]
fn solve(arguments: &str) -> Numbers {
    let command = format!("solve {arguments} --backend host --rtol 1e-9 --json --quiet");
    let object: Value =
        serde_json::from_str(&stdout(&voxion(&folder(), &command).success())).unwrap();
    let row = &object["results"][0];
    let shape = object["input"]["shape"].as_array().unwrap();
    Numbers {
        shape: shape.iter().map(|n| n.as_u64().unwrap()).collect(),
        fraction: row["conducting_fraction"].as_f64().unwrap(),
        sigma: row["effective_conductivity"].as_f64().unwrap(),
        tortuosity: row["tortuosity_factor"].as_f64(),
    }
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!(
        (found / expected - 1.0).abs() < 1e-5,
        "{found} is not {expected}"
    );
}

/// The program must refuse with exit code 2 and all of these words.
#[track_caller]
fn refused(arguments: &str, words: &[&str]) {
    let said = stderr(&voxion(&folder(), arguments).code(2));
    for word in words {
        assert!(
            said.contains(word),
            "voxion {arguments}: no {word:?} in\n{said}"
        );
    }
    assert!(!said.contains("damaged"), "{said}");
}

/// The base volume along z, from bytes that need no interpretation.
fn base() -> Numbers {
    let base = solve("hdr.raw --shape 8,12,20 --offset 512 --phase 1");
    close(base.fraction, 574.0 / 1920.0);
    assert!(base.sigma > 0.0);
    base
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_files_with_the_base_volume_give_its_numbers() {
    let base = base();
    for arguments in [
        "white_u8.tif --phase 1",
        "white_f32.tif --phase 1",
        "white_i16.tif --phase 1",
        "channels.ome.tif --channel 0 --phase 1",
        "frames_ij.tif --channel 0 --phase 1",
        "lzf.h5 --phase 1",
        "ilastik4.h5 --phase 2",
        "ilastik5.h5 --phase 2",
        "channels.h5 --channel 0 --phase 1",
        "one_more_axis.npy --phase 1",
        "seg.mat --phase 1",
        "slices --phase 1",
        "palette.tif --phase 1",
        "be16.raw --shape 8,12,20 --type u16be --phase 1",
        "g4.tif --phase 1",
        "zstd.tif --phase 1",
    ] {
        assert_eq!(solve(arguments), base, "{arguments}");
    }
}

/// The comparison above, on a file with the labels exchanged.
#[test]
#[ignore = "needs ../shared/data"]
#[should_panic(expected = "left == right")]
fn data_another_volume_would_be_noticed() {
    assert_eq!(solve("frames_ij.tif --channel 1 --phase 1"), base());
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_stored_values_are_labels_whatever_is_white() {
    let found = solve("mask.tif --phase 1");
    close(found.fraction, 1.0 / 9.0);
    close(found.sigma, 1.0 / 9.0);
    close(found.tortuosity.unwrap(), 1.0);
    let said = stdout(&voxion(&folder(), "info mask.tif").success());
    assert!(said.contains("WhiteIsZero"), "{said}");
    close(solve("onebit.tif --phase 1 --axis x").sigma, 1.0);
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_channels_and_frames_are_refused_until_one_is_chosen() {
    refused(
        "solve channels_ij.tif --phase 1",
        &["2 channels", "--channel 0"],
    );
    refused("info channels.ome.tif", &["2 channels", "--channel 0"]);
    refused("measure frames_ij.tif", &["2 frames", "--channel 0"]);
    refused("convert channels.h5 out.h5", &["2 channels", "--channel 0"]);
    let found = solve("channels_ij.tif --channel 0 --phase 1");
    assert_eq!(found.shape, [6, 6, 6]);
    close(found.sigma, 1.0 / 9.0);
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_voxel_sizes_come_from_the_file() {
    for (file, place) in [("zig_ij.tif", "ImageJ description"), ("zig.ome.tif", "OME")] {
        let found = solve(&format!("{file} --phase 1"));
        close(found.sigma, 0.082_021_0);
        close(found.tortuosity.unwrap(), 1.422_40);
        let said = stdout(&voxion(&folder(), &format!("info {file}")).success());
        assert!(
            said.contains("voxel size 0.5 x 0.1 x 0.1 um from"),
            "{said}"
        );
        assert!(said.contains(place), "{said}");
        let cubes = solve(&format!("{file} --phase 1 --voxel-size 100nm"));
        close(cubes.tortuosity.unwrap(), 1.96);
    }
    let sized =
        solve("hdr.raw --shape 8,12,20 --offset 512 --phase 1 --voxel-size 0.5um,0.1um,0.1um");
    // DREAM.3D stores the spacing in single precision.
    let found = solve("d3d.dream3d --phase 2");
    close(found.sigma, sized.sigma);
    assert_eq!(found.shape, sized.shape);
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_what_is_not_there_is_named() {
    refused("solve vds.h5 --phase 1", &["src.h5"]);
    let said = stdout(&voxion(&folder(), "info unwritten.h5").success());
    assert!(
        said.contains("50") && said.contains("never written"),
        "{said}"
    );
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_containers_of_other_programs_are_read_by_name() {
    let assert = program::command(&folder())
        .args([
            "info",
            "like.ims:/DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data",
        ])
        .assert()
        .success();
    assert!(
        stdout(&assert).contains("16 x 16 x 32 voxels"),
        "{}",
        stdout(&assert)
    );
    let said = stdout(&voxion(&folder(), "info plane.npy").success());
    assert!(said.contains("1 x 12 x 20 voxels"), "{said}");
    let said = stdout(&voxion(&folder(), "info seg.mat").success());
    assert!(said.contains("MATLAB"), "{said}");
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_many_ids_and_missing_values_are_solved_for_one_label() {
    let found = solve("particles.npy --phase 0 --axis z");
    assert!(found.fraction > 0.4 && found.fraction < 0.6, "{found:?}");
    refused("solve nan.npy --phase 1", &["nan", "--map"]);
    let found = solve("nan.npy --phase 1 --map nan=2");
    assert!(found.fraction < base().fraction && found.sigma > 0.0);
}

#[test]
#[ignore = "needs ../shared/data"]
fn data_one_hot_pixel_does_not_decide_a_threshold() {
    let said = stdout(&voxion(&folder(), "porosity hot.tif --threshold otsu").success());
    assert!(said.contains("49.98 "), "{said}");
    let said = stdout(&voxion(&folder(), "porosity sem.tif --threshold otsu").success());
    assert!(said.contains("49.98 "), "{said}");
}
