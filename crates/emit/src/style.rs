//! What cells look like: one place for every font, colour and border.

use crate::cell::Cell;
use crate::list_plan::ColumnFormat;
use bidui_model::Level;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};
use std::collections::BTreeMap;

const BODY_FONT: &str = "宋体";
const HEADING_FONT: &str = "黑体";
/// 五号. A Chinese character is then two units of a column's width, as `layout` takes it.
const BODY_SIZE: f64 = 10.5;

/// The background of every other group of rows; light enough to be copied.
const GROUP: u32 = 0xED_ED_ED;

/// The background of a level and the colour of its word.
fn level_colours(level: Level) -> (u32, u32) {
    match level {
        Level::Red => (0xE0_2B_2B, 0xFF_FF_FF),
        Level::Orange => (0xF5_9A_23, 0x00_00_00),
        Level::Yellow => (0xFF_E9_3B, 0x00_00_00),
        Level::Blue => (0x5B_9B_D5, 0xFF_FF_FF),
    }
}

fn body() -> Format {
    Format::new()
        .set_font_name(BODY_FONT)
        .set_font_size(BODY_SIZE)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
}

fn bordered(format: Format) -> Format {
    format.set_border(FormatBorder::Thin).set_border_color(Color::RGB(0x80_80_80))
}

pub(crate) fn title() -> Format {
    Format::new()
        .set_font_name(HEADING_FONT)
        .set_font_size(16.0)
        .set_bold()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
}

pub(crate) fn subtitle() -> Format {
    body().set_align(FormatAlign::Left)
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Printed,
    Answers,
    /// The rows' tags, which nobody may touch.
    Tag,
}

pub(crate) fn band(part: Part) -> Format {
    heading(part).set_font_size(BODY_SIZE)
}

pub(crate) fn heading(part: Part) -> Format {
    let background = match part {
        Part::Printed => 0xD9_E1_F2,
        Part::Answers => 0xFF_E6_99,
        Part::Tag => 0xBF_BF_BF,
    };
    bordered(body())
        .set_font_name(HEADING_FONT)
        .set_align(FormatAlign::Center)
        .set_background_color(Color::RGB(background))
}

/// How a printed cell looks, in all that differs from cell to cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Look {
    number_format: &'static str,
    centred: bool,
    shaded: bool,
    level: Option<Level>,
}

impl Look {
    /// Of a printed cell; `level` colours it.
    pub(crate) fn of(cell: &Cell, format: &ColumnFormat, level: Option<Level>, shaded: bool) -> Self {
        let number_format = match (cell, format) {
            (Cell::Number(_), ColumnFormat::Percent) => "0.0%",
            (Cell::Number(_), _) => "#,##0.00",
            (Cell::Integer(_), _) => "0",
            (Cell::Date(_), _) => "yyyy-mm-dd",
            // Excel of some years shows ##### for a text-formatted cell of more than 255 characters.
            (Cell::Text(text), _) if text.len() > 100 && text.chars().count() > 100 => "",
            // As text, so that a household number keeps its zeros when somebody edits the sheet.
            _ => "@",
        };
        let centred = matches!(format, ColumnFormat::Centred) || matches!(cell, Cell::Date(_));
        Self { number_format, centred, shaded, level }
    }

    fn format(self) -> Format {
        let mut style = bordered(body());
        if !self.number_format.is_empty() {
            style = style.set_num_format(self.number_format);
        }
        if self.centred {
            style = style.set_align(FormatAlign::Center);
        }
        if self.shaded {
            style = style.set_background_color(Color::RGB(GROUP));
        }
        match self.level.map(level_colours) {
            Some((background, word)) => style
                .set_background_color(Color::RGB(background))
                .set_font_color(Color::RGB(word))
                .set_align(FormatAlign::Center)
                .set_bold(),
            None => style,
        }
    }
}

/// The looks of a sheet, each made once: a format is a handful of strings.
#[derive(Default)]
pub(crate) struct Looks(BTreeMap<Look, Format>);

impl Looks {
    pub(crate) fn format(&mut self, look: Look) -> &Format {
        self.0.entry(look).or_insert_with(|| look.format())
    }
}

/// A cell to fill in, with its number format.
pub(crate) fn answer(number_format: &str) -> Format {
    bordered(body()).set_unlocked().set_background_color(Color::RGB(0xFF_FB_E6)).set_num_format(number_format)
}

/// A row's tag.
pub(crate) fn tag() -> Format {
    bordered(body()).set_background_color(Color::RGB(0xE7_E6_E6)).set_align(FormatAlign::Center).set_num_format("@")
}

pub(crate) fn empty_note() -> Format {
    bordered(body()).set_font_size(12.0).set_align(FormatAlign::Center)
}

pub(crate) fn signature() -> Format {
    body().set_font_size(11.0).set_unlocked()
}

pub(crate) fn section() -> Format {
    body().set_font_name(HEADING_FONT).set_font_size(12.0)
}

pub(crate) fn sentence() -> Format {
    body().set_font_size(11.0)
}

pub(crate) fn table_cell_centred() -> Format {
    table_cell().set_align(FormatAlign::Center)
}

pub(crate) fn table_cell() -> Format {
    bordered(body())
}
