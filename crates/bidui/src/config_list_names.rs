//! What lists are called and what their answers' keys are, which queries of other lists ask for in quotes (`WHERE list = 'home_visits'`): as the files have
//! them, whether or not these can be read, so that one broken file is no error in another.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;

use bidui_emit::NO_WORD;
use bidui_match::CheckFile;
use bidui_model::{Diagnostic, is_slip_of};

use crate::config_files::Loader;
use crate::plans::{MUST_BE, Plans};

/// A list that is called otherwise than its users call it.
const OTHERWISE: &str = "BD0710";

/// Ids of lists, and keys of answers, each with its title.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListNames {
    pub(crate) lists: BTreeMap<String, String>,
    pub(crate) samples: BTreeMap<String, String>,
    pub(crate) keys: BTreeMap<String, String>,
}

impl ListNames {
    /// Of the lists' files; those of samples are looked up beside them.
    pub(crate) fn of(loader: &Loader, plans: Plans, files: &[CheckFile]) -> Self {
        if plans != Plans::LISTS {
            return Self::default();
        }
        let mut names = Self::default();
        for (_, text) in files {
            names.lists.extend(given(text, "id").map(|(id, _)| (id.to_owned(), String::new())));
            names.keys.extend(given(text, "key").map(|(key, _)| (key.to_owned(), String::new())));
        }
        let samples = fs::read_dir(loader.folder.join(Plans::SAMPLE.folder())).into_iter().flatten();
        for path in
            samples.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|of| of == "toml"))
        {
            let text = fs::read_to_string(path).unwrap_or_default();
            names.samples.extend(given(&text, "id").map(|(id, _)| (id.to_owned(), String::new())));
        }
        names
    }

    /// An id or a key that nobody asks for, while one like it is asked for and not there, was misspelt where it is given. A word that is asked for once may
    /// itself be the slip: the one of the two whose parts are met less; where they are alike, both places are told.
    pub(crate) fn blame(&self, loader: &mut Loader, files: &[CheckFile]) {
        let asked =
            |word: &str| files.iter().map(|(_, text)| text.matches(&format!("'{word}'")).count()).sum::<usize>();
        let met = |name: &str| {
            let parts = |text: &str, part: &str| {
                text.split(|sign: char| !sign.is_alphanumeric()).filter(|of| *of == part).count()
            };
            name.split('_')
                .map(|part| files.iter().map(|(_, text)| parts(text, part)).sum::<usize>())
                .product::<usize>()
        };
        for name in self.lists.keys().chain(self.keys.keys()).filter(|name| asked(name) == 0) {
            let shown = format!("“{name}”");
            let means = |error: &Diagnostic, text: &str| {
                let is_hinted = error.code == NO_WORD
                    && error.hint.as_deref().is_some_and(|hint| hint.starts_with("是不是") && hint.contains(&shown));
                let word = error
                    .span
                    .clone()
                    .filter(|_| is_hinted)
                    .and_then(|span| text.get(span))
                    .map(|word| word.trim_matches('\''));
                word.filter(|word| !word.is_empty()).map(str::to_owned)
            };
            let Some((word, first, line)) = loader.errors.iter().find_map(|(error, text)| {
                let line =
                    error.span.as_ref().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                Some((means(error, text)?, error.file.clone(), line))
            }) else {
                continue;
            };
            let place = files.iter().find_map(|(file, text)| {
                let mut given = given(text, "id").chain(given(text, "key"));
                let (_, span) = given.find(|(given, _)| given == name)?;
                Some((file, text, span))
            });
            let Some((file, text, span)) = place else { continue };
            let (uses, known, own) = (asked(&word), met(&word), met(name));
            // A list that nobody can do without is missing, not called otherwise, unless it is a slip of the pen.
            let is_missing = MUST_BE.contains(&word.as_str()) && !is_slip_of(name, &word);
            if is_missing || uses == 1 && known < own {
                continue;
            }
            if uses > 1 || known > own {
                loader.errors.retain(|(error, text)| means(error, text).as_deref() != Some(word.as_str()));
            }
            let message = format!("“{name}”没有查询用到，而用到的“{word}”（{uses}处）没有定义：是不是这里写错了");
            let hint = format!("用到“{word}”的如 {first}:{line}；两边要写得一样");
            loader.push(Diagnostic::error(OTHERWISE, file, Some(span), message).with_hint(hint), text);
        }
    }
}

/// The words behind `name =`, of a text that need not be TOML.
pub(crate) fn given<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = (&'a str, Range<usize>)> {
    let of_name = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '-';
    text.match_indices(name).filter_map(move |(at, _)| {
        let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        // In a query a column of that name stands behind a word or a dot.
        let before = text[..at].trim_end_matches([' ', '\t']).chars().next_back();
        let is_apart = before.is_none_or(|sign| matches!(sign, '\n' | '{' | ',' | '"' | '，'));
        if !is_apart || text[line..].trim_start().starts_with('#') {
            return None;
        }
        let behind = &text[at + name.len()..];
        let value = behind.trim_start_matches([' ', '\t']).strip_prefix(['=', '＝'])?;
        let value = value.trim_start_matches([' ', '\t', '"', '\'', '“', '[']);
        let start = at + name.len() + behind.len() - value.len();
        let end = start + value.find(|sign| !of_name(sign)).unwrap_or(value.len());
        (end > start).then(|| (&text[start..end], start..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_keys_are_found_in_whatever_is_left_of_a_file() {
        let text = "[[list]]\nid = \"a_list\"\n# id = \"b\"\nanswers = [ { title = \"x\", key = \"met_on }, { key = \"need_1\" } ]\nquery = \"v.key = 'a' AND key = 'b'\"\nrow_key = \"c\"\n";
        assert_eq!(given(text, "id").map(|(word, _)| word).collect::<Vec<_>>(), ["a_list"]);
        assert_eq!(given(text, "key").map(|(word, _)| word).collect::<Vec<_>>(), ["met_on", "need_1"]);
    }
}
