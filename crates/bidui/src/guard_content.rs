//! What an extract says of itself: another month's file, rows that have come before, a list that nobody touched since, one unit in
//! another's place, two columns exchanged. Measured by the profile that was taken while it was sealed.

use std::collections::BTreeMap;

use bidui_model::{ColumnType, DataContract, FeedKind, Month, RejectCode, Unchanged};
use bidui_normalize::mask_numbers;

use crate::file_month::months_in_name;
use crate::guard::Earlier;
use crate::profile::{Profile, SIZES_PER_DOUBLING};
use crate::sealing::SealedFeed;

/// Fewer rows than this may be alike, or late, by chance.
const FEW: u64 = 5;

/// Below this a list may be anything by chance.
const LONG: u64 = 30;

/// A list this long changes from month to month, whatever it lists: if one row in two hundred does, it stays by a chance of one in 22,000.
const VERY_LONG: u64 = 2_000;

/// Files whose own names speak only of other months. The month after is fine: that is when the list is made.
pub(crate) fn named_for_another_month<'a>(month: Month, files: impl Iterator<Item = &'a str>) -> Option<String> {
    let other = |file: &str| {
        let named = months_in_name(file, month);
        let is_this = named.iter().any(|named| (0..=1).contains(&named.since(month)));
        named.first().copied().filter(|_| !is_this)
    };
    let line = |file: &str| Some(format!("“{}”写的是{}", mask_numbers(file), other(file)?.in_chinese()));
    let lines: Vec<String> = files.filter_map(line).collect();
    (!lines.is_empty()).then(|| {
        format!("{}，不是{}的数据；若内容确是本月的，请改文件名后重新运行", lines.join("，"), month.in_chinese())
    })
}

/// Every row of events is one that an earlier month brought: its file under a new name.
pub(crate) fn all_came_before(feed: &SealedFeed) -> Option<String> {
    (feed.kept == 0 && !feed.repeats.is_empty()).then(|| {
        format!(
            "{}的数据全部是以前月份报过的（{}）；请换成本月新发生的",
            feed.files_in_words(),
            months_of(&feed.repeats)
        )
    })
}

/// `2023-01：12行，2023-02：40行`
pub(crate) fn months_of(repeats: &BTreeMap<Month, u64>) -> String {
    repeats.iter().map(|(month, rows)| format!("{month}：{rows}行")).collect::<Vec<_>>().join("，")
}

/// A second file that holds the same persons again, but is not the same file.
pub(crate) fn two_registries(contract: &DataContract, feed: &SealedFeed) -> Option<String> {
    let mut digests: Vec<&str> = feed.inputs.iter().map(|input| input.sha256.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    // Sheets of one workbook as well as files.
    let several = digests.len() > 1 || feed.sources.len() > digests.len();
    let twice = feed.rejects.iter().filter(|(_, _, code)| code == RejectCode::Duplicate.code()).count() as u64;
    (contract.kind == FeedKind::Registry && several && twice >= FEW && twice * 20 > feed.kept)
        .then(|| format!("收到不止一份底册：{}，其中{twice}人重复出现；请只保留本月的一份", feed.files_in_words()))
}

/// Rows that could not be read as rows: how many there are and where the first of them stands.
pub(crate) fn broken_rows(feed: &SealedFeed) -> Option<(u64, String)> {
    let is_broken =
        |code: &str| matches!(RejectCode::from_code(code), Some(RejectCode::Ragged | RejectCode::Undecodable));
    let broken = || feed.rejects.iter().filter(|(_, _, code)| is_broken(code));
    let (source, row, _) = broken().min_by_key(|(source, row, _)| (*source, *row))?;
    let (part, count) = (feed.part_in_words(*source), broken().count() as u64);
    Some((count, format!("{part}第{row}行起有{count}行列数与表头不符、引号未闭合或文字无法解码，已剔除")))
}

/// So many of them that whoever stands on them would be missed.
pub(crate) fn badly_broken(feed: &SealedFeed) -> Option<String> {
    let (count, what) = broken_rows(feed)?;
    (count >= FEW && count * 50 > feed.received)
        .then(|| format!("{what}，超过{}行的2%；请让报送部门重新导出（最好另存为 XLSX）", feed.received))
}

/// Events whose dates lie in another month, though only new ones were agreed.
pub(crate) fn dates_elsewhere(contract: &DataContract, month: Month, feed: &SealedFeed) -> Option<String> {
    let profile = feed.profile.as_ref().filter(|_| contract.kind == FeedKind::Events)?;
    let dated = contract.columns.iter().filter(|column| column.kind == ColumnType::Date && column.required);
    dated.into_iter().find_map(|column| {
        let (all, here) = profile.share(&column.name, month);
        let main = profile.main_month(&column.name)?;
        let in_main = profile.dates.get(&column.name)?.get(main).copied().unwrap_or(0);
        (all >= FEW && here * 5 < all && in_main * 2 > all).then(|| {
            let heading = heading(feed, &column.name);
            format!(
                "{}的“{heading}”{all}行中有{in_main}行在{main}，本月只有{here}行；请核对是否误报了别的月份",
                feed.files_in_words()
            )
        })
    })
}

fn heading<'a>(feed: &'a SealedFeed, column: &'a str) -> &'a str {
    feed.headings.iter().find(|(name, _)| name == column).map_or(column, |(_, heading)| heading)
}

/// A list that is row by row what it was before. What it was the month before it may still be, if it is short or seldom changes; what
/// it was earlier, and then had more rows or fewer, it does not become again.
pub(crate) fn unchanged(contract: &DataContract, feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    let content = |profile: &Option<Profile>| profile.as_ref().map(|profile| profile.content.clone());
    let now = content(&feed.profile).filter(|now| !now.is_empty() && feed.kept >= LONG)?;
    if contract.kind == FeedKind::Events {
        return None;
    }
    let same = earlier.iter().rev().find(|month| content(&month.profile).as_ref() == Some(&now))?;
    let last = earlier.last()?;
    let may_be = match contract.guard.unchanged {
        Unchanged::Held => false,
        Unchanged::Noted => true,
        // One bad cell last month, or one family that came and went, and the list is again what it was before.
        Unchanged::ByLength => {
            let is_near = last.month == same.month || last.kept.abs_diff(feed.kept) < FEW;
            feed.kept < VERY_LONG && is_near
        }
    };
    (!may_be).then(|| {
        format!(
            "{}的{}行与{}的逐行相同，像是把旧文件又报了一次；请换成本月的数据",
            feed.files_in_words(),
            feed.kept,
            same.month.in_chinese()
        )
    })
}

/// A column of amounts whose middle one lies far from where it lay: 万元 where 元 was agreed. Of a few amounts the middle one may
/// jump by a hundred times, so that it takes a thousand; of many, dozens do.
pub(crate) fn another_unit(feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    /// 1,024 times, and about 45 times.
    const FAR_OF_FEW: u8 = 10 * SIZES_PER_DOUBLING;
    const FAR_OF_MANY: u8 = 5 * SIZES_PER_DOUBLING + 1;
    let now = feed.profile.as_ref()?;
    let before = together(earlier);
    now.amounts.keys().find_map(|column| {
        let ((count, middle), (count_before, middle_before)) = (now.middle(column)?, before.middle(column)?);
        let far = if count.min(count_before) >= LONG { FAR_OF_MANY } else { FAR_OF_FEW };
        (count >= 3 && count_before >= FEW && middle.abs_diff(middle_before) >= far).then(|| {
            let (heading, was, is) = (heading(feed, column), about(middle_before), about(middle));
            let files = feed.files_in_words();
            format!("{files}的“{heading}”以前多为{was}，本月多为{is}；请核对单位是元还是万元，是否填错列")
        })
    })
}

/// Amounts of all earlier months as one.
fn together(earlier: &[Earlier]) -> Profile {
    let mut all = Profile::default();
    for profile in earlier.iter().filter_map(|month| month.profile.as_ref()) {
        for (column, sizes) in &profile.amounts {
            let known = all.amounts.entry(column.clone()).or_default();
            for (size, count) in sizes {
                *known.entry(*size).or_default() += count;
            }
        }
        for (first, second, smaller, larger) in &profile.pairs {
            match all.pairs.iter_mut().find(|pair| pair.0 == *first && pair.1 == *second) {
                Some(pair) => (pair.2, pair.3) = (pair.2 + smaller, pair.3 + larger),
                None => all.pairs.push((first.clone(), second.clone(), *smaller, *larger)),
            }
        }
    }
    all
}

/// An amount of that size, in words.
fn about(size: u8) -> String {
    let yuan = (1_i64 << (size / SIZES_PER_DOUBLING).min(60)) / 100;
    match yuan {
        0 => "不到1元".to_owned(),
        10_000.. => format!("约{}万元", yuan / 10_000),
        _ => format!("约{yuan}元"),
    }
}

/// A column of few words that has a single one now, where many rows had others: the first value filled down, or a column left empty.
pub(crate) fn one_word(feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    /// So many rows of other words do not vanish together.
    const MANY: u64 = 15;
    let (now, last) = (feed.profile.as_ref()?, earlier.last()?);
    let before = &last.profile.as_ref()?.words;
    now.words.iter().find_map(|(column, words)| {
        let mut all = words.iter();
        let ((word, count), None) = (all.next()?, all.next()) else { return None };
        let (_, heading) = feed.headings.iter().find(|(name, _)| name == column)?;
        let before = before.get(column)?;
        let others = before.iter().filter(|(other, _)| *other != word).map(|(_, count)| count).sum::<u64>();
        // As many as there would be of the rows that there are now.
        let awaited = others * *count / before.values().sum::<u64>().max(1);
        (*count >= LONG && others >= MANY && awaited >= MANY).then(|| {
            let word = if word.is_empty() { "空的".to_owned() } else { format!("“{word}”") };
            let (files, month) = (feed.files_in_words(), last.month);
            format!(
                "{files}的“{heading}”本月{count}行全是{word}，而{month}有{others}行是别的值；请核对该列是否填错、漏填"
            )
        })
    })
}

/// Two columns of amounts of which one was nearly always the larger and now is the smaller, or whose sums have changed places.
pub(crate) fn exchanged(contract: &DataContract, feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    let now = feed.profile.as_ref()?;
    let before = together(earlier);
    let last = earlier.last().filter(|last| {
        let steady = feed.kept.abs_diff(last.kept) * 10 <= last.kept;
        contract.kind == FeedKind::Snapshot && feed.kept >= LONG && steady
    });
    let last = last.and_then(|last| last.profile.as_ref());
    now.pairs.iter().find_map(|pair| {
        let (first, second) = (heading(feed, &pair.0), heading(feed, &pair.1));
        let is_so = turned(pair, &before) || last.is_some_and(|last| sums_exchanged(pair, now, last));
        is_so.then(|| format!("{}的“{first}”与“{second}”像是互换了；请核对这两列的内容与列名", feed.files_in_words()))
    })
}

type Pair = (String, String, u64, u64);

/// Nine in ten one way, and now seven in ten the other.
fn turned((first, second, smaller, larger): &Pair, before: &Profile) -> bool {
    let Some(was) = before.pairs.iter().find(|pair| pair.0 == *first && pair.1 == *second) else { return false };
    let (all, all_before) = (smaller + larger, was.2 + was.3);
    let turned = |most: u64, now: u64| most * 10 >= all_before * 9 && now * 10 >= all * 7;
    all >= 3 && all_before >= FEW && (turned(was.2, *larger) || turned(was.3, *smaller))
}

/// A whole list's sums hardly move in a month: those that lie far nearer to each other's old ones have changed places.
fn sums_exchanged((first, second, ..): &Pair, now: &Profile, last: &Profile) -> bool {
    let sum =
        |profile: &Profile, column: &String| profile.sums.get(column).map(|sum| *sum as f64).filter(|sum| *sum > 0.0);
    let sums = (sum(now, first), sum(now, second), sum(last, first), sum(last, second));
    let (Some(first), Some(second), Some(first_before), Some(second_before)) = sums else { return false };
    let far = |one: f64, other: f64| (one / other).ln().abs();
    let in_place = far(first, first_before) + far(second, second_before);
    let crosswise = far(first, second_before) + far(second, first_before);
    in_place > 0.01 && crosswise * 4.0 < in_place
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inputs::InputFile;

    fn contract(kind: &str, guard: &str) -> DataContract {
        let text = format!(
            "name='甲'\ndepartment='乙'\nfiles=['乙/*']\nkind='{kind}'\n[guard]\n{guard}\n[columns]\n\
             person={{type='id_number',headings=['证件号码'],required=true}}\n\
             on={{type='date',headings=['日期'],required=true}}\n"
        );
        bidui_ingest::compile_contract(&text, "feeds/甲.toml").unwrap()
    }

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn feed(kept: u64, profile: Profile) -> SealedFeed {
        let input = InputFile { file: "乙/甲.csv".to_owned(), sha256: "1".to_owned(), bytes: 1 };
        SealedFeed { kept, inputs: vec![input], profile: Some(profile), ..SealedFeed::default() }
    }

    fn earlier(at: &str, kept: u64, profile: Profile) -> Earlier {
        Earlier::of(month(at), &feed(kept, profile))
    }

    #[track_caller]
    fn names_the_file(found: Option<String>, expected: bool) {
        assert_eq!(found.as_ref().map(|found| found.contains("“乙/甲.csv”")), expected.then_some(true), "{found:?}");
    }

    #[test]
    fn a_file_that_names_another_month_is_of_another_month() {
        let check = |name: &str, expected: bool| {
            assert_eq!(named_for_another_month(month("2023-03"), [name].into_iter()).is_some(), expected, "{name}");
        };
        check("乙/2023年2月甲.csv", true);
        check("乙/2023年3月甲.csv", false);
        check("乙/2023年3月甲_20230405导出.csv", false);
        check("乙/甲_20230405导出.csv", false);
        check("乙/2023年1-3月甲.csv", false);
        check("乙/2023年6月甲.csv", true);
        check("乙/甲.csv", false);
    }

    #[test]
    fn events_of_another_month_are_told_by_their_dates() {
        let check = |dates: &[(&str, u64)], expected: bool| {
            let dates = dates.iter().map(|(month, rows)| ((*month).to_owned(), *rows)).collect();
            let profile = Profile { dates: BTreeMap::from([("on".to_owned(), dates)]), ..Profile::default() };
            let found = dates_elsewhere(&contract("events", ""), month("2023-03"), &feed(9, profile.clone()));
            names_the_file(found, expected);
            let of_list = dates_elsewhere(&contract("snapshot", ""), month("2023-03"), &feed(9, profile));
            assert_eq!(of_list, None);
        };
        check(&[("2023-02", 8), ("2023-03", 1)], true);
        check(&[("2023-04", 5)], true);
        check(&[("2023-02", 4)], false);
        check(&[("2023-02", 6), ("2023-03", 3)], false);
        // Late by many months, but not one month's file.
        check(&[("2022-10", 2), ("2022-11", 2), ("2022-12", 2)], false);
    }

    #[test]
    fn a_list_may_stay_or_may_not() {
        let check = |guard: &str, kept: u64, months: &[(&str, &str)], expected: bool| {
            let of = |content: &str| Profile { content: content.to_owned(), ..Profile::default() };
            let rows = |content: &str| if content.contains("95") { 95 } else { kept };
            let earlier: Vec<Earlier> =
                months.iter().map(|(at, content)| earlier(at, rows(content), of(content))).collect();
            let found = unchanged(&contract("snapshot", guard), &feed(kept, of("x")), &earlier);
            names_the_file(found, expected);
        };
        check("", 100, &[("2023-02", "x")], false);
        check("", 2_000, &[("2023-02", "x")], true);
        check("unchanged='noted'", 2_000, &[("2023-02", "x")], false);
        check("unchanged='held'", 30, &[("2023-02", "x")], true);
        check("unchanged='held'", 29, &[("2023-02", "x")], false);
        check("unchanged='noted'", 100, &[("2023-01", "x"), ("2023-02", "y")], false);
        check("", 100, &[("2023-01", "x"), ("2023-02", "y")], false);
        check("", 100, &[("2023-01", "x"), ("2023-02", "y of 95 rows")], true);
        check("", 99, &[("2023-01", "x"), ("2023-02", "y of 95 rows")], false);
        check("", 5_000, &[("2023-02", "y")], false);
    }

    #[test]
    fn amounts_in_another_unit_are_told_by_the_middle_one() {
        let check = |before: u64, sizes: &[(u8, u64)], expected: bool| {
            let of = |sizes: &[(u8, u64)]| Profile {
                amounts: BTreeMap::from([("paid".to_owned(), sizes.iter().copied().collect())]),
                ..Profile::default()
            };
            let before = [earlier("2023-02", 9, of(&[(34, before / 2), (36, before - before / 2)]))];
            names_the_file(another_unit(&feed(9, of(sizes)), &before), expected);
        };
        check(9, &[(9, 3)], true);
        check(9, &[(9, 2)], false);
        check(9, &[(60, 3)], true);
        check(4, &[(9, 3)], false);
        check(9, &[(9, 1), (34, 2)], false);
        // A hundred times: a bad month of a few bills, and no month of many.
        check(9, &[(49, 3)], false);
        check(99, &[(49, 99)], true);
        check(99, &[(44, 99)], false);
    }

    #[test]
    fn a_column_of_words_that_has_but_one_now_was_filled_down() {
        let check = |before: &[(&str, u64)], now: &[(&str, u64)], expected: bool| {
            let of = |words: &[(&str, u64)]| {
                let words = words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
                Profile { words: BTreeMap::from([("kind".to_owned(), words)]), ..Profile::default() }
            };
            let headings = vec![("kind".to_owned(), "户类型".to_owned())];
            let now = SealedFeed { headings, ..feed(9, of(now)) };
            names_the_file(one_word(&now, &[earlier("2023-02", 9, of(before))]), expected);
        };
        check(&[("甲", 85), ("乙", 15)], &[("甲", 100)], true);
        check(&[("甲", 85), ("乙", 15)], &[("乙", 100)], true);
        check(&[("甲", 85), ("乙", 15)], &[("", 100)], true);
        check(&[("甲", 86), ("乙", 14)], &[("甲", 100)], false);
        check(&[("甲", 85), ("乙", 15)], &[("甲", 99), ("乙", 1)], false);
        check(&[("甲", 85), ("乙", 15)], &[("甲", 50)], false);
        check(&[("甲", 20), ("乙", 80)], &[("甲", 29)], false);
        check(&[("甲", 100)], &[("甲", 100)], false);
    }

    #[test]
    fn columns_that_change_places_are_told_by_rows_or_by_sums() {
        let of = |smaller: u64, larger: u64, sums: (i64, i64)| Profile {
            pairs: vec![("paid".to_owned(), "total".to_owned(), smaller, larger)],
            sums: BTreeMap::from([("paid".to_owned(), sums.0), ("total".to_owned(), sums.1)]),
            ..Profile::default()
        };
        let check = |kind: &str, kept: u64, before: Profile, now: Profile, expected: bool| {
            let found = exchanged(&contract(kind, ""), &feed(kept, now), &[earlier("2023-02", kept, before)]);
            names_the_file(found, expected);
        };
        check("events", 9, of(20, 1, (1, 9)), of(0, 3, (9, 1)), true);
        check("events", 9, of(20, 1, (1, 9)), of(0, 2, (9, 1)), false);
        check("events", 9, of(20, 9, (1, 9)), of(0, 9, (9, 1)), false);
        check("snapshot", 40, of(20, 20, (1_000, 1_080)), of(20, 20, (1_081, 1_001)), true);
        check("snapshot", 40, of(20, 20, (1_000, 1_080)), of(20, 20, (1_004, 1_081)), false);
        check("snapshot", 20, of(10, 10, (1_000, 1_080)), of(10, 10, (1_081, 1_001)), false);
    }

    #[test]
    fn rows_that_are_no_rows_hold_a_list_when_they_are_many() {
        let check = |count: u32, received: u64, expected: bool| {
            let rejects = (0..count).map(|row| (0, 40 - row, "ragged".to_owned())).collect();
            let sources = vec![("乙/甲.csv".to_owned(), String::new())];
            let feed = SealedFeed { rejects, sources, received, ..feed(9, Profile::default()) };
            names_the_file(badly_broken(&feed), expected);
            let note = broken_rows(&feed).map(|(_, note)| note);
            let place = format!("第{}行起有{count}行", 41 - count);
            assert_eq!(note.map(|note| note.contains(&place)), (count > 0).then_some(true));
        };
        check(5, 249, true);
        check(5, 250, false);
        check(4, 9, false);
        check(0, 9, false);
    }

    #[test]
    fn events_that_all_came_before_are_an_old_file() {
        let repeats = BTreeMap::from([(month("2023-02"), 4)]);
        let feed = SealedFeed { repeats, ..feed(0, Profile::default()) };
        names_the_file(all_came_before(&feed), true);
        names_the_file(all_came_before(&SealedFeed { kept: 1, ..feed }), false);
    }
}
