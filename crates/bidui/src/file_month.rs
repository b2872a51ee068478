//! The months that a file's own name speaks of.
//!
//! Supported: `2023年3月`, `2023-03`, `2023.3`, `2023_03`, `202303`, `20230305`, `3月` (of the year that is nearest before the month of
//! the run), `1-3月` and `1至3月` (a span, of which the last month counts). Not supported: years alone, two-digit years, quarters.

use bidui_model::Month;

/// Every month in the last part of a path, in order.
pub(crate) fn months_in_name(path: &str, run: Month) -> Vec<Month> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let letters: Vec<char> = name.chars().collect();
    let mut months = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let end = end_of_digits(&letters, at);
        let (month, next) = month_at(&letters, at, end, run);
        months.extend(month);
        at = next.max(end);
    }
    months
}

fn end_of_digits(letters: &[char], start: usize) -> usize {
    letters[start..].iter().position(|letter| !letter.is_ascii_digit()).map_or(letters.len(), |length| start + length)
}

fn number(letters: &[char], start: usize, end: usize) -> Option<u32> {
    letters[start..end].iter().collect::<String>().parse().ok()
}

/// The month that these digits begin, and where to go on.
fn month_at(letters: &[char], start: usize, end: usize, run: Month) -> (Option<Month>, usize) {
    let month_of = |year: Option<u32>, month: Option<u32>| {
        let year = year.and_then(|year| i32::try_from(year).ok()).filter(|year| (1990..2100).contains(year))?;
        Month::new(year, month?)
    };
    match end - start {
        6 | 8 => {
            let month = month_of(number(letters, start, start + 4), number(letters, start + 4, start + 6));
            (month, end)
        }
        4 if letters.get(end).is_some_and(|sign| "年-._".contains(*sign)) => {
            let next = end_of_digits(letters, end + 1);
            if !(1..=2).contains(&(next - end - 1)) {
                return (None, end);
            }
            // `2023年1-3月`: the span's end is looked at next, and is of the same year.
            let year = number(letters, start, end);
            match span_end(letters, next) {
                Some((last, after)) => (month_of(year, Some(last)), after),
                None if letters[end] == '年' && letters.get(next) != Some(&'月') => (None, next),
                None => (month_of(year, number(letters, end + 1, next)), next),
            }
        }
        1 | 2 => {
            let (month, after) = match span_end(letters, end) {
                Some((last, after)) => (Some(last), after),
                None if letters.get(end) == Some(&'月') => (number(letters, start, end), end),
                None => return (None, end),
            };
            let next = run.plus(1);
            let nearest = month.and_then(|month| {
                let of = |year: i32| Month::new(year, month);
                of(next.year()).filter(|found| *found <= next).or_else(|| of(next.year() - 1))
            });
            (nearest, after)
        }
        _ => (None, end),
    }
}

/// `-3月` after the first month of a span: the last month, and where it ends.
fn span_end(letters: &[char], at: usize) -> Option<(u32, usize)> {
    letters.get(at).filter(|sign| "-—~至到月".contains(**sign))?;
    let start = at + letters[at..].iter().take_while(|sign| "-—~至到月".contains(**sign)).count();
    let end = end_of_digits(letters, start);
    let is_month = (1..=2).contains(&(end - start)) && letters.get(end) == Some(&'月');
    is_month.then(|| Some((number(letters, start, end)?, end + 1))).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &[&str]) {
        let found: Vec<String> =
            months_in_name(name, "2023-03".parse().unwrap()).iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{name}");
    }

    #[test]
    fn a_month_is_read_in_every_spelling() {
        check("民政局/2023年3月低保在册名单.csv", &["2023-03"]);
        check("低保2023-02.xlsx", &["2023-02"]);
        check("低保2023.2.xlsx", &["2023-02"]);
        check("低保_202302.xlsx", &["2023-02"]);
        check("20230405导出_低保.xlsx", &["2023-04"]);
        check("2月低保.xlsx", &["2023-02"]);
        check("12月低保.xlsx", &["2022-12"]);
        check("4月低保.xlsx", &["2023-04"]);
    }

    #[test]
    fn of_a_span_the_last_month_counts() {
        check("2023年1-3月住院结算.csv", &["2023-03"]);
        check("2023年1月至2月住院结算.csv", &["2023-02"]);
        check("1至3月住院结算.csv", &["2023-03"]);
    }

    #[test]
    fn other_numbers_are_no_months() {
        check("450206低保.csv", &[]);
        check("2022年度收入测算表.csv", &[]);
        check("低保(1).csv", &[]);
        check("2023年.csv", &[]);
        check("参保100人.csv", &[]);
        check("2023年13月.csv", &[]);
        check("2022年第3批.csv", &[]);
        check("2022年3批.csv", &[]);
        check("民政局2023年2月/低保.csv", &[]);
    }
}
