const HEAD: &str = "# 关系 Relations

`match` 之后的一切都是对这些关系的查询。每个月写在 `out/<月份>/data/` 下，各有 Parquet 和 CSV（UTF-8，首行为列名）两份，内容相同，
可用 DuckDB、Polars 或电子表格打开。超过 1,048,575 行的关系（电子表格一张表放不下）只有 Parquet 一份。其中没有姓名和证件号码。空文字写作空串；数、日期的空值是“未知”。

Everything after `match` is a query over these. Each month has them under `out/<month>/data/`, as Parquet and as CSV (UTF-8, one
heading row) with the same content, readable by DuckDB, Polars or a spreadsheet. A relation of more than 1,048,575 rows, which no
spreadsheet's sheet could hold, is there as Parquet alone. They hold no names and no ID numbers. A missing
text is an empty string; a missing number or date is null, and means unknown. Money is in yuan, dates are ISO 8601, levels are
`red`, `orange`, `yellow`, `blue`.

本页由程序从 `crates/model/src/relation.rs` 生成，请勿手改。 This page is generated from `crates/model/src/relation.rs`.
";

const AFTER: &str = "
其后是底册的其他列和各项指标，列名与 `config/feeds` 中声明的相同；指标未知时为空。
The registry's other columns and the facts follow, named as `config/feeds` declares them; an unknown fact is null.
";

const ROWS: &[(&str, &str)] = &[
    ("persons", "a person of the registry"),
    ("households", "a household of the registry"),
    ("signals", "a rule that fired for a household"),
    ("warnings", "a household with at least one live signal"),
    ("evidence", "a source row that a signal rests on"),
    ("links", "a row of the month's extracts"),
    ("flaws", "a bad value"),
    ("rejects", "a row set aside"),
    ("feeds", "an extract of the month"),
    ("facts", "a fact, as it stands this month"),
    ("totals", "a control total"),
];

/// `column` for every relation, or `relation.column` for one.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("person_no", "人编号", "the registry's number of the person"),
    ("household_id", "户编号", "the registry's number of the household"),
    ("relation", "与户主关系", "relation to the head of the household"),
    ("sex", "性别，男或女，按证件号码", "男 or 女, by the ID number"),
    ("age", "周岁，算到本月最后一天", "full years at the month's last day"),
    ("labour", "劳动技能", "ability to work, as the registry has it"),
    ("village_code", "行政村的12位统计代码，不明为空", "12-digit code of the village, empty if unknown"),
    ("town_code", "乡镇的9位统计代码，不明为空", "9-digit code of the town, empty if unknown"),
    ("head_no", "户主的人编号", "person_no of the head"),
    ("size", "人口数", "number of persons"),
    ("household_kind", "户类型：脱贫户、一般农户", "脱贫户 (lifted out of poverty) or 一般农户 (other rural household)"),
    ("risk_status", "风险是否消除：未消除、已消除，非监测户为空", "未消除 or 已消除 for monitored households, else empty"),
    ("resettlement_site", "易地搬迁安置点", "resettlement site"),
    ("hamlet", "自然村（屯）", "hamlet"),
    ("month", "月份，如2023-03", "the month of the run, as 2023-03"),
    ("rule_id", "规则编号", "the rule's id"),
    ("rule_title", "规则名称", "the rule's title"),
    ("risk", "风险类型", "kind of risk"),
    ("level", "等级：red、orange、yellow、blue", "red, orange, yellow or blue"),
    ("level_name", "等级的名称", "what the level is called"),
    ("level_rank", "等级次序，1为最高", "rank of the level, 1 is the most serious"),
    ("value", "所用指标的值，未知为空", "the value that was compared, null if unknown"),
    ("threshold", "所达到的条件", "the condition that was met"),
    ("persons", "所涉及的人编号", "person numbers concerned"),
    ("link_class", "关联等级中最弱的：certain 证件号码与姓名一致，likely 证件号码一致而姓名待核，place 按村屯，none 未关联", "the weakest class of link: certain (ID and name agree), likely (the ID agrees, the name does not), place, none"),
    ("links.link_class", "关联等级：certain、likely、place、none", "class of the link: certain, likely, place, none"),
    ("evidence.link_class", "这一行的关联等级", "class of this row's link"),
    ("state", "live 生效；review 缺数据，待人工判定", "live, or review where data is missing and a person must decide"),
    ("signals.reason", "预警内容", "the reason, as lists show it"),
    ("links.reason", "未关联的原因：not_in_registry、id_missing、id_unusable、id_damaged_by_excel、place_unknown", "why there is no link: not_in_registry, id_missing, id_unusable, id_damaged_by_excel, place_unknown"),
    ("departments", "核实后须办理的部门", "departments that must act once it is confirmed"),
    ("actions", "建议措施", "suggested actions"),
    ("sources", "所依据的数据", "the feeds that it rests on"),
    ("source_rows", "所依据的原始行数", "number of source rows that it rests on"),
    ("signals.facts", "规则所读的指标", "the facts that the rule reads"),
    ("risks", "风险类型，合并去重", "kinds of risk, each once"),
    ("warnings.rules", "触发的规则", "rules that fired"),
    ("facts.rules", "用到它的规则", "rules that read it"),
    ("reasons", "预警内容，合并", "the reasons together"),
    ("signals", "生效信号的条数", "number of live signals"),
    ("escalation", "升级的原因，没有升级为空", "why the level was raised, empty if it was not"),
    ("issued", "下发日期", "day of issue"),
    ("warnings.due", "应办结日期", "day by which the town must answer"),
    ("feeds.due", "应到日期", "day by which the extract was due"),
    ("town", "乡镇名称", "the town's name"),
    ("village", "行政村名称", "the village's name"),
    ("route", "派发方式：registry 按底册行政村，resettlement 按安置点，moved 已划出本区，unrouted 无法归属", "how it found its town: registry, resettlement, moved (left the county), unrouted"),
    ("route_note", "派发的说明", "a note on the route"),
    ("list_no", "在本乡镇清单中的编号，未派发为空", "number on the town's list, null if unrouted"),
    ("fact", "指标名称", "the fact's name"),
    ("feed", "数据名称", "the feed's name"),
    ("totals.feed", "数据名称，或“全部”", "the feed's name, or 全部 for the whole run"),
    ("feed_month", "原始行所在的月份", "month of the extract that the row is in"),
    ("file", "文件，相对于该月收件目录", "file, relative to the month's inbox"),
    ("sheet", "工作表，没有为空", "sheet, empty for a file without sheets"),
    ("row", "行号，第1行是文件最上面一行", "row, 1 being the file's first"),
    ("department", "部门", "department"),
    ("heading", "栏目", "heading of the column"),
    ("code", "问题代码", "code of what is wrong"),
    ("title", "名称", "title"),
    ("flaws.title", "问题", "what is wrong"),
    ("rejects.title", "剔除原因", "why the row was set aside"),
    ("found", "原值，已遮盖", "what was found, masked"),
    ("hint", "处理建议", "what to do"),
    ("goes_to", "town 交乡镇核实，department 退回部门", "town: to be checked there; department: to be returned there"),
    ("kind", "events 每月新增，snapshot 每月全量，registry 底册", "events, snapshot or registry"),
    ("files", "文件", "files"),
    ("rows", "收到的行数", "rows received"),
    ("kept", "留用的行数", "rows kept"),
    ("rejected", "剔除的行数", "rows set aside"),
    ("linked", "已关联的行数", "rows linked"),
    ("unlinked", "未关联的行数", "rows not linked"),
    ("likely", "姓名待核的行数", "rows linked as likely"),
    ("link_rate", "关联率，0到1", "linked over kept, 0 to 1"),
    ("feeds.flaws", "有问题的值的个数", "number of bad values"),
    ("damaged_ids", "被Excel损坏的证件号码个数", "number of ID numbers damaged by Excel"),
    ("feeds.status", "ok 正常，held 暂缓使用，missing 未到，stranger 不符合任何契约的文件", "ok, held (looks wrong and is not used), missing, stranger (a file that fits no contract)"),
    ("facts.status", "known 已知，unknown 未知", "known or unknown"),
    ("note", "说明", "a note"),
    ("layout", "表样指纹", "fingerprint of the layout"),
    ("layout_change", "与上月表样的不同", "how the layout differs from the month before"),
    ("per", "person 人，household 户，village 村，hamlet 屯", "person, household, village or hamlet"),
    ("unit", "单位", "unit"),
    ("months", "时间范围的月数", "months of the window"),
    ("window", "时间范围", "the window"),
    ("stage", "环节：ingest、link、signals、warnings、route、lists", "ingest, link, signals, warnings, route or lists"),
    ("received", "收到", "what came in"),
    ("totals.kept", "留用", "what went on"),
    ("set_aside", "剔除、未关联或未归属", "what was set aside, unlinked or unrouted"),
    ("balance", "差额，应为0", "received less kept less set aside: 0"),
    ("recount", "第二条独立路径数得的收到", "what an independent path counted as received"),
];
