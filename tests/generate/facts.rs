//! Numbers: the same for any number of threads, fractions, sizes, conserved volumes, and the measured porosities.

use super::{build, everything, plan, refusal, small};
use voxion::{microstructure::generate::Microstructure, scenario::generate::GENERATORS};

#[test]
fn the_number_of_threads_changes_nothing() {
    let with = |threads: usize| -> Vec<_> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            everything(9)
                .map(|(_, structure)| structure.volume.codes().clone())
                .collect()
        })
    };
    assert!(with(1) == with(2));
}

#[test]
fn another_seed_is_another_structure() {
    for generator in &GENERATORS {
        let [a, b] = [1, 2].map(|seed| small(generator, seed));
        assert!(a.volume.codes() != b.volume.codes(), "{}", generator.name);
    }
}

/// The worst difference of a fraction from its target, in voxels.
fn miss(structure: &Microstructure) -> f64 {
    let voxels = structure.volume.codes().len() as f64;
    let phases = structure.phases.iter().zip(structure.reached());
    let misses =
        phases.filter_map(|(phase, reached)| Some(((reached - phase.target?) * voxels).abs()));
    misses.fold(0.0, f64::max)
}

#[test]
fn fractions_are_exact_to_the_voxel() {
    for (name, structure) in everything(11).filter(|(name, _)| *name != "core-shell") {
        assert!(miss(&structure) <= 1.0, "{name}: {}", miss(&structure));
    }
}

/// Cores are exact; shells have a thickness, and so a volume only as exact as their surfaces are drawn.
#[test]
fn shells_have_their_volume_within_a_tenth_of_a_voxel_layer() {
    let structure = build("generator = \"core-shell\"\nseed = 1\nsize = 96\nvoxel_size = \"4 nm\"");
    let reached = structure.reached();
    assert_eq!(
        (reached[1] * 96.0f64.powi(3)).round(),
        (0.25 * 96.0f64.powi(3)).round()
    );
    let target = structure.phases[2].target.unwrap();
    // A layer of one voxel on the shells has about half the volume of a shell of two.
    assert!(
        (reached[2] - target).abs() < 0.05 * target,
        "{} {target}",
        reached[2]
    );
}

/// The measure of fractions, shown to notice a voxel layer.
#[test]
fn a_missing_layer_is_noticed() {
    let mut structure = build("generator = \"membrane\"\nseed = 1\nsize = 32");
    let mut codes = structure.volume.codes().clone();
    codes.index_axis_mut(ndarray::Axis(0), 0).fill(0);
    structure.volume = voxion::microstructure::Volume::from_codes(codes, vec![0, 1]);
    assert!(miss(&structure) > 100.0);
}

/// Equivalent diameters of separate particles, in m: cores do not touch, because of their shells.
fn diameters(structure: &Microstructure) -> Vec<f64> {
    let codes = structure.volume.codes();
    let (nz, ny, nx) = codes.dim();
    let voxel = structure.volume.spacing().unwrap()[0];
    let mut seen = codes.mapv(|code| code != 1);
    let mut diameters = Vec::new();
    for ((z, y, x), _) in codes.indexed_iter() {
        let (mut front, mut size) = (vec![(z, y, x)], 0usize);
        while let Some((z, y, x)) = front.pop() {
            if std::mem::replace(&mut seen[(z, y, x)], true) {
                continue;
            }
            size += 1;
            front.extend([((z + 1) % nz, y, x), ((z + nz - 1) % nz, y, x)]);
            front.extend([(z, (y + 1) % ny, x), (z, (y + ny - 1) % ny, x)]);
            front.extend([(z, y, (x + 1) % nx), (z, y, (x + nx - 1) % nx)]);
        }
        if size > 0 {
            diameters.push((6.0 * size as f64 / std::f64::consts::PI).cbrt() * voxel);
        }
    }
    diameters
}

#[test]
fn sizes_follow_the_distribution_asked_for() {
    let structure = build(
        "generator = \"core-shell\"\nseed = 6\nsize = 128\nvoxel_size = \"4 nm\"\ndiameter = \"48 nm\"\nspread = 0.2\n\
         core_fraction = \"20 %\"",
    );
    let logs: Vec<f64> = diameters(&structure)
        .iter()
        .map(|d| (d / 48e-9).ln())
        .collect();
    let n = logs.len() as f64;
    let mean = logs.iter().sum::<f64>() / n;
    let spread = (logs.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    // 0.2 cut at 2.5 standard deviations has 0.956 of its spread; n particles know their mean to 0.2 / sqrt n.
    assert!(n > 350.0, "{n}");
    assert!(mean.abs() < 4.0 * 0.2 / n.sqrt(), "{mean} of {n}");
    assert!(
        (spread / (0.956 * 0.2) - 1.0).abs() < 4.0 / (2.0 * n).sqrt(),
        "{spread} of {n}"
    );
}

#[test]
fn the_soft_coating_keeps_its_volume() {
    // Equal spheres of 1 um under 44 nm, pressed so lightly that all of it finds room.
    let structure = build(
        "generator = \"pellet\"\nseed = 2\nsize = 64\nvoxel_size = \"80 nm\"\nspread = 0\ncycles = 40\npressure = \"10 MPa\"",
    );
    let [_, core, soft] = structure.reached().try_into().unwrap();
    let expected: f64 = 1.088f64.powi(3) - 1.0;
    assert!(
        (soft / core / expected - 1.0).abs() < 2e-3,
        "{} {expected}",
        soft / core
    );
}

/// Porosity on pictures of pellets, Adv. Funct. Mater. (2025), doi 10.1002/adfm.202509820. Fitted: the diameter and the
/// residual porosity; and Heckel's yield pressure, to the bare pellet alone.
const MEASURED: [(u32, f64); 6] = [
    (0, 30.02),
    (20, 23.79),
    (40, 14.97),
    (60, 7.53),
    (80, 9.47),
    (150, 7.77),
];

fn porosity(settings: &str) -> f64 {
    let structure = build(&format!(
        "generator = \"pellet\"\nseed = 1\nsize = 96\nvoxel_size = \"90 nm\"\n{settings}"
    ));
    100.0 * structure.reached()[0]
}

#[test]
fn porosity_falls_with_cycles_as_measured() {
    for (cycles, measured) in MEASURED {
        let found = porosity(&format!("cycles = {cycles}"));
        assert!(
            (found - measured).abs() < 2.0,
            "{cycles} cycles: {found} %, measured {measured} %"
        );
    }
}

/// The comparison above, shown to depend on what was fitted.
#[test]
fn other_particles_do_not_fit_the_measured_porosity() {
    let misses = |settings: &str| {
        let off = |&(cycles, measured): &(u32, f64)| {
            (porosity(&format!("cycles = {cycles}\n{settings}")) - measured).abs() > 4.0
        };
        MEASURED.iter().filter(|case| off(case)).count()
    };
    assert!(misses("diameter = \"1.6 um\"") >= 2);
    assert!(misses("residual_porosity = \"15 %\"") >= 2);
}

#[test]
fn pressure_follows_heckel_and_points_can_be_fitted() {
    let porosity_at = |settings: &str| porosity(settings) / 100.0;
    // 1 - D = 0.42 exp(-P / 1516 MPa).
    for pressure in [100.0, 300.0, 800.0] {
        let found = porosity_at(&format!("pressure = \"{pressure} MPa\""));
        assert!(
            (found - 0.42 * (-pressure / 1516.0f64).exp()).abs() < 1e-4,
            "{found}"
        );
    }
    let fitted = porosity_at("compaction = \"100 MPa=0.55, 400 MPa=0.66\"\npressure = \"400 MPa\"");
    assert!((fitted - 0.34).abs() < 1e-4, "{fitted}");
}

#[test]
fn weights_become_volumes_by_their_densities() {
    let structure = build(
        "generator = \"composite\"\nseed = 1\nsize = 32\nby = \"weight\"\nactive = 0.4\ncarbon = 0.1\nporosity = 0.1\n\
         diameter = \"400 nm\"",
    );
    let [pores, active, electrolyte, carbon] = structure.reached().try_into().unwrap();
    let weights = [2.07 * active, 1.87 * electrolyte, 1.95 * carbon];
    let sum: f64 = weights.iter().sum();
    for (weight, expected) in weights.iter().zip([0.4, 0.5, 0.1]) {
        assert!((weight / sum - expected).abs() < 1e-4, "{weights:?}");
    }
    assert!((pores - 0.1).abs() < 1e-4);
}

#[test]
fn recipes_that_do_not_work_out_say_why() {
    for (text, words) in [
        (
            "generator = \"composite\"\nactive = 0.5\nelectrolyte = 0.5\nporosity = 0.2",
            "add up to 1.25",
        ),
        (
            "generator = \"composite\"\nactive = 0.9\nporosity = 0.2",
            "add up to 1.15",
        ),
        (
            "generator = \"composite\"\nby = \"weight\"\nactive = 0.9\ncarbon = 0.2",
            "add up to 1.1",
        ),
        (
            "generator = \"composite\"\nactive = \"66 %\"\ncarbon = 0\nporosity = 0\nspread = 0",
            "the packing stopped at 0.",
        ),
        (
            "generator = \"core-shell\"\ncore_fraction = 0.5",
            "the packing stopped at 0.",
        ),
        (
            "generator = \"core-shell\"\nvoxel_size = \"1 nm\"",
            "does not fit a box",
        ),
        (
            "generator = \"membrane\"\ngreen_density = 0.9",
            "the green density is 0.9, but it must be from 0.05 to 0.66",
        ),
        (
            "generator = \"vertical-graphene\"\nheight = \"1 um\"",
            "take 211 voxels along z, and the volume has 64",
        ),
        (
            "generator = \"pellet\"\ncycles = 3\ncoating = \"4 nm\"",
            "two ways to say the same",
        ),
        (
            "generator = \"membrane\"\ndiameter = \"8 nm\"\ndeviation = \"1 nm\"",
            "take voxels of 2.7 nm or less",
        ),
        (
            "generator = \"composite\"\nactive = 0\ncarbon = 1\nporosity = 0",
            "the carbon fraction is 1, but it must be at most 0.5",
        ),
        ("generator = \"pellet\"\nsize = 4", "cannot be built"),
        ("generator = \"pellets\"", "did you mean \"pellet\"?"),
        (
            "generator = \"pellet\"\ncycle = 3",
            "did you mean \"cycles\"?",
        ),
        (
            "generator = \"pellet\"\npressure = \"510 nm\"",
            "is the unit of a length, but a pressure is expected",
        ),
        (
            "generator = \"pellet\"\ncoating_material = \"LPS\"",
            "LPS-glass",
        ),
        ("seed = 3", "needs the key \"generator\""),
    ] {
        let found = refusal(text);
        assert!(found.contains(words), "{text}\n{found}");
    }
}

#[test]
fn a_missing_seed_is_the_one_that_was_drawn() {
    assert_eq!(plan("generator = \"membrane\"").seed, 0);
    assert_eq!(plan("generator = \"membrane\"\nseed = 18").seed, 18);
}
