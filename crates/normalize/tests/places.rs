//! Places as people write them, over the county's own towns.toml and villages.csv.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_model::{Place, TownCode, VillageCode};
use bidui_normalize::Gazetteer;

const TOWNS: &str = include_str!("../../../config/towns.toml");
const VILLAGES: &str = include_str!("../../../config/villages.csv");

fn gazetteer() -> Gazetteer {
    Gazetteer::compile(TOWNS, "towns.toml", VILLAGES, "villages.csv").expect("the county's places")
}

fn check(town: &str, village: &str, code: &str) {
    let town = Some(town).filter(|town| !town.is_empty());
    let expected = Place::Village(VillageCode(code.to_owned()));
    assert_eq!(gazetteer().resolve(town, village), expected, "{town:?} {village}");
}
fn check_ambiguous(town: &str, village: &str) {
    let town = Some(town).filter(|town| !town.is_empty());
    assert_eq!(gazetteer().resolve(town, village), Place::Ambiguous, "{town:?} {village}");
}
fn check_unknown(town: &str, village: &str) {
    let town = Some(town).filter(|town| !town.is_empty());
    assert_eq!(gazetteer().resolve(town, village), Place::Unknown, "{town:?} {village}");
}
fn check_moved(town: &str, village: &str, expected: &str) {
    let town = Some(town).filter(|town| !town.is_empty());
    match gazetteer().resolve(town, village) {
        Place::MovedOut { code, .. } => assert_eq!(code, expected, "{town:?} {village}"),
        other => panic!("{town:?} {village}: {other:?}"),
    }
}
fn check_town(text: &str, code: &str) {
    let expected = Place::Town(TownCode(code.to_owned()));
    assert_eq!(gazetteer().resolve_town(text), expected, "{text}");
}

const HUAIHONG: &str = "450206102204";

#[test]
fn every_official_spelling_is_one_village() {
    for text in [
        "怀洪村",
        "怀洪村委",
        "怀洪村委会",
        "怀洪村民委员会",
        "怀洪村村委会",
        "怀洪村村民委员会",
        " 怀洪 村 ",
        "怀洪",
        "450206102204",
        "４５０２０６１０２２０４",
        "450221102204",
    ] {
        check("百朋镇", text, HUAIHONG);
        check("", text, HUAIHONG);
    }
}

#[test]
fn a_village_younger_than_its_towns_old_code_is_found_under_it() {
    check("", "450221100016", "450206100016");
    check("", "450221109002", "450206109002");
}

#[test]
fn the_town_and_county_may_stand_in_front() {
    for text in [
        "百朋镇怀洪村",
        "百朋怀洪村",
        "柳江区百朋镇怀洪村民委员会",
        "柳江县百朋镇怀洪村",
        "广西壮族自治区柳州市柳江区百朋镇怀洪村委会",
        "柳州市百朋镇怀洪村",
        "柳江百朋镇怀洪村",
        "百朋镇-怀洪村",
        "百朋镇怀洪村下屯",
        "百朋镇怀洪村3组",
    ] {
        check("", text, HUAIHONG);
        check("百朋镇", text, HUAIHONG);
        check("450206102", text, HUAIHONG);
    }
}

#[test]
fn twins_are_told_apart_and_never_guessed() {
    check("百朋镇", "百朋村", "450206102201");
    check("百朋镇", "百朋社区", "450206102001");
    check("百朋镇", "百朋居委会", "450206102001");
    check("百朋镇", "百朋居民委员会", "450206102001");
    check("", "百朋镇百朋村委会", "450206102201");
    check_ambiguous("百朋镇", "百朋");
    check_ambiguous("", "百朋");
    check_ambiguous("", "百朋镇百朋");
    for twin in ["成团", "三都", "里高", "进德", "穿山", "土博"] {
        check_ambiguous("", twin);
        check_ambiguous(&format!("{twin}镇"), twin);
    }
    check_ambiguous("", "拉堡");
    check("拉堡镇", "拉堡", "450206100201");
}

#[test]
fn a_suffix_is_taken_once() {
    for text in ["中村", "中村村", "中村委会", "中村村委会", "中村村民委员会", "中村村村民委员会", "土博镇中村村"]
    {
        check("土博镇", text, "450206110211");
    }
    check("", "江中村", "450206108208");
    check("", "孝中村", "450206110207");
}

#[test]
fn a_village_under_another_town_goes_back() {
    check_ambiguous("成团镇", "怀洪村");
    check_ambiguous("成团镇", "百朋镇怀洪村");
    // 2003 moved from 进德 to 拉堡: the old spelling is a contradiction that somebody must settle.
    check_ambiguous("进德镇", "塘头村");
    check("福塘乡", "怀洪村", HUAIHONG);
}

#[test]
fn what_has_left_the_county_is_named_with_its_present_code() {
    check_moved("洛满镇", "福塘村", "450204101206");
    check_moved("", "450221104206", "450204101206");
    check_moved("", "450206104206", "450204101206");
    check_moved("洛满镇", "无名村", "450204101");
    check_moved("", "450221104999", "450204101");
    check_moved("", "柳江县流山镇", "450204102");
    check_moved("里雍镇", "里雍村", "450203103205");
    assert!(matches!(gazetteer().resolve_town("柳江县里雍镇"), Place::MovedOut { code, .. } if code == "450203103"));
    assert!(matches!(gazetteer().resolve_town("450221111"), Place::MovedOut { code, .. } if code == "450203102"));
}

#[test]
fn parks_and_farms_are_communities_now() {
    check("", "新兴农场", "450206109003");
    check("穿山镇", "新兴工业园", "450206109002");
    check("新兴农场", "新兴农场生活区", "450206109003");
    check("", "450206401501", "450206109003");
    check_town("新兴农场", "450206109");
}

#[test]
fn strangers_are_unknown() {
    check_unknown("百朋镇", "幸福村");
    check_unknown("", "");
    check_unknown("", "无");
    check_unknown("", "450206102999");
    check_unknown("", "百朋镇幸福村");
    assert_eq!(gazetteer().resolve_town("幸福镇"), Place::Unknown);
}

#[test]
fn towns_read_by_name_alias_and_code() {
    for text in
        ["百朋镇", "百朋", "柳江区百朋镇", "百朋镇人民政府", "450206102", "450206102000", "450221102", "百朋镇怀洪村"]
    {
        check_town(text, "450206102");
    }
}

#[test]
fn every_village_of_the_county_resolves_to_itself_by_every_name() {
    let gazetteer = gazetteer();
    assert_eq!((gazetteer.towns().len(), gazetteer.villages().len()), (8, 118));
    for village in gazetteer.villages() {
        let town = gazetteer.town(&village.town_code.0).unwrap();
        let expected = Place::Village(village.code.clone());
        for name in [&village.name, &village.short_name, &village.code.0] {
            assert_eq!(gazetteer.resolve(Some(&town.name), name), expected, "{name}");
        }
        for name in [&village.name, &village.short_name] {
            let glued = format!("{}{name}", town.name);
            assert_eq!(gazetteer.resolve(None, &glued), expected, "{glued}");
        }
    }
}

#[test]
fn a_resettlement_site_has_its_managing_town() {
    let gazetteer = gazetteer();
    for site in gazetteer.sites() {
        assert_eq!(gazetteer.site(&site.name), Some(&site.town_code));
    }
    assert_eq!(gazetteer.site("没有的安置点"), None);
}

#[test]
fn every_error_of_both_files_is_found_at_once() {
    let towns = "[county]\ncode = \"45020\"\nname = \"柳江区\"\n[[town]]\ncode = \"450206102\"\nnmae = \"百朋镇\"\n[[site]]\nname = \"甲\"\ntown = \"450206999\"\n";
    let villages = "code12,name,short_name,aliases,former_codes,town_code,kind,moved_to\n45020610220,怀洪村,怀洪村,,,450206102,村,\n";
    let errors = Gazetteer::compile(towns, "towns.toml", villages, "villages.csv").unwrap_err();
    let at: Vec<(&str, &str)> = errors
        .iter()
        .map(|error| {
            let text = if error.file == "towns.toml" { towns } else { villages };
            (error.code, error.span.clone().map_or("", |span| &text[span]))
        })
        .collect();
    for expected in [("BD0602", "\"45020\""), ("BD0004", "nmae"), ("BD0603", "\"450206999\"")] {
        assert!(at.contains(&expected), "{expected:?} in {at:?}");
    }
    assert!(at.iter().any(|(code, line)| *code == "BD0602" && line.starts_with("45020610220,")));
}

#[test]
fn one_name_for_two_places_is_an_error() {
    let towns = "[county]\ncode = \"450206\"\nname = \"柳江区\"\n[[town]]\ncode = \"450206102\"\nname = \"百朋镇\"\n[[town]]\ncode = \"450206103\"\nname = \"成团镇\"\naliases = [\"百朋镇\"]\n";
    let villages = "code12,name,short_name,aliases,former_codes,town_code,kind,moved_to\n450206102204,怀洪村,怀洪村,,,450206102,村,\n450206102205,官塘村,官塘村,,450206102204,450206102,村,\n";
    let errors = Gazetteer::compile(towns, "t", villages, "v").unwrap_err();
    assert!(errors.iter().any(|error| error.code == "BD0604"));
}
