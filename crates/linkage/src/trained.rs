//! The trained model: what the weights are and what they rest on. It holds no value of any row, so that it may be kept and shown.

use serde::{Deserialize, Serialize};

use crate::model::LinkModel;

/// Raised when the file's form or the meaning of its numbers changes.
pub(crate) const TRAINED_VERSION: u32 = 1;

/// What a level's numbers rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelEvidence {
    /// Seen among matches and among others.
    Observed,
    /// Given in the model.
    Pinned,
    /// Hardly ever seen among matches: its m is a bound.
    NeverAmongMatches,
    /// Never seen among others: its u is a bound.
    NeverAmongOthers,
    /// Never seen: its weight is none.
    Never,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedLevel {
    pub name: String,
    /// How often the level is reached among pairs of one person.
    pub m: f64,
    /// And among pairs of two.
    pub u: f64,
    /// log2(m / u), before the frequency of the value is taken into account.
    pub weight: f64,
    /// Matches expected behind m, and other pairs behind u.
    pub matches: f64,
    pub others: f64,
    pub evidence: LevelEvidence,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedComparison {
    pub name: String,
    pub levels: Vec<TrainedLevel>,
}

/// A model with its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainedModel {
    pub version: u32,
    pub model: String,
    /// Of the model that was trained; another model refuses it.
    pub digest: String,
    pub left_rows: u64,
    pub right_rows: u64,
    /// Left rows whose candidates were looked at: all, unless there are millions.
    pub sampled_rows: u64,
    pub candidate_pairs: u64,
    pub random_pairs: u64,
    /// Pairs of one person expected among the candidates.
    pub matches: f64,
    /// Of the left rows, the part that has a partner.
    pub matched_share: f64,
    pub rounds: u32,
    pub converged: bool,
    pub comparisons: Vec<TrainedComparison>,
}

/// Why a model cannot be trained or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    #[error("没有一对候选：分块条件下左右两表没有相同的值")]
    NoCandidates,
    #[error("候选中看不出同一个人的记录对，权重无从估计")]
    NoMatches,
    #[error("训练结果不是有效的文件")]
    NotATrainedModel,
    #[error("训练结果是别的版本写的")]
    OtherVersion,
    #[error("训练结果不是按现在的模型得出的")]
    OtherModel,
}

impl TrainedModel {
    /// The JSON text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
    /// Reads the file and makes sure that it belongs to `model`.
    pub fn from_json(text: &str, model: &LinkModel) -> Result<Self, TrainingError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text).map_err(|_| TrainingError::NotATrainedModel)?;
        if version != TRAINED_VERSION {
            return Err(TrainingError::OtherVersion);
        }
        let trained: Self = serde_json::from_str(text).map_err(|_| TrainingError::NotATrainedModel)?;
        let fits = |(own, comparison): (&TrainedComparison, &crate::model::Comparison)| {
            own.levels.len() == comparison.levels.len()
                && own.levels.iter().all(|level| level.m > 0.0 && level.u > 0.0 && level.weight.is_finite())
        };
        let same = trained.digest == digest_text(model)
            && trained.comparisons.len() == model.comparisons.len()
            && trained.comparisons.iter().zip(&model.comparisons).all(fits)
            && trained.matched_share > 0.0;
        if same { Ok(trained) } else { Err(TrainingError::OtherModel) }
    }
    /// The levels whose numbers were not seen in the data.
    pub fn unobserved(&self) -> impl Iterator<Item = (&str, &TrainedLevel)> {
        self.comparisons.iter().flat_map(|comparison| {
            comparison
                .levels
                .iter()
                .filter(|level| !matches!(level.evidence, LevelEvidence::Observed | LevelEvidence::Pinned))
                .map(|level| (comparison.name.as_str(), level))
        })
    }
}

pub(crate) fn digest_text(model: &LinkModel) -> String {
    format!("{:016x}", model.digest)
}
