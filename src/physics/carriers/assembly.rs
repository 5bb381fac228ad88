//! From an electrode to what couples its unknowns: links of one carrier, terminals, and reaction sites.

mod sites;

pub(super) use sites::SiteAt;
use sites::{EdgeSite, FaceSite};

use super::{Cell, ELECTRONS, Electrode, ElectrodeError, IONS, reach};
use crate::{microstructure::Axis, physics::conduction::Sides, solve::cells::Cells};
use rayon::prelude::*;

/// Conductivities below this part of the largest of their carrier insulate: what they carry is below rounding.
const NEGLIGIBLE: f64 = 1e-15;

/// A conductance, and the part of its resistance that is contact.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Ohm {
    pub(super) conductance: f64,
    pub(super) contact: f64,
}

/// An electrode with the transport axis first.
#[derive(Debug)]
pub(super) struct Assembly {
    pub(super) shape: [usize; 3],
    pub(super) edges: [f64; 3],
    /// Array axis of the volume behind each axis here.
    pub(super) order: [usize; 3],
    pub(super) codes: Vec<u8>,
    /// Bits of the carriers that each voxel has an unknown for.
    pub(super) live: Vec<u8>,
    pub(super) cells: Cells,
    periodic: bool,
    phases: usize,
    /// Links of each carrier along each axis, by pair of codes.
    links: [[Vec<Ohm>; 3]; 2],
    terminals: [Vec<Ohm>; 2],
    /// Resistance per area between grains of each code, and the grain of each voxel; empty where no boundary resists.
    boundaries: Vec<f64>,
    grains: Vec<u32>,
    /// Whether each carrier has a terminal before the first layer, behind the last.
    pub(super) contacted: [[bool; 2]; 2],
    faces: [Vec<Option<FaceSite>>; 3],
    volumes: Vec<Option<SiteAt>>,
    lines: Vec<EdgeSite>,
    /// Part of the face towards the next voxel of each axis that is interface; empty without reactive faces and contacts.
    shares: Vec<[f64; 3]>,
}

impl Assembly {
    pub(super) fn new(problem: &Electrode<'_>, cell: Cell) -> Result<Self, ElectrodeError> {
        let order = match problem.axis {
            Axis::Z => [0, 1, 2],
            Axis::Y => [1, 0, 2],
            Axis::X => [2, 0, 1],
        };
        let codes = problem.volume.codes().view().permuted_axes(order);
        let (depth, rows, columns) = codes.dim();
        let phases = problem.active.len();
        let mut assembly = Self {
            shape: [depth, rows, columns],
            edges: order.map(|axis| problem.edges()[axis]),
            order,
            codes: codes.iter().copied().collect(),
            live: Vec::new(),
            cells: Cells::default(),
            periodic: problem.sides == Sides::Periodic,
            phases,
            links: Default::default(),
            terminals: Default::default(),
            boundaries: Vec::new(),
            grains: Vec::new(),
            contacted: problem.contacted(cell),
            faces: Default::default(),
            volumes: vec![None; phases],
            lines: Vec::new(),
            shares: Vec::new(),
        };
        let sigma = [IONS, ELECTRONS].map(|carrier| conducting(&problem.conductivity[carrier]));
        assembly.links = [IONS, ELECTRONS].map(|carrier| {
            [0, 1, 2]
                .map(|axis| assembly.link_table(axis, (&sigma[carrier], &problem.contact[carrier])))
        });
        assembly.terminals = [IONS, ELECTRONS]
            .map(|carrier| assembly.terminal_table(&sigma[carrier], &problem.terminal[carrier]));
        assembly.place_grains(problem);
        assembly.place_sites(problem, &sigma);
        assembly.live = reach::attached(&assembly);
        let counts = assembly.live.iter().map(|live| live.count_ones());
        assembly.cells = Cells::new(assembly.shape, counts);
        assembly.check_terminals(problem)?;
        assembly.shares = assembly.interface_shares(problem);
        Ok(assembly)
    }

    fn link_table(&self, axis: usize, (sigma, contact): (&[[f64; 3]], &[f64])) -> Vec<Ohm> {
        let (h, area) = (self.edges[axis], self.face(axis));
        let along = self.order[axis];
        let pairs = (0..self.phases * self.phases).map(|pair| {
            let halves = [pair / self.phases, pair % self.phases].map(|code| sigma[code][along]);
            if halves.contains(&0.0) {
                return Ohm::default();
            }
            let bulk: f64 = halves.iter().map(|sigma| 0.5 * h / sigma).sum();
            Ohm::new(bulk, contact[pair], area)
        });
        pairs.collect()
    }

    fn terminal_table(&self, sigma: &[[f64; 3]], resistance: &[f64]) -> Vec<Ohm> {
        let (h, area, along) = (self.edges[0], self.face(0), self.order[0]);
        let codes = sigma.iter().zip(resistance);
        let table = codes.map(|(sigma, &resistance)| match sigma[along] {
            0.0 => Ohm::default(),
            sigma => Ohm::new(0.5 * h / sigma, resistance, area),
        });
        table.collect()
    }

    fn place_grains(&mut self, problem: &Electrode<'_>) {
        if let Some(grains) = &problem.grains
            && problem.grain_boundary.iter().any(|&r| r > 0.0)
        {
            self.boundaries.clone_from(&problem.grain_boundary);
            self.grains = grains
                .view()
                .permuted_axes(self.order)
                .iter()
                .copied()
                .collect();
        }
    }

    /// Resistance per area between two voxels that are different grains of one phase.
    fn boundary(&self, a: [usize; 3], b: [usize; 3]) -> f64 {
        if self.grains.is_empty() {
            return 0.0;
        }
        let [a, b] = [self.index(a), self.index(b)];
        if self.codes[a] == self.codes[b] && self.grains[a] != self.grains[b] {
            self.boundaries[usize::from(self.codes[a])]
        } else {
            0.0
        }
    }

    /// Area of a voxel face across an axis, m2.
    pub(super) fn face(&self, axis: usize) -> f64 {
        self.edges.iter().product::<f64>() / self.edges[axis]
    }

    fn check_terminals(&self, problem: &Electrode<'_>) -> Result<(), ElectrodeError> {
        for carrier in [IONS, ELECTRONS] {
            for end in [0, 1]
                .into_iter()
                .filter(|&end| self.contacted[carrier][end])
            {
                let mut layer = self.layer(self.last(end));
                if layer.all(|voxel| self.unknown(voxel, carrier).is_none()) {
                    return Err(ElectrodeError::NoTerminal {
                        carrier: ["ions", "electrons"][carrier],
                        terminal: ["separator", "collector"][carrier],
                        end: ["first", "last"][end],
                        axis: problem.axis.name(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The layer at an end.
    pub(super) fn last(&self, end: usize) -> usize {
        end * (self.shape[0] - 1)
    }

    /// Place of a voxel in every field.
    pub(super) fn index(&self, [z, y, x]: [usize; 3]) -> usize {
        (z * self.shape[1] + y) * self.shape[2] + x
    }

    /// Place of a voxel from its index.
    pub(super) fn voxel(&self, index: usize) -> [usize; 3] {
        let (row, x) = (index / self.shape[2], index % self.shape[2]);
        [row / self.shape[1], row % self.shape[1], x]
    }

    /// The neighbour of a voxel along an axis.
    pub(super) fn beyond(&self, voxel: [usize; 3], axis: usize, ahead: bool) -> Option<[usize; 3]> {
        let (n, at) = (self.shape[axis], voxel[axis]);
        let wraps = self.periodic && axis > 0 && n > 1;
        let next = match (ahead, at) {
            (true, at) if at + 1 < n => at + 1,
            (true, _) if wraps => 0,
            (false, at) if at > 0 => at - 1,
            (false, _) if wraps => n - 1,
            _ => return None,
        };
        let mut other = voxel;
        other[axis] = next;
        Some(other)
    }

    /// The unknown of a voxel for a carrier.
    pub(super) fn unknown(&self, voxel: [usize; 3], carrier: usize) -> Option<usize> {
        let index = self.index(voxel);
        let live = self.live[index];
        let before = if carrier == ELECTRONS { live & 1 } else { 0 };
        (live & 1 << carrier != 0).then(|| self.cells.first[index] as usize + usize::from(before))
    }

    /// What a carrier would link two codes with along an axis.
    pub(super) fn link(&self, carrier: usize, axis: usize, codes: [u8; 2]) -> Ohm {
        self.links[carrier][axis][self.pair(codes)]
    }

    /// Whether a code conducts a carrier along any axis.
    pub(super) fn conducts(&self, carrier: usize, code: u8) -> bool {
        (0..3).any(|axis| self.link(carrier, axis, [code, code]).conductance > 0.0)
    }

    fn pair(&self, [a, b]: [u8; 2]) -> usize {
        usize::from(a) * self.phases + usize::from(b)
    }

    /// Links of the unknown that a voxel has for a carrier, to the unknowns of the same carrier round it.
    pub(super) fn links(
        &self,
        voxel: [usize; 3],
        carrier: usize,
        mut visit: impl FnMut(usize, Ohm),
    ) {
        let own = self.codes[self.index(voxel)];
        for axis in 0..3 {
            for ahead in [false, true] {
                let Some(other) = self.beyond(voxel, axis, ahead) else {
                    continue;
                };
                let mut ohm = self.link(carrier, axis, [own, self.codes[self.index(other)]]);
                let boundary = self.boundary(voxel, other);
                if ohm.conductance > 0.0 && (ohm.contact > 0.0 || boundary > 0.0) {
                    let first = if ahead { voxel } else { other };
                    let share = self.shares[self.index(first)][axis];
                    ohm = ohm.behind(boundary / self.face(axis)).shrunk(share);
                }
                if ohm.conductance > 0.0
                    && let Some(unknown) = self.unknown(other, carrier)
                {
                    visit(unknown, ohm);
                }
            }
        }
    }

    /// What joins a voxel to a carrier's terminal, if it lies there, and at which end that is.
    pub(super) fn terminal(&self, voxel: [usize; 3], carrier: usize) -> Option<(Ohm, usize)> {
        let ohm = self.terminals[carrier][usize::from(self.codes[self.index(voxel)])];
        let at = |end: usize| self.contacted[carrier][end] && voxel[0] == self.last(end);
        let end = [0, 1].into_iter().find(|&end| at(end))?;
        (ohm.conductance > 0.0).then_some((ohm, end))
    }

    /// A value for every voxel of every layer, layer by layer in parallel.
    pub(super) fn layers<T: Send>(&self, layer: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
        (0..self.shape[0]).into_par_iter().map(layer).collect()
    }

    /// The voxels of a layer.
    pub(super) fn layer(&self, z: usize) -> impl Iterator<Item = [usize; 3]> + use<> {
        let [_, rows, columns] = self.shape;
        (0..rows).flat_map(move |y| (0..columns).map(move |x| [z, y, x]))
    }

    /// A voxel of the volume, and the axis behind one here.
    pub(super) fn in_volume(&self, voxel: [usize; 3], axis: usize) -> ([usize; 3], Axis) {
        let mut place = [0; 3];
        for (here, &there) in voxel.iter().zip(&self.order) {
            place[there] = *here;
        }
        (place, Axis::ALL[self.order[axis]])
    }
}

impl Ohm {
    /// From resistances per area in series.
    fn new(bulk: f64, contact: f64, area: f64) -> Self {
        Self {
            conductance: area / (bulk + contact),
            contact: contact / (bulk + contact),
        }
    }

    /// The same behind a resistance of the whole face.
    fn behind(self, resistance: f64) -> Self {
        let bulk = (1.0 - self.contact) / self.conductance;
        let contact = self.contact / self.conductance + resistance;
        Self {
            conductance: 1.0 / (bulk + contact),
            contact: contact / (bulk + contact),
        }
    }

    /// The same where only a part of the face is contact.
    fn shrunk(self, share: f64) -> Self {
        let bulk = (1.0 - self.contact) / self.conductance;
        let contact = self.contact / self.conductance / share;
        Self {
            conductance: 1.0 / (bulk + contact),
            contact: contact / (bulk + contact),
        }
    }
}

/// Conductivities without those that are negligible.
pub(super) fn conducting(sigma: &[[f64; 3]]) -> Vec<[f64; 3]> {
    let largest = sigma.iter().flatten().copied().fold(0.0, f64::max);
    let kept = |s: f64| if s > NEGLIGIBLE * largest { s } else { 0.0 };
    sigma.iter().map(|sigma| sigma.map(kept)).collect()
}
