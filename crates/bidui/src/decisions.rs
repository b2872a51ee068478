//! What people at the bureau have decided about rows: `link-decisions.csv` in the state folder, a line a decision.
//!
//! Columns `row_digest,person_no,author,date,revoked_on,note`: the row's digest as 待认定关联清单 shows it, the registered person's number (人编号)
//! or nothing for "nobody of the registry", who decided and when. A decision is never deleted: `revoked_on` takes it back. The last one
//! that stands for a row counts, in this month and in every later one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use bidui_linkage::read_csv;
use bidui_model::{CellKind, DatePrecision, RawCell};
use bidui_normalize::{canonical_id, iso_date, parse_date};

use crate::exit::{Fault, in_words};
use crate::private;
use crate::render::tidy;
use crate::returned::{Answer, At, ReturnedRow};

const FILE: &str = "link-decisions.csv";
const COLUMNS: [&str; 6] = ["row_digest", "person_no", "author", "date", "revoked_on", "note"];

/// By the digest of the row: whose it is, `None` for nobody.
pub(crate) type Decisions = HashMap<u64, Option<String>>;

/// A decision that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    /// `None` for nobody of the registry.
    pub(crate) person_no: Option<String>,
    pub(crate) author: String,
    pub(crate) date: String,
}

/// How a list says that nobody can tell.
pub(crate) const UNDECIDED: &str = "无法认定";

/// A decision of a list that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewDecision {
    row_digest: String,
    /// Empty for nobody of the registry.
    person_no: String,
    author: String,
    date: String,
}

impl NewDecision {
    /// `None` where nothing was decided, or nobody signed it with a day.
    pub(crate) fn of(row: &ReturnedRow) -> Option<Self> {
        let (row_digest, person_no) = row.row_key.split_once('/')?;
        let person_no = match row.answers.get("decision") {
            Some(Answer::Option(word)) if word == "是此人" => person_no,
            Some(Answer::Option(word)) if word == "不是底册中的人" => "",
            _ => return None,
        };
        let (Some(Answer::Text(author)), Some(Answer::Date(day, _))) =
            (row.answers.get("decided_by"), row.answers.get("decided_on"))
        else {
            return None;
        };
        let author = words(author);
        let date = iso_date(*day);
        let (row_digest, person_no) = (row_digest.to_lowercase(), person_no.to_owned());
        Some(Self { row_digest, person_no, author, date })
    }
}

/// Rows of a file that say of one row that it is two persons, or somebody and nobody: neither is taken.
pub(crate) fn at_odds<'r>(rows: impl Iterator<Item = &'r ReturnedRow>) -> BTreeSet<At> {
    let mut said: BTreeMap<(&str, String), Vec<(String, &At)>> = BTreeMap::new();
    for row in rows {
        if let Some(decision) = NewDecision::of(row) {
            said.entry((row.at.file.as_str(), decision.row_digest)).or_default().push((decision.person_no, &row.at));
        }
    }
    let at_odds = said.into_values().filter(|said| said.iter().any(|(person, _)| *person != said[0].0));
    at_odds.flatten().map(|(_, at)| at.clone()).collect()
}

/// Decisions that the file does not have: neither does that stand for their row, nor has it been there and was revoked or replaced since, when a copy of a
/// list comes in once more.
pub(crate) fn new_of<'d>(state: &Path, decided: &'d [NewDecision]) -> Result<Vec<&'d NewDecision>, Fault> {
    let lines = read_lines(state)?;
    let person = |decision: &Decision| decision.person_no.clone().unwrap_or_default();
    let of_line = |Line { digest, decision, .. }: &Line| {
        (*digest, person(decision), words(&decision.author), day(&decision.date))
    };
    let was_there: BTreeSet<_> = lines.iter().map(of_line).collect();
    let standing = standing(lines);
    let is_new = |new: &&NewDecision| {
        let digest = u64::from_str_radix(&new.row_digest, 16).unwrap_or_default();
        standing.get(&digest).is_none_or(|old| person(old) != new.person_no)
            && !was_there.contains(&(digest, new.person_no.clone(), new.author.clone(), Some(new.date.clone())))
    };
    Ok(decided.iter().filter(is_new).collect())
}

/// Adds decisions to the file, but those that stand there already; says how many were added.
pub(crate) fn add(state: &Path, decided: &[NewDecision]) -> Result<usize, Fault> {
    let new = new_of(state, decided)?;
    if new.is_empty() {
        return Ok(0);
    }
    let path = state.join(FILE);
    let mut bytes = if path.exists() { std::fs::read(&path)? } else { format!("{}\n", COLUMNS.join(",")).into_bytes() };
    if !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    for NewDecision { row_digest, person_no, author, date } in &new {
        writer.write_record([row_digest, person_no, author, date, "", "清单收回"])?;
    }
    let lines = writer.into_inner().map_err(|error| Fault::Ours(anyhow::anyhow!("{error}")))?;
    bytes.extend(as_file_has_it(&bytes, lines));
    private::write_file(&path, &bytes)?;
    Ok(new.len())
}

/// In GB18030 where the file is: a file in two encodings is read in neither.
fn as_file_has_it(file: &[u8], lines: Vec<u8>) -> Vec<u8> {
    match (std::str::from_utf8(file), std::str::from_utf8(&lines)) {
        (Err(_), Ok(text)) => encoding_rs::GB18030.encode(text).0.into_owned(),
        _ => lines,
    }
}

/// Reads the decisions that stand; none where there is no file.
pub(crate) fn read(state: &Path) -> Result<Decisions, Fault> {
    Ok(read_whole(state)?.into_iter().map(|(digest, decision)| (digest, decision.person_no)).collect())
}

/// The same, with who decided and when.
pub(crate) fn read_whole(state: &Path) -> Result<HashMap<u64, Decision>, Fault> {
    Ok(standing(read_lines(state)?))
}

/// The last of each row that is not revoked.
fn standing(lines: Vec<Line>) -> HashMap<u64, Decision> {
    let mut decisions = HashMap::new();
    for Line { digest, decision, is_revoked } in lines {
        // A line that is revoked, or a later one that revokes it.
        if is_revoked {
            decisions.remove(&digest)
        } else {
            decisions.insert(digest, decision)
        };
    }
    decisions
}

fn read_lines(state: &Path) -> Result<Vec<Line>, Fault> {
    let path = state.join(FILE);
    let shown = tidy(&path);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Fault::command(format!("认定结果“{}”读不出来：{}", shown.display(), in_words(&error))));
        }
    };
    parse(&bytes).map_err(|why| Fault::command(format!("认定结果“{}”{why}", shown.display())))
}

fn parse(bytes: &[u8]) -> Result<Vec<Line>, String> {
    // UTF-8, or GB18030, in which Excel saves a CSV.
    let table = read_csv(bytes).map_err(|problem| format!("读不出来：{problem}"))?;
    if table.names().iter().map(|name| name.trim()).ne(COLUMNS) {
        return Err(format!("的表头应为 {}", COLUMNS.join(",")));
    }
    let mut lines = Vec::new();
    for at in 0..table.rows() {
        let line = at + 2;
        let field = |column: usize| {
            let cells = table.column(&table.names()[column]);
            cells.and_then(|cells| cells.get(at)).unwrap_or("").trim()
        };
        if (0..COLUMNS.len()).all(|column| field(column).is_empty()) {
            continue;
        }
        let digest = u64::from_str_radix(field(0), 16).ok().filter(|_| field(0).len() == 16);
        let digest = digest.ok_or_else(|| format!("第{line}行的 row_digest 应是清单上的16位行标识"))?;
        if field(2).is_empty() || field(3).is_empty() {
            return Err(format!("第{line}行没有写明谁（author）在哪天（date）认定的"));
        }
        for (column, day) in [("date", field(3)), ("revoked_on", field(4))] {
            if !day.is_empty() && self::day(day).is_none() {
                return Err(format!("第{line}行的 {column} 不是日期，请写作 2023-04-09"));
            }
        }
        if !is_person_number(field(1)) {
            return Err(format!(
                "第{line}行的 person_no 不像人编号，请照清单上的“人编号”填；认定不是底册中的人，则空着"
            ));
        }
        let person_no = Some(field(1).to_owned()).filter(|person| !person.is_empty());
        let decision = Decision { person_no, author: field(2).to_owned(), date: field(3).to_owned() };
        lines.push(Line { digest, decision, is_revoked: !field(4).is_empty() });
    }
    Ok(lines)
}

/// A line of the file.
struct Line {
    digest: u64,
    decision: Decision,
    is_revoked: bool,
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `2023-04-09` of what Excel may have written again as `2023/4/9`.
fn day(text: &str) -> Option<String> {
    match parse_date(RawCell { kind: CellKind::Text, text }) {
        Ok(Some((day, DatePrecision::Day))) => Some(iso_date(day)),
        _ => None,
    }
}

/// Not an ID number, which must never stand in this file, and no words.
fn is_person_number(text: &str) -> bool {
    let is_number = |text: &str| text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    text.is_empty() || (is_number(text) && canonical_id(RawCell { kind: CellKind::Text, text }).id.is_none())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HEAD: &str = "row_digest,person_no,author,date,revoked_on,note\n";

    fn check(lines: &str, expected: &[(u64, Option<&str>)]) {
        let found = standing(parse(format!("{HEAD}{lines}").as_bytes()).unwrap());
        let found: Decisions = found.into_iter().map(|(digest, decision)| (digest, decision.person_no)).collect();
        let expected = expected.iter().map(|(digest, person)| (*digest, person.map(str::to_owned))).collect();
        assert_eq!(found, expected, "{lines}");
    }
    fn refuse(text: &str, why: &str) {
        assert!(parse(text.as_bytes()).err().is_some_and(|told| told.contains(why)), "{text}");
    }

    #[test]
    fn the_last_decision_that_stands_counts() {
        check("00000000000000ff,P1,甲,2023-04-01,,\n", &[(255, Some("P1"))]);
        check("00000000000000ff,,甲,2023-04-01,,不是本区的人\n", &[(255, None)]);
        check("00000000000000ff,P1,甲,2023-04-01,,\n00000000000000ff,P2,乙,2023-04-02,,\n", &[(255, Some("P2"))]);
        check("00000000000000ff,P1,甲,2023-04-01,2023-04-02,\n", &[]);
        check("00000000000000ff,P1,甲,2023-04-01,,\n00000000000000ff,P1,乙,2023-04-02,2023-04-02,认错了\n", &[]);
        check(",,,,,\n00000000000000ff,P1,甲,2023/4/1,,\n", &[(255, Some("P1"))]);
        check("", &[]);
    }

    #[test]
    fn what_is_not_a_decision_is_refused_by_its_line() {
        refuse("digest,person\n", "表头应为");
        refuse(&format!("{HEAD}ff,P1,甲,2023-04-01,,\n"), "第2行的 row_digest");
        refuse(&format!("{HEAD}00000000000000ff,P1,,2023-04-01,,\n"), "第2行没有写明谁");
        refuse(&format!("{HEAD}00000000000000ff,P1,甲,去年,,\n"), "第2行的 date 不是日期");
        refuse(&format!("{HEAD}00000000000000ff,P1,甲,2023/4/9,昨天,\n"), "第2行的 revoked_on 不是日期");
        refuse(&format!("{HEAD}00000000000000ff,是此人,甲,2023-04-01,,\n"), "第2行的 person_no");
        refuse(&format!("{HEAD}00000000000000ff,11010519491231002X,甲,2023-04-01,,\n"), "第2行的 person_no");
        refuse("", "表头");
    }

    #[test]
    fn a_trial_counts_the_decisions_that_would_be_added() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        std::fs::write(state.join(FILE), format!("{HEAD}00000000000000ff,P1,甲,2023-04-01,,\n")).unwrap();
        let decision = |digest: &str, person: &str| NewDecision {
            row_digest: digest.to_owned(),
            person_no: person.to_owned(),
            author: "甲".to_owned(),
            date: "2023-04-02".to_owned(),
        };
        let decided = [
            decision("00000000000000ff", "P1"),
            decision("00000000000000ff", "P2"),
            decision("00000000000000fe", "P1"),
        ];
        assert_eq!(new_of(state, &decided).unwrap().len(), 2);
        assert_eq!(add(state, &decided).unwrap(), 2);
    }

    #[test]
    fn what_was_revoked_or_replaced_does_not_come_back_with_a_copy() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path();
        let lines = "00000000000000ff,P1,甲,2023/4/1,2023-04-05,认错了\n00000000000000fe,P1,甲,2023-04-01,,\n00000000000000fe,P2,乙,2023-04-02,,\n";
        std::fs::write(state.join(FILE), format!("{HEAD}{lines}")).unwrap();
        let decision = |digest: &str, date: &str| NewDecision {
            row_digest: digest.to_owned(),
            person_no: "P1".to_owned(),
            author: "甲".to_owned(),
            date: date.to_owned(),
        };
        let copy = [decision("00000000000000ff", "2023-04-01"), decision("00000000000000fe", "2023-04-01")];
        assert_eq!(new_of(state, &copy).unwrap().len(), 0);
        let anew = [decision("00000000000000ff", "2023-04-09"), decision("00000000000000fe", "2023-04-09")];
        assert_eq!(new_of(state, &anew).unwrap().len(), 2);
    }

    #[test]
    fn a_row_that_is_two_persons_or_somebody_and_nobody_is_decided_by_neither() {
        let row = |file: &str, at: u32, key: &str, word: &str| ReturnedRow {
            edition: None,
            kind: bidui_model::ReturnKind::LinkReview,
            list: "link_review".to_owned(),
            month: bidui_model::Month::new(2023, 3).unwrap(),
            row_key: key.to_owned(),
            tag: String::new(),
            answers: [
                ("decision".to_owned(), Answer::Option(word.to_owned())),
                ("decided_by".to_owned(), Answer::Text("甲".to_owned())),
                ("decided_on".to_owned(), Answer::Date(19_450, DatePrecision::Day)),
            ]
            .into(),
            at: At { file: file.to_owned(), sheet: String::new(), row: Some(at) },
        };
        let rows = [
            row("一.xlsx", 8, "00000000000000ff/P1", "是此人"),
            row("一.xlsx", 9, "00000000000000ff/P2", "是此人"),
            row("一.xlsx", 12, "00000000000000fe/P1", "是此人"),
            row("一.xlsx", 13, "00000000000000fe/P2", "不是底册中的人"),
            row("一.xlsx", 20, "00000000000000fd/P1", "不是底册中的人"),
            row("一.xlsx", 21, "00000000000000fd/P2", "不是底册中的人"),
            row("二.xlsx", 8, "00000000000000fd/P1", "是此人"),
            row("一.xlsx", 30, "00000000000000fc/P1", UNDECIDED),
            row("一.xlsx", 31, "00000000000000fc/P2", "是此人"),
        ];
        let at_odds: Vec<u32> = at_odds(rows.iter()).into_iter().filter_map(|at| at.row).collect();
        assert_eq!(at_odds, [8, 9, 12, 13]);
    }
}
