//! The five generators, each a table of parameters and a function that makes a recipe of their values. The command line,
//! scenario files and the files that are written all follow these tables.

use super::{
    super::{Inconsistency, ScenarioError},
    tables::{COMPOSITE, CORE_SHELL, MEMBRANE, PELLET, VERTICAL_GRAPHENE},
    values::{Parameter, Values},
};
use crate::{
    materials::{self, Property},
    microstructure::generate::{
        Carbon, CarbonShape, Composite, CoreShell, GenerateError, Heckel, Membrane, Orientation,
        Pellet, Recipe, Sizes, VerticalGraphene,
    },
};

/// A generator.
#[derive(Debug)]
pub struct Generator {
    /// As people type it.
    pub name: &'static str,
    /// What it builds, in a line.
    pub about: &'static str,
    /// Edge of a voxel where none is given.
    pub voxel: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Its phases by ascending label from 0: the name, and the parameter that names the material (empty for pores).
    pub phases: &'static [(&'static str, &'static str)],
    pub(super) recipe: fn(&Values) -> crate::Result<Box<dyn Recipe>>,
}

impl PartialEq for Generator {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Generator {
    /// The generator of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        GENERATORS.iter().find(|generator| generator.name == name)
    }
}

/// Every generator.
pub static GENERATORS: [Generator; 5] = [
    Generator {
        name: "composite",
        about: "Composite cathode: active particles, sulphide electrolyte, carbon, pores",
        voxel: "50 nm",
        parameters: &COMPOSITE,
        phases: &[
            ("pore", ""),
            ("active", "active_material"),
            ("electrolyte", "electrolyte_material"),
            ("carbon", "carbon_material"),
        ],
        recipe: composite,
    },
    Generator {
        name: "vertical-graphene",
        about: "Upright graphene sheets on a collector, filled with Li2S, under LiPON",
        voxel: "5 nm",
        parameters: &VERTICAL_GRAPHENE,
        phases: &[
            ("void", ""),
            ("sheet-normal-x", "sheet_material"),
            ("sheet-normal-y", "sheet_material"),
            ("filling", "filling_material"),
            ("electrolyte", "electrolyte_material"),
            ("collector", "collector_material"),
        ],
        recipe: vertical_graphene,
    },
    Generator {
        name: "pellet",
        about: "Pressed pellet of particles with a soft coating that flows into the voids",
        voxel: "50 nm",
        parameters: &PELLET,
        phases: &[
            ("pore", ""),
            ("particle", "particle_material"),
            ("coating", "coating_material"),
        ],
        recipe: pellet,
    },
    Generator {
        name: "membrane",
        about: "Self-densified membrane: equal spheres, packed and sintered",
        voxel: "4 nm",
        parameters: &MEMBRANE,
        phases: &[("pore", ""), ("solid", "material")],
        recipe: membrane,
    },
    Generator {
        name: "core-shell",
        about: "Active particles with a shell in an electrolyte",
        voxel: "4 nm",
        parameters: &CORE_SHELL,
        phases: &[
            ("matrix", "matrix_material"),
            ("core", "core_material"),
            ("shell", "shell_material"),
        ],
        recipe: core_shell,
    },
];

/// Thickness of coating per cycle of atomic layer deposition, m.
const PER_CYCLE: f64 = 1.1e-9;

fn log_normal(values: &Values) -> Result<Sizes, ScenarioError> {
    Ok(Sizes::LogNormal {
        median: values.number("diameter")?,
        spread: values.number("spread")?,
    })
}

fn names<const N: usize>(values: &Values, parameters: [&str; N]) -> [String; N] {
    parameters.map(|parameter| values.text(parameter).to_owned())
}

fn composite(values: &Values) -> crate::Result<Box<dyn Recipe>> {
    let materials = names(
        values,
        ["active_material", "electrolyte_material", "carbon_material"],
    );
    let shape = match values.text("carbon_shape") {
        "fibres" => CarbonShape::Fibres,
        "sheets" => CarbonShape::Sheets,
        _ => CarbonShape::Black,
    };
    let orientation = match values.text("orientation") {
        "upright" => Orientation::Upright,
        "flat" => Orientation::Flat,
        _ => Orientation::Random,
    };
    Ok(Box::new(Composite {
        active: log_normal(values)?,
        fractions: fractions(values, &materials)?,
        carbon: Carbon {
            shape,
            thickness: values.number("carbon_thickness")?,
            aspect_ratio: values.number("aspect_ratio")?,
            orientation,
        },
        pore_size: values.number("pore_size")?,
        materials,
    }))
}

/// Fractions of the volume: pores, active, electrolyte, carbon. Weights become volumes by the densities of the library.
fn fractions(values: &Values, materials: &[String; 3]) -> crate::Result<[f64; 4]> {
    let (active, carbon) = (values.number("active")?, values.number("carbon")?);
    let pores = values.number("porosity")?;
    let weights = values.text("by") == "weight";
    let others = if weights {
        active + carbon
    } else {
        active + carbon + pores
    };
    let electrolyte = values
        .optional("electrolyte")?
        .unwrap_or((1.0 - others).max(0.0));
    let sum = others + electrolyte;
    if (sum - 1.0).abs() > 1e-6 {
        let what = if weights {
            "active particles, electrolyte and carbon (weights of the solids, without pores)"
        } else {
            "pores, active particles, electrolyte and carbon"
        };
        return Err(GenerateError::Fractions { what, sum }.into());
    }
    if !weights {
        return Ok([pores, active, electrolyte, carbon]);
    }
    let mut volumes = [active, electrolyte, carbon];
    for (volume, material) in volumes.iter_mut().zip(materials) {
        *volume /= density(material)?;
    }
    let solids: f64 = volumes.iter().sum();
    let [active, electrolyte, carbon] = volumes.map(|volume| volume / solids * (1.0 - pores));
    Ok([pores, active, electrolyte, carbon])
}

fn density(material: &str) -> Result<f64, ScenarioError> {
    let value = materials::find(material).and_then(|material| material.get(Property::Density));
    let missing = || Inconsistency::NoDensity {
        material: material.to_owned(),
    };
    Ok(value.ok_or_else(missing)?.si())
}

fn vertical_graphene(values: &Values) -> crate::Result<Box<dyn Recipe>> {
    let materials = [
        "sheet_material",
        "filling_material",
        "electrolyte_material",
        "collector_material",
    ];
    Ok(Box::new(VerticalGraphene {
        collector: values.number("collector")?,
        height: values.number("height")?,
        roughness: values.number("roughness")?,
        spacing: values.number("spacing")?,
        sheet_thickness: values.number("sheet_thickness")?,
        open: values.number("open")?,
        disorder: values.number("disorder")?,
        tilt: values.number("tilt")?,
        coating: values.number("coating")?,
        materials: names(values, materials),
    }))
}

fn pellet(values: &Values) -> crate::Result<Box<dyn Recipe>> {
    let (coating, cycles) = (values.number("coating")?, values.number("cycles")?);
    if coating > 0.0 && cycles > 0.0 {
        let both = Inconsistency::Twice {
            first: "coating",
            second: "cycles",
        };
        return Err(ScenarioError::from(both).into());
    }
    let loose_density = values.number("loose_density")?;
    let heckel = match values.points("compaction")?.as_slice() {
        [] => Heckel {
            loose_density,
            yield_pressure: values.number("yield_pressure")?,
        },
        [point] => Heckel::through(loose_density, *point)?,
        points => Heckel::fit(points)?,
    };
    Ok(Box::new(Pellet {
        particles: log_normal(values)?,
        coating: coating + cycles * PER_CYCLE,
        pressure: values.number("pressure")?,
        heckel,
        residual_porosity: values.number("residual_porosity")?,
        materials: names(values, ["particle_material", "coating_material"]),
    }))
}

fn membrane(values: &Values) -> crate::Result<Box<dyn Recipe>> {
    Ok(Box::new(Membrane {
        spheres: Sizes::Normal {
            mean: values.number("diameter")?,
            deviation: values.number("deviation")?,
        },
        green_density: values.number("green_density")?,
        relative_density: values.number("relative_density")?,
        neck_ratio: values.number("neck_ratio")?,
        material: values.text("material").to_owned(),
    }))
}

fn core_shell(values: &Values) -> crate::Result<Box<dyn Recipe>> {
    Ok(Box::new(CoreShell {
        cores: log_normal(values)?,
        core_fraction: values.number("core_fraction")?,
        shell_thickness: values.number("shell")?,
        overlapping: values.text("shells") == "overlapping",
        materials: names(
            values,
            ["matrix_material", "core_material", "shell_material"],
        ),
    }))
}
