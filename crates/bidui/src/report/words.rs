//! Figures as parts of Chinese sentences.

/// `减少3户`, `增加3户`, `持平`; with the share where there was anything before.
pub(crate) fn change(before: i64, now: i64, unit: &str) -> String {
    let (word, difference) = match now - before {
        0 => return "与上月持平".to_owned(),
        more if more > 0 => ("增加", more),
        less => ("减少", -less),
    };
    match share(difference, before) {
        Some(share) => format!("比上月{word}{difference}{unit}（{share}）"),
        None => format!("比上月{word}{difference}{unit}"),
    }
}

/// `12.5%`; nothing of nothing.
pub(crate) fn share(part: i64, whole: i64) -> Option<String> {
    (whole > 0).then(|| format!("{:.1}%", part as f64 * 100.0 / whole as f64))
}

/// Titles and labels have commas of their own.
pub(crate) fn quoted(title: &str) -> String {
    format!("“{title}”")
}

/// `甲12户、乙3户`, without those that have none; nothing where none has any.
pub(crate) fn listed<'a>(parts: impl IntoIterator<Item = (&'a str, i64)>, unit: &str) -> Option<String> {
    let some: Vec<String> =
        parts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name}{count}{unit}")).collect();
    (!some.is_empty()).then(|| some.join("、"))
}

/// `，其中甲3户、乙2户`, or nothing.
pub(crate) fn of_which<'a>(parts: impl IntoIterator<Item = (&'a str, i64)>, unit: &str) -> String {
    listed(parts, unit).map_or_else(String::new, |listed| format!("，其中{listed}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_change(before: i64, now: i64, expected: &str) {
        assert_eq!(change(before, now, "户"), expected);
    }

    #[test]
    fn a_change_from_nothing_has_no_share() {
        check_change(0, 3, "比上月增加3户");
        check_change(4, 5, "比上月增加1户（25.0%）");
        check_change(4, 1, "比上月减少3户（75.0%）");
        check_change(3, 0, "比上月减少3户（100.0%）");
        check_change(7, 7, "与上月持平");
        check_change(0, 0, "与上月持平");
    }

    #[test]
    fn what_is_not_there_is_not_listed() {
        assert_eq!(listed([("甲", 2), ("乙", 0), ("丙", 1)], "户").as_deref(), Some("甲2户、丙1户"));
        assert_eq!(listed([("甲", 0)], "户"), None);
        assert_eq!(of_which([("甲", 0)], "户"), "");
        assert_eq!(of_which([("甲", 1)], "户"), "，其中甲1户");
        assert_eq!(share(0, 0), None);
    }
}
