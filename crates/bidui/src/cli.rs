//! Commands and their options, in Chinese. clap's own words are replaced by ours.

use std::path::PathBuf;

use bidui_model::Month;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::authoring::{self, Authoring};
use crate::cli_words::{help_in_chinese, in_chinese};
use crate::colours;
use crate::exit::Fault;
use crate::progress::{Progress, Voice};
use crate::run::{RunOptions, run};
use crate::spot_check::{SampleOptions, parse_rate, sample};
use crate::tune::{TuneArgs, tune};
use crate::{
    cases_command, check, explain, explain_code, explain_row, link_command, link_quality, receive, rehearse, report,
    summary, synth,
};

pub(crate) const HELP: &str = "{about}\n\n用法：{usage}\n\n{all-args}{after-help}";

/// 防返贫监测数据比对：收各部门数据，按规则预警，分镇出核查清单
#[derive(Parser)]
#[command(name = "bidui", version, about, help_template = HELP, subcommand_help_heading = "命令", next_help_heading = "选项")]
#[command(
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    subcommand_value_name = "命令"
)]
#[command(after_help = "\n退出码：0 已发布；1 报送数据的问题；2 配置或命令的问题；3 程序自身的问题")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// 只在出错时说话
    #[arg(long, global = true)]
    quiet: bool,
    /// 过程信息的格式
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "格式", hide_possible_values = true, hide_default_value = true)]
    log_format: LogFormat,
    /// 显示帮助
    #[arg(short, long, global = true, action = clap::ArgAction::Help)]
    help: Option<bool>,
    /// 显示版本
    #[arg(short = 'V', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    /// 文字
    Text,
    /// 每行一个JSON对象
    Json,
}

#[derive(Subcommand)]
#[command(help_template = HELP, next_help_heading = "选项")]
enum Command {
    /// 月度运行：读入各部门数据，比对、预警、分级、派发，发布清单
    #[command(help_template = HELP)]
    Run {
        /// 月份，如 2023-03
        #[arg(value_name = "月份")]
        month: String,
        /// 重新训练按权重关联用的权重，即使已有
        #[arg(long)]
        train_linkage: bool,
        #[command(flatten)]
        paths: Paths,
    },
    /// 收回镇和部门填好的清单，记入台账；认不出的逐行列明原因
    #[command(help_template = HELP)]
    Receive {
        /// 清单的月份，如 2023-03；早几个月的清单混在一起也认得
        #[arg(value_name = "月份")]
        month: String,
        /// 填好的清单，文件或文件夹
        #[arg(value_name = "路径", required = true)]
        files: Vec<PathBuf>,
        /// 试收：只说会有什么变化，什么也不写
        #[arg(long)]
        dry_run: bool,
        /// 以前收过的同一份文件，后来又有更正的行也改回这份填的（默认不改）
        #[arg(long)]
        again: bool,
        /// 回执写到哪个文件（默认在输出文件夹的 returned 里）
        #[arg(long, value_name = "文件")]
        receipt: Option<PathBuf>,
        #[command(flatten)]
        paths: Paths,
    },
    /// 台账现况：各镇开档、办结、待核查、超期；给出乡镇时逐户列出
    #[command(help_template = HELP)]
    Cases {
        /// 只列这个乡镇的，名称或代码
        #[arg(long, value_name = "乡镇")]
        town: Option<String>,
        /// 按哪一天算到期和超期（默认为最近一次清单的下发日）
        #[arg(long, value_name = "日期")]
        on: Option<String>,
        #[command(flatten)]
        paths: Paths,
    },
    /// 一个预警编号的经过
    #[command(help_template = HELP)]
    Case {
        /// 预警编号，如 2303-00042X
        #[arg(value_name = "预警编号")]
        number: String,
        /// 按哪一天算超期（默认为最近一次清单的下发日）
        #[arg(long, value_name = "日期")]
        on: Option<String>,
        #[command(flatten)]
        paths: Paths,
    },
    /// 只检查不写入：核对全部配置；给出月份时，再核对该月数据的表头和数量
    #[command(help_template = HELP)]
    Check {
        /// 月份，如 2023-03
        #[arg(value_name = "月份")]
        month: Option<String>,
        /// 配置的错误和提醒写成文字（text）还是JSON（json，给编辑器和自动检查用，不核对数据）
        #[arg(long, value_enum, default_value_t = LogFormat::Text, value_name = "格式", hide_possible_values = true, hide_default_value = true)]
        format: LogFormat,
        #[command(flatten)]
        paths: Paths,
    },
    /// 说明一户为什么预警：规则、阈值、数值，直到原始数据的文件、工作表和行；或一行数据怎么认的人；或一个配置错误编号（如 BD0206）
    #[command(help_template = HELP)]
    Explain {
        /// 月份，如 2023-03；或配置错误编号，如 BD0206
        #[arg(value_name = "月份或编号")]
        month: String,
        /// 户编号，或预警编号（如 2303-00042X）
        #[arg(value_name = "户", conflicts_with = "row")]
        household: Option<String>,
        /// 说明这条规则对该户为什么触发或没有触发
        #[arg(long, value_name = "规则编号", conflicts_with = "row")]
        rule: Option<String>,
        /// 说明数据的一行是谁的、怎么认出来的，或为什么认不出来，如 民政局/低保名册.xlsx:12
        #[arg(long, value_name = "文件:行号")]
        row: Option<String>,
        #[command(flatten)]
        paths: Paths,
    },
    /// 月报：由已发布的月份生成报市的工作簿和文稿，季末月份另有季度分析
    #[command(help_template = HELP)]
    Report {
        /// 月份，如 2023-03，须已由 run 发布
        #[arg(value_name = "月份")]
        month: String,
        #[command(flatten)]
        paths: Paths,
    },
    /// 抽查：从镇的核查答复里分层抽取，生成区级复核用的抽查样本
    #[command(help_template = HELP)]
    Sample {
        /// 月份，如 2023-03，须已由 run 发布
        #[arg(value_name = "月份")]
        month: String,
        /// 抽查比例，如 0.1 或 10%
        #[arg(long, value_name = "比例")]
        rate: String,
        /// 随机种子，一个非负整数；同样的种子抽出同样的户
        #[arg(long, value_name = "种子")]
        seed: u64,
        #[command(flatten)]
        paths: Paths,
    },
    /// 试算：换一套规则或阈值，已发布的月份会怎样；按镇的核查结果看各条规则准不准。不读原始数据，不写任何清单
    #[command(help_template = HELP)]
    Tune(TuneArgs),
    /// 关联任意两张表：按权重找出同一个人的行，不用真值
    #[command(help_template = HELP)]
    Link {
        /// 左表，CSV（UTF-8或GB18030）
        #[arg(value_name = "左表")]
        left: PathBuf,
        /// 右表，CSV（UTF-8或GB18030）
        #[arg(value_name = "右表")]
        right: PathBuf,
        /// 关联模型，TOML；写法见 docs/linkage.md
        #[arg(long, value_name = "文件")]
        model: PathBuf,
        /// 训练结果（默认与模型同名，扩展名为 trained.json）；没有时先训练再写下
        #[arg(long, value_name = "文件")]
        trained: Option<PathBuf>,
        /// 重新训练，即使已有训练结果
        #[arg(long)]
        train: bool,
        /// 写到哪个文件
        #[arg(long, default_value = "links.csv", value_name = "文件", hide_default_value = true)]
        out: PathBuf,
    },
    /// 对照真值计算某月关联的召回率、准确率
    #[command(help_template = HELP)]
    LinkQuality {
        /// 月份，如 2023-03
        #[arg(value_name = "月份")]
        month: String,
        /// 真值文件，CSV；虚构的县是 truth/rows.csv
        #[arg(long, value_name = "文件")]
        truth: PathBuf,
        /// 配置文件（默认 config/bidui.toml）
        #[arg(long, default_value = "config/bidui.toml", value_name = "文件", hide_default_value = true)]
        config: PathBuf,
        /// 输出文件夹（默认取配置）
        #[arg(long, value_name = "文件夹")]
        out: Option<PathBuf>,
        /// 输出JSON
        #[arg(long)]
        json: bool,
        /// 真值是抽一部分行核定的：没有列出的行不算
        #[arg(long)]
        sample: bool,
    },
    /// 演练：在单独的文件夹里把虚构县的几个月连起来跑，各月的核查清单按答复表填好、收回
    #[command(help_template = HELP)]
    Rehearse {
        /// 月份范围（默认 2023-01..2023-03）
        #[arg(default_value = "2023-01..2023-03", value_name = "起..止", hide_default_value = true)]
        months: String,
        /// 答复表，CSV：月份、户编号，其余各列与清单的列名相同（默认 fixtures/answers.csv）
        #[arg(long, default_value = "fixtures/answers.csv", value_name = "文件", hide_default_value = true)]
        answers: PathBuf,
        /// 演练用的文件夹（默认 rehearsal）；不动正式的输出和台账
        #[arg(long, default_value = "rehearsal", value_name = "文件夹", hide_default_value = true)]
        folder: PathBuf,
        /// 配置文件（默认 config/bidui.toml）
        #[arg(long, default_value = "config/bidui.toml", value_name = "文件", hide_default_value = true)]
        config: PathBuf,
        /// 收件夹（默认取配置）
        #[arg(long, value_name = "文件夹")]
        inbox: Option<PathBuf>,
    },
    /// 生成虚构的县：底册、各部门数据和真值，供测试与演练
    #[command(help_template = HELP)]
    Synth {
        /// 写到哪个文件夹
        #[arg(value_name = "文件夹")]
        folder: PathBuf,
        /// 人数
        #[arg(long, default_value_t = 2000, value_name = "人数", hide_default_value = true)]
        persons: u64,
        /// 月份范围，如 2022-12..2023-03
        #[arg(long, default_value = "2022-12..2023-03", value_name = "起..止", hide_default_value = true)]
        months: String,
        /// 随机种子；同样的选项得到同样的字节
        #[arg(long, default_value_t = 1, value_name = "种子", hide_default_value = true)]
        seed: u64,
        /// 干净：UTF-8的CSV，没有任何毛病
        #[arg(long, conflicts_with = "messy")]
        clean: bool,
        /// 杂乱：各部门数据的真实样子（默认）
        #[arg(long)]
        messy: bool,
        /// 毛病的倍率，1为平常
        #[arg(long, default_value_t = 1.0, value_name = "倍率", hide_default_value = true)]
        damage: f64,
        /// 借用他人证件号码的行占多少（0到1），如 0.02；其余各项仍是本人的。只用于杂乱的县（默认约千分之一）
        #[arg(long, value_name = "比例", conflicts_with = "clean")]
        borrowed: Option<f64>,
        /// 在最后一个月施加一种差错（空文件、误报旧文件等），供演练；只用于干净的县，写错时列出可用的名字
        #[arg(long, value_name = "差错")]
        fault: Option<String>,
        /// 配置文件，取其中的乡镇和村
        #[arg(long, default_value = "config/bidui.toml", value_name = "文件", hide_default_value = true)]
        config: PathBuf,
    },
    #[command(flatten)]
    Authoring(Authoring),
}

#[derive(Args)]
#[command(next_help_heading = "文件夹")]
pub(crate) struct Paths {
    /// 配置文件（默认 config/bidui.toml）
    #[arg(long, default_value = "config/bidui.toml", value_name = "文件", hide_default_value = true)]
    config: PathBuf,
    /// 收件夹，下按“月份/部门/文件”存放（默认取配置）
    #[arg(long, value_name = "文件夹")]
    inbox: Option<PathBuf>,
    /// 输出文件夹（默认取配置）
    #[arg(long, value_name = "文件夹")]
    out: Option<PathBuf>,
    /// 封存数据和密钥的文件夹（默认取配置）
    #[arg(long, value_name = "文件夹")]
    state: Option<PathBuf>,
}

impl Paths {
    pub(crate) fn options(self, month: Month) -> RunOptions {
        RunOptions {
            month,
            config: self.config,
            inbox: self.inbox,
            out: self.out,
            state: self.state,
            train_linkage: false,
        }
    }
}

/// Parses the command line and does what it says; the text is for standard output.
pub(crate) fn start() -> Result<String, Fault> {
    // A library's panic on a strange file is caught and told in our words; its own words could hold a value of the file.
    std::panic::set_hook(Box::new(|_| {}));
    // polars warns on standard error of how it will change; that is for us, not for a clerk.
    polars::error::set_warning_function(|_, _| {});
    refuse_streaming_engine()?;
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            let help = error.render();
            let coloured = colours::on_standard_output();
            return Ok(help_in_chinese(&if coloured { help.ansi().to_string() } else { help.to_string() }));
        }
        Err(error) => return Err(Fault::Command(in_chinese(&error))),
    };
    let voice = match (cli.common.quiet, cli.common.log_format) {
        (true, _) => Voice::Quiet,
        (false, LogFormat::Json) => Voice::Json,
        (false, LogFormat::Text) => Voice::Plain,
    };
    start_log(voice);
    let is_answer = match &cli.command {
        Command::Authoring(command) => command.is_answer(),
        command => matches!(
            command,
            Command::Explain { .. }
                | Command::Check { format: LogFormat::Json, .. }
                | Command::LinkQuality { .. }
                | Command::Cases { .. }
                | Command::Case { .. }
                | Command::Tune(_)
        ),
    };
    let text = act(cli.command, &Progress::new(voice))?;
    Ok(if voice == Voice::Quiet && !is_answer { String::new() } else { text })
}

fn act(command: Command, progress: &Progress) -> Result<String, Fault> {
    match command {
        Command::Run { month, train_linkage, paths } => {
            let options = RunOptions { train_linkage, ..paths.options(parse_month(&month)?) };
            let published = run(&options, progress)?;
            Ok(summary::of_run(&published, options.month))
        }
        Command::Tune(arguments) => {
            let month = parse_month(&arguments.month)?;
            tune(&arguments.options(month), progress)
        }
        Command::Receive { month, files, dry_run, again, receipt, paths } => {
            let options = paths.options(parse_month(&month)?);
            receive::receive(&receive::ReceiveCommand { options, paths: files, dry_run, again, receipt })
        }
        Command::Cases { town, on, paths } => {
            let options = paths.options(parse_month(ANY_MONTH)?);
            cases_command::cases(&cases_command::CasesCommand { options, town, on })
        }
        Command::Case { number, on, paths } => {
            cases_command::case(&paths.options(parse_month(ANY_MONTH)?), &number, on.as_deref())
        }
        Command::Check { month, format, paths } => {
            let month = month.as_deref().map(parse_month).transpose()?;
            let json = matches!(format, LogFormat::Json);
            let options = check::CheckOptions { config: paths.config, inbox: paths.inbox, state: paths.state, json };
            check::check(month, &options, progress)
        }
        Command::Explain { month: code, .. } if explain_code::is_code(&code) => explain_code::explain_code(&code),
        Command::Explain { month, household, rule, row, paths } => {
            let options = paths.options(parse_month(&month)?);
            match (row, household) {
                (Some(row), _) => explain_row::explain_row(&options, &row),
                (None, Some(household)) => explain::explain(&options, &household, rule.as_deref()),
                (None, None) => Err(Fault::command("缺少户编号或预警编号\n  用 bidui explain --help 查看用法")),
            }
        }
        Command::Report { month, paths } => report::report(&paths.options(parse_month(&month)?), progress),
        Command::Sample { month, rate, seed, paths } => {
            let asked = SampleOptions { rate: parse_rate(&rate)?, seed };
            sample(&paths.options(parse_month(&month)?), asked, progress)
        }
        Command::Link { left, right, model, trained, train, out } => {
            let command = link_command::LinkCommand { left, right, model, trained, train, out };
            link_command::link(&command, progress)
        }
        Command::LinkQuality { month, truth, config, out, json, sample } => {
            let month = parse_month(&month)?;
            link_quality::link_quality(link_quality::LinkQualityCommand { month, truth, config, out, json, sample })
        }
        Command::Rehearse { months, answers, folder, config, inbox } => {
            let months = parse_months(&months)?;
            rehearse::rehearse(&rehearse::RehearseCommand { months, answers, folder, config, inbox }, progress)
        }
        Command::Synth { folder, persons, months, seed, clean, messy: _, damage, borrowed, fault, config } => {
            let (months, messy) = (parse_months(&months)?, !clean);
            let command = synth::SynthCommand { folder, persons, months, seed, messy, damage, borrowed, fault, config };
            synth::synth(&command, progress)
        }
        Command::Authoring(command) => authoring::act(command),
    }
}

/// The commands as clap knows them.
pub(crate) fn command_line() -> clap::Command {
    Cli::command()
}

/// Of commands that look at the whole ledger.
const ANY_MONTH: &str = "2000-01";

fn parse_month(text: &str) -> Result<Month, Fault> {
    text.parse::<Month>().map_err(|error| Fault::command(error.to_string()))
}

fn parse_months(text: &str) -> Result<Vec<Month>, Fault> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let (first, last) = (parse_month(first)?, parse_month(last)?);
    if last < first {
        return Err(Fault::command(format!("月份范围“{text}”的止月早于起月")));
    }
    Ok(first.through(last).collect())
}

/// polars' streaming engine sums in no fixed order; a month must not depend on an environment variable.
fn refuse_streaming_engine() -> Result<(), Fault> {
    for name in ["POLARS_FORCE_STREAMING", "POLARS_AUTO_STREAMING", "POLARS_ENGINE_AFFINITY"] {
        if std::env::var_os(name).is_some() {
            return Err(Fault::command(format!("请先取消环境变量 {name}：它会使结果随运行而变")));
        }
    }
    Ok(())
}

fn start_log(voice: Voice) {
    let level = if voice == Voice::Quiet { tracing::Level::ERROR } else { tracing::Level::INFO };
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    // A second start (in a test) keeps the first log.
    let _ = match voice {
        Voice::Json => builder.json().with_target(false).try_init(),
        _ => builder.with_target(false).with_level(false).with_ansi(false).without_time().try_init(),
    };
}
