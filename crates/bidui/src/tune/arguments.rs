//! The command line of `bidui tune`.

use std::path::PathBuf;

use bidui_model::Month;
use clap::Args;

use crate::cli::Paths;
use crate::tune::TuneOptions;

#[derive(Args)]
pub(crate) struct TuneArgs {
    /// 最后一个月，如 2023-03，须已由 run 发布
    #[arg(value_name = "月份")]
    pub(crate) month: String,
    /// 另一套规则：放有规则文件（*.toml）的文件夹（默认为现在的规则）
    #[arg(long, value_name = "文件夹")]
    rules: Option<PathBuf>,
    /// 只改一处：medical-self-paid.yellow=8000；一级里有几个数的写明第几处：spending-jump.yellow.2=0.4；也可写整个条件、off（停用这一级），或改参数 monitor_line=8000。可写多次
    #[arg(long, value_name = "规则.等级=阈值")]
    set: Vec<String>,
    /// 往前看几个月，连同这个月（默认1）
    #[arg(long, default_value_t = 1, value_name = "月数", hide_default_value = true)]
    months: u32,
    /// 各条规则的阈值曲线：移动阈值，入户、属实率和抓到的纳入户各是多少；不画曲线的规则说明原因
    #[arg(long)]
    curves: bool,
    /// 在每镇每月能入户的户数之内建议阈值，并说明放弃了什么；只建议，不写入
    #[arg(long)]
    suggest: bool,
    /// 每镇每月能入户多少户，如 300/town；个别镇另写：300,百朋镇=120
    #[arg(long, allow_hyphen_values = true, value_name = "户数")]
    capacity: Option<String>,
    /// 全部数字写成JSON；- 为写到屏幕
    #[arg(long, value_name = "文件")]
    json: Option<PathBuf>,
    /// 写成网页：一个文件，可以打印，含阈值曲线
    #[arg(long, value_name = "文件")]
    html: Option<PathBuf>,
    /// 没有改动的规则也重新算（平常取当月已发布的信号，两者应相同）
    #[arg(long)]
    everything: bool,
    #[command(flatten)]
    paths: Paths,
}

impl TuneArgs {
    pub(crate) fn options(self, month: Month) -> TuneOptions {
        TuneOptions {
            run: self.paths.options(month),
            rules: self.rules,
            set: self.set,
            months: self.months,
            curves: self.curves,
            suggest: self.suggest,
            capacity: self.capacity,
            json: self.json,
            html: self.html,
            everything: self.everything,
        }
    }
}
