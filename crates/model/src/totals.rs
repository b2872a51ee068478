//! Control totals: what went into a stage, and where it all went.

/// One stage's account of one feed (or of the run, where `feed` is `全部`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// `ingest`, `link`, `signals`, `route`, `lists`.
    pub stage: String,
    pub feed: String,
    pub received: u64,
    pub kept: u64,
    pub set_aside: u64,
    /// What a second, independent path counted as received: the relations or files as written.
    pub recount: Option<u64>,
}

impl Balance {
    /// `received - kept - set_aside`; nonzero is an imbalance.
    #[must_use]
    pub fn difference(&self) -> i128 {
        i128::from(self.received) - i128::from(self.kept) - i128::from(self.set_aside)
    }
    #[must_use]
    pub fn holds(&self) -> bool {
        self.difference() == 0 && self.recount.is_none_or(|recount| recount == self.received)
    }
}

/// All balances of a run. Publishing asks [`ControlTotals::close`], the one door.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "control totals that nobody closes prove nothing"]
pub struct ControlTotals {
    pub balances: Vec<Balance>,
}

/// The totals do not balance: our fault, and nothing may be published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("控制总数不平：{}", .0.iter().map(|b| format!("{}·{}：收到{}，留用{}，剔除{}，复核{}", b.stage, b.feed, b.received, b.kept, b.set_aside, b.recount.map_or("—".to_owned(), |n| n.to_string()))).collect::<Vec<_>>().join("；"))]
pub struct Imbalance(pub Vec<Balance>);

impl ControlTotals {
    pub fn push(&mut self, balance: Balance) {
        self.balances.push(balance);
    }
    /// The balances, if every one holds.
    pub fn close(&self) -> Result<&[Balance], Imbalance> {
        let broken: Vec<Balance> = self.balances.iter().filter(|balance| !balance.holds()).cloned().collect();
        if broken.is_empty() { Ok(&self.balances) } else { Err(Imbalance(broken)) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    fn balance(received: u64, kept: u64, set_aside: u64, recount: Option<u64>) -> ControlTotals {
        ControlTotals {
            balances: vec![Balance { stage: "ingest".into(), feed: "f".into(), received, kept, set_aside, recount }],
        }
    }

    #[test]
    fn one_lost_row_shuts_the_door() {
        assert!(balance(10, 9, 1, Some(10)).close().is_ok());
        assert!(balance(10, 9, 0, None).close().is_err());
        assert!(balance(10, 9, 1, Some(9)).close().is_err());
    }
}
