//! Does each of many volumes that are solved at once have the numbers it has alone?

use ndarray::Array3;
use voxion::{
    Error,
    field::Backend,
    microstructure::{Axis, Volume},
    physics::conduction::{Conduction, ProblemError, Question, Solution, solve_batch},
    solve::{Continue, Observer, Progress, Silent, SolveError, Tolerance},
};

const TOLERANCE: Tolerance = Tolerance {
    relative_error: 1e-7,
    max_iterations: 500,
};

/// Volumes of two sizes; the third has a wall, the fifth is one voxel thick.
fn volumes() -> Vec<Volume> {
    let volume = |number: usize| {
        let depth = match number {
            4 => 1,
            number => 12 + number % 2 * 5,
        };
        Volume::from_labels(&Array3::from_shape_fn((depth, 14, 13), |(z, y, x)| {
            let blob = (z / 3 * 7 + y / 4 * (3 + number) + x / 3 * 5 + number) % 4;
            u8::from(blob != 0 && (number != 2 || z != 5))
        }))
    };
    (0..9).map(volume).collect()
}

fn problems(volumes: &[Volume]) -> Vec<Conduction<'_>> {
    let problem = |volume| Conduction::new(volume).conductivity(1, 2.5).unwrap();
    volumes.iter().map(problem).collect()
}

fn together(questions: &[Question<'_>]) -> Vec<Result<Solution, Error>> {
    solve_batch(questions, (TOLERANCE, &Backend::Host), |it| it, &mut Silent).unwrap()
}

#[test]
fn every_volume_has_the_numbers_it_has_alone() {
    let volumes = volumes();
    let problems = problems(&volumes);
    let axes = problems
        .iter()
        .flat_map(|it| [(it, Axis::Z), (it, Axis::Y)]);
    let questions: Vec<Question<'_>> = axes.collect();
    let solutions = together(&questions);
    assert_eq!(solutions.len(), questions.len());
    let mut conducting = 0;
    for (place, ((problem, axis), found)) in questions.iter().zip(&solutions).enumerate() {
        let alone = problem.solve(*axis, TOLERANCE, &Backend::Host, &mut Silent);
        let (Ok(found), Ok(alone)) = (found, &alone) else {
            assert_eq!(place, 8, "{found:?}");
            let thin = matches!(found, Err(Error::Problem(ProblemError::Thin { .. })));
            assert!(thin && alone.is_err(), "{found:?}");
            continue;
        };
        let [found_numbers, numbers] = [found, alone].map(|it| &it.effective);
        let (value, expected) = (
            found_numbers.effective_conductivity,
            numbers.effective_conductivity,
        );
        assert_eq!(value.to_bits(), expected.to_bits(), "{place}");
        assert_eq!(found_numbers.iterations, numbers.iterations);
        let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
        assert!(found.potential().iter().zip(&alone.potential()).all(same));
        assert!(place != 4 || value == 0.0, "{value}");
        conducting += usize::from(value > 0.0);
    }
    assert!(conducting >= 9, "{conducting}");
}

#[test]
fn two_volumes_in_each_others_place_are_seen() {
    let volumes = volumes();
    let problems = problems(&volumes);
    let value = |question: Question<'_>| {
        let solution = together(&[question, (&problems[7], Axis::X)]).swap_remove(0);
        solution.unwrap().effective.effective_conductivity
    };
    let [first, other] = [0, 6].map(|place| value((&problems[place], Axis::X)));
    assert!((first / other - 1.0).abs() > 1e3 * TOLERANCE.relative_error);
}

/// Has enough after so many volumes.
struct Enough(usize);

impl Observer for Enough {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        Continue::Yes
    }

    fn solved(&mut self, done: usize, all: usize) -> Continue {
        assert!(done <= all);
        if done < self.0 {
            Continue::Yes
        } else {
            Continue::No
        }
    }
}

#[test]
fn a_batch_stops_when_told() {
    let volumes = volumes();
    let problems = problems(&volumes);
    let questions: Vec<Question<'_>> = problems.iter().map(|it| (it, Axis::X)).collect();
    let asked = (TOLERANCE, &Backend::Host);
    let stopped = solve_batch(&questions, asked, drop, &mut Enough(3));
    assert!(matches!(
        stopped,
        Err(Error::Solve(SolveError::Interrupted))
    ));
    assert!(solve_batch(&questions, asked, drop, &mut Enough(usize::MAX)).is_ok());
}
