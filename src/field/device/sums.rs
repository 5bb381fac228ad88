//! Sums: left in parts, one for each workgroup, by a dot product or by kernels outside of this module, then added up.

use super::{Device, DeviceField, DeviceNumber, Element, LANES, NEVER, PARTIALS, Sum, word};
use crate::{
    field::{Quotient, Real},
    gpu::{Binding, Buffer, GpuError, Grid},
};

impl<R: Element> Device<R> {
    /// Most sums that a kernel may leave; as many more can come from a dot product.
    pub(crate) fn most_sums(&self) -> usize {
        self.partials.len() / 2
    }

    /// Where kernels leave their sums.
    pub(crate) fn sums(&self) -> Binding<'_> {
        self.partials.binding()
    }

    /// Where numbers are, see [`Device::place`].
    pub(crate) fn numbers(&self) -> Binding<'_> {
        self.numbers.binding()
    }

    /// Waits for numbers of the only volume, all at once.
    pub(super) fn read_all(&self, numbers: &[DeviceNumber]) -> Result<Vec<f64>, GpuError> {
        self.check()?;
        let places = || numbers.iter().map(|number| self.place(number) as usize);
        let Some((first, last)) = places().min().zip(places().max()) else {
            return Ok(Vec::new());
        };
        let values = self.gpu.download(&self.numbers, first..=last)?;
        let wide = |[high, low]: [R; 2]| high.wide() + low.wide();
        Ok(places().map(|place| wide(values[place - first])).collect())
    }

    /// Iterations stand still from now on, once a product is at most this; all take part again.
    pub(super) fn stop_below(&self, product: f64) {
        self.stop.set(f32::of(product));
        let all = Sum {
            count: word(self.volumes),
            ..Sum::default()
        };
        let grid = Grid::Line(self.volumes);
        self.launch(&self.kernels.resume, grid, &[self.chosen.binding()], &all);
    }

    /// Where it stands which volumes take part.
    pub(crate) fn chosen(&self) -> Binding<'_> {
        self.chosen.binding()
    }

    /// A number that is zero.
    pub(crate) fn zero(&self) -> Result<DeviceNumber, GpuError> {
        let number = self.number();
        self.set(&number, 0, 0.0)?;
        Ok(number)
    }

    /// The sum of `count` sums, and its quotient with a number.
    pub(crate) fn total_and_ratio(
        &self,
        count: usize,
        quotient: Quotient<'_, DeviceNumber>,
    ) -> [DeviceNumber; 2] {
        let sum = Sum {
            count: word(count),
            ..Sum::default()
        };
        self.sum_and_ratio(sum, quotient)
    }

    /// The same with a factor times a dot product added.
    pub(crate) fn total_with_dot(
        &self,
        count: usize,
        (factor, vectors): (f64, [&DeviceField<R>; 2]),
        quotient: Quotient<'_, DeviceNumber>,
    ) -> [DeviceNumber; 2] {
        let sum = self.add_partial_sums(vectors, (count, self.most_sums()), factor);
        self.sum_and_ratio(sum, quotient)
    }

    /// `x += number a`.
    pub(crate) fn axpy(&self, number: &DeviceNumber, a: &DeviceField<R>, x: &mut DeviceField<R>) {
        let kernel = &self.kernels.axpy;
        self.each(kernel, (a.shape, &a.slabs), self.place(number), |i| {
            let fields = [a.slabs[i].buffer.binding(), x.slabs[i].buffer.binding()];
            let own = [self.numbers.binding(), self.chosen.binding()];
            [own[0], own[1], fields[0], fields[1]]
        });
    }

    /// The sum of these sums, and its quotient with a number.
    pub(super) fn sum_and_ratio(
        &self,
        sum: Sum,
        quotient: Quotient<'_, DeviceNumber>,
    ) -> [DeviceNumber; 2] {
        let [total, ratio] = [(); 2].map(|()| self.number());
        let (other, inverted, stop) = match quotient {
            Quotient::OfDot(other) => (other, 0, self.stop.get()),
            Quotient::ByDot(other) => (other, 1, NEVER),
        };
        let sum = Sum {
            slot: self.place(&total),
            other: self.place(other),
            quotient: self.place(&ratio),
            inverted,
            stop,
            ..sum
        };
        let bindings = [&self.partials, &self.numbers].map(Buffer::binding);
        let bindings = [bindings[0], bindings[1], self.chosen.binding()];
        let grid = Grid::Groups([word(self.volumes), 1, 1]);
        self.launch(&self.kernels.total_and_ratio, grid, &bindings, &sum);
        [total, ratio]
    }

    /// Sums of parts of a dot product, and how many there are for each volume.
    pub(super) fn partial_sums(&self, x: &DeviceField<R>, y: &DeviceField<R>) -> Sum {
        let room = PARTIALS.min(self.partials.len() / self.volumes);
        self.add_partial_sums([x, y], (0, room), 1.0)
    }

    /// Sums of parts of a factor times a dot product, at most `room` behind the `base` sums that there are.
    fn add_partial_sums(
        &self,
        [x, y]: [&DeviceField<R>; 2],
        (base, room): (usize, usize),
        factor: f64,
    ) -> Sum {
        let share = room / x.slabs.len().max(1);
        let mut sum = Sum {
            base: word(base),
            factor: f32::of(factor),
            ..Sum::default()
        };
        for (x_slab, y_slab) in x.slabs.iter().zip(&y.slabs) {
            let own = x_slab.cut.own(x.shape);
            let count = own.len() / self.volumes;
            let groups = word(count.div_ceil(LANES).clamp(1, share));
            (sum.offset, sum.count) = (word(own.start), word(count));
            let bindings = [&x_slab.buffer, &y_slab.buffer].map(Buffer::binding);
            let bindings = [bindings[0], bindings[1], self.partials.binding()];
            let grid = Grid::Groups([groups, word(self.volumes), 1]);
            self.launch(&self.kernels.dot, grid, &bindings, &sum);
            sum.base += groups;
        }
        sum.count = sum.base;
        sum
    }

    /// The sum of these sums, a workgroup for each volume.
    pub(super) fn sum_up(&self, sum: &Sum) {
        let bindings = [self.partials.binding(), self.numbers.binding()];
        let grid = Grid::Groups([word(self.volumes), 1, 1]);
        self.launch(&self.kernels.total, grid, &bindings, sum);
    }
}
