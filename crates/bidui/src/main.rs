//! The command line. The only crate that prints.

mod accounts;
mod anomalies;
mod authoring;
mod balance;
mod calendar;
mod candidates;
mod case_columns;
mod case_stage;
mod case_standing;
mod case_tables;
mod casebook;
mod casebook_warned;
mod cases_command;
mod check;
mod cli;
mod cli_words;
mod clocks;
mod clusters;
mod colours;
mod config;
mod config_agree;
mod config_feeds;
mod config_files;
mod config_folders;
mod config_list_names;
mod config_lists;
mod config_names;
mod config_odd;
mod config_once;
mod config_orphans;
mod config_per;
mod config_places;
mod config_rules;
mod config_taken;
mod config_words;
mod course;
mod decisions;
mod differing_names;
mod earlier_signals;
mod effects;
mod exit;
mod explain;
mod explain_basis;
mod explain_code;
mod explain_row;
mod explain_rules;
mod file_month;
mod guard;
mod guard_content;
mod guard_parts;
mod guard_registry;
mod inputs;
mod isolation;
mod issued;
mod key;
mod ladder;
mod left_registry;
mod limits;
mod link_command;
mod link_figures;
mod link_quality;
mod link_truth;
mod linkage_report;
mod linking;
mod links;
mod list_tables;
mod lists;
mod lock;
mod loop_settings;
mod lost;
mod manifest;
mod month_day;
mod month_page;
mod months;
mod people;
mod person_table;
mod plain_words;
mod plans;
mod private;
mod probe;
mod profile;
mod progress;
mod published;
mod recapture;
mod receive;
mod received_doubts;
mod received_gaps;
mod received_held;
mod received_known;
mod received_outcome;
mod received_remarks;
mod received_required;
mod received_rows;
mod received_silence;
mod rehearse;
mod relation_rows;
mod render;
mod repeats;
mod report;
mod retention;
mod returned;
mod returned_answer;
mod returned_date;
mod returned_files;
mod returned_heading;
mod returned_reason;
mod returned_remark;
mod returned_sheet;
mod review_people;
mod rolls;
mod roster;
mod routing;
mod row_digest;
mod rule_hint;
mod run;
mod run_again;
mod same_number;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema_laws;
mod seal_month;
mod seal_work;
mod sealing;
mod settings;
mod spot_check;
mod stability;
mod summary;
mod synth;
mod told_tables;
mod tried;
mod tune;
mod weighing;
mod whose;

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    if isolation::is_asked() {
        return isolation::parse();
    }
    deepen_stacks();
    let outcome = std::panic::catch_unwind(cli::start);
    let (text, code) = match outcome {
        Ok(Ok(text)) => {
            // A closed pipe is the reader's choice.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Ok(Err(exit::Fault::Listed(text))) => {
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::from(2);
        }
        Ok(Err(fault)) => (render::fault(&fault), fault.exit_code()),
        Err(_) => ("程序异常退出，未发布任何结果；请把命令和配置发给维护人员".to_owned(), 3),
    };
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(code)
}

/// A worker that waits for polars takes up the next rule on top of the one that waits, and at millions of persons these lie dozens deep: more than
/// the two MiB of a thread hold. Only what is touched takes memory.
fn deepen_stacks() {
    const BYTES: usize = 64 << 20;
    // Fails only where the pool is there already, and nothing has run yet.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(BYTES).build_global();
}
