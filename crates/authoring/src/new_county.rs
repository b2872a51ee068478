//! A configuration for another county: the shipped one, with that county's name, and towns and villages that are plainly to be replaced.

use toml_edit::{DocumentMut, Item, value};

use crate::migrate::{Files, equip};
use crate::shipped::shipped_files;

/// Whose configuration it is to be.
#[derive(Clone, Debug)]
pub struct County {
    /// Six digits.
    pub code: String,
    pub name: String,
}

/// The words by which a place of the template is known as one.
pub const EXAMPLE: &str = "示例";

const TOWNS: [(&str, &str); 2] = [("100", "示例甲镇"), ("101", "示例乙乡")];
const VILLAGES: [(&str, &str, &str, &str); 3] = [
    ("001", "示例社区居民委员会", "示例社区", "社区"),
    ("201", "示例一村村民委员会", "示例一村", "村"),
    ("202", "示例二村村民委员会", "示例二村", "村"),
];

/// Every file by its path in the configuration folder.
#[must_use]
pub fn new_county(county: &County) -> Files {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut files: Files = shipped_files().map(|(path, bytes)| (path.to_owned(), text(bytes))).collect();
    for (path, text) in &mut files {
        if path == "bidui.toml" {
            *text = root(text, county);
        }
    }
    files.insert("towns.toml".to_owned(), towns(county));
    files.insert("villages.csv".to_owned(), villages(county));
    equip(&mut files);
    files
}

/// bidui.toml with the county's name and plain folders beside the configuration.
fn root(shipped: &str, county: &County) -> String {
    let Ok(mut document) = shipped.parse::<DocumentMut>() else { return shipped.to_owned() };
    let was = document.get("county").and_then(|county| county.get("name")).and_then(Item::as_str);
    let was = was.unwrap_or_default().to_owned();
    let mut set = |table: &str, key: &str, text: String| {
        if let Some(item) = document.get_mut(table).and_then(|table| table.get_mut(key)) {
            *item = value(text);
        }
    };
    set("county", "code", county.code.clone());
    set("county", "name", county.name.clone());
    set("county", "bureau", format!("{}乡村振兴局", county.name));
    set("paths", "inbox", "../inbox".to_owned());
    set("report", "to", "（请填写）市乡村振兴局".to_owned());
    document.to_string().replacen(&format!("# {was}的运行配置"), &format!("# {}的运行配置", county.name), 1)
}

fn towns(county: &County) -> String {
    let County { code, name } = county;
    let mut text = format!(
        "# 地名册：县、镇、已划出的镇、撤销的园区农场和安置点。村在 villages.csv。\n\
         # **以下镇、村都是示例，使用前全部换成本县的**。代码取自国家统计局统计用区划代码：县6位、镇9位、村12位，都加引号。\n\
         # 换过版的，新代码写进 code，旧代码写进 former_codes。名称、别名、代码不能指向两处。\n\n\
         [county]\ncode = \"{code}\"\nname = \"{name}\"\n# 底册里可能写的别的叫法和旧代码。\naliases = []\nformer_codes = []\n"
    );
    for (number, town) in TOWNS {
        text.push_str(&format!(
            "\n[[town]]\ncode = \"{code}{number}\"\nname = \"{town}\"\naliases = [\"{town}人民政府\"]\nformer_codes = []\n"
        ));
    }
    text.push_str(&format!(
        "\n# 易地搬迁集中安置点：住户的清单发给管理镇，不发给原户籍镇。没有的删去。\n[[site]]\nname = \"示例安置点\"\naliases = [\"示例小区\"]\n\
         town = \"{code}100\"\n\n# 已划出的镇，底册里仍有这些镇的户时写。\n# [[moved_out]]\n# name = \"某镇\"\n# aliases = []\n# former_codes = [\"{code}102\"]\n\
         # code = \"…\"            # 现在的9位代码\n# county_code = \"…\"\n# county = \"某区\"\n"
    ));
    text
}

fn villages(county: &County) -> String {
    let mut text = "code12,name,short_name,aliases,former_codes,town_code,kind,moved_to\n".to_owned();
    for (at, (number, town)) in TOWNS.iter().enumerate() {
        let town_code = format!("{}{number}", county.code);
        // A name that two villages of the county share needs its town beside it; the template has none.
        let mark = ["甲", "乙"][at % 2];
        for (village, name, short, kind) in VILLAGES {
            let of_town = |word: &str| word.replacen(EXAMPLE, &format!("{EXAMPLE}{mark}"), 1);
            text.push_str(&format!(
                "{town_code}{village},{},{},,,{town_code},{kind},\n",
                of_town(name),
                of_town(short)
            ));
        }
        debug_assert!(town.starts_with(EXAMPLE));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn another_county_has_its_own_name_and_no_place_of_ours() {
        let files = new_county(&County { code: "450123".to_owned(), name: "某某县".to_owned() });
        let root: toml::Table = toml::from_str(&files["bidui.toml"]).unwrap();
        assert_eq!(root["county"]["name"].as_str(), Some("某某县"));
        assert_eq!(root["paths"]["inbox"].as_str(), Some("../inbox"));
        assert!(files["bidui.toml"].contains("# 某某县的运行配置"));
        for path in ["bidui.toml", "towns.toml", "villages.csv"] {
            assert!(!files[path].contains("450206") && !files[path].contains("拉堡"), "{path}");
        }
        assert!(toml::from_str::<toml::Table>(&files["towns.toml"]).is_ok());
        assert_eq!(files["villages.csv"].lines().count(), 7);
    }
}
