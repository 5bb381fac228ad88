//! Ctrl-C and SIGTERM: a run that has nothing half-written ends at once; one that listens is asked to stop at its next safe
//! point, and a second signal ends it, too.

use super::exit;
use anyhow::{Context, Result};
use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};
use voxion::{Error, solve::SolveError};

/// Whether the user asked to stop.
static REQUESTED: AtomicBool = AtomicBool::new(false);
/// Whether the run looks at that by itself.
static LISTENING: AtomicBool = AtomicBool::new(false);

/// Takes signals over, before anything else is done: from now on they end the program with the exit code of an interruption.
///
/// # Errors
/// A system that gives no thread for it.
pub(crate) fn install() -> Result<()> {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    if INSTALLED.set(()).is_err() {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        let again = REQUESTED.swap(true, Ordering::SeqCst);
        if again || !LISTENING.load(Ordering::SeqCst) {
            if !again {
                say!("{}", exit::STOPPED);
            }
            std::process::exit(exit::INTERRUPTED.into());
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// A run that looks for itself whether the user asked to stop.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(());

impl Interrupt {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self> {
        install()?;
        LISTENING.store(true, Ordering::SeqCst);
        Ok(Self(()))
    }

    /// Whether the user asked to stop.
    pub(crate) fn requested(&self) -> bool {
        REQUESTED.load(Ordering::SeqCst)
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
