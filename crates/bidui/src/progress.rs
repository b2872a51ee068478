//! How a run tells where it is: bars on a terminal, plain lines elsewhere, JSON lines where asked, nothing when quiet.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How much is said while working, and in what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    Quiet,
    /// Bars on a terminal, else a line a stage.
    Plain,
    Json,
}

/// The run's voice on standard error.
pub(crate) struct Progress {
    voice: Voice,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(voice: Voice) -> Self {
        let on_terminal = voice == Voice::Plain && std::io::stderr().is_terminal();
        let bar = on_terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { voice, bar }
    }

    /// A stage begins.
    pub(crate) fn stage(&self, name: &'static str) {
        match (&self.bar, self.voice) {
            (Some(bar), _) => bar.set_message(name),
            (None, Voice::Quiet) => {}
            (None, _) => tracing::info!("{name}"),
        }
    }

    /// A bar of `total` steps; hidden where there is no terminal.
    pub(crate) fn bar(&self, name: &'static str, total: u64) -> ProgressBar {
        self.stage(name);
        if self.bar.is_none() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} 还需{eta}") {
            bar.set_style(style);
        }
        bar.set_message(name);
        bar
    }

    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
