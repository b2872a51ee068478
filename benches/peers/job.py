"""What both peers share: the bureau's rules and gazetteer out of config/, the command line, and the workbook of a town.

A rule's scope and levels are SQL in config/rules already, and both libraries speak SQL, so both take them from there as a bureau's analyst
would; what is written by hand for each library is the work itself: reading, joining, counting, comparing months, grading.
"""
import argparse
import concurrent.futures
import csv
import datetime
import glob
import itertools
import multiprocessing
import pathlib
import re
import tomllib

import xlsxwriter

LEVELS = ["red", "orange", "yellow", "blue"]
LEVEL_NAMES = {"red": "红", "orange": "橙", "yellow": "黄", "blue": "蓝"}
LEVEL_COLOURS = {"red": "#F4B6B6", "orange": "#FAD7AC", "yellow": "#FFF2A8", "blue": "#C9DFF7"}
# Working days from the issue day, as config/bidui.toml has them.
DEADLINES = {"red": 3, "orange": 5, "yellow": 10, "blue": 15}
ISSUE_DAY = 6


class Month:
    """A month and the days that rules speak of."""

    def __init__(self, text):
        self.text = text
        year, month = map(int, text.split("-"))
        self.start = datetime.date(year, month, 1)

    def plus(self, months):
        at = self.start.year * 12 + self.start.month - 1 + months
        return Month(f"{at // 12}-{at % 12 + 1:02}")

    @property
    def end(self):
        return self.plus(1).start - datetime.timedelta(days=1)

    @property
    def year_start_baseline(self):
        return Month(f"{self.start.year - 1}-12")

    @property
    def issued(self):
        return self.plus(1).start.replace(day=ISSUE_DAY)


def arguments(what):
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("month")
    parser.add_argument("--inbox", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--config", type=pathlib.Path, default=pathlib.Path(__file__).parents[2] / "config")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.month = Month(options.month)
    return options


def extract(inbox, month, pattern):
    """The one file of a department that its name gives away; a missing one is an error, since nothing may read as zero."""
    found = glob.glob(f"{inbox}/{month.text}/{pattern}")
    if len(found) != 1:
        raise SystemExit(f"{month.text}/{pattern}: {len(found)} files")
    return found[0]


def months_between(inbox, month, window):
    """The months of a window that the inbox has, oldest first."""
    months = [month.plus(-back) for back in range(window - 1, -1, -1)]
    return [each for each in months if (inbox / each.text).is_dir()]


def rules(config, month):
    """The rules in their order, with parameters and month_start written in."""
    settings = tomllib.loads((config / "bidui.toml").read_text())
    values = {"month_start": f"DATE '{month.start}'", "month_end": f"DATE '{month.end}'"}
    for parameter in settings["parameter"]:
        if parameter["from"] <= month.text <= parameter.get("to", "9999-12"):
            values[parameter["name"]] = str(parameter["value"])
    names = re.compile(r"\b(" + "|".join(values) + r")\b")

    def filled(text):
        return names.sub(lambda found: values[found[0]], text)

    found = []
    for file in sorted(config.glob("rules/*.toml")):
        for rule in tomllib.loads(file.read_text())["rule"]:
            found.append({
                "id": rule["id"], "title": rule["title"], "risk": rule["risk"], "per": rule["per"],
                "departments": rule["departments"], "actions": rule["actions"],
                "scope": filled(rule.get("scope", "TRUE")),
                "levels": [(level, filled(rule[level])) for level in LEVELS if level in rule],
                # Text and names in turn: 近12个月…合计 self_paid_12m 元
                "reason": re.split(r"\{(\w+)\}", re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], name[0]), rule["reason"])),
            })
    return found


def gazetteer(config):
    """(乡镇, 行政村) to village and town; resettlement sites to towns; codes of towns to names."""
    places = tomllib.loads((config / "towns.toml").read_text())
    towns = {town["code"]: town["name"] for town in places["town"]}
    villages = []
    with open(config / "villages.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["town_code"] in towns and not row["moved_to"]:
                villages.append((towns[row["town_code"]], row["name"], row["code12"], row["short_name"], row["town_code"]))
    sites = [(site["name"], site["town"]) for site in places.get("site", [])]
    return towns, villages, sites


def due_days(config, month):
    """The last day for each level, in working days of config/holidays.toml."""
    off, on = set(), set()
    for holiday in tomllib.loads((config / "holidays.toml").read_text())["holiday"]:
        day = holiday["from"]
        while day <= holiday["to"]:
            off.add(day)
            day += datetime.timedelta(days=1)
        on.update(holiday.get("working", []))

    def works(day):
        return day in on or (day.weekday() < 5 and day not in off)

    due = {}
    for level, count in DEADLINES.items():
        day = month.issued
        while count:
            day += datetime.timedelta(days=1)
            count -= works(day)
        due[level] = datetime.datetime.combine(day, datetime.time())
    return due


# Heading, width; the first 24 are filled, the others are for the town's answers.
COLUMNS = [
    ("序号", 5), ("预警等级", 5), ("清单编号", 11.5), ("户主姓名", 8.5), ("行政村", 8.5), ("屯", 8), ("户编号", 14), ("户主证件号", 11.5),
    ("人口", 5), ("户类型", 7.5), ("监测类别", 8.5), ("风险是否消除", 7.5), ("预警对象", 19.5), ("预警对象证件号", 22), ("数据月份", 9),
    ("预警内容", 36), ("风险类型", 9), ("来源部门", 15), ("建议措施", 30), ("享受政策", 12), ("身份核对", 8), ("联系电话", 13.5),
    ("下发日期", 11.5), ("应办结日期", 11.5),
]
ANSWERS = [
    ("核查结果", 16), ("情况说明", 30), ("人均纯收入（元）", 9.5), ("主要支出", 16), ("义务教育有保障", 7), ("基本医疗有保障", 7),
    ("住房安全有保障", 7), ("饮水安全有保障", 7), ("返贫致贫风险类型", 13), ("是否拟纳入", 7), ("帮扶需求", 18), ("核查方式", 7),
    ("核查人1", 9), ("核查人2", 9), ("核查日期", 11.5), ("农户确认", 9), ("镇审核人", 9), ("审核意见", 16), ("审核日期", 11.5),
]
YES_NO = ["义务教育有保障", "基本医疗有保障", "住房安全有保障", "饮水安全有保障", "是否拟纳入"]


class TownList:
    """One town's 核查清单, written a row at a time; `code` None is the list of what has no town."""

    def __init__(self, folder, month, code, town):
        path = folder / "unrouted.xlsx" if code is None else folder / "towns" / f"{code}_{town}" / "核查清单.xlsx"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.issued = datetime.datetime.combine(month.issued, datetime.time())
        self.row = 0
        self.book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False})
        form = {"border": 1, "valign": "vcenter", "font_size": 9, "locked": True}
        self.styles = {
            "cell": self.book.add_format(form), "wrap": self.book.add_format(form | {"text_wrap": True}),
            "date": self.book.add_format(form | {"num_format": "yyyy-mm-dd"}),
            "answer": self.book.add_format(form | {"locked": False}),
            "title": self.book.add_format({"bold": True, "font_size": 14, "align": "center"}),
            "heading": self.book.add_format(form | {"bold": True, "bg_color": "#D9E6F5", "text_wrap": True}),
            "fill": self.book.add_format(form | {"bold": True, "bg_color": "#FFF2CC", "text_wrap": True}),
        }
        for level, colour in LEVEL_COLOURS.items():
            self.styles[level] = self.book.add_format(form | {"bg_color": colour})
        self.sheet = sheet = self.book.add_worksheet("核查清单")
        for at, (_, width) in enumerate(COLUMNS):
            sheet.set_column(at, at, width)
        for at, (_, width) in enumerate(ANSWERS, len(COLUMNS)):
            sheet.set_column(at, at, width, self.styles["answer"])
        title = f"{town or '未归属'}{month.text}防返贫预警信息核查清单"
        sheet.merge_range(0, 0, 0, len(COLUMNS) + len(ANSWERS) - 1, title, self.styles["title"])
        for at, (heading, _) in enumerate(COLUMNS):
            sheet.write_string(1, at, heading, self.styles["heading"])
        for at, (heading, _) in enumerate(ANSWERS, len(COLUMNS)):
            sheet.write_string(1, at, heading, self.styles["fill"])
        sheet.freeze_panes(2, 4)
        sheet.repeat_rows(1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(3, 0)
        sheet.protect()

    def add(self, level, due, number, cells):
        """One household; `cells` from 户主姓名 to 联系电话."""
        self.row += 1
        sheet, row, styles = self.sheet, self.row + 1, self.styles
        cell, wrap = styles["cell"], styles["wrap"]
        sheet.write_number(row, 0, self.row, cell)
        sheet.write_string(row, 1, LEVEL_NAMES[level], styles[level])
        sheet.write_string(row, 2, number, cell)
        for column, value in enumerate(cells, 3):
            if isinstance(value, int):
                sheet.write_number(row, column, value, cell)
            elif value:
                sheet.write_string(row, column, value, wrap)
            else:
                sheet.write_blank(row, column, None, wrap)
        sheet.write_datetime(row, 22, self.issued, styles["date"])
        sheet.write_datetime(row, 23, due, styles["date"])

    def finish(self):
        last = max(self.row + 1, 2)
        for at, (heading, _) in enumerate(ANSWERS, len(COLUMNS)):
            if heading in YES_NO:
                self.sheet.data_validation(2, at, last, at, {"validate": "list", "source": ["是", "否"]})
            if heading == "核查方式":
                self.sheet.data_validation(2, at, last, at, {"validate": "list", "source": ["入户", "电话", "视频"]})
        self.sheet.autofilter(1, 0, last, len(COLUMNS) + len(ANSWERS) - 1)
        self.book.close()


def write_town(folder, month, code, town, due, households):
    """The list of one town out of dicts, in their order."""
    sheet = TownList(folder, month, code, town)
    prefix = f"{month.text.replace('-', '')}-{(code or '000')[-3:]}"
    for number, household in enumerate(households, 1):
        measures, allowance = household["measures"], household["dibao_members"]
        policies = "、".join(([] if not allowance else ["低保"]) + ([] if not measures else [f"帮扶措施{measures}项"])) or "未见"
        sheet.add(household["level"], due[household["level"]], f"{prefix}-{number:04}", [
            household["head_name"], household["village"], household["hamlet"], household["household_id"], masked(household["head_id"]),
            household["size"], household["household_kind"], household["monitor_kind"], household["risk_status"],
            household["person_names"], "、".join(masked(person) for person in household["person_ids"].split("、")), month.text,
            household["reasons"], "、".join(once(household["risks"])), "、".join(once(household["departments"])),
            "\n".join(f"{at}. {action}" for at, action in enumerate(once(household["actions"]), 1)),
            policies, "", household["phone"],
        ])
    sheet.finish()


def writers(options):
    """Processes that write lists, as many as there are threads: XlsxWriter is Python, and one process of it would leave a core idle. They are
    forked before a library starts threads of its own."""
    pool = concurrent.futures.ProcessPoolExecutor(options.threads, mp_context=multiprocessing.get_context("fork"))
    pool.submit(int).result()
    return pool


def write_lists(pool, options, towns, households):
    """A list for every town, and one for what has none. `households` come sorted by town, level, village, hamlet and household."""
    due = due_days(options.config, options.month)
    left, started = set(towns), []
    for code, found in itertools.groupby(households, lambda household: household["town_code"]):
        left.discard(code)
        started.append(pool.submit(write_town, options.out, options.month, code, towns.get(code), due, list(found)))
    for code in sorted(left):
        started.append(pool.submit(write_town, options.out, options.month, code, towns[code], due, []))
    for each in started:
        each.result()


def once(text):
    """The parts of a joined text, each once, in their order."""
    return list(dict.fromkeys(text.split("\n")))


def masked(number):
    return f"{number[:6]}********{number[-4:]}" if number else ""
