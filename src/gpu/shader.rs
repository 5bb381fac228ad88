//! WGSL texts, parsed and validated without a device.
//!
//! Every kernel is compiled behind the same opening: `alias real = f32;` or `f64`, the shape of a workgroup, then `shaders/common/`. So one text
//! serves both precisions, and what a kernel declares (workgroup, buffers, parameters) is read here once, to check
//! each launch before wgpu sees it.

use wgpu::naga::{self, valid::GlobalUse};

use super::{GpuError, WorkgroupShape};

/// What `real` means in a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// 32-bit; on every device.
    F32,
    /// 64-bit; where [`AdapterInfo::double_precision`](super::AdapterInfo::double_precision) says so. Only
    /// `+ - * /` and `sqrt` are right in f64: no `exp`, no `sin`.
    F64,
}

impl Precision {
    fn alias(self) -> &'static str {
        match self {
            Self::F32 => "alias real = f32;\n",
            Self::F64 => "alias real = f64;\n",
        }
    }
}

/// What stands before every kernel.
const COMMON: [&str; 2] = [
    include_str!("../../shaders/common/grid.wgsl"),
    include_str!("../../shaders/common/sum.wgsl"),
];

/// A kernel's full text and what it declares.
#[derive(Debug, Clone)]
pub(super) struct Shader {
    pub(super) text: String,
    pub(super) entry: String,
    /// Threads of a workgroup, x y z.
    pub(super) workgroup: [u32; 3],
    /// Bindings of group 0 that the entry point uses, ascending.
    pub(super) slots: Vec<u32>,
    /// How often each is gone through, once for reading and once for writing.
    pub(super) passes: Vec<u64>,
    /// Bytes of `var<immediate>`, 0 without.
    pub(super) params_bytes: usize,
}

impl Shader {
    /// Parses and validates the text and reads what its entry point declares; a workgroup of a box has this shape.
    pub(super) fn new(
        source: &str,
        entry: &str,
        (precision, shape): (Precision, WorkgroupShape),
    ) -> Result<Self, GpuError> {
        let refuse = |message| GpuError::Kernel {
            kernel: entry.to_owned(),
            message,
        };
        let text = full_text(source, (precision, shape));
        let (module, info) = parse(&text).map_err(refuse)?;
        let index = module
            .entry_points
            .iter()
            .position(|point| point.name == entry);
        let index = index.ok_or_else(|| refuse("its text has no such entry point".to_owned()))?;
        let used = info.get_entry_point(index);
        let globals = || {
            module
                .global_variables
                .iter()
                .filter(|(at, _)| !used[*at].is_empty())
        };
        let passes = |at: naga::Handle<naga::GlobalVariable>| {
            let way = |way| u64::from(used[at].contains(way));
            way(GlobalUse::READ) + way(GlobalUse::WRITE)
        };
        let mut slots: Vec<_> = globals()
            .filter_map(|(at, global)| Some((global.binding?, passes(at))))
            .collect();
        slots.sort_by_key(|(slot, _)| (slot.group, slot.binding));
        if slots.is_empty() || slots.iter().any(|(slot, _)| slot.group != 0) {
            return Err(refuse(
                "it must bind buffers, all of them in group 0".to_owned(),
            ));
        }
        let immediate = globals().find(|(_, it)| it.space == naga::AddressSpace::Immediate);
        let params_bytes = immediate.map_or(0, |(_, global)| {
            module.types[global.ty]
                .inner
                .try_size(module.to_ctx())
                .unwrap_or(0)
        });
        Ok(Self {
            text,
            entry: entry.to_owned(),
            workgroup: module.entry_points[index].workgroup_size,
            slots: slots.iter().map(|(slot, _)| slot.binding).collect(),
            passes: slots.iter().map(|(_, passes)| *passes).collect(),
            params_bytes: params_bytes as usize,
        })
    }
}

/// Parses and validates a WGSL text as a kernel's, without a device.
///
/// # Errors
/// The compiler's message with the line, counted from the opening that stands before every kernel.
pub fn validate_wgsl(source: &str, precision: Precision) -> Result<(), GpuError> {
    let refuse = |message| GpuError::Kernel {
        kernel: "text".to_owned(),
        message,
    };
    parse(&full_text(source, (precision, WorkgroupShape::default())))
        .map(drop)
        .map_err(refuse)
}

fn full_text(source: &str, (precision, shape): (Precision, WorkgroupShape)) -> String {
    [
        precision.alias(),
        &shape.constants(),
        COMMON[0],
        COMMON[1],
        source,
    ]
    .concat()
}

fn parse(text: &str) -> Result<(naga::Module, naga::valid::ModuleInfo), String> {
    use naga::valid::{Capabilities, ValidationFlags, Validator};
    let module = naga::front::wgsl::parse_str(text).map_err(|error| error.emit_to_string(text))?;
    let capabilities = Capabilities::FLOAT64 | Capabilities::IMMEDIATES;
    let info = Validator::new(ValidationFlags::all(), capabilities)
        .validate(&module)
        .map_err(|error| error.emit_to_string(text))?;
    Ok((module, info))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        path::{Path, PathBuf},
    };

    use super::*;
    use crate::gpu::LANES;

    const BOTH: [Precision; 2] = [Precision::F32, Precision::F64];

    fn wgsl_files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let files = files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|it| it == "wgsl"));
        files
            .chain(folders.iter().flat_map(|folder| wgsl_files(folder)))
            .collect()
    }

    /// A text, behind the one that it continues as its first words say.
    fn whole_text(file: &Path) -> String {
        let text = fs::read_to_string(file).unwrap();
        let continued = text
            .strip_prefix("// Continues ")
            .and_then(|rest| rest.split_once(".wgsl"));
        continued.map_or(text.clone(), |(name, _)| {
            whole_text(&file.with_file_name(format!("{name}.wgsl"))) + &text
        })
    }

    #[test]
    fn every_shader_is_valid_in_both_precisions() {
        let shaders = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
        for precision in BOTH {
            validate_wgsl("", precision).unwrap();
            for file in wgsl_files(&shaders) {
                if !file.starts_with(shaders.join("common")) {
                    let checked = validate_wgsl(&whole_text(&file), precision);
                    checked.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                }
            }
        }
    }

    #[test]
    fn every_common_text_stands_before_the_kernels() {
        let common = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders/common");
        let texts = wgsl_files(&common)
            .into_iter()
            .map(|file| fs::read_to_string(file).unwrap());
        assert!(
            texts
                .inspect(|text| assert!(COMMON.contains(&&**text)))
                .count()
                == COMMON.len()
        );
    }

    #[test]
    fn a_wrong_shader_is_refused() {
        assert!(validate_wgsl("fn f() -> real { return 1u; }", Precision::F32).is_err());
        assert!(validate_wgsl("fn f() -> f32 { return real(1); }", Precision::F32).is_ok());
        assert!(validate_wgsl("fn f() -> f32 { return real(1); }", Precision::F64).is_err());
    }

    #[test]
    fn lanes_mean_the_same_on_host_and_device() {
        let shape = WorkgroupShape::default();
        let source = "
            @group(0) @binding(0) var<storage, read_write> x: array<real>;
            @compute @workgroup_size(LANES) fn go() { x[0] = real(1); }";
        let shader = Shader::new(source, "go", (Precision::F32, shape)).unwrap();
        assert_eq!(
            shader.workgroup.map(|threads| threads as usize),
            [LANES, 1, 1]
        );
    }

    #[test]
    fn an_entry_point_tells_what_it_takes() {
        let shape = WorkgroupShape::default();
        let source = "
            struct Params { count: u32, factor: real }
            var<immediate> params: Params;
            @group(0) @binding(0) var<storage> unused: array<real>;
            @group(0) @binding(3) var<storage, read_write> y: array<real>;
            @group(0) @binding(1) var<storage> x: array<real>;
            @compute @workgroup_size(8, 4, 2)
            fn go(@builtin(global_invocation_id) i: vec3<u32>) { y[i.x] = params.factor * x[i.x]; }";
        for (precision, bytes) in BOTH.into_iter().zip([8, 16]) {
            let shader = Shader::new(source, "go", (precision, shape)).unwrap();
            assert_eq!((shader.workgroup, shader.params_bytes), ([8, 4, 2], bytes));
            assert_eq!(shader.slots, [1, 3]);
        }
        let missing = Shader::new(source, "gone", (Precision::F32, shape))
            .unwrap_err()
            .to_string();
        assert!(
            missing.contains("gone") && missing.contains("no such entry point"),
            "{missing}"
        );
    }
}
