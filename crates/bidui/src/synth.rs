//! `bidui synth`: an invented county in the villages of the configuration.

use std::path::PathBuf;

use bidui_model::Month;
use bidui_normalize::{Gazetteer, Village};
use bidui_synth::{Fault as Mistake, SynthError, SynthOptions, SynthVillage, generate, inflict};

use crate::config;
use crate::exit::Fault;
use crate::progress::Progress;

/// What was asked.
pub(crate) struct SynthCommand {
    pub(crate) folder: PathBuf,
    pub(crate) persons: u64,
    pub(crate) months: Vec<Month>,
    pub(crate) seed: u64,
    pub(crate) messy: bool,
    pub(crate) damage: f64,
    /// Share of rows under another registered person's number; the usual one if not said.
    pub(crate) borrowed: Option<f64>,
    /// A mistake of a department's to be made in the newest month, by its name.
    pub(crate) fault: Option<String>,
    pub(crate) config: PathBuf,
}

pub(crate) fn synth(command: &SynthCommand, progress: &Progress) -> Result<String, Fault> {
    if command.folder.join("inbox").exists() || command.folder.join("truth").exists() {
        return Err(Fault::command(format!("文件夹“{}”里已有数据；请换一个，或先移走", command.folder.display())));
    }
    let mistake = command.fault.as_deref().map(|name| mistake(name, command.messy)).transpose()?;
    let config = config::load(&command.config, command.months.last().copied())?;
    let gazetteer = &config.gazetteer;
    let options = SynthOptions {
        persons: command.persons,
        months: command.months.clone(),
        seed: command.seed,
        messy: command.messy,
        villages: gazetteer.villages().iter().filter_map(|village| of_village(gazetteer, village)).collect(),
        moved_out: gazetteer.moved_villages().iter().filter_map(|village| of_village(gazetteer, village)).collect(),
        sites: gazetteer.sites().iter().map(|site| site.name.clone()).collect(),
        damage_rate: command.damage,
        borrowed_share: command.borrowed,
    };
    let bar = progress.steps("生成虚构县", command.persons);
    let report = generate(&command.folder, &options, &mut |done| bar.set(done)).map_err(refused)?;
    let mut text = format!(
        "已生成虚构县“{}”：{}人，{}户，{}个文件，{}行（其中{}行带毛病）\n  inbox/ 各月各部门数据，truth/ 真值；最后一个月应有{}户预警\n",
        command.folder.display(),
        report.persons,
        report.households,
        report.files,
        report.rows,
        report.damaged_rows,
        report.warned_households
    );
    if let Some(mistake) = mistake {
        let done = inflict(&command.folder, &command.months, mistake, command.seed).map_err(refused)?;
        let files = done.files.join("、");
        text.push_str(&format!("  已施加差错“{}”：《{}》{files}\n", mistake.title(), done.feed));
    }
    Ok(text)
}

fn refused(error: SynthError) -> Fault {
    match error {
        SynthError::Options(message) => Fault::Command(message),
        other => Fault::from(other),
    }
}

fn mistake(name: &str, messy: bool) -> Result<Mistake, Fault> {
    if messy {
        return Err(Fault::command("--fault 只用于干净的县；请同时写 --clean"));
    }
    Mistake::from_name(name).ok_or_else(|| {
        let known: Vec<String> = Mistake::ALL.iter().map(|(_, name, title)| format!("{name}（{title}）")).collect();
        Fault::command(format!("没有名为“{name}”的差错；可用：{}", known.join("、")))
    })
}

fn of_village(gazetteer: &Gazetteer, village: &Village) -> Option<SynthVillage> {
    let town = gazetteer.town(&village.town_code.0).map(|town| town.name.clone());
    let moved =
        || gazetteer.moved_out().iter().find(|town| town.code == village.town_code).map(|town| town.name.clone());
    Some(SynthVillage {
        code12: village.code.0.clone(),
        name: village.name.clone(),
        short_name: village.short_name.clone(),
        aliases: Vec::new(),
        town_code: village.town_code.0.clone(),
        town_name: town.or_else(moved)?,
    })
}
