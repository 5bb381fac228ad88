//! Vectors of unknowns on two machines, and the little arithmetic that iterations ask of them.
//!
//! A field is a stack of planes. A plane holds `components` times the numbers of one grid plane, so that a potential (1),
//! an ionic and an electronic potential (2) and a displacement (3) are cut into slabs in the same way. Coarse levels of
//! multigrid have no grid: they are fields of a single plane.

pub mod device;
pub mod host;
mod room;

pub use device::{Device, DeviceField};
pub(crate) use host::vectorised;
pub use host::{Host, HostField};
pub use room::available_bytes;

use crate::gpu::GpuError;

/// The numbers fields are made of.
pub trait Real:
    Copy
    + Send
    + Sync
    + PartialOrd
    + Default
    + From<u8>
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
    + std::iter::Sum
    + 'static
{
    /// Unit roundoff: half the distance from 1 to the next number.
    const ROUNDOFF: f64;
    /// How far `(r, B r)` may fall within one correction before rounding in this precision spoils the directions.
    const REDUCTION: f64;
    /// Iterations without halving that number after which rounding is to blame: it halves every one to three otherwise, and
    /// what single precision gives up double takes over.
    const PATIENCE: usize;
    /// Round to this precision.
    fn of(value: f64) -> Self;
    /// Widen.
    fn wide(self) -> f64;
    /// The number where `kept`, else 0: by its bits, because a compiler that sees a branch may load what is kept under a mask, which
    /// takes twice as long.
    fn only(self, kept: bool) -> Self;
}

impl Real for f32 {
    const ROUNDOFF: f64 = 0.5 * f32::EPSILON as f64;
    const REDUCTION: f64 = 1e-11;
    const PATIENCE: usize = 12;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounding is what this function is for"
    )]
    #[inline]
    fn of(value: f64) -> Self {
        value as f32
    }
    #[inline]
    fn wide(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn only(self, kept: bool) -> Self {
        Self::from_bits(self.to_bits() & u32::from(kept).wrapping_neg())
    }
}

impl Real for f64 {
    const ROUNDOFF: f64 = 0.5 * f64::EPSILON;
    const REDUCTION: f64 = 1e-25;
    const PATIENCE: usize = 40;
    #[inline]
    fn of(value: f64) -> Self {
        value
    }
    #[inline]
    fn wide(self) -> f64 {
        self
    }
    #[inline(always)]
    fn only(self, kept: bool) -> Self {
        Self::from_bits(self.to_bits() & u64::from(kept).wrapping_neg())
    }
}

/// The size of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Grid planes.
    pub planes: usize,
    /// Numbers of one component in one plane.
    pub plane: usize,
    /// Components per grid point, 1 to 3.
    pub components: usize,
}

impl Shape {
    /// A field without a grid.
    pub fn flat(length: usize) -> Self {
        Self {
            planes: 1,
            plane: length,
            components: 1,
        }
    }

    /// All numbers of the field.
    pub fn len(self) -> usize {
        self.planes * self.stride()
    }

    /// Whether the field has no numbers.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Numbers of one plane, all components together.
    pub fn stride(self) -> usize {
        self.plane * self.components
    }
}

/// A machine that holds fields and computes on them. Launches may be queued; only [`Machine::read`] waits and can fail.
pub trait Machine {
    /// A vector of unknowns.
    type Field;
    /// A number that stays on the machine.
    type Number: Clone;

    /// A field of zeros.
    fn zeros(&self, shape: Shape) -> Result<Self::Field, GpuError>;
    /// `x . y`, summed in a fixed order.
    fn dot(&self, x: &Self::Field, y: &Self::Field) -> Self::Number;
    /// `a / b`, or 0 where b is 0.
    fn ratio(&self, a: &Self::Number, b: &Self::Number) -> Self::Number;
    /// `x . y`, and its quotient with a number.
    fn dot_and_ratio(
        &self,
        [x, y]: [&Self::Field; 2],
        quotient: Quotient<'_, Self::Number>,
    ) -> [Self::Number; 2] {
        let dot = self.dot(x, y);
        let ratio = match quotient {
            Quotient::OfDot(below) => self.ratio(&dot, below),
            Quotient::ByDot(above) => self.ratio(above, &dot),
        };
        [dot, ratio]
    }
    /// `y += x`.
    fn add(&self, x: &Self::Field, y: &mut Self::Field);
    /// `p = z + beta p`.
    fn redirect(&self, z: &Self::Field, beta: &Self::Number, p: &mut Self::Field);
    /// `x += alpha p` and `r -= alpha q`.
    fn advance(&self, alpha: &Self::Number, step: Step<'_, Self::Field>);
    /// Waits for numbers.
    fn read<const N: usize>(&self, numbers: [&Self::Number; N]) -> Result<[f64; N], GpuError>;
    /// Waits for any number of numbers, once.
    fn read_many(&self, numbers: &[Self::Number]) -> Result<Vec<f64>, GpuError> {
        let each = numbers.iter().map(|number| self.read([number]));
        each.map(|value| value.map(|[value]| value)).collect()
    }
    /// How many iterations on fields of this size are worth queueing before any is waited for; 1 where nothing is queued.
    fn ahead(&self, _shape: Shape) -> usize {
        1
    }
    /// From now on [`Machine::redirect`] and [`Machine::advance`] do nothing any more once a product of
    /// [`Quotient::OfDot`] has been at most this, so that what is queued in vain changes no vector.
    fn stand_still_below(&self, _product: f64) {}
    /// Rounds `values` into the field.
    fn store(&self, values: &[f64], field: &mut Self::Field) -> Result<(), GpuError>;
    /// Waits for the field and adds it to `values`.
    fn accumulate(&self, field: &Self::Field, values: &mut [f64]) -> Result<(), GpuError>;
    /// `x = -a`.
    fn negate(&self, a: &Self::Field, x: &mut Self::Field);
    /// Sets every number to zero.
    fn clear(&self, field: &mut Self::Field);
}

/// Which quotient of a dot product and a number.
#[derive(Debug, Clone, Copy)]
pub enum Quotient<'a, N> {
    /// The dot product over the number.
    OfDot(&'a N),
    /// The number over the dot product.
    ByDot(&'a N),
}

/// The four vectors of a step of conjugate gradients.
#[derive(Debug)]
pub struct Step<'a, F> {
    /// Solution, receives `alpha p`.
    pub x: &'a mut F,
    /// Residual, loses `alpha q`.
    pub r: &'a mut F,
    /// Direction.
    pub p: &'a F,
    /// The operator applied to the direction.
    pub q: &'a F,
}

/// Where a solve runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Backend {
    /// A real GPU where there is one, else the host. Never a software adapter.
    #[default]
    Auto,
    /// The CPU, with rayon.
    Host,
    /// The best adapter present, software included; or the first whose name contains the text, case-insensitively.
    Device {
        /// Part of the adapter's name.
        name: Option<String>,
    },
}
