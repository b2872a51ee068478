//! Whose fault it is, and with which exit code the program says so.

use std::path::Path;

use bidui_ledger::LedgerError;
use bidui_model::Diagnostic;
use polars::error::PolarsError;

use crate::render::tidy;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The suppliers' data: exit code 1, nothing published.
    Data(String),
    /// The configuration, with every error and the text of the file that each stands in: exit code 2.
    Config(Vec<(Diagnostic, String)>),
    /// The command line, a path or the key: exit code 2.
    Command(String),
    /// The command was carried out, and what it looked at is not as it should be: exit code 2.
    Unfit(String),
    /// The configuration's errors in the form that was asked for, for standard output: exit code 2.
    Listed(String),
    /// Ours or the disk's: exit code 3.
    Ours(anyhow::Error),
}

impl Fault {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Data(_) => 1,
            Self::Config(_) | Self::Command(_) | Self::Unfit(_) | Self::Listed(_) => 2,
            // A folder that may not be written was named by the configuration or the command.
            Self::Ours(error) if beneath(error).as_ref().is_some_and(may_not) => 2,
            // As with a key that is not there: it is for the operator to bring the file back.
            Self::Ours(error) if of_the_ledger(error).is_some() => 2,
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

/// What the system said, in our words: its own are English.
pub(crate) fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "不存在".to_owned(),
        ErrorKind::PermissionDenied => "没有权限".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "磁盘是只读的".to_owned(),
        ErrorKind::StorageFull => "磁盘已满".to_owned(),
        ErrorKind::QuotaExceeded => "超出磁盘配额".to_owned(),
        ErrorKind::FileTooLarge => "超出允许的文件大小".to_owned(),
        ErrorKind::NotADirectory => "路径中有一段不是文件夹".to_owned(),
        ErrorKind::IsADirectory => "是文件夹".to_owned(),
        ErrorKind::AlreadyExists => "已有同名的文件".to_owned(),
        _ => error.raw_os_error().map_or_else(|| "系统出错".to_owned(), |code| format!("系统出错，编号{code}")),
    }
}

/// No room for what is to be written.
pub(crate) fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
}

/// No right to read or write.
fn may_not(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied)
}

/// The system's error at the bottom of one of ours, if there is one.
fn beneath(error: &anyhow::Error) -> Option<std::io::Error> {
    let known = error.chain().find_map(|cause| {
        let of_polars = cause.downcast_ref::<PolarsError>().and_then(|error| match error {
            PolarsError::IO { error, .. } => Some(error.as_ref()),
            _ => None,
        });
        let of_csv = cause.downcast_ref::<csv::Error>().and_then(|error| match error.kind() {
            csv::ErrorKind::Io(error) => Some(error),
            _ => None,
        });
        of_polars.or(of_csv).or_else(|| cause.downcast_ref::<std::io::Error>())
    });
    let of_ledger = error.chain().find_map(|cause| cause.downcast_ref::<LedgerError>()?.system());
    if let (None, Some(kind)) = (known, of_ledger) {
        return Some(kind.into());
    }
    match known.and_then(std::io::Error::raw_os_error) {
        Some(code) => Some(std::io::Error::from_raw_os_error(code)),
        None => known.map(|known| known.kind().into()).or_else(|| by_number(error)),
    }
}

/// polars' Parquet writer keeps only the words of a system's error, which end in its number.
fn by_number(error: &anyhow::Error) -> Option<std::io::Error> {
    let text = error.root_cause().to_string();
    let (_, rest) = text.rsplit_once("(os error ")?;
    rest.split_once(')')?.0.parse().ok().map(std::io::Error::from_raw_os_error)
}

/// What an operator can do about a disk: make room, or give the right to write. `None` for any other error.
pub(crate) fn of_the_disk(error: &anyhow::Error) -> Option<String> {
    let of_ledger = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<LedgerError>().and_then(|error| error.full_disk().map(Path::to_owned))
    };
    if let Some(file) = error.chain().find_map(of_ledger) {
        let folder = file.parent().unwrap_or(Path::new("."));
        return Some(format!(
            "磁盘已满；台账 ledger.db 在封存文件夹“{}”里，请腾出它所在磁盘的空间，然后重新运行",
            tidy(folder).display()
        ));
    }
    let cause = beneath(error)?;
    let advice = if is_full(&cause) {
        "请腾出空间，或用 --out、--state 换到别的磁盘，然后重新运行"
    } else if may_not(&cause) {
        "请检查输出文件夹和封存文件夹的权限，或用 --out、--state 换一个，然后重新运行"
    } else {
        return None;
    };
    Some(format!("{}；{advice}", in_words(&cause)))
}

/// What an operator can do about a ledger whose contents are broken. `None` for any other error.
pub(crate) fn of_the_ledger(error: &anyhow::Error) -> Option<String> {
    let damaged =
        error.chain().find_map(|cause| cause.downcast_ref::<LedgerError>()).filter(|error| error.is_damage())?;
    let file =
        damaged.path().map_or_else(|| "ledger.db”（在封存文件夹里）".to_owned(), |path| format!("{}”", path.display()));
    Some(format!(
        "台账文件“{file}损坏，读不出来，没有改动它\n  \
         一、有备份的：把这个文件（连同同名的 -wal、-shm）移到别处留存，换上备份，再补收备份以后交回的清单（bidui receive），重新运行\n  \
         二、没有备份的：同样移走，从第一个月起按次序逐月重新运行（bidui run）、逐月收回各镇交回的清单。已发布的月份里没有台账的全部内容，单凭它们还原不了"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bidui_emit::EmitError;
    use std::io::{Error, ErrorKind};

    fn check(error: anyhow::Error, expected: Option<&str>) {
        let found = of_the_disk(&error);
        assert_eq!(found.as_deref().map(|found| found.split('；').next().unwrap_or("")), expected, "{error:?}");
    }

    #[test]
    fn a_full_disk_is_found_under_whatever_stands_on_it() {
        let full = || Error::from(ErrorKind::StorageFull);
        check(anyhow::Error::new(full()), Some("磁盘已满"));
        check(anyhow::Error::new(PolarsError::from(full())), Some("磁盘已满"));
        let of_emit =
            EmitError::Io { action: "写", path: "out".into(), source: Error::from(ErrorKind::QuotaExceeded) };
        check(anyhow::Error::new(of_emit), Some("超出磁盘配额"));
        check(anyhow::Error::new(Error::from(ErrorKind::InvalidData)), None);
        check(anyhow::anyhow!("parquet: underlying IO error: No space left on device (os error 28)"), Some("磁盘已满"));
        check(anyhow::anyhow!("别的"), None);
        let of_ledger = anyhow::Error::new(LedgerError::Full("/srv/state/ledger.db".into()));
        let told = of_the_disk(&of_ledger).unwrap();
        assert!(told.starts_with("磁盘已满") && told.contains("“/srv/state”"), "{told}");
    }
}
