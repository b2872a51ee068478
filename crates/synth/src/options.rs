//! What county to invent, and what came of it.

use std::path::PathBuf;

use bidui_model::Month;

/// The county to be invented. The same options give the same bytes.
#[derive(Clone, Debug)]
pub struct SynthOptions {
    /// Persons of the registry, over all months; births of the later months are among them.
    pub persons: u64,
    /// Consecutive, oldest first. Nothing exists before the first: no baseline, no older event.
    pub months: Vec<Month>,
    pub seed: u64,
    /// As the extracts arrive, with every quirk; otherwise plain UTF-8 CSV under the first heading of each contract.
    pub messy: bool,
    /// Where people live; at least one.
    pub villages: Vec<SynthVillage>,
    /// Villages of towns that have left the county; a few households still stand under them.
    pub moved_out: Vec<SynthVillage>,
    /// Resettlement sites (易地搬迁安置点); a few households live at one, and keep their village.
    pub sites: Vec<String>,
    /// Multiplies every damage rate of a messy county; 1.0 is what offices see, 0.0 leaves layouts messy and rows whole.
    pub damage_rate: f64,
    /// Share of a messy county's rows that carry another registered person's number, whatever the damage rate; `None` for the usual share.
    pub borrowed_share: Option<f64>,
}

/// A village as the gazetteer knows it.
#[derive(Clone, Debug)]
pub struct SynthVillage {
    /// Twelve digits.
    pub code12: String,
    /// `怀洪村村民委员会`
    pub name: String,
    /// `怀洪村`
    pub short_name: String,
    /// Other spellings that departments use; each must lead to this village alone when its town is beside it.
    pub aliases: Vec<String>,
    /// Nine digits.
    pub town_code: String,
    /// `百朋镇`
    pub town_name: String,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SynthReport {
    pub persons: u64,
    pub households: u64,
    pub files: u64,
    /// Rows of the extracts, without titles, headings and footers.
    pub rows: u64,
    /// Rows with at least one damage code.
    pub damaged_rows: u64,
    /// Signals of all months.
    pub signals: u64,
    /// Households with a signal in the last month.
    pub warned_households: u64,
}

/// Why the county could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    #[error("生成选项不对：{0}")]
    Options(String),
    #[error("写入 {path} 失败：{source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("生成工作簿 {path} 失败：{message}")]
    Workbook { path: PathBuf, message: String },
}

impl SynthOptions {
    /// The first thing that is wrong with them.
    pub(crate) fn check(&self) -> Result<(), SynthError> {
        let wrong = |message: &str| Err(SynthError::Options(message.to_owned()));
        if self.persons == 0 || self.persons > 50_000_000 {
            return wrong("人数应在1至50000000之间");
        }
        if self.months.is_empty() {
            return wrong("至少要有一个月份");
        }
        if self.months.windows(2).any(|pair| pair[1].since(pair[0]) != 1) {
            return wrong("月份应连续，由早到晚");
        }
        if self.villages.is_empty() {
            return wrong("至少要有一个村");
        }
        if !self.damage_rate.is_finite() || !(0.0..=20.0).contains(&self.damage_rate) {
            return wrong("损坏倍率应在0至20之间");
        }
        if self.borrowed_share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return wrong("借用他人证件号码的比例应在0至1之间");
        }
        Ok(())
    }
}
