//! Alternating current.

use crate::common::{
    BUTLER_VOLMER, LINEAR, bar, composite, homogeneous, on_faces, site, solve, solve_on,
    three_phases,
};
use ndarray::Array3;
use num_complex::Complex64;
use std::f64::consts::PI;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume},
    physics::carriers::{Cell, Drive, Electrode, Line, Relaxation, Site, Spectrum, Sweep},
    solve::{Silent, Tolerance},
};

/// A bar that blocks: no charge passes, the double layer alone joins the carriers.
fn blocking(volume: &Volume, conductivity: [f64; 2]) -> Electrode<'_> {
    let mut electrode = homogeneous(volume, conductivity, (LINEAR, 0.0));
    electrode.sites[0].capacitance = 1e4;
    electrode
}

fn spectrum(
    electrode: &Electrode<'_>,
    cell: Cell,
    frequencies: &[f64],
    backend: &Backend,
) -> Spectrum {
    spectrum_to(1e-9, electrode, cell, (frequencies, backend))
}

fn spectrum_to(
    relative_error: f64,
    electrode: &Electrode<'_>,
    cell: Cell,
    (frequencies, backend): (&[f64], &Backend),
) -> Spectrum {
    let asked = Sweep {
        cell,
        frequencies,
        tolerance: Tolerance {
            relative_error,
            ..Tolerance::default()
        },
        backend,
    };
    electrode.impedance(&asked, &mut Silent).unwrap()
}

fn apart(found: Complex64, expected: Complex64) -> f64 {
    ((found - expected) / expected).norm_sqr().sqrt()
}

/// Ten voxels of 10 nm in a row, ions in the first half, electrons in the second, and a factor on all conductances.
fn film(volume: &Volume, factor: f64) -> Electrode<'_> {
    let mut electrode = Electrode::new(volume, Axis::Z, LINEAR);
    electrode.conductivity = [
        vec![[1e-4 * factor; 3], [0.0; 3]],
        vec![[0.0; 3], [1e-3 * factor; 3]],
    ];
    electrode.sites = vec![Site {
        capacitance: 0.1 * factor,
        ..site(on_faces(), factor)
    }];
    electrode
}

/// Ions through 50 nm, electrons through 50 nm, and charge transfer beside the double layer between them, Ohm m2.
fn film_impedance(frequency: f64) -> Complex64 {
    let own = Complex64::new(LINEAR.slope(0.0), 2.0 * PI * frequency * 0.1);
    5e-8 / 1e-4 + 5e-8 / 1e-3 + own.inv()
}

const DECADES: [f64; 10] = [1e6, 1e5, 1e4, 1e3, 1e2, 1e1, 1.0, 1e-1, 1e-2, 1e-3];

#[test]
fn a_planar_film_has_the_impedance_of_its_closed_form_whatever_the_scale_of_conductances() {
    let codes = Array3::from_shape_fn((10, 3, 2), |(z, _, _)| u8::from(z >= 5));
    let volume = Volume::from_labels(&codes).with_spacing([1e-8; 3]);
    for factor in [1e-12, 1e-8, 1e-4, 1.0, 1e4, 1e8, 1e12] {
        let film = film(&volume, factor);
        let found = spectrum(&film, Cell::Electrode, &DECADES, &Backend::Host);
        for point in &found.points {
            let expected = film_impedance(point.frequency) / factor;
            let wrong = apart(point.impedance, expected);
            println!(
                "{factor:e} {} Hz: {wrong:e} of {:e}",
                point.frequency, point.error_bound
            );
            assert!(wrong < 1e-8, "{} Hz: {wrong:e}", point.frequency);
            assert!(wrong <= point.error_bound + 1e-12 && point.error_bound <= 1e-9);
            assert!(apart(point.impedance, 1.000_000_1 * expected) > 1e-8);
        }
    }
}

/// How the three free units of an electrode are scaled: length, conductivity and time.
fn scaled<'a>(volume: &'a Volume, [length, sigma, time]: [f64; 3]) -> Electrode<'a> {
    let mut electrode = three_phases(volume, LINEAR, on_faces(), 1.0 * sigma / length);
    for carrier in &mut electrode.conductivity {
        carrier.iter_mut().flatten().for_each(|s| *s *= sigma);
    }
    electrode.sites[0].capacitance = 0.1 * sigma / length * time;
    electrode.sites[0].film *= length / sigma;
    electrode.reach = Some(1.5e-7 * length);
    electrode
}

#[test]
fn an_electrode_does_not_depend_on_units() {
    let codes = composite(10);
    let sized = |length: f64| codes.clone().with_spacing([1e-7 * length; 3]);
    let frequencies = [1e5, 1e2, 1e-1];
    let one = sized(1.0);
    let reference = scaled(&one, [1.0; 3]);
    let expected = spectrum(&reference, Cell::Electrode, &frequencies, &Backend::Host);
    let (rest, _) = solve(&reference, Drive::Overpotential(0.05));
    for units in [
        [1e-12, 1.0, 1.0],
        [1e12, 1.0, 1.0],
        [1.0, 1e-12, 1e-12],
        [1.0, 1e12, 1e12],
        [1e-12, 1e-12, 1e-12],
        [1e12, 1e12, 1e12],
        [1e-12, 1e12, 1e-12],
        [1e12, 1e-12, 1e12],
    ] {
        let [length, sigma, time] = units;
        let volume = sized(length);
        let mut electrode = scaled(&volume, units);
        let scaled_frequencies = frequencies.map(|f| f / time);
        let found = spectrum(
            &electrode,
            Cell::Electrode,
            &scaled_frequencies,
            &Backend::Host,
        );
        for (a, b) in found.points.iter().zip(&expected.points) {
            let wrong = apart(a.impedance * (sigma / length), b.impedance);
            assert!(wrong < 1e-8, "{units:?} {} Hz: {wrong:e}", b.frequency);
        }
        let relative = |a: f64, b: f64| (a / b - 1.0).abs();
        let lines = [&found, &expected].map(|spectrum| {
            let points: Vec<_> = spectrum
                .points
                .iter()
                .map(|p| (p.frequency, p.impedance))
                .collect();
            Relaxation::of(&points).deviation
        });
        assert!((lines[0] - lines[1]).abs() < 1e-6, "{units:?} {lines:?}");
        let (same, _) = solve(&electrode, Drive::Overpotential(0.05));
        let total = same.parts.total() * sigma / length;
        assert!(
            relative(total, rest.parts.total()) < 1e-9,
            "{units:?} {total}"
        );
        assert_eq!(same.dead, rest.dead, "{units:?}");
        electrode.kinetics = BUTLER_VOLMER;
        let (curved, _) = solve_on(&electrode, Drive::Overpotential(0.05), 1e-8, &Backend::Host);
        assert!(curved.error < 1e-7, "{units:?} {:e}", curved.error);
    }
}

#[test]
fn no_impedance_is_farther_off_than_its_bound_and_the_tolerance_is_kept() {
    let volume = composite(14);
    let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
    electrode.sites[0].capacitance = 0.1;
    let at = |relative_error: f64| {
        let question = (&DECADES[..], &Backend::Host);
        spectrum_to(relative_error, &electrode, Cell::Electrode, question).points
    };
    let exact = at(1e-12);
    let mut iterations = Vec::new();
    for relative_error in [1e-2, 1e-4, 1e-6, 1e-8] {
        let found = at(relative_error);
        for (point, exact) in found.iter().zip(&exact) {
            let wrong = apart(point.impedance, exact.impedance);
            assert!(wrong <= point.error_bound + 1e-11, "{wrong:e} {point:?}");
            assert!(point.error_bound <= relative_error, "{point:?}");
        }
        iterations.push(found.iter().map(|point| point.iterations).sum::<usize>());
    }
    println!("iterations {iterations:?}");
    assert!(
        iterations.windows(2).all(|pair| pair[0] < pair[1]),
        "{iterations:?}"
    );
}

#[test]
fn an_electrode_that_nothing_joins_has_no_impedance() {
    let codes = Array3::from_shape_fn((9, 2, 2), |(z, _, _)| [0, 2, 1][z / 3]);
    let volume = Volume::from_labels(&codes).with_spacing([1e-8; 3]);
    let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
    electrode.conductivity[1][0] = [0.0; 3];
    electrode.conductivity[1][2] = [0.0; 3];
    electrode.sites[0].capacitance = 0.1;
    let asked = Sweep {
        cell: Cell::Electrode,
        frequencies: &[1.0],
        tolerance: Tolerance::default(),
        backend: &Backend::Host,
    };
    let found = electrode.impedance(&asked, &mut Silent).unwrap_err();
    assert!(found.to_string().contains("infinite"), "{found}");
}

#[test]
fn a_blocking_electrode_ends_in_a_third_of_both_resistances() {
    let volume = bar(200);
    let electrode = blocking(&volume, [0.1, 0.4]);
    let found = spectrum(&electrode, Cell::Electrode, &[1e-9], &Backend::Host);
    let z = found.points[0].impedance;
    let expected = (10.0 + 2.5) / 3.0;
    assert!((z.re / expected - 1.0).abs() < 1e-4, "{z}");
    assert!((z.re / (expected + 0.01) - 1.0).abs() > 1e-4);
    let capacitor = -1.0 / (2.0 * PI * 1e-9 * 1e4);
    assert!((z.im / capacitor - 1.0).abs() < 1e-4, "{z}");
}

#[test]
fn spectra_are_those_of_the_transmission_line() {
    let volume = bar(400);
    let frequencies = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];
    for exchange in [0.0, 0.05] {
        let mut electrode = blocking(&volume, [0.1, 0.4]);
        electrode.sites[0].exchange = exchange;
        let found = spectrum(&electrode, Cell::Electrode, &frequencies, &Backend::Host);
        let line = Line {
            ions: 10.0,
            electrons: 2.5,
            transfer: exchange * LINEAR.slope(0.0),
            capacitance: 1e4,
        };
        let worst = |line: &Line| {
            let apart = found.points.iter().map(|point| {
                let expected = line.impedance(point.frequency);
                ((point.impedance - expected) / expected).norm_sqr().sqrt()
            });
            apart.fold(0.0, f64::max)
        };
        assert!(worst(&line) < 2e-3, "{}", worst(&line));
        let wrong = Line {
            capacitance: 1.02e4,
            ..line
        };
        assert!(worst(&wrong) > 2e-3, "{}", worst(&wrong));
        let points: Vec<_> = found
            .points
            .iter()
            .map(|p| (p.frequency, p.impedance))
            .collect();
        let guess = Line {
            ions: 5.0,
            capacitance: 3e4,
            ..line
        };
        let (fit, deviation) = guess.fitted(&points);
        assert!(
            deviation < 2e-3 && (fit.ions / 10.0 - 1.0).abs() < 1e-2,
            "{fit:?} {deviation}"
        );
    }
}

/// Blocked at both ends the bar is the other carrier's resistance at rest, and both side by side at high frequency.
#[test]
fn cells_that_block_one_carrier_measure_the_other() {
    let volume = bar(100);
    let electrode = blocking(&volume, [0.1, 0.4]);
    for (cell, rest) in [(Cell::IonsBlocked, 2.5), (Cell::ElectronsBlocked, 10.0)] {
        let found = spectrum(&electrode, cell, &[1e-3, 1e-10], &Backend::Host);
        let [fast, slow] = [0, 1].map(|n| found.points[n].impedance);
        assert!((slow.re / rest - 1.0).abs() < 1e-6, "{cell:?}: {slow}");
        // Side by side but for a layer at the blocked ends.
        assert!(fast.re > 2.0 && fast.re < 0.9 * rest, "{cell:?}: {fast}");
    }
}

#[test]
fn a_spectrum_ends_in_the_resistance_at_rest_and_takes_few_iterations() {
    let volume = composite(20);
    let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
    electrode.sites[0].capacitance = 0.1;
    let frequencies = [1e6, 1e3, 1.0, 1e-3];
    let found = spectrum(&electrode, Cell::Electrode, &frequencies, &Backend::Host);
    for point in &found.points {
        println!(
            "{} Hz: {} after {}",
            point.frequency, point.impedance, point.iterations
        );
        assert!(
            point.iterations <= 60,
            "{} at {} Hz",
            point.iterations,
            point.frequency
        );
    }
    let (operation, _) = solve(&electrode, Drive::Overpotential(1.0));
    let rest = found.points[3].impedance.re / operation.parts.total() - 1.0;
    assert!(rest.abs() < 1e-4, "{rest:e}");
    let fast = found.points[0].impedance.re / operation.parts.total() - 1.0;
    assert!(fast.abs() > 1e-4, "{fast:e}");
}

#[test]
#[ignore = "device test: cargo test -- --ignored device_"]
fn device_spectra_are_those_of_the_host() {
    let volume = composite(16);
    let mut electrode = three_phases(&volume, LINEAR, on_faces(), 1.0);
    electrode.sites[0].capacitance = 0.1;
    let on = |backend: &Backend| spectrum(&electrode, Cell::Electrode, &[1e4, 1e1], backend);
    let (host, device) = (on(&Backend::Host), on(&Backend::Device { name: None }));
    assert!(device.adapter.is_some());
    for (a, b) in host.points.iter().zip(&device.points) {
        let apart = ((a.impedance - b.impedance) / a.impedance)
            .norm_sqr()
            .sqrt();
        assert!(apart < 1e-7, "{a:?} {b:?}");
    }
}
