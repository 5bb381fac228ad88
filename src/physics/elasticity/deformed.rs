//! A solved state: its means with bounds, and strain and stress of every voxel.

use super::{
    SMALL_STRAIN,
    equilibrium::Equilibrium,
    hold::Hold,
    holding::{COMPONENTS, Loose},
    medium::Medium,
    plastic::PlasticState,
    yielding::Yielded,
};
use rayon::prelude::*;

/// Strain or stress: xx, yy, zz, yz, xz, xy.
type Voigt = [f64; 6];

/// A cell in equilibrium.
#[derive(Debug, Clone)]
pub struct Deformed {
    /// Mean stress over the cell, pores included, Pa.
    pub mean_stress: Voigt,
    /// Bound on the error of each mean stress, Pa; 0 where it was prescribed.
    pub mean_stress_bound: Voigt,
    /// Mean strain of the cell.
    pub mean_strain: Voigt,
    /// Bound on the error of each mean strain; 0 where it was prescribed.
    pub mean_strain_bound: Voigt,
    /// Whether the bounds are proven; with pores they rest on an estimate of the smallest eigenvalue.
    pub proven: bool,
    /// Steps of conjugate gradients.
    pub iterations: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Increments of the load where a phase yields; 0 where none does.
    pub increments: usize,
    /// Name of the device that solved; none for the host.
    pub adapter: Option<String>,
    loose: Loose,
    medium: Medium,
    x: Vec<f64>,
    plastic: Option<PlasticState>,
}

/// Means over one voxel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Code of its phase.
    pub code: u8,
    /// Total strain.
    pub strain: Voigt,
    /// Stress, Pa; 0 in pores.
    pub stress: Voigt,
    /// Elastic energy of the mean strain, J/m3.
    pub energy: f64,
    /// Accumulated plastic strain.
    pub plastic_strain: f64,
    /// Work that plastic flow took, J/m3.
    pub plastic_work: f64,
}

impl Point {
    /// A third of the trace of the stress, Pa; positive under tension.
    pub fn hydrostatic(&self) -> f64 {
        (self.stress[0] + self.stress[1] + self.stress[2]) / 3.0
    }

    /// Von Mises stress, Pa.
    pub fn von_mises(&self) -> f64 {
        let [xx, yy, zz, yz, xz, xy] = self.stress;
        let normal = (xx - yy).powi(2) + (yy - zz).powi(2) + (zz - xx).powi(2);
        (0.5 * normal + 3.0 * (yz * yz + xz * xz + xy * xy)).sqrt()
    }

    /// The largest principal stress, Pa.
    pub fn largest_principal(&self) -> f64 {
        let [.., yz, xz, xy] = self.stress;
        principal([self.stress[0], self.stress[1], self.stress[2], yz, xz, xy])[0]
    }

    /// The principal strain that is largest in magnitude.
    pub fn largest_strain(&self) -> f64 {
        let [xx, yy, zz, yz, xz, xy] = self.strain;
        let [first, _, last] = principal([xx, yy, zz, yz / 2.0, xz / 2.0, xy / 2.0]);
        if first.abs() >= last.abs() {
            first
        } else {
            last
        }
    }
}

/// Eigenvalues of a symmetric tensor, largest first, by the trigonometric formula (O. K. Smith, Commun. ACM 4 (1961) 168).
fn principal([xx, yy, zz, yz, xz, xy]: Voigt) -> [f64; 3] {
    let mean = (xx + yy + zz) / 3.0;
    let [a, b, c] = [xx - mean, yy - mean, zz - mean];
    let shear = yz * yz + xz * xz + xy * xy;
    let size = ((a * a + b * b + c * c + 2.0 * shear) / 6.0).sqrt();
    if size == 0.0 {
        return [mean; 3];
    }
    let determinant = a * (b * c - yz * yz) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz);
    let angle = (0.5 * determinant / size.powi(3)).clamp(-1.0, 1.0).acos() / 3.0;
    let third = std::f64::consts::TAU / 3.0;
    let of = |angle: f64| mean + 2.0 * size * angle.cos();
    [of(angle), of(angle - third), of(angle + third)]
}

impl Deformed {
    pub(super) fn new(
        medium: Medium,
        solved: Equilibrium,
        (hold, loose): (Hold, Loose),
        seconds: f64,
    ) -> Self {
        let (unit, free) = (medium.unit, hold.free());
        let prescribed = hold.stresses();
        Self {
            mean_stress: std::array::from_fn(|i| {
                if free[i] {
                    prescribed[i]
                } else {
                    solved.stress[i] * unit
                }
            }),
            mean_stress_bound: solved.stress_bound.map(|bound| bound * unit),
            mean_strain: solved.strain(),
            mean_strain_bound: solved.strain_bound,
            proven: !medium.porous(),
            iterations: solved.iterations,
            seconds,
            increments: 0,
            adapter: None,
            loose,
            medium,
            x: solved.x,
            plastic: None,
        }
    }

    /// A state that was reached by flowing: there is no bound on its means.
    pub(super) fn yielded(
        medium: Medium,
        solved: Yielded,
        (hold, loose): (Hold, Loose),
        seconds: f64,
    ) -> Self {
        let free = hold.free();
        let prescribed = hold.stresses();
        let tail = solved.x.len() - 6;
        let unknown = |free: bool| if free { f64::INFINITY } else { 0.0 };
        Self {
            mean_stress: std::array::from_fn(|i| {
                if free[i] {
                    prescribed[i]
                } else {
                    solved.stress[i] * medium.unit
                }
            }),
            mean_stress_bound: free.map(|free| unknown(!free)),
            mean_strain: std::array::from_fn(|i| solved.x[tail + i]),
            mean_strain_bound: free.map(unknown),
            proven: false,
            iterations: solved.iterations,
            seconds,
            increments: solved.increments,
            adapter: None,
            loose,
            medium,
            x: solved.x,
            plastic: Some(solved.state),
        }
    }

    /// Accumulated plastic strain of a voxel `[z, y, x]` and the work that it took, J/m3; 0 where nothing yields.
    pub fn plastic(&self, voxel: [usize; 3]) -> (f64, f64) {
        let place = self.place(voxel);
        self.plastic.as_ref().map_or((0.0, 0.0), |state| {
            (
                state.accumulated[place],
                state.work[place] * self.medium.unit,
            )
        })
    }

    /// Whether solids were allowed to yield.
    pub fn yields(&self) -> bool {
        self.plastic.is_some()
    }

    fn place(&self, [z, y, x]: [usize; 3]) -> usize {
        let [_, ny, nx] = self.medium.shape;
        (z * ny + y) * nx + x
    }

    /// Components whose mean strain nothing resists, because no solid crosses the cell: "zz". Their strain is given as 0.
    pub fn loose(&self) -> Vec<&'static str> {
        (0..6)
            .filter(|&i| self.loose[i])
            .map(|i| COMPONENTS[i])
            .collect()
    }

    /// Voxels along (z, y, x).
    pub fn shape(&self) -> [usize; 3] {
        self.medium.shape
    }

    /// The code of a voxel `[z, y, x]`.
    pub fn code(&self, voxel: [usize; 3]) -> u8 {
        self.medium.codes[self.place(voxel)]
    }

    /// Whether a code stands for a solid.
    pub fn is_solid(&self, code: u8) -> bool {
        self.medium.lame[usize::from(code)][1] > 0.0
    }

    /// Strain and stress of a voxel `[z, y, x]`.
    pub fn point(&self, voxel: [usize; 3]) -> Point {
        let (code, place) = (self.code(voxel), self.place(voxel));
        let strain = self.medium.strain(&self.x, voxel);
        let plastic = self
            .plastic
            .as_ref()
            .map_or([0.0; 6], |state| state.strain[place]);
        let elastic = self.medium.trial(place, &strain, (1.0, &plastic));
        let stress = self
            .medium
            .stress(code, &elastic)
            .map(|s| s * self.medium.unit);
        let energy = 0.5 * (0..6).map(|i| stress[i] * elastic[i]).sum::<f64>();
        let (plastic_strain, plastic_work) = self.plastic(voxel);
        Point {
            code,
            strain,
            stress,
            energy,
            plastic_strain,
            plastic_work,
        }
    }

    /// What `body` makes of every voxel `[z][y][x]`.
    pub fn map<T: Send>(&self, body: impl Fn(Point) -> T + Sync) -> Vec<T> {
        // An indexed iterator writes into one allocation; a nested one would collect into parts and join them.
        let [_, ny, nx] = self.medium.shape;
        let at = |place: usize| body(self.point([place / (ny * nx), place / nx % ny, place % nx]));
        (0..self.medium.voxels()).into_par_iter().map(at).collect()
    }

    /// Displacement of a node (z, y, x) along x, y and z, the mean strain included, in metres (in voxels where the voxel size is not
    /// known). Nodes at the far ends of the cell may be asked for, too.
    pub fn displacement(&self, node: [usize; 3]) -> [f64; 3] {
        let [nz, ny, nx] = self.medium.shape;
        let [z, y, x] = [node[0] % nz, node[1] % ny, node[2] % nx];
        let [hz, hy, hx] = self.medium.spacing;
        let place = [
            node[2] as f64 * hx,
            node[1] as f64 * hy,
            node[0] as f64 * hz,
        ];
        let [xx, yy, zz, yz, xz, xy] = self.mean_strain;
        let mean = [
            [xx, xy / 2.0, xz / 2.0],
            [xy / 2.0, yy, yz / 2.0],
            [xz / 2.0, yz / 2.0, zz],
        ];
        std::array::from_fn(|c| {
            let own = self.x[((z * 3 + c) * ny + y) * nx + x];
            let drawn: f64 = mean[c].iter().zip(place).map(|(e, p)| e * p).sum();
            (own + drawn) * self.medium.length
        })
    }

    /// The largest strain of a solid voxel, and whether small-strain theory still describes it.
    pub fn largest_strain(&self) -> (f64, bool) {
        let strains = self.map(|point| {
            if self.is_solid(point.code) {
                point.largest_strain()
            } else {
                0.0
            }
        });
        let most = strains.into_iter().fold(
            0.0,
            |most: f64, own| if own.abs() > most.abs() { own } else { most },
        );
        (most, most.abs() <= SMALL_STRAIN)
    }
}
