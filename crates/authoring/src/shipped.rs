//! The configuration that comes with the program, file by file.

mod files {
    include!(concat!(env!("OUT_DIR"), "/shipped_files.rs"));
}

/// Every file by its path in the configuration folder, in order; schemas are not among them, they are made.
pub fn shipped_files() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    files::FILES.iter().copied()
}

/// The text of one of them.
pub(crate) fn shipped_text(path: &str) -> Option<&'static str> {
    let (_, bytes) = shipped_files().find(|(name, _)| *name == path)?;
    std::str::from_utf8(bytes).ok()
}
