//! What a published month was made of.

use bidui_emit::{Manifest, ManifestConfig, ManifestFile};
use bidui_model::{ControlTotals, Month};
use bidui_normalize::CANONICALISER;

use crate::config::Config;
use crate::linking::SealedMonths;

pub(crate) fn of_run(
    config: &Config,
    sealed: &[SealedMonths],
    totals: &ControlTotals,
    month: Month,
    fingerprint: &str,
) -> Manifest {
    let inputs = sealed.iter().flat_map(|months| {
        months.iter().flat_map(|(month, found)| {
            found.inputs.iter().map(move |input| ManifestFile {
                file: format!("{month}/{}", input.told()),
                sha256: input.sha256.clone(),
                bytes: input.bytes,
            })
        })
    });
    Manifest {
        engine: format!("bidui {}", env!("CARGO_PKG_VERSION")),
        month: month.to_string(),
        county: format!("{} {}", config.settings.county_code, config.settings.county_name),
        inputs: inputs.collect(),
        config: config
            .files
            .iter()
            .map(|(file, sha256)| ManifestConfig { file: file.clone(), sha256: sha256.clone() })
            .collect(),
        key_fingerprint: fingerprint.to_owned(),
        hash: config.settings.hash.name().to_owned(),
        canonicaliser: CANONICALISER.to_string(),
        control_totals: totals.balances.iter().map(Into::into).collect(),
        files: Vec::new(),
    }
}
