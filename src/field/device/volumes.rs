//! Several volumes of equal size that are solved together: their fields lie one after the other in one field that is not
//! cut, each has its own numbers, and those that are not chosen stay as they are.
//!
//! The sums of a volume do not depend on the others, so that it comes out in the same bits alone and among a thousand.

use super::{Device, DeviceField, DeviceNumber, Element, LANES, PARTIALS, word};
#[cfg(test)]
use crate::field::Real;
use crate::gpu::{Gpu, GpuError};
use std::{ops::Range, sync::Arc};

impl<R: Element> Device<R> {
    /// For so many volumes of so many voxels each.
    ///
    /// # Errors
    /// As [`Device::new`]; [`GpuError::TooLarge`] where a field of all of them would have to be cut.
    pub fn batch(gpu: Arc<Gpu>, volumes: usize, voxels: usize) -> Result<Self, GpuError> {
        let (len, limit) = (volumes.saturating_mul(voxels), gpu.max_len::<R>());
        if len > limit {
            let bytes = |len: usize| (len as u64).saturating_mul(size_of::<R>() as u64);
            return Err(GpuError::TooLarge {
                needed: bytes(len),
                limit: bytes(limit),
            });
        }
        let share = voxels.div_ceil(LANES).clamp(1, PARTIALS);
        Self::of_volumes(gpu, volumes, share * volumes)
    }

    /// Volumes that are solved together.
    pub fn volumes(&self) -> usize {
        self.volumes
    }

    /// Waits for numbers, of every volume.
    ///
    /// # Errors
    /// What has failed since the last call that could say so.
    pub fn read_each<const N: usize>(
        &self,
        numbers: [&DeviceNumber; N],
    ) -> Result<Vec<[f64; N]>, GpuError> {
        self.check()?;
        let places = numbers.map(|number| number.index() as usize);
        let first = places.into_iter().min().unwrap_or(0);
        let end = places.into_iter().max().map_or(first, |last| last + 1);
        let range = first * self.volumes..end * self.volumes;
        let values = self.gpu.download(&self.numbers, range)?;
        let of_volume = |volume: usize| {
            places.map(|place| {
                let [high, low] = values[(place - first) * self.volumes + volume];
                high.wide() + low.wide()
            })
        };
        Ok((0..self.volumes).map(of_volume).collect())
    }

    /// Where the numbers of the first volume lie.
    pub(crate) fn place(&self, number: &DeviceNumber) -> u32 {
        number.index() * word(self.volumes)
    }

    /// Sets the number of a volume.
    pub(crate) fn set(
        &self,
        number: &DeviceNumber,
        volume: usize,
        value: f64,
    ) -> Result<(), GpuError> {
        let pair = [R::of(value), R::default()];
        let place = self.place(number) as usize + volume;
        self.gpu.write(&self.numbers, place, &[pair])
    }

    /// Chooses the volumes that take part from now on.
    pub(crate) fn choose(&self, takes_part: impl Fn(usize) -> bool) -> Result<(), GpuError> {
        let chosen: Vec<u32> = (0..self.volumes)
            .map(|volume| u32::from(takes_part(volume)))
            .collect();
        self.gpu.write(&self.chosen, 0, &chosen)
    }

    /// `y += x` in the chosen volumes.
    pub(crate) fn add_chosen(&self, x: &DeviceField<R>, y: &mut DeviceField<R>) {
        self.each(&self.kernels.add_chosen, (x.shape, &x.slabs), 0, |i| {
            let fields = [x.slabs[i].buffer.binding(), y.slabs[i].buffer.binding()];
            [self.chosen.binding(), fields[0], fields[1]]
        });
    }

    /// Rounds values of consecutive volumes into a field, from volume `first` on.
    pub(crate) fn put(
        &self,
        values: &[f64],
        (field, first): (&mut DeviceField<R>, usize),
    ) -> Result<(), GpuError> {
        self.check()?;
        let rounded: Vec<R> = values.iter().map(|&value| R::of(value)).collect();
        let start = first * field.shape.len() / self.volumes;
        self.gpu.write(&field.slabs[0].buffer, start, &rounded)
    }

    /// Waits for the values of consecutive volumes.
    pub(crate) fn fetch(
        &self,
        field: &DeviceField<R>,
        volumes: Range<usize>,
    ) -> Result<Vec<R>, GpuError> {
        self.check()?;
        let len = field.shape.len() / self.volumes;
        let range = volumes.start * len..volumes.end * len;
        self.gpu.download(&field.slabs[0].buffer, range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        field::{Machine, Shape, Step},
        gpu::Selection,
    };

    const VOLUMES: usize = 3;
    const VOXELS: usize = 700;

    fn values(seed: f64) -> Vec<f64> {
        let value = |i: usize| f64::from(f32::of((seed + i as f64).sin()));
        (0..VOLUMES * VOXELS).map(value).collect()
    }

    /// `x` after a step whose alpha is `(x, q) / (q, q)` in every volume, where volume 1 stands aside; the numbers of `mixed`
    /// are exchanged before.
    fn stepped(mixed: [usize; 2]) -> Vec<f64> {
        let gpu = Gpu::open(&Selection::Best).expect("device tests need a GPU or lavapipe");
        let device = Device::<f32>::batch(Arc::new(gpu), VOLUMES, VOXELS).unwrap();
        let shape = Shape {
            planes: VOLUMES * 7,
            plane: 100,
            components: 1,
        };
        let field = |seed: f64| {
            let mut field = device.zeros(shape).unwrap();
            device.put(&values(seed), (&mut field, 0)).unwrap();
            field
        };
        let [mut x, mut r, p, q] = [1.0, 2.0, 3.0, 4.0].map(field);
        let alpha = device.ratio(&device.dot(&x, &q), &device.dot(&q, &q));
        let found = device.read_each([&alpha]).unwrap();
        for (place, other) in mixed.into_iter().zip(mixed.into_iter().rev()) {
            device.set(&alpha, place, found[other][0]).unwrap();
        }
        device.choose(|volume| volume != 1).unwrap();
        let (x, r, p, q) = (&mut x, &mut r, &p, &q);
        device.advance(&alpha, Step { x, r, p, q });
        let found = device.fetch(x, 0..VOLUMES).unwrap();
        found.into_iter().map(Real::wide).collect()
    }

    fn expected() -> Vec<f64> {
        let [mut x, p, q] = [1.0, 3.0, 4.0].map(values);
        for volume in [0, 2] {
            let range = volume * VOXELS..(volume + 1) * VOXELS;
            let dot = |a: &[f64], b: &[f64]| -> f64 { range.clone().map(|i| a[i] * b[i]).sum() };
            let alpha = dot(&x, &q) / dot(&q, &q);
            range.clone().for_each(|i| x[i] += alpha * p[i]);
        }
        x
    }

    fn distance(a: &[f64], b: &[f64]) -> f64 {
        let pairs = a.iter().zip(b);
        pairs.fold(0.0, |worst: f64, (a, b)| worst.max((a - b).abs()))
    }

    #[test]
    #[ignore = "device test: cargo test -- --ignored device_"]
    fn device_every_volume_has_its_own_numbers() {
        assert!(distance(&stepped([0, 0]), &expected()) < 1e-6);
        assert!(distance(&stepped([0, 2]), &expected()) > 1e-4);
        assert!(distance(&stepped([0, 1]), &expected()) > 1e-4);
    }
}
