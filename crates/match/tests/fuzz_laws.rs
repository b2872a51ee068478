//! The laws that the fuzz targets hold over invented input, here over a few inputs of each sort.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

#[path = "../../../fuzz/laws/rules.rs"]
mod laws;

#[test]
fn an_expression_is_refused_in_place_or_runs() {
    for sql in [
        "paid >= 10000 AND (days = 0 OR NOT working)",
        "kind IN ('甲', '乙') OR kind LIKE '%学' OR STARTS_WITH(kind, 'x')",
        "CASE WHEN days >= 4 THEN paid ELSE NULL END IS NOT NULL",
        "first < month_start - INTERVAL '6 months'",
        "EXTRACT(YEAR FROM first) = 2023",
        "COALESCE(paid, 0) / NULLIF(days, 0) > 1.5",
        "SUM(amount)",
        "read_csv('/etc/passwd')",
        "paid >",
        "１ ＞ 0",
        "((((((((((1))))))))))",
        "'",
        "",
    ] {
        laws::expression(sql);
    }
}

/// The blanks are no part of the name that is pointed at, and a place is never inside a character.
#[test]
fn a_name_with_blanks_in_its_braces_is_pointed_at() {
    laws::any_toml(
        "[[rule]]\nid = \"r\"\ntitle = \"t\"\nrisk = \"因病\"\nbasis = \"b\"\nper = \"household\"\ndepartments = [\"d\"]\n\
         red = \"paid > 1\"\nreason = \"近12个月自付{ 自付 }元，{ a = 1 }\"\n",
    );
}

#[test]
fn a_file_of_the_configuration_is_refused_inside_its_text() {
    for text in
        ["", "[[rule]]", "[[fact]]\nname = \"甲", "[[level]]\ncode = \"red\"\n[[rule]]\nred = \"甲 >\"\n\u{feff}"]
    {
        laws::any_toml(text);
    }
}
