//! Why a device did not finish, and what is said about it.

use crate::{Result, field::Backend, gpu::GpuError, solve::SolveError};

/// The notice where f32 is not enough.
pub(super) fn not_enough(adapter: &str) -> String {
    format!(
        "{adapter}: single precision does not carry this contrast to the requested error; the host takes over in double \
         precision"
    )
}

/// Why a device did not finish.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing had been computed yet.
    SetUp(GpuError),
    /// In the middle.
    Solve(SolveError),
}

impl From<SolveError> for Failure {
    fn from(error: SolveError) -> Self {
        Self::Solve(error)
    }
}

impl Failure {
    /// Whether single precision was the reason.
    pub(crate) fn stagnated(&self) -> bool {
        matches!(self, Self::Solve(SolveError::Stagnated { .. }))
    }

    /// Whether the device had no room.
    pub(super) fn is_full(&self) -> bool {
        matches!(
            self,
            Self::SetUp(GpuError::OutOfMemory { .. })
                | Self::Solve(SolveError::Machine(GpuError::OutOfMemory { .. }))
        )
    }

    /// The sentence that says why the host takes over, or the error where it must not.
    pub(crate) fn excuse(self, adapter: &str, backend: &Backend) -> Result<String> {
        let error = match (self, backend) {
            (Self::SetUp(error), Backend::Device { .. }) => return Err(error.into()),
            (Self::SetUp(error) | Self::Solve(SolveError::Machine(error)), _) => error,
            (Self::Solve(SolveError::Stagnated { .. }), _) => {
                return Ok(not_enough(adapter));
            }
            (Self::Solve(error), _) => return Err(error.into()),
        };
        let reason = match error {
            GpuError::Lost { reason } => format!("{adapter} was lost ({reason})"),
            GpuError::OutOfMemory { needed, allocated } => format!(
                "{adapter} has no room for {needed} bytes besides the {allocated} bytes in use"
            ),
            GpuError::TooLarge { needed, limit } => {
                format!("{adapter} binds at most {limit} bytes at once and {needed} are needed")
            }
            other => format!("{adapter} failed: {other}"),
        };
        Ok(format!(
            "{reason}; the host takes over from what is reached so far"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON_DEVICE: Backend = Backend::Device { name: None };

    fn too_large() -> GpuError {
        GpuError::TooLarge {
            needed: 300,
            limit: 200,
        }
    }

    #[test]
    fn a_device_that_was_demanded_and_is_too_small_fails_with_the_numbers() {
        let refused = Failure::SetUp(too_large()).excuse("gpu", &ON_DEVICE);
        let sentence = refused.unwrap_err().to_string();
        assert!(
            sentence.contains("300") && sentence.contains("200"),
            "{sentence}"
        );
        let notice = Failure::SetUp(too_large()).excuse("gpu", &Backend::Auto);
        assert!(notice.unwrap().contains("the host takes over"));
    }

    #[test]
    fn the_host_takes_over_from_a_lost_device_but_not_from_a_stopped_solve() {
        for backend in [ON_DEVICE, Backend::Auto] {
            let reason = "driver".to_owned();
            let lost = Failure::Solve(SolveError::Machine(GpuError::Lost { reason }));
            let notice = lost.excuse("gpu", &backend).unwrap();
            assert!(notice.contains("gpu was lost (driver)"), "{notice}");
            let stopped = Failure::Solve(SolveError::Interrupted);
            assert!(stopped.excuse("gpu", &backend).is_err());
        }
    }
}
