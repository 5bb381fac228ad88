//! Alternating current.

use crate::common::{LINEAR, bar, composite, homogeneous, on_faces, solve, three_phases};
use std::f64::consts::PI;
use voxion::{
    field::Backend,
    microstructure::Volume,
    physics::carriers::{Cell, Drive, Electrode, Line, Spectrum},
    solve::Silent,
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
    electrode
        .impedance((cell, frequencies), backend, &mut Silent)
        .unwrap()
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
