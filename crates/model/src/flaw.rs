//! A bad value in a row that is otherwise kept.

use crate::SourceId;

/// A bad value. Data, never an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub source: SourceId,
    pub row: u32,
    /// The contract's column name.
    pub column: String,
    pub code: FlawCode,
    /// What was found, masked: never an ID number, never a name.
    pub found: String,
}

macro_rules! flaw_codes {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $title:literal, $hint:literal;)*) => {
        /// What is wrong with a value. The code stands in data, title and hint on lists.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FlawCode { $($(#[doc = $doc])* $variant,)* }
        impl FlawCode {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];
            #[must_use] pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            #[must_use] pub fn title(self) -> &'static str { match self { $(Self::$variant => $title,)* } }
            #[must_use] pub fn hint(self) -> &'static str { match self { $(Self::$variant => $hint,)* } }
            #[must_use] pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)* _ => None } }
        }
    };
}

flaw_codes! {
    /// A required identifier is empty or a placeholder (无, 办理中, 999999…).
    IdMissing = "id_missing", "证件号码为空或为占位", "请补填公民身份号码；确无证件的注明原因";
    /// Not 15, 18, 20 or 22 characters, or characters that no card has.
    IdMalformed = "id_malformed", "证件号码长度或字符不对", "请按身份证原件更正";
    IdCheckDigit = "id_check_digit", "证件号码校验码不符", "请按身份证原件逐位核对";
    IdBirthDate = "id_birth_date", "证件号码中的出生日期不存在", "请按身份证原件更正";
    /// The cell is a number, E+17 text, or ends in 000 among numbers.
    IdDamagedByExcel = "id_damaged_by_excel", "证件号码被Excel当作数字，后三位已丢失", "请把该列设为“文本”格式后重新导出，勿在原文件上补零";
    /// A student number without an ID (J, L), a passport and its like.
    IdOtherDocument = "id_other_document", "不是公民身份号码（学籍辅号、护照等）", "请补充公民身份号码";
    /// The disability card's own type or level contradicts the columns beside it.
    CardContradicts = "card_contradicts", "残疾人证号中的类别或等级与列中所填不一致", "请核对残疾人证";
    NameMissing = "name_missing", "姓名为空", "请补填姓名";
    /// Question marks, boxes or stars where a rare character was.
    NameIllegible = "name_illegible", "姓名含有无法识别的字（?、□、*）", "请用GB18030编码重新导出，或补正生僻字";
    DateUnreadable = "date_unreadable", "日期无法识别", "请写成2023-03-05的样子";
    DateImpossible = "date_impossible", "日期不存在或不合理", "请核对日期";
    MoneyUnreadable = "money_unreadable", "金额无法识别", "请只填数字，单位写在表头";
    NumberUnreadable = "number_unreadable", "数值无法识别", "请只填数字";
    FlagUnreadable = "flag_unreadable", "是否类的值无法识别", "请填“是”或“否”";
    ChoiceUnknown = "choice_unknown", "不在允许的取值范围内", "请按取值表填写";
    PlaceUnknown = "place_unknown", "村（社区）或乡镇无法识别", "请写规范全称，如“百朋镇怀洪村”";
    PlaceAmbiguous = "place_ambiguous", "村名在多个乡镇或村与社区重名", "请写明乡镇，并写全“村”或“社区”";
    PlaceMovedOut = "place_moved_out", "该乡镇已划出本区", "请转交现管辖区，或更正所属乡镇";
    RequiredMissing = "required_missing", "必填项为空", "请补填";
    CellError = "cell_error", "单元格为公式错误值，或公式没有算出值", "请在原表中修正公式、重算并保存后重新导出";
    TextUndecodable = "text_undecodable", "文字含有无法解码的字节", "请用UTF-8或GB18030重新导出";
    /// The ID number agrees with the registry and the name does not.
    NameDisagrees = "name_disagrees", "证件号码与底册一致而姓名不一致", "请核实是同一人用字不同，还是证件号码误填、错用";
    /// The name column holds no name, and this one a text like one: it is not kept.
    NameElsewhere = "name_elsewhere", "像是姓名，填在了别的列，没有采用", "请核对姓名与这一列是否互换、错列";
    PersonInTwoHouseholds = "person_in_two_households", "同一证件号码在底册中出现不止一次", "请核实人员所在户，删去重复登记";
    HouseholdInTwoVillages = "household_in_two_villages", "同一户的成员登记在不同的村", "请核实该户所在村，更正成员的行政村";
}

impl FlawCode {
    /// Whether the extract is at fault and not what it says of somebody: only who made it can make it anew.
    #[must_use]
    pub fn is_of_the_extract(self) -> bool {
        matches!(self, Self::IdDamagedByExcel | Self::CellError | Self::TextUndecodable)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_code_reads_back_as_itself() {
        for flaw in FlawCode::ALL {
            assert_eq!(FlawCode::from_code(flaw.code()), Some(*flaw));
        }
    }
}
