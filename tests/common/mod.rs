//! What the tests of physics share: problems as data, microstructures as formulas, tables of known answers, random
//! media, and a reference that has nothing in common with the solver.
#![allow(
    dead_code,
    reason = "every test binary compiles the whole folder and uses its part of it"
)]

pub(crate) mod case;
pub(crate) mod cases;
pub(crate) mod dense_cell;
pub(crate) mod problem;
pub(crate) mod random;
pub(crate) mod shapes;
pub(crate) mod spheres;
pub(crate) mod star_mesh;
