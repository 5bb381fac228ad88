//! Calls the library for one measure, and puts its numbers into the results.

use super::{
    Question,
    args::Measure,
    results::{
        Boundary, Chords, ChordsAlong, Correlation, Edge, Fraction, Geodesic, GeodesicAlong,
        Interface, Porosity, Representative, RepresentativePhase, Results, Scatter, Size, Surface,
        Thickness, TripleLine,
    },
};
use voxion::{
    Error, Result,
    microstructure::{
        Axis, Volume,
        measure::{
            area::Areas,
            chords,
            distribution::Distribution,
            geodesic::{Ways, geodesic},
            phases::phases,
            representative::{self, integral_range, representative, study},
            thickness::local_thickness,
            triple_line::{active_boundary, triple_lines},
            two_point,
        },
    },
    scenario::words,
};

pub(crate) fn run(
    measure: Measure,
    volume: &Volume,
    question: &Question,
    results: &mut Results,
) -> Result<()> {
    match measure {
        Measure::Fractions => fractions(volume, question, results),
        Measure::Area => areas(volume, results),
        Measure::TripleLine => lines(volume, question, results)?,
        Measure::Chords => results.chords = Some(chord_lengths(volume)),
        Measure::Correlation => results.correlation = Some(correlations(volume)),
        Measure::Representative => samples(volume, question, results),
        Measure::Geodesic => {
            let along = geodesic(volume).map_err(Error::from)?;
            let of = volume.labels().iter().zip(along);
            let ways = of.map(|(&label, along)| Geodesic {
                label,
                along: along.map(|ways| ways.map(geodesic_along)).into(),
            });
            results.geodesic = Some(ways.collect());
        }
        Measure::Thickness => thicknesses(volume, results)?,
    }
    Ok(())
}

/// Codes and labels of a volume.
fn codes(volume: &Volume) -> impl Iterator<Item = (u8, i64)> {
    (0..=u8::MAX).zip(volume.labels().iter().copied())
}

fn fractions(volume: &Volume, question: &Question, results: &mut Results) {
    let phases = phases(volume);
    let pore = phases
        .iter()
        .find(|phase| Some(phase.label) == question.pore);
    results.porosity = pore.map(|pore| Porosity {
        label: pore.label,
        total: pore.fraction,
        open: pore.open_fraction(),
        closed: pore.closed_fraction(),
    });
    if pore.is_none() {
        let warning =
            "the volume has no label 0, so no porosity is given; name the pore with --pore LABEL";
        results.warnings.push(warning.to_owned());
    }
    let rows = phases.iter().map(|phase| Fraction {
        label: phase.label,
        voxels: phase.voxels,
        fraction: phase.fraction,
        percolating_fraction: phase.percolating.into(),
        components: phase.components,
        largest_component: phase.largest,
        open: phase.open,
    });
    results.fractions = Some(rows.collect());
}

fn areas(volume: &Volume, results: &mut Results) {
    let areas = Areas::of(volume);
    let (whole, counts) = (volume_of(volume), volume.counts());
    let voxel = whole / volume.codes().len() as f64;
    let labels = volume.labels();
    let surfaces = (0..labels.len()).map(|code| Surface {
        label: labels[code],
        specific: areas.around(code) / whole,
        specific_by_faces: areas.faces_around(code) / whole,
        per_phase_volume: areas.around(code) / (counts[code].max(1) as f64 * voxel),
    });
    results.surfaces = Some(surfaces.collect());
    let pairs = (0..labels.len()).flat_map(|a| (a + 1..labels.len()).map(move |b| (a, b)));
    let touching = pairs.filter(|&(a, b)| areas.faces_between(a, b) > 0.0);
    let interfaces = touching.map(|(a, b)| Interface {
        labels: [labels[a], labels[b]],
        specific: areas.between(a, b) / whole,
        specific_by_faces: areas.faces_between(a, b) / whole,
        area: areas.between(a, b),
    });
    results.interfaces = Some(interfaces.collect());
}

/// Volume of the whole, in cubic metres or voxels.
fn volume_of(volume: &Volume) -> f64 {
    let edges = volume.spacing().unwrap_or([1.0; 3]);
    edges.iter().product::<f64>() * volume.codes().len() as f64
}

fn lines(volume: &Volume, question: &Question, results: &mut Results) -> Result<()> {
    let whole = volume_of(volume);
    let found = triple_lines(volume);
    let rows = found.iter().map(|(codes, length)| TripleLine {
        labels: codes.map(|code| volume.labels()[usize::from(code)]),
        density: length.smoothed / whole,
        density_by_edges: length.edges / whole,
    });
    results.triple_lines = Some(rows.collect());
    let Some(roles) = &question.roles else {
        return Ok(());
    };
    let boundary = active_boundary(volume, roles, question.axis, question.separator);
    let boundary = boundary.map_err(Error::from)?;
    results.triple_phase_boundary = Some(Boundary {
        active_material: roles.active.clone(),
        electrolyte: roles.electrolyte.clone(),
        carbon: roles.carbon.clone(),
        axis: question.axis.name(),
        separator: words::SEPARATORS.word(question.separator),
        total: boundary.total.smoothed / whole,
        total_by_edges: boundary.total.edges / whole,
        active: boundary.active.smoothed / whole,
        active_by_edges: boundary.active.edges / whole,
    });
    Ok(())
}

fn chord_lengths(volume: &Volume) -> Vec<Chords> {
    let along = Axis::ALL.map(|axis| chords::chords(volume, axis));
    let of = |code: u8| {
        along
            .each_ref()
            .map(|chords| chords_along(&chords[usize::from(code)]))
    };
    let rows = codes(volume).map(|(code, label)| Chords {
        label,
        along: of(code).into(),
    });
    rows.collect()
}

fn chords_along(chords: &chords::Chords) -> ChordsAlong {
    let longest = chords.counts.iter().rposition(|&count| count > 0);
    ChordsAlong {
        mean: chords.mean(),
        deviation: chords.deviation(),
        longest: chords.longest(),
        complete: chords.count(),
        cut_by_the_sides: chords.cut,
        count_by_voxels: chords.counts[..longest.map_or(0, |longest| longest + 1)].to_vec(),
    }
}

fn correlations(volume: &Volume) -> Vec<Correlation> {
    let rows = codes(volume).map(|(code, label)| {
        let along = Axis::ALL.map(|axis| two_point::correlation(volume, code, axis));
        Correlation {
            label,
            method: "direct, along the axes",
            length: along.each_ref().map(two_point::Correlation::length).into(),
            step: along.each_ref().map(|along| along.edge).into(),
            s2: along.map(|along| along.s2).into(),
        }
    });
    rows.collect()
}

fn samples(volume: &Volume, question: &Question, results: &mut Results) {
    let study = study(volume);
    if study.is_empty() {
        let warning = "the volume is too small for a representative-volume study, which takes eight cubes of 4 voxels";
        results.warnings.push(warning.to_owned());
        return;
    }
    let edge = |number: &dyn Fn(&representative::Size) -> representative::Scatter| {
        let found = representative(&study, number, question.spread)?;
        Some(Edge {
            studied: found.edge,
            extrapolated: found.extrapolated,
        })
    };
    let labels = volume.labels();
    let phases = labels
        .iter()
        .enumerate()
        .map(|(code, &label)| RepresentativePhase {
            label,
            integral_range_voxels: integral_range(&study, code),
            fraction: edge(&|size| size.fraction[code]),
            surface: edge(&|size| size.surface[code]),
        });
    results.representative = Some(Representative {
        spread: question.spread,
        phases: phases.collect(),
        sizes: study.iter().map(|size| cubes(size, labels)).collect(),
    });
}

fn cubes(size: &representative::Size, labels: &[i64]) -> Size {
    let labelled = |scatter: &[representative::Scatter]| {
        let rows = labels.iter().zip(scatter);
        rows.map(|(&label, scatter)| Scatter {
            label,
            mean: scatter.mean,
            deviation: scatter.deviation,
        })
        .collect()
    };
    Size {
        voxels: size.edge,
        shape: size.shape,
        cubes: size.cubes,
        fraction: labelled(&size.fraction),
        surface: labelled(&size.surface),
    }
}

fn geodesic_along(ways: Ways) -> GeodesicAlong {
    GeodesicAlong {
        tortuosity: ways.tortuosity,
        shortest: ways.shortest,
        reached: ways.reached,
    }
}

fn thicknesses(volume: &Volume, results: &mut Results) -> Result<()> {
    let mut rows = Vec::new();
    for (code, label) in codes(volume) {
        let map = local_thickness(volume, code).map_err(Error::from)?;
        let Some(spread) = map.and_then(|map| Distribution::of_positive(map.as_slice()?)) else {
            let warning =
                format!("label {label} fills the whole volume, so its local thickness has no end");
            results.warnings.push(warning);
            continue;
        };
        let [d10, d50, d90] = spread.percentiles;
        rows.push(Thickness {
            label,
            mean: spread.mean,
            deviation: spread.deviation,
            d10,
            d50,
            d90,
            largest: spread.largest,
            bin: spread.bin,
            volume_parts: spread.parts,
        });
    }
    results.thickness = Some(rows);
    Ok(())
}
