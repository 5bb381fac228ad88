//! Does the energy of a cell per mass follow from its layers, and does the membrane study have a cell of 400 Wh/kg where it should?

use std::path::Path;
use voxion::{
    physics::energy_density::{CellDesign, LITHIUM_CAPACITY, Membrane},
    scenario::{CellPlan, Sweep},
};

/// The cell of the membrane study.
fn plan() -> CellPlan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios/studies/membrane.toml");
    let sweep = Sweep::read(&path).unwrap_or_else(|error| panic!("{error}"));
    sweep.points[0].scenario.cell.clone().unwrap()
}

/// A dense membrane of Li3PS4 without resistance.
fn dense(plan: &CellPlan, thickness: f64) -> Membrane {
    Membrane {
        thickness,
        density: plan.densities.iter().copied().fold(0.0, f64::max),
        resistance: 0.0,
    }
}

/// Whether 400 Wh/kg take the loadings of J. Am. Ceram. Soc. 105, 7344 (2022), to the two digits that it has.
fn check_loadings(plan: &CellPlan) -> Result<(), String> {
    for (thickness, milligrams) in [(1e-6, 1.7), (30e-6, 5.0)] {
        let membrane = dense(plan, thickness);
        let loading = plan
            .design
            .loading_for(400.0, membrane)
            .ok_or("out of reach")?;
        let found = 100.0 * loading;
        if (found - milligrams).abs() > 0.05 {
            return Err(format!("{thickness} m: {found} mg/cm2, not {milligrams}"));
        }
    }
    Ok(())
}

#[test]
fn four_hundred_watt_hours_per_kilogram_take_the_loadings_of_the_paper() {
    let plan = plan();
    assert_eq!(plan.target, Some(400.0));
    check_loadings(&plan).unwrap();
    // A tenth more beside the cathode, or a hundredth less sulphur in it, is seen.
    let mut heavy = plan.clone();
    heavy.design.collectors *= 1.1;
    check_loadings(&heavy).unwrap_err();
    let mut poor = plan;
    poor.design.active_fraction -= 0.01;
    check_loadings(&poor).unwrap_err();
}

#[test]
fn every_number_of_the_library_has_its_source() {
    let plan = plan();
    assert_eq!(plan.design.capacity, 1675.0 * 3600.0);
    assert_eq!(plan.densities, [0.0, 1870.0], "pores weigh nothing");
    let said = plan.sources.join("\n");
    for words in [
        "specific capacity of S: 1675 mAh/g (",
        "density of beta-Li3PS4: 1.87 g/cm3 (",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

const CELL: CellDesign = CellDesign {
    loading: 0.03,
    capacity: 6.03e6,
    utilisation: 0.8,
    active_fraction: 0.4,
    voltage: 2.1,
    lithium: 1.5,
    collectors: 0.05,
    current_density: 10.0,
};
const MEMBRANE: Membrane = Membrane {
    thickness: 20e-6,
    density: 1800.0,
    resistance: 5e-3,
};

/// A cell of 2 m2, layer by layer in kilograms and joules.
fn check_layers(found: f64) -> Result<(), String> {
    let area = 2.0;
    let sulphur = area * 0.03;
    let charge = sulphur * 6.03e6;
    let cathode = sulphur / 0.4;
    let lithium = 1.5 * charge / LITHIUM_CAPACITY;
    let rest = area * (20e-6 * 1800.0 + 0.05);
    let joules = 0.8 * charge * (2.1 - 10.0 * 5e-3);
    let expected = joules / 3600.0 / (cathode + lithium + rest);
    match (found / expected - 1.0).abs() < 1e-14 {
        true => Ok(()),
        false => Err(format!("{found}, not {expected}")),
    }
}

#[test]
fn energy_over_mass_is_the_sum_over_the_layers() {
    // Faraday's constant over 6.94 g/mol is 3862 mAh/g.
    assert!((LITHIUM_CAPACITY / 3.6e3 - 3862.0).abs() < 1.0);
    check_layers(CELL.energy_density(MEMBRANE)).unwrap();
    check_layers(CELL.energy_density(Membrane {
        thickness: 21e-6,
        ..MEMBRANE
    }))
    .unwrap_err();
}

#[test]
fn the_loading_for_an_energy_gives_that_energy() {
    for wanted in [50.0, 300.0, 600.0] {
        let loading = CELL.loading_for(wanted, MEMBRANE).unwrap();
        let cell = CellDesign { loading, ..CELL };
        assert!(
            (cell.energy_density(MEMBRANE) / wanted - 1.0).abs() < 1e-13,
            "{wanted}"
        );
    }
    // What even an endless loading does not reach.
    let endless = CellDesign {
        loading: 1e12,
        ..CELL
    }
    .energy_density(MEMBRANE);
    assert!(CELL.loading_for(0.999 * endless, MEMBRANE).is_some());
    assert_eq!(CELL.loading_for(1.001 * endless, MEMBRANE), None);
}

#[test]
fn a_membrane_that_takes_all_voltage_leaves_no_energy() {
    let blocking = |resistance| Membrane {
        resistance,
        ..MEMBRANE
    };
    assert_eq!(CELL.energy_density(blocking(f64::INFINITY)), 0.0);
    assert_eq!(CELL.loading_for(1.0, blocking(1.0)), None);
    let idle = CellDesign {
        current_density: 0.0,
        ..CELL
    };
    assert!(
        idle.energy_density(blocking(f64::INFINITY)) > 0.0,
        "without current nothing drops"
    );
}
