//! The laws that the fuzz targets hold over invented input, here over a few inputs of each sort.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub)]

#[path = "../../../fuzz/laws/places.rs"]
mod places;
#[path = "../../../fuzz/laws/values.rs"]
mod values;

const VECTORS: &str = include_str!("../../../docs/id-vectors.csv");

#[test]
fn the_laws_of_values_hold_over_the_published_vectors() {
    let mut reader = csv::Reader::from_reader(VECTORS.as_bytes());
    for record in reader.records() {
        let text = &record.unwrap()[1];
        values::id_number(text);
        values::date(text);
        values::money(text);
    }
}

#[test]
fn the_laws_of_values_hold_over_odd_spellings() {
    for text in [
        "949121101103898",
        "450221900101000",
        "2023年三月五日",
        "二〇二三年十二月",
        "202302",
        "44990.5",
        "壹万贰仟元整",
        "(500)",
        "１，２３４．５６",
        "1e30",
        "1e-636",
        "12元5角",
        "99999999999999999999",
        "\u{feff}\0",
    ] {
        values::id_number(text);
        values::date(text);
        values::money(text);
    }
}

#[test]
fn a_gazetteer_is_refused_inside_its_text() {
    for text in ["", "[[town]]\ncode = \"1", "[[town]]\nname = \"镇\"\n---\n代码,村\n1,\"甲", "\n---\n\u{feff},\n"]
    {
        places::any_gazetteer(text);
    }
}
