//! Facts that every structure of a generator must have, whatever the seed, each with a structure that lacks it.

use super::{build, small};
use ndarray::{Array3, s};
use voxion::{
    microstructure::generate::{Ends, Microstructure},
    scenario::generate::GENERATORS,
};

/// Neighbours of a voxel through faces; x and y wrap where `ends` are periodic, z where `z` is.
fn beside(
    shape: [usize; 3],
    [z, y, x]: [usize; 3],
    ends: [Ends; 3],
) -> impl Iterator<Item = [usize; 3]> {
    (0..3).flat_map(move |axis| {
        let n = shape[axis];
        [n - 1, 1].into_iter().filter_map(move |step| {
            let mut place = [z, y, x];
            let crosses =
                (place[axis] == 0 && step == n - 1) || (place[axis] + 1 == n && step == 1);
            place[axis] = (place[axis] + step) % n;
            (!crosses || ends[axis] == Ends::Periodic).then_some(place)
        })
    })
}

/// Pairs of voxels with these labels that share a face.
fn contacts(codes: &Array3<u8>, a: u8, b: u8) -> usize {
    let shape = [codes.dim().0, codes.dim().1, codes.dim().2];
    let of_a = codes.indexed_iter().filter(|&(_, &code)| code == a);
    of_a.flat_map(|((z, y, x), _)| beside(shape, [z, y, x], [Ends::Periodic; 3]))
        .filter(|&place| codes[place] == b)
        .count()
}

/// Sizes of the clusters of voxels for which `of` holds.
fn clusters(codes: &Array3<u8>, of: impl Fn(u8) -> bool, ends: [Ends; 3]) -> Vec<usize> {
    let shape = [codes.dim().0, codes.dim().1, codes.dim().2];
    let mut seen = codes.mapv(|code| !of(code));
    let mut sizes = Vec::new();
    for ((z, y, x), _) in codes.indexed_iter() {
        let mut front = vec![[z, y, x]];
        let mut size = 0;
        while let Some(place) = front.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                size += 1;
                front.extend(beside(shape, place, ends));
            }
        }
        if size > 0 {
            sizes.push(size);
        }
    }
    sizes
}

fn codes(structure: &Microstructure) -> &Array3<u8> {
    structure.volume.codes()
}

#[test]
fn shells_are_closed_round_their_cores() {
    for shell in ["8 nm", "5 nm", "2 nm"] {
        for ends in ["periodic", "walled"] {
            let structure = build(&format!(
                "generator = \"core-shell\"\nseed = 3\nsize = 64\nvoxel_size = \"5 nm\"\nshell = \"{shell}\"\nends = \"{ends}\""
            ));
            assert_eq!(contacts(codes(&structure), 1, 0), 0, "{shell} {ends}");
            assert!(contacts(codes(&structure), 1, 2) > 1000);
            let noted = structure
                .notes
                .iter()
                .any(|note| note.contains("needs voxels of 2 nm or less"));
            assert_eq!(noted, shell == "2 nm", "{:?}", structure.notes);
        }
    }
}

/// Layers that overlap take no room: cores pack as densely as spheres do, and still none touches the matrix. Of particles
/// that stay apart at the same fraction the packing says that it jams; of the same seed, more matrix is left by overlaps.
#[test]
fn overlapping_layers_leave_room_for_more_cores() {
    let recipe = |fraction: f64, shells: &str| {
        format!(
            "generator = \"core-shell\"\nseed = 3\nsize = 64\nvoxel_size = \"5 nm\"\ncore_fraction = {fraction}\nshells = \"{shells}\""
        )
    };
    let dense = build(&recipe(0.5, "overlapping"));
    let [matrix, core, _] = dense.reached().try_into().unwrap();
    assert!(
        (core - 0.5).abs() < 1e-4 && matrix > 0.02,
        "{core} {matrix}"
    );
    assert_eq!(contacts(codes(&dense), 1, 0), 0);
    let matrix = |shells: &str| build(&recipe(0.3, shells)).reached()[0];
    assert!(matrix("overlapping") > matrix("apart") + 0.01);
}

/// The tests above, shown to notice one hole.
#[test]
fn a_hole_in_a_shell_is_found() {
    let structure = build("generator = \"core-shell\"\nseed = 3\nsize = 48\nvoxel_size = \"5 nm\"");
    let mut holed = codes(&structure).clone();
    let shape = [48; 3];
    let core = |place: &[usize; 3]| holed[*place] == 1;
    let at_a_core = |place: [usize; 3]| beside(shape, place, [Ends::Walled; 3]).any(|p| core(&p));
    let shell = holed
        .indexed_iter()
        .find(|&((z, y, x), &code)| code == 2 && at_a_core([z, y, x]));
    let (place, _) = shell.expect("a shell voxel beside a core");
    holed[place] = 0;
    assert!(contacts(&holed, 1, 0) > 0);
}

#[test]
fn every_sheet_of_graphene_stands_on_the_collector_and_they_hang_together() {
    let ends = [Ends::Walled, Ends::Periodic, Ends::Periodic];
    for seed in [1, 2, 3] {
        let structure = build(&format!(
            "generator = \"vertical-graphene\"\nseed = {seed}\nsize = 64"
        ));
        let sheet = |code: u8| matches!(code, 1 | 2);
        let standing = clusters(codes(&structure), |code| sheet(code) || code == 5, ends);
        assert_eq!(standing.len(), 1, "{standing:?}");
        // Without the collector, too, most of them are one network.
        let network = clusters(codes(&structure), sheet, ends);
        let (largest, all) = (network.iter().max().unwrap(), network.iter().sum::<usize>());
        assert!(2 * largest > all, "{network:?}");
    }
}

#[test]
fn sheets_are_upright_and_reach_their_height() {
    let structure = build(
        "generator = \"vertical-graphene\"\nseed = 5\nsize = 64\nroughness = 0\ntilt = 0\nopen = 0",
    );
    let part = |z: usize| {
        let plane = codes(&structure).index_axis(ndarray::Axis(0), z);
        plane.iter().filter(|code| matches!(code, 1 | 2)).count()
    };
    // 20 nm of collector and 200 nm of sheets in voxels of 5 nm; without tilt every plane is the same.
    assert!(part(3) == 0 && part(44) == 0);
    assert!((5..44).all(|z| part(z) == part(4)) && part(4) > 200);
}

#[test]
fn the_filling_of_graphene_is_as_thick_as_asked_for() {
    let structure = build(
        "generator = \"vertical-graphene\"\nseed = 5\nsize = 64\nspacing = \"160 nm\"\ncoating = \"20 nm\"",
    );
    let (codes, shape) = (codes(&structure), [64; 3]);
    // From sheets and collector, step by step through the filling and voids: a path of k steps is at most k long and at
    // least k / sqrt 3.
    let mut steps = codes.mapv(|code| {
        if matches!(code, 1 | 2 | 5) {
            0usize
        } else {
            usize::MAX
        }
    });
    for round in 0..12 {
        let front: Vec<_> = steps
            .indexed_iter()
            .filter(|(_, s)| **s == round)
            .map(|((z, y, x), _)| [z, y, x])
            .collect();
        for place in front
            .into_iter()
            .flat_map(|p| beside(shape, p, [Ends::Walled, Ends::Periodic, Ends::Periodic]))
        {
            steps[place] = steps[place].min(round + 1);
        }
    }
    for (place, &code) in codes.indexed_iter() {
        assert!(
            code != 0 || steps[place] > 4,
            "a void nearer than the coating is thick"
        );
        assert!(
            code != 3 || steps[place] <= 8,
            "filling further away than the coating is thick"
        );
    }
}

#[test]
fn spheres_of_a_membrane_are_joined_by_necks() {
    let membrane = |settings: &str| {
        build(&format!(
            "generator = \"membrane\"\nseed = 2\nsize = 64\n{settings}"
        ))
    };
    let loose = membrane("green_density = 0.5\nrelative_density = 0.5\nneck_ratio = 0");
    let sintered = membrane("green_density = 0.5\nrelative_density = 0.5\nneck_ratio = 0.4");
    let parts = |structure| clusters(codes(structure), |code| code == 1, [Ends::Periodic; 3]);
    let (loose_parts, sintered_parts) = (parts(&loose), parts(&sintered));
    let [before, after] = [&loose_parts, &sintered_parts].map(|parts| parts.iter().sum::<usize>());
    assert_eq!(before, after, "volume is conserved");
    assert_eq!(sintered_parts.len(), 1, "{sintered_parts:?}");
    let surface = |structure| contacts(codes(structure), 1, 0) as f64;
    let (before, after) = (surface(&loose), surface(&sintered));
    assert!(
        after < 0.95 * before,
        "sintering lowers the surface: {before} {after}"
    );
}

/// Voxels whose label changes to the next one along an axis, between planes `i` and `i + 1`.
fn changes(codes: &Array3<u8>, axis: usize, i: usize) -> f64 {
    let plane =
        |i: usize| codes.index_axis(ndarray::Axis(axis), i % codes.len_of(ndarray::Axis(axis)));
    plane(i)
        .iter()
        .zip(plane(i + 1))
        .filter(|(a, b)| a != b)
        .count() as f64
}

/// How the seams of several structures compare with the mean of all other neighbouring planes.
fn seam(structures: &[Array3<u8>], axis: usize) -> f64 {
    let n = structures[0].len_of(ndarray::Axis(axis));
    let sum = |i: usize| {
        structures
            .iter()
            .map(|codes| changes(codes, axis, i))
            .sum::<f64>()
    };
    let inside: f64 = (0..n - 1).map(sum).sum();
    sum(n - 1) / (inside / (n - 1) as f64)
}

#[test]
fn periodic_structures_have_no_seam() {
    for generator in &GENERATORS {
        let build = |seed: u64| codes(&small(generator, seed)).clone();
        let structures: Vec<_> = (1..=8).map(build).collect();
        let axes = if generator.name == "vertical-graphene" {
            1..3
        } else {
            0..3
        };
        for axis in axes {
            let seam = seam(&structures, axis);
            assert!(seam < 1.4, "{}, axis {axis}: {seam}", generator.name);
        }
    }
}

/// The measure above, shown to notice a structure whose ends do not belong together.
#[test]
fn a_crop_has_a_seam() {
    for generator in &GENERATORS {
        let crop = |seed: u64| {
            codes(&small(generator, seed))
                .slice(s![.., 5..35, ..])
                .to_owned()
        };
        let structures: Vec<_> = (1..=8).map(crop).collect();
        assert!(seam(&structures, 1) > 1.4, "{}", generator.name);
    }
}

#[test]
fn nothing_crosses_a_wall() {
    let structure = build(
        "generator = \"core-shell\"\nseed = 4\nsize = 64\ndiameter = \"50 nm\"\ncore_fraction = 0.2\nends = \"walled\"",
    );
    // Cores keep their shell, 2 voxels, from the walls, but for the little by which contacts overlap.
    for axis in 0..3 {
        for i in [0, 63] {
            let plane = codes(&structure).index_axis(ndarray::Axis(axis), i);
            assert!(
                plane.iter().all(|&code| code != 1),
                "axis {axis}, plane {i}"
            );
        }
    }
}
