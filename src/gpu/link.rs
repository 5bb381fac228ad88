//! The device and its queue, made safe to lose: errors are recorded by callbacks and handed to the next call.
//!
//! wgpu 30 reports some errors by a callback, some to an error scope of the calling thread, and a device that is
//! lost while one waits for it by a panic. Here all three become a [`GpuError`].

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
};

use super::GpuError;

/// A device, its queue, and what has gone wrong with them.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    fault: Arc<Mutex<Fault>>,
}

/// Errors that no call has reported yet, and the loss that every call reports.
#[derive(Debug, Default)]
struct Fault {
    lost: Option<String>,
    pending: Option<GpuError>,
}

impl Link {
    pub(super) fn new(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let fault = Arc::new(Mutex::new(Fault::default()));
        let (on_error, on_loss) = (Arc::clone(&fault), Arc::clone(&fault));
        device.on_uncaptured_error(Arc::new(move |error| {
            lock(&on_error).pending.get_or_insert(translate(&error));
        }));
        device.set_device_lost_callback(move |_, reason| {
            lock(&on_loss).lost.get_or_insert(reason);
        });
        Self {
            device,
            queue,
            fault,
        }
    }

    /// Reports the loss of the device, always, or the first error recorded since the last check, once.
    pub(super) fn check(&self) -> Result<(), GpuError> {
        let mut fault = lock(&self.fault);
        if let Some(reason) = &fault.lost {
            return Err(GpuError::Lost {
                reason: reason.clone(),
            });
        }
        fault.pending.take().map_or(Ok(()), Err)
    }

    /// Runs calls of wgpu whose errors belong to the caller, and returns the first of them.
    pub(super) fn scoped<R>(&self, calls: impl FnOnce() -> R) -> Result<R, GpuError> {
        self.check()?;
        let memory = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = self.device.push_error_scope(wgpu::ErrorFilter::Internal);
        let validation = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let result = calls();
        let errors = [
            pollster::block_on(validation.pop()),
            pollster::block_on(internal.pop()),
            pollster::block_on(memory.pop()),
        ];
        self.check()?;
        match errors.into_iter().flatten().next() {
            Some(error) => Err(translate(&error)),
            None => Ok(result),
        }
    }

    /// Waits for a submission, or for all of them. Errors recorded meanwhile are left to the next check.
    pub(super) fn wait(&self, submission: Option<wgpu::SubmissionIndex>) -> Result<(), GpuError> {
        let until = wgpu::PollType::Wait {
            submission_index: submission,
            timeout: None,
        };
        match quietly(|| self.device.poll(until)) {
            Some(Ok(_)) => Ok(()),
            Some(Err(error)) => Err(GpuError::Validation {
                message: error.to_string(),
            }),
            None => Err(self.lose("the driver stopped answering".to_owned())),
        }
    }

    /// Marks the device as lost, whatever the driver says.
    pub(super) fn lose(&self, reason: String) -> GpuError {
        let reason = lock(&self.fault).lost.get_or_insert(reason).clone();
        GpuError::Lost { reason }
    }
}

/// Locks even after a panic elsewhere: what the locks here guard is never left half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn translate(error: &wgpu::Error) -> GpuError {
    match error {
        wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory {
            needed: 0,
            allocated: 0,
        },
        wgpu::Error::Validation { description, .. } | wgpu::Error::Internal { description, .. } => {
            GpuError::Validation {
                message: one_line(description),
            }
        }
    }
}

/// wgpu's messages are indented lists; ours are sentences.
fn one_line(description: &str) -> String {
    let parts = description.lines().map(str::trim);
    let told = parts.filter(|part| !["", "Validation Error", "Caused by:"].contains(part));
    told.collect::<Vec<_>>().join(": ")
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs a call of wgpu that panics when the device is lost, without the message of a panic; `None` if it did.
fn quietly<R>(call: impl FnOnce() -> R) -> Option<R> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                loud(info);
            }
        }));
    });
    QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(call)).ok();
    QUIET.set(false);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_inside_wgpu_becomes_none() {
        assert_eq!(quietly(|| 7), Some(7));
        assert_eq!(quietly(|| -> u8 { panic!("lost") }), None);
        assert!(!QUIET.get());
    }

    #[test]
    fn messages_become_one_line() {
        let told = "Validation Error\n\nCaused by:\n  In create_bind_group\n    too few entries\n";
        assert_eq!(one_line(told), "In create_bind_group: too few entries");
    }
}
