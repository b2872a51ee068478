//! Commands about the configuration's text, and about the program itself: schemas, layout, migration, a new county, completions, the manual.

mod completions;
mod fmt;
mod init;
mod migrate;
mod schema;

use std::path::PathBuf;

use bidui_authoring::KINDS;
use clap::Subcommand;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::cli::HELP;
use crate::exit::Fault;

#[derive(Subcommand)]
#[command(help_template = HELP, next_help_heading = "选项")]
pub(crate) enum Authoring {
    /// 为另一个县建一份配置，可直接通过 check；随后换成本县的乡镇、村和部门
    #[command(help_template = HELP)]
    Init {
        /// 建在哪个文件夹，须是空的或还没有
        #[arg(value_name = "文件夹")]
        folder: PathBuf,
        /// 县级代码，6位，如 450206；没有写的用占位的 999999
        #[arg(long, value_name = "代码")]
        code: Option<String>,
        /// 县名，如 柳江区
        #[arg(long, default_value = "示例县", value_name = "县名", hide_default_value = true)]
        name: String,
    },
    /// 把旧版的配置升到本程序的版本，保留注释；原来的另存一份
    #[command(help_template = HELP)]
    Migrate {
        /// 试算：只说会改什么，什么也不写
        #[arg(long)]
        dry_run: bool,
        /// 配置文件（默认 config/bidui.toml）
        #[arg(long, default_value = "config/bidui.toml", value_name = "文件", hide_default_value = true)]
        config: PathBuf,
    },
    /// 整理配置文件的排版：空格、空行、缩进；注释、次序和内容不变
    #[command(help_template = HELP)]
    Fmt {
        /// TOML文件或文件夹（默认 config）
        #[arg(value_name = "路径", default_value = "config", hide_default_value = true)]
        paths: Vec<PathBuf>,
        /// 只检查不写入；有没排好的，退出码为2
        #[arg(long)]
        check: bool,
    },
    /// 配置文件的格式定义，供编辑器补全和提示；不写种类则列出各种
    #[command(help_template = HELP)]
    Schema {
        /// 种类，如 rules
        #[arg(value_name = "种类", value_parser = kinds(), hide_possible_values = true)]
        kind: Option<String>,
        /// 全部种类写到这个文件夹
        #[arg(long, value_name = "文件夹", conflicts_with = "kind")]
        all: Option<PathBuf>,
    },
    /// 命令行补全：输出某种命令行的补全脚本
    #[command(help_template = HELP)]
    Completions {
        /// bash、zsh、fish、powershell 或 elvish
        #[arg(value_name = "命令行", hide_possible_values = true)]
        shell: clap_complete::Shell,
    },
    /// 手册页（man）：输出总的一页，或把各命令的写到一个文件夹
    #[command(help_template = HELP)]
    Man {
        /// 各命令的手册页写到这个文件夹
        #[arg(long, value_name = "文件夹")]
        all: Option<PathBuf>,
    },
}

/// The names of kinds, for completion and for the nearest one.
fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(KINDS.iter().map(|kind| PossibleValue::new(kind.name).help(kind.title)))
}

impl Authoring {
    /// Whether what it says is what was asked for, and not a report of what was done.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self, Self::Schema { .. } | Self::Completions { .. } | Self::Man { .. })
    }
}

pub(crate) fn act(command: Authoring) -> Result<String, Fault> {
    match command {
        Authoring::Init { folder, code, name } => init::init(&folder, code, name),
        Authoring::Migrate { dry_run, config } => migrate::migrate(&config, dry_run),
        Authoring::Fmt { paths, check } => fmt::fmt(&paths, check),
        Authoring::Schema { kind, all } => schema::schema(kind.as_deref(), all.as_deref()),
        Authoring::Completions { shell } => completions::completions(shell),
        Authoring::Man { all } => completions::manual(all.as_deref()),
    }
}
