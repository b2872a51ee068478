//! The folders of list plans, and what belongs in each: lists are a run's, reports are the city's, samples are for second looks.

use bidui_emit::{ListPlan, is_report_table};
use bidui_model::{Diagnostic, ReturnKind};

/// A folder of plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plans(&'static str);

/// Tables that name people.
const OF_PEOPLE: [&str; 5] = ["people", "heads", "warned", "review_rows", "sample_rows"];
/// Columns that point to one household or person.
const POINTS_TO: [&str; 11] = [
    "household_id",
    "case_id",
    "need_id",
    "anomaly_id",
    "person_no",
    "head_no",
    "persons",
    "verifier",
    "head_name",
    "head_id_masked",
    "phone",
];

/// Lists without which some warnings would stand on none, and the control totals could not close.
pub(crate) const MUST_BE: [&str; 2] = ["verification", "unrouted"];

impl Plans {
    pub(crate) const LISTS: Self = Self("lists");
    pub(crate) const REPORT: Self = Self("report");
    pub(crate) const SAMPLE: Self = Self("sample");

    pub(crate) fn folder(self) -> &'static str {
        self.0
    }

    /// A county may have no reports; without lists no warning would go anywhere.
    pub(crate) fn may_be_missing(self) -> bool {
        self != Self::LISTS
    }

    /// What of a plan does not belong in the folder.
    pub(crate) fn misplaced(self, plan: &ListPlan) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut add = |span: &std::ops::Range<usize>, message: String, hint: &str| {
            found.push(Diagnostic::error("BD0709", &plan.source, Some(span.clone()), message).with_hint(hint));
        };
        let own = format!("{}/", self.0);
        if self != Self::LISTS && !plan.file.is_empty() && !plan.file.starts_with(&own) {
            add(&plan.span, format!("文件“{}”不在{own}下", plan.file), &format!("请写作 file = \"{own}…\""));
        }
        if self == Self::LISTS && ["report/", "sample/"].iter().any(|other| plan.file.starts_with(other)) {
            add(&plan.span, format!("清单不能写到“{}”", plan.file), "report、sample 两个文件夹由报告和抽查两个命令写");
        }
        for sheet in &plan.sheets {
            if self != Self::REPORT && sheet.query.any_table(is_report_table) {
                let hint = "各张数表只在 bidui report 时有";
                add(&sheet.query_span, format!("工作表“{}”用了只有报告才有的表", sheet.name), hint);
            }
            if self != Self::SAMPLE && sheet.query.reads("sample_rows") {
                let hint = "sample_rows 只在 bidui sample 时有";
                add(&sheet.query_span, format!("工作表“{}”用了只有抽查才有的表", sheet.name), hint);
            }
            if let Some(returns) = &sheet.returns
                && (returns.kind == ReturnKind::Sample) != (self == Self::SAMPLE)
            {
                let code = returns.kind.code();
                let hint = match self {
                    Self::SAMPLE => "抽查表写 returns = \"sample\"，否则复核的结果当作别的清单收回",
                    _ => "抽查的复核只从 sample 文件夹里的表收回",
                };
                add(&returns.span, format!("工作表“{}”写了 returns = \"{code}\"，不属于这个文件夹", sheet.name), hint);
            }
            if self == Self::REPORT {
                if sheet.query.any_table(|table| OF_PEOPLE.contains(&table)) {
                    let hint = "报市的报表不列姓名，请去掉 people、heads、warned 等表";
                    add(&sheet.query_span, format!("工作表“{}”用了有姓名的表", sheet.name), hint);
                }
                for column in sheet.columns.iter().filter(|column| POINTS_TO.contains(&column.value.as_str())) {
                    let hint = "报市的报表只列数，不列户和人";
                    add(&column.span, format!("报表不能列出“{}”", column.value), hint);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bidui_emit::compile_list;

    fn check(plans: Plans, file: &str, query: &str, column: &str, expected: &[&str]) {
        let text = format!(
            "[[list]]\nid = 'x'\ntitle = 'x'\nfile = '{file}'\nsheet = 'x'\nquery = \"{query}\"\ncolumns = [{{ title = 'x', value = '{column}' }}]\n"
        );
        let found = plans.misplaced(&compile_list(&text, "x.toml").unwrap());
        let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn a_report_shows_figures_and_nobody() {
        let figures = "SELECT town FROM town_figures ORDER BY town";
        check(Plans::REPORT, "report/月报.xlsx", figures, "town", &[]);
        check(Plans::REPORT, "district/月报.xlsx", figures, "town", &["文件“district/月报.xlsx”不在report/下"]);
        check(Plans::LISTS, "district/月报.xlsx", figures, "town", &["工作表“x”用了只有报告才有的表"]);
        let households = "SELECT household_id FROM warnings ORDER BY household_id";
        check(Plans::REPORT, "report/月报.xlsx", households, "household_id", &["报表不能列出“household_id”"]);
        check(Plans::LISTS, "district/清单.xlsx", households, "household_id", &[]);
        let names = "SELECT head_name AS x FROM warned ORDER BY x";
        check(Plans::REPORT, "report/月报.xlsx", names, "x", &["工作表“x”用了有姓名的表"]);
    }
}
