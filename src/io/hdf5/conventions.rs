//! What the programs that write HDF5 say about a volume beside its elements: names of axes, voxel sizes, paddings.
//!
//! Read are: ilastik and vigra (`axistags`), h5py and NetCDF-4 (dimension labels and scales), NeXus (`signal`, `axes`),
//! OME-Zarr's `multiscales`, Imaris, BigDataViewer with its XML file, DREAM.3D and DREAM3D-NX, MATLAB 7.3, VTKHDF, and
//! attributes such as `element_size_um` or `voxel_size` with a unit, on the dataset or a group above it.

use super::{
    super::{
        IoError, ReadOptions, StatedVoxelSize,
        axes::{AxisKind, FileAxis},
        calibration::metres_per,
    },
    attributes::{Attributes, small_dataset},
    escaped,
    find::{Found, Place, level},
    types::Value,
};
use serde_json::Value as Json;
use std::path::Path;

/// What is known of a dataset besides its elements.
#[derive(Debug, Default)]
pub(super) struct Description {
    /// The axes of the dataset, in its order.
    pub(super) axes: Vec<FileAxis>,
    pub(super) voxel_size: Option<StatedVoxelSize>,
    /// Decisions, a sentence each.
    pub(super) notes: Vec<String>,
    /// Attributes of the dataset.
    pub(super) attributes: Attributes,
}

/// A group above the dataset, or the dataset itself.
struct Level {
    place: Place,
    attributes: Attributes,
}

impl Level {
    /// A small dataset below the group.
    fn value(&self, name: &str) -> Result<Option<Value>, IoError> {
        match self.place.find(name)? {
            Some(place) => {
                let object = place.object()?;
                place
                    .source
                    .sound(small_dataset(&place.source.bytes, &object))
            }
            None => Ok(None),
        }
    }

    fn numbers(&self, name: &str) -> Result<Option<Vec<f64>>, IoError> {
        Ok(self
            .value(name)?
            .and_then(|value| value.numbers().map(<[f64]>::to_vec)))
    }

    /// The attributes of an object below the group.
    fn attributes_of(&self, name: &str) -> Result<Option<Attributes>, IoError> {
        match self.place.find(name)? {
            Some(place) => attributes(&place).map(Some),
            None => Ok(None),
        }
    }
}

fn attributes(place: &Place) -> Result<Attributes, IoError> {
    let object = place.object()?;
    place
        .source
        .sound(Attributes::read(&place.source.bytes, &object))
}

/// Everything that is stated about a dataset.
///
/// # Errors
/// Metadata that contradict each other or the dataset, and MATLAB variables that are no arrays of numbers.
pub(super) fn describe(found: &Found, options: &ReadOptions) -> Result<Description, IoError> {
    let mut levels = Vec::new();
    let mut place = found.place.clone();
    loop {
        levels.push(Level {
            attributes: attributes(&place)?,
            place: place.clone(),
        });
        if place.names.is_empty() {
            break;
        }
        place = place.parent();
    }
    let mut reader = Reader {
        found,
        lengths: found.lengths(),
        levels,
        stated: Vec::new(),
        notes: Vec::new(),
        without_unit: Vec::new(),
    };
    let axes = reader.axes()?;
    let axes = reader.imaris(axes)?;
    reader.big_data_viewer()?;
    reader.dream3d(&axes)?;
    reader.vtkhdf();
    reader.attributes_with_units();
    reader.scales(&axes)?;
    reader.packing();
    let voxel_size = reader.voxel_size(options.has_voxel_size)?;
    let attributes = reader.levels.swap_remove(0).attributes;
    Ok(Description {
        axes,
        voxel_size,
        notes: reader.notes,
        attributes,
    })
}

struct Reader<'a> {
    found: &'a Found,
    lengths: Vec<usize>,
    /// The dataset, the group that holds it, and so on to the root.
    levels: Vec<Level>,
    stated: Vec<StatedVoxelSize>,
    notes: Vec<String>,
    /// Statements about the voxel size that lack a unit.
    without_unit: Vec<String>,
}

impl Reader<'_> {
    fn path(&self) -> &Path {
        &self.found.place.source.path
    }

    fn own(&self) -> &Attributes {
        &self.levels[0].attributes
    }

    fn contradiction(&self, first: String, second: String, advice: &'static str) -> IoError {
        IoError::Contradiction {
            path: self.path().to_owned(),
            first,
            second,
            advice,
        }
    }

    fn state(&mut self, metres: [f64; 3], stated_in: impl Into<String>) {
        self.stated.extend(StatedVoxelSize::new(metres, stated_in));
    }

    /// The axes by the first convention that names them.
    fn axes(&mut self) -> Result<Vec<FileAxis>, IoError> {
        use AxisKind::{Channel, Samples, Time, Unknown, X, Y, Z};
        let rank = self.lengths.len();
        let mut kinds = vec![Unknown; rank];
        if let Some(class) = self.own().text("MATLAB_class") {
            if ["cell", "struct", "char", "function_handle"].contains(&class.as_str())
                || self.own().number("MATLAB_empty") == Some(1.0)
            {
                return Err(IoError::SampleType {
                    path: self.path().to_owned(),
                    found: format!("MATLAB {}", escaped(&class)),
                });
            }
            // MATLAB counts (row, column, page, ...) and writes the last first.
            let order = [Y, X, Z, Channel, Time];
            if rank <= order.len() {
                for (kind, &named) in kinds.iter_mut().rev().zip(&order) {
                    *kind = named;
                }
                self.notes
                    .push("a MATLAB array: its rows are y, its columns x, its pages z".to_owned());
            }
        } else if let Some(Names { words, stated_in }) = self.names()? {
            if words.len() != rank {
                return Err(self.contradiction(
                    format!("{stated_in} names {} axes", words.len()),
                    format!("{} has {rank}", escaped(&self.found.name)),
                    "correct the one that is wrong",
                ));
            }
            let named: Vec<AxisKind> = words.iter().map(|word| axis(word)).collect();
            let twice = [X, Y, Z]
                .iter()
                .any(|kind| named.iter().filter(|k| *k == kind).count() > 1);
            if !twice {
                kinds = named;
            }
            if kinds.iter().any(|kind| *kind != Unknown) {
                self.notes.push(format!(
                    "axes {} from {stated_in}",
                    escaped(&words.join(","))
                ));
            }
        } else if rank == 4 && (self.is_dream3d()? || self.is_vtkhdf()) {
            kinds = vec![Z, Y, X, Samples];
        }
        let lengths = self.lengths.iter();
        Ok(kinds
            .into_iter()
            .zip(lengths)
            .map(|(kind, &length)| FileAxis::new(kind, length))
            .collect())
    }

    /// Names of the axes, and where they stand.
    fn names(&self) -> Result<Option<Names>, IoError> {
        let rank = self.lengths.len();
        if let Some(text) = self.own().text("axistags")
            && let Ok(tags) = serde_json::from_str::<Json>(&text)
            && let Some(axes) = tags.get("axes").and_then(Json::as_array)
        {
            let key = |axis: &Json| {
                let key = axis.get("key").and_then(Json::as_str);
                key.unwrap_or("?").to_owned()
            };
            return Ok(Some(Names::new(axes.iter().map(key), "attribute axistags")));
        }
        let labels = self.own().get("DIMENSION_LABELS").and_then(Value::texts);
        if let Some(labels) = labels
            && labels.iter().any(|label| !label.is_empty())
        {
            let labels = labels.iter().cloned();
            return Ok(Some(Names::new(labels, "attribute DIMENSION_LABELS")));
        }
        // Attributes of these names may mean something else: they count where they fit.
        let fits = |words: &Vec<String>| {
            let known = words.iter().any(|word| axis(word) != AxisKind::Unknown);
            words.len() == rank && known
        };
        for level in self.levels.iter().take(2) {
            let axes = multiscales(&level.attributes).unwrap_or_default();
            let names: Vec<String> = axes.into_iter().map(|axis| axis.name).collect();
            if fits(&names) {
                return Ok(Some(Names::new(names, "attribute multiscales")));
            }
        }
        for name in [
            "axes",
            "axis_names",
            "axis_order",
            "dims",
            "dimensions",
            "dimension_order",
            "dim_names",
        ] {
            if let Some(words) = self.own().get(name).and_then(words).filter(fits) {
                return Ok(Some(Names::new(words, format!("attribute {name}"))));
            }
        }
        // NeXus: the group says which dataset is its signal and what its axes are.
        if let Some(group) = self.levels.get(1) {
            let signal = group.attributes.text("signal");
            if signal.as_ref() == self.found.place.names.last()
                && let Some(words) = group.attributes.get("axes").and_then(words).filter(fits)
            {
                return Ok(Some(Names::new(words, "the NeXus attribute axes")));
            }
        }
        let scales = self.scale_names()?.filter(fits);
        Ok(scales.map(|names| Names::new(names, "its dimension scales")))
    }

    /// Names of the dimension scales that h5py and NetCDF-4 attach to the axes: those of the same group or the root.
    fn scale_names(&self) -> Result<Option<Vec<String>>, IoError> {
        let Some(Value::References(addresses)) = self.own().get("DIMENSION_LIST") else {
            return Ok(None);
        };
        if addresses.len() != self.lengths.len() {
            return Ok(None);
        }
        let mut names = vec![String::new(); addresses.len()];
        for level in self.levels.iter().skip(1) {
            let source = &level.place.source;
            let links = source.sound(level.place.object()?.links(&source.bytes))?;
            for link in links {
                if let super::object::Target::Hard(address) = link.target {
                    for (name, _) in names
                        .iter_mut()
                        .zip(addresses)
                        .filter(|(_, a)| **a == address)
                    {
                        link.name.clone_into(name);
                    }
                }
            }
        }
        Ok(Some(names))
    }

    /// Imaris: sizes without the padding of chunks, extents in the unit of the scene.
    fn imaris(&mut self, mut axes: Vec<FileAxis>) -> Result<Vec<FileAxis>, IoError> {
        let is_imaris = self.levels.iter().any(|l| {
            l.place
                .names
                .last()
                .is_some_and(|n| n.starts_with("ResolutionLevel "))
        });
        if !is_imaris || axes.len() != 3 {
            return Ok(axes);
        }
        let numbers = |attributes: &Attributes, names: [&str; 3]| -> Option<[f64; 3]> {
            let all = names.map(|name| attributes.number(name));
            all.iter()
                .all(Option::is_some)
                .then(|| all.map(Option::unwrap_or_default))
        };
        let root = self
            .levels
            .last()
            .map(|root| root.attributes_of("DataSetInfo/Image"));
        let image = root.transpose()?.flatten().unwrap_or_default();
        let is_full = level(&self.found.place.names).is_none_or(|level| level == 0);
        let channel = numbers(
            &self.levels[1].attributes,
            ["ImageSizeZ", "ImageSizeY", "ImageSizeX"],
        );
        let whole = numbers(&image, ["Z", "Y", "X"]).filter(|_| is_full);
        if let (Some(channel), Some(whole)) = (channel, whole)
            && channel != whole
        {
            let words = |sizes: [f64; 3]| sizes.map(|size| size.to_string()).join(" x ");
            return Err(self.contradiction(
                format!("ImageSizeZ, Y, X of the channel are {}", words(channel)),
                format!("Z, Y, X of DataSetInfo/Image are {}", words(whole)),
                "export it again",
            ));
        }
        let Some(sizes) = channel.or(whole) else {
            return Ok(axes);
        };
        let stored: Vec<usize> = axes.iter().map(|axis| axis.length).collect();
        for ((axis, size), kind) in
            axes.iter_mut()
                .zip(sizes)
                .zip([AxisKind::Z, AxisKind::Y, AxisKind::X])
        {
            if !(size >= 1.0 && size <= axis.length as f64) {
                return Err(self.contradiction(
                    format!("the image has {size} voxels along an axis"),
                    format!("its dataset has {}", axis.length),
                    "export it again",
                ));
            }
            #[expect(clippy::cast_possible_truncation, reason = "between 1 and a length")]
            let size = size as usize;
            *axis = FileAxis::new(kind, size);
        }
        let kept: Vec<usize> = axes.iter().map(|axis| axis.length).collect();
        if kept != stored {
            self.notes.push(format!(
                "the Imaris image is {} of {} stored voxels (z,y,x); the padding was left out",
                super::super::error::commas(&kept),
                super::super::error::commas(&stored)
            ));
        }
        let low = numbers(&image, ["ExtMin2", "ExtMin1", "ExtMin0"]);
        let high = numbers(&image, ["ExtMax2", "ExtMax1", "ExtMax0"]);
        if let (Some(low), Some(high)) = (low, high) {
            let edges: [f64; 3] =
                std::array::from_fn(|axis| (high[axis] - low[axis]) / sizes[axis]);
            let unit = image.text("Unit").unwrap_or_else(|| "um".to_owned());
            self.with_unit(edges, &unit, "the Imaris extents");
        }
        Ok(axes)
    }

    /// Keeps a voxel size with a unit, or a remark on the one that lacks it.
    fn with_unit(&mut self, edges: [f64; 3], unit: &str, stated_in: &str) {
        match metres_per(unit) {
            Some(metres) => self.state(edges.map(|edge| edge * metres), stated_in),
            None => {
                let edges = edges.map(|edge| edge.to_string()).join(" x ");
                let unit = if unit.trim().is_empty() {
                    "no unit".to_owned()
                } else {
                    format!("the unit \"{}\", which is no length", escaped(unit.trim()))
                };
                self.without_unit
                    .push(format!("{stated_in}: {edges} with {unit}"));
            }
        }
    }

    /// BigDataViewer: the XML file beside it has the size of a voxel, `resolutions` how much coarser a level is.
    fn big_data_viewer(&mut self) -> Result<(), IoError> {
        let names = self.found.place.names.clone();
        let [.., setup, resolution, cells] = names.as_slice() else {
            return Ok(());
        };
        let Some(id) = setup
            .strip_prefix('s')
            .and_then(|id| id.parse::<usize>().ok())
        else {
            return Ok(());
        };
        if cells != "cells" {
            return Ok(());
        }
        let factors = self
            .levels
            .last()
            .map(|root| root.numbers(&format!("{setup}/resolutions")));
        let factors = factors.transpose()?.flatten().unwrap_or_default();
        let level = resolution.parse::<usize>().unwrap_or(0).min(64);
        let factors = factors
            .get(3 * level..3 * level + 3)
            .unwrap_or(&[1.0; 3])
            .to_vec();
        let xml = self.path().with_extension("xml");
        let small =
            std::fs::metadata(&xml).is_ok_and(|data| data.is_file() && data.len() < 1 << 24);
        let text = if small {
            std::fs::read_to_string(&xml).unwrap_or_default()
        } else {
            String::new()
        };
        let Ok(document) = roxmltree::Document::parse(&text) else {
            return Ok(());
        };
        for node in document
            .descendants()
            .filter(|node| node.has_tag_name("ViewSetup"))
        {
            let child = |name: &str| {
                let found = node.descendants().find(|inner| inner.has_tag_name(name));
                found
                    .and_then(|inner| inner.text())
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            };
            if child("id").parse() != Ok(id) {
                continue;
            }
            let Some(size) = node
                .children()
                .find(|inner| inner.has_tag_name("voxelSize"))
            else {
                continue;
            };
            let text = |name: &str| {
                let found = size.children().find(|inner| inner.has_tag_name(name));
                found
                    .and_then(|inner| inner.text())
                    .unwrap_or_default()
                    .to_owned()
            };
            let edges: Vec<f64> = numbers_in(&text("size"));
            if let ([x, y, z], [fx, fy, fz]) = (edges.as_slice(), factors.as_slice()) {
                self.with_unit(
                    [z * fz, y * fy, x * fx],
                    &text("unit"),
                    "the BigDataViewer XML file",
                );
            }
        }
        Ok(())
    }

    fn is_dream3d(&self) -> Result<bool, IoError> {
        for level in self.levels.iter().skip(1) {
            if level.attributes.numbers("_DIMENSIONS").is_some()
                || level.place.find("_SIMPL_GEOMETRY")?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// DREAM.3D: dimensions and spacing (x, y, z) of the image geometry, in micrometres where no unit is stated.
    fn dream3d(&mut self, axes: &[FileAxis]) -> Result<(), IoError> {
        let (mut spacing, mut dimensions, mut metres) = (None, None, 1e-6);
        for level in self.levels.iter().skip(1) {
            spacing = level.numbers("_SIMPL_GEOMETRY/SPACING")?;
            dimensions = level.numbers("_SIMPL_GEOMETRY/DIMENSIONS")?;
            if level.attributes.numbers("_DIMENSIONS").is_some() {
                spacing = level.attributes.numbers("_SPACING").map(<[f64]>::to_vec);
                dimensions = level.attributes.numbers("_DIMENSIONS").map(<[f64]>::to_vec);
                // The enumeration LengthUnit counts powers of ten, from yocto (0) on.
                let unit = level.attributes.number("_UNITS").unwrap_or(6.0);
                let units = [
                    (4.0, 1e-12),
                    (5.0, 1e-9),
                    (6.0, 1e-6),
                    (7.0, 1e-3),
                    (8.0, 1e-2),
                    (10.0, 1.0),
                ];
                let known = units.iter().find(|(number, _)| *number == unit);
                metres = known.map_or(1e-6, |(_, metres)| *metres);
            }
            if spacing.is_some() {
                break;
            }
        }
        if let (Some([x, y, z]), [a, b, c, ..]) = (dimensions.as_deref(), axes) {
            let lengths = [a, b, c].map(|axis| axis.length as f64);
            if lengths != [*z, *y, *x] {
                return Err(self.contradiction(
                    format!("the DREAM.3D geometry has {z} x {y} x {x} voxels (z,y,x)"),
                    format!(
                        "{} has {} x {} x {}",
                        escaped(&self.found.name),
                        lengths[0],
                        lengths[1],
                        lengths[2]
                    ),
                    "export it again",
                ));
            }
        }
        if let Some([x, y, z]) = spacing.as_deref() {
            let edges = [z * metres, y * metres, x * metres];
            self.state(
                edges,
                "SPACING of the DREAM.3D geometry (micrometres unless it states a unit)",
            );
        }
        Ok(())
    }

    fn is_vtkhdf(&self) -> bool {
        self.levels
            .iter()
            .any(|level| level.attributes.text("Type").as_deref() == Some("ImageData"))
    }

    /// VTKHDF: `Spacing` (x, y, z) has no unit.
    fn vtkhdf(&mut self) {
        let group = self
            .levels
            .iter()
            .skip(1)
            .find(|l| l.attributes.text("Type").as_deref() == Some("ImageData"));
        let spacing = group.and_then(|group| group.attributes.numbers("Spacing"));
        if let Some(&[x, y, z]) = spacing {
            self.with_unit([z, y, x], "", "Spacing of VTKHDF");
        }
    }

    /// Attributes such as `element_size_um`, `voxel_size` with `unit`, `pixel_size_x`.
    fn attributes_with_units(&mut self) {
        for index in 0..self.levels.len() {
            let level = &self.levels[index];
            let place = if index == 0 {
                String::new()
            } else {
                format!(" of {}", escaped(&level.place.path()))
            };
            let mut statements = Vec::new();
            for attribute in level.attributes.iter() {
                let is_vtkhdf = attribute.name == "Spacing"
                    && level.attributes.text("Type").as_deref() == Some("ImageData");
                // Read elsewhere: these are in the order x, y, z.
                if is_vtkhdf || attribute.name.starts_with('_') {
                    continue;
                }
                let Some(name) = SizeName::parse(&attribute.name) else {
                    continue;
                };
                let (values, own_unit) = match &attribute.value {
                    Value::Numbers(numbers) => (numbers.clone(), String::new()),
                    value => match value.texts() {
                        Some(texts) => {
                            let text = texts.join(" ");
                            match lengths_in(&text).filter(|_| name.unit.is_empty()) {
                                Some(metres) => (metres, "m".to_owned()),
                                None => (numbers_in(&text), unit_in(&text)),
                            }
                        }
                        None => continue,
                    },
                };
                let Some(edges) = name.edges(&values, &level.attributes, self.lengths.len()) else {
                    continue;
                };
                let unit = [name.unit.to_owned(), own_unit]
                    .into_iter()
                    .find(|unit| !unit.is_empty())
                    .or_else(|| unit_beside(&level.attributes, &attribute.name));
                let stated_in = format!("attribute {}{place}", escaped(&attribute.name));
                statements.push((edges, unit.unwrap_or_default(), stated_in));
            }
            for (edges, unit, stated_in) in statements {
                self.with_unit(edges, &unit, &stated_in);
            }
        }
        for index in 0..self.levels.len().min(2) {
            if let Some(axes) = multiscales(&self.levels[index].attributes)
                && axes.len() == self.lengths.len()
            {
                let edge = |wanted: AxisKind| {
                    let found = axes.iter().find(|entry| axis(&entry.name) == wanted)?;
                    Some(found.scale? * metres_per(&found.unit)?)
                };
                if let (Some(y), Some(x)) = (edge(AxisKind::Y), edge(AxisKind::X)) {
                    self.state(
                        [edge(AxisKind::Z).unwrap_or(x), y, x],
                        "attribute multiscales",
                    );
                }
            }
        }
    }

    /// Coordinates along the axes, in dimension scales or NeXus axes that have a unit of length and equal steps.
    fn scales(&mut self, axes: &[FileAxis]) -> Result<(), IoError> {
        let scales = match self.scale_names()? {
            Some(names) => Some(names),
            None => self.names()?.map(|names| names.words),
        };
        let Some(names) = scales.filter(|names| names.len() == axes.len()) else {
            return Ok(());
        };
        let mut edges = [None; 3];
        for (name, axis) in names.iter().zip(axes) {
            let place = [AxisKind::Z, AxisKind::Y, AxisKind::X]
                .iter()
                .position(|kind| *kind == axis.kind);
            let (Some(place), Some(group), false) = (place, self.levels.get(1), name.is_empty())
            else {
                continue;
            };
            let mut coordinates = group.numbers(name)?;
            let mut unit = group.attributes_of(name)?;
            if coordinates.is_none()
                && let Some(root) = self.levels.last()
            {
                coordinates = root.numbers(name)?;
                unit = root.attributes_of(name)?;
            }
            let unit = unit.and_then(|attributes| {
                attributes.text("units").or_else(|| attributes.text("unit"))
            });
            let metres = unit.as_deref().and_then(metres_per);
            if let (Some(step), Some(metres)) =
                (coordinates.as_deref().and_then(equal_step), metres)
            {
                edges[place] = Some(step * metres);
            }
        }
        if let [z, Some(y), Some(x)] = edges
            && (z.is_some() || axes.len() == 2)
        {
            self.state([z.unwrap_or(x), y, x], "the coordinates along its axes");
        }
        Ok(())
    }

    /// NetCDF's packing, which does not change what a label is, and its mark of missing values.
    fn packing(&mut self) {
        let own = self.own();
        let mut notes = Vec::new();
        let scale = own.number("scale_factor").filter(|scale| *scale != 1.0);
        let offset = own.number("add_offset").filter(|offset| *offset != 0.0);
        if scale.is_some() || offset.is_some() {
            notes.push(format!(
                "scale_factor {} and add_offset {} were not applied: values are read as they are stored",
                scale.unwrap_or(1.0),
                offset.unwrap_or(0.0)
            ));
        }
        if let Some(missing) = own
            .number("_FillValue")
            .or_else(|| own.number("missing_value"))
        {
            notes.push(format!("the value {missing} marks missing voxels by attribute _FillValue and is kept as a label"));
        }
        self.notes.extend(notes);
    }

    /// The voxel size that the file states. Statements that differ are an error unless another size is given.
    fn voxel_size(&mut self, is_given: bool) -> Result<Option<StatedVoxelSize>, IoError> {
        let stated = std::mem::take(&mut self.stated);
        if let Some(first) = stated.first()
            && !is_given
            && let Some(other) = stated.iter().find(|other| !first.agrees(other))
        {
            let words = |size: &StatedVoxelSize| {
                let edges = size
                    .metres
                    .map(|edge| format!("{}", (edge * 1e12).round() / 1e6));
                format!(
                    "{} states a voxel size of {} um (z,y,x)",
                    size.stated_in,
                    edges.join(" x ")
                )
            };
            return Err(self.contradiction(words(first), words(other), "give --voxel-size"));
        }
        if stated.is_empty() && !self.without_unit.is_empty() {
            self.notes.push(format!(
                "no voxel size was taken from {}; give --voxel-size",
                super::few(self.without_unit.iter().cloned())
            ));
        }
        Ok(stated.into_iter().next())
    }
}

/// Names of the axes of a dataset.
struct Names {
    words: Vec<String>,
    /// The place where they stand, in words.
    stated_in: String,
}

impl Names {
    fn new(words: impl IntoIterator<Item = String>, stated_in: impl Into<String>) -> Self {
        Self {
            words: words.into_iter().collect(),
            stated_in: stated_in.into(),
        }
    }
}

/// The axis that a word of a file names.
fn axis(word: &str) -> AxisKind {
    let word = word.trim().to_lowercase();
    let mut letters = word.chars();
    match (word.as_str(), letters.next(), letters.next()) {
        (_, Some(letter), None) => AxisKind::from_letter(letter),
        (
            "depth" | "plane" | "planes" | "slice" | "slices" | "layer" | "layers" | "page"
            | "zpos",
            ..,
        ) => AxisKind::Z,
        ("height" | "row" | "rows" | "ypos", ..) => AxisKind::Y,
        ("width" | "column" | "columns" | "col" | "cols" | "xpos", ..) => AxisKind::X,
        ("channel" | "channels" | "band" | "bands" | "color" | "colour" | "component", ..) => {
            AxisKind::Channel
        }
        ("time" | "times" | "frame" | "frames" | "timepoint" | "timepoints", ..) => AxisKind::Time,
        ("sample" | "samples", ..) => AxisKind::Samples,
        (
            "position" | "positions" | "view" | "views" | "scene" | "scenes" | "tile" | "series",
            ..,
        ) => AxisKind::Position,
        // "x_um", "z-axis", "Y (mm)", "axis_z", "dim_z".
        (_, Some(letter @ ('x' | 'y' | 'z')), Some(next)) if !next.is_alphanumeric() => {
            AxisKind::from_letter(letter)
        }
        _ => {
            let end = word.rsplit(['_', '-', ' ']).next().unwrap_or_default();
            let prefix = word.len() - end.len();
            match end {
                "x" | "y" | "z" if prefix > 0 => {
                    AxisKind::from_letter(end.chars().next().unwrap_or('?'))
                }
                _ => AxisKind::Unknown,
            }
        }
    }
}

/// Words of an attribute that names axes: a list, or one text of letters or of words between separators.
fn words(value: &Value) -> Option<Vec<String>> {
    let texts = value.texts()?;
    if let [text] = texts {
        if let Ok(Json::Array(list)) = serde_json::from_str(text) {
            return list
                .iter()
                .map(|word| word.as_str().map(str::to_owned))
                .collect();
        }
        let parts: Vec<&str> = text
            .split([',', ' ', ':', ';'])
            .filter(|part| !part.is_empty())
            .collect();
        return Some(match parts.as_slice() {
            [letters] if letters.len() <= 6 => letters.chars().map(String::from).collect(),
            parts => parts.iter().map(|part| (*part).to_owned()).collect(),
        });
    }
    Some(texts.to_vec())
}

/// One axis of OME-Zarr's `multiscales`.
struct ScaledAxis {
    name: String,
    unit: String,
    scale: Option<f64>,
}

fn multiscales(attributes: &Attributes) -> Option<Vec<ScaledAxis>> {
    let json: Json = serde_json::from_str(&attributes.text("multiscales")?).ok()?;
    let first = json.get(0)?;
    let transform = first.pointer("/datasets/0/coordinateTransformations/0/scale");
    let axes = first.get("axes")?.as_array()?;
    let text = |axis: &Json, key: &str| {
        axis.get(key)
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let entry = |(index, axis): (usize, &Json)| ScaledAxis {
        name: axis
            .as_str()
            .map_or_else(|| text(axis, "name"), str::to_owned),
        unit: text(axis, "unit"),
        scale: transform.and_then(|scale| scale.get(index)?.as_f64()),
    };
    Some(axes.iter().enumerate().map(entry).collect())
}

/// The name of an attribute that states edges of voxels, taken apart.
struct SizeName {
    /// The unit at its end.
    unit: &'static str,
    /// Its name before and behind the letter of an axis, where it states one edge of three.
    of_x: Option<[String; 2]>,
}

impl SizeName {
    const STEMS: [&'static str; 10] = [
        "voxel_size",
        "voxelsize",
        "voxel_spacing",
        "pixel_size",
        "pixelsize",
        "pixel_spacing",
        "element_size",
        "resolution",
        "spacing",
        "element_spacing",
    ];
    const UNITS: [&'static str; 10] = [
        "m",
        "mm",
        "um",
        "nm",
        "micron",
        "microns",
        "angstrom",
        "cm",
        "pm",
        "micrometer",
    ];

    fn parse(name: &str) -> Option<Self> {
        if let Some(unit) = Self::stem_and_unit(name) {
            return Some(Self { unit, of_x: None });
        }
        // The attribute of x stands for those of all three axes.
        let places = name
            .char_indices()
            .filter(|(_, letter)| letter.eq_ignore_ascii_case(&'x'));
        for (at, _) in places {
            let (before, behind) = (&name[..at], &name[at + 1..]);
            if let Some(unit) = Self::stem_and_unit(&format!("{before}{behind}")) {
                return Some(Self {
                    unit,
                    of_x: Some([before.to_owned(), behind.to_owned()]),
                });
            }
        }
        None
    }

    /// The unit at the end of a name that is otherwise one of [`Self::STEMS`].
    fn stem_and_unit(name: &str) -> Option<&'static str> {
        let text = name
            .to_lowercase()
            .replace(['-', ' '], "_")
            .replace("__", "_");
        let text = text.trim_matches('_');
        let of_unit =
            |unit: &&'static str| Some((text.strip_suffix(*unit)?.strip_suffix('_')?, *unit));
        let (stem, unit) = Self::UNITS.iter().find_map(of_unit).unwrap_or((text, ""));
        Self::STEMS.contains(&stem).then_some(unit)
    }

    /// Edges (z, y, x) from one value, two (y, x) for a picture, three (z, y, x), or from one attribute an axis.
    fn edges(&self, values: &[f64], attributes: &Attributes, rank: usize) -> Option<[f64; 3]> {
        if let Some([before, behind]) = &self.of_x {
            let other = |letter: char| {
                let letters = [letter, letter.to_ascii_uppercase()];
                letters
                    .iter()
                    .find_map(|letter| attributes.number(&format!("{before}{letter}{behind}")))
            };
            let (x, y) = (other('x')?, other('y')?);
            return Some([other('z').unwrap_or(x), y, x]);
        }
        match *values {
            [edge] => Some([edge; 3]),
            [y, x] if rank == 2 => Some([x, y, x]),
            [z, y, x] => Some([z, y, x]),
            _ => None,
        }
    }
}

/// The unit that another attribute states: of this one, or of the object.
fn unit_beside(attributes: &Attributes, name: &str) -> Option<String> {
    let own =
        ["_unit", "_units", ".unit", ".units", "Unit", "Units"].map(|end| format!("{name}{end}"));
    let general = [
        "unit",
        "units",
        "Unit",
        "Units",
        "length_unit",
        "spatial_unit",
        "voxel_unit",
        "voxel_size_unit",
        "pixel_unit",
        "pixel_size_unit",
        "resolution_unit",
        "spacing_unit",
    ];
    let names = own.iter().map(String::as_str).chain(general);
    names
        .filter_map(|name| attributes.get(name))
        .find_map(|value| {
            let texts = value.texts()?;
            let first = texts.first()?;
            texts
                .iter()
                .all(|text| text == first)
                .then(|| first.clone())
        })
}

/// The numbers in a text such as "[0.5, 0.1, 0.1] um".
fn numbers_in(text: &str) -> Vec<f64> {
    let parts = text.split([',', ' ', ';', '[', ']', '(', ')', '\t', '\n', '\r']);
    parts.filter_map(|part| part.parse().ok()).collect()
}

/// Lengths in metres of a text in which each number, or several together, have a unit behind them: "0.5 um x 100 nm x
/// 100 nm", "[0.5, 0.1, 0.1] um", "500nm". None where a number has no unit, or a unit is no length.
fn lengths_in(text: &str) -> Option<Vec<f64>> {
    let (mut metres, mut without_unit) = (Vec::new(), 0);
    for part in text.split([',', ' ', ';', '[', ']', '(', ')', '\t', '\n', '\r']) {
        if part.is_empty() || ["x", "X", "*", "\u{d7}", "by"].contains(&part) {
            continue;
        }
        let digits = part.find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c));
        let (number, unit) = match part.parse::<f64>() {
            Ok(number) => (Some(number), ""),
            Err(_) => {
                let (number, unit) = part.split_at(digits.unwrap_or(0));
                (number.parse::<f64>().ok(), unit)
            }
        };
        if let Some(number) = number {
            metres.push(number);
            without_unit += 1;
        }
        if !unit.is_empty() {
            let factor = metres_per(unit)?;
            metres
                .iter_mut()
                .rev()
                .take(without_unit)
                .for_each(|length| *length *= factor);
            without_unit = 0;
        }
    }
    (without_unit == 0 && !metres.is_empty()).then_some(metres)
}

/// The unit at the end of a text such as "[0.5, 0.1, 0.1] um".
fn unit_in(text: &str) -> String {
    let end = text
        .rsplit([',', ' ', ';', ']', ')'])
        .next()
        .unwrap_or_default();
    if end.parse::<f64>().is_ok() {
        String::new()
    } else {
        end.to_owned()
    }
}

/// The step between coordinates, where it is the same everywhere.
fn equal_step(coordinates: &[f64]) -> Option<f64> {
    let [first, .., last] = coordinates else {
        return None;
    };
    let step = (last - first) / (coordinates.len() - 1) as f64;
    let is_equal = coordinates
        .windows(2)
        .all(|pair| (pair[1] - pair[0] - step).abs() <= 1e-3 * step.abs());
    (is_equal && step != 0.0).then_some(step.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_the_unit_behind_it() {
        let metres = |text: &str| {
            let found = lengths_in(text)?;
            Some(
                found
                    .iter()
                    .map(|length| (length * 1e9).round())
                    .collect::<Vec<f64>>(),
            )
        };
        let expected = Some(vec![500.0, 100.0, 100.0]);
        for text in [
            "0.5 um x 100 nm x 100 nm",
            "[0.5, 0.1, 0.1] um",
            "500nm,100nm,0.1um",
            "0.5um 0.1um 0.1um",
            "(5e-7, 1e-7, 1e-7) m",
        ] {
            assert_eq!(metres(text), expected, "{text}");
        }
        for text in ["0.5 0.1 0.1", "0.5 um x 0.1 x 0.1", "0.5 furlong", "", "um"] {
            assert_eq!(metres(text), None, "{text}");
        }
    }
}
