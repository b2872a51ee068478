//! What bidui.toml says of the report, the sample, and when inclusions and eliminations are no longer even. All of it may be left out.

use bidui_model::{SpecFile, SpecTable};

/// `[report]`: who reads the monthly report, and who signs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReportSettings {
    /// `柳州市乡村振兴局`.
    pub(crate) to: Option<String>,
    /// Lines for signatures.
    pub(crate) signatures: Vec<String>,
}

/// `[sample]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SampleSettings {
    /// How many times as likely an answer "no risk" on red or orange is drawn.
    pub(crate) no_risk_weight: f64,
    /// Of so many months' lists, the sample's own the latest, answers are drawn.
    pub(crate) months: i32,
}

impl Default for SampleSettings {
    fn default() -> Self {
        Self { no_risk_weight: 3.0, months: 3 }
    }
}

/// `[stability]`: from where on a month is looked into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StabilityLimits {
    /// More than so many times the mean of the twelve months before.
    pub(crate) times: f64,
    /// Fewer households than these are never flagged.
    pub(crate) least: usize,
    /// How many days are a month's last.
    pub(crate) last_days: u32,
    /// From which share on the last days are a rush.
    pub(crate) rush_share: f64,
    /// Fewer full months from an inclusion to its elimination are too few.
    pub(crate) early_months: u32,
}

impl Default for StabilityLimits {
    fn default() -> Self {
        Self { times: 2.0, least: 5, last_days: 5, rush_share: 0.5, early_months: 6 }
    }
}

pub(crate) fn report(table: SpecTable<'_>) -> ReportSettings {
    let settings = ReportSettings {
        to: table.text("to").map(|found| found.value),
        signatures: table.texts("signatures").into_iter().map(|found| found.value).collect(),
    };
    table.finish();
    settings
}

pub(crate) fn sample(source: &SpecFile<'_>, table: SpecTable<'_>) -> SampleSettings {
    let mut settings = SampleSettings::default();
    if let Some(found) = table.number("no_risk_weight") {
        if (1.0..=100.0).contains(&found.value) {
            settings.no_risk_weight = found.value;
        } else {
            source.error("BD0708", Some(found.span), "抽查的加倍倍数应在1到100之间", "1为不加倍");
        }
    }
    if let Some(found) = table.integer("months") {
        if (1..=13).contains(&found.value) {
            settings.months = found.value as i32;
        } else {
            source.error("BD0708", Some(found.span), "抽查几个月的清单应在1到13之间", "1为只抽本月清单的答复");
        }
    }
    table.leave(&["source"]);
    table.finish();
    settings
}

pub(crate) fn stability(source: &SpecFile<'_>, table: SpecTable<'_>) -> StabilityLimits {
    let wrong = |key: &str, span, bounds: (f64, f64)| {
        source.error("BD0708", Some(span), format!("{key} 的值不对"), format!("应在{}到{}之间", bounds.0, bounds.1));
    };
    let number = |key: &'static str, from: f64, to: f64, usual: f64| match table.number(key) {
        Some(found) if (from..=to).contains(&found.value) => found.value,
        Some(found) => {
            wrong(key, found.span, (from, to));
            usual
        }
        None => usual,
    };
    // Households and days: half of one is a slip.
    let whole = |key: &'static str, from: u32, to: u32, usual: u32| match table.integer(key) {
        Some(found) => match u32::try_from(found.value).ok().filter(|value| (from..=to).contains(value)) {
            Some(value) => value,
            None => {
                wrong(key, found.span, (f64::from(from), f64::from(to)));
                usual
            }
        },
        None => usual,
    };
    let usual = StabilityLimits::default();
    let limits = StabilityLimits {
        times: number("times", 1.0, 100.0, usual.times),
        least: whole("least", 1, 100_000, usual.least as u32) as usize,
        last_days: whole("last_days", 1, 28, usual.last_days),
        rush_share: number("rush_share", 0.01, 1.0, usual.rush_share),
        early_months: whole("early_months", 0, 60, usual.early_months),
    };
    table.leave(&["source"]);
    table.finish();
    limits
}
