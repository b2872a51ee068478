//! Names that slipped into another column: a row whose name column holds what no name is, and another column what is very likely one. Such a text would stand in
//! the store, where no name may.
//!
//! Known by the surname (the commonest of the census of 2020, and of Guangxi) and the length. In doubt a text is no name, and a name column's value is one.

/// Of one character.
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊\
白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤农蓝兰蒙欧温施洪季文翟申章鲁葛柳樊庄路柯管焦倪俞骆翁裴凌阮班植甘冼卓邬符祝席滕宁麦饶陀容岑\
游莘齐梅牛关伍庞银仇喻岳覃谈詹曲邢左殷辛聂成霍芦齐包桂尚单尤盛毕代项苗童阳";

const DOUBLE: [&str; 8] = ["欧阳", "司徒", "上官", "诸葛", "司马", "皇甫", "令狐", "慕容"];

/// How places and other things end that begin like a name: 黄金村, 江苏省, 马蹄厂.
const NOT_NAMES: &str = "镇乡村屯县市省区组街路店厂司局校院所站社队场岗业工农金费保类型度级";

fn letters(text: &str) -> Option<Vec<char>> {
    let letters: Vec<char> = text.chars().filter(|character| !character.is_whitespace()).collect();
    letters.iter().all(|character| ('\u{4E00}'..='\u{9FFF}').contains(character)).then_some(letters)
}

/// Whether a text begins with a surname and is as long as a name with it.
fn has_surname(letters: &[char]) -> bool {
    let is_double = DOUBLE.iter().any(|double| letters.iter().take(2).copied().eq(double.chars()));
    match letters.len() {
        2 | 3 => letters.first().is_some_and(|first| SURNAMES.contains(*first)),
        4 => is_double,
        _ => false,
    }
}

/// What a name column holds: not so of an empty cell, of a word without a surname, of figures; so of whatever has a dot or foreign letters.
pub(crate) fn is_no_name(text: &str) -> bool {
    match letters(text) {
        Some(letters) => !letters.is_empty() && !has_surname(&letters),
        None => text.chars().any(|character| character.is_ascii_digit()),
    }
}

/// What stands in another column.
pub(crate) fn is_like_a_name(text: &str) -> bool {
    // A cheap answer for almost every cell: no name is longer than four characters of three bytes, and blanks.
    if text.len() > 20 {
        return false;
    }
    letters(text)
        .is_some_and(|letters| has_surname(&letters) && letters.last().is_none_or(|last| !NOT_NAMES.contains(*last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_words() {
        for name in ["韦大胜", "覃 政明", "欧阳春华", "李四"] {
            assert!(is_like_a_name(name) && !is_no_name(name), "{name}");
        }
        for word in ["产业帮扶", "健康", "黄金村", "广东省广州市", "务工", "江苏省", "", "长期慢性病"]
        {
            assert!(!is_like_a_name(word), "{word}");
        }
        for word in ["产业帮扶", "健康", "广东广州", "450206"] {
            assert!(is_no_name(word), "{word}");
        }
        for name in ["", "买买提·艾力", "𬭎", "韦𬭎", "Nguyen"] {
            assert!(!is_no_name(name), "{name}");
        }
    }
}
