//! Random packings of spheres: overlaps are removed by minimising their elastic energy `1/2 sum overlap^2` (O'Hern et al.,
//! Phys. Rev. E 68, 011306, 2003) with FIRE (Bitzek et al., Phys. Rev. Lett. 97, 170201, 2006), while the spheres grow to
//! their size in steps. Equal spheres jam near 0.64; beyond the density at which overlaps can be removed, they stay, and
//! their depth says how far contacts are flattened.
//!
//! Everything is in voxels. Sums run in a fixed order on one thread, so that the packing is the same on any number of them.

use super::{
    GenerateError,
    grid::{Ends, Grid},
    neighbours,
    random::{Random, Stream},
};

/// A sphere, in voxels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sphere {
    /// (z, y, x).
    pub(super) centre: [f64; 3],
    pub(super) radius: f64,
}

impl Sphere {
    pub(super) fn volume(&self) -> f64 {
        volume(self.radius)
    }
}

/// Of a sphere.
pub(super) fn volume(radius: f64) -> f64 {
    4.0 / 3.0 * std::f64::consts::PI * radius * radius * radius
}

/// Of all spheres together, over that of the box.
pub(super) fn density(radii: &[f64], grid: &Grid) -> f64 {
    radii.iter().map(|&radius| volume(radius)).sum::<f64>() / grid.volume()
}

/// How deep spheres may overlap in the end: the mean over all contacts, as a part of the mean radius.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Softness(pub(super) f64);

/// Spheres that only touch.
pub(super) const HARD: Softness = Softness(0.01);

/// Steps in which spheres grow: fractions of the final radius.
const GROWTH: [f64; 9] = [0.7, 0.82, 0.9, 0.95, 0.98, 0.985, 0.99, 0.995, 1.0];
const ITERATIONS: usize = 2000;
/// Pairs are listed up to this gap, as a part of the mean radius, and listed anew when a sphere has moved half of it.
const SKIN: f64 = 0.4;

/// Packs spheres of these radii at random.
///
/// # Errors
/// [`GenerateError::TooDense`] with the density reached where overlaps remain that are deeper than `softness`, and
/// [`GenerateError::TooLarge`] where a sphere does not fit.
pub(super) fn pack(
    radii: &[f64],
    grid: &Grid,
    seed: u64,
    softness: Softness,
) -> Result<Vec<Sphere>, GenerateError> {
    check_room(radii, grid)?;
    let mut relaxation = Relaxation::at_random(radii, grid, seed);
    let mut reached = 0.0;
    for growth in GROWTH {
        let grown = relaxation.spheres.iter_mut().zip(radii);
        grown.for_each(|(sphere, radius)| sphere.radius = growth * radius);
        let overlap = relaxation.relax();
        if overlap > softness.0 && growth == 1.0 {
            return Err(GenerateError::TooDense {
                wanted: density(radii, grid),
                reached,
            });
        }
        if overlap <= softness.0 {
            reached = density(radii, grid) * growth * growth * growth;
        }
    }
    Ok(relaxation.spheres)
}

/// Whether the largest sphere meets no image of itself.
fn check_room(radii: &[f64], grid: &Grid) -> Result<(), GenerateError> {
    let largest = radii.iter().copied().fold(0.0, f64::max);
    let room = grid.sides().into_iter().fold(f64::INFINITY, f64::min);
    if 2.0 * largest <= room / 2.0 {
        return Ok(());
    }
    Err(GenerateError::TooLarge {
        diameter: 2.0 * largest * grid.voxel,
        room: room * grid.voxel,
    })
}

/// Spheres on their way to a state without overlaps.
struct Relaxation {
    grid: Grid,
    spheres: Vec<Sphere>,
}

/// The constants of FIRE as its authors give them; the stiffness is 1 and the mass 1, so that a time step below 0.5 is stable.
const STEP: f64 = 0.1;
const LONGEST_STEP: f64 = 0.4;
const MIXING: f64 = 0.1;

impl Relaxation {
    fn at_random(radii: &[f64], grid: &Grid, seed: u64) -> Self {
        let mut random = Random::new(seed, Stream::Places);
        let spheres = radii.iter().map(|&radius| Sphere {
            centre: random.point(grid.sides()),
            radius,
        });
        Self {
            spheres: spheres.collect(),
            grid: *grid,
        }
    }

    /// Minimises the energy; the mean overlap that remains, as a part of the mean radius.
    fn relax(&mut self) -> f64 {
        let radius =
            self.spheres.iter().map(|s| s.radius).sum::<f64>() / self.spheres.len().max(1) as f64;
        let mut velocities = vec![[0.0; 3]; self.spheres.len()];
        let (mut step, mut mixing, mut downhill) = (STEP, MIXING, 0);
        let (mut pairs, mut moved) = (Vec::new(), f64::INFINITY);
        for _ in 0..ITERATIONS {
            if moved > SKIN * radius / 2.0 {
                pairs = neighbours::pairs(&self.spheres, &self.grid, SKIN * radius);
                moved = 0.0;
            }
            let (forces, overlap) = self.forces(&pairs);
            if overlap < SETTLED * radius {
                return overlap / radius;
            }
            let power: f64 = dot(&forces, &velocities);
            if power > 0.0 {
                let ratio = (dot(&velocities, &velocities) / dot(&forces, &forces)).sqrt();
                for (v, f) in velocities.iter_mut().zip(&forces) {
                    *v = std::array::from_fn(|i| (1.0 - mixing) * v[i] + mixing * ratio * f[i]);
                }
                downhill += 1;
                if downhill > 5 {
                    step = (step * 1.1).min(LONGEST_STEP);
                    mixing *= 0.99;
                }
            } else {
                velocities.fill([0.0; 3]);
                (step, mixing, downhill) = (step * 0.5, MIXING, 0);
            }
            moved += self.advance(&mut velocities, &forces, step, radius);
        }
        self.forces(&neighbours::pairs(&self.spheres, &self.grid, 0.0))
            .1
            / radius
    }

    /// Forces of all overlaps, and the mean overlap of the contacts there are.
    fn forces(&self, pairs: &[(u32, u32)]) -> (Vec<[f64; 3]>, f64) {
        let mut forces = vec![[0.0; 3]; self.spheres.len()];
        let (mut sum, mut contacts) = (0.0, 0usize);
        for &(a, b) in pairs {
            let (a, b) = (a as usize, b as usize);
            let apart = self
                .grid
                .between(self.spheres[a].centre, self.spheres[b].centre);
            let reach = self.spheres[a].radius + self.spheres[b].radius;
            let square: f64 = apart.iter().map(|x| x * x).sum();
            if square >= reach * reach || square == 0.0 {
                continue;
            }
            let distance = square.sqrt();
            let overlap = reach - distance;
            (sum, contacts) = (sum + overlap, contacts + 1);
            for i in 0..3 {
                let force = overlap * apart[i] / distance;
                forces[a][i] -= force;
                forces[b][i] += force;
            }
        }
        if self.grid.ends == Ends::Walled {
            let (depth, walls) = self.walls(&mut forces);
            (sum, contacts) = (sum + depth, contacts + walls);
        }
        (forces, sum / contacts.max(1) as f64)
    }

    /// Walls push back; the sum of depths and how many contacts.
    fn walls(&self, forces: &mut [[f64; 3]]) -> (f64, usize) {
        let (mut sum, mut contacts) = (0.0, 0);
        for (sphere, force) in self.spheres.iter().zip(forces) {
            for (axis, side) in self.grid.sides().into_iter().enumerate() {
                for (depth, sign) in [
                    (sphere.radius - sphere.centre[axis], 1.0),
                    (sphere.centre[axis] + sphere.radius - side, -1.0),
                ] {
                    if depth > 0.0 {
                        force[axis] += sign * depth;
                        (sum, contacts) = (sum + depth, contacts + 1);
                    }
                }
            }
        }
        (sum, contacts)
    }

    /// One step of time; the longest way a sphere went.
    fn advance(
        &mut self,
        velocities: &mut [[f64; 3]],
        forces: &[[f64; 3]],
        step: f64,
        radius: f64,
    ) -> f64 {
        let mut longest = 0.0f64;
        for ((sphere, v), f) in self.spheres.iter_mut().zip(velocities).zip(forces) {
            *v = std::array::from_fn(|i| v[i] + step * f[i]);
            let way = v.map(|v| (step * v).clamp(-radius / 8.0, radius / 8.0));
            longest = longest.max(way.iter().map(|x| x * x).sum());
            for (axis, side) in self.grid.sides().into_iter().enumerate() {
                let place = sphere.centre[axis] + way[axis];
                sphere.centre[axis] = match self.grid.ends {
                    Ends::Walled => place.clamp(0.0, side),
                    Ends::Periodic if place < 0.0 => place + side,
                    Ends::Periodic if place >= side => place - side,
                    Ends::Periodic => place,
                };
            }
        }
        longest.sqrt()
    }
}

/// Overlaps below this part of the radius are none.
const SETTLED: f64 = 2e-3;

fn dot(a: &[[f64; 3]], b: &[[f64; 3]]) -> f64 {
    let one = |(a, b): (&[f64; 3], &[f64; 3])| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    a.iter().zip(b).map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(fraction: f64, ends: Ends) -> Result<Vec<Sphere>, GenerateError> {
        let grid = Grid {
            shape: [64; 3],
            voxel: 1.0,
            ends,
        };
        let particles = 400.0;
        let radius = libm::cbrt(fraction * grid.volume() / particles / volume(1.0));
        pack(&[radius; 400], &grid, 1, HARD)
    }

    /// Equal spheres jam at 0.64; the tolerance of 1 % of the radius in each contact adds less than 0.02 to that.
    #[test]
    fn equal_spheres_pack_up_to_their_random_close_packing() {
        assert!(packed(0.63, Ends::Periodic).is_ok());
        match packed(0.68, Ends::Periodic) {
            Err(GenerateError::TooDense { reached, .. }) => {
                assert!((0.62..0.67).contains(&reached), "{reached}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn spheres_do_not_overlap_and_stay_between_walls() {
        for ends in [Ends::Periodic, Ends::Walled] {
            let grid = Grid {
                shape: [64; 3],
                voxel: 1.0,
                ends,
            };
            let spheres = packed(0.5, ends).unwrap();
            for (i, a) in spheres.iter().enumerate() {
                for b in &spheres[..i] {
                    let apart = grid.between(a.centre, b.centre).map(|x| x * x);
                    let distance = apart.iter().sum::<f64>().sqrt();
                    assert!(distance > 0.97 * (a.radius + b.radius), "{distance}");
                }
                let inside = |x: f64| (0.97 * a.radius..64.0 - 0.97 * a.radius).contains(&x);
                assert!(ends == Ends::Periodic || a.centre.into_iter().all(inside));
            }
        }
    }
}
