//! Functions of a query: how many arguments each takes and of what kind, and what it gives. polars says of a wrong one no more than that.

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Value};

use crate::list_names::{Kind, Scope, Slip, Walk};
use crate::list_place::place;

/// Something that SQL allows and that cannot run.
pub(crate) const UNFIT: &str = "BD0511";

/// A function: its name, the least and the most of its arguments, and how it is written.
const FORMS: &[(&str, usize, usize, &str)] = &[
    ("abs", 1, 1, "ABS(数)"),
    ("avg", 1, 1, "AVG(数)"),
    ("ceil", 1, 1, "CEIL(数)"),
    ("coalesce", 2, usize::MAX, "COALESCE(值, 没有时的值)"),
    ("concat", 1, usize::MAX, "CONCAT(文字, 文字)"),
    ("concat_ws", 2, usize::MAX, "CONCAT_WS(分隔, 文字, 文字)"),
    ("count", 1, 1, "COUNT(*) 或 COUNT(列)"),
    ("floor", 1, 1, "FLOOR(数)"),
    ("greatest", 2, usize::MAX, "GREATEST(值, 值)"),
    ("least", 2, usize::MAX, "LEAST(值, 值)"),
    ("left", 2, 2, "LEFT(文字, 几个字)"),
    ("length", 1, 1, "LENGTH(文字)"),
    ("lower", 1, 1, "LOWER(文字)"),
    ("lpad", 3, 3, "LPAD(文字, 几个字, 补什么)"),
    ("ltrim", 1, 2, "LTRIM(文字)"),
    ("max", 1, 1, "MAX(列)；几个值里取大的用 GREATEST"),
    ("min", 1, 1, "MIN(列)；几个值里取小的用 LEAST"),
    ("nullif", 2, 2, "NULLIF(值, 当作没有的值)"),
    ("replace", 3, 3, "REPLACE(文字, 原来的, 换成的)"),
    ("right", 2, 2, "RIGHT(文字, 几个字)"),
    ("round", 1, 2, "ROUND(数, 几位小数)"),
    ("rpad", 3, 3, "RPAD(文字, 几个字, 补什么)"),
    ("rtrim", 1, 2, "RTRIM(文字)"),
    ("split_part", 3, 3, "SPLIT_PART(文字, 分隔, 第几段)"),
    ("starts_with", 2, 2, "STARTS_WITH(文字, 开头)"),
    ("strpos", 2, 2, "STRPOS(文字, 找什么)"),
    ("substr", 2, 3, "SUBSTR(文字, 从第几个字, 几个字)"),
    ("sum", 1, 1, "SUM(数)"),
    ("upper", 1, 1, "UPPER(文字)"),
];

/// What the arguments must be, in their order.
fn takes(name: &str) -> &'static [Kind] {
    use Kind::{Number, Text};
    match name {
        "abs" | "avg" | "ceil" | "floor" | "sum" => &[Number],
        "round" => &[Number, Number],
        "length" | "lower" | "upper" => &[Text],
        "ltrim" | "rtrim" | "starts_with" | "strpos" => &[Text, Text],
        "left" | "right" => &[Text, Number],
        "substr" => &[Text, Number, Number],
        "lpad" | "rpad" => &[Text, Number, Text],
        "split_part" => &[Text, Text, Number],
        "replace" => &[Text, Text, Text],
        _ => &[],
    }
}

impl Kind {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Number => "数值",
            Self::Text => "文字",
            Self::Day => "日期",
            Self::Truth => "是或否",
            Self::Other => "别的",
        }
    }
}

impl Walk<'_> {
    pub(crate) fn function(&mut self, function: &Function, scope: &Scope) -> Kind {
        let name = function.name.to_string().to_lowercase();
        let (mut kinds, mut count) = (Vec::new(), 0);
        if let FunctionArguments::List(list) = &function.args {
            count = list.args.len();
            for argument in &list.args {
                if let FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) = argument {
                    kinds.push((self.kind(argument, scope), argument));
                }
            }
        }
        let form = FORMS.iter().find(|(of, ..)| *of == name);
        if let Some((_, least, most, written)) = form.filter(|(_, least, most, _)| count < *least || count > *most) {
            let wanted = if least == most { least.to_string() } else { format!("至少{least}") };
            let message = format!("{} 要{wanted}个参数，这里有{count}个", function.name);
            self.slip(place(self.text, &function.name), message, &format!("写作 {written}"));
        } else {
            for ((kind, argument), wanted) in kinds.iter().zip(takes(&name)) {
                let is_unfit = *kind != Kind::Other && kind != wanted;
                if is_unfit {
                    let written = form.map_or("", |(.., written)| written);
                    let message = format!("“{argument}”是{}，不能用在 {} 的这一处", kind.words(), function.name);
                    self.slip(place(self.text, *argument), message, &format!("写作 {written}"));
                }
            }
        }
        match name.as_str() {
            "count" | "length" | "strpos" => Kind::Number,
            "concat" | "concat_ws" | "left" | "right" | "lower" | "upper" | "lpad" | "rpad" | "ltrim" | "rtrim"
            | "replace" | "split_part" | "substr" => Kind::Text,
            "starts_with" => Kind::Truth,
            "sum" | "avg" | "abs" | "round" | "ceil" | "floor" => Kind::Number,
            "coalesce" | "max" | "min" | "nullif" | "greatest" | "least" => {
                self.of_one_kind(&kinds);
                let known = kinds.iter().map(|(kind, _)| *kind).find(|kind| *kind != Kind::Other);
                let same = known.is_some_and(|known| kinds.iter().all(|(kind, _)| *kind == known));
                if same { known.unwrap_or(Kind::Other) } else { Kind::Other }
            }
            _ => Kind::Other,
        }
    }

    /// Values of which one or another is taken: a number among words, or a word among numbers.
    pub(crate) fn of_one_kind(&mut self, values: &[(Kind, &Expr)]) {
        let is_known = |kind: Kind| matches!(kind, Kind::Number | Kind::Text | Kind::Day);
        let Some((first, shown)) = values.iter().find(|(kind, _)| is_known(*kind)) else { return };
        if let Some((kind, odd)) = values.iter().find(|(kind, _)| is_known(*kind) && kind != first) {
            let message = format!("“{odd}”是{}，前面的“{shown}”是{}，不能放在一列里", kind.words(), first.words());
            self.unfit(odd, message);
        }
    }

    /// A division by nothing, which gives no figure for anybody.
    pub(crate) fn by_zero(&mut self, divisor: &Expr) {
        match divisor {
            Expr::Nested(inner) => self.by_zero(inner),
            Expr::Value(value) => {
                if let Value::Number(number, _) = &value.value
                    && number.parse::<f64>().is_ok_and(|number| number.abs() < f64::MIN_POSITIVE)
                {
                    let hint = "除数会是0的写作 x / NULLIF(除数, 0)";
                    self.slip(place(self.text, divisor), "除数是0".to_owned(), hint);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn unfit(&mut self, node: &Expr, message: String) {
        let hint = "文字加单引号，数不加；数改成文字用 CAST(… AS VARCHAR)";
        self.slip(place(self.text, node), message, hint);
    }

    pub(crate) fn slip(&mut self, span: Option<std::ops::Range<usize>>, message: String, hint: &str) {
        self.slips.push(Slip { code: UNFIT, span, message, hint: hint.to_owned(), about: None });
    }
}
