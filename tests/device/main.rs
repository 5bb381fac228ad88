//! Does the device compute what the host computes, kernel by kernel and as a whole?

mod batch;
mod cases;
mod elasticity;
mod field;
mod lean;
mod ledger;
mod levels;
mod operators;
mod solve;
