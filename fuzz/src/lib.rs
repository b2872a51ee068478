//! What the targets share: the laws, and libraries' panics left to the product's own fences.

#[path = "../laws/contracts.rs"]
pub mod contracts;
#[cfg(feature = "tables")]
#[path = "../laws/lists.rs"]
pub mod lists;
#[path = "../laws/places.rs"]
pub mod places;
#[path = "../laws/reading.rs"]
pub mod reading;
#[cfg(feature = "tables")]
#[path = "../laws/rules.rs"]
pub mod rules;
#[path = "../laws/values.rs"]
pub mod values;

use std::path::PathBuf;

/// libFuzzer's hook ends the process at any panic. The product catches those of calamine and polars, as it must; with this hook only a
/// panic that nobody caught is a finding.
pub fn leave_caught_panics() {
    std::panic::set_hook(Box::new(|info| {
        let is_ours = info.location().is_some_and(|place| !place.file().contains("registry/src"));
        if is_ours {
            eprintln!("{info}");
        }
    }));
}

/// A file in memory that this process may overwrite.
pub fn scratch() -> PathBuf {
    let folder = if cfg!(target_os = "linux") { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
    folder.join(format!("bidui-fuzz-{}", std::process::id()))
}
