//! The parameters of the generators, one row each.

use super::{
    super::quantity::Kind,
    values::{
        Parameter,
        Takes::{self, Compaction, Material, Quantity, Word},
    },
};

const fn parameter(
    name: &'static str,
    takes: Takes,
    default: &'static str,
    help: &'static str,
) -> Parameter {
    Parameter {
        name,
        takes,
        default,
        help,
    }
}

const LENGTH: Takes = Quantity(Kind::Length);
const NUMBER: Takes = Quantity(Kind::Dimensionless);
const PRESSURE: Takes = Quantity(Kind::Pressure);

#[rustfmt::skip]
pub(super) const COMPOSITE: [Parameter; 15] = [
    parameter("by", Word(&["volume", "weight"]), "volume", "What fractions are of: the volume, or the weight of the solids"),
    parameter("active", NUMBER, "40 %", "Fraction of active particles"),
    parameter("electrolyte", NUMBER, "", "Fraction of electrolyte [default: what the others leave]"),
    parameter("carbon", NUMBER, "5 %", "Fraction of carbon"),
    parameter("porosity", NUMBER, "10 %", "Fraction of the volume that is pores"),
    parameter("diameter", LENGTH, "600 nm", "Median diameter of active particles, by number"),
    parameter("spread", NUMBER, "0.3", "Standard deviation of the logarithm of diameters"),
    parameter("carbon_shape", Word(&["black", "fibres", "sheets"]), "black", "Shape of the carbon particles"),
    parameter("carbon_thickness", LENGTH, "100 nm", "Diameter of dots and fibres, thickness of sheets"),
    parameter("aspect_ratio", NUMBER, "10", "Of fibres: length to diameter; of sheets: diameter to thickness"),
    parameter("orientation", Word(&["random", "upright", "flat"]), "random", "How fibres and sheets lie; upright is along z"),
    parameter("pore_size", LENGTH, "300 nm", "Width of pores"),
    parameter("active_material", Material, "S", "Material of the active particles, such as S or Li2S"),
    parameter("electrolyte_material", Material, "Li6PS5Cl", "Material of the electrolyte"),
    parameter("carbon_material", Material, "carbon-black", "Material of the carbon"),
];

#[rustfmt::skip]
pub(super) const VERTICAL_GRAPHENE: [Parameter; 13] = [
    parameter("collector", LENGTH, "20 nm", "Thickness of collector that is shown"),
    parameter("height", LENGTH, "200 nm", "Height of the highest sheets"),
    parameter("roughness", NUMBER, "0.15", "Part of the height by which sheets differ"),
    parameter("spacing", LENGTH, "70 nm", "Mean distance between sheets"),
    parameter("sheet_thickness", LENGTH, "5 nm", "Thickness of a sheet"),
    parameter("open", NUMBER, "0.25", "Part of the places for sheets that stay open"),
    parameter("disorder", NUMBER, "0.9", "Disorder in the plane; 0 is a square lattice along the grid axes"),
    parameter("tilt", NUMBER, "3", "Typical tilt of sheets from the upright, in degrees"),
    parameter("coating", LENGTH, "30 nm", "Thickness of the filling on sheets and collector"),
    parameter("sheet_material", Material, "graphene", "Material of the sheets"),
    parameter("filling_material", Material, "Li2S", "Material of the filling"),
    parameter("electrolyte_material", Material, "LiPON", "Material on top"),
    parameter("collector_material", Material, "graphene", "Material of the collector"),
];

#[rustfmt::skip]
pub(super) const PELLET: [Parameter; 11] = [
    parameter("diameter", LENGTH, "1 um", "Median diameter of particles without coating, by number"),
    parameter("spread", NUMBER, "0.35", "Standard deviation of the logarithm of diameters"),
    parameter("coating", LENGTH, "0 nm", "Thickness of the coating before pressing"),
    parameter("cycles", NUMBER, "0", "The same as cycles of atomic layer deposition, 1.1 nm each"),
    parameter("pressure", PRESSURE, "510 MPa", "Pressure"),
    parameter("loose_density", NUMBER, "0.58", "Relative density of the loose powder (Heckel)"),
    parameter("yield_pressure", PRESSURE, "1516 MPa", "Mean yield pressure of the bare powder (Heckel)"),
    parameter("compaction", Compaction, "", "Measured on the bare powder, to fit Heckel's law: PRESSURE=DENSITY,..."),
    parameter("residual_porosity", NUMBER, "8 %", "Porosity that no coating fills"),
    parameter("particle_material", Material, "Li6PS5Cl", "Material of the particles"),
    parameter("coating_material", Material, "LPS-glass", "Material of the coating"),
];

#[rustfmt::skip]
pub(super) const MEMBRANE: [Parameter; 6] = [
    parameter("diameter", LENGTH, "44 nm", "Mean diameter of the spheres"),
    parameter("deviation", LENGTH, "6 nm", "Standard deviation of the diameters"),
    parameter("green_density", NUMBER, "0.62", "Relative density of the packing before sintering"),
    parameter("relative_density", NUMBER, "0.75", "Relative density after sintering"),
    parameter("neck_ratio", NUMBER, "0.25", "Radius of a neck to that of spheres that just touch"),
    parameter("material", Material, "beta-Li3PS4", "Material of the spheres"),
];

#[rustfmt::skip]
pub(super) const CORE_SHELL: [Parameter; 8] = [
    parameter("diameter", LENGTH, "75 nm", "Median diameter of the cores, by number"),
    parameter("spread", NUMBER, "0.15", "Standard deviation of the logarithm of diameters"),
    parameter("core_fraction", NUMBER, "25 %", "Fraction of the volume that is core"),
    parameter("shell", LENGTH, "8 nm", "Thickness of the shell"),
    parameter("shells", Word(&["apart", "overlapping"]), "apart", "Shells keep cores apart, or grow into the matrix and overlap"),
    parameter("core_material", Material, "S", "Material of the cores"),
    parameter("shell_material", Material, "beta-Li3PS4", "Material of the shell"),
    parameter("matrix_material", Material, "Li6PS5Cl", "Material between"),
];
