//! Whether to colour: `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE`, `TERM`, and whether anybody looks at a terminal, as clap itself decides it.

use anstream::{AutoStream, ColorChoice};

/// Errors and progress.
pub(crate) fn on_standard_error() -> bool {
    AutoStream::choice(&std::io::stderr()) != ColorChoice::Never
}

/// Help.
pub(crate) fn on_standard_output() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}
