//! Direct current.

use crate::common::{
    BUTLER_VOLMER, LINEAR, bar, composite, homogeneous, on_edges, on_faces, site, solve, solve_on,
    three_phases,
};
use ndarray::Array3;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::carriers::{Cell, Drive, Electrode, End, Place, Sweep, newman_tobias},
    solve::{Silent, Tolerance},
};

/// Resistance of a Newman-Tobias electrode of so many cells.
fn resistance(cells: usize, conductivity: [f64; 2], transfer: f64) -> f64 {
    let volume = bar(cells);
    let exchange = transfer / LINEAR.slope(0.0);
    let electrode = homogeneous(&volume, conductivity, (LINEAR, exchange));
    let (operation, _) = solve(&electrode, Drive::Overpotential(1.0));
    assert!(operation.error < 1e-10, "{:e}", operation.error);
    operation.parts.total()
}

/// Ionic and electronic conductivity, charge transfer, resistance.
const ROWS: [([f64; 2], f64, f64); 6] = [
    ([1.0, 1.0], 1.0, 1.661_363_07),
    ([1.0, 1.0], 25.0, 0.641_661_79),
    ([0.1, 1.0], 5.0, 2.147_462_81),
    ([0.1, 10.0], 5.0, 1.492_459_26),
    ([1.0, 0.01], 100.0, 1.975_382_87),
    ([0.05, 0.02], 1.0, 19.238_964_18),
];

#[test]
fn newman_tobias_table_is_reached_in_second_order() {
    for (conductivity, transfer, expected) in ROWS {
        let error = |cells| resistance(cells, conductivity, transfer) - expected;
        let errors = [400, 800, 1600].map(error);
        for pair in errors.windows(2) {
            let order = (pair[0] / pair[1]).log2();
            assert!(
                (order - 2.0).abs() < 0.1,
                "{conductivity:?}: order {order}, {errors:?}"
            );
        }
        let extrapolated = (4.0 * errors[2] - errors[1]) / 3.0;
        assert!(
            extrapolated.abs() < 1e-6 * expected,
            "{conductivity:?}: {extrapolated:e}"
        );
    }
}

#[test]
fn newman_tobias_ladders_have_the_published_digits() {
    for (cells, expected) in [
        (50, 1.661_507_49),
        (200, 1.661_372_10),
        (1000, 1.661_363_43),
    ] {
        let found = resistance(cells, [1.0, 1.0], 1.0);
        assert!((found - expected).abs() < 6e-9, "{cells}: {found}");
        let wrong = resistance(cells, [1.0, 1.0], 1.0001);
        assert!((wrong - expected).abs() > 1e-6, "{cells}: {wrong}");
    }
}

#[test]
fn the_homogenised_electrode_of_a_homogeneous_one_is_itself() {
    let volume = bar(200);
    let exchange = 5.0 / LINEAR.slope(0.0);
    let electrode = homogeneous(&volume, [0.1, 1.0], (LINEAR, exchange));
    let (operation, _) = solve(&electrode, Drive::Overpotential(0.01));
    let homogenised = operation.homogenised;
    assert!((homogenised.resistance / newman_tobias(1.0, [0.1, 1.0], 5.0) - 1.0).abs() < 1e-9);
    assert!((operation.parts.total() / homogenised.resistance - 1.0).abs() < 1e-4);
}

/// A column of electrolyte beside a column of carbon.
fn two_columns(rungs: usize, h: f64) -> Volume {
    let codes = Array3::from_shape_fn((rungs, 1, 2), |(_, _, x)| u8::from(x == 1));
    Volume::from_labels(&codes).with_spacing([h; 3])
}

#[test]
fn two_columns_are_a_ladder() {
    let (h, exchange) = (1e-6, 40.0);
    let volume = two_columns(40, h);
    let mut electrode = Electrode::new(&volume, Axis::Z, LINEAR);
    electrode.conductivity = [vec![[0.3; 3], [0.0; 3]], vec![[0.0; 3], [7.0; 3]]];
    electrode.sites = vec![site(on_faces(), exchange)];
    electrode.sites[0].equilibrium = 3.5;
    let drive = Drive::Voltage(4.5);
    let (_, fields) = solve_on(&electrode, drive, 1e-13, &Backend::Host);
    let voltage = |z| fields.electronic[[z, 0, 1]] - fields.ionic[[z, 0, 0]];
    let across = 0.5 * h / 0.3 + 0.5 * h / 7.0 + 1.0 / (exchange * LINEAR.slope(0.0));
    // 2 cosh(kh) = 2 + h^2 g (1/s_i + 1/s_e) for rungs of conductance g per area.
    let expected = 2.0 + h / across * (1.0 / 0.3 + 1.0 / 7.0);
    for z in 1..39 {
        let found = (voltage(z - 1) + voltage(z + 1)) / voltage(z);
        assert!(
            (found - expected).abs() < 1e-7,
            "{z}: {found} for {expected}"
        );
    }
    let without_halves = 2.0 + h * exchange * LINEAR.slope(0.0) * (1.0 / 0.3 + 1.0 / 7.0);
    let found = (voltage(9) + voltage(11)) / voltage(10);
    assert!(
        (found - without_halves).abs() > 5e-6,
        "{found} for {without_halves}"
    );
}

#[test]
fn a_thick_electrode_with_fast_electrons_follows_the_half_slope() {
    let (kappa, exchange) = (0.2, 4.6);
    let thermal = BUTLER_VOLMER.thermal();
    let volume = bar(4000);
    for overpotential in [0.02, 0.1, 0.2, -0.2] {
        let electrode = homogeneous(&volume, [kappa, 1e9], (BUTLER_VOLMER, exchange));
        let drive = Drive::Overpotential(overpotential);
        let (operation, _) = solve_on(&electrode, drive, 1e-9, &Backend::Host);
        let scale = 4.0 * (exchange * kappa * thermal).sqrt();
        let expected = scale * (0.25 * overpotential / thermal).sinh();
        let error = operation.current_density / expected - 1.0;
        assert!(error.abs() < 1e-3, "{overpotential}: {error:e}");
        let other = scale * (0.26 * overpotential / thermal).sinh();
        assert!((operation.current_density / other - 1.0).abs() > 1e-3);
    }
}

#[test]
fn charge_and_energy_balance() {
    let volume = composite(20);
    for kinetics in [LINEAR, BUTLER_VOLMER] {
        for (place, exchange) in [(on_faces(), 1.0), (on_edges(), 1e-7)] {
            let mut electrode = three_phases(&volume, kinetics, place, exchange);
            for contact in &mut electrode.contact {
                (contact[1], contact[3]) = (1e-5, 1e-5);
            }
            electrode.separator = End::Last;
            for drive in [Drive::Overpotential(0.05), Drive::CurrentDensity(10.0)] {
                let (operation, _) = solve(&electrode, drive);
                assert!(operation.current_density > 0.0);
                assert!(
                    operation.charge_imbalance < 1e-10,
                    "{:e}",
                    operation.charge_imbalance
                );
                assert!(
                    operation.energy_imbalance < 1e-8,
                    "{:e}",
                    operation.energy_imbalance
                );
                let whole = operation.overpotential / operation.current_density;
                let apart = operation.parts.total() / whole - 1.0;
                assert!(apart.abs() < 1e-8, "{apart:e}");
                assert!(operation.parts.contact > 0.0 && operation.parts.kinetic > 0.0);
            }
        }
    }
}

#[test]
fn parts_of_another_electrode_do_not_add_up() {
    let volume = composite(20);
    let solved = [1.0, 1.0001].map(|exchange| {
        let electrode = three_phases(&volume, LINEAR, on_faces(), exchange);
        solve_on(&electrode, Drive::Overpotential(0.05), 1e-2, &Backend::Host).0
    });
    let whole = solved[0].overpotential / solved[0].current_density;
    let apart = solved
        .each_ref()
        .map(|o| (o.parts.total() / whole - 1.0).abs());
    // Balanced even far from the solution, but only with itself.
    assert!(apart[0] < 1e-8 && apart[1] > 1e-8, "{apart:?}");
}

#[test]
fn a_prescribed_current_is_met_and_small_ones_are_linear() {
    let volume = composite(16);
    let linear = three_phases(&volume, LINEAR, on_faces(), 1.0);
    let curved = three_phases(&volume, BUTLER_VOLMER, on_faces(), 1.0);
    let (a, _) = solve(&linear, Drive::CurrentDensity(1e-3));
    let (b, _) = solve(&curved, Drive::CurrentDensity(1e-3));
    let (c, _) = solve(&curved, Drive::CurrentDensity(100.0));
    assert!((a.current_density / 1e-3 - 1.0).abs() < 1e-8);
    assert!((b.parts.total() / a.parts.total() - 1.0).abs() < 1e-6);
    assert!((c.current_density / 100.0 - 1.0).abs() < 1e-8);
    assert!(c.parts.kinetic < 0.9 * a.parts.kinetic);
}

#[test]
fn a_volt_does_not_diverge() {
    let volume = composite(16);
    let electrode = three_phases(&volume, BUTLER_VOLMER, on_edges(), 1e-9);
    let (operation, _) = solve_on(&electrode, Drive::Overpotential(-1.0), 1e-6, &Backend::Host);
    assert!(
        operation.current_density < 0.0 && operation.steps < 80,
        "{}",
        operation.steps
    );
    assert!(
        operation.energy_imbalance < 1e-3,
        "{}",
        operation.energy_imbalance
    );
}

/// Conductivity of the electrons up to 1e9 times that of the ions, kinetics over six decades: the same few iterations.
#[test]
fn iterations_do_not_depend_on_kinetics_nor_on_the_ratio_of_conductivities() {
    let volume = composite(32);
    for carbon in [0.1, 1e3, 1e8] {
        for exchange in [1e-3, 1.0, 1e3] {
            let mut electrode = three_phases(&volume, LINEAR, on_faces(), exchange);
            electrode.conductivity[1][1] = [carbon; 3];
            let drive = Drive::Overpotential(1.0);
            let (operation, _) = solve_on(&electrode, drive, 1e-8, &Backend::Host);
            let count = operation.iterations;
            println!("carbon {carbon:e}, exchange {exchange:e}: {count} iterations");
            assert!(
                count <= 40,
                "carbon {carbon:e}, exchange {exchange:e}: {count}"
            );
        }
    }
}

type Change = fn(&mut Electrode<'_>);

#[test]
fn what_makes_no_sense_is_told_in_one_sentence() {
    let volume = composite(8);
    let drive = Drive::Overpotential(0.01);
    let lonely: Change = |e| e.sites[0].place = Place::Volume { mixed: vec![7] };
    let changes: [(Change, Drive, &str); 9] = [
        (
            |e| e.conductivity[0] = vec![[0.0; 3]; 3],
            drive,
            "no voxel conducts ions",
        ),
        (
            |e| e.sites[0].exchange = 0.0,
            drive,
            "exchange current is 0",
        ),
        (
            |e| e.kinetics.temperature = 0.0,
            drive,
            "temperature of the kinetics is 0 K",
        ),
        (
            |e| e.kinetics.transfer = [0.5, 0.0],
            drive,
            "transfer coefficients",
        ),
        (|e| e.sites.clear(), drive, "nothing reacts"),
        (lonely, drive, "describes 8 phases"),
        (|_| {}, Drive::Overpotential(0.0), "overpotential is 0"),
        (
            |_| {},
            Drive::CurrentDensity(f64::NAN),
            "current density is NaN",
        ),
        (|e| e.conductivity[1][1] = [0.0; 3], drive, "meet nowhere"),
    ];
    for (change, drive, sentence) in changes {
        let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
        change(&mut electrode);
        let run = (Tolerance::default(), &Backend::Host);
        let found = electrode
            .solve(drive, run, &mut Silent)
            .unwrap_err()
            .to_string();
        assert!(found.contains(sentence), "{found}");
    }
    let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
    electrode.sites[0].capacitance = 0.1;
    for (frequency, sentence) in [
        (0.0, "frequency 0e0 Hz"),
        (1e300, "1e300 Hz is out of range"),
    ] {
        let asked = Sweep {
            cell: Cell::Electrode,
            frequencies: &[frequency],
            tolerance: Tolerance::default(),
            backend: &Backend::Host,
        };
        let found = electrode.impedance(&asked, &mut Silent).unwrap_err();
        assert!(found.to_string().contains(sentence), "{found}");
    }
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_electrodes_work_as_on_the_host() {
    let volume = composite(20);
    for kinetics in [LINEAR, BUTLER_VOLMER] {
        let electrode = three_phases(&volume, kinetics, on_faces(), 1.0);
        let drive = Drive::Overpotential(0.1);
        let (host, _) = solve_on(&electrode, drive, 1e-8, &Backend::Host);
        let (device, _) = solve_on(&electrode, drive, 1e-8, &Backend::Device { name: None });
        assert!(device.adapter.is_some() && host.adapter.is_none());
        let apart = device.current_density / host.current_density - 1.0;
        assert!(apart.abs() < 1e-7, "{apart:e}");
    }
}
