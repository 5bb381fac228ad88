//! Ions and electrons in one electrode: two potentials that meet where the reaction is.
//!
//! `div(kappa grad phi_i) = -r`, `div(sigma grad phi_e) = r`, with the reaction current r between the two where a phase that
//! conducts ions meets one that conducts electrons: on faces (per area), inside mixed conductors (per volume), along edges
//! where active material, electrolyte and carbon meet (per length). `I = i0 f(eta)` with `eta = phi_e - phi_i - U` and a law of
//! [`kinetics`](super::kinetics) (J. Newman and W. Tiedemann, AIChE J. 21, 25, 1975, resolved on voxels).
//!
//! Cell-centred finite volumes as in [`conduction`](super::conduction): each voxel has an unknown for each carrier that it
//! conducts, links are half voxel, contact, half voxel in series; a reactive face has half voxel, film and kinetics in series
//! and counts the part of it that is interface ([`Interfaces`](crate::microstructure::Interfaces)). Ions enter at the
//! separator, electrons at the collector, which is the other end of the axis. What is not attached to its own terminal
//! carries nothing and has no unknown.
//!
//! An [`Electrode`] borrows its volume; [`Electrode::solve`] gives an [`Operation`], the point at which it works.

mod assembly;
mod bound;
mod check;
mod drive;
mod fields;
mod homogenised;
mod impedance;
mod memory;
mod newton;
mod operation;
mod polish;
mod reach;
mod sums;

pub use check::ElectrodeError;
pub use fields::ElectrodeFields;
pub use homogenised::{Homogenised, newman_tobias};
pub use impedance::{FREQUENCY, IMPEDANCE_ERROR, Line, Point, Relaxation, Spectrum, Sweep};
pub use operation::{Operation, Parts, Penetration, Profile};
pub use reach::Dead;

use super::{conduction::Sides, kinetics::Kinetics};
use crate::{
    Result,
    field::Backend,
    microstructure::{Axis, Volume},
    solve::{Observer, Tolerance},
};
use ndarray::Array3;

/// Place of the ionic quantity in every pair.
pub(crate) const IONS: usize = 0;
/// Place of the electronic quantity in every pair.
pub(crate) const ELECTRONS: usize = 1;

/// An end of the transport axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// Before the first layer.
    #[default]
    First,
    /// Behind the last layer.
    Last,
}

/// Where charge passes from one carrier to the other, by codes of the volume.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On faces between a phase that brings electrons and one that brings ions.
    Faces {
        /// Codes that bring electrons.
        electrons: Vec<u8>,
        /// Codes that bring ions.
        ions: Vec<u8>,
    },
    /// Inside phases that conduct both.
    Volume {
        /// Codes of mixed conductors.
        mixed: Vec<u8>,
    },
    /// On voxel edges where three phases meet.
    Edges {
        /// Codes of the active material.
        active: Vec<u8>,
        /// Codes that bring electrons.
        electrons: Vec<u8>,
        /// Codes that bring ions.
        ions: Vec<u8>,
    },
}

/// A kind of place where charge passes, and how easily.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where.
    pub place: Place,
    /// Exchange current: A/m2 on faces, A/m3 in volumes, A/m on edges; 0 where there is a double layer alone.
    pub exchange: f64,
    /// Area-specific resistance of a film on faces, Ohm m2.
    pub film: f64,
    /// Equilibrium potential, V.
    pub equilibrium: f64,
    /// Double-layer capacitance: F/m2 on faces, F/m3 in volumes, F/m on edges; counts for impedances alone.
    pub capacitance: f64,
}

/// What is prescribed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drive {
    /// Collector against separator, less the equilibrium potential of the first site, V.
    Overpotential(f64),
    /// Collector against separator, V.
    Voltage(f64),
    /// Current per cross-section, A/m2.
    CurrentDensity(f64),
}

/// What the electrode is put between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cell {
    /// Separator and current collector: how it works. The cell of two of them face to face has twice its impedance.
    #[default]
    Electrode,
    /// A metal on either side, which ions do not pass.
    IonsBlocked,
    /// Electrolyte on either side, which electrons do not pass.
    ElectronsBlocked,
}

/// An electrode between a separator and a current collector.
#[derive(Debug, Clone)]
pub struct Electrode<'a> {
    /// Its voxels; they need a size.
    pub volume: &'a Volume,
    /// From separator to collector, or back.
    pub axis: Axis,
    /// Where the separator is; the collector is at the other end.
    pub separator: End,
    /// The four other sides.
    pub sides: Sides,
    /// Ionic and electronic conductivity of each code along (z, y, x), S/m.
    pub conductivity: [Vec<[f64; 3]>; 2],
    /// Area-specific contact resistance of each pair of codes for ions and for electrons, row-major, Ohm m2.
    pub contact: [Vec<f64>; 2],
    /// Area-specific resistance between grains of each code, which is the same for both carriers, Ohm m2.
    pub grain_boundary: Vec<f64>,
    /// Particle ids `[z][y][x]` of the volume's shape: voxels of one phase with different ids are different grains.
    pub grains: Option<Array3<u32>>,
    /// Area-specific resistance of each code at the separator (ions) and at the collector (electrons), Ohm m2.
    pub terminal: [Vec<f64>; 2],
    /// Where charge passes.
    pub sites: Vec<Site>,
    /// How.
    pub kinetics: Kinetics,
    /// Whether each code is active material.
    pub active: Vec<bool>,
    /// How far from a conductor active material is still reached, m; where none is given, a connected piece of it is
    /// reached as a whole where it is touched.
    pub reach: Option<f64>,
}

impl<'a> Electrode<'a> {
    /// Nothing conducts and nothing reacts until told otherwise.
    pub fn new(volume: &'a Volume, axis: Axis, kinetics: Kinetics) -> Self {
        let phases = volume.labels().len();
        let pairs = || vec![0.0; phases * phases];
        Self {
            volume,
            axis,
            separator: End::First,
            sides: Sides::Mirror,
            conductivity: [vec![[0.0; 3]; phases], vec![[0.0; 3]; phases]],
            contact: [pairs(), pairs()],
            grain_boundary: vec![0.0; phases],
            grains: None,
            terminal: [vec![0.0; phases], vec![0.0; phases]],
            sites: Vec::new(),
            kinetics,
            active: vec![false; phases],
            reach: None,
        }
    }

    /// The point at which the electrode works under a drive, and its fields.
    ///
    /// # Errors
    /// [`ElectrodeError`] where the description does not make sense, and as [`Conduction::solve`](super::Conduction::solve).
    pub fn solve(
        &self,
        drive: Drive,
        (tolerance, backend): (Tolerance, &Backend),
        observer: &mut dyn Observer,
    ) -> Result<(Operation, ElectrodeFields)> {
        self.check(drive)?;
        operation::solve(self, drive, (tolerance, backend), observer)
    }

    /// Its impedance at frequencies in a cell, for small currents round rest, with a bound on the error of each.
    ///
    /// # Errors
    /// As [`Electrode::solve`]; no capacitance, frequencies out of range, and terminals that nothing joins.
    pub fn impedance(&self, asked: &Sweep<'_>, observer: &mut dyn Observer) -> Result<Spectrum> {
        impedance::sweep(self, asked, observer)
    }

    /// The end at which the collector is.
    fn collector(&self) -> usize {
        match self.separator {
            End::First => 1,
            End::Last => 0,
        }
    }

    /// Whether each carrier has a terminal at either end.
    fn contacted(&self, cell: Cell) -> [[bool; 2]; 2] {
        match (cell, self.collector()) {
            (Cell::Electrode, 1) => [[true, false], [false, true]],
            (Cell::Electrode, _) => [[false, true], [true, false]],
            (Cell::IonsBlocked, _) => [[false; 2], [true; 2]],
            (Cell::ElectronsBlocked, _) => [[true; 2], [false; 2]],
        }
    }

    /// Whether each code conducts ions, electrons; what is negligible beside others of its carrier does not.
    pub fn conducts(&self) -> Vec<[bool; 2]> {
        let sigma = self
            .conductivity
            .each_ref()
            .map(|sigma| assembly::conducting(sigma));
        let conducts = |carrier: usize, code: usize| sigma[carrier][code].iter().any(|&s| s > 0.0);
        (0..self.active.len())
            .map(|code| [conducts(IONS, code), conducts(ELECTRONS, code)])
            .collect()
    }

    /// Thickness of the electrode, m.
    pub fn thickness(&self) -> f64 {
        let axis = self.axis.index();
        self.volume.shape()[axis] as f64 * self.edges()[axis]
    }

    /// Cross-section, m2.
    pub(crate) fn cross_section(&self) -> f64 {
        let (shape, edges) = (self.volume.shape(), self.edges());
        let all: f64 = (0..3)
            .map(|axis| shape[axis] as f64 * edges[axis])
            .product();
        all / self.thickness()
    }

    /// Voxel edges (z, y, x), m.
    pub(crate) fn edges(&self) -> [f64; 3] {
        self.volume.spacing().unwrap_or([1.0; 3])
    }
}
