//! What a published month was made of. No clock and no host stands in it: the same inputs give the same manifest.

use bidui_model::Balance;
use serde::{Deserialize, Serialize};

/// `manifest.json`. `files` is filled at the commit; everything else is the caller's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name and version of the engine.
    pub engine: String,
    pub month: String,
    pub county: String,
    pub inputs: Vec<ManifestFile>,
    pub config: Vec<ManifestConfig>,
    pub key_fingerprint: String,
    /// `hmac-sha256` or `hmac-sm3`.
    pub hash: String,
    /// Version of the ID canonicaliser.
    pub canonicaliser: String,
    pub control_totals: Vec<ManifestBalance>,
    /// Every published file but this one.
    pub files: Vec<ManifestFile>,
}

/// A file by its path with `/`, relative to the inbox or to the published folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestFile {
    pub file: String,
    pub sha256: String,
    pub bytes: u64,
}

/// A configuration file by its path relative to the configuration folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestConfig {
    pub file: String,
    pub sha256: String,
}

/// A control total as it was closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestBalance {
    pub stage: String,
    pub feed: String,
    pub received: u64,
    pub kept: u64,
    pub set_aside: u64,
    pub recount: Option<u64>,
}

impl From<&Balance> for ManifestBalance {
    fn from(balance: &Balance) -> Self {
        Self {
            stage: balance.stage.clone(),
            feed: balance.feed.clone(),
            received: balance.received,
            kept: balance.kept,
            set_aside: balance.set_aside,
            recount: balance.recount,
        }
    }
}

impl Manifest {
    /// Inputs, configuration and files by name, so that the order in which a folder was read does not show.
    pub(crate) fn sorted(&self) -> Self {
        let mut sorted = self.clone();
        sorted.inputs.sort();
        sorted.config.sort();
        sorted.files.sort();
        sorted
    }
}
