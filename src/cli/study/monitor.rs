//! Progress of a study: a bar with the time left where stderr is a terminal, else a line now and then.

use super::super::{interrupt::Interrupt, resolve::Verbosity};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    io::{IsTerminal, stderr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use voxion::study;

/// Between two lines where there is no bar.
const PAUSE: Duration = Duration::from_secs(30);

/// Shows how far a study is.
pub(super) struct Monitor {
    interrupt: Interrupt,
    verbosity: Verbosity,
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    started: Instant,
    shown: Instant,
    open: usize,
    settled: usize,
    failed: usize,
}

impl Monitor {
    pub(super) fn new(interrupt: Interrupt, verbosity: Verbosity) -> Self {
        let style = ProgressStyle::with_template(
            "[{bar:30}] {pos} of {len} cases{msg} ({elapsed}, about {eta} left)",
        );
        let bar = ProgressBar::hidden()
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let now = Instant::now();
        let state = State {
            started: now,
            shown: now,
            open: 0,
            settled: 0,
            failed: 0,
        };
        Self {
            interrupt,
            verbosity,
            bar,
            state: Mutex::new(state),
        }
    }

    /// The study has ended.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl study::Monitor for Monitor {
    fn begin(&self, open: usize, finished: usize) {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .open = open;
        if self.verbosity == Verbosity::Quiet {
            return;
        }
        if finished > 0 {
            say!("{finished} cases are finished already, {open} are run");
        }
        if stderr().is_terminal() && open > 0 {
            self.bar.set_length(open as u64);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    fn settled(&self, title: &str, reason: Option<&str>) {
        if let Some(reason) = reason {
            self.bar.suspend(|| say!("error: {title}: {reason}"));
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.settled += 1;
        state.failed += usize::from(reason.is_some());
        self.bar.inc(1);
        if state.failed > 0 {
            self.bar.set_message(format!(", {} failed", state.failed));
        }
        let quiet = self.verbosity == Verbosity::Quiet || stderr().is_terminal();
        if !quiet && state.shown.elapsed() > PAUSE {
            state.shown = Instant::now();
            say!("{}", state.line());
        }
    }

    fn stopped(&self) -> bool {
        self.interrupt.requested()
    }
}

impl State {
    /// "12 of 100 cases, 1 failed, about 3 minutes left".
    fn line(&self) -> String {
        let failed = match self.failed {
            0 => String::new(),
            failed => format!(", {failed} failed"),
        };
        let part = self.settled as f64 / self.open.max(1) as f64;
        let left = self
            .started
            .elapsed()
            .mul_f64((1.0 - part).max(0.0) / part.max(1e-6));
        let (settled, open) = (self.settled, self.open);
        format!(
            "{settled} of {open} cases{failed}, about {} left",
            HumanDuration(left)
        )
    }
}
