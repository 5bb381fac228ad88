//! Shows a solve while it goes on: a bar on stderr for whatever takes longer than two seconds, none where stderr is not a
//! terminal. It also carries Ctrl-C to the solver.

use super::{advice::Advice, interrupt::Interrupt, resolve::Verbosity};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::{Duration, Instant},
};
use voxion::{
    microstructure::Axis,
    report::numbers::plain,
    solve::{Continue, Observer, Progress, Tolerance},
};

/// Shorter solves show nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// Below this part of the way the time left is a guess that helps nobody.
const TELLING: f64 = 0.1;
/// Steps of the bar.
const STEPS: u16 = 1000;
const TEMPLATE: &str = "{prefix} [{bar:30}] {msg}";

/// Watches the solves of a run, one axis after the other.
pub(crate) struct Watch {
    tolerance: Tolerance,
    verbosity: Verbosity,
    interrupt: Interrupt,
    notices: Vec<Advice>,
    bar: ProgressBar,
    started: Instant,
    /// The first bound or residual seen, from which the bar measures the way to the tolerance.
    first: Option<f64>,
    done: f64,
}

impl Watch {
    pub(crate) fn new(tolerance: Tolerance, verbosity: Verbosity, interrupt: Interrupt) -> Self {
        Self {
            tolerance,
            verbosity,
            interrupt,
            notices: Vec::new(),
            bar: ProgressBar::hidden(),
            started: Instant::now(),
            first: None,
            done: 0.0,
        }
    }

    /// A solve along an axis begins.
    pub(crate) fn begin(&mut self, axis: Axis) {
        let style = ProgressStyle::with_template(TEMPLATE);
        self.bar = ProgressBar::hidden()
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_prefix(axis.name());
        self.bar.set_length(STEPS.into());
        (self.started, self.first, self.done) = (Instant::now(), None, 0.0);
    }

    /// The solve has ended.
    pub(crate) fn end(&mut self) {
        self.bar.finish_and_clear();
    }

    /// What the solver said besides.
    pub(crate) fn into_notices(self) -> Vec<Advice> {
        self.notices
    }

    /// How much of the way to the tolerance is done, 0 to 1: errors fall by factors, so the way is measured in logarithms.
    fn fraction(&mut self, progress: &Progress) -> f64 {
        let error = progress.expected_error;
        if progress.iterations == 0 {
            // Another solve begins: that of the next direction, say.
            (self.first, self.done) = (None, 0.0);
        }
        if progress.iterations == 0 || !(error > 0.0 && error.is_finite()) {
            return self.done;
        }
        let first = *self
            .first
            .get_or_insert(error.max(2.0 * self.tolerance.relative_error));
        let way = (first / self.tolerance.relative_error).ln();
        self.done = self.done.max((first / error).ln() / way).clamp(0.0, 1.0);
        self.done
    }

    fn draw(&mut self, progress: &Progress) {
        let done = self.fraction(progress);
        let elapsed = self.started.elapsed();
        if self.verbosity == Verbosity::Quiet || elapsed < PATIENCE {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_message(message(progress, done, elapsed));
        self.bar.set_position(steps(done));
    }
}

#[expect(clippy::cast_possible_truncation, reason = "between 0 and STEPS")]
fn steps(done: f64) -> u64 {
    (done * f64::from(STEPS)) as u64
}

fn message(progress: &Progress, done: f64, elapsed: Duration) -> String {
    if progress.iterations == 0 {
        return "setting up".to_owned();
    }
    let percent = |error: f64| plain((error * 1e5).ceil() / 1e3);
    let bound = match progress.error_bound {
        Some(bound) => format!("error at most {} %", percent(bound)),
        None => format!(
            "error about {} %, not yet certified",
            percent(progress.expected_error)
        ),
    };
    let left = match done {
        done if done < TELLING => String::new(),
        done => format!(
            ", {} left",
            HumanDuration(elapsed.mul_f64((1.0 - done) / done))
        ),
    };
    format!(
        "iteration {}, residual {:.1e}, {bound}{left}",
        progress.iterations, progress.residual
    )
}

impl Observer for Watch {
    fn progress(&mut self, progress: &Progress) -> Continue {
        if self.interrupt.requested() {
            return Continue::No;
        }
        self.draw(progress);
        Continue::Yes
    }

    fn notice(&mut self, sentence: &str) {
        let notice = Advice::Notice(sentence.to_owned());
        // The solves of a run may all have the same to say.
        if !self.notices.contains(&notice) {
            self.bar.suspend(|| notice.warn());
            self.notices.push(notice);
        }
    }
}

/// Shows which of several steps goes on, once they have taken longer than two seconds.
pub(crate) struct Steps {
    bar: ProgressBar,
    /// Dropped when the steps end, which the thread that waits for two seconds notices.
    alive: Option<Sender<()>>,
}

impl Steps {
    pub(crate) fn new(count: usize, verbosity: Verbosity) -> Self {
        let style =
            ProgressStyle::with_template("[{bar:30}] {pos} of {len} done, now {msg} ({elapsed})");
        let bar = ProgressBar::hidden()
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_length(count as u64);
        let (alive, over) = channel();
        if verbosity == Verbosity::Normal {
            let bar = bar.clone();
            thread::spawn(move || {
                if over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(200));
                }
            });
        }
        Self {
            bar,
            alive: Some(alive),
        }
    }

    /// The step before has ended and this one begins.
    pub(crate) fn begin(&mut self, what: impl Into<String>) {
        if !self.bar.message().is_empty() {
            self.bar.inc(1);
        }
        self.bar.set_message(what.into());
    }

    /// So many steps are done.
    pub(crate) fn reach(&self, done: usize) {
        self.bar.set_position(done as u64);
    }

    /// The last step has ended.
    pub(crate) fn end(&mut self) {
        self.alive = None;
        self.bar.finish_and_clear();
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.end();
    }
}

/// Watches many solves at once.
pub(crate) struct Count {
    steps: Steps,
    interrupt: Interrupt,
    notices: Vec<Advice>,
    /// Solves of the portions before.
    before: usize,
}

impl Count {
    pub(crate) fn new(solves: usize, verbosity: Verbosity, interrupt: Interrupt) -> Self {
        let mut steps = Steps::new(solves, verbosity);
        steps.begin("solving");
        Self {
            steps,
            interrupt,
            notices: Vec::new(),
            before: 0,
        }
    }

    /// A portion of so many solves has ended.
    pub(crate) fn leave(&mut self, solves: usize) {
        self.before += solves;
        self.steps.reach(self.before);
    }

    /// All have ended; what the solver said besides.
    pub(crate) fn end(mut self) -> Vec<String> {
        self.steps.end();
        self.notices.iter().map(ToString::to_string).collect()
    }

    fn wanted(&self) -> Continue {
        if self.interrupt.requested() {
            Continue::No
        } else {
            Continue::Yes
        }
    }
}

impl Observer for Count {
    fn progress(&mut self, _progress: &Progress) -> Continue {
        self.wanted()
    }

    fn notice(&mut self, sentence: &str) {
        let notice = Advice::Notice(sentence.to_owned());
        self.steps.bar.suspend(|| notice.warn());
        self.notices.push(notice);
    }

    fn solved(&mut self, done: usize, _all: usize) -> Continue {
        self.steps.reach(self.before + done);
        self.wanted()
    }
}
