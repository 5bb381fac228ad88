//! What benches run on.

use voxion::{io::VolumeSource, microstructure::Volume};

/// The volume and the label that conducts named on the command line, or a medium of `n`^3 voxels and label 1.
pub(crate) fn input(n: usize) -> (Volume, i64) {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    match arguments.as_slice() {
        [path, label] => {
            let reading = voxion::io::read(&VolumeSource::from(path.as_str())).expect("a volume");
            (reading.volume, label.parse().expect("a label"))
        }
        _ => (medium(n), 1),
    }
}

/// A thresholded sum of waves: periodic, bicontinuous, half of it label 1, the same on every machine.
fn medium(n: usize) -> Volume {
    let wave = |v: usize, k: f64, phase: f64| {
        (std::f64::consts::TAU * k * v as f64 / n as f64 + phase).sin()
    };
    let labels = ndarray::Array3::from_shape_fn((n, n, n), |(z, y, x)| {
        let sum: f64 = (1..=6u32)
            .map(|i| {
                let (a, b) = (f64::from(i * 7 % 5 + 2), f64::from(i * 11 % 7 + 1));
                wave(z, a, b) * wave(y, b, a) + wave(x, a + 1.0, b + a) * wave(z, b, 0.3)
            })
            .sum();
        u8::from(sum > 0.0)
    });
    Volume::from_labels(&labels)
}
