//! Reaction sites on a grid: which faces, voxels and edges they are, and which unknowns they join.

use super::{Assembly, ELECTRONS, Electrode, IONS};
use crate::{
    microstructure::{Interfaces, connectivity::Wraps},
    physics::{
        carriers::{Place, Site},
        conduction::Sides,
        kinetics::Element,
    },
};

/// A site between the unknowns of two voxels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in crate::physics::carriers) struct SiteAt {
    /// Exchange current, A.
    pub(in crate::physics::carriers) exchange: f64,
    /// Resistances in series, Ohm: half a voxel of ion conductor, half a voxel of electron conductor, film.
    pub(in crate::physics::carriers) series: [f64; 3],
    /// Equilibrium potential less that of the first site, V.
    pub(in crate::physics::carriers) offset: f64,
    /// Of the double layer, F.
    pub(in crate::physics::carriers) capacitance: f64,
}

impl SiteAt {
    pub(in crate::physics::carriers) fn element(&self) -> Element {
        Element {
            exchange: self.exchange,
            series: self.series.iter().sum(),
        }
    }

    /// The same on a part of the face.
    fn shrunk(mut self, share: f64) -> Self {
        self.exchange *= share;
        self.capacitance *= share;
        self.series[2] /= share;
        self
    }
}

/// A whole voxel face between a voxel that brings electrons and one that brings ions.
pub(super) type FaceSite = SiteAt;

/// Edges of one kind.
#[derive(Debug)]
pub(super) struct EdgeSite {
    /// What each code may be: bit 0 brings ions, bit 1 brings electrons, bit 2 is active.
    roles: Vec<u8>,
    /// Exchange current per length, A/m.
    exchange: f64,
    offset: f64,
    /// Per length, F/m.
    capacitance: f64,
}

const ACTIVE: u8 = 4;

impl Assembly {
    /// Sorts the sites of a problem into tables.
    pub(super) fn place_sites(&mut self, problem: &Electrode<'_>, sigma: &[Vec<[f64; 3]>; 2]) {
        let reference = problem.sites.first().map_or(0.0, |site| site.equilibrium);
        self.faces = [0, 1, 2].map(|_| vec![None; self.phases * self.phases]);
        for site in &problem.sites {
            let offset = site.equilibrium - reference;
            match &site.place {
                Place::Faces { electrons, ions } => {
                    self.place_faces((site, offset), [ions, electrons], sigma);
                }
                Place::Volume { mixed } => {
                    let volume = self.edges.iter().product::<f64>();
                    for &code in mixed {
                        self.volumes[usize::from(code)] = Some(SiteAt {
                            exchange: site.exchange * volume,
                            series: [0.0; 3],
                            offset,
                            capacitance: site.capacitance * volume,
                        });
                    }
                }
                Place::Edges {
                    active,
                    electrons,
                    ions,
                } => {
                    let role = |code: u8| {
                        u8::from(ions.contains(&code))
                            + 2 * u8::from(electrons.contains(&code))
                            + ACTIVE * u8::from(active.contains(&code))
                    };
                    self.lines.push(EdgeSite {
                        roles: (0..=u8::MAX).take(self.phases).map(role).collect(),
                        exchange: site.exchange,
                        offset,
                        capacitance: site.capacitance,
                    });
                }
            }
        }
    }

    /// A site for every pair of a code that brings ions and one that brings electrons.
    fn place_faces(
        &mut self,
        (site, offset): (&Site, f64),
        [ions, electrons]: [&[u8]; 2],
        sigma: &[Vec<[f64; 3]>; 2],
    ) {
        for axis in 0..3 {
            let area = self.face(axis);
            for (&e, &i) in electrons
                .iter()
                .flat_map(|e| ions.iter().map(move |i| (e, i)))
            {
                let (pair, halves) = (self.pair([e, i]), self.face_site(axis, [i, e], sigma));
                self.faces[axis][pair] = halves.map(|[ions, electrons]| SiteAt {
                    exchange: site.exchange * area,
                    series: [ions, electrons, site.film / area],
                    offset,
                    capacitance: site.capacitance * area,
                });
            }
        }
    }

    /// Resistances of the half voxels at a face, ions first; none where one of them does not conduct its carrier.
    fn face_site(
        &self,
        axis: usize,
        codes: [u8; 2],
        sigma: &[Vec<[f64; 3]>; 2],
    ) -> Option<[f64; 2]> {
        let (h, area, along) = (self.edges[axis], self.face(axis), self.order[axis]);
        let half = |carrier: usize| {
            let sigma = sigma[carrier][usize::from(codes[carrier])][along];
            (sigma > 0.0).then(|| 0.5 * h / (sigma * area))
        };
        Some([half(IONS)?, half(ELECTRONS)?])
    }

    /// Which part of each reactive or resisting face is interface.
    pub(super) fn interface_shares(&self, problem: &Electrode<'_>) -> Vec<[f64; 3]> {
        let counts = |axis: usize, here: [usize; 3], beyond: [usize; 3]| {
            let codes @ [a, b] = [here, beyond].map(|voxel| self.codes[self.index(voxel)]);
            let contact = |carrier| self.link(carrier, axis, codes).contact > 0.0;
            self.faces[axis][self.pair([a, b])].is_some()
                || self.faces[axis][self.pair([b, a])].is_some()
                || contact(IONS)
                || contact(ELECTRONS)
                || self.boundary(here, beyond) > 0.0
        };
        let resisted = problem
            .contact
            .iter()
            .flatten()
            .any(|&resistance| resistance > 0.0);
        if !resisted && self.grains.is_empty() && self.faces.iter().flatten().all(Option::is_none) {
            return Vec::new();
        }
        let periodic = problem.sides == Sides::Periodic;
        let wraps = [0, 1, 2].map(|axis| match periodic && axis != problem.axis.index() {
            true => Wraps::Yes,
            false => Wraps::No,
        });
        let interfaces =
            Interfaces::new(problem.volume, wraps).with_grains(problem.grains.as_ref());
        let share = |voxel: [usize; 3], axis: usize| {
            let other = self.beyond(voxel, axis, true)?;
            counts(axis, voxel, other).then(|| {
                let (place, along) = self.in_volume(voxel, axis);
                interfaces.area_factor(place, along)
            })
        };
        let layer = |z| {
            let voxels = self.layer(z);
            let shares =
                voxels.map(|voxel| [0, 1, 2].map(|axis| share(voxel, axis).unwrap_or(1.0)));
            shares.collect::<Vec<_>>()
        };
        self.layers(layer).concat()
    }

    /// Sites of the unknown that a voxel has for a carrier, each with the unknown of the other carrier beyond it.
    pub(in crate::physics::carriers) fn sites(
        &self,
        voxel: [usize; 3],
        carrier: usize,
        mut visit: impl FnMut(usize, SiteAt),
    ) {
        let index = self.index(voxel);
        let (own, other) = (self.codes[index], 1 - carrier);
        if let (Some(site), Some(unknown)) =
            (self.volumes[usize::from(own)], self.unknown(voxel, other))
        {
            visit(unknown, site);
        }
        if !self.shares.is_empty() {
            self.face_sites(voxel, |beyond, codes, axis, share| {
                let pair = if carrier == ELECTRONS {
                    codes
                } else {
                    [codes[1], codes[0]]
                };
                let site = self.faces[axis][self.pair(pair)];
                if let (Some(site), Some(unknown)) = (site, self.unknown(beyond, other)) {
                    visit(unknown, site.shrunk(share));
                }
            });
        }
        let plays = |line: &&EdgeSite| line.roles[usize::from(own)] & 1 << carrier != 0;
        for line in self.lines.iter().filter(plays) {
            self.edge_sites(voxel, line, |four, site| {
                self.edge_partners((four, line), carrier, |unknown, share| {
                    let (exchange, capacitance) = (site.exchange * share, site.capacitance * share);
                    visit(
                        unknown,
                        SiteAt {
                            exchange,
                            capacitance,
                            ..site
                        },
                    );
                });
            });
        }
    }

    /// Unknowns of the other carrier round an edge, each with its part of the site: every pair of an unknown that brings ions
    /// and one that brings electrons has the same.
    fn edge_partners(
        &self,
        (four, line): ([[usize; 3]; 4], &EdgeSite),
        carrier: usize,
        mut visit: impl FnMut(usize, f64),
    ) {
        let partner = |role: usize, place: [usize; 3]| {
            let code = self.codes[self.index(place)];
            let plays = line.roles[usize::from(code)] & 1 << role != 0;
            self.unknown(place, role).filter(|_| plays)
        };
        let count = |role| {
            four.iter()
                .filter(|&&place| partner(role, place).is_some())
                .count()
        };
        let pairs = (count(IONS) * count(ELECTRONS)) as f64;
        let partners = four.iter().filter_map(|&place| partner(1 - carrier, place));
        partners.for_each(|unknown| visit(unknown, 1.0 / pairs));
    }

    /// Faces of a voxel: the voxel beyond, [own code, code beyond], axis, part that is interface.
    fn face_sites(
        &self,
        voxel: [usize; 3],
        mut visit: impl FnMut([usize; 3], [u8; 2], usize, f64),
    ) {
        let own = self.codes[self.index(voxel)];
        for axis in 0..3 {
            for ahead in [false, true] {
                let Some(beyond) = self.beyond(voxel, axis, ahead) else {
                    continue;
                };
                let first = if ahead { voxel } else { beyond };
                let share = self.shares[self.index(first)][axis];
                visit(beyond, [own, self.codes[self.index(beyond)]], axis, share);
            }
        }
    }

    /// Edges of a voxel along which the three roles of a line meet: the four voxels round it and the whole site.
    fn edge_sites(
        &self,
        voxel: [usize; 3],
        line: &EdgeSite,
        mut visit: impl FnMut([[usize; 3]; 4], SiteAt),
    ) {
        for axis in 0..3 {
            let [p, q] = [(axis + 1) % 3, (axis + 2) % 3];
            for (up, right) in [(false, false), (false, true), (true, false), (true, true)] {
                let four = self.four(voxel, [(p, up), (q, right)]);
                if let Some((four, site)) =
                    four.and_then(|four| Some((four, self.edge_site(four, axis, line)?)))
                {
                    visit(four, site);
                }
            }
        }
    }

    fn four(
        &self,
        voxel: [usize; 3],
        [(p, up), (q, right)]: [(usize, bool); 2],
    ) -> Option<[[usize; 3]; 4]> {
        let (a, b) = (self.beyond(voxel, p, up)?, self.beyond(voxel, q, right)?);
        Some([voxel, a, b, self.beyond(a, q, right)?])
    }

    fn edge_site(&self, four: [[usize; 3]; 4], axis: usize, line: &EdgeSite) -> Option<SiteAt> {
        let roles = four.map(|place| line.roles[usize::from(self.codes[self.index(place)])]);
        let all = roles.iter().fold(0, |all, role| all | role);
        (all == ACTIVE | 3).then(|| SiteAt {
            exchange: line.exchange * self.edges[axis],
            series: [0.0; 3],
            offset: line.offset,
            capacitance: line.capacitance * self.edges[axis],
        })
    }

    /// Exchange current of every site of a layer, reached or not, A.
    pub(in crate::physics::carriers) fn exchange(&self, z: usize) -> f64 {
        let mut sum = 0.0;
        for voxel in self.layer(z) {
            let own = self.codes[self.index(voxel)];
            sum += self.volumes[usize::from(own)].map_or(0.0, |site| site.exchange);
            if !self.shares.is_empty() {
                self.face_sites(voxel, |_, codes, axis, share| {
                    let site = self.faces[axis][self.pair(codes)];
                    sum += site.map_or(0.0, |site| site.exchange * share);
                });
            }
            for line in &self.lines {
                // Four voxels see each edge.
                self.edge_sites(voxel, line, |_, site| sum += 0.25 * site.exchange);
            }
        }
        sum
    }
}
