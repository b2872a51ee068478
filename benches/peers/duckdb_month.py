#!/usr/bin/env python3
"""The month's work in DuckDB, as a competent analyst would write it: typed CSV readers that take only the columns asked for, plain ID
numbers as the key, one GROUP BY an extract, wide tables of persons and households, the rules of config/rules as CASE, workbooks by XlsxWriter.

Usage: duckdb_month.py 2023-03 --inbox DIR/inbox --out DIR/peer-duckdb
Reads only the months that a fact needs. Takes the files of a clean county: UTF-8 CSV under the first heading of each contract. It checks
nothing: no ID number, no duplicate, no total; it keeps no history and sets no row aside.
"""
import job

options = job.arguments(__doc__)
pool = job.writers(options)

import duckdb  # noqa: E402: after the fork

month = options.month
previous, baseline = month.plus(-1), month.year_start_baseline
db = duckdb.connect(config={"threads": options.threads, "preserve_insertion_order": False})


def feed(pattern, months, types=""):
    """A reader over the files of an extract. Without `types` every column is text; an empty cell is null."""
    files = [job.extract(options.inbox, each, pattern) for each in months]
    return f"read_csv({files}, delim = ',', quote = '\"', header = true, all_varchar = true)" if not types else (
        f"read_csv({files}, delim = ',', quote = '\"', header = true, types = {{{types}}})")


def registry():
    """One row is a person. Words that rules compare are '' and not null, so that NOT and <> answer."""
    source = feed("乡村振兴局/*人口底册*.csv", [month], ", ".join(
        f"'{name}': 'VARCHAR'" for name in ["人编号", "户编号", "证件号码", "人联系电话", "风险是否消除", "监测对象类别", "易地搬迁安置点"]
    ) + ", '识别监测时间': 'DATE'")
    db.execute(f"""
        CREATE TABLE registry AS
        SELECT 人编号 AS person_no, 户编号 AS household_id, 证件号码 AS id, 姓名 AS name, 与户主关系 AS relation,
            COALESCE(劳动技能, '') AS labour, "乡(镇)" AS town, 行政村 AS village, COALESCE("自然村（屯）", '') AS hamlet,
            COALESCE(易地搬迁安置点, '') AS site, COALESCE(户类型, '') AS household_kind, COALESCE(监测对象类别, '') AS monitor_kind,
            COALESCE(风险是否消除, '') AS risk_status, 识别监测时间 AS identified_on, 人联系电话 AS phone,
            {month.start.year} - CAST(SUBSTR(证件号码, 7, 4) AS INTEGER)
                - CAST(SUBSTR(证件号码, 11, 2) > '{month.start.month:02}' AS INTEGER) AS age
        FROM {source}
    """)


def person_facts():
    """Name of the fact to a query of (id, n): what each person has."""
    def count(pattern, id_column, where="TRUE", months=(month,)):
        return f"SELECT {id_column} AS id, COUNT(*) AS n FROM {feed(pattern, months)} WHERE {where} GROUP BY ALL"

    def new(pattern, id_column, where="TRUE"):
        return (f"{count(pattern, id_column, where)} HAVING id NOT IN "
                f"(SELECT {id_column} FROM {feed(pattern, [previous])} WHERE {where})")

    pensions = job.months_between(options.inbox, month, 3)
    return {
        "died": count("公安局/*死亡*.csv", "公民身份号码"),
        "detained_new": new("公安局/*服刑*.csv", "公民身份号码"),
        "suspected_dropout": count("教育局/*失学*.csv", "身份证件号"),
        "school_exempt": count("教育局/*豁免*.csv", "身份证件号"),
        "in_school": count("教育局/*在校学生*.csv", "身份证件号", "就读状态 = '在读'"),
        "insured": count("医疗保障局/*参保*.csv", "证件号码", "参保状态 = '正常'"),
        "major_disease": count("卫生健康局/*大病*.csv", "身份证号"),
        "mental_illness_new": new("卫生健康局/*慢病*.csv", "身份证号", "管理类别 = '严重精神障碍'"),
        "pension_stopped_3m": count("人力资源和社会保障局/*养老*.csv", "身份证号",
                                    f"停发日期 BETWEEN '{month.plus(-2).start}' AND '{month.end}'", pensions),
        "public_post": count("人力资源和社会保障局/*公益性岗位*.csv", "身份证号"),
    }


def persons():
    """One row is a person with what rules about persons read."""
    facts = person_facts()
    columns = ", ".join(f"COALESCE({name}.n, 0) AS {name}" for name in facts)
    joins = "\n".join(f"LEFT JOIN ({query}) AS {name} ON {name}.id = registry.id" for name, query in facts.items())
    db.execute(f"CREATE TABLE persons AS SELECT registry.*, {columns} FROM registry {joins}")


def household_facts():
    """Queries with a row a household; a household that an extract does not have counts as 0, an income that nobody stated stays null."""
    def of_household(columns, pattern, id_column, months=(month,), where="TRUE", types=""):
        return (f"SELECT household_id, {columns} FROM registry JOIN {feed(pattern, months, types)} AS f "
                f"ON f.{id_column} = registry.id WHERE {where} GROUP BY household_id")

    def changed(name, pattern, id_column, of, against, where="TRUE", value="COUNT(DISTINCT registry.id)"):
        """Counts rows of the month `of` whose person is not in the month `against`."""
        absent = f"registry.id NOT IN (SELECT {id_column} FROM {feed(pattern, [against])} WHERE {where})"
        return of_household(f"{value} AS {name}", pattern, id_column, [of], f"({where}) AND {absent}")

    def summed(name, money, day, window, pattern, id_column):
        first = month.plus(1 - window).start
        return of_household(f"SUM({money}) AS {name}", pattern, id_column, job.months_between(options.inbox, month, window),
                            f"{day} BETWEEN '{first}' AND '{month.end}'", f"'{money}': 'DECIMAL(12,2)', '{day}': 'DATE', '{id_column}': 'VARCHAR'")

    jobs, allowance, disabled = "人力资源和社会保障局/*务工*监测*.csv", "民政局/*低保在册*.csv", "残疾人联合会/*残疾人*.csv"
    severe = "证件状态 = '有效' AND (残疾等级 IN ('一级','二级') OR (残疾等级 = '三级' AND 残疾类别 IN ('智力','精神')))"
    incomes = ["2021年人均纯收入", "2022年人均纯收入", "2021年家庭刚性支出", "2022年家庭刚性支出"]
    income_types = ", ".join(f"'{name}': 'DECIMAL(12,2)'" for name in incomes) + ", '户主证件号码': 'VARCHAR'"
    disasters = [("house_collapsed", "房屋倒塌"), ("house_severe", "房屋严重损坏"), ("house_damaged", "房屋一般损坏"), ("crop_lost", "农作物绝收")]
    return [
        of_household("COUNT(*) FILTER (鉴定等级 = 'D级' AND 是否居住 = '是') AS house_d_occupied, "
                     "COUNT(*) FILTER (鉴定等级 = 'D级') AS house_d, COUNT(*) FILTER (鉴定等级 = 'C级') AS house_c",
                     "住房和城乡建设局/*鉴定*.csv", "户主身份证号"),
        changed("rebuild_new", "住房和城乡建设局/*危改*.csv", "户主身份证号", month, baseline, value="COUNT(*)"),
        of_household("COUNT(*) AS rebuild_stalled", "住房和城乡建设局/*危改*.csv", "户主身份证号",
                     where=f"工程进度 = '已开工' AND 开工日期 < '{month.plus(-6).start}'"),
        of_household("COUNT(DISTINCT registry.id) AS workers", jobs, "证件号码", where="是否已务工 = '是'"),
        changed("jobs_lost", jobs, "证件号码", previous, month, "是否已务工 = '是'"),
        of_household("COUNT(DISTINCT registry.id) AS unemployed_3m", "人力资源和社会保障局/*失业*.csv", "身份证号",
                     job.months_between(options.inbox, month, 3), f"登记日期 BETWEEN '{month.plus(-2).start}' AND '{month.end}'"),
        summed("industry_loss_6m", "损失金额", "发生日期", 6, "农业农村局/*产业失败*.csv", "身份证号"),
        of_household('MAX("2021年人均纯收入") AS income_2021, MAX("2022年人均纯收入") AS income_2022, '
                     'MAX("2021年家庭刚性支出") AS spending_2021, MAX("2022年家庭刚性支出") AS spending_2022',
                     "农业农村局/*收入*.csv", "户主证件号码", types=income_types),
        summed("self_paid_12m", "个人自付", "结算日期", 12, "医疗保障局/*住院*结算*.csv", "证件号码"),
        of_household(", ".join(f"COUNT(*) FILTER (损失类型 = '{kind}') AS {name}" for name, kind in disasters),
                     "应急管理局/*灾情*.csv", "户主身份证号"),
        of_household("COUNT(DISTINCT registry.id) AS noncompulsory_students", "教育局/*在校学生*.csv", "身份证件号",
                     where="就读状态 = '在读' AND 学段 IN ('高中','中职','大专','本科')"),
        summed("tuition_12m", "自付学费", "缴费日期", 12, "教育局/*资助*.csv", "身份证件号"),
        # A disability card's number is the ID number with two or four characters behind it.
        of_household("COUNT(DISTINCT registry.id) AS disabled_members", disabled, "残疾人证号[:18]", where="证件状态 = '有效'"),
        changed("disabled_new", disabled, "残疾人证号[:18]", month, previous, "证件状态 = '有效'"),
        changed("severe_new", disabled, "残疾人证号[:18]", month, previous, severe),
        summed("relief_12m", "救助金额", "发放日期", 12, "民政局/*临时救助*.csv", "申请人身份证号"),
        of_household("COUNT(DISTINCT registry.id) AS dibao_members", allowance, "身份证号", where="保障状态 = '在保'"),
        changed("dibao_new", allowance, "身份证号", month, baseline, "保障状态 = '在保'"),
        changed("dibao_gone", allowance, "身份证号", previous, month, "保障状态 = '在保'"),
        changed("tekun_new", "民政局/*特困*.csv", "身份证号", month, baseline, "供养状态 = '在保'"),
        rosters("dibao_edge_new", "民政局/*低保边缘*.csv", "unnest([身份证号1, 身份证号2, 身份证号3, 身份证号4, 身份证号5])"),
        rosters("rigid_spending_new", "民政局/*刚性支出*.csv", 'unnest(string_split("家庭成员身份证号（分号分隔）", \'；\'))'),
        changed("water_unsafe", "水利局/*饮水不安全*.csv", "户主身份证号", month, previous, value="COUNT(*)"),
        of_household("COUNT(*) AS measures", "乡村振兴局/*帮扶措施*.csv", "户主证件号码", where="实施状态 IN ('实施中','已完成')"),
    ]


def rosters(name, pattern, members):
    """Lists with several persons in a row: those of this month who were not there at the end of last year."""
    def listed(of):
        return f"SELECT DISTINCT {members} AS id FROM {feed(pattern, [of])}"
    return (f"SELECT household_id, COUNT(DISTINCT registry.id) AS {name} FROM registry JOIN ({listed(month)} EXCEPT {listed(baseline)}) AS f "
            "ON f.id = registry.id GROUP BY household_id")


def households():
    """One row is a household: what it is in the registry, and all that rules about households read."""
    facts = household_facts()
    for at, query in enumerate(facts):
        db.execute(f"CREATE TEMP TABLE fact{at} AS {query}")
    columns, joins = [], []
    for at in range(len(facts)):
        joins.append(f"LEFT JOIN fact{at} USING (household_id)")
        for name, *_ in db.execute(f"DESCRIBE fact{at}").fetchall():
            if name != "household_id":
                columns.append(name if name.startswith(("income", "spending")) else f"COALESCE({name}, 0) AS {name}")
    water = feed("水利局/*供水异常*.csv", [month])
    db.execute(f"""
        CREATE TABLE households AS
        WITH
        base AS (
            SELECT household_id, CAST(COUNT(*) AS INTEGER) AS size, COUNT(*) FILTER (labour IN ('普通劳动力','技能劳动力')) AS labour_count,
                ANY_VALUE(town) AS town, ANY_VALUE(village) AS village, ANY_VALUE(hamlet) AS hamlet, ANY_VALUE(site) AS site,
                ANY_VALUE(household_kind) AS household_kind, ANY_VALUE(monitor_kind) AS monitor_kind,
                ANY_VALUE(risk_status) AS risk_status, ANY_VALUE(identified_on) AS identified_on
            FROM registry GROUP BY household_id
        ),
        water AS (
            SELECT 乡镇 AS town, 行政村 AS village, COALESCE("自然村（屯）", '') AS hamlet, SUM(CAST(天数 AS INTEGER)) AS days
            FROM {water} GROUP BY ALL
        )
        SELECT base.*, COALESCE(of_hamlet.days, 0) AS hamlet_water_days, COALESCE(of_village.days, 0) AS village_water_days,
            {', '.join(columns)}
        FROM base
        {' '.join(joins)}
        LEFT JOIN water AS of_hamlet
            ON of_hamlet.town = base.town AND of_hamlet.village = base.village AND of_hamlet.hamlet = base.hamlet AND base.hamlet <> ''
        LEFT JOIN water AS of_village ON of_village.town = base.town AND of_village.village = base.village AND of_village.hamlet = ''
    """)


def signals():
    """One row is a rule that fired for a household, at the most serious level of its members."""
    db.execute("CREATE TYPE level AS ENUM ('red', 'orange', 'yellow', 'blue')")
    db.execute("""CREATE MACRO shown(x) AS CASE WHEN x IS NULL THEN '—'
        ELSE REGEXP_REPLACE(PRINTF('%.2f', CAST(x AS DOUBLE)), '\\.00$', '') END""")
    db.execute("""CREATE TABLE signals (rule_no INTEGER, household_id VARCHAR, rule_id VARCHAR, level level, risk VARCHAR, reason VARCHAR,
        departments VARCHAR, actions VARCHAR, person_names VARCHAR[], person_ids VARCHAR[])""")
    for number, rule in enumerate(job.rules(options.config, month)):
        cases = " ".join(f"WHEN {condition} THEN '{level}'" for level, condition in rule["levels"])
        reason = " || ".join(f"shown({part})" if at % 2 else f"'{part}'" for at, part in enumerate(rule["reason"]))
        about_persons = rule["per"] == "person"
        fired = (f"SELECT household_id, CAST(CASE {cases} END AS level) AS level, {reason} AS reason, "
                 f"{'name, id' if about_persons else 'NULL AS name, NULL AS id'} "
                 f"FROM {'persons' if about_persons else 'households'} WHERE {rule['scope']}")
        db.execute(f"""
            INSERT INTO signals
            SELECT {number}, household_id, ?, MIN(level), ?,
                ARG_MIN(reason, level) || CASE WHEN COUNT(id) > 1 THEN '（共' || COUNT(id) || '人）' ELSE '' END, ?, ?,
                ARRAY_AGG(name ORDER BY id) FILTER (id IS NOT NULL), ARRAY_AGG(id ORDER BY id) FILTER (id IS NOT NULL)
            FROM ({fired}) WHERE level IS NOT NULL GROUP BY household_id
        """, [rule["id"], rule["risk"], "\n".join(rule["departments"]), "\n".join(rule["actions"])])


def warnings(villages, sites):
    """One row is a household with a signal: its level, raised to red by two orange signals, its words, its town."""
    db.execute("CREATE TABLE villages (town VARCHAR, name VARCHAR, code VARCHAR, short_name VARCHAR, town_code VARCHAR)")
    db.executemany("INSERT INTO villages VALUES (?, ?, ?, ?, ?)", villages)
    db.execute("CREATE TABLE sites (name VARCHAR, town_code VARCHAR)")
    db.executemany("INSERT INTO sites VALUES (?, ?)", sites)
    return db.execute("""
        WITH
        warned AS (
            SELECT household_id,
                CASE WHEN COUNT(*) FILTER (level = 'orange') >= 2 THEN 'red' ELSE CAST(MIN(level) AS VARCHAR) END AS level,
                STRING_AGG(CASE WHEN one THEN reason ELSE n || '. ' || reason END, chr(10) ORDER BY rule_no) AS reasons,
                STRING_AGG(risk, chr(10) ORDER BY rule_no) AS risks, STRING_AGG(departments, chr(10) ORDER BY rule_no) AS departments,
                STRING_AGG(actions, chr(10) ORDER BY rule_no) AS actions,
                LIST_DISTINCT(FLATTEN(ARRAY_AGG(person_names) FILTER (person_names IS NOT NULL))) AS names,
                LIST_DISTINCT(FLATTEN(ARRAY_AGG(person_ids) FILTER (person_ids IS NOT NULL))) AS ids
            FROM (
                SELECT *, ROW_NUMBER() OVER (PARTITION BY household_id ORDER BY rule_no) AS n,
                    COUNT(*) OVER (PARTITION BY household_id) = 1 AS one
                FROM signals
            )
            GROUP BY household_id
        ),
        heads AS (
            SELECT household_id, ANY_VALUE(name) AS head_name, ANY_VALUE(id) AS head_id, ANY_VALUE(phone) AS phone
            FROM registry WHERE relation = '户主' AND household_id IN (SELECT household_id FROM warned) GROUP BY household_id
        )
        SELECT COALESCE(sites.town_code, villages.town_code) AS town_code, warned.level, warned.household_id, reasons, risks, departments, actions,
            head_name, head_id, heads.phone, COALESCE(villages.short_name, h.village) AS village, h.hamlet, h.size, h.household_kind,
            h.monitor_kind, h.risk_status, h.measures, h.dibao_members,
            COALESCE(ARRAY_TO_STRING(names, '、'), head_name) AS person_names, COALESCE(ARRAY_TO_STRING(ids, '、'), head_id) AS person_ids
        FROM warned
        JOIN households AS h USING (household_id)
        LEFT JOIN heads USING (household_id)
        LEFT JOIN villages ON villages.town = h.town AND villages.name = h.village
        LEFT JOIN sites ON sites.name = h.site
        ORDER BY town_code NULLS LAST, CAST(warned.level AS level), villages.code, h.hamlet, warned.household_id
    """)


def rows_of(result):
    """Dicts, a few thousand at a time."""
    names = [column[0] for column in result.description]
    while batch := result.fetchmany(4096):
        for row in batch:
            yield dict(zip(names, row))


options.out.mkdir(parents=True, exist_ok=True)
registry()
persons()
households()
signals()
db.execute(f"COPY (SELECT household_id, rule_id, level FROM signals ORDER BY household_id, rule_no) TO '{options.out}/signals.csv'")
towns, villages, sites = job.gazetteer(options.config)
job.write_lists(pool, options, towns, rows_of(warnings(villages, sites)))
