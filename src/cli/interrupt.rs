//! Ctrl-C and SIGTERM: the first asks the run to stop at the next safe point, the second stops it at once.

use anyhow::{Context, Result};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use voxion::{Error, solve::SolveError};

/// Whether the user asked to stop.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self> {
        let interrupt = Self(Arc::default());
        let flag = Arc::clone(&interrupt.0);
        ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(super::exit::INTERRUPTED.into());
            }
        })
        .context("cannot listen for Ctrl-C")?;
        Ok(interrupt)
    }

    /// Whether the user asked to stop.
    pub(crate) fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// A safe point: an error if the user asked to stop.
    pub(crate) fn check(&self) -> voxion::Result<()> {
        if self.requested() {
            Err(Error::from(SolveError::Interrupted))
        } else {
            Ok(())
        }
    }
}
