//! What each measure costs, and whether it grows with the voxels: `cargo bench --bench measure [VOLUME LABEL]`.
//!
//! Seconds for cubes of 64, 128 and 256 voxels with the same structure (half of it each label, features of about eight
//! voxels), then nanoseconds per voxel at each size: a measure that is linear keeps them. With a volume, that one alone.

mod common;

use ndarray::s;
use std::time::Instant;
use voxion::microstructure::{
    Axis, Volume,
    measure::{
        area::Areas, chords::chords, distance::distances, geodesic::geodesic, phases::phases,
        representative::study, thickness::local_thickness, triple_line::triple_lines,
        two_point::correlation,
    },
};

/// A measure of all phases, by name.
type Measure = (&'static str, fn(&Volume));

fn codes(volume: &Volume) -> impl Iterator<Item = u8> {
    (0..=u8::MAX).take(volume.labels().len())
}

const MEASURES: [Measure; 9] = [
    ("fractions, components", |v| drop(phases(v))),
    ("areas", |v| drop(Areas::of(v))),
    ("triple lines", |v| drop(triple_lines(v))),
    ("distance transform", |v| {
        codes(v).for_each(|c| drop(distances(v, c)))
    }),
    ("local thickness", |v| {
        codes(v).for_each(|c| drop(local_thickness(v, c).expect("a volume of this size")));
    }),
    ("chords", |v| {
        Axis::ALL.iter().for_each(|&axis| drop(chords(v, axis)))
    }),
    ("two-point correlation", |v| {
        let each = codes(v).flat_map(|c| Axis::ALL.map(|axis| (c, axis)));
        each.for_each(|(c, axis)| drop(correlation(v, c, axis)));
    }),
    ("geodesic tortuosity", |v| {
        drop(geodesic(v).expect("a volume of this size"))
    }),
    ("representative volume", |v| drop(study(v))),
];

fn main() {
    let given = std::env::args()
        .skip(1)
        .any(|argument| argument != "--bench");
    let (volume, _) = common::input(256);
    let sizes: &[usize] = if given { &[0] } else { &[64, 128, 256] };
    let volumes: Vec<Volume> = sizes.iter().map(|&size| corner(&volume, size)).collect();
    let shapes: Vec<_> = volumes.iter().map(Volume::shape).collect();
    println!(
        "{shapes:?}, {} threads: seconds; ns/voxel",
        rayon::current_num_threads()
    );
    let mut totals = vec![0.0; volumes.len()];
    for (name, measure) in MEASURES {
        let seconds: Vec<f64> = volumes.iter().map(|volume| time(measure, volume)).collect();
        totals
            .iter_mut()
            .zip(&seconds)
            .for_each(|(total, s)| *total += s);
        row(name, &seconds, &volumes);
    }
    row("all", &totals, &volumes);
}

/// The first `size` voxels along each axis; all where `size` is 0.
fn corner(volume: &Volume, size: usize) -> Volume {
    let [z, y, x] = volume
        .shape()
        .map(|length| if size == 0 { length } else { size });
    let codes = volume.codes().slice(s![..z, ..y, ..x]).to_owned();
    Volume::from_codes(codes, volume.labels().to_vec())
}

fn time(measure: fn(&Volume), volume: &Volume) -> f64 {
    let start = Instant::now();
    measure(volume);
    start.elapsed().as_secs_f64()
}

fn row(name: &str, seconds: &[f64], volumes: &[Volume]) {
    let per_voxel = seconds.iter().zip(volumes);
    let per_voxel: String = per_voxel
        .map(|(s, volume)| format!("{:8.1}", s * 1e9 / volume.codes().len() as f64))
        .collect();
    let seconds: String = seconds.iter().map(|s| format!("{s:9.3}")).collect();
    println!("{name:24}{seconds}  {per_voxel}");
}
