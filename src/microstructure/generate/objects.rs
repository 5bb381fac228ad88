//! Fibres, sheets and dots as solids, painted into what is still free. What is thinner than voxels is drawn thick enough to
//! hang together: 0.87 of a voxel to each side covers every voxel that its middle passes through.

use super::{GenerateError, grid::Grid};

/// Half of the diagonal of a voxel.
pub(super) const THINNEST: f64 = 0.87;

/// A solid around a centre, in voxels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Solid {
    /// A line with everything nearer than a radius; of no length, a sphere.
    Capsule {
        direction: [f64; 3],
        half_length: f64,
        radius: f64,
    },
    /// A round plate.
    Disc {
        normal: [f64; 3],
        radius: f64,
        half_thickness: f64,
    },
}

impl Solid {
    /// How far it extends along each axis.
    fn extent(&self) -> [f64; 3] {
        match *self {
            Self::Capsule {
                direction,
                half_length,
                radius,
            } => direction.map(|d| half_length * d.abs() + radius),
            Self::Disc {
                normal,
                radius,
                half_thickness,
            } => normal.map(|n| radius * (1.0 - n * n).max(0.0).sqrt() + half_thickness * n.abs()),
        }
    }

    fn contains(&self, point: [f64; 3]) -> bool {
        let along = |axis: [f64; 3]| point[0] * axis[0] + point[1] * axis[1] + point[2] * axis[2];
        let aside = |axis: [f64; 3], way: f64| -> f64 {
            (0..3)
                .map(|i| point[i] - way * axis[i])
                .map(|x| x * x)
                .sum()
        };
        match *self {
            Self::Capsule {
                direction,
                half_length,
                radius,
            } => {
                let way = along(direction).clamp(-half_length, half_length);
                aside(direction, way) <= radius * radius
            }
            Self::Disc {
                normal,
                radius,
                half_thickness,
            } => {
                let way = along(normal);
                way.abs() <= half_thickness && aside(normal, way) <= radius * radius
            }
        }
    }

    /// Paints the free (0) voxels it covers, at most `left` of them; how many it painted.
    fn paint(
        &self,
        labels: &mut [u8],
        grid: &Grid,
        centre: [f64; 3],
        label: u8,
        left: usize,
    ) -> usize {
        let extent = self.extent();
        let [_, ny, nx] = grid.shape;
        let mut painted = 0;
        for (z, dz) in grid.within(0, centre[0], extent[0]) {
            for (y, dy) in grid.within(1, centre[1], extent[1]) {
                for (x, dx) in grid.within(2, centre[2], extent[2]) {
                    let voxel = (z * ny + y) * nx + x;
                    if labels[voxel] == 0 && painted < left && self.contains([dz, dy, dx]) {
                        labels[voxel] = label;
                        painted += 1;
                    }
                }
            }
        }
        painted
    }
}

/// Solids in a row that find no free voxel before the search is given up.
const TRIES: usize = 20_000;

/// Paints solids, one after the other as they are drawn, until `wanted` voxels have the label; the last one is cut off. How
/// many there are.
///
/// # Errors
/// [`GenerateError::NoRoom`].
pub(super) fn scatter(
    labels: &mut [u8],
    grid: &Grid,
    (label, wanted): (u8, usize),
    mut draw: impl FnMut() -> ([f64; 3], Solid),
) -> Result<usize, GenerateError> {
    let (mut painted, mut tries, mut solids) = (0, 0, 0);
    while painted < wanted {
        let (centre, solid) = draw();
        let new = solid.paint(labels, grid, centre, label, wanted - painted);
        painted += new;
        solids += usize::from(new > 0);
        tries = if new == 0 { tries + 1 } else { 0 };
        if tries > TRIES {
            let part = |voxels: usize| voxels as f64 / grid.volume();
            return Err(GenerateError::NoRoom {
                wanted: part(wanted),
                reached: part(painted),
            });
        }
    }
    Ok(solids)
}

#[cfg(test)]
mod tests {
    use super::{super::grid::Ends, *};

    fn painted(solid: Solid) -> usize {
        let grid = Grid {
            shape: [64; 3],
            voxel: 1.0,
            ends: Ends::Periodic,
        };
        let mut labels = vec![0; grid.voxels()];
        solid.paint(&mut labels, &grid, [3.2, 30.1, 60.7], 1, usize::MAX)
    }

    #[test]
    fn solids_have_their_volumes_across_the_ends_of_a_periodic_box() {
        let direction = [0.36, 0.48, 0.8];
        let pi = std::f64::consts::PI;
        for (solid, volume) in [
            (
                Solid::Capsule {
                    direction,
                    half_length: 0.0,
                    radius: 6.0,
                },
                4.0 / 3.0 * pi * 216.0,
            ),
            (
                Solid::Capsule {
                    direction,
                    half_length: 20.0,
                    radius: 3.0,
                },
                pi * 9.0 * 40.0 + 4.0 / 3.0 * pi * 27.0,
            ),
            (
                Solid::Disc {
                    normal: direction,
                    radius: 15.0,
                    half_thickness: 2.0,
                },
                pi * 225.0 * 4.0,
            ),
        ] {
            let ratio = painted(solid) as f64 / volume;
            assert!((ratio - 1.0).abs() < 0.03, "{solid:?}: {ratio}");
        }
    }
}
