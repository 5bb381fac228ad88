//! Voxion: transport through voxelized battery microstructures, with a certified error bound on every number.
//!
//! The question, in ten lines: how well does the pore space of this volume conduct from bottom to top?
//!
//! ```
//! use voxion::{field::Backend, microstructure::{Axis, Volume}, physics::Conduction, solve::{Silent, Tolerance}};
//!
//! # fn main() -> voxion::Result<()> {
//! // From a file: voxion::io::read(&"volume.h5".into())?.volume
//! let labels = ndarray::Array3::from_shape_fn((16, 16, 16), |(z, y, _)| u8::from((z / 4 + y / 4) % 2 == 0 || y > 5));
//! let volume = Volume::from_labels(&labels).with_spacing([390e-9; 3]);
//! let problem = Conduction::new(&volume).conductivity(1, 0.3)?;
//! let solution = problem.solve(Axis::Z, Tolerance::default(), &Backend::Auto, &mut Silent)?;
//! let effective = &solution.effective;
//! println!("{:.5} +- {:.5} S/m", effective.effective_conductivity, effective.error_bound);
//! assert!(effective.error_bound <= 1e-3 * effective.effective_conductivity);
//! # Ok(())
//! # }
//! ```
//!
//! | question | equation | module |
//! |---|---|---|
//! | What does the file hold? | | [`io`], [`microstructure::Volume`] |
//! | How is a material built? | | [`microstructure::generate`] |
//! | Does the phase connect? | | [`microstructure::connectivity`] |
//! | How well does it conduct, how tortuous is it? | `div(sigma grad phi) = 0` | [`physics::conduction`] |
//! | What stress does swelling cause, how stiff is it? | `div(C : (strain - eigenstrain)) = 0` | [`physics::elasticity`] |
//! | How wrong is the number? | `||e||^2 = min sum f^2 / w, div f = r` | [`solve::certificate`] |
//! | How is it solved? | conjugate gradients, layered aggregation | [`solve::refinement`], [`solve::multigrid`] |
//! | On which machine? | | [`field`], [`gpu`] |
//! | What is a material made of, and who says so? | | [`materials`] |
//! | How is a run described, and shown? | | [`scenario`], [`report`] |
//! | How are many runs spread, resumed and merged? | | [`study`] |

// A stream that cannot be written is no reason to panic.
#![cfg_attr(not(test), deny(clippy::print_stderr, clippy::print_stdout))]

mod error;
pub mod field;
pub mod gpu;
pub mod io;
pub mod materials;
pub mod microstructure;
pub mod physics;
pub mod report;
pub mod scenario;
pub mod solve;
pub mod study;

pub use error::{Error, Result};
