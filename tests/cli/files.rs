//! Are files written completely or not at all, and kept unless forced?

use super::{SCENARIO, folder, refused_in, stderr, voxion};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

#[test]
fn a_scenario_leaves_its_files_and_keeps_them() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let outputs = "--fields run.h5 --slices pictures";
    voxion(folder.path(), &format!("run run.toml {outputs}")).success();
    let object: Value = serde_json::from_slice(&fs::read(path("run.json")).unwrap()).unwrap();
    assert_eq!(object["units"], "S/m");
    let pictures = ["labels_z.png", "potential_z.png", "current_density_z.png"];
    let mut found: Vec<_> = fs::read_dir(path("pictures"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["current_density_z.png", "labels_z.png", "potential_z.png"]
    );

    let said = |command: &str| stderr(&voxion(folder.path(), command).code(2));
    assert!(said("run run.toml").contains("run.json exists already"));
    fs::remove_file(path("run.json")).unwrap();
    assert!(said("run run.toml --fields run.h5").contains("run.h5 exists already"));
    for picture in pictures {
        assert!(said("run run.toml --slices pictures").contains("exists already"));
        fs::remove_file(path("pictures").join(picture)).unwrap();
    }
    voxion(folder.path(), &format!("run run.toml {outputs} --force")).success();
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_no_half_file() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let folder = folder();
    let mut state = 1u32;
    let noise = (0..224 * 224 * 224).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::from(state > u32::MAX / 5 * 3)
    });
    fs::write(folder.path().join("noise.raw"), noise.collect::<Vec<u8>>()).unwrap();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .args("solve noise.raw --shape 224,224,224 --phase 0 --backend host".split(' '))
        .args("--rtol 1e-9 --axis all --fields out.h5".split(' '))
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.starts_with("memory: "), "{first}");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.last().unwrap().unwrap().starts_with("interrupted: "));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}

/// Inputs that --force once destroyed, each named as an output of the same command, under its own name and as a hard link.
#[test]
fn no_input_is_replaced_whatever_force_says() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let ids: Vec<u8> = (0..8 * 6 * 4u8).collect();
    for name in ["ids.raw", "fractions.raw"] {
        fs::write(path(name), &ids).unwrap();
    }
    let grains = "[grains]\npath = \"ids.npy\"\n";
    voxion(
        folder.path(),
        "convert ids.raw ids.npy --shape 8,6,4 --quiet",
    )
    .success();
    voxion(
        folder.path(),
        "convert fractions.raw fractions.npy --shape 8,6,4 --quiet",
    )
    .success();
    voxion(
        folder.path(),
        "convert halves.raw halves.npy --shape 8,6,4 --quiet",
    )
    .success();
    let solid = "[phases.solid]";
    let text = SCENARIO
        .replace(solid, &format!("grain_boundary = \"1 Ohm cm2\"\n\n{solid}"))
        .replace(
            "shape = [8, 6, 4]",
            "shape = [8, 6, 4]\nvoxel_size = \"1 um\"",
        );
    fs::write(path("grains.toml"), text + grains).unwrap();
    voxion(folder.path(), "run run.toml --fields run.h5 --force").success();
    let solve =
        "solve halves.npy --backend host --force --sigma '0=1 S/m,1=2 S/m' --voxel-size 1um";
    let cases = [
        (format!("{solve} --fields"), "halves.npy"),
        (format!("{solve} --grain-boundary '0=1 Ohm cm2' --particles ids.npy --fields"), "ids.npy"),
        ("run grains.toml --force --fields".to_owned(), "ids.npy"),
        ("run grains.toml --force --fields".to_owned(), "grains.toml"),
        (
            "stress halves.npy --backend host --moduli 0=1GPa:0.2,1=2GPa:0.3 --eigenstrain 1=0.01 --fractions fractions.npy \
             --force --fields"
                .to_owned(),
            "fractions.npy",
        ),
        ("convert halves.npy --force".to_owned(), "halves.npy"),
        ("report run.h5 --force -o".to_owned(), "run.h5"),
        ("generate pellet --size 16 --from run.toml --force -o".to_owned(), "run.toml"),
    ];
    for (command, input) in cases {
        let before = fs::read(path(input)).unwrap();
        let ending = input.rsplit('.').next().unwrap();
        let link = format!("link.{ending}");
        fs::hard_link(path(input), path(&link)).unwrap();
        for name in [input, &link, &format!("./{input}")] {
            let sentence = format!("{name} is an input of this run and would be lost");
            refused_in(&folder, &format!("{command} {name}"), &sentence);
            assert!(fs::read(path(input)).unwrap() == before, "{command} {name}");
        }
        fs::remove_file(path(&link)).unwrap();
    }
}

#[test]
fn a_picture_does_not_join_the_slices_that_are_read() {
    let folder = folder();
    fs::create_dir(folder.path().join("scan")).unwrap();
    let page = image_of(40, 30);
    page.save(folder.path().join("scan/slice_1.png")).unwrap();
    page.save(folder.path().join("scan/slice_2.png")).unwrap();
    for command in [
        "porosity scan --threshold otsu --force -o scan",
        "convert scan scan/all.tif --threshold otsu --force",
    ] {
        let said = stderr(&voxion(folder.path(), command).code(2));
        assert!(
            said.contains("an input of this run") || said.contains("become a slice"),
            "{said}"
        );
    }
    assert_eq!(fs::read_dir(folder.path().join("scan")).unwrap().count(), 2);
}

fn image_of(width: u32, height: u32) -> image::GrayImage {
    image::GrayImage::from_fn(width, height, |x, y| {
        image::Luma([u8::try_from((x * 37 + y * 11) % 251).unwrap()])
    })
}

#[cfg(unix)]
#[test]
fn a_stderr_that_cannot_be_written_costs_nothing() {
    let folder = folder();
    let program = env!("CARGO_BIN_EXE_voxion");
    for (command, code) in [
        (
            "solve halves.raw --shape 8,6,4 --phase 0 --backend host --fields out.h5",
            0,
        ),
        ("run run.toml", 0),
        ("report run.h5", 2),
        ("info missing.h5", 2),
        ("solve halves.raw --shape 8,6,4 --phase 7 --backend host", 2),
    ] {
        for target in ["/dev/full", ">(exec true)"] {
            let script = format!("exec '{program}' {command} --force 2> {target}").replace(
                "--force",
                if command.starts_with("info") {
                    ""
                } else {
                    "--force"
                },
            );
            let status = Command::new("bash")
                .args(["-c", &script])
                .current_dir(folder.path())
                .output()
                .unwrap()
                .status;
            assert_eq!(status.code(), Some(code), "{script}");
        }
    }
    assert!(folder.path().join("out.h5").is_file() && folder.path().join("run.json").is_file());
}

/// Every output under every limit of file sizes up to its own: whole, or not there and said.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_broken_file_and_is_reported() {
    let folder = folder();
    let program = env!("CARGO_BIN_EXE_voxion");
    voxion(
        folder.path(),
        "convert halves.raw halves.h5 --shape 8,6,4 --quiet",
    )
    .success();
    let solve = "solve halves.h5 --phase 0 --backend host --threads 1 --quiet";
    for (command, output) in [
        ("convert halves.h5 out.h5 --quiet".to_owned(), "out.h5"),
        ("convert halves.h5 out.tif --quiet".to_owned(), "out.tif"),
        ("convert halves.h5 out.npy --quiet".to_owned(), "out.npy"),
        (format!("{solve} --fields out.h5"), "out.h5"),
        (format!("{solve} --slices ."), "labels_z.png"),
        ("generate pellet --size 8 --voxel-size 1um --seed 1 -o out.h5".to_owned(), "out.h5"),
        (
            "stress halves.h5 --backend host --quiet --moduli 0=1GPa:0.2,1=2GPa:0.3 --eigenstrain 1=0.01 --fields out.h5"
                .to_owned(),
            "out.h5",
        ),
    ] {
        let path = folder.path().join(output);
        let run = |limit: &str| {
            let script = format!("trap '' XFSZ; ulimit -f {limit}; exec '{program}' {command}");
            let mut bash = Command::new("bash");
            bash.args(["-c", &script]).current_dir(folder.path()).output().unwrap()
        };
        assert!(run("unlimited").status.success(), "{command}");
        let whole = path.metadata().unwrap().len();
        let clear = || {
            for entry in fs::read_dir(folder.path()).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(!name.contains(".partial"), "{command} left {name}");
                if name == output || name.ends_with("_z.png") {
                    fs::remove_file(folder.path().join(name)).unwrap();
                }
            }
        };
        clear();
        let kibibytes = whole / 1024;
        for limit in (0..=kibibytes + 5).step_by(usize::try_from(kibibytes / 8 + 1).unwrap()) {
            let done = run(&limit.to_string());
            let said = String::from_utf8_lossy(&done.stderr).into_owned();
            match done.status.code() {
                Some(0) => assert_eq!(path.metadata().unwrap().len(), whole, "{command}, {limit}"),
                Some(1) => {
                    assert!(!path.exists() || output.ends_with("png"), "{command}, {limit}");
                    assert!(said.contains("File too large") && !said.contains("buf"), "{said}");
                }
                code => panic!("{command}, {limit} KiB: {code:?} {said}"),
            }
            clear();
        }
    }
}

/// Names in a file are text for people, not orders for their terminal.
#[test]
fn control_characters_of_names_are_shown_as_codes() {
    let folder = folder();
    let file = hdf5::File::create(folder.path().join("named.h5")).unwrap();
    let dataset = file
        .new_dataset_builder()
        .with_data(&ndarray::Array3::from_shape_fn((4, 4, 4), |(z, _, _)| {
            u8::from(z < 2)
        }))
        .create("labels")
        .unwrap();
    let names = ["po\u{1b}[31mre", "so\u{202e}lid"]
        .map(|name| name.parse::<hdf5::types::VarLenUnicode>().unwrap());
    dataset
        .new_attr::<i64>()
        .shape(2)
        .create("phase_labels")
        .unwrap()
        .write_raw(&[0, 1])
        .unwrap();
    dataset
        .new_attr::<hdf5::types::VarLenUnicode>()
        .shape(2)
        .create("phase_names")
        .unwrap()
        .write_raw(&names)
        .unwrap();
    drop(dataset);
    file.close().unwrap();
    let table = super::stdout(
        &voxion(folder.path(), "measure named.h5 --only fractions --quiet").success(),
    );
    assert!(
        table.contains("po\\u001b[31mre") && !table.contains('\u{1b}'),
        "{table}"
    );
    assert!(
        table.contains("so\\u202elid") && !table.contains('\u{202e}'),
        "{table}"
    );
    let json = super::stdout(
        &voxion(
            folder.path(),
            "measure named.h5 --only fractions --json --quiet",
        )
        .success(),
    );
    assert!(json.contains("so\\u202elid"), "{json}");
    let read: Value = serde_json::from_str(&json).unwrap();
    assert!(read.to_string().contains("so\u{202e}lid"), "{read}");
    let said = stderr(&voxion(folder.path(), "info \u{1b}[31m.h5").code(2));
    assert!(
        said.contains("\\u001b[31m.h5") && !said.contains('\u{1b}'),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn names_that_are_no_unicode_and_long_names_work() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let strange = std::ffi::OsStr::from_bytes(b"scan\xff.raw");
    fs::copy(
        folder.path().join("halves.raw"),
        folder.path().join(strange),
    )
    .unwrap();
    let out = format!("{}.npy", "l".repeat(251));
    let status = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .arg("convert")
        .arg(strange)
        .args([&out, "--shape", "8,6,4", "--quiet"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    assert!(folder.path().join(&out).is_file());
}

#[cfg(unix)]
#[test]
fn memory_that_the_system_refuses_is_told_before_the_solve() {
    let folder = folder();
    let side = 90u32;
    let noise: Vec<u8> = (0..side.pow(3))
        .map(|n| u8::from(n.wrapping_mul(2_654_435_761) >> 31 == 0))
        .collect();
    fs::write(folder.path().join("noise.raw"), noise).unwrap();
    let script = format!(
        "ulimit -v 120000; exec '{}' solve noise.raw --shape {side},{side},{side} --phase 0 --backend host --threads 1 --quiet",
        env!("CARGO_BIN_EXE_voxion")
    );
    let done = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("ulimit -v"), "{said}");
}

#[cfg(unix)]
#[test]
fn an_interruption_before_anything_is_written_ends_with_130() {
    let folder = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_voxion"))
        .args("generate pellet --size 128 --voxel-size 300nm --seed 1 -o out.h5".split(' '))
        .current_dir(folder.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = Path::new("/proc")
        .join(child.id().to_string())
        .join("status");
    // Until the program listens: a bit for each signal that is caught, and 15 is SIGTERM.
    let listens = || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        caught.is_some_and(|bits| {
            u64::from_str_radix(bits.trim(), 16).is_ok_and(|bits| bits >> 14 & 1 == 1)
        })
    };
    while status.exists() && !listens() {}
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.path().join("out.h5").exists());
}
