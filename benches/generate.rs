//! What building each system costs, and whether it grows with the voxels: `cargo bench --bench generate [SIZE...]`.
//!
//! Seconds at 64^3, 128^3 and 256^3 (or the sizes given) with every parameter at its default, then nanoseconds per voxel.

use std::time::Instant;
use voxion::scenario::generate::{Draft, GENERATORS};

fn main() {
    let given: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let sizes = if given.is_empty() {
        vec![64, 128, 256]
    } else {
        given
    };
    println!(
        "sizes {sizes:?}, {} threads: seconds; ns/voxel",
        rayon::current_num_threads()
    );
    for generator in &GENERATORS {
        let seconds = sizes.iter().map(|&size| time(generator.name, size));
        let (mut all, mut per_voxel) = (String::new(), String::new());
        for (seconds, &size) in seconds.zip(&sizes) {
            let Some(seconds) = seconds else {
                all += "        -";
                per_voxel += "       -";
                continue;
            };
            all += &format!("{seconds:9.3}");
            per_voxel += &format!("{:8.1}", seconds * 1e9 / (size as f64).powi(3));
        }
        println!("{:18}{all}  {per_voxel}", generator.name);
    }
}

/// Seconds that a system takes; none where a box of this size is too small for it.
fn time(generator: &str, size: usize) -> Option<f64> {
    let text = format!("[generate]\ngenerator = \"{generator}\"\nseed = 1\nsize = {size}\n");
    let draft = Draft::parse(&text, "bench").expect("a recipe");
    let generator = draft.generator.expect("a generator");
    let plan = draft.plan(generator, 0).expect("a plan");
    let start = Instant::now();
    plan.build().ok()?;
    Some(start.elapsed().as_secs_f64())
}
