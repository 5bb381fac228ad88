//! One correction and several against a potential in f64.

use super::*;
use crate::solve::{
    Silent,
    refinement::System,
    stencil::{Lateral, TABLE, pair},
};

/// Two phases that conduct, the second `weak`ly, between ghosts of code 3.
fn medium(weak: f64) -> Stencil {
    let shape = [22, 18, 20];
    let plane = shape[1] * shape[2];
    let mut codes = vec![3; (shape[0] + 2) * plane];
    let mut state = 11u32;
    for code in &mut codes[plane..(shape[0] + 1) * plane] {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *code = if state >> 20 & 3 == 0 { 2 } else { 1 };
    }
    let mut table = vec![0.0; TABLE];
    let half = |code: u8| [0.0, 0.5, 0.5 / weak, 0.0][usize::from(code)];
    for (a, b) in (1..4).flat_map(|a| (1..4).map(move |b| (a, b))) {
        if (a, b) != (3, 3) {
            table[pair(a, b)] = 1.0 / (half(a) + half(b));
        }
    }
    Stencil {
        shape,
        codes,
        tables: [table.clone(), table.clone(), table],
        lateral: Lateral::Mirror,
    }
}

fn to(relative_error: f64) -> Tolerance {
    Tolerance {
        relative_error,
        ..Tolerance::default()
    }
}

/// The guess, and the energy that was found with f64 everywhere.
fn reference(stencil: &Stencil) -> (Vec<f64>, f64) {
    let guess: Vec<f64> = (0..22).map(|z| 1.0 - (f64::from(z) + 0.5) / 22.0).collect();
    let hierarchy = Hierarchy::<f64>::new(stencil);
    let ledger = Ledger::new(stencil, [1.0, 0.0]);
    let system = System {
        stencil,
        hierarchy: &hierarchy,
        audit: &ledger,
    };
    let whole = guess.iter().flat_map(|&v| vec![v; stencil.plane()]);
    let mut x = Approximation::from(whole.collect::<Vec<f64>>());
    let machine = Host::<f64>::default();
    let levels = host::levels(stencil, &hierarchy);
    let unknown = (&mut x, to(1e-12));
    let found = refinement::solve(&machine, levels, &system, unknown, &mut Silent);
    (guess, found.unwrap().energy())
}

#[test]
fn one_correction_or_several_end_at_the_energy_of_double_precision() {
    for (weak, tolerance, stays_even) in [
        (1e-2, 1e-3, true),
        (1e-2, 1e-6, true),
        (1e-2, 1e-12, true),
        (1e-2, 5e-14, false),
    ] {
        let stencil = medium(weak);
        let (guess, expected) = reference(&stencil);
        let hierarchy = Hierarchy::<f32>::new(&stencil);
        let problem = ([1.0, 0.0], guess.clone());
        let medium = (&stencil, &hierarchy);
        let found = solve(medium, problem, to(tolerance), &mut Silent);
        let (certified, sum) = found.map_err(|it| it.0).unwrap();
        let error = (certified.energy() - expected).abs();
        let room = 1e-12 * expected;
        assert!(error <= certified.error() + room && error <= tolerance * expected + room);
        assert!(certified.error() > 1e-3 * error, "a bound says something");
        assert_eq!(matches!(sum, Sum::Planes(..)), stays_even, "{tolerance:e}");
        let balance = |excess: f64| {
            let voxels = (0..stencil.len()).map(|unknown| sum.at(unknown) + excess);
            let mut residual = vec![0.0; stencil.len()];
            let voxels: Vec<f64> = voxels.collect();
            let ledger = Ledger::new(&stencil, [1.0, 0.0]);
            ledger.balance(&voxels, &mut residual).energy / certified.balance.energy - 1.0
        };
        assert!(balance(0.0).abs() < 1e-9, "{:e}", balance(0.0));
        assert!(balance(1e-3).abs() > 1e-9, "another potential would pass");
    }
}

#[test]
fn what_single_precision_does_not_carry_is_handed_over() {
    let stencil = medium(1e-9);
    let (guess, expected) = reference(&stencil);
    let hierarchy = Hierarchy::<f32>::new(&stencil);
    let problem = ([1.0, 0.0], guess);
    let limit = Tolerance {
        relative_error: 1e-13,
        max_iterations: 3,
    };
    let (error, reached) = solve((&stencil, &hierarchy), problem, limit, &mut Silent)
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(error, SolveError::NotConverged { .. }), "{error}");
    assert_eq!(reached.iterations, 3);
    let ledger = Ledger::new(&stencil, [1.0, 0.0]);
    let mut residual = vec![0.0; stencil.len()];
    let energy = ledger.balance(&reached.x, &mut residual).energy;
    assert!(
        energy >= expected && energy < 1.1 * expected,
        "{energy} {expected}"
    );
}
