//! All numbers of a run, as they stand in the JSON object. Lengths are in metres, or in voxels where no voxel size is known.

use super::Question;
use crate::cli::json::Input;
use serde::Serialize;
use voxion::{io::Reading, microstructure::Volume};

/// What `--json` prints; a measure that was not asked for is null.
#[derive(Serialize)]
pub(crate) struct Results {
    voxion: &'static str,
    input: Input,
    pub(crate) phases: Vec<PhaseName>,
    length_unit: &'static str,
    area_density_unit: &'static str,
    line_density_unit: &'static str,
    pub(crate) pore: Option<i64>,
    pub(crate) fractions: Option<Vec<Fraction>>,
    pub(crate) porosity: Option<Porosity>,
    pub(crate) surfaces: Option<Vec<Surface>>,
    pub(crate) interfaces: Option<Vec<Interface>>,
    pub(crate) triple_lines: Option<Vec<TripleLine>>,
    pub(crate) triple_phase_boundary: Option<Boundary>,
    pub(crate) chords: Option<Vec<Chords>>,
    pub(crate) correlation: Option<Vec<Correlation>>,
    pub(crate) representative: Option<Representative>,
    pub(crate) geodesic: Option<Vec<Geodesic>>,
    pub(crate) thickness: Option<Vec<Thickness>>,
    pub(crate) warnings: Vec<String>,
}

/// A label and what a scenario or the file calls it.
#[derive(Serialize)]
pub(crate) struct PhaseName {
    pub(crate) label: i64,
    pub(crate) name: Option<String>,
}

/// A number for each axis.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct ByAxis<T> {
    pub(crate) z: T,
    pub(crate) y: T,
    pub(crate) x: T,
}

impl<T> From<[T; 3]> for ByAxis<T> {
    fn from([z, y, x]: [T; 3]) -> Self {
        Self { z, y, x }
    }
}

impl<T> ByAxis<T> {
    pub(crate) fn each<R>(&self, of: impl Fn(&T) -> R) -> [R; 3] {
        [of(&self.z), of(&self.y), of(&self.x)]
    }
}

#[derive(Serialize)]
pub(crate) struct Fraction {
    pub(crate) label: i64,
    pub(crate) voxels: usize,
    pub(crate) fraction: f64,
    pub(crate) percolating_fraction: ByAxis<f64>,
    pub(crate) components: usize,
    pub(crate) largest_component: f64,
    pub(crate) open: f64,
}

#[derive(Serialize)]
pub(crate) struct Porosity {
    pub(crate) label: i64,
    pub(crate) total: f64,
    pub(crate) open: f64,
    pub(crate) closed: f64,
}

#[derive(Serialize)]
pub(crate) struct Surface {
    pub(crate) label: i64,
    /// Area per volume of the whole.
    pub(crate) specific: f64,
    pub(crate) specific_by_faces: f64,
    /// Area per volume of the phase.
    pub(crate) per_phase_volume: f64,
}

#[derive(Serialize)]
pub(crate) struct Interface {
    pub(crate) labels: [i64; 2],
    pub(crate) specific: f64,
    pub(crate) specific_by_faces: f64,
    pub(crate) area: f64,
}

#[derive(Serialize)]
pub(crate) struct TripleLine {
    pub(crate) labels: [i64; 3],
    pub(crate) density: f64,
    pub(crate) density_by_edges: f64,
}

#[derive(Serialize)]
pub(crate) struct Boundary {
    pub(crate) active_material: Vec<i64>,
    pub(crate) electrolyte: Vec<i64>,
    pub(crate) carbon: Vec<i64>,
    pub(crate) axis: &'static str,
    pub(crate) separator: Option<&'static str>,
    pub(crate) total: f64,
    pub(crate) total_by_edges: f64,
    pub(crate) active: f64,
    pub(crate) active_by_edges: f64,
}

#[derive(Serialize)]
pub(crate) struct Chords {
    pub(crate) label: i64,
    pub(crate) along: ByAxis<ChordsAlong>,
}

#[derive(Serialize)]
pub(crate) struct ChordsAlong {
    pub(crate) mean: Option<f64>,
    pub(crate) deviation: Option<f64>,
    pub(crate) longest: Option<f64>,
    pub(crate) complete: u64,
    pub(crate) cut_by_the_sides: u64,
    /// Chords of 0, 1, 2, ... voxels.
    pub(crate) count_by_voxels: Vec<u64>,
}

#[derive(Serialize)]
pub(crate) struct Correlation {
    pub(crate) label: i64,
    pub(crate) method: &'static str,
    pub(crate) length: ByAxis<Option<f64>>,
    pub(crate) step: ByAxis<f64>,
    /// S2 at 0, 1, 2, ... steps.
    pub(crate) s2: ByAxis<Vec<f64>>,
}

#[derive(Serialize)]
pub(crate) struct Representative {
    pub(crate) spread: f64,
    pub(crate) sizes: Vec<Size>,
    pub(crate) phases: Vec<RepresentativePhase>,
}

#[derive(Serialize)]
pub(crate) struct Size {
    /// Edge, along the axis of the longest voxel edge.
    pub(crate) voxels: usize,
    /// Voxels along (z, y, x).
    pub(crate) shape: [usize; 3],
    pub(crate) cubes: usize,
    pub(crate) fraction: Vec<Scatter>,
    pub(crate) surface: Vec<Scatter>,
}

#[derive(Serialize)]
pub(crate) struct Scatter {
    pub(crate) label: i64,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
}

#[derive(Serialize)]
pub(crate) struct RepresentativePhase {
    pub(crate) label: i64,
    pub(crate) integral_range_voxels: Option<f64>,
    pub(crate) fraction: Option<Edge>,
    pub(crate) surface: Option<Edge>,
}

/// Edges of a representative cube in voxels.
#[derive(Serialize)]
pub(crate) struct Edge {
    pub(crate) studied: Option<usize>,
    pub(crate) extrapolated: f64,
}

#[derive(Serialize)]
pub(crate) struct Geodesic {
    pub(crate) label: i64,
    pub(crate) along: ByAxis<Option<GeodesicAlong>>,
}

#[derive(Serialize, Clone, Copy)]
pub(crate) struct GeodesicAlong {
    pub(crate) tortuosity: f64,
    pub(crate) shortest: f64,
    pub(crate) reached: f64,
}

#[derive(Serialize)]
pub(crate) struct Thickness {
    pub(crate) label: i64,
    pub(crate) mean: f64,
    pub(crate) deviation: f64,
    pub(crate) d10: f64,
    pub(crate) d50: f64,
    pub(crate) d90: f64,
    pub(crate) largest: f64,
    pub(crate) bin: f64,
    pub(crate) volume_parts: Vec<f64>,
}

/// Labels that tables show of very many.
pub(crate) const SHOWN_LABELS: usize = 8;

impl Results {
    /// Where there are more than `most` labels, keeps the rows of the [`SHOWN_LABELS`] most frequent ones.
    pub(crate) fn keep_most_frequent(&mut self, volume: &Volume, most: usize) {
        let (voxels, labels) = (volume.counts(), volume.labels());
        if self.phases.len() <= most {
            return;
        }
        let mut sorted: Vec<(usize, i64)> =
            voxels.iter().copied().zip(labels.iter().copied()).collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let shown: Vec<i64> = sorted
            .iter()
            .take(SHOWN_LABELS)
            .map(|entry| entry.1)
            .collect();
        fn keep<T>(rows: &mut Option<Vec<T>>, is_shown: impl Fn(&T) -> bool) {
            if let Some(rows) = rows {
                rows.retain(is_shown);
            }
        }
        keep(&mut self.fractions, |row| shown.contains(&row.label));
        keep(&mut self.surfaces, |row| shown.contains(&row.label));
        keep(&mut self.chords, |row| shown.contains(&row.label));
        keep(&mut self.correlation, |row| shown.contains(&row.label));
        keep(&mut self.geodesic, |row| shown.contains(&row.label));
        keep(&mut self.thickness, |row| shown.contains(&row.label));
        if let Some(study) = &mut self.representative {
            study.phases.retain(|row| shown.contains(&row.label));
        }
        let rest = self.phases.len() - shown.len();
        self.warnings.push(format!(
            "tables show the {SHOWN_LABELS} most frequent labels; {rest} more are in --json"
        ));
    }

    pub(crate) fn new(reading: &Reading, question: &Question, names: Vec<Option<String>>) -> Self {
        let volume = &reading.volume;
        let [length, area, line] = match volume.spacing() {
            Some(_) => ["m", "1/m", "1/m2"],
            None => ["voxel", "1/voxel", "1/voxel2"],
        };
        let named = volume.labels().iter().zip(names);
        Self {
            voxion: env!("CARGO_PKG_VERSION"),
            input: Input::of(reading),
            phases: named
                .map(|(&label, name)| PhaseName { label, name })
                .collect(),
            length_unit: length,
            area_density_unit: area,
            line_density_unit: line,
            pore: question.pore,
            fractions: None,
            porosity: None,
            surfaces: None,
            interfaces: None,
            triple_lines: None,
            triple_phase_boundary: None,
            chords: None,
            correlation: None,
            representative: None,
            geodesic: None,
            thickness: None,
            warnings: Vec::new(),
        }
    }
}

/// The unit of lengths in tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    /// In metres, or voxels.
    pub(crate) size: f64,
}

impl Unit {
    /// Micrometres, or nanometres where voxels are smaller than 50 of them.
    pub(crate) fn of(volume: &Volume) -> Self {
        let shortest = volume
            .spacing()
            .map(|spacing| spacing.into_iter().fold(1.0, f64::min));
        match shortest {
            None => Self {
                name: "voxel",
                size: 1.0,
            },
            Some(edge) if edge < 50e-9 => Self {
                name: "nm",
                size: 1e-9,
            },
            Some(_) => Self {
                name: "um",
                size: 1e-6,
            },
        }
    }
}
