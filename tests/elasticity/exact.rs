//! Known answers on any voxel image, to rounding.

use super::{Phase, Random, deform, deviation, noise, stiffness};
use ndarray::Array3;
use voxion::{
    microstructure::Volume,
    physics::elasticity::{Held, Hold},
};

const SOFT: Phase = Phase {
    young: 22.1e9,
    poisson: 0.37,
    swelling: 0.01,
};
const STIFF: Phase = Phase {
    young: 83e9,
    poisson: 0.19,
    swelling: 0.05,
};
/// Asked for in the tests; what is compared is second order in it or better.
const RTOL: f64 = 1e-10;

/// Expansion of a free cell of two phases from its stiffness (V. M. Levin 1967).
fn levin(a: Phase, b: Phase, c: &[[f64; 6]; 6]) -> [f64; 6] {
    let compliance = inverse(c);
    let slope = (b.swelling - a.swelling) / (1.0 / b.bulk() - 1.0 / a.bulk());
    std::array::from_fn(|i| {
        let unit = if i < 3 { 1.0 } else { 0.0 };
        let row = compliance[i][0] + compliance[i][1] + compliance[i][2];
        a.swelling * unit + slope * (3.0 * row - unit / a.bulk())
    })
}

/// Gauss and Jordan.
fn inverse(matrix: &[[f64; 6]; 6]) -> [[f64; 6]; 6] {
    let (mut a, mut b) = (*matrix, [[0.0; 6]; 6]);
    (0..6).for_each(|i| b[i][i] = 1.0);
    for p in 0..6 {
        let head = a[p][p];
        (0..6).for_each(|j| (a[p][j], b[p][j]) = (a[p][j] / head, b[p][j] / head));
        for row in (0..6).filter(|&row| row != p) {
            let factor = a[row][p];
            for j in 0..6 {
                a[row][j] -= factor * a[p][j];
                b[row][j] -= factor * b[p][j];
            }
        }
    }
    b
}

fn product(matrix: &[[f64; 6]; 6], vector: [f64; 6]) -> [f64; 6] {
    matrix.map(|row| row.iter().zip(vector).map(|(m, v)| m * v).sum())
}

#[test]
fn two_phases_expand_as_levin_says() {
    let volume = noise([9, 8, 10], &[0.6, 0.4], 1);
    let free = deform(&volume, &[SOFT, STIFF], Hold::FREE, RTOL);
    let effective = stiffness(&volume, &[SOFT, STIFF], RTOL);
    let expected = levin(SOFT, STIFF, &effective.matrix);
    assert!(
        deviation(&free.mean_strain, &expected) < 1e-9,
        "{:?} {expected:?}",
        free.mean_strain
    );
    let own = effective.effective_eigenstrain.unwrap();
    assert!(deviation(&own, &expected) < 1e-5, "{own:?} {expected:?}");
    // A ten-thousandth on one modulus is seen.
    let wrong = levin(
        Phase {
            young: STIFF.young * 1.0001,
            ..STIFF
        },
        STIFF,
        &effective.matrix,
    );
    let other = levin(
        SOFT,
        Phase {
            young: STIFF.young * 1.0001,
            ..STIFF
        },
        &effective.matrix,
    );
    assert!(
        deviation(&free.mean_strain, &wrong) > 1e-3 && deviation(&free.mean_strain, &other) > 1e-6
    );
}

#[test]
fn a_porous_body_of_one_eigenstrain_moves_free_of_stress() {
    let volume = noise([10, 9, 8], &[0.3, 0.7], 2);
    let phases = [
        Phase::VOID,
        Phase {
            swelling: 0.05,
            ..SOFT
        },
    ];
    let free = deform(&volume, &phases, Hold::FREE, RTOL);
    let expected = [0.05, 0.05, 0.05, 0.0, 0.0, 0.0];
    assert!(
        deviation(&free.mean_strain, &expected) < 1e-9,
        "{:?}",
        free.mean_strain
    );
    let most = free.map(|point| point.von_mises().abs() + point.hydrostatic().abs());
    let most = most.into_iter().fold(0.0, f64::max);
    assert!(most < 1e-7 * SOFT.young * 0.05, "{most}");

    let clamped = deform(&volume, &phases, Hold::CLAMPED, RTOL);
    let effective = stiffness(&volume, &phases, RTOL);
    let stress = product(&effective.matrix, expected).map(|value| -value);
    assert!(
        deviation(&clamped.mean_stress, &stress) < 1e-8,
        "{:?} {stress:?}",
        clamped.mean_stress
    );
    assert!(deviation(&effective.effective_eigenstrain.unwrap(), &expected) < 1e-5);
    let wrong = product(&effective.matrix, expected.map(|strain| -1.00001 * strain));
    assert!(deviation(&clamped.mean_stress, &wrong) > 1e-6);
}

/// Layers along z, 3 + 5, on voxels that are no cubes.
fn laminate() -> Volume {
    let volume = Volume::from_labels(&Array3::from_shape_fn((8, 4, 6), |(z, _, _)| {
        u8::from(z < 3)
    }));
    volume.with_spacing([2e-6, 1e-6, 3e-6])
}

#[test]
fn laminates_have_their_mean_stiffness() {
    let c = stiffness(&laminate(), &[SOFT, STIFF], RTOL).matrix;
    let shares = [(5.0 / 8.0, SOFT), (3.0 / 8.0, STIFF)];
    let mean = |value: fn(&Phase) -> f64| {
        shares
            .iter()
            .map(|(share, phase)| share * value(phase))
            .sum::<f64>()
    };
    let zz = 1.0 / mean(|p| 1.0 / (p.bulk() + 4.0 / 3.0 * p.shear()));
    let (xz, xy) = (1.0 / mean(|p| 1.0 / p.shear()), mean(Phase::shear));
    assert!(
        deviation(&[c[2][2], c[4][4], c[3][3], c[5][5]], &[zz, xz, xz, xy]) < 1e-9,
        "{c:?}"
    );
    assert!(deviation(&[c[2][2]], &[zz * (1.0 + 1e-7)]) > 1e-8);
    assert!(c[0][3].abs() < 1e-6 * zz && c[2][4].abs() < 1e-6 * zz);
}

#[test]
fn a_uniform_solid_is_itself_under_any_load() {
    let volume = noise([5, 6, 7], &[1.0], 3).with_spacing([1e-6, 2e-6, 1.5e-6]);
    let mut held = Hold::CLAMPED;
    held.0 = [0.01, -0.02, 0.03, 0.004, -0.005, 0.006].map(Held::Strain);
    let solid = Phase {
        swelling: 0.0,
        ..SOFT
    };
    let patch = deform(&volume, &[solid], held, RTOL);
    let (lambda, mu) = (solid.bulk() - 2.0 / 3.0 * solid.shear(), solid.shear());
    let pressure = lambda * 0.02;
    let expected = [
        pressure + 0.02 * mu,
        pressure - 0.04 * mu,
        pressure + 0.06 * mu,
        0.004 * mu,
        -0.005 * mu,
        0.006 * mu,
    ];
    let stresses = patch.map(|point| point.stress);
    assert!(
        stresses
            .iter()
            .all(|stress| deviation(stress, &expected) < 1e-12)
    );
    assert!(
        !stresses
            .iter()
            .all(|stress| deviation(stress, &expected.map(|s| s * (1.0 + 1e-9))) < 1e-12)
    );

    // And held by stress.
    let mut pressed = Hold::FREE;
    pressed.0[2] = Held::Stress(-50e6);
    let strain = deform(&volume, &[solid], pressed, RTOL).mean_strain;
    let along = -50e6 / solid.young;
    let expected = [
        -solid.poisson * along,
        -solid.poisson * along,
        along,
        0.0,
        0.0,
        0.0,
    ];
    assert!(deviation(&strain, &expected) < 1e-10, "{strain:?}");
}

/// A block in a void that touches nothing and a porous frame that carries: straining the cell leaves the block in peace.
#[test]
fn islands_move_as_rigid_bodies() {
    let label = |(z, y, x): (usize, usize, usize)| {
        let island = [z, y, x].iter().all(|i| (4..7).contains(i));
        let frame = z == 0 || y == 0 || x == 0;
        u8::from(island) + 2 * u8::from(frame)
    };
    let volume = Volume::from_labels(&Array3::from_shape_fn((10, 10, 10), label));
    let mut held = Hold::CLAMPED;
    held.0[5] = Held::Strain(0.02);
    let phases = [
        Phase::VOID,
        Phase {
            swelling: 0.0,
            ..STIFF
        },
        Phase {
            swelling: 0.0,
            ..SOFT
        },
    ];
    let sheared = deform(&volume, &phases, held, RTOL);
    let most = |code: u8| {
        let values = sheared.map(|point| {
            if point.code == code {
                point.von_mises()
            } else {
                0.0
            }
        });
        values.into_iter().fold(0.0, f64::max)
    };
    assert!(most(1) < 1e-6 * most(2), "{} {}", most(1), most(2));
}

/// Turning the volume turns the stiffness, and nothing else.
#[test]
fn a_turned_volume_has_a_turned_stiffness() {
    let phases = [Phase::VOID, SOFT, STIFF];
    let volume = noise([6, 7, 8], &[0.2, 0.5, 0.3], 5);
    let codes = volume.codes().clone();
    // (z, y, x) becomes (x, z, y): what was along x is now along z, y along x and z along y.
    let turned = codes
        .permuted_axes([2, 0, 1])
        .as_standard_layout()
        .into_owned();
    let turned = Volume::from_codes(turned, volume.labels().to_vec());
    let [before, after] = [&volume, &turned].map(|volume| stiffness(volume, &phases, RTOL).matrix);
    // Components xx yy zz yz xz xy of before, in after: zz xx yy xy yz xz.
    let place = [2, 0, 1, 5, 3, 4];
    for i in 0..6 {
        for j in 0..6 {
            let difference = (before[i][j] - after[place[i]][place[j]]).abs();
            assert!(difference < 1e-8 * before[0][0], "{i} {j}: {difference}");
        }
    }
    let untouched = (before[0][0] - after[0][0]).abs();
    assert!(
        untouched > 1e-5 * before[0][0],
        "the test would not see a turn"
    );
}

/// Positive for every strain, and below Voigt's mean.
#[test]
fn stiffness_is_positive_and_below_the_mean() {
    for seed in 0..5 {
        let volume = noise([8, 8, 8], &[0.3, 0.4, 0.3], seed);
        let c = stiffness(&volume, &[Phase::VOID, SOFT, STIFF], 1e-6).matrix;
        let counts = volume.counts();
        let share = |i: usize| counts[i] as f64 / 512.0;
        let stiff = |p: &Phase| (p.bulk() - 2.0 / 3.0 * p.shear(), p.shear());
        let ((l1, m1), (l2, m2)) = (stiff(&SOFT), stiff(&STIFF));
        let (lambda, mu) = (share(1) * l1 + share(2) * l2, share(1) * m1 + share(2) * m2);
        let mut random = Random(seed + 100);
        for _ in 0..50 {
            let e: [f64; 6] = std::array::from_fn(|_| random.next() - 0.5);
            let energy: f64 = product(&c, e).iter().zip(e).map(|(s, e)| s * e).sum();
            let trace = e[0] + e[1] + e[2];
            let normal: f64 = e[..3].iter().map(|e| e * e).sum();
            let shear: f64 = e[3..].iter().map(|e| e * e).sum();
            let voigt = lambda * trace * trace + mu * (2.0 * normal + shear);
            assert!(0.0 < energy && energy < voigt, "{energy} {voigt}");
        }
    }
}

/// The same bits with one thread and with three.
#[test]
fn threads_do_not_change_a_bit() {
    let volume = noise([20, 11, 13], &[0.3, 0.4, 0.3], 9);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let done = deform(&volume, &[Phase::VOID, SOFT, STIFF], Hold::FILM, 1e-6);
            (
                done.mean_stress,
                done.mean_strain,
                done.map(|point| point.stress),
            )
        })
    };
    assert!(run(1) == run(3));
}
