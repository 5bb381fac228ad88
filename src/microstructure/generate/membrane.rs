//! A membrane of sintered spheres. Spheres of nearly one size are packed at random to the green density; densification
//! moves their centres together; and necks grow where they meet. Solid volume is conserved: what a neck gains, and what
//! overlaps, is taken from or given to the surfaces, everywhere alike.
//!
//! With the signed distances `a <= b` to the two nearest spheres, the surface is where `a - max(k - (b - a), 0)^2 / 4k` (a
//! smooth union) has the value that gives the volume. Two spheres of radius `R` that just touch then have a neck of radius
//! `x = sqrt(k R / 2)`, so that `k = 2 (x/R)^2 R`.

use super::{
    GenerateError, Grid, Microstructure, Recipe, Remarks, assemble, distance,
    grid::count,
    packing::{HARD, Sphere, pack},
    particles,
    sizes::Sizes,
    spheres::fill,
};
use rayon::prelude::*;

/// Labels: 0 pore, 1 solid.
#[derive(Debug, Clone, PartialEq)]
pub struct Membrane {
    /// Diameters of the spheres.
    pub spheres: Sizes,
    /// Relative density of the packing before sintering.
    pub green_density: f64,
    /// Relative density after it.
    pub relative_density: f64,
    /// Radius of a neck over that of its spheres, for spheres that just touch.
    pub neck_ratio: f64,
    /// Material of the solid.
    pub material: String,
}

impl Membrane {
    fn check(&self) -> Result<(), GenerateError> {
        self.spheres.check()?;
        GenerateError::check(
            "the green density",
            self.green_density,
            (0.05, 0.66),
            "from 0.05 to 0.66",
        )?;
        GenerateError::check(
            "the relative density",
            self.relative_density,
            (self.green_density, 0.98),
            "from the green density to 0.98",
        )?;
        GenerateError::check(
            "the neck ratio",
            self.neck_ratio,
            (0.0, 0.8),
            "from 0 to 0.8",
        )
    }
}

impl Recipe for Membrane {
    fn build(&self, grid: &Grid, seed: u64) -> Result<Microstructure, GenerateError> {
        self.check()?;
        let sizes = self.spheres.radii(self.relative_density, grid, 0.0, seed)?;
        let apart = libm::cbrt(self.green_density / self.relative_density);
        let green: Vec<f64> = sizes.radii.iter().map(|radius| radius * apart).collect();
        let sintered: Vec<Sphere> = pack(&green, grid, seed, HARD)?
            .iter()
            .zip(&sizes.radii)
            .map(|(sphere, &radius)| Sphere { radius, ..*sphere })
            .collect();
        let mean = sizes.radii.iter().sum::<f64>() / sizes.radii.len() as f64;
        let distances = distance::surfaces(&sintered, grid, mean);
        let blend = super::grid::single(2.0 * self.neck_ratio * self.neck_ratio * mean);
        let mut field = distances.nearest;
        field
            .par_iter_mut()
            .zip(&distances.second)
            .for_each(|(nearest, &second)| *nearest = smooth_union(*nearest, second, blend));
        let mut labels = vec![0; grid.voxels()];
        fill(
            &mut labels,
            &field,
            count(self.relative_density * grid.volume()),
            1,
        );
        let phases = [
            ("pore", None, Some(1.0 - self.relative_density)),
            (
                "solid",
                Some(self.material.as_str()),
                Some(self.relative_density),
            ),
        ];
        let facts = vec![particles("spheres", &sizes.radii, grid)];
        let notes = sizes.notes;
        assemble(grid, labels, &phases, Remarks { facts, notes })
    }
}

/// The union of two shapes with a fillet.
fn smooth_union(nearest: f32, second: f32, blend: f32) -> f32 {
    let close = blend - (second - nearest);
    if blend > 0.0 && close > 0.0 {
        nearest - close * close / (4.0 * blend)
    } else {
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spheres_that_touch_have_the_neck_asked_for() {
        let (radius, ratio) = (20.0f32, 0.3f32);
        let blend = 2.0 * ratio * ratio * radius;
        // In the plane between two touching spheres both distances are sqrt(R^2 + x^2) - R.
        let field = |x: f32| {
            let distance = (radius * radius + x * x).sqrt() - radius;
            smooth_union(distance, distance, blend)
        };
        assert!(field(0.99 * ratio * radius) < 0.0);
        assert!(field(1.05 * ratio * radius) > 0.0);
        assert_eq!(smooth_union(1.0, 1.0, 0.0), 1.0);
        assert_eq!(smooth_union(1.0, f32::INFINITY, 2.0), 1.0);
    }
}
