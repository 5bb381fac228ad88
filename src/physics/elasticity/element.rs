//! Forces on the nodes of trilinear hexahedra (Q1, full 2x2x2 integration) from their displacements.
//!
//! In an element the displacement is a combination of the eight products of (1, xi), (1, eta), (1, zeta). The gradients of
//! seven of them are products of (1, xi), (1, eta), (1, zeta) again, orthogonal over the element with the weights 1, 1/3 and
//! 1/9, which the 2x2x2 rule integrates exactly. So the 24x24 stiffness is sums and differences of corners, a few products
//! per mode, and sums and differences back: about 270 operations instead of 1152. The mean stress of an element is that of
//! the constant mode; an eigenstrain acts on this mode alone.
//!
//! Lengths are in units of the cube root of the voxel's volume, so that an element has volume 1.

use super::lanes::{Lanes, WIDTH};
use crate::field::{Real, vectorised};
use rayon::prelude::*;

/// Node planes per task; fixed, so that sums do not depend on the number of threads.
const SLAB: usize = 8;

/// Strain or stress in Voigt order xx yy zz yz xz xy; shear strains are twice the tensor's.
pub(super) type Voigt<N> = [N; 6];

/// Displacements of a row of elements, as modes: `[component x y z][x, y, z, yz, xz, xy, xyz]`.
type Modes<T> = [[Lanes<T>; 7]; 3];

/// Where a chunk of elements lies: the first voxel, and how many there are, at most [`WIDTH`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) first: usize,
    pub(super) count: usize,
}

/// Mean stress of elements from their mean strain.
pub(super) trait Law<T>: Sync {
    /// For Lame's constants `(lambda, mu)`, which are 0 in lanes behind the chunk's count; leaves those of what varies within
    /// the elements there.
    fn stress(
        &self,
        chunk: Chunk,
        strain: Voigt<Lanes<T>>,
        moduli: &mut [Lanes<T>; 2],
    ) -> Voigt<Lanes<T>>;
}

/// Hooke's law.
pub(super) struct Hooke;

impl<T: Real> Law<T> for Hooke {
    #[inline(always)]
    fn stress(
        &self,
        _: Chunk,
        strain: Voigt<Lanes<T>>,
        moduli: &mut [Lanes<T>; 2],
    ) -> Voigt<Lanes<T>> {
        hooke(strain, *moduli)
    }
}

/// `lambda tr(strain) + 2 mu strain`.
#[inline(always)]
pub(super) fn hooke<T: Real>(
    [xx, yy, zz, yz, xz, xy]: Voigt<Lanes<T>>,
    [lambda, mu]: [Lanes<T>; 2],
) -> Voigt<Lanes<T>> {
    let (pressure, two) = (lambda * (xx + yy + zz), mu + mu);
    [
        pressure + two * xx,
        pressure + two * yy,
        pressure + two * zz,
        mu * yz,
        mu * xz,
        mu * xy,
    ]
}

/// All elements of a periodic grid.
pub(super) struct Elements<'a, T> {
    /// Voxels along (z, y, x).
    pub(super) shape: [usize; 3],
    /// The phase of each voxel.
    pub(super) codes: &'a [u8],
    /// Lame's constants of each code.
    pub(super) moduli: Vec<[T; 2]>,
    /// A quarter of the reciprocal spacing along x, y and z.
    pub(super) slopes: [T; 3],
}

/// What the elements of a slab leave behind: forces on the plane above it, and the sum of their stresses.
type Left<T> = (Vec<T>, Voigt<f64>);

impl<T: Real> Elements<'_, T> {
    /// Forces of displacements `u`, both `[z][component][y][x]`, under a mean strain; returns the sum of the elements' stresses.
    pub(super) fn forces(
        &self,
        law: &impl Law<T>,
        strain: Voigt<f64>,
        u: &[T],
        forces: &mut [T],
    ) -> Voigt<f64> {
        let [_, ny, nx] = self.shape;
        let stride = 3 * ny * nx;
        let strain = strain.map(|value| Lanes::of(T::of(value)));
        let left: Vec<Left<T>> = forces
            .par_chunks_mut(SLAB * stride)
            .enumerate()
            .map(|(slab, planes)| {
                vectorised(
                    #[inline(always)]
                    || self.slab(law, (slab * SLAB, strain), u, planes),
                )
            })
            .collect();
        let slabs = left.len();
        forces
            .par_chunks_mut(SLAB * stride)
            .enumerate()
            .for_each(|(slab, planes)| {
                let (below, _) = &left[(slab + slabs - 1) % slabs];
                planes
                    .iter_mut()
                    .zip(below)
                    .for_each(|(force, &add)| *force += add);
            });
        left.iter().fold([0.0; 6], |sum, (_, own)| {
            std::array::from_fn(|i| sum[i] + own[i])
        })
    }

    /// The element layers above each of the node planes from `first`.
    #[inline(always)]
    fn slab(
        &self,
        law: &impl Law<T>,
        (first, strain): (usize, Voigt<Lanes<T>>),
        u: &[T],
        planes: &mut [T],
    ) -> Left<T> {
        let [nz, ny, nx] = self.shape;
        let stride = 3 * ny * nx;
        planes.fill(T::default());
        let mut top = vec![T::default(); stride];
        let mut scratch = Scratch::new(nx);
        let mut sum = [0.0; 6];
        for z in first..first + planes.len() / stride {
            let (lower, rest) = planes[(z - first) * stride..].split_at_mut(stride);
            let upper = if rest.is_empty() {
                &mut top[..]
            } else {
                &mut rest[..stride]
            };
            let above = (z + 1) % nz * stride;
            let u = [&u[z * stride..(z + 1) * stride], &u[above..above + stride]];
            let mut target = [lower, upper];
            for y in 0..ny {
                if let Some(own) = self.row(law, ([z, y], strain), u, &mut scratch) {
                    scratch.add_to(&mut target, [y, (y + 1) % ny], [ny, nx]);
                    (0..6).for_each(|i| sum[i] += own[i]);
                }
            }
        }
        (top, sum)
    }

    /// Forces of a row of elements, to the scratch, and the sum of their stresses; none where all of them are void.
    #[inline(always)]
    fn row(
        &self,
        law: &impl Law<T>,
        ([z, y], strain): ([usize; 2], Voigt<Lanes<T>>),
        u: [&[T]; 2],
        scratch: &mut Scratch<T>,
    ) -> Option<Voigt<f64>> {
        let [_, ny, nx] = self.shape;
        let start = (z * ny + y) * nx;
        let codes = &self.codes[start..start + nx];
        if !scratch.set_moduli(codes, &self.moduli) {
            return None;
        }
        let rows = |c: usize| {
            u.map(|plane| {
                [y, (y + 1) % ny].map(|y| &plane[(c * ny + y) * nx..(c * ny + y + 1) * nx])
            })
        };
        let rows = [rows(0), rows(1), rows(2)];
        let mut sum = [Lanes::of(T::default()); 6];
        for x in (0..nx).step_by(WIDTH) {
            let chunk = Chunk {
                first: start + x,
                count: WIDTH.min(nx - x),
            };
            let moduli = scratch.moduli.each_ref().map(|row| Lanes::load(row, x));
            let (forces, stress) = self.element(
                law,
                (chunk, strain, moduli),
                rows.map(|rows| modes(rows, x)),
            );
            (0..6).for_each(|i| sum[i] = sum[i] + stress[i]);
            forces
                .into_iter()
                .enumerate()
                .for_each(|(c, forces)| scratch.corners(c, x, forces));
        }
        Some(sum.map(|lanes| lanes.0.iter().map(|value| value.wide()).sum()))
    }

    /// Modal forces and mean stress from modal displacements.
    #[inline(always)]
    fn element(
        &self,
        law: &impl Law<T>,
        (chunk, mean, mut moduli): (Chunk, Voigt<Lanes<T>>, [Lanes<T>; 2]),
        u: Modes<T>,
    ) -> (Modes<T>, Voigt<Lanes<T>>) {
        let [gx, gy, gz] = self.slopes;
        let [ux, uy, uz] = u;
        let strain = [
            mean[0] + ux[0].times(gx),
            mean[1] + uy[1].times(gy),
            mean[2] + uz[2].times(gz),
            mean[3] + (uy[2].times(gz) + uz[1].times(gy)),
            mean[4] + (ux[2].times(gz) + uz[0].times(gx)),
            mean[5] + (ux[1].times(gy) + uy[0].times(gx)),
        ];
        let stress = law.stress(chunk, strain, &mut moduli);
        let [lambda, mu] = moduli;
        let third = T::of(1.0 / 3.0);
        let (gx3, gy3, gz3) = (gx * third, gy * third, gz * third);
        let [yz, xz, xy] = [3, 4, 5];
        let along = |a: Lanes<T>, b: Lanes<T>| {
            let pressure = lambda * (a + b);
            (pressure + (mu + mu) * a, pressure + (mu + mu) * b)
        };
        // The stresses that vary along xi, eta and zeta; the one normal stress without strain of its own does no work.
        let (xi_yy, xi_zz) = along(uy[xy].times(gy), uz[xz].times(gz));
        let xi_yz = mu * (uy[xz].times(gz) + uz[xy].times(gy));
        let (xi_xz, xi_xy) = (mu * ux[xz].times(gz), mu * ux[xy].times(gy));
        let (eta_xx, eta_zz) = along(ux[xy].times(gx), uz[yz].times(gz));
        let eta_xz = mu * (ux[yz].times(gz) + uz[xy].times(gx));
        let (eta_yz, eta_xy) = (mu * uy[yz].times(gz), mu * uy[xy].times(gx));
        let (zeta_xx, zeta_yy) = along(ux[xz].times(gx), uy[yz].times(gy));
        let zeta_xy = mu * (ux[yz].times(gy) + uy[xz].times(gx));
        let (zeta_yz, zeta_xz) = (mu * uz[yz].times(gy), mu * uz[xz].times(gx));
        // Stresses on the faces across each axis, as vectors; those that do no work are left out.
        let [sxx, syy, szz, syz, sxz, sxy] = stress;
        let mean = [[sxx, sxy, sxz], [sxy, syy, syz], [sxz, syz, szz]];
        let (xi_y, xi_z) = ([xi_xy, xi_yy, xi_yz], [xi_xz, xi_yz, xi_zz]);
        let (eta_x, eta_z) = ([eta_xx, eta_xy, eta_xz], [eta_xz, eta_yz, eta_zz]);
        let (zeta_x, zeta_y) = ([zeta_xx, zeta_xy, zeta_xz], [zeta_xy, zeta_yy, zeta_yz]);
        // Modes xyz: each component by itself.
        let ninth = third * third;
        let squares = [gx * gx * ninth, gy * gy * ninth, gz * gz * ninth];
        let shear = mu.times(squares[0] + squares[1] + squares[2]);
        let twist = [ux[6], uy[6], uz[6]];
        let forces = std::array::from_fn(
            #[inline(always)]
            |c| {
                [
                    mean[0][c].times(gx),
                    mean[1][c].times(gy),
                    mean[2][c].times(gz),
                    eta_z[c].times(gz3) + zeta_y[c].times(gy3),
                    xi_z[c].times(gz3) + zeta_x[c].times(gx3),
                    xi_y[c].times(gy3) + eta_x[c].times(gx3),
                    (shear + (lambda + mu).times(squares[c])) * twist[c],
                ]
            },
        );
        (forces, stress)
    }
}

/// Modes of one component of elements from `x` on; rows are `[z][y]`.
#[inline(always)]
fn modes<T: Real>(rows: [[&[T]; 2]; 2], x: usize) -> [Lanes<T>; 7] {
    // Sums (s) and differences (d) along x, then along y.
    let [lower, upper] = rows.map(|rows| {
        let [(s0, d0), (s1, d1)] = rows.map(|row| {
            let (left, right) = (Lanes::load(row, x), Lanes::load(row, x + 1));
            (right + left, right - left)
        });
        [s0 + s1, s1 - s0, d0 + d1, d1 - d0]
    });
    let [sum, difference] = [
        std::array::from_fn::<_, 4, _>(|i| lower[i] + upper[i]),
        std::array::from_fn::<_, 4, _>(|i| upper[i] - lower[i]),
    ];
    [
        sum[2],
        sum[1],
        difference[0],
        difference[1],
        difference[2],
        sum[3],
        difference[3],
    ]
}

/// Buffers of one row of elements.
struct Scratch<T> {
    moduli: [Vec<T>; 2],
    /// Forces on the nodes at the left and right ends of elements: `[component][z][y][left, right][x]`, padded.
    ends: Vec<T>,
    padded: usize,
}

impl<T: Real> Scratch<T> {
    fn new(nx: usize) -> Self {
        let padded = nx.next_multiple_of(WIDTH);
        let zeros = |rows: usize| vec![T::default(); rows * padded];
        Self {
            moduli: [zeros(1), zeros(1)],
            ends: zeros(24),
            padded,
        }
    }

    /// Lame's constants of a row; whether any of them is not zero.
    #[inline(always)]
    fn set_moduli(&mut self, codes: &[u8], table: &[[T; 2]]) -> bool {
        let [lambda, mu] = &mut self.moduli;
        let mut solid = false;
        for ((lambda, mu), &code) in lambda.iter_mut().zip(mu).zip(codes) {
            [*lambda, *mu] = table[usize::from(code)];
            solid |= *mu > T::default();
        }
        solid
    }

    /// From modes of one component to forces at corners.
    #[inline(always)]
    fn corners(&mut self, component: usize, x: usize, f: [Lanes<T>; 7]) {
        let zero = Lanes::of(T::default());
        let levels = [
            [zero - f[2], f[1] - f[3], f[0] - f[4], f[5] - f[6]],
            [f[2], f[1] + f[3], f[0] + f[4], f[5] + f[6]],
        ];
        for (z, [s, sy, d, dy]) in levels.into_iter().enumerate() {
            for (y, (s, d)) in [(s - sy, d - dy), (s + sy, d + dy)].into_iter().enumerate() {
                let row = ((component * 2 + z) * 2 + y) * 2 * self.padded;
                (s - d).store(&mut self.ends, row + x);
                (s + d).store(&mut self.ends, row + self.padded + x);
            }
        }
    }

    /// Adds the forces to rows y of the planes below and above.
    #[inline(always)]
    fn add_to(&self, planes: &mut [&mut [T]; 2], rows: [usize; 2], [ny, nx]: [usize; 2]) {
        for (place, ends) in self.ends.chunks(2 * self.padded).enumerate() {
            let (component, z, y) = (place / 4, place / 2 % 2, place % 2);
            let row = (component * ny + rows[y]) * nx;
            let target = &mut planes[z][row..row + nx];
            let (left, right) = (&ends[..nx], &ends[self.padded..self.padded + nx]);
            target[0] += left[0] + right[nx - 1];
            let inner = target[1..].iter_mut().zip(&left[1..]).zip(right);
            inner.for_each(|((force, &left), &right)| *force += left + right);
        }
    }
}
