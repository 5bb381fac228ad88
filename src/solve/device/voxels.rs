//! What a device keeps of every voxel: a byte of code and layer, and per block its first unknown.

use super::{
    kinds::{Kinds, width},
    split, upload,
};
use crate::{
    field::{
        Real, Shape,
        device::{Cut, Device, DeviceField, Element, word},
    },
    gpu::{Binding, Buffer, GpuError, Grid, Kernel, LANES},
    solve::{
        blocks::Blocks,
        stencil::{Lateral, Stencil},
    },
};
use bytemuck::{Pod, Zeroable};

/// What kernels on voxels continue.
pub(super) const SOURCE: &str = include_str!("../../../shaders/solve/voxels.wgsl");

/// The voxels of a volume, or of several of equal size that are solved together.
#[derive(Debug)]
pub struct DeviceVoxels<R> {
    pub(super) shape: Shape,
    slabs: Vec<Slab>,
    pub(super) tables: Buffer<R>,
}

/// The planes of a slab.
#[derive(Debug)]
pub(super) struct Slab {
    pub(super) cells: Buffer<u8>,
    pub(super) first: Buffer<u32>,
    params: Params,
}

/// A thread for each of which.
#[derive(Debug, Clone, Copy)]
pub(super) enum Each {
    Voxel,
    /// 2x2x2 voxels.
    Block,
    /// Workgroups that share all of them, and each leave a sum.
    Share(u32),
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub(super) struct Params {
    columns: u32,
    rows: u32,
    planes: u32,
    begin: u32,
    depth: u32,
    shift: u32,
    kinds: u32,
    periodic: u32,
    volumes: u32,
    width: u32,
    factor: [f32; 2],
    ends: [f32; 2],
    slot: u32,
    base: u32,
}

impl<R: Element> DeviceVoxels<R> {
    /// Uploads codes, layers and tables, cut as fields are.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn new(device: &Device<R>, stencil: &Stencil, blocks: &Blocks) -> Result<Self, GpuError> {
        let shape = Shape {
            planes: stencil.shape[0],
            plane: stencil.plane(),
            components: 1,
        };
        let kinds = Kinds::new(stencil);
        let slabs = device.cut(shape)?.into_iter().map(|cut| {
            let params = Params::new(stencil, &cut, kinds.len());
            Ok(Slab {
                cells: upload(
                    device,
                    &kinds.cells(stencil, Some(blocks), (&cut, params.width as usize)),
                )?,
                first: upload(device, &first(blocks, &cut, 0))?,
                params,
            })
        });
        Ok(Self {
            shape,
            slabs: slabs.collect::<Result<_, GpuError>>()?,
            tables: upload(device, &kinds.tables(stencil, kinds.len()))?,
        })
    }

    /// The same for the volumes of a [`Device::batch`], which are all of the size of the first.
    ///
    /// # Errors
    /// As [`levels`](super::levels).
    pub fn batch(device: &Device<R>, volumes: &[(&Stencil, &Blocks)]) -> Result<Self, GpuError> {
        let Some((stencil, _)) = volumes.first() else {
            return Err(GpuError::Validation {
                message: "a batch without volumes".to_owned(),
            });
        };
        let kinds: Vec<Kinds> = volumes.iter().map(|volume| Kinds::new(volume.0)).collect();
        let count = kinds.iter().map(Kinds::len).max().unwrap_or(1);
        let cut = Cut {
            planes: 0..stencil.shape[0],
            ghosts: 0,
        };
        let params = Params {
            volumes: word(volumes.len()),
            ..Params::new(stencil, &cut, count)
        };
        let (mut cells, mut firsts, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        let mut unknowns = 0;
        for (&(stencil, blocks), kinds) in volumes.iter().zip(&kinds) {
            cells.extend(kinds.cells(stencil, Some(blocks), (&cut, params.width as usize)));
            tables.extend(kinds.tables::<R>(stencil, count));
            // The end of a volume is where the next begins.
            firsts.pop();
            firsts.extend(first(blocks, &cut, unknowns));
            unknowns += word(blocks.len());
        }
        Ok(Self {
            shape: Shape {
                planes: volumes.len() * stencil.shape[0],
                plane: stencil.plane(),
                components: 1,
            },
            slabs: vec![Slab {
                cells: upload(device, &cells)?,
                first: upload(device, &firsts)?,
                params,
            }],
            tables: upload(device, &tables)?,
        })
    }

    /// Puts potentials before the first and behind the last plane, for kernels that read a potential and not a correction.
    #[must_use]
    pub(super) fn between(mut self, ends: [f64; 2]) -> Self {
        for slab in &mut self.slabs {
            slab.params.ends = ends.map(f32::of);
        }
        self
    }

    /// Workgroups of each slab that share its voxels or blocks, where all slabs together leave at most so many sums.
    pub(super) fn shares(&self, sums: usize) -> u32 {
        let largest = self.slabs.iter().map(|slab| slab.params.cells()).max();
        let groups = largest.unwrap_or(0).div_ceil(LANES);
        word(groups.clamp(1, (sums / self.slabs.len().max(1)).max(1)))
    }

    /// Number of slabs.
    pub(super) fn slabs(&self) -> usize {
        self.slabs.len()
    }

    /// Launches a kernel on every slab; `bind(index, slab)` are its buffers.
    pub(super) fn launch<'b, const N: usize>(
        &'b self,
        device: &Device<R>,
        (kernel, factor, each): (&Kernel, f64, Each),
        bind: impl Fn(usize, &'b Slab) -> [Binding<'b>; N],
    ) {
        self.launch_with(device, (kernel, factor, each), 0, bind);
    }

    /// The same for a kernel that reads a number, or leaves sums.
    pub(super) fn launch_with<'b, const N: usize>(
        &'b self,
        device: &Device<R>,
        (kernel, factor, each): (&Kernel, f64, Each),
        slot: u32,
        bind: impl Fn(usize, &'b Slab) -> [Binding<'b>; N],
    ) {
        for (index, slab) in self.slabs.iter().enumerate() {
            let base = match each {
                Each::Share(groups) => word(index) * groups,
                _ => 0,
            };
            let params = Params {
                factor: split(factor),
                slot,
                base,
                ..slab.params
            };
            let grid = slab.params.grid(each);
            device.launch(kernel, grid, &bind(index, slab), &params);
        }
    }
}

/// A field's part of a slab.
pub(super) fn part<R: Element>(field: &DeviceField<R>, slab: usize) -> Binding<'_> {
    field.slabs[slab].buffer.binding()
}

/// First unknown of each block of a cut, and the end, counted from `unknowns` on; with a plane of blocks before and behind.
fn first(blocks: &Blocks, cut: &Cut, unknowns: u32) -> Vec<u32> {
    let row = blocks.shape[1] * blocks.shape[2];
    let (begin, end) = (cut.planes.start / 2, cut.planes.end.div_ceil(2));
    let inside = begin.saturating_sub(1) * row..(end + 1).min(blocks.shape[0]) * row;
    let (before, last) = (row * usize::from(begin == 0), (end + 2) * row - begin * row);
    let mut first = vec![blocks.first[0]; before];
    first.extend_from_slice(&blocks.first[inside.start..=inside.end]);
    // Planes outside the volume have no unknown.
    first.resize(last + 1, blocks.first[inside.end]);
    first.iter_mut().for_each(|it| *it += unknowns);
    first
}

impl Params {
    pub(super) fn new(stencil: &Stencil, cut: &Cut, kinds: usize) -> Self {
        let [depth, rows, columns] = stencil.shape.map(word);
        Self {
            columns,
            rows,
            planes: word(cut.planes.len()),
            begin: word(cut.planes.start),
            depth,
            shift: word((1 - cut.ghosts) * stencil.plane()),
            kinds: word(kinds),
            periodic: u32::from(stencil.lateral == Lateral::Periodic),
            volumes: 1,
            width: word(width(kinds)),
            factor: [0.0; 2],
            ends: [0.0; 2],
            slot: 0,
            base: 0,
        }
    }

    fn cells(&self) -> usize {
        (self.columns * self.rows) as usize * (self.planes * self.volumes) as usize
    }

    pub(super) fn grid(&self, each: Each) -> Grid {
        let cells = [self.columns, self.rows, self.planes];
        let [x, y, z] = match each {
            Each::Voxel => cells,
            Each::Block => cells.map(|n| n.div_ceil(2)),
            Each::Share(groups) => return Grid::Groups([groups, 1, 1]),
        };
        Grid::Box([x, y, self.volumes * z])
    }
}
