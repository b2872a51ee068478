#!/usr/bin/env python3
"""The month's work in Polars, as a competent analyst would write it: lazy CSV scans that take only the columns asked for, plain ID numbers as
the key, one group_by an extract, wide frames of persons and households, the rules of config/rules through sql_expr, workbooks by XlsxWriter.

Usage: polars_month.py 2023-03 --inbox DIR/inbox --out DIR/peer-polars
Reads only the months that a fact needs. Takes the files of a clean county: UTF-8 CSV under the first heading of each contract. It checks
nothing: no ID number, no duplicate, no total; it keeps no history and sets no row aside.
"""
import os

import job

options = job.arguments(__doc__)
pool = job.writers(options)
# Read when the library is imported.
os.environ.setdefault("POLARS_MAX_THREADS", str(options.threads))

import polars as pl  # noqa: E402: after the fork

month = options.month
previous, baseline = month.plus(-1), month.year_start_baseline
col = pl.col
# Of the two, faster here by a quarter, for a twentieth more memory.
ENGINE = "in-memory"


def feed(pattern, months, **types):
    """A scan over the files of an extract; all text but for the types given. An empty cell is null."""
    files = [job.extract(options.inbox, each, pattern) for each in months]
    return pl.scan_csv(files, infer_schema=False, schema_overrides=types)


def scan_registry():
    """One row is a person. Words that rules compare are '' and not null, so that NOT and <> answer."""
    words = {"labour": "劳动技能", "hamlet": "自然村（屯）", "site": "易地搬迁安置点", "household_kind": "户类型",
             "monitor_kind": "监测对象类别", "risk_status": "风险是否消除"}
    born_year = col("证件号码").str.slice(6, 4).cast(pl.Int32)
    born_month = col("证件号码").str.slice(10, 2).cast(pl.Int32)
    return feed("乡村振兴局/*人口底册*.csv", [month], 识别监测时间=pl.Date).select(
        person_no="人编号", household_id="户编号", id="证件号码", name="姓名", relation="与户主关系", town="乡(镇)", village="行政村",
        identified_on="识别监测时间", phone="人联系电话",
        age=month.start.year - born_year - (born_month > month.start.month).cast(pl.Int32),
        **{name: col(heading).fill_null("") for name, heading in words.items()},
    )


def person_facts():
    """Frames of (id, fact): what each person has."""
    def count(name, pattern, id_column, where=True, months=(month,)):
        return feed(pattern, months).filter(where).group_by(id=id_column).agg(pl.len().alias(name))

    def new(name, pattern, id_column, where=True):
        before = feed(pattern, [previous]).filter(where).select(id=id_column)
        return count(name, pattern, id_column, where).join(before, on="id", how="anti")

    pensions = job.months_between(options.inbox, month, 3)
    return [
        count("died", "公安局/*死亡*.csv", "公民身份号码"),
        new("detained_new", "公安局/*服刑*.csv", "公民身份号码"),
        count("suspected_dropout", "教育局/*失学*.csv", "身份证件号"),
        count("school_exempt", "教育局/*豁免*.csv", "身份证件号"),
        count("in_school", "教育局/*在校学生*.csv", "身份证件号", col("就读状态") == "在读"),
        count("insured", "医疗保障局/*参保*.csv", "证件号码", col("参保状态") == "正常"),
        count("major_disease", "卫生健康局/*大病*.csv", "身份证号"),
        new("mental_illness_new", "卫生健康局/*慢病*.csv", "身份证号", col("管理类别") == "严重精神障碍"),
        count("pension_stopped_3m", "人力资源和社会保障局/*养老*.csv", "身份证号", days("停发日期", 3), pensions),
        count("public_post", "人力资源和社会保障局/*公益性岗位*.csv", "身份证号"),
    ]


def days(column, window):
    """ISO dates compare as text."""
    return col(column).is_between(pl.lit(str(month.plus(1 - window).start)), pl.lit(str(month.end)))


def household_facts(registry):
    """Frames with a row a household; a household that an extract does not have counts as 0, an income that nobody stated stays null."""
    homes = registry.lazy().select("id", "household_id")

    def linked(pattern, id_column, months=(month,), where=True, **types):
        id_of = pl.col(id_column) if isinstance(id_column, str) else id_column
        return feed(pattern, months, **types).filter(where).with_columns(id=id_of).join(homes, on="id")

    def count(name, pattern, id_column, where=True, months=(month,), value=None):
        return linked(pattern, id_column, months, where).group_by("household_id").agg((pl.len() if value is None else value).alias(name))

    def changed(name, pattern, id_column, of, against, where=True, value=None):
        """Counts rows of the month `of` whose person is not in the month `against`."""
        id_of = pl.col(id_column) if isinstance(id_column, str) else id_column
        other = feed(pattern, [against]).filter(where).select(id=id_of)
        rows = linked(pattern, id_column, [of], where).join(other, on="id", how="anti")
        return rows.group_by("household_id").agg((persons if value is None else value).alias(name))

    def summed(name, money, day, window, pattern, id_column):
        """In fen, so that the order of addition cannot show."""
        fen = (col(money) * 100).round().cast(pl.Int64).sum() / 100
        return linked(pattern, id_column, job.months_between(options.inbox, month, window), days(day, window),
                      **{money: pl.Float64}).group_by("household_id").agg(fen.alias(name))

    def rosters(name, pattern, members):
        """Lists with several persons in a row: those of this month who were not there at the end of last year."""
        other = members(feed(pattern, [baseline]))
        return members(feed(pattern, [month])).join(other, on="id", how="anti").join(homes, on="id").group_by("household_id").agg(
            persons.alias(name))

    persons = col("id").n_unique()
    jobs, allowance, disabled = "人力资源和社会保障局/*务工*监测*.csv", "民政局/*低保在册*.csv", "残疾人联合会/*残疾人*.csv"
    # A disability card's number is the ID number with two or four characters behind it.
    card = col("残疾人证号").str.slice(0, 18)
    valid = col("证件状态") == "有效"
    severe = valid & (col("残疾等级").is_in(["一级", "二级"]) | ((col("残疾等级") == "三级") & col("残疾类别").is_in(["智力", "精神"])))
    working, on_allowance, graded = col("是否已务工") == "是", col("保障状态") == "在保", col("鉴定等级")
    incomes = {"income_2021": "2021年人均纯收入", "income_2022": "2022年人均纯收入", "spending_2021": "2021年家庭刚性支出",
               "spending_2022": "2022年家庭刚性支出"}
    disasters = {"house_collapsed": "房屋倒塌", "house_severe": "房屋严重损坏", "house_damaged": "房屋一般损坏", "crop_lost": "农作物绝收"}
    members = "家庭成员身份证号（分号分隔）"
    numbered = [f"身份证号{at}" for at in range(1, 6)]
    return [
        linked("住房和城乡建设局/*鉴定*.csv", "户主身份证号").group_by("household_id").agg(
            house_d_occupied=((graded == "D级") & (col("是否居住") == "是")).sum(), house_d=(graded == "D级").sum(), house_c=(graded == "C级").sum()),
        changed("rebuild_new", "住房和城乡建设局/*危改*.csv", "户主身份证号", month, baseline, value=pl.len()),
        count("rebuild_stalled", "住房和城乡建设局/*危改*.csv", "户主身份证号",
              (col("工程进度") == "已开工") & (col("开工日期") < str(month.plus(-6).start))),
        count("workers", jobs, "证件号码", working, value=persons),
        changed("jobs_lost", jobs, "证件号码", previous, month, working),
        count("unemployed_3m", "人力资源和社会保障局/*失业*.csv", "身份证号", days("登记日期", 3), job.months_between(options.inbox, month, 3), persons),
        summed("industry_loss_6m", "损失金额", "发生日期", 6, "农业农村局/*产业失败*.csv", "身份证号"),
        linked("农业农村局/*收入*.csv", "户主证件号码", **{heading: pl.Float64 for heading in incomes.values()}).group_by("household_id").agg(
            **{name: col(heading).max() for name, heading in incomes.items()}),
        summed("self_paid_12m", "个人自付", "结算日期", 12, "医疗保障局/*住院*结算*.csv", "证件号码"),
        linked("应急管理局/*灾情*.csv", "户主身份证号").group_by("household_id").agg(
            **{name: (col("损失类型") == kind).sum() for name, kind in disasters.items()}),
        count("noncompulsory_students", "教育局/*在校学生*.csv", "身份证件号",
              (col("就读状态") == "在读") & col("学段").is_in(["高中", "中职", "大专", "本科"]), value=persons),
        summed("tuition_12m", "自付学费", "缴费日期", 12, "教育局/*资助*.csv", "身份证件号"),
        count("disabled_members", disabled, card, valid, value=persons),
        changed("disabled_new", disabled, card, month, previous, valid),
        changed("severe_new", disabled, card, month, previous, severe),
        summed("relief_12m", "救助金额", "发放日期", 12, "民政局/*临时救助*.csv", "申请人身份证号"),
        count("dibao_members", allowance, "身份证号", on_allowance, value=persons),
        changed("dibao_new", allowance, "身份证号", month, baseline, on_allowance),
        changed("dibao_gone", allowance, "身份证号", previous, month, on_allowance),
        changed("tekun_new", "民政局/*特困*.csv", "身份证号", month, baseline, col("供养状态") == "在保"),
        rosters("dibao_edge_new", "民政局/*低保边缘*.csv", lambda rows: pl.concat([rows.select(id=name) for name in numbered]).drop_nulls()),
        rosters("rigid_spending_new", "民政局/*刚性支出*.csv", lambda rows: rows.select(id=col(members).str.split("；")).explode("id")),
        changed("water_unsafe", "水利局/*饮水不安全*.csv", "户主身份证号", month, previous, value=pl.len()),
        count("measures", "乡村振兴局/*帮扶措施*.csv", "户主证件号码", col("实施状态").is_in(["实施中", "已完成"])),
    ]


def wide(base, frames, on):
    """The base with the frames beside it; counts that are not there are 0, incomes stay unknown."""
    found = base.lazy()
    for frame in frames:
        found = found.join(frame.lazy(), on=on, how="left")
    kept = set(base.columns) | {"income_2021", "income_2022", "spending_2021", "spending_2022"}
    counts = [name for frame in frames for name in frame.columns if name not in kept]
    # Counts are unsigned here, and a difference of two would wrap.
    signed = [col(name).fill_null(0).cast(pl.Int64) if frame.schema[name].is_integer() else col(name).fill_null(0)
              for frame in frames for name in frame.columns if name in counts]
    return found.with_columns(signed)


def of_households(registry):
    first = ["town", "village", "hamlet", "site", "household_kind", "monitor_kind", "risk_status", "identified_on"]
    return registry.lazy().group_by("household_id").agg(
        *[col(name).first() for name in first], size=pl.len().cast(pl.Int64),
        labour_count=col("labour").is_in(["普通劳动力", "技能劳动力"]).sum()).collect(engine=ENGINE)


def water_days(base):
    """Days of the hamlet, and of the whole village, where the book names no hamlet."""
    days = feed("水利局/*供水异常*.csv", [month], 天数=pl.Int64).group_by(
        town="乡镇", village="行政村", hamlet=col("自然村（屯）").fill_null("")).agg(days=col("天数").sum()).collect()
    of_hamlet = days.filter(col("hamlet") != "").rename({"days": "hamlet_water_days"})
    of_village = days.filter(col("hamlet") == "").drop("hamlet").rename({"days": "village_water_days"})
    return base.join(of_hamlet, on=["town", "village", "hamlet"], how="left").join(
        of_village, on=["town", "village"], how="left").with_columns(col("hamlet_water_days", "village_water_days").fill_null(0))


def shown(name):
    number = col(name)
    whole = number.cast(pl.Int64).cast(pl.String)
    return pl.when(number.is_null()).then(pl.lit("—")).when(number == number.floor()).then(whole).otherwise(number.round(2).cast(pl.String))


def signals_of(number, rule, table):
    """One row is a household that the rule fired for, at the most serious level of its members."""
    level = pl.lit(None, dtype=pl.Int8)
    for name, condition in reversed(rule["levels"]):
        level = pl.when(pl.sql_expr(condition)).then(pl.lit(job.LEVELS.index(name), dtype=pl.Int8)).otherwise(level)
    reason = pl.concat_str([shown(part) if at % 2 else pl.lit(part) for at, part in enumerate(rule["reason"])])
    rows = table.lazy().filter(pl.sql_expr(rule["scope"])).with_columns(level=level).filter(col("level").is_not_null()).with_columns(reason=reason)
    if rule["per"] == "person":
        many = pl.when(pl.len() > 1).then(pl.format("（共{}人）", pl.len())).otherwise(pl.lit(""))
        rows = rows.sort("household_id", "level", "id").group_by("household_id", maintain_order=True).agg(
            level=col("level").first(), reason=col("reason").first() + many, person_names=col("name"), person_ids=col("id"))
    else:
        nobody = pl.lit([], dtype=pl.List(pl.String))
        rows = rows.select("household_id", "level", "reason", person_names=nobody, person_ids=nobody)
    return rows.with_columns(
        rule_no=pl.lit(number), rule_id=pl.lit(rule["id"]), risk=pl.lit(rule["risk"]),
        departments=pl.lit("\n".join(rule["departments"])), actions=pl.lit("\n".join(rule["actions"])))


def warnings(signals, registry, households, villages, sites):
    """One row is a household with a signal: its level, raised to red by two orange signals, its words, its town."""
    joined = [col(name).str.join("\n") for name in ["risks", "departments", "actions"]]
    warned = signals.lazy().sort("household_id", "rule_no").rename({"risk": "risks"}).with_columns(
        reason=pl.when(pl.len().over("household_id") > 1)
        .then(pl.format("{}. {}", pl.int_range(1, pl.len() + 1).over("household_id"), "reason")).otherwise("reason")
    ).group_by("household_id", maintain_order=True).agg(
        *joined, level=pl.when((col("level") == 1).sum() >= 2).then(0).otherwise(col("level").min()), reasons=col("reason").str.join("\n"),
        person_names=col("person_names").list.explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True), person_ids=col("person_ids").list.explode(keep_nulls=False, empty_as_null=False).unique(maintain_order=True))
    heads = registry.lazy().filter(col("relation") == "户主").unique("household_id", keep="first", maintain_order=True).select(
        "household_id", "phone", head_name="name", head_id="id")
    places = pl.LazyFrame(villages, schema=["town", "village", "code", "short_name", "village_town"], orient="row")
    of_sites = pl.LazyFrame(sites, schema={"site": pl.String, "site_town": pl.String}, orient="row")
    about = households.lazy().select("household_id", "town", "village", "hamlet", "site", "size", "household_kind", "monitor_kind",
                                     "risk_status", "measures", "dibao_members")

    def words(name, instead):
        return pl.when(col(name).list.len() > 0).then(col(name).list.join("、")).otherwise(col(instead)).fill_null("")

    return warned.join(about, on="household_id").join(heads, on="household_id", how="left").join(
        places, on=["town", "village"], how="left").join(of_sites, on="site", how="left").with_columns(
        town_code=pl.coalesce("site_town", "village_town"), village=pl.coalesce("short_name", "village"),
        person_names=words("person_names", "head_name"), person_ids=words("person_ids", "head_id"),
    ).sort("town_code", "level", "code", "hamlet", "household_id", nulls_last=True).with_columns(
        level=col("level").replace_strict(range(4), job.LEVELS, return_dtype=pl.String)).collect()


options.out.mkdir(parents=True, exist_ok=True)
registry = scan_registry().collect(engine=ENGINE)
frames = pl.collect_all(person_facts() + household_facts(registry), engine=ENGINE)
persons = wide(registry, [frame for frame in frames if "id" in frame.columns], "id").collect(engine=ENGINE)
households = wide(water_days(of_households(registry)), [frame for frame in frames if "id" not in frame.columns], "household_id").collect(engine=ENGINE)
tables = {"person": persons, "household": households}
rules = job.rules(options.config, month)
signals = pl.concat(pl.collect_all([signals_of(number, rule, tables[rule["per"]]) for number, rule in enumerate(rules)]), how="diagonal")
signals.sort("household_id", "rule_no").select(
    "household_id", "rule_id", level=col("level").replace_strict(range(4), job.LEVELS, return_dtype=pl.String)).write_csv(options.out / "signals.csv")
towns, villages, sites = job.gazetteer(options.config)
found = warnings(signals, registry, households, villages, sites)
job.write_lists(pool, options, towns, found.iter_rows(named=True))
