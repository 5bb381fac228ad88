//! The reference that shares nothing with the solver: the voxels as a resistor network from which one node after the
//! other is removed by the star-mesh transformation.
//!
//! A node with conductances `g_j` to its neighbours is replaced by `g_j g_k / sum(g)` between every two of them. Only
//! sums, products and quotients of positive numbers occur, so the answer has a few ulp per step whatever the contrast
//! (1e-8 to 1e8 as well as 1). Along the transport axis the network is a band as wide as a cross-section, which makes
//! 20 x 20 x 20 voxels a matter of a second.

use super::problem::Problem;
use ndarray::Array3;
use voxion::{
    microstructure::{Axis, Interfaces, connectivity::Wraps},
    physics::conduction::{Boundary, Electrode, Sides},
};

/// Effective conductivity by direct elimination.
pub(crate) fn conductivity(problem: &Problem) -> f64 {
    let grid = Grid::new(problem);
    let conductance = Network::of(&grid).reduce();
    let [layers, rows, columns] = grid.shape;
    let layers = match problem.boundary {
        Boundary::Centre => layers - 1,
        _ => layers,
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "test volumes have a few thousand voxels"
    )]
    let [length, area] = [
        layers as f64 * grid.spacing[0],
        (rows * columns) as f64 * grid.area(0),
    ];
    conductance * length / area
}

/// The problem with the transport axis first.
struct Grid<'a> {
    problem: &'a Problem,
    shape: [usize; 3],
    spacing: [f64; 3],
    sigma: Array3<f64>,
    label: Array3<i64>,
    /// The volume's axis behind each axis of the grid.
    order: [usize; 3],
    interfaces: Interfaces<'a>,
}

impl<'a> Grid<'a> {
    fn new(problem: &'a Problem) -> Self {
        let axis = problem.axis.index();
        let order = [axis, (axis + 1) % 3, (axis + 2) % 3];
        let spacing = problem.volume.spacing().unwrap_or([1.0; 3]);
        let labels = problem.volume.labels();
        let label = problem
            .volume
            .codes()
            .mapv(|code| labels[usize::from(code)]);
        let sigma = problem
            .sigma()
            .permuted_axes(order)
            .as_standard_layout()
            .into_owned();
        let label = label.permuted_axes(order).as_standard_layout().into_owned();
        let (layers, rows, columns) = sigma.dim();
        let shape = [layers, rows, columns];
        let wraps = |axis: usize| {
            let lateral = axis != order[0] && problem.sides == Sides::Periodic;
            if lateral { Wraps::Yes } else { Wraps::No }
        };
        Self {
            problem,
            order,
            interfaces: Interfaces::new(&problem.volume, [0, 1, 2].map(wraps)),
            shape,
            spacing: order.map(|axis| spacing[axis]),
            sigma,
            label,
        }
    }

    fn area(&self, direction: usize) -> f64 {
        self.spacing.iter().product::<f64>() / self.spacing[direction]
    }

    /// Conductance between the centres of a voxel and the next one; a contact has the part of the face that is interface.
    fn between(&self, a: [usize; 3], b: [usize; 3], direction: usize) -> f64 {
        let (low, high) = (
            self.label[a].min(self.label[b]),
            self.label[a].max(self.label[b]),
        );
        let pair = |&&(p, q, _): &&(i64, i64, f64)| (p.min(q), p.max(q)) == (low, high);
        let contact = self
            .problem
            .contact
            .iter()
            .find(pair)
            .map_or(0.0, |&(.., r)| r);
        let mut voxel = [0; 3];
        (0..3).for_each(|k| voxel[self.order[k]] = a[k]);
        let axis = Axis::ALL[self.order[direction]];
        let contact = contact / self.interfaces.area_factor(voxel, axis);
        let half = self.spacing[direction] / 2.0;
        self.area(direction) / (half / self.sigma[a] + contact + half / self.sigma[b])
    }

    /// Conductance between the centre of a voxel and the electrode that its layer touches.
    fn to_electrode(&self, a: [usize; 3], electrode: Electrode) -> f64 {
        let named =
            |&&(e, label, _): &&(Electrode, i64, f64)| (e, label) == (electrode, self.label[a]);
        let film = self
            .problem
            .electrode
            .iter()
            .find(named)
            .map_or(0.0, |&(.., r)| r);
        self.area(0) / (self.spacing[0] / 2.0 / self.sigma[a] + film)
    }

    /// The next voxel in a direction: wrapped round where the sides are periodic.
    fn next(&self, a: [usize; 3], direction: usize) -> Option<[usize; 3]> {
        let mut next = a;
        next[direction] += 1;
        if next[direction] < self.shape[direction] {
            return Some(next);
        }
        let wraps = direction > 0 && self.problem.sides == Sides::Periodic;
        next[direction] = 0;
        (wraps && next != a).then_some(next)
    }
}

/// Conductances of the nodes that are left: to the `band` next nodes, to the inlet and to the outlet.
struct Network {
    band: usize,
    forward: Vec<f64>,
    inlet: Vec<f64>,
    outlet: Vec<f64>,
    through: f64,
}

impl Network {
    fn of(grid: &Grid) -> Self {
        let [layers, rows, columns] = grid.shape;
        let (nodes, band) = (layers * rows * columns, rows * columns);
        let mut network = Self {
            band,
            forward: vec![0.0; nodes * band],
            inlet: vec![0.0; nodes],
            outlet: vec![0.0; nodes],
            through: 0.0,
        };
        for (layer, row, column) in ndarray::indices(grid.shape) {
            let a = [layer, row, column];
            if grid.problem.boundary == Boundary::Face {
                network.connect_electrodes(grid, a);
            }
            for direction in 0..3 {
                if let Some(b) = grid.next(a, direction) {
                    network.connect(grid, [a, b], grid.between(a, b, direction));
                }
            }
        }
        network
    }

    fn node(grid: &Grid, [layer, row, column]: [usize; 3]) -> usize {
        (layer * grid.shape[1] + row) * grid.shape[2] + column
    }

    fn connect_electrodes(&mut self, grid: &Grid, a: [usize; 3]) {
        let node = Self::node(grid, a);
        if a[0] == 0 {
            self.inlet[node] += grid.to_electrode(a, Electrode::Inlet);
        }
        if a[0] + 1 == grid.shape[0] {
            self.outlet[node] += grid.to_electrode(a, Electrode::Outlet);
        }
    }

    /// A conductance between two voxels; with electrodes on centres the outer layers *are* the electrodes.
    fn connect(&mut self, grid: &Grid, ends: [[usize; 3]; 2], conductance: f64) {
        let last = grid.shape[0] - 1;
        let fixed = grid.problem.boundary == Boundary::Centre;
        let [low, high] = {
            let mut nodes = ends.map(|end| (Self::node(grid, end), end[0]));
            nodes.sort_unstable();
            nodes
        };
        match (fixed && low.1 == 0, fixed && high.1 == last) {
            (true, true) => self.through += conductance,
            (true, false) if high.1 > 0 => self.inlet[high.0] += conductance,
            (false, true) if low.1 < last => self.outlet[low.0] += conductance,
            (false, false) => {
                self.forward[low.0 * self.band + high.0 - low.0 - 1] += conductance;
            }
            _ => {} // both ends on the same electrode
        }
    }

    /// Conductance between inlet and outlet after every node has been removed.
    fn reduce(mut self) -> f64 {
        let nodes = self.inlet.len();
        for node in 0..nodes {
            let reach = self.band.min(nodes - 1 - node);
            let star = self.forward[node * self.band..][..reach].to_vec();
            let (inlet, outlet) = (self.inlet[node], self.outlet[node]);
            let total = star.iter().sum::<f64>() + inlet + outlet;
            if total == 0.0 {
                continue;
            }
            self.through += inlet * (outlet / total);
            for (j, &conductance) in star.iter().enumerate().filter(|(_, g)| **g > 0.0) {
                let share = conductance / total;
                self.inlet[node + 1 + j] += share * inlet;
                self.outlet[node + 1 + j] += share * outlet;
                let mesh = &mut self.forward[(node + 1 + j) * self.band..];
                star[j + 1..]
                    .iter()
                    .zip(mesh)
                    .for_each(|(g, edge)| *edge += share * g);
            }
        }
        self.through
    }
}
