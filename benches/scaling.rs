//! Does the time per voxel stay the same as volumes grow? `cargo bench --bench scaling [LARGEST [PICTURE.png]]`.
//!
//! The medium of `voxion bench` from 64^3 to 512^3 (or LARGEST), the same statistics at every size, solved to 0.1 % on one
//! thread and on two. A solve that takes less than a second is run five times and the fastest counts. With a PICTURE the times
//! per voxel are drawn.

use std::path::PathBuf;
use voxion::{
    field::Backend,
    microstructure::{Axis, Volume, generate::blobs},
    physics::conduction::{Conduction, Effective, MemoryMode},
    report::chart::{Chart, Places, Range},
    solve::{Silent, Tolerance},
};

/// Threads, and what they are called.
const WAYS: [(usize, &str); 2] = [(1, "1 thread"), (2, "2 threads")];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut words = words.into_iter().filter(|word| !word.starts_with("--"));
    let largest = words
        .next()
        .map_or(512, |word| word.parse().expect("a size"));
    let picture = words.next().map(PathBuf::from);
    let sizes: Vec<usize> = (6..)
        .map(|power| 1 << power)
        .take_while(|&n| n <= largest)
        .collect();
    println!(
        "{:>6} {:18} {:>10} {:>10} {:>11}",
        "size", "solve", "seconds", "ns/voxel", "iterations"
    );
    let mut times = WAYS.map(|(_, name)| (name.to_owned(), Vec::new()));
    for &size in &sizes {
        let volume = blobs([size; 3], 8.0, 0.5, 1);
        for ((threads, _), (name, times)) in WAYS.iter().zip(&mut times) {
            let effective = fastest(&volume, *threads);
            let nanoseconds = 1e9 * effective.seconds / volume.codes().len() as f64;
            println!(
                "{size:>6} {name:18} {:>10.3} {nanoseconds:>10.1} {:>11}",
                effective.seconds, effective.iterations
            );
            times.push(nanoseconds);
        }
    }
    for (name, times) in &times {
        let least = times.iter().copied().fold(f64::INFINITY, f64::min);
        let most = times.iter().copied().fold(0.0, f64::max);
        println!("{name}: the most over the least is {:.2}", most / least);
    }
    if let Some(path) = picture {
        draw(&sizes, times.to_vec())
            .image()
            .save(path)
            .expect("a file to write");
    }
}

/// The fastest of one run, or of five where runs are short.
fn fastest(volume: &Volume, threads: usize) -> Effective {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let problem = Conduction::new(volume).memory(MemoryMode::Full);
    let problem = problem.conductivity(1, 1.0).expect("a label");
    pool.expect("threads").install(|| {
        let solve = || {
            let solution =
                problem.solve(Axis::Z, Tolerance::default(), &Backend::Host, &mut Silent);
            solution.expect("a solution").effective
        };
        let first = solve();
        let more = if first.seconds < 1.0 { 4 } else { 0 };
        (0..more)
            .map(|_| solve())
            .fold(first, |a, b| if b.seconds < a.seconds { b } else { a })
    })
}

fn draw(sizes: &[usize], times: Vec<(String, Vec<f64>)>) -> voxion::report::slices::Picture {
    let chart = Chart {
        file_name: "speed.png".to_owned(),
        title: "Time per voxel to 0.1 % on the host".to_owned(),
        across: "voxels along each side".to_owned(),
        up: "ns per voxel".to_owned(),
        places: Places::Names(sizes.iter().map(usize::to_string).collect()),
        range: Range::FromZero,
        computed: times,
        measured: Vec::new(),
        caption: vec![
            "Blobs eight voxels wide, half of them conduct. From labels in memory to the certified number.".to_owned(),
        ],
    };
    chart.draw()
}
