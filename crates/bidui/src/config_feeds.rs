//! What holds of all feeds together: each has a name and files of its own, and one of them is the registry.

use bidui_ingest::assign;
use bidui_model::{DataContract, Diagnostic};

use crate::config_files::Loader;

/// A folder that is not its department's.
const FOLDER: &str = "BD0736";

/// A file that was copied and not changed: two feeds would have one place in the store, or claim the same files. Told of the one whose file is called
/// otherwise.
pub(crate) fn refuse_twins(loader: &mut Loader, contracts: &[DataContract], files: &[String]) {
    let topic = |at: usize| {
        let name = files[at].trim_start_matches("feeds/").trim_end_matches(".toml");
        name.rsplit('_').next().unwrap_or(name).to_owned()
    };
    let is_like = |at: usize, word: &str| topic(at).chars().filter(|sign| word.contains(*sign)).count();
    let mut tell = |at: usize, code, key: &str, word: &str, message: String, hint: &str| {
        let file = files[at].as_str();
        let text = loader.texts.iter().find(|(of, _)| of == file).map_or_else(String::new, |(_, text)| text.clone());
        let line = text.match_indices(key).find(|(at, _)| *at == 0 || text[..*at].ends_with('\n')).map(|(at, _)| at);
        let quoted = format!("\"{word}\"");
        let place = line.and_then(|line| Some(line + text[line..].find(&quoted)?));
        let place = place.map(|start| start..start + quoted.len());
        loader.push(Diagnostic::error(code, file, place, message).with_hint(hint), &text);
    };
    // A pattern that is so wide that it takes another extract's files, too. `*` is any word here.
    for (at, wide, other) in wide_patterns(contracts) {
        let message = format!("“{wide}”把 {} 的文件也算在内，同一个文件不知道归谁", files[other]);
        tell(at, "BD0726", "files", &wide, message, "写上只有这一份才有的字，如 \"医疗保障局/*住院*\"");
    }
    for later in 0..contracts.len() {
        for earlier in 0..later {
            let [one, other] = [earlier, later].map(|at| &contracts[at]);
            let blamed = |word: &str| {
                if is_like(earlier, word) < is_like(later, word) { (earlier, later) } else { (later, earlier) }
            };
            if !one.name.is_empty() && one.name == other.name {
                let (at, kept) = blamed(&one.name);
                let message = format!("数据名称“{}”与 {} 的相同，封存时会互相覆盖", one.name, files[kept]);
                tell(at, "BD0725", "name", &one.name, message, "每份数据各起一个 name");
            }
            for glob in one.files.iter().filter(|glob| other.files.contains(glob)) {
                let (at, kept) = blamed(glob);
                let message = format!("“{glob}”也写在 {} 里，同一个文件不知道归谁", files[kept]);
                tell(at, "BD0726", "files", glob, message, "两份数据的 files 要分得开");
            }
        }
    }
}

/// Patterns of feeds that meet whatever meets one of another feed, with both feeds; those that stand in both are told otherwise.
fn wide_patterns(contracts: &[DataContract]) -> Vec<(usize, String, usize)> {
    let globs =
        contracts.iter().enumerate().flat_map(|(feed, contract)| contract.files.iter().map(move |glob| (feed, glob)));
    let sample = |glob: &str| glob.replace(['*', '?'], "某");
    let mut found: Vec<(usize, String, usize)> = Vec::new();
    for (at, wide) in globs.clone().filter(|(_, glob)| glob.contains('*')) {
        let alone = DataContract { files: vec![wide.clone()], ..contracts[at].clone() };
        let others: Vec<(usize, String)> = globs
            .clone()
            .filter(|(feed, glob)| *feed != at && *glob != wide)
            .map(|(feed, glob)| (feed, sample(glob)))
            .collect();
        let names: Vec<String> = others.iter().map(|(_, file)| file.clone()).collect();
        let taken = assign(std::slice::from_ref(&alone), &names);
        let other = others.iter().find(|(_, file)| taken.by_feed.first().is_some_and(|own| own.contains(file)));
        found.extend(other.map(|(feed, _)| (at, wide.clone(), *feed)));
    }
    found
}

/// Folders of extracts that no department is called: an extract would hardly come in there.
pub(crate) fn odd_folders(
    contracts: &[DataContract],
    files: &[String],
    texts: &[(String, String)],
) -> Vec<(Diagnostic, String)> {
    let mut found = Vec::new();
    for (contract, file) in contracts.iter().zip(files) {
        let Some((_, text)) = texts.iter().find(|(name, _)| name == file) else { continue };
        for glob in &contract.files {
            let Some((folder, _)) = glob.split_once('/') else { continue };
            // A department that is misspelt is told of as such.
            let is_known = contracts.iter().any(|other| other.department == folder);
            if is_known || folder.contains(['*', '?', '[', '{']) {
                continue;
            }
            let quoted = format!("\"{glob}\"");
            let span = text.find(&quoted).map(|at| at + 1..at + 1 + folder.len());
            let message = format!("收件夹里的部门文件夹是“{folder}”，而 department 是“{}”", contract.department);
            let warning = Diagnostic::warning(FOLDER, file, span, message);
            found.push((
                warning.with_hint("收件夹按部门的名字分文件夹：两处一般写得一样；确是这样放的可以不理"),
                text.clone(),
            ));
        }
    }
    found
}

/// Tells that there is not one registry, where there is none at what is meant to be it: it has a registry's columns.
pub(crate) fn no_registry(loader: &mut Loader, contracts: &[DataContract], files: &[String], is_none: bool) {
    let message = "应有且只有一份 kind = \"registry\" 的底册契约";
    // What has a registry's columns is meant to be one.
    let is_meant = |contract: &DataContract| {
        ["household_id", "person_no", "relation"].iter().all(|name| contract.column(name).is_some())
    };
    let meant = contracts.iter().position(is_meant).filter(|_| is_none);
    let text_of = |at: usize| loader.texts.iter().find(|(file, _)| *file == files[at]).map(|(_, text)| text.clone());
    let text = meant.and_then(text_of);
    let kind = text.as_deref().and_then(|text| {
        let start = text.find("\nkind")? + 1;
        Some(start..start + text[start..].find(['\n', '#'])?)
    });
    let file = meant.map_or("feeds", |at| files[at].as_str());
    let hint = if meant.is_some() { "这一份像是底册：写 kind = \"registry\"" } else { "只留一份" };
    loader.push(Diagnostic::error("BD0110", file, kind, message).with_hint(hint), text.as_deref().unwrap_or(""));
}
