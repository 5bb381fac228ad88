//! Keeps drivers from talking to the user.
//!
//! Loaders and drivers print to stderr while they look for devices: Mesa's device selection, for one, reports an "error" for
//! each search on a machine without a desktop. Nothing of this is about the run. Whatever a search finds wrong that matters
//! comes back as an error of the search itself.

#[cfg(unix)]
pub(super) use unix::quietly;

/// Other systems' drivers keep quiet by themselves.
#[cfg(not(unix))]
pub(super) fn quietly<T>(search: impl FnOnce() -> T) -> T {
    search()
}

#[cfg(unix)]
mod unix {
    use rustix::stdio::dup2_stderr;
    use std::{
        env,
        fs::OpenOptions,
        io::{self, stderr},
        os::fd::{AsFd, OwnedFd},
        sync::{Mutex, PoisonError},
    };

    /// One at a time: two that overlap would restore in the wrong order.
    static TURN: Mutex<()> = Mutex::new(());

    /// Runs a search while the process's stderr leads nowhere; as it is where VK_LOADER_DEBUG asks to hear the loader.
    pub(in crate::gpu) fn quietly<T>(search: impl FnOnce() -> T) -> T {
        if env::var_os("VK_LOADER_DEBUG").is_some() {
            return search();
        }
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let _restored_when_dropped = Silence::new();
        search()
    }

    /// Where stderr led before.
    struct Silence(OwnedFd);

    impl Silence {
        /// Where stderr cannot be turned away, the drivers are heard and nothing else is lost.
        fn new() -> io::Result<Self> {
            let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
            let before = stderr().as_fd().try_clone_to_owned()?;
            dup2_stderr(&nowhere)?;
            Ok(Self(before))
        }
    }

    impl Drop for Silence {
        fn drop(&mut self) {
            // It led there a moment ago, so it can again; and there would be nowhere to report a failure.
            let _unreportable = dup2_stderr(&self.0);
        }
    }
}
