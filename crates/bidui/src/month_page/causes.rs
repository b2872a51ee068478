//! The same cause in many households of a place, as the page shows it.

use bidui_emit::{PageCell, PageColumn, PagePart, PageTable};

use super::Counts;
use crate::clusters::{Cluster, PARAMETER, least};

/// More are in the list of key areas alone.
const SHOWN: usize = 60;
pub(super) fn parts(counts: &Counts<'_>) -> Vec<PagePart> {
    let Some(least) = least(counts.config, counts.inputs) else {
        return vec![PagePart::Empty(format!("没有参数“{PARAMETER}”，不作统计。"))];
    };
    let row = |cluster: &Cluster| {
        vec![
            PageCell::words(&cluster.place),
            PageCell::words(cluster.kind),
            PageCell::words(&cluster.town),
            PageCell::words(&cluster.risk),
            PageCell::count(cluster.households),
        ]
    };
    let mut columns = ["村（安置点）", "范围", "乡镇", "风险类型"].map(PageColumn::words).to_vec();
    columns.push(PageColumn::number("本月预警户"));
    let more = match counts.clusters.len() {
        ..=SHOWN => String::new(),
        all => format!("共{all}处，这里列户数最多的{SHOWN}处，其余见 district/重点区域清单.xlsx。"),
    };
    vec![PagePart::Table(PageTable {
        caption: format!("同一村（安置点）同一风险达到{least}户的"),
        columns,
        rows: counts.clusters.iter().take(SHOWN).map(row).collect(),
        empty: format!("本月没有同因聚集：没有一个村（安置点）同一风险达到{least}户。"),
        note: format!("请查明是否有共同的原因（灾害、停水、企业停产等），防止规模性返贫。{more}"),
        ..PageTable::default()
    })]
}
