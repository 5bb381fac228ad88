//! Triple-phase boundary: the lines along which three phases meet.
//!
//! A line runs along the voxel edges whose four voxels hold all three labels. Two lengths are given:
//!
//! - *edges*: the sum of those edges. Exact for lines along the grid; a slanted line is a staircase, whose length is up to
//!   sqrt(3) times too large, 1.5 times on average over directions.
//! - *smoothed*: middles of consecutive edges are joined by straight lines, which cuts the corners of the staircase. Exact
//!   along the grid and along the diagonals of its planes, at most 22 % too long (along the space diagonal). Where a line
//!   ends or forks the edges keep their own length.
//!
//! An edge where four phases meet belongs to each of their four triples. The sides of the volume carry no line.
//!
//! The boundary is *active* where electrons, ions and the active material come together from the right ends: the
//! electrolyte's component reaches the separator, that of the carbon reaches the collector, and active material lies between
//! the two. Everything is decided by the eight voxels round a lattice point: one pass.

use super::{MeasureError, code_of, edges};
use crate::microstructure::{Axis, Components, Volume};
use ndarray::Array3;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Lengths of a triple line in metres (voxels where no voxel size is known).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Length {
    /// Along the voxel edges.
    pub edges: f64,
    /// With the corners of the staircase cut.
    pub smoothed: f64,
}

impl Length {
    fn add(&mut self, other: Self) {
        self.edges += other.edges;
        self.smoothed += other.smoothed;
    }
}

/// The length for each triple of codes (ascending) that meets anywhere.
pub fn triple_lines(volume: &Volume) -> BTreeMap<[u8; 3], Length> {
    let lattice = Lattice::of(volume);
    let planes: Vec<BTreeMap<[u8; 3], Length>> = (0..=volume.shape()[0])
        .into_par_iter()
        .map(|z| lattice.plane(z))
        .collect();
    let mut lines = BTreeMap::new();
    for (triple, length) in planes.into_iter().flatten() {
        lines.entry(triple).or_insert(Length::default()).add(length);
    }
    lines
}

/// The labels that play the three parts of a composite electrode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// Active material, which takes up ions and electrons.
    pub active: Vec<i64>,
    /// What carries ions, from the separator.
    pub electrolyte: Vec<i64>,
    /// What carries electrons, from the collector.
    pub carbon: Vec<i64>,
}

/// The side on which an electrode meets the separator; the collector is on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// Before the first layer.
    First,
    /// Behind the last layer.
    Last,
}

/// The triple-phase boundary of a composite electrode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boundary {
    /// All of it.
    pub total: Length,
    /// The part that ions and electrons can reach.
    pub active: Length,
}

/// Codes of the roles: other, active, electrolyte, carbon.
const ROLES: [i64; 4] = [0, 1, 2, 3];
const TRIPLE: [u8; 3] = [1, 2, 3];

/// Where active material, electrolyte and carbon meet along an axis.
///
/// # Errors
/// [`MeasureError::UnknownLabel`] and [`MeasureError::TwoRoles`].
pub fn active_boundary(
    volume: &Volume,
    roles: &Roles,
    axis: Axis,
    separator: Separator,
) -> Result<Boundary, MeasureError> {
    let parts = roles.codes(volume)?;
    let codes = volume.codes().mapv(|code| parts[usize::from(code)]);
    let with_spacing = |codes: Array3<u8>| {
        let volume_of_roles = Volume::from_codes(codes, ROLES.to_vec());
        match volume.spacing() {
            Some(spacing) => volume_of_roles.with_spacing(spacing),
            None => volume_of_roles,
        }
    };
    let all = with_spacing(codes);
    let ends = match separator {
        Separator::First => [0, 1],
        Separator::Last => [1, 0],
    };
    let connected = Components::of(&all).paint(|component| {
        let touches = component.touches[axis.index()];
        match component.code {
            2 if !touches[ends[0]] => 0,
            3 if !touches[ends[1]] => 0,
            code => code,
        }
    });
    let connected = Array3::from_shape_vec(all.shape(), connected).unwrap_or_default();
    let length = |volume: &Volume| {
        triple_lines(volume)
            .get(&TRIPLE)
            .copied()
            .unwrap_or_default()
    };
    Ok(Boundary {
        total: length(&all),
        active: length(&with_spacing(connected)),
    })
}

impl Roles {
    /// Whether every label is one of the volume, and in one role.
    ///
    /// # Errors
    /// [`MeasureError::UnknownLabel`] and [`MeasureError::TwoRoles`].
    pub fn check(&self, volume: &Volume) -> Result<(), MeasureError> {
        self.codes(volume).map(drop)
    }

    /// The role of each code.
    fn codes(&self, volume: &Volume) -> Result<Vec<u8>, MeasureError> {
        let mut parts = vec![0u8; volume.labels().len()];
        let named = [
            ("active material", &self.active),
            ("electrolyte", &self.electrolyte),
            ("carbon", &self.carbon),
        ];
        for (part, (role, labels)) in (1u8..).zip(&named) {
            for &label in *labels {
                let code = usize::from(code_of(volume, label, role)?);
                if parts[code] != 0 {
                    let first = named[usize::from(parts[code]) - 1].0;
                    return Err(MeasureError::TwoRoles {
                        label,
                        first,
                        second: role,
                    });
                }
                parts[code] = part;
            }
        }
        Ok(parts)
    }
}

/// The points between voxels.
struct Lattice<'a> {
    codes: &'a [u8],
    shape: [usize; 3],
    /// Half a voxel edge along (z, y, x).
    half: [f64; 3],
}

/// The four of the eight voxels round a point (bits z, y, x of their place: behind or before) that lie round each of the
/// six half edges: towards lower and higher z, y and x.
const ROUND: [[usize; 4]; 6] = [
    [0, 1, 2, 3],
    [4, 5, 6, 7],
    [0, 1, 4, 5],
    [2, 3, 6, 7],
    [0, 2, 4, 6],
    [1, 3, 5, 7],
];

impl<'a> Lattice<'a> {
    fn of(volume: &'a Volume) -> Self {
        Self {
            codes: volume.codes().as_slice().unwrap_or_default(),
            shape: volume.shape(),
            half: edges(volume).map(|edge| edge / 2.0),
        }
    }

    /// The lines through the points before layer `z`.
    fn plane(&self, z: usize) -> BTreeMap<[u8; 3], Length> {
        let mut lines = BTreeMap::new();
        let [_, height, width] = self.shape;
        for y in 0..=height {
            let rows = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(dz, dy)| self.row(z + dz, y + dy));
            let pair = |x: usize| rows.map(|row| row[x.clamp(1, width) - 1]);
            let mut before = pair(0);
            for x in 0..=width {
                let behind = pair(x + 1);
                if !is_two(&before, &behind) {
                    self.point([z, y, x], &interleaved(before, behind), &mut lines);
                }
                before = behind;
            }
        }
        lines
    }

    /// The row before (z, y), counted from 1; beyond a side, the row at that side.
    fn row(&self, z: usize, y: usize) -> &[u8] {
        let [depth, height, width] = self.shape;
        let (z, y) = (z.clamp(1, depth) - 1, y.clamp(1, height) - 1);
        &self.codes[(z * height + y) * width..][..width]
    }

    /// Adds the halves of the edges that meet at a point.
    fn point(&self, place: [usize; 3], codes: &[u8; 8], lines: &mut BTreeMap<[u8; 3], Length>) {
        for triple in triples(codes) {
            let meets = |edge: &usize| {
                let (axis, towards) = (edge / 2, edge % 2);
                let inside = match towards {
                    0 => place[axis] > 0,
                    _ => place[axis] < self.shape[axis],
                };
                inside
                    && triple
                        .iter()
                        .all(|code| ROUND[*edge].iter().any(|&v| codes[v] == *code))
            };
            let met: Vec<usize> = (0..6).filter(meets).collect();
            if !met.is_empty() {
                lines.entry(triple).or_default().add(self.length(&met));
            }
        }
    }

    fn length(&self, met: &[usize]) -> Length {
        let edges = met.iter().map(|edge| self.half[edge / 2]).sum();
        let smoothed = match met {
            [a, b] if a / 2 != b / 2 => self.half[a / 2].hypot(self.half[b / 2]),
            _ => edges,
        };
        Length { edges, smoothed }
    }
}

/// Whether the eight voxels round a point hold at most two codes, which spares most points the rest.
fn is_two(before: &[u8; 4], behind: &[u8; 4]) -> bool {
    let first = before[0];
    let mut all = before.iter().chain(behind);
    let Some(&second) = all.clone().find(|&&code| code != first) else {
        return true;
    };
    all.all(|&code| code == first || code == second)
}

/// The eight codes in the order of their bits (z, y, x).
fn interleaved(before: [u8; 4], behind: [u8; 4]) -> [u8; 8] {
    std::array::from_fn(|i| {
        if i % 2 == 0 {
            before[i / 2]
        } else {
            behind[i / 2]
        }
    })
}

/// Every three different codes among the eight, ascending.
fn triples(codes: &[u8; 8]) -> Vec<[u8; 3]> {
    let mut distinct = codes.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let mut triples = Vec::new();
    for (i, &a) in distinct.iter().enumerate() {
        for (j, &b) in distinct.iter().enumerate().skip(i + 1) {
            triples.extend(distinct[j + 1..].iter().map(|&c| [a, b, c]));
        }
    }
    triples
}
