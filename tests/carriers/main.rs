//! Do two coupled carriers give the numbers that are known? The ladder, the Newman-Tobias electrode, the thick electrode with
//! Butler-Volmer kinetics, the transmission line, the balances of charge and energy. Each comparison is shown to fail for a
//! wrong number.

mod bound;
mod boundaries;
mod common;
mod impedance;
mod steady;
