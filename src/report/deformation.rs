//! The deformed slice: where the voxels of a slice go, coloured by their von Mises stress, beside what they are made of.
//!
//! The slice lies in the middle of y; x runs to the right and z downwards, index 0 at the left and at the top. Small displacements
//! are magnified by a factor that the caption names; pores are left white.

use super::{
    canvas::{Anchor, Area, Canvas, Style},
    colour::{FAINT, INFERNO, INK, of_code},
    numbers::{brief, plain},
    slices::Picture,
};
use crate::{microstructure::Volume, physics::elasticity::Deformed};
use image::Rgb;

const MARGIN: i32 = 40;
const GAP: i32 = 60;
/// Each of both pictures is about as large.
const SIDE: f64 = 560.0;
const HEAD: i32 = 100;
const FOOT: i32 = 140;
/// Percentile of the stress at which the colours end.
const PERCENTILE: usize = 99;
/// Strains are magnified to about this much.
const VISIBLE: f64 = 0.1;

/// Draws the slice.
pub fn draw(volume: &Volume, deformed: &Deformed) -> Picture {
    let slice = Slice::of(volume, deformed);
    let [_, _, nx] = volume.shape();
    let nz = volume.shape()[0];
    let (width, height) = (
        slice.scale * nx as f64 * slice.edges[1],
        slice.scale * nz as f64 * slice.edges[0],
    );
    let room = 0.15 * width.max(height);
    let page = [2.0 * width + 2.0 * room, height + 2.0 * room].map(pixel);
    let mut canvas = Canvas::new(page[0] + 2 * MARGIN + GAP, page[1] + HEAD + FOOT);
    let line = |size: f32, colour| Style {
        size,
        colour,
        anchor: Anchor::Left,
    };
    canvas.text(
        MARGIN,
        30,
        "Deformed slice and von Mises stress",
        line(27.0, INK),
    );
    canvas.text(MARGIN, 64, &slice.subtitle(), line(20.0, FAINT));
    let top = f64::from(HEAD) + room;
    let place = [f64::from(MARGIN), f64::from(MARGIN + GAP) + width + room];
    for z in 0..nz {
        for x in 0..nx {
            let voxel = [z, slice.y, x];
            let code = deformed.code(voxel);
            if !deformed.is_solid(code) {
                continue;
            }
            quad(
                &mut canvas,
                slice.corners([z, x], None, [place[0], top]),
                of_code(code),
            );
            let stress = INFERNO.at(deformed.point(voxel).von_mises() / slice.top);
            quad(
                &mut canvas,
                slice.corners([z, x], Some(deformed), [place[1], top]),
                stress,
            );
        }
    }
    bar(&mut canvas, page[1] + HEAD + 20, slice.top);
    canvas.text(
        MARGIN,
        page[1] + HEAD + 104,
        &slice.caption(volume),
        line(19.0, FAINT),
    );
    Picture::new("deformed.png".to_owned(), canvas.cut_below(i32::MAX))
}

/// What is shown, and how large.
struct Slice {
    y: usize,
    /// Edges of a voxel along z and x, in the unit of displacements.
    edges: [f64; 2],
    /// Pixels per unit of displacement.
    scale: f64,
    magnification: f64,
    largest_strain: f64,
    /// The stress of the last colour, Pa.
    top: f64,
}

impl Slice {
    fn of(volume: &Volume, deformed: &Deformed) -> Self {
        let [nz, ny, nx] = volume.shape();
        let spacing = volume.spacing().unwrap_or([1.0; 3]);
        let edges = [spacing[0], spacing[2]];
        let longest = (nz as f64 * edges[0]).max(nx as f64 * edges[1]);
        let y = ny / 2;
        let (largest_strain, _) = deformed.largest_strain();
        let points = (0..nz * nx).map(|i| deformed.point([i / nx, y, i % nx]));
        let solid = points.filter(|point| deformed.is_solid(point.code));
        let mut stresses: Vec<f64> = solid.map(|point| point.von_mises()).collect();
        stresses.sort_unstable_by(f64::total_cmp);
        let top = stresses
            .get(stresses.len() * PERCENTILE / 100)
            .copied()
            .unwrap_or(0.0);
        Self {
            y,
            edges,
            scale: SIDE / longest,
            magnification: magnification(largest_strain.abs()),
            largest_strain,
            top: if top > 0.0 { top } else { 1.0 },
        }
    }

    /// The four corners of a voxel in pixels.
    fn corners(
        &self,
        [z, x]: [usize; 2],
        deformed: Option<&Deformed>,
        origin: [f64; 2],
    ) -> [[f64; 2]; 4] {
        [[z, x], [z, x + 1], [z + 1, x + 1], [z + 1, x]].map(|[z, x]| {
            let moved = deformed.map_or([0.0; 3], |deformed| deformed.displacement([z, self.y, x]));
            let right = x as f64 * self.edges[1] + self.magnification * moved[0];
            let down = z as f64 * self.edges[0] + self.magnification * moved[2];
            [
                origin[0] + self.scale * right,
                origin[1] + self.scale * down,
            ]
        })
    }

    fn subtitle(&self) -> String {
        let strain = self.largest_strain;
        match self.magnification {
            1.0 => format!("true displacements; largest strain {}", brief(strain)),
            factor => format!(
                "displacements magnified {} times; largest strain {}",
                plain(factor),
                brief(strain)
            ),
        }
    }

    fn caption(&self, volume: &Volume) -> String {
        let labels = volume.labels().len();
        format!(
            "Left: the {labels} labels; right: deformed. Slice {} of {} along y; x to the right, z downwards. Colours end at \
             percentile {PERCENTILE}.",
            self.y + 1,
            volume.shape()[1],
        )
    }
}

/// 1 for strains that are seen as they are, else 2, 5, 10, 20, ...
fn magnification(strain: f64) -> f64 {
    let wanted = VISIBLE / strain;
    if strain == 0.0 || wanted < 2.0 {
        return 1.0;
    }
    let power = 10f64.powf(wanted.log10().floor().min(12.0));
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|digit| digit * power)
        .find(|factor| *factor <= wanted)
        .unwrap_or(1.0)
}

/// A colour bar from zero to `top` (Pa) with its numbers.
fn bar(canvas: &mut Canvas, y: i32, top: f64) {
    let area = Area {
        x: MARGIN,
        y,
        width: 400,
        height: 20,
    };
    for x in 0..area.width {
        let colour = INFERNO.at(f64::from(x) / f64::from(area.width - 1));
        canvas.fill(
            Area {
                x: area.x + x,
                width: 1,
                ..area
            },
            colour,
        );
    }
    canvas.frame(area, INK);
    let style = |anchor| Style {
        size: 19.0,
        colour: INK,
        anchor,
    };
    for part in 0..=4 {
        let value = brief(top / 1e6 * f64::from(part) / 4.0);
        canvas.text(area.x + part * 100, y + 38, &value, style(Anchor::Centre));
    }
    canvas.text(
        area.x + 430,
        y + 10,
        "von Mises stress (MPa)",
        style(Anchor::Left),
    );
}

/// Fills a quadrilateral, as two triangles.
fn quad(canvas: &mut Canvas, [a, b, c, d]: [[f64; 2]; 4], colour: Rgb<u8>) {
    triangle(canvas, [a, b, c], colour);
    triangle(canvas, [a, c, d], colour);
}

/// Fills the pixels whose middle lies in a triangle, its edges included.
fn triangle(canvas: &mut Canvas, [a, b, c]: [[f64; 2]; 3], colour: Rgb<u8>) {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| {
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    };
    let range = |i: usize| {
        let values = [a[i], b[i], c[i]];
        let least = values.into_iter().fold(f64::INFINITY, f64::min);
        let most = values.into_iter().fold(f64::NEG_INFINITY, f64::max);
        pixel(least.floor())..=pixel(most.ceil())
    };
    let turn = side(a, b, c).signum();
    for y in range(1) {
        for x in range(0) {
            let p = [f64::from(x) + 0.5, f64::from(y) + 0.5];
            if [(a, b), (b, c), (c, a)]
                .iter()
                .all(|&(q, r)| side(q, r, p) * turn >= 0.0)
            {
                canvas.dot(x, y, colour);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "pictures have a few thousand pixels, and casts saturate"
)]
fn pixel(length: f64) -> i32 {
    length.round() as i32
}
