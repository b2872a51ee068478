//! Whose fault it is, and with which exit code the program says so.

use bidui_model::Diagnostic;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The suppliers' data: exit code 1, nothing published.
    Data(String),
    /// The configuration, with every error and the text of the file that each stands in: exit code 2.
    Config(Vec<(Diagnostic, String)>),
    /// The command line, a path or the key: exit code 2.
    Command(String),
    /// Ours or the disk's: exit code 3.
    Ours(anyhow::Error),
}

impl Fault {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Data(_) => 1,
            Self::Config(_) | Self::Command(_) => 2,
            Self::Ours(_) => 3,
        }
    }
    pub(crate) fn data(message: impl Into<String>) -> Self {
        Self::Data(message.into())
    }
    /// The same fault, after a report of what is in order.
    pub(crate) fn with_report(self, report: &str) -> Self {
        match self {
            Self::Data(message) => Self::Data(format!("{message}\n\n{report}")),
            other => other,
        }
    }
    pub(crate) fn command(message: impl Into<String>) -> Self {
        Self::Command(message.into())
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Fault {
    fn from(error: E) -> Self {
        Self::Ours(anyhow::Error::new(error))
    }
}
