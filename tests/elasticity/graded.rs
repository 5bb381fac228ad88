//! Swelling that differs from voxel to voxel: exact where the moduli do not.

use super::{Phase, Random, deviation, problem, tolerance};
use ndarray::Array3;
use voxion::{
    field::Real,
    microstructure::Volume,
    physics::{
        elasticity::{Deformed, Hold},
        swelling::{Conversion, Swelling},
    },
    solve::Silent,
};

const SHAPE: (usize, usize, usize) = (6, 5, 4);
const SOLID: Phase = Phase {
    young: 20e9,
    poisson: 0.3,
    swelling: 0.0,
};
const SWELLINGS: [Swelling; 3] = [
    Swelling::Strain([0.02, 0.01, -0.03]),
    Swelling::Reaction(Conversion::SulphurToSulphide),
    Swelling::Reaction(Conversion::SulphideToSulphur),
];

fn deform(fractions: &Array3<f32>, (swelling, share): (Swelling, f64), hold: Hold) -> Deformed {
    let volume = Volume::from_labels(&Array3::zeros(SHAPE));
    let problem = problem(&volume, &[SOLID]).swelling(0, swelling).unwrap();
    let problem = problem.converted(share).fractions(fractions).unwrap();
    problem.deform(hold, tolerance(1e-9), &mut Silent).unwrap()
}

fn mean(fractions: &Array3<f32>, (swelling, share): (Swelling, f64)) -> [f64; 3] {
    let each = |i: usize| {
        let all = fractions
            .iter()
            .map(|&own| swelling.eigenstrain(share * f64::from(own))[i]);
        all.sum::<f64>() / fractions.len() as f64
    };
    [each(0), each(1), each(2)]
}

/// One modulus everywhere: the free cell takes the mean of the eigenstrains, whatever the field.
#[test]
fn a_free_cell_takes_the_mean_of_its_eigenstrains() {
    let mut random = Random(5);
    let fractions = Array3::from_shape_simple_fn(SHAPE, || f32::of(random.next()));
    for case in SWELLINGS.map(|swelling| (swelling, 0.5)) {
        let free = deform(&fractions, case, Hold::FREE);
        let [x, y, z] = mean(&fractions, case);
        assert!(deviation(&free.mean_strain, &[x, y, z, 0.0, 0.0, 0.0]) < 1e-7);
        let [x, y, z] = mean(&fractions, (case.0, 0.51));
        assert!(deviation(&free.mean_strain, &[x, y, z, 0.0, 0.0, 0.0]) > 1e-4);
    }
}

/// Converted in layers, held in its plane: every layer is pressed by its own, `-E eps / (1 - nu)`, and a graphene film whose Li2S
/// gives lithium off is pulled.
#[test]
fn layers_of_a_film_are_pressed_each_by_its_own() {
    let fractions = Array3::from_shape_fn(SHAPE, |(z, _, _)| z as f32 / 8.0);
    for conversion in [Conversion::SulphurToSulphide, Conversion::SulphideToSulphur] {
        let film = deform(
            &fractions,
            (Swelling::Reaction(conversion), 1.0),
            Hold::FILM,
        );
        for z in 0..SHAPE.0 {
            let stress = film.point([z, 2, 1]).stress;
            let own = conversion.eigenstrain(z as f64 / 8.0);
            let expected = -SOLID.young * own / (1.0 - SOLID.poisson);
            let scale = 0.2 * SOLID.young;
            assert!(
                (stress[0] - expected).abs() < 1e-7 * scale,
                "{z}: {stress:?} {expected}"
            );
            assert!(stress[2].abs() < 1e-7 * scale);
            assert!(z == 0 || (stress[0] < 0.0) == (conversion == Conversion::SulphurToSulphide));
        }
    }
}

#[test]
fn a_field_of_ones_is_no_field() {
    let volume = super::noise([6, 5, 4], &[0.2, 0.4, 0.4], 3);
    let phases = [Phase::VOID, SOLID, Phase::new(83e9, 0.19, 0.01)];
    let ones = Array3::from_elem(SHAPE, 1.0);
    let plain = super::deform(&volume, &phases, Hold::CLAMPED, 1e-9);
    let field = problem(&volume, &phases).fractions(&ones).unwrap();
    let field = field
        .deform(Hold::CLAMPED, tolerance(1e-9), &mut Silent)
        .unwrap();
    assert!(deviation(&field.mean_stress, &plain.mean_stress) < 1e-12);
    let halves = Array3::from_elem(SHAPE, 0.5);
    let field = problem(&volume, &phases).fractions(&halves).unwrap();
    let field = field
        .deform(Hold::CLAMPED, tolerance(1e-9), &mut Silent)
        .unwrap();
    let half = plain.mean_stress.map(|stress| 0.5 * stress);
    assert!(deviation(&field.mean_stress, &half) < 1e-6);
}

#[test]
fn fields_that_do_not_fit_are_refused() {
    let volume = Volume::from_labels(&Array3::zeros(SHAPE));
    let refused = |field: &Array3<f32>| {
        let problem = problem(&volume, &[SOLID]);
        problem.fractions(field).unwrap_err().to_string()
    };
    let told = refused(&Array3::zeros((6, 4, 5)));
    assert!(
        told.contains("[6, 4, 5]") && told.contains("[6, 5, 4]"),
        "{told}"
    );
    let mut field = Array3::zeros(SHAPE);
    field[[1, 2, 3]] = 1.5;
    let told = refused(&field);
    assert!(told.contains("[1, 2, 3]") && told.contains("1.5"), "{told}");
}
