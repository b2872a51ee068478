//! How a run tells where it is: one bar with the time left on a terminal, plain lines elsewhere, JSON lines where asked, nothing when quiet.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::course::Course;

/// How much is said while working, and in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Quiet,
    /// A bar on a terminal, else a line a stage.
    Plain,
    Json,
}

/// The program's voice on standard error while it works.
pub(crate) struct Progress {
    voice: Voice,
    bar: Option<ProgressBar>,
    course: Arc<Mutex<Course>>,
    begun: Instant,
}

/// A stage that counts its steps.
pub(crate) struct Steps<'a> {
    progress: &'a Progress,
}

/// Bars draw every so often, and so does the time left.
const TICK: Duration = Duration::from_millis(120);

impl Progress {
    pub(crate) fn new(voice: Voice) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let on_terminal = voice == Voice::Plain && std::io::stderr().is_terminal() && !is_dumb;
        let course = Arc::new(Mutex::new(Course::default()));
        let begun = Instant::now();
        let bar = on_terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style(&course, begun));
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { voice, bar, course, begun }
    }

    /// The stages that are to come, with the part of the whole that each usually takes; from now on the time left is told.
    pub(crate) fn follow(&self, stages: &'static [(&'static str, u64)]) {
        *self.lock() = Course::new(stages, self.begun.elapsed());
    }

    /// A stage begins.
    pub(crate) fn stage(&self, name: &'static str) {
        self.lock().enter(name, self.begun.elapsed());
        match (&self.bar, self.voice) {
            (Some(bar), _) => bar.set_message(name),
            (None, Voice::Quiet) => {}
            (None, _) => tracing::info!("{name}"),
        }
    }

    /// A stage of `total` steps, of whatever they are counted in.
    pub(crate) fn steps(&self, name: &'static str, total: u64) -> Steps<'_> {
        self.stage(name);
        self.lock().count(total);
        Steps { progress: self }
    }

    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A bar that fails on its way leaves no half of itself before the error.
impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}

impl Steps<'_> {
    pub(crate) fn inc(&self, steps: u64) {
        self.progress.lock().step(steps);
    }
    pub(crate) fn set(&self, done: u64) {
        self.progress.lock().step_to(done);
    }
}

/// `⠹ 读取并封存 ━━━━━━━━──────── 还需约2分10秒`
fn style(course: &Arc<Mutex<Course>>, begun: Instant) -> ProgressStyle {
    let course = Arc::clone(course);
    let told = move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
        let course = course.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = text.write_str(&course.told(begun.elapsed()));
    };
    match ProgressStyle::with_template("{spinner} {msg} {course}") {
        Ok(style) => style.with_key("course", told),
        Err(_) => ProgressStyle::default_spinner(),
    }
}
