//! Periodic cells, contacts, temperatures and extrapolation, as users type them.

use super::{HALVES, SCENARIO, folder, stderr, stdout, voxion};
use serde_json::Value;
use std::fs;

fn object(arguments: &str) -> Value {
    let folder = folder();
    let assert = voxion(folder.path(), &format!("{arguments} --json --quiet")).success();
    serde_json::from_str(&stdout(&assert)).unwrap()
}

#[track_caller]
fn near(value: &Value, expected: f64) {
    let found = value.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= 2e-3 * expected.abs(),
        "{found} instead of {expected}"
    );
}

/// Halves along x of conductivity 1 (label 0) and 3 (label 1): series along x, parallel along y and z.
#[test]
fn a_tensor_has_the_order_x_y_z() {
    let object = object(&format!("{HALVES} --sigma 0=1,1=3 --boundary periodic"));
    let result = &object["results"][0];
    assert_eq!(object["results"].as_array().unwrap().len(), 1);
    assert_eq!(result["boundary"], "periodic");
    near(&result["tensor"][0][0], 1.5);
    near(&result["tensor"][1][1], 2.0);
    near(&result["tensor"][2][2], 2.0);
    near(&result["principal_conductivities"][2], 1.5);
    near(&result["principal_directions"][2][0], 1.0);
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        let [here, there] = [&result["tensor"][i][j], &result["tensor"][j][i]];
        assert_eq!(here, there);
        let bound = result["tensor_error_bound"][i][j].as_f64().unwrap();
        assert!(here.as_f64().unwrap().abs() <= bound);
    }
    assert_eq!(object["parameters"]["axes"], Value::Null);
}

#[test]
fn a_cell_whose_phase_ends_has_zeros_along_that_axis() {
    let result = &object(&format!("{HALVES} --phase 0 --boundary periodic"))["results"][0];
    assert_eq!(result["tensor"][0], serde_json::json!([0.0, 0.0, 0.0]));
    assert_eq!(result["tortuosity_factor"][0], "inf");
    near(&result["tensor"][2][2], 0.5);
    let mirrored = &object(&format!("{HALVES} --phase 0 --boundary mirror-periodic"))["results"][0];
    near(&mirrored["tensor"][1][1], 0.5);
    assert_eq!(mirrored["tensor"][0][0], 0.0);
}

#[test]
fn the_table_shows_the_tensor_and_says_what_it_is() {
    let folder = folder();
    let arguments =
        format!("{HALVES} --sigma 0=1,1=3 --boundary periodic --slices pictures --fields f.h5");
    let table = stdout(&voxion(folder.path(), &arguments).success());
    for part in [
        "tensor (relative)",
        "principal",
        "along (x, y, z)",
        "Boundary periodic:",
        "own image",
    ] {
        assert!(table.contains(part), "{part} in\n{table}");
    }
    for axis in ["x", "y", "z"] {
        let picture = folder.path().join(format!("pictures/potential_{axis}.png"));
        assert!(picture.is_file());
    }
    assert!(folder.path().join("f.h5").is_file());
}

#[test]
fn contacts_add_their_resistance() {
    let sigma = "--sigma 0=1S/m,1=1S/m --voxel-size 1um --axis x";
    let plain = object(&format!("{HALVES} {sigma}"));
    near(&plain["results"][0]["effective_conductivity"], 1.0);
    // 4 um of 1 S/m are 4e-6 Ohm m2, and the contact as much again.
    let contact = object(&format!("{HALVES} {sigma} --contact 0:1=0.04Ohm*cm2"));
    near(&contact["results"][0]["effective_conductivity"], 0.5);
    let grains = format!("{HALVES} {sigma} --grain-boundary 0=1Ohm*cm2 --particles halves.raw");
    near(
        &object(&grains)["results"][0]["effective_conductivity"],
        1.0,
    );
}

#[test]
fn temperature_activates() {
    let sigma = "--sigma 0=1S/m,1=1S/m --voxel-size 1um";
    let activated = "--activation-energy 0=0.3eV,1=300meV --temperature 60C";
    let result = object(&format!("{HALVES} {sigma} {activated}"));
    let factor = (-0.3 / 8.617_333_262e-5 * (1.0f64 / 333.15 - 1.0 / 298.15)).exp();
    near(&result["results"][0]["effective_conductivity"], factor);
}

#[test]
fn extrapolation_shows_every_resolution() {
    let result = object(&format!("{HALVES} --sigma 0=1,1=3 --axis x --extrapolate"));
    let trend = &result["results"][0]["extrapolation"];
    assert_eq!(trend["voxels"], serde_json::json!([[8, 6, 4], [4, 3, 2]]));
    near(&trend["extrapolated"], 1.5);
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let units = "--sigma 0=1S/m,1=1S/m --voxel-size 1um";
    for (arguments, sentence) in [
        (
            "--phase 0 --boundary periodic --axis x",
            "so \"--axis\" means nothing there; leave it out",
        ),
        (
            "--phase 0 --boundary periodic --sides periodic",
            "so \"--sides\" means nothing there",
        ),
        (
            "--phase 0 --contact 0:1=1Ohm*cm2",
            "a contact is given for label 1, which has no conductivity",
        ),
        (
            "--sigma 0=1S/m,1=1S/m --contact 0:1=1Ohm*cm2",
            "needs a voxel size",
        ),
        (
            "--sigma 0=1,1=1 --contact 0:1=1Ohm*cm2 --voxel-size 1um",
            "an area-specific resistance needs conductivities with units",
        ),
        (
            &format!("{units} --contact 0:1=5nm"),
            "\"nm\" is the unit of a length, but an area-specific resistance is expected",
        ),
        (
            &format!("{units} --contact 0-1=5nm"),
            "is no contact; write LABEL:LABEL=RESISTANCE",
        ),
        (
            &format!("{units} --contact 0:0=1Ohm*cm2"),
            "a contact joins two different phases",
        ),
        (
            &format!("{units} --grain-boundary 0=1Ohm*cm2"),
            "but no particle ids that tell its grains apart",
        ),
        (
            &format!("{units} --particles halves.raw"),
            "particle ids are given, but no phase has a resistance",
        ),
        (
            &format!("{units} --grain-boundary 0=1Ohm*cm2 --particles short.raw"),
            "short.raw holds 191 bytes",
        ),
        (
            &format!("{units} --grain-boundary 0=1Ohm*cm2 --particles gone.npy"),
            "gone.npy does not exist",
        ),
        (
            &format!("{units} --activation-energy 0=0.3"),
            "activation energy of label 0: 0.3 has no unit",
        ),
        (&format!("{units} --temperature 60C"), "--activation-energy"),
    ] {
        let folder = folder();
        let assert = voxion(folder.path(), &format!("{HALVES} {arguments}")).code(2);
        let said = stderr(&assert);
        assert!(
            said.contains(sentence),
            "{arguments}\nsaid:\n{said}\nnot:\n{sentence}"
        );
    }
}

#[test]
fn ids_of_another_shape_and_odd_volumes_are_refused() {
    let folder = folder();
    let convert = "convert halves.raw ids.npy --shape 8,6,4 --crop 0:5,0:6,0:4";
    voxion(folder.path(), convert).success();
    let units = "--sigma 0=1S/m,1=1S/m --voxel-size 1um";
    let arguments = format!("{HALVES} {units} --grain-boundary 0=1Ohm*cm2 --particles ids.npy");
    let said = stderr(&voxion(folder.path(), &arguments).code(2));
    assert!(
        said.contains(
            "the particle ids have 5 x 6 x 4 voxels (z, y, x) but the volume has 8 x 6 x 4"
        ),
        "{said}"
    );
    let odd = "solve ids.npy --sigma 0=1,1=2 --extrapolate --backend host";
    let said = stderr(&voxion(folder.path(), odd).code(2));
    assert!(
        said.contains(
            "extrapolation needs an even number of voxels along every axis, and there are 5 along z"
        ),
        "{said}"
    );
}

#[test]
fn a_periodic_scenario_with_electrodes_is_refused() {
    let resisted = SCENARIO.replace(
        "label = 0\n",
        "label = 0\nelectrode_resistance = \"1 Ohm cm2\"\n",
    );
    let resisted = resisted.replace("[phases.pore]", "voxel_size = \"1 um\"\n\n[phases.pore]");
    for (transport, sentence) in [
        (
            "boundary = \"periodic\"",
            "a periodic volume has no electrodes, so no electrode resistance either",
        ),
        (
            "boundary = \"periodic\"\naxes = \"x\"",
            "so \"axes\" means nothing there",
        ),
    ] {
        let folder = folder();
        let text = format!("{resisted}\n[transport]\n{transport}\n");
        fs::write(folder.path().join("cell.toml"), text).unwrap();
        let said = stderr(&voxion(folder.path(), "run cell.toml").code(2));
        assert!(said.contains(sentence), "{said}");
    }
}

#[test]
fn extrapolation_of_several_cases_is_refused() {
    let folder = folder();
    let sweep = "[transport]\nextrapolate = true\n\n[vary]\nparameter = \"transport.temperature\"\nvalues = [\"0 C\", \"25 C\"]\n";
    fs::write(
        folder.path().join("sweep.toml"),
        format!("{SCENARIO}{sweep}"),
    )
    .unwrap();
    let said = stderr(&voxion(folder.path(), "run sweep.toml").code(2));
    assert!(
        said.contains("[vary] makes several cases, and extrapolation is of one"),
        "{said}"
    );
}

/// Two phases of one activation energy: the composite has it, too.
#[test]
fn a_sweep_over_temperature_gives_the_activation_energy() {
    let folder = folder();
    let text = SCENARIO.replace(
        "conductivity = \"10 mS/cm\"",
        "conductivity = \"10 mS/cm\"\nactivation_energy = \"0.32 eV\"",
    );
    let sweep =
        "[vary]\nparameter = \"transport.temperature\"\nvalues = [\"0 C\", \"25 C\", \"60 C\"]\n";
    fs::write(folder.path().join("sweep.toml"), format!("{text}{sweep}")).unwrap();
    let assert = voxion(folder.path(), "run sweep.toml --slices pictures --quiet").success();
    let said = stdout(&assert);
    assert!(
        said.contains("Apparent activation energy: 0.3200 ± 0.0000 eV"),
        "{said}"
    );
    assert!(folder.path().join("pictures/arrhenius.png").is_file());
    let written = fs::read_to_string(folder.path().join("run.json")).unwrap();
    let object: Value = serde_json::from_str(&written).unwrap();
    near(&object["apparent_activation"]["energy_ev"], 0.32);
    near(&object["rows"][1]["effective_conductivity"], 0.5);
}
