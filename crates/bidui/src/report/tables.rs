//! The tables of figures that the sheets of a report ask: counted over this month and the three before, as far as they were published.
//! They hold places, rules, departments and numbers, and nobody.

use bidui_emit::{ListContext, Relations, report_schema};
use bidui_model::Month;
use polars::prelude::*;
use polars::sql::SQLContext;

use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::report::{error_rates, late_answers, late_passages};

/// This month, and as many before.
pub(crate) const MONTHS: i32 = 4;

const LEVELS: &str = "SUM(CASE WHEN level = 'red' THEN 1 ELSE 0 END) AS red, SUM(CASE WHEN level = 'orange' THEN 1 ELSE 0 END) AS orange, \
                      SUM(CASE WHEN level = 'yellow' THEN 1 ELSE 0 END) AS yellow, SUM(CASE WHEN level = 'blue' THEN 1 ELSE 0 END) AS blue";
/// Effects of answers that say that a warning is right, and of those that say it is not.
const RIGHT: [&str; 6] = ["include", "monitored", "rollback", "cool", "department", "exempt"];
const WRONG: [&str; 3] = ["data_error", "changed", "duplicate"];

/// What an answer's effect says of the warning.
fn outcome(effect: &str, held: &str) -> &'static str {
    match effect {
        _ if held == "open" => "未照办",
        "pending" => "未核实",
        _ if RIGHT.contains(&effect) => "属实",
        _ if WRONG.contains(&effect) => "不属实",
        _ => "其他",
    }
}

/// The same in SQL.
fn outcome_sql() -> String {
    let listed = |effects: &[&str]| effects.iter().map(|effect| format!("'{effect}'")).collect::<Vec<_>>().join(", ");
    format!(
        "CASE WHEN held = 'open' THEN '未照办' WHEN effect IN ({}) THEN '属实' WHEN effect IN ({}) THEN '不属实' WHEN effect = 'pending' THEN '未核实' ELSE '其他' END",
        listed(&RIGHT),
        listed(&WRONG)
    )
}

/// Every table by name. `now` has the latest of the relations that reach back: `answers`, `standing`.
pub(crate) fn make(
    now: &PublishedMonth,
    earlier: &[PublishedMonth],
    relations: &Relations,
    context: &ListContext,
) -> Result<Relations, Fault> {
    let mut made = Relations::new();
    let towns = towns(context)?;
    let verified = sql(&[("answers", &relations["answers"])], &verified_answers())?;
    let judged = sql(&[("answers", &relations["answers"])], &judged_answers())?;
    let by_rule = exploded(&judged, "rules", ",")?;
    for ago in 0..MONTHS {
        let month = now.month.plus(-ago);
        let published = if ago == 0 { Some(now) } else { earlier.iter().find(|other| other.month == month) };
        let of_month = |name: &str| published.map(|published| published.try_relation(name)).transpose();
        let (warnings, signals, stability) =
            (of_month("warnings")?.flatten(), of_month("signals")?.flatten(), of_month("stability")?.flatten());
        let stamp = Stamp { month, ago };
        if let Some(warnings) = &warnings {
            let tables: [(&str, &DataFrame); 4] = [
                ("warnings", warnings),
                ("answers", &verified),
                ("standing", &relations["standing"]),
                ("towns", &towns),
            ];
            let months = relations["standing"].column("month")?.str()?;
            let has_ledger = months.iter().any(|of| of == Some(&month.to_string()));
            stamp.add(&mut made, "town_figures", &sql(&tables, &town_figures(month, has_ledger))?)?;
            let by_risk = exploded(warnings, "risks", "、")?;
            let query = format!(
                "SELECT risks AS risk, COUNT(*) AS households, {LEVELS} FROM parts GROUP BY risks ORDER BY risks"
            );
            stamp.add(&mut made, "risk_figures", &sql(&[("parts", &by_risk)], &query)?)?;
            let by_department = exploded(warnings, "departments", "、")?;
            let query = format!(
                "SELECT departments AS department, COUNT(*) AS households, {LEVELS} FROM parts GROUP BY departments ORDER BY departments"
            );
            stamp.add(&mut made, "department_figures", &sql(&[("parts", &by_department)], &query)?)?;
        }
        if let Some(rules) = of_month("rules")?.flatten() {
            let query =
                "SELECT COUNT(*) AS rules, SUM(CASE WHEN status = 'unknown' THEN 1 ELSE 0 END) AS undecided FROM rules";
            stamp.add(&mut made, "judged_figures", &sql(&[("rules", &rules)], query)?)?;
        }
        if let Some(signals) = &signals {
            let tables = [("signals", signals), ("answers", &by_rule)];
            stamp.add(&mut made, "rule_figures", &sql(&tables, &rule_figures(month))?)?;
        }
        // Of an earlier month what is known of it now, with what was told since.
        let counted_anew =
            relations.get("stability_before").filter(|_| ago > 0).map(|frame| of_one_month(frame, month));
        let counted_anew = counted_anew.transpose()?.filter(|frame| frame.height() > 0);
        if let Some(stability) = counted_anew.as_ref().or(stability.as_ref()) {
            stamp.add(&mut made, "stability_figures", stability)?;
        }
        stamp.add(&mut made, "answer_figures", &sql(&[("answers", &verified)], &answer_figures(month))?)?;
    }
    let last = earlier.iter().find(|other| other.month == now.month.plus(-1));
    let before = last.map(|last| last.try_relation("answers")).transpose()?.flatten();
    let late = late_answers::frame(now.month, &relations["answers"], before.as_ref(), &outcome)?;
    made.insert("late_answers".to_owned(), late);
    made.insert("late_passages".to_owned(), late_passages::frame(now.month, relations, earlier)?);
    made.insert(
        "error_rates".to_owned(),
        error_rates::frame(now.month, &relations["answers"], before.as_ref(), &context.towns)?,
    );
    for name in
        ["judged_figures", "town_figures", "risk_figures", "department_figures", "rule_figures", "stability_figures"]
    {
        if !made.contains_key(name) {
            made.insert(name.to_owned(), DataFrame::empty_with_schema(&report_schema(name).unwrap_or_default()));
        }
    }
    Ok(made)
}

/// The rows of a month.
pub(crate) fn of_one_month(frame: &DataFrame, month: Month) -> PolarsResult<DataFrame> {
    let month = month.to_string();
    frame.filter(&frame.column("month")?.str()?.iter().map(|of| of == Some(month.as_str())).collect())
}

/// Standing answers to verification lists, one row an answer: whose town, which list, what it says, and whether a second look found otherwise. Its label
/// without the code before it.
pub(crate) fn verified_answers() -> String {
    format!(
        "WITH l AS (SELECT DISTINCT case_id AS looked_case, looked_at AS looked_month FROM answers \
           WHERE looked_at <> '' AND differs = '是' AND standing = '是' AND effect NOT IN ('', 'pending')) \
         SELECT case_id, town_code, town, list_month, code, CASE WHEN looked_case IS NULL THEN 0 ELSE 1 END AS is_refuted, \
           CASE WHEN STARTS_WITH(label, CONCAT(code, ' ')) THEN SUBSTR(label, LENGTH(code) + 2) ELSE label END AS label, effect, rules, {} AS outcome FROM answers \
         LEFT JOIN l ON looked_case = case_id AND looked_month = list_month WHERE list = 'verification' AND standing = '是' ORDER BY list_month, case_id",
        outcome_sql()
    )
}

/// The same, as rules are judged by them: what a second look found takes the place of the answer that it did not agree with.
pub(crate) fn judged_answers() -> String {
    format!(
        "WITH l AS (SELECT case_id AS looked_case, looked_at AS looked_month, MAX(effect) AS looked_effect, MAX(held) AS looked_held FROM answers \
           WHERE looked_at <> '' AND differs = '是' AND standing = '是' GROUP BY case_id, looked_at), \
         a AS (SELECT v.case_id, v.town_code, v.town, v.list_month, v.code, v.label, v.rules, COALESCE(l.looked_effect, v.effect) AS effect, \
           COALESCE(l.looked_held, v.held) AS held FROM answers AS v \
           LEFT JOIN l ON l.looked_case = v.case_id AND l.looked_month = v.list_month WHERE v.list = 'verification' AND v.standing = '是') \
         SELECT case_id, town_code, town, list_month, code, label, effect, rules, {} AS outcome FROM a ORDER BY list_month, case_id",
        outcome_sql()
    )
}

/// One row a town, in the order of codes, with those that have nothing; then the county (empty code), which has unrouted households too.
/// What only a ledger knows is null in a month without one.
pub(crate) fn town_figures(month: Month, has_ledger: bool) -> String {
    let warned = format!(
        "COUNT(*) AS warned, {LEVELS}, SUM(CASE WHEN state = 'new' THEN 1 ELSE 0 END) AS new_cases, \
         SUM(CASE WHEN state = 'continuing' THEN 1 ELSE 0 END) AS continuing, SUM(CASE WHEN state = 'escalated' THEN 1 ELSE 0 END) AS escalated, \
         SUM(CASE WHEN state = 'reopened' THEN 1 ELSE 0 END) AS reopened"
    );
    let outcome = "SUM(CASE WHEN outcome = '属实' THEN 1 ELSE 0 END) AS confirmed, SUM(CASE WHEN outcome = '不属实' THEN 1 ELSE 0 END) AS not_confirmed, \
                   SUM(CASE WHEN outcome = '其他' THEN 1 ELSE 0 END) AS other_answers";
    let columns = [
        "warned",
        "red",
        "orange",
        "yellow",
        "blue",
        "new_cases",
        "continuing",
        "escalated",
        "reopened",
        "issued",
        "answered",
        "open",
        "overdue",
        "included",
        "eliminated",
        "rerouted",
        "confirmed",
        "not_confirmed",
        "other_answers",
    ];
    let of_ledger = ["issued", "answered", "open", "overdue", "included", "eliminated", "rerouted"];
    let filled: Vec<String> = columns
        .iter()
        .map(|column| match has_ledger || !of_ledger.contains(column) {
            true => format!("COALESCE({column}, 0) AS {column}"),
            false => (*column).to_owned(),
        })
        .collect();
    format!(
        "WITH w AS (SELECT town_code, {warned} FROM warnings WHERE route IN ('registry', 'resettlement') GROUP BY town_code \
           UNION ALL SELECT '' AS town_code, {warned} FROM warnings), \
         a AS (SELECT town_code, {outcome} FROM answers WHERE list_month = '{month}' AND town_code <> '' GROUP BY town_code \
           UNION ALL SELECT '' AS town_code, {outcome} FROM answers WHERE list_month = '{month}'), \
         s AS (SELECT town_code, SUM(issued) AS issued, SUM(answered) AS answered, SUM(open) AS open, SUM(overdue) AS overdue, \
           SUM(included) AS included, SUM(eliminated) AS eliminated, SUM(rerouted) AS rerouted FROM standing WHERE month = '{month}' GROUP BY town_code), \
         j AS (SELECT t.place, t.town_code, t.town, w.warned, w.red, w.orange, w.yellow, w.blue, w.new_cases, w.continuing, w.escalated, w.reopened, \
           s.issued, s.answered, s.open, s.overdue, s.included, s.eliminated, s.rerouted, a.confirmed, a.not_confirmed, a.other_answers \
           FROM towns AS t LEFT JOIN w ON w.town_code = t.town_code LEFT JOIN a ON a.town_code = t.town_code \
           LEFT JOIN s ON s.town_code = t.town_code) \
         SELECT town_code, town, {} FROM j ORDER BY place",
        filled.join(", ")
    )
}

/// One row a rule with signals: for how many households it fired, and how seriously, which are those that were warned of; beside them, those that could
/// not be decided and those that are not asked again; and what the towns' answers to that month's lists said of its warnings.
pub(crate) fn rule_figures(month: Month) -> String {
    format!(
        "WITH s AS (SELECT rule_id, rule_title, risk, state, CASE WHEN state = 'live' THEN level ELSE '' END AS level FROM signals), \
         f AS (SELECT rule_id, rule_title, risk, SUM(CASE WHEN state = 'live' THEN 1 ELSE 0 END) AS households, {LEVELS}, \
           SUM(CASE WHEN state = 'review' THEN 1 ELSE 0 END) AS review, SUM(CASE WHEN state IN ('cooling', 'suppressed') THEN 1 ELSE 0 END) AS suppressed \
           FROM s GROUP BY rule_id, rule_title, risk), \
         a AS (SELECT rules, SUM(CASE WHEN outcome IN ('属实', '不属实') THEN 1 ELSE 0 END) AS answered, \
           SUM(CASE WHEN outcome = '属实' THEN 1 ELSE 0 END) AS confirmed FROM answers WHERE list_month = '{month}' GROUP BY rules) \
         SELECT f.rule_id, f.rule_title, f.risk, f.households, f.red, f.orange, f.yellow, f.blue, f.review, f.suppressed, \
           COALESCE(a.answered, 0) AS answered, COALESCE(a.confirmed, 0) AS confirmed \
         FROM f LEFT JOIN a ON a.rules = f.rule_id ORDER BY f.rule_id"
    )
}

/// One row a town and result that came back for the month's lists.
fn answer_figures(month: Month) -> String {
    format!(
        "SELECT town_code, town, code, label, effect, outcome, COUNT(*) AS cases, SUM(is_refuted) AS refuted FROM answers WHERE list_month = '{month}' \
         GROUP BY town_code, town, code, label, effect, outcome ORDER BY town_code, code"
    )
}

/// The month that rows are of.
struct Stamp {
    month: Month,
    ago: i32,
}

impl Stamp {
    /// Puts the rows under those of the table that are there, in the columns of its schema.
    fn add(&self, made: &mut Relations, table: &str, frame: &DataFrame) -> Result<(), Fault> {
        let rows = frame.height();
        let columns = report_schema(table).unwrap_or_default().into_iter().map(|(name, kind)| {
            let column = match name.as_str() {
                "months_ago" => Column::new(name, vec![i64::from(self.ago); rows]),
                "month" | "list_month" => Column::new(name, vec![self.month.to_string(); rows]),
                _ => frame.column(&name)?.cast(&kind)?,
            };
            Ok(column)
        });
        let frame = DataFrame::new(rows, columns.collect::<PolarsResult<_>>()?)?;
        match made.get_mut(table) {
            Some(above) => {
                above.vstack_mut(&frame)?;
            }
            None => {
                made.insert(table.to_owned(), frame);
            }
        }
        Ok(())
    }
}

pub(crate) fn sql(tables: &[(&str, &DataFrame)], query: &str) -> PolarsResult<DataFrame> {
    let mut context = SQLContext::new();
    for (name, frame) in tables {
        context.register(name, (*frame).clone().lazy());
    }
    context.execute(query)?.collect()
}

/// A row for each part of a column of words, which then has that part alone. A row without words is left out.
pub(crate) fn exploded(frame: &DataFrame, column: &str, separator: &str) -> PolarsResult<DataFrame> {
    let (mut rows, mut parts) = (Vec::new(), Vec::new());
    for (row, words) in (0_u32..).zip(frame.column(column)?.str()?.iter()) {
        for part in words.unwrap_or("").split(separator).map(str::trim).filter(|part| !part.is_empty()) {
            rows.push(row);
            parts.push(part.to_owned());
        }
    }
    let mut taken = frame.take(&IdxCa::from_vec("row".into(), rows))?;
    taken.with_column(Column::new(column.into(), parts))?;
    Ok(taken)
}

/// The towns of the county in the order of their codes, and the county after them.
pub(crate) fn towns(context: &ListContext) -> PolarsResult<DataFrame> {
    let mut towns = context.towns.clone();
    towns.sort();
    towns.push((String::new(), "全区".to_owned()));
    let (codes, names): (Vec<String>, Vec<String>) = towns.into_iter().unzip();
    let places: Vec<i64> = (0..codes.len() as i64).collect();
    DataFrame::new(
        codes.len(),
        vec![
            Column::new("place".into(), places),
            Column::new("town_code".into(), codes),
            Column::new("town".into(), names),
        ],
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rules_are_judged_by_what_a_second_look_found_where_it_did_not_agree() {
        let answers = df!(
            "case_id" => ["C1", "C1", "C2", "C2", "C3", "C3"],
            "town_code" => [""; 6], "town" => [""; 6], "code" => [""; 6], "label" => [""; 6],
            "list" => ["verification", "sample", "verification", "sample", "verification", "sample"],
            "list_month" => ["2023-01", "2023-02", "2023-01", "2023-02", "2023-01", "2023-02"],
            "effect" => ["changed", "include", "include", "include", "cool", ""],
            "held" => ["", "", "", "", "", ""],
            "rules" => ["a", "", "b", "", "c", ""],
            "standing" => ["是"; 6],
            "looked_at" => ["", "2023-01", "", "2023-01", "", "2023-01"],
            "differs" => ["", "是", "", "否", "", "是"],
        )
        .unwrap();
        let judged = sql(&[("answers", &answers)], &judged_answers()).unwrap();
        let outcomes: Vec<_> = judged.column("outcome").unwrap().str().unwrap().iter().flatten().collect();
        // The third says that it is otherwise and not how: no rule is judged by it.
        assert_eq!(outcomes, ["属实", "属实", "其他"]);
        let rules: Vec<_> = judged.column("rules").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(rules, ["a", "b", "c"]);
        let verified = sql(&[("answers", &answers)], &verified_answers()).unwrap();
        let counted = sql(&[("answers", &verified)], &answer_figures("2023-01".parse().unwrap())).unwrap();
        let figures = |name: &str| {
            let cast = counted.column(name).unwrap().cast(&DataType::Int64).unwrap();
            cast.i64().unwrap().iter().flatten().collect::<Vec<_>>()
        };
        let effects: Vec<_> = counted.column("effect").unwrap().str().unwrap().iter().flatten().collect();
        let of = |effect: &str| effects.iter().position(|one| *one == effect).unwrap();
        let (cases, refuted) = (figures("cases"), figures("refuted"));
        // Who says that it is otherwise and not how leaves the answer as it is.
        for (effect, found) in [("changed", 1), ("include", 0), ("cool", 0)] {
            assert_eq!((cases[of(effect)], refuted[of(effect)]), (1, found), "{effect}");
        }
    }
}
