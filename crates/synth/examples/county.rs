#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
use bidui_model::Month;
use bidui_synth::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let read = |moved: bool| -> Vec<SynthVillage> {
        let towns: std::collections::HashMap<&str, &str> = [
            ("450206100", "拉堡镇"),
            ("450206102", "百朋镇"),
            ("450206103", "成团镇"),
            ("450206106", "三都镇"),
            ("450206107", "里高镇"),
            ("450206108", "进德镇"),
            ("450206109", "穿山镇"),
            ("450206110", "土博镇"),
            ("450203103", "里雍镇"),
            ("450203102", "白沙镇"),
            ("450204101", "洛满镇"),
            ("450204102", "流山镇"),
        ]
        .into();
        std::fs::read_to_string("config/villages.csv")
            .unwrap()
            .lines()
            .skip(1)
            .map(|l| l.split(',').collect::<Vec<_>>())
            .filter(|f| f[7].is_empty() != moved)
            .map(|f| SynthVillage {
                code12: f[0].into(),
                name: f[1].into(),
                short_name: f[2].into(),
                aliases: f[3].split('|').filter(|a| !a.is_empty()).map(String::from).collect(),
                town_code: f[5].into(),
                town_name: towns[f[5]].into(),
            })
            .collect()
    };
    let first: Month = "2022-12".parse().unwrap();
    let o = SynthOptions {
        persons: args[2].parse().unwrap(),
        months: first.through(first.plus(3)).collect(),
        seed: 1,
        messy: args[3] == "messy",
        villages: read(false),
        moved_out: read(true),
        sites: vec!["兴柳新居".into(), "进德家园".into(), "百朋荷苑".into()],
        damage_rate: 1.0,
    };
    println!("{:?}", generate(args[1].as_ref(), &o, &mut |_| {}).unwrap());
}
