#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use std::collections::BTreeSet;

use base64::Engine;
use html5gum::{Token, Tokenizer};
use quick_xml::events::Event;
use sha2::{Digest, Sha256};

use super::shell::{SCRIPT, SCRIPT_DIGEST, STYLE, STYLE_DIGEST};
use super::*;

/// What a village might be called by somebody who means harm.
const HOSTILE: &str = "</title></style></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;";

/// A page with every kind of part, each word of it `word`.
fn sample(word: &str) -> Page {
    let kinds = vec![(word.to_owned(), Tone::Red), (format!("{word}2"), Tone::Yellow)];
    let node = |count, tone| FlowNode { name: word.to_owned(), count, tone };
    let column = |unit: &str, nodes| FlowColumn { heading: word.to_owned(), unit: unit.to_owned(), nodes };
    let table = PageTable {
        caption: word.to_owned(),
        columns: vec![PageColumn::words(word), PageColumn::number(word), PageColumn::number(word)],
        rows: vec![
            vec![PageCell::words(word), PageCell::count(12_345), PageCell::share(Some(0.972))],
            vec![PageCell::words(word).sorted_by(1.5).toned(Tone::Red), PageCell::unknown(), PageCell::share(None)],
        ],
        sums: vec![PageCell::words(word), PageCell::known(Some(7)), PageCell::unknown()],
        empty: word.to_owned(),
        note: word.to_owned(),
    };
    let bars = BarChart {
        title: word.to_owned(),
        description: word.to_owned(),
        unit: word.to_owned(),
        kinds,
        rows: (0..35).map(|at| BarRow { name: word.to_owned(), parts: vec![at, 400] }).collect(),
        empty: word.to_owned(),
    };
    let lines = LineChart {
        title: word.to_owned(),
        description: word.to_owned(),
        unit: word.to_owned(),
        places: vec![word.to_owned(), "2".to_owned(), "3".to_owned()],
        series: (0..3)
            .map(|kind| LineSeries {
                name: word.to_owned(),
                tone: Tone::Kind(kind),
                values: vec![Some(1.0), None, Some(f64::from(kind))],
                intervals: vec![Some((0.5, 2.0)), None, None],
            })
            .collect(),
        marks: vec![ChartMark { at: 1, words: word.to_owned() }],
        is_share: false,
        empty: word.to_owned(),
    };
    let flow = FlowChart {
        title: word.to_owned(),
        description: word.to_owned(),
        columns: vec![
            column("行", vec![node(100, Tone::Plain)]),
            column("行", vec![node(97, Tone::Plain), node(3, Tone::Muted)]),
            column(word, vec![node(5, Tone::Red), node(0, Tone::Blue)]),
        ],
        links: vec![
            FlowLink::Part { column: 0, from: 0, to: 0, count: 97 },
            FlowLink::Part { column: 0, from: 0, to: 1, count: 3 },
            FlowLink::Becomes { column: 1, from: 0 },
        ],
    };
    let figure = PageFigure { name: word.to_owned(), value: word.to_owned(), note: word.to_owned(), tone: Tone::Red };
    let fold = PageFold { summary: word.to_owned(), parts: vec![PagePart::Table(table.clone())] };
    let parts = vec![
        PagePart::Paragraph(word.to_owned()),
        PagePart::Note(word.to_owned()),
        PagePart::Empty(word.to_owned()),
        PagePart::Steps(vec![word.to_owned()]),
        PagePart::Figures(vec![figure]),
        PagePart::Table(table),
        PagePart::Table(PageTable { caption: word.to_owned(), empty: word.to_owned(), ..PageTable::default() }),
        PagePart::Bars(bars),
        PagePart::Bars(BarChart { empty: word.to_owned(), ..BarChart::default() }),
        PagePart::Lines(lines),
        PagePart::Lines(LineChart { empty: word.to_owned(), ..LineChart::default() }),
        PagePart::Flow(flow),
        PagePart::Fold(fold),
    ];
    let section = |anchor, parts| PageSection { anchor, heading: word.to_owned(), parts };
    Page {
        title: word.to_owned(),
        particulars: vec![(word.to_owned(), word.to_owned())],
        opening: vec![PagePart::Paragraph(word.to_owned())],
        sections: vec![section("one", parts.clone()), section("two", parts)],
        closing: vec![word.to_owned()],
    }
}

/// The names of a page's elements, once every one of them is closed in its order, and every anchor stands once.
fn elements(text: &str) -> Vec<String> {
    const VOID: [&[u8]; 3] = [b"meta", b"link", b"br"];
    let (mut open, mut all, mut anchors) = (Vec::new(), Vec::new(), Vec::new());
    let markup = text.replacen(SCRIPT, "", 1).replacen(STYLE, "", 1);
    for token in Tokenizer::new(&markup) {
        match token.unwrap() {
            Token::StartTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                for (attribute, value) in &tag.attributes {
                    let attribute = String::from_utf8(attribute.to_vec()).unwrap();
                    let value = String::from_utf8(value.to_vec()).unwrap();
                    assert!(attribute != "src" && attribute != "style" && !attribute.starts_with("on"), "{attribute}");
                    assert!(attribute != "href" || value.starts_with('#'), "{value}");
                    if attribute == "id" {
                        assert!(!anchors.contains(&value), "{value} stands twice");
                        anchors.push(value);
                    }
                }
                if !VOID.contains(&&**tag.name) {
                    open.push(name.clone());
                }
                all.push(name);
            }
            Token::EndTag(tag) => {
                let name = String::from_utf8(tag.name.to_vec()).unwrap();
                assert_eq!(open.pop(), Some(name), "closed in another order");
            }
            Token::Error(error) => panic!("{error:?}"),
            Token::String(_) | Token::Comment(_) | Token::Doctype(_) => {}
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    all
}

#[test]
fn the_policy_names_the_style_and_the_script_that_stand_in_the_page() {
    let digest =
        |text: &str| format!("sha256-{}", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text)));
    assert_eq!(STYLE_DIGEST, digest(STYLE));
    assert_eq!(SCRIPT_DIGEST, digest(SCRIPT));
    let text = page_text(&sample("甲"));
    assert!(text.contains(&format!("<style>{STYLE}</style>")));
    assert!(text.contains(&format!("<script>{SCRIPT}</script>")));
}

#[test]
fn words_from_data_never_become_markup() {
    let (plain, hostile) = (page_text(&sample("甲")), page_text(&sample(HOSTILE)));
    // Longer words leave room for fewer of them in the drawings; but there is nothing of another kind.
    let kinds = |text: &str| elements(text).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(kinds(&hostile), kinds(&plain));
    assert_eq!(hostile.matches("<script>").count(), 1);
    assert!(hostile.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn a_page_asks_no_network_for_anything() {
    let text = page_text(&sample("甲"));
    for word in ["src=", "url(", "@import", "https:", "<link", "<img", "<iframe", "fetch(", "XMLHttp"] {
        assert!(!text.contains(word), "{word}");
    }
    // The name of SVG's vocabulary is not an address that anybody visits.
    assert!(!text.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").contains("http:"));
}

#[test]
fn every_drawing_is_well_formed_and_says_what_it_shows() {
    let text = page_text(&sample("甲&乙"));
    let drawings: Vec<&str> = text.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()).collect();
    assert_eq!(drawings.len(), 2 * 4, "a chart of 35 bars is two drawings");
    for drawing in drawings {
        let drawing = format!("<svg{drawing}</svg>");
        let mut reader = quick_xml::Reader::from_str(&drawing);
        let mut names = Vec::new();
        loop {
            match reader.read_event().unwrap() {
                Event::Start(tag) => names.push(tag.name().as_ref().to_owned()),
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(&names[..3], ["svg", "title", "desc"]);
        assert!(!drawing.contains("NaN") && !drawing.contains("inf"), "{drawing}");
    }
}

#[test]
fn the_same_page_is_the_same_bytes() {
    assert_eq!(page_text(&sample("甲")), page_text(&sample("甲")));
}

#[test]
fn the_rows_of_a_table_stand_in_the_page_whatever_the_script_does() {
    let text = page_text(&sample("甲"));
    let before_script = text.split("<script>").next().unwrap();
    for cell in ["12,345", "97.2%", "—"] {
        assert!(before_script.contains(&format!(">{cell}</td>")), "{cell}");
    }
}
