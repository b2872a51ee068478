//! The law that the fuzz targets hold over invented input, here over a few inputs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

#[path = "../../../fuzz/laws/lists.rs"]
mod laws;

#[test]
fn a_list_is_refused_inside_its_text() {
    for text in [
        "",
        "[[list]]",
        "[[list]]\nid = \"甲",
        "[[list]]\nid = \"x\"\ntitle = \"x\"\nfile = \"x.xlsx\"\nsheet = \"x\"\nquery = \"SELECT 甲 FROM\"\ncolumns = []\n",
        "[[choices]]\nname = 1\n\u{feff}",
    ] {
        laws::any_list(text);
    }
}
