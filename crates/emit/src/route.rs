//! Which town a household's warning goes to. Never by the area digits of an ID number: they say where the number was first given.

use bidui_model::Route;
use std::collections::BTreeMap;

/// The gazetteer as routing needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// Nine-digit code to name.
    pub towns: BTreeMap<String, String>,
    /// Twelve-digit code to name and the code of its town.
    pub villages: BTreeMap<String, (String, String)>,
    /// Name of a resettlement site to the code of the town that manages it.
    pub sites: BTreeMap<String, String>,
    /// Nine- or twelve-digit code of what has left the county, to its name.
    pub moved: BTreeMap<String, String>,
}

/// Where a household belongs. Codes and names are empty where they are not known; only routed households have a town.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routed {
    pub route: Route,
    pub town_code: String,
    pub town: String,
    pub village_code: String,
    pub village: String,
    /// In Chinese, for the district; empty when there is nothing to say.
    pub note: String,
}

/// The town of a household, by its resettlement site, else by its village; else it has moved out with its town, else nobody's.
/// The three arguments are the registry's, empty where it has none.
#[must_use]
pub fn route(site: &str, village_code: &str, town_code: &str, table: &RouteTable) -> Routed {
    let site = site.trim();
    let village = table.villages.get(village_code);
    let managing = table.sites.get(site).filter(|_| !site.is_empty());
    if let Some((town_code, town)) = managing.and_then(|code| table.towns.get_key_value(code)) {
        return routed(
            Route::Resettlement,
            (town_code, town),
            village.map(|(name, _)| (village_code, name.as_str())),
            format!("安置点“{site}”由{town}管理"),
        );
    }
    if let Some((name, town)) = village.and_then(|(name, code)| Some((name, table.towns.get_key_value(code)?))) {
        return routed(Route::Registry, town, Some((village_code, name)), unknown_site(site));
    }
    match moved_name(village_code, town_code, table) {
        Some(name) => nowhere(Route::Moved, village_code, format!("“{name}”已划出本区，请转交现管辖地")),
        None => nowhere(Route::Unrouted, village_code, unrouted_note(village_code, town_code, table)),
    }
}

fn routed(route: Route, town: (&String, &String), village: Option<(&str, &str)>, note: String) -> Routed {
    let (village_code, village) = village.unwrap_or_default();
    Routed {
        route,
        town_code: town.0.clone(),
        town: town.1.clone(),
        village_code: village_code.to_owned(),
        village: village.to_owned(),
        note,
    }
}

fn nowhere(route: Route, village_code: &str, note: String) -> Routed {
    Routed {
        route,
        town_code: String::new(),
        town: String::new(),
        village_code: village_code.to_owned(),
        village: String::new(),
        note,
    }
}

fn unknown_site(site: &str) -> String {
    // 否 and 无 stand in the registry's column of many a county for "lives in no site".
    if matches!(site, "" | "否" | "无" | "-" | "—" | "/") {
        String::new()
    } else {
        format!("安置点“{site}”不在行政区划表中，按行政村派发")
    }
}

/// The name of the moved-out village or town; a village's own entry first, then the town that its code begins with.
fn moved_name<'a>(village_code: &str, town_code: &str, table: &'a RouteTable) -> Option<&'a str> {
    let of_village =
        table.moved.get(village_code).or_else(|| village_code.get(..9).and_then(|town| table.moved.get(town)));
    of_village
        .or_else(|| {
            let village_unknown = village_code.is_empty();
            table.moved.get(town_code).filter(|_| village_unknown)
        })
        .map(String::as_str)
}

fn unrouted_note(village_code: &str, town_code: &str, table: &RouteTable) -> String {
    let known = table.towns.get(town_code).map(|town| format!("（底册乡镇为{town}）")).unwrap_or_default();
    if village_code.is_empty() {
        format!("底册行政村为空或无法识别{known}")
    } else {
        format!("村代码{village_code}不在行政区划表中{known}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> RouteTable {
        let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        RouteTable {
            towns: [pair("450206102", "百朋镇"), pair("450206100", "拉堡镇")].into(),
            villages: [("450206102201".to_owned(), ("怀洪村".to_owned(), "450206102".to_owned()))].into(),
            sites: [pair("幸福家园", "450206100"), pair("无名家园", "450206999")].into(),
            moved: [pair("450206105", "流山镇"), pair("450206102299", "旧村")].into(),
        }
    }

    fn check(site: &str, village: &str, town: &str, expected: (Route, &str, &str)) {
        let routed = route(site, village, town, &table());
        assert_eq!((routed.route, routed.town.as_str(), routed.village.as_str()), expected, "{routed:?}");
        let routed_somewhere = matches!(routed.route, Route::Registry | Route::Resettlement);
        assert_eq!(routed_somewhere, !routed.town_code.is_empty(), "{routed:?}");
        assert!(routed_somewhere || !routed.note.is_empty(), "{routed:?}");
    }

    #[test]
    fn a_site_goes_before_the_village() {
        check("幸福家园", "450206102201", "450206102", (Route::Resettlement, "拉堡镇", "怀洪村"));
        check("幸福家园", "", "", (Route::Resettlement, "拉堡镇", ""));
        check("幸福家园", "450206105201", "", (Route::Resettlement, "拉堡镇", ""));
    }

    #[test]
    fn an_unknown_site_leaves_the_village_to_decide() {
        check("别的家园", "450206102201", "450206102", (Route::Registry, "百朋镇", "怀洪村"));
        check("无名家园", "450206102201", "450206102", (Route::Registry, "百朋镇", "怀洪村"));
        let note = |site| route(site, "450206102201", "", &table()).note;
        assert!(note("别的家园").contains("别的家园"));
        assert_eq!(note("否"), "");
    }

    #[test]
    fn the_village_decides_against_the_town_column() {
        check("", "450206102201", "450206100", (Route::Registry, "百朋镇", "怀洪村"));
    }

    #[test]
    fn what_moved_out_or_is_unknown_goes_to_nobody() {
        check("", "450206105201", "450206105", (Route::Moved, "", ""));
        check("", "450206102299", "450206102", (Route::Moved, "", ""));
        check("", "", "450206105", (Route::Moved, "", ""));
        check("", "450206102777", "450206105", (Route::Unrouted, "", ""));
        check("", "", "450206102", (Route::Unrouted, "", ""));
        check("", "", "", (Route::Unrouted, "", ""));
    }
}
