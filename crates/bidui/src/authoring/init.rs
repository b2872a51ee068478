//! `bidui init`: a folder for another county, with a configuration that passes `check` as it is.

use std::fs;
use std::path::{Path, PathBuf};

use bidui_authoring::{County, new_county};

use crate::config;
use crate::exit::{Fault, in_words};
use crate::private::refused;
use crate::render::tidy;

pub(super) fn init(folder: &Path, given: Option<String>, name: String) -> Result<String, Fault> {
    let placeholder =
        if given.is_none() { format!("代码 {PLACEHOLDER} 是占位的，换成本县的；") } else { String::new() };
    given.as_deref().map_or(Ok(()), refuse_code_of_no_county)?;
    let code = given.unwrap_or_else(|| PLACEHOLDER.to_owned());
    if name.trim().is_empty() || name.contains(['"', '\\']) || name.chars().any(char::is_control) {
        return Err(Fault::command("县名不能是空的，也不能有引号、反斜杠和换行"));
    }
    refuse_what_is_there(folder)?;
    let county = County { code, name: name.trim().to_owned() };
    for (path, text) in new_county(&county) {
        let path = folder.join("config").join(path);
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(&path, text.as_bytes())
        };
        write().map_err(|error| refused("文件", &path, "写不进去", error))?;
    }
    let inbox = folder.join("inbox");
    fs::create_dir_all(&inbox).map_err(|error| refused("文件夹", &inbox, "建不起来", error))?;
    let root = folder.join("config").join("bidui.toml");
    let config = config::load(&root, None)?;
    let rules = config.rules.len();
    let name = &county.name;
    let folder = if tidy(folder).as_os_str().is_empty() { PathBuf::from(".") } else { tidy(folder) };
    Ok(format!(
        "{name}的配置建在 {0}/config，已核对，没有错误。\n\
         接下来，改好一项就运行一次 bidui check：\n  \
         1. cd {0}\n  \
         2. config/towns.toml、config/villages.csv：{placeholder}示例的镇、村全部换成本县的（统计用区划代码）\n  \
         3. config/bidui.toml：编制单位、月报报给谁、时限；参数（收入线等）和来源按本省的改\n  \
         4. config/feeds/：各部门的列名与自带的不同的，加进 headings；没有的数据，删去那个文件和用到它的规则\n  \
         5. config/rules/：{rules}条规则的 basis 引的是柳江区2023年方案，逐条换成本县的依据，核对阈值\n  \
         6. config/needs.toml、verification_results.toml：部门名称、上级的代码表\n  \
         7. 数据放进 inbox/月份/部门/，然后 bidui check 月份、bidui run 月份\n\
         没有数据先演练：bidui synth 演练 --months 2022-12..2023-03，再 bidui run 2023-03 --inbox 演练/inbox --out 演练/out --state 演练/state\n\
         用 VS Code（装 Even Better TOML 插件）打开 config 文件夹，写错的键和值当场标出来\n",
        folder.display()
    ))
}

/// Of a county that has yet to be named. No province has these digits, so that it is nobody's by mistake.
const PLACEHOLDER: &str = "999999";
/// The provinces' digits, GB/T 2260.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44",
    "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// A code whose first digits are no province's, or that is a province's or a city's own: a slip in it would stand in every town's and village's.
fn refuse_code_of_no_county(code: &str) -> Result<(), Fault> {
    let wrong = |why: &str| Err(Fault::command(format!("县级代码“{code}”{why}；请照国家统计局的统计用区划代码写")));
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::command(format!("县级代码应是6位数字，如 450206；现为“{code}”")));
    }
    let (province, rest) = code.split_at(2);
    if !PROVINCES.contains(&province) {
        return wrong(&format!("的前两位“{province}”不是任何省份的代码"));
    }
    match rest.split_at(2) {
        ("00", _) => wrong("的第3、4位是00，是省级的"),
        (_, "00") => wrong("的末两位是00，是市级的"),
        _ => Ok(()),
    }
}

/// A county's folder may hold years of work: nothing is written into one that has anything in it.
fn refuse_what_is_there(folder: &Path) -> Result<(), Fault> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Fault::command(format!("“{}”里已有文件，没有动它；请换一个空的文件夹", folder.display()))),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Fault::command(format!("“{}”不能用：{}", folder.display(), in_words(&error)))),
    }
}
