//! One compiled WGSL entry point, and how wide it is launched.

use super::{GpuError, shader::Shader};

/// Threads of a one-dimensional workgroup, the WGSL constant of the same name; a reduction leaves one sum for each.
pub const LANES: usize = 256;
const LINE: [u32; 3] = [256, 1, 1];

/// A kernel compiled for one device.
///
/// Its text sees `real`, `LANES` and the functions of `shaders/common/`; it binds storage buffers in group 0 and takes
/// its parameters from one `var<immediate>`.
#[derive(Debug, Clone)]
pub struct Kernel {
    shader: Shader,
    name: String,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

impl Kernel {
    pub(super) fn compile(device: &wgpu::Device, shader: Shader) -> Self {
        let label = Some(&*shader.entry);
        let source = wgpu::ShaderSource::Wgsl((&*shader.text).into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: None,
            module: &module,
            entry_point: label,
            // Every kernel writes its workgroup memory before it reads it.
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        let layout = pipeline.get_bind_group_layout(0);
        Self {
            name: shader.entry.clone(),
            shader,
            pipeline,
            layout,
        }
    }

    /// Puts the name of its family before its own: kernels of several texts can have the same entry point.
    #[must_use]
    pub fn of(self, family: &str) -> Self {
        Self {
            name: format!("{family} {}", self.name),
            ..self
        }
    }

    /// Name of the entry point, behind that of the family if it has one.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of buffers as often as they are gone through.
    pub(super) fn bytes(&self, buffers: &[&wgpu::Buffer]) -> u64 {
        let passes = self.shader.passes.iter().zip(buffers);
        passes.map(|(passes, buffer)| passes * buffer.size()).sum()
    }

    /// Threads of a workgroup, x y z.
    pub fn workgroup(&self) -> [u32; 3] {
        self.shader.workgroup
    }

    pub(super) fn pipeline(&self) -> &wgpu::ComputePipeline {
        &self.pipeline
    }

    pub(super) fn threads(&self, groups: [u32; 3]) -> u64 {
        groups
            .iter()
            .chain(&self.shader.workgroup)
            .map(|&n| u64::from(n))
            .product()
    }

    /// Checks that a launch gives as many buffers and bytes of parameters as the text declares.
    pub(super) fn check(&self, buffers: usize, params_bytes: usize) -> Result<(), GpuError> {
        let refuse = |what, expected, given| {
            Err(GpuError::Launch {
                kernel: self.name().to_owned(),
                what,
                expected,
                given,
            })
        };
        if buffers != self.shader.slots.len() {
            return refuse("buffers", self.shader.slots.len(), buffers);
        }
        if params_bytes != self.shader.params_bytes {
            return refuse(
                "bytes of parameters",
                self.shader.params_bytes,
                params_bytes,
            );
        }
        Ok(())
    }

    /// Workgroups of a launch.
    pub(super) fn groups(&self, grid: Grid, limit: u32) -> Result<[u32; 3], GpuError> {
        let workgroup = self.workgroup();
        if matches!(grid, Grid::Line(_)) && workgroup != LINE {
            return Err(GpuError::NotALine {
                kernel: self.name().to_owned(),
                workgroup,
            });
        }
        grid.groups(workgroup, limit)
    }

    pub(super) fn bind(&self, device: &wgpu::Device, buffers: &[&wgpu::Buffer]) -> wgpu::BindGroup {
        let pairs = self.shader.slots.iter().zip(buffers);
        let entries: Vec<_> = pairs
            .map(|(&binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(self.name()),
            layout: &self.layout,
            entries: &entries,
        })
    }
}

/// How many threads a launch needs at least; workgroups are rounded up, so a kernel compares its index with the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// So many threads in a row, for kernels with `@workgroup_size(LANES)`; the kernel's index is
    /// `line_index(thread, groups)`.
    Line(usize),
    /// A thread per cell of a box, x y z.
    Box([u32; 3]),
    /// So many workgroups, x y z.
    Groups([u32; 3]),
}

impl Grid {
    /// Workgroups of the given size that cover the grid; a long line is folded into rows of equal length.
    fn groups(self, workgroup: [u32; 3], limit: u32) -> Result<[u32; 3], GpuError> {
        let groups = match self {
            Self::Groups(groups) => groups.map(u64::from),
            Self::Box(cells) => std::array::from_fn(|axis| {
                u64::from(cells[axis]).div_ceil(u64::from(workgroup[axis].max(1)))
            }),
            Self::Line(threads) => {
                let groups = threads.div_ceil(LANES) as u64;
                let rows = groups.div_ceil(u64::from(limit.max(1))).max(1);
                [groups.div_ceil(rows), rows, 1]
            }
        };
        let fits = groups.map(|count| u32::try_from(count).ok().filter(|&count| count <= limit));
        match fits {
            [Some(x), Some(y), Some(z)] => Ok([x, y, z]),
            _ => Err(GpuError::Grid { groups, limit }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u32 = 65_535;

    #[test]
    fn a_line_is_folded_where_one_dimension_ends() {
        let line = |threads| Grid::Line(threads).groups([256, 1, 1], LIMIT).unwrap();
        assert_eq!(line(0), [0, 1, 1]);
        assert_eq!(line(257), [2, 1, 1]);
        assert_eq!(line(256 * 65_535), [65_535, 1, 1]);
        assert_eq!(line(256 * 65_535 + 1), [32_768, 2, 1]);
    }

    #[test]
    fn a_box_is_covered() {
        let cells = Grid::Box([17, 4, 1]).groups([8, 4, 4], LIMIT).unwrap();
        assert_eq!(cells, [3, 1, 1]);
    }

    #[test]
    fn too_wide_a_grid_is_refused_with_the_limit() {
        let refused = Grid::Groups([1, 65_536, 1])
            .groups([1, 1, 1], LIMIT)
            .unwrap_err();
        assert!(refused.to_string().contains("65535"), "{refused}");
        assert!(
            Grid::Box([u32::MAX, 1, 1])
                .groups([8, 4, 4], LIMIT)
                .is_err()
        );
    }
}
