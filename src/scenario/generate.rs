//! A microstructure as data: which generator, its parameters by physical name with units, size, voxel size and seed, from
//! the command line or from the section `[generate]` of a scenario file.
//!
//! ```toml
//! [generate]
//! generator = "pellet"
//! seed = 7                     # drawn if it is missing
//! size = 64                    # voxels along each axis, or shape = [z, y, x]
//! voxel_size = "50 nm"
//! ends = "periodic"            # or "walled"
//! cycles = 60                  # parameters of the generator; `voxion generate pellet --help` lists them
//! ```

mod generators;
mod tables;
mod values;

pub use generators::{GENERATORS, Generator};
pub use values::{Parameter, Values};

use super::{
    Inconsistency, ScenarioError, ScenarioFile,
    error::Fault,
    quantity::{self, Kind, Range},
    section::{Section, Source},
    words::{self, alternatives, nearest},
};
use crate::microstructure::generate::{Ends, GenerateError, Grid, Microstructure, Recipe};
use std::path::Path;
use toml::de::DeTable;

/// What is known of a microstructure to be built; what is missing gets its default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    /// Which generator.
    pub generator: Option<&'static Generator>,
    /// Its parameters as typed.
    pub settings: Vec<(&'static str, String)>,
    /// The seed.
    pub seed: Option<u64>,
    /// Voxels along (z, y, x).
    pub shape: Option<[usize; 3]>,
    /// Edge of a voxel, m.
    pub voxel: Option<f64>,
    /// How the sides end.
    pub ends: Option<Ends>,
}

/// A microstructure that can be built.
pub struct Plan {
    /// Which generator.
    pub generator: &'static Generator,
    /// The voxels.
    pub grid: Grid,
    /// The seed.
    pub seed: u64,
    /// Every parameter.
    pub values: Values,
    recipe: Box<dyn Recipe>,
}

/// Voxels along each axis where nothing is said.
const SIZE: usize = 64;

impl Draft {
    /// The section `[generate]` of a scenario file.
    ///
    /// # Errors
    /// A file that cannot be read, or the first fault in the section, with its line.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let file = ScenarioFile::read(path)?;
        Self::parse(&file.text, &file.name())
    }

    /// The same from the text of a file that messages call `name`.
    ///
    /// # Errors
    /// The first fault in the section, with its line.
    pub fn parse(text: &str, name: &str) -> Result<Self, ScenarioError> {
        let source = Source { text, name };
        let document = DeTable::parse(text).map_err(|error| {
            let fault = Fault::Syntax(error.message().to_owned());
            source.fault(fault, error.span().unwrap_or(0..0))
        })?;
        let root = Section::root(source, &document, &super::file::SECTIONS)?;
        section(&root).map(|(_, draft)| draft)
    }

    /// The same, if it is for that generator.
    ///
    /// # Errors
    /// A draft for another one.
    pub fn for_generator(self, generator: &'static Generator) -> Result<Self, ScenarioError> {
        match self.generator {
            Some(other) if other != generator => Err(Inconsistency::OtherGenerator {
                asked: generator.name,
                found: other.name,
            }
            .into()),
            _ => Ok(self),
        }
    }

    /// This draft, where it says something, over another.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        let mut settings = self.settings;
        let missing = |(name, _): &(&str, String)| settings.iter().all(|(own, _)| own != name);
        let added: Vec<_> = other.settings.into_iter().filter(missing).collect();
        settings.extend(added);
        Self {
            generator: self.generator.or(other.generator),
            settings,
            seed: self.seed.or(other.seed),
            shape: self.shape.or(other.shape),
            voxel: self.voxel.or(other.voxel),
            ends: self.ends.or(other.ends),
        }
    }

    /// Voxels along (z, y, x).
    pub fn voxels(&self) -> [usize; 3] {
        self.shape.unwrap_or([SIZE; 3])
    }

    /// Everything settled, with `drawn` for a missing seed.
    ///
    /// # Errors
    /// A quantity that cannot be read, fractions that do not add up, a shape that cannot be built.
    pub fn plan(self, generator: &'static Generator, drawn: u64) -> crate::Result<Plan> {
        let values = Values::new(generator.parameters, &self.settings)?;
        let shape = self.voxels();
        if !shape.iter().all(|n| (8..=2048).contains(n)) {
            return Err(GenerateError::Shape { shape }.into());
        }
        let default = || {
            quantity::parse_in(
                generator.voxel,
                Kind::Length,
                Range::VoxelEdge,
                "voxel_size",
            )
        };
        let grid = Grid {
            shape,
            voxel: match self.voxel {
                Some(voxel) => voxel,
                None => default().map_err(ScenarioError::from)?,
            },
            ends: self.ends.unwrap_or_default(),
        };
        let recipe = (generator.recipe)(&values)?;
        let seed = self.seed.unwrap_or(drawn);
        Ok(Plan {
            generator,
            grid,
            seed,
            values,
            recipe,
        })
    }
}

/// The section `[generate]` of a file.
pub(super) fn section(root: &Section<'_>) -> Result<(&'static Generator, Draft), ScenarioError> {
    let node = root.required("generate")?;
    let named = root.anything("generate", node)?;
    let generator = generator(&named)?;
    let section = root.open("[generate]".to_owned(), node, &keys(generator))?;
    let draft = Draft {
        generator: Some(generator),
        settings: settings(&section, generator)?,
        seed: seed(&section)?,
        shape: shape(&section)?,
        voxel: voxel(&section)?,
        ends: match section.text("ends")? {
            Some(_) => Some(section.word("ends", &words::ENDS)?),
            None => None,
        },
    };
    Ok((generator, draft))
}

/// The keys of the section for a generator.
pub(super) fn keys(generator: &'static Generator) -> Vec<&'static str> {
    let parameters = generator.parameters.iter().map(|parameter| parameter.name);
    COMMON.into_iter().chain(parameters).collect()
}

impl Plan {
    /// Builds it.
    ///
    /// # Errors
    /// As [`Recipe::build`].
    pub fn build(&self) -> Result<Microstructure, GenerateError> {
        self.recipe.build(&self.grid, self.seed)
    }
}

const COMMON: [&str; 6] = ["generator", "seed", "size", "shape", "voxel_size", "ends"];

fn generator(section: &Section<'_>) -> Result<&'static Generator, ScenarioError> {
    let name = section.text_of("generator", section.required("generator")?)?;
    let names = || GENERATORS.iter().map(|generator| generator.name);
    Generator::find(name.value).ok_or_else(|| {
        let fault = Fault::UnknownWord {
            key: "generator".to_owned(),
            found: name.value.to_owned(),
            nearest: nearest(name.value, names()).map(str::to_owned),
            known: alternatives(names()),
        };
        section.fault(fault, name.span)
    })
}

fn settings(
    section: &Section<'_>,
    generator: &Generator,
) -> Result<Vec<(&'static str, String)>, ScenarioError> {
    let mut settings = Vec::new();
    for parameter in generator.parameters {
        if let Some(typed) = section.quantity(parameter.name)? {
            let text = typed.value.to_owned();
            parameter
                .check(&text)
                .map_err(|error| section.fault(error, typed.span))?;
            settings.push((parameter.name, text));
        }
    }
    Ok(settings)
}

fn seed(section: &Section<'_>) -> Result<Option<u64>, ScenarioError> {
    let list = section.list("seed");
    let node = list.first();
    node.map(|node| section.integer("seed", node, "a whole number, zero or positive"))
        .transpose()
}

fn shape(section: &Section<'_>) -> Result<Option<[usize; 3]>, ScenarioError> {
    let expected = "a whole number, or with shape a list of three";
    let count = |key: &str| -> Result<Vec<usize>, ScenarioError> {
        let list = section.list(key);
        list.iter()
            .map(|node| section.integer(key, node, expected))
            .collect()
    };
    let wrong = |key: &str| {
        let fault = Fault::WrongType {
            key: key.to_owned(),
            found: "a list of another length",
            expected,
        };
        section.fault(fault, section.span.clone())
    };
    match (count("size")?.as_slice(), count("shape")?.as_slice()) {
        ([], []) => Ok(None),
        ([n], []) => Ok(Some([*n; 3])),
        ([], &[z, y, x]) => Ok(Some([z, y, x])),
        (_, []) => Err(wrong("size")),
        _ => Err(wrong("shape")),
    }
}

fn voxel(section: &Section<'_>) -> Result<Option<f64>, ScenarioError> {
    let Some(typed) = section.quantity("voxel_size")? else {
        return Ok(None);
    };
    let length = quantity::parse_in(typed.value, Kind::Length, Range::VoxelEdge, "voxel_size");
    length
        .map(Some)
        .map_err(|error| section.fault(error, typed.span))
}
