//! The page around its sections: head, contents, headings, foot.
//!
//! A policy in the head forbids the browser every request and every style and script but the two that stand here, known by their digests: even if
//! a word from data became markup, it could do nothing.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Page, PageFigure, PagePart, PageSection, bars, flow, lines, table};

pub(super) const STYLE: &str = include_str!("page.css");
pub(super) const SCRIPT: &str = include_str!("page.js");
/// SHA-256 of the two in Base64; a test holds them.
pub(super) const STYLE_DIGEST: &str = "sha256-3C0dEm7klLnhTYi0ynRCL5IkhgssA2R+7l9rfPMF7a8=";
pub(super) const SCRIPT_DIGEST: &str = "sha256-Ja4d0HrFdqEjX9F/rEyhdCLOwsT3ttIb+ouB+UslCO0=";

pub(super) fn markup(page: &Page) -> Markup {
    let policy = format!(
        "default-src 'none'; style-src '{STYLE_DIGEST}'; script-src '{SCRIPT_DIGEST}'; base-uri 'none'; form-action 'none'"
    );
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light";
                title { (page.title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#content" { "跳到正文" }
                header {
                    h1 { (page.title) }
                    @if !page.particulars.is_empty() { dl.particulars { @for (term, value) in &page.particulars {
                        div { dt { (term) } dd { (value) } }
                    } } }
                }
                main #content {
                    (parts(&page.opening, "opening"))
                    @if page.sections.len() > 1 { nav aria-label="目录" { ol { @for section in &page.sections {
                        li { a href={ "#" (section.anchor) } { (section.heading) } }
                    } } } }
                    @for section in &page.sections { (section_markup(section)) }
                }
                footer { @for line in &page.closing { p { (line) } } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn section_markup(section: &PageSection) -> Markup {
    html! {
        section #(section.anchor) aria-labelledby={ (section.anchor) "-h" } {
            h2 #{ (section.anchor) "-h" } { (section.heading) }
            (parts(&section.parts, section.anchor))
        }
    }
}

/// Each under an anchor of its own, from which drawings name their titles.
fn parts(parts: &[PagePart], anchor: &str) -> Markup {
    html! { @for (at, part) in parts.iter().enumerate() { (part_markup(part, &format!("{anchor}-{at}"))) } }
}

fn part_markup(part: &PagePart, anchor: &str) -> Markup {
    match part {
        PagePart::Paragraph(text) => html! { p { (text) } },
        PagePart::Note(text) => html! { p.note { (text) } },
        PagePart::Empty(text) => html! { p.empty { (text) } },
        PagePart::Steps(steps) => html! { ol.steps { @for step in steps { li { (step) } } } },
        PagePart::Figures(figures) => html! { ul.figures { @for figure in figures { (figure_markup(figure)) } } },
        PagePart::Table(table) => table::markup(table),
        PagePart::Bars(chart) => bars::markup(chart, anchor),
        PagePart::Lines(chart) => lines::markup(chart, anchor),
        PagePart::Flow(chart) => flow::markup(chart, anchor),
        PagePart::Fold(fold) => html! { details { summary { (fold.summary) } (parts(&fold.parts, anchor)) } },
    }
}

fn figure_markup(figure: &PageFigure) -> Markup {
    html! {
        li.(figure.tone.class()) {
            span { (figure.name) }
            b { (figure.value) }
            @if !figure.note.is_empty() { span.fn { (figure.note) } }
        }
    }
}
