#!/usr/bin/env python3
"""Writes docs/extracts.md from config/feeds/ and the reasons in crates/model (or the page itself, where there are none):
python3 docs/tools/extracts.py docs/extracts.md (Python 3.11 or later)."""
import re
import tomllib
from pathlib import Path

import whole

ROOT = Path(__file__).resolve().parents[2]
FEEDS = ROOT / "config" / "feeds"
MODEL = ROOT / "crates" / "model" / "src"
PAGE = ROOT / "docs" / "extracts.md"
KINDS = {
    "registry": "底册，每月一份全量",
    "snapshot": "全量名单，每月把在册的全部报来（不是只报变化）",
    "events": "明细，每月只报当月新发生的",
}
# What a department writes into a column of each type.
WRITINGS = {
    "id_number": "18位公民身份号码，**列设为文本**",
    "name": "姓名，生僻字原样",
    "phone": "电话",
    "date": "日期，如 2023-03-05；只到月的写 2023-03",
    "money": "金额，只填数字，退费、冲销写负数",
    "integer": "整数",
    "number": "数值",
    "flag": "是、否（有、无，√、×，1、0，以及列名所问的“已…”“未…”也认，如是否务工填“已务工”）",
    "text": "文字",
    "village": "行政村（社区）全称，如“怀洪村”；重名的写明乡镇",
    "town": "乡镇名称",
}
PREFACE = """# 数据报送说明

> 本页由 `python3 docs/tools/extracts.py docs/extracts.md` 从 `config/feeds/` 生成；改了数据契约后重跑一次，不要手改。

写给报送数据的各部门。每份数据有一份“契约”，写明文件放在哪、有哪些列、每列认哪些列名。不必照抄模板：列的顺序不限，多余的列不读，
表头上面可以有标题行，列名用下面所列的任何一种都认。**只有一条必须做到：证件号码列设为“文本”再填、再导出。**

## 通用要求

**文件。** 放在收件夹的 `月份/部门/` 下，如 `2023-03/民政局/2023年3月低保在册名单.xlsx`。文件名里含下面所列的字样即可，`*` 代表任意文字。
`{甲,乙}` 是几个词里的一个。一份数据可以分成几个文件（一校一个、一镇一个），也可以一个文件分几张工作表（一镇一张），会合在一起读。
内容完全相同的文件只算一份。

**格式。** 按内容辨认，不看扩展名：

| 格式 | 说明 |
| --- | --- |
| XLSX、XLS、ET | 读全部可见的工作表；隐藏的、空的、没有约定表头的工作表不读，并在运行结果里列出。隐藏的行、筛选掉的行照样读 |
| 网页（HTML） | 扩展名常是 .xls。每个表格算一张工作表（“表1”“表2”……） |
| CSV、TXT 等文字 | UTF-8（带不带 BOM 都行）、GB18030（含 GBK、GB2312）、带 BOM 的 UTF-16；逗号、制表符、分号、竖线分隔 |
| Parquet | 第1行算列名，数据从第2行数起 |

**合并单元格与公式。** 表头下面上下合并的格子，值算每一行的（姓名、村、日期等）；金额和数只算第一行的，不重复计。
公式没有算出值的格子（由程序生成、没有在表格软件里打开保存过的文件）按问题值退回，不当作0。

不收：设了打开密码的工作簿、XLSB、ODS、PDF、图片、压缩包、Word。遇到这些会说明是什么、怎样另存。

**表头。** 在每张表的前50行里找，可以有标题、合并单元格和两级表头。比较时不计空格、换行、星号、全角半角和大小写，各种括号算一种。
括号里的单位算列名的一部分（“金额（万元）”不是“金额”，列在认得的列名里才认）。写作“列名#2”的，指同名的第二列；写作“上级/下级”的，指两级表头。

**证件号码。** Excel 把18位数字当作数值时，后三位永久丢失，补零不能还原。数值单元格里的号码、`4.50E+17` 一类文字一律不用，退回更正。
认得的写法：全角、小写 x、夹有空格或引号、15位老号、20位和22位残疾人证号、`G` 开头的学籍号。细则见 [id-canonicaliser.md](id-canonicaliser.md)。

**金额。** 格子里自己写了“万元”的从格子；列名括号里写了单位的（“损失金额（万元）”）从列名；都没写的以下面各表注明的为准。千分位、`¥`、括号负数都认，写成汉字的（五百元）不认。“无”“—”“/”算没有。

**日期。** `2023-03-05`、`2023/3/5`、`2023.3.5`、`2023年3月5日`、`20230305`、`202303`、日期单元格都认。不认两位数的年份、只有月日、起止区间。

## 一行数据的去向

每一行都有着落：**留用**或**剔除**，两者相加等于收到的行数，不平则当月什么也不发布。

整行剔除的原因：

"""


def load():
    for path in sorted(FEEDS.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        comment = re.match(r"(?:#[^\n]*\n)*", text)[0]
        yield tomllib.loads(text), [line.lstrip("# ") for line in comment.splitlines() if not line.startswith("#:")]


def row(*cells):
    print("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")


def table(*headings):
    row(*headings)
    row(*["---"] * len(headings))


def reasons_on_page(cells):
    """The reasons as the page has them, where the program's source is not at hand."""
    rows = re.findall(r"^\| `([a-z_]+)` \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rows = [(code, *[cell.strip() for cell in rest.split(" | ")]) for code, rest in rows]
    return [row for row in rows if len(row) == cells]


def reject_reasons():
    if not MODEL.exists():
        return reasons_on_page(2)
    text = (MODEL / "reject.rs").read_text(encoding="utf-8")
    codes = dict(re.findall(r'Self::(\w+) => "([a-z_]+)"', text))
    titles = dict(re.findall(r'Self::(\w+) => "([^a-z"][^"]*)"', text))
    return [(codes[name], titles[name]) for name in codes]


def flaw_reasons():
    if not MODEL.exists():
        return reasons_on_page(3)
    text = (MODEL / "flaw.rs").read_text(encoding="utf-8")
    return re.findall(r'^    \w+ = "([a-z_]+)", "([^"]+)", "([^"]+)";', text, re.MULTILINE)


def headings_of(feed, name, column):
    """A column's own headings, or those that the groups of a reshaped feed read it under."""
    groups = feed.get("reshape", {}).get("unpivot", [])
    return column.get("headings") or [group[name] for group in groups if name in group]


def writing(column, headings):
    said = WRITINGS[column["type"]]
    if "残疾人证号" in headings:
        said = "残疾人证号（20或22位）或18位公民身份号码，**列设为文本**"
    if column["type"] == "money":
        said += f"；没写单位的算{column.get('unit', '元')}"
    choices = [choice for choice in column.get("choices", []) if choice]
    if choices:
        said = "取值：" + "、".join(choices)
        if "" in column["choices"]:
            said += "，或空"
    aliases = {}
    for written, meant in column.get("aliases", []):
        aliases.setdefault(meant, []).append(written)
    if aliases:
        said += "。也认：" + "；".join(f"{'、'.join(written)}＝{meant or '（空）'}" for meant, written in aliases.items())
    if not column.get("stored", True):
        said += "；不封存"
    return said


def guard(feed):
    said = []
    limits = feed.get("guard", {})
    if "rows_vs_previous" in limits:
        least, most = limits["rows_vs_previous"]
        said.append(f"有效行数应为上一份可用数据的{least:.0%}至{most:.0%}")
    if "link_rate_min" in limits:
        said.append(f"能在底册里找到人的行至少占{limits['link_rate_min']:.0%}")
    if limits.get("unchanged") == "held":
        said.append("不应与以前哪个月逐行相同")
    return "；".join(said)


def feed_section(feed, comment):
    print(f"### {feed['name'].split('_', 1)[1]}\n")
    print("\n".join(comment) + "\n")
    print(f"- 契约名：`{feed['name']}`")
    print(f"- 文件：{'、'.join(f'`{glob}`' for glob in feed['files'])}")
    print(f"- 报法：{KINDS[feed['kind']]}")
    if "expected_by_day" in feed:
        print(f"- 时间：次月{feed['expected_by_day']}日前")
    if feed.get("required"):
        print("- 必需：没有这份数据，当月不运行")
    else:
        print("- 没有报来或不能用时：下列指标本月“未知”，不预警也不消警")
    if guard(feed):
        print(f"- 核对：{guard(feed)}。超出时这份数据本月暂缓使用，并在汇总表里写明")
    if "link" in feed and "village" in feed["link"]:
        print("- 按村、屯关联，不需要证件号码")
    unique = feed["columns"].get("unique", [])
    if unique:
        names = "、".join(feed["columns"][name]["headings"][0] for name in unique)
        print(f"- 同月内“{names}”相同的行只留第一行，其余剔除")
    if "unpivot" in feed.get("reshape", {}):
        print("- 一行并列写几人（或几项），每组列各成一条记录，空着的一组不算")
    split = feed.get("reshape", {}).get("split")
    if split:
        names = "、".join(feed["columns"][name]["headings"][0] for name in split["columns"])
        print(f"- “{names}”一格里可以写几个，用 `{'` `'.join(split['separators'])}` 隔开，按次序对应，各成一条记录")
    print()
    table("列", "必须有", "填什么", "认得的列名")
    for name, column in feed["columns"].items():
        if name != "unique":
            headings = headings_of(feed, name, column)
            row(headings[0], "是" if column.get("required") else "", writing(column, headings), "、".join(headings))
    facts = "、".join(fact["title"] for fact in feed.get("fact", []))
    print(f"\n用于：{facts or '关联和派发'}。\n")


def main():
    feeds = list(load())
    print(PREFACE, end="")
    table("代码", "原因")
    for code, title in reject_reasons():
        row(f"`{code}`", title)
    print("\n值有问题而行照样留用的，是“问题值”：读不懂的值按没有处理，不在取值表里的文字照原样保留。每个问题值连同所在文件、工作表、行号和栏目，")
    print("写进部门的《数据退回清单》（底册里的、姓名与底册不一致的，写进乡镇的《数据核实清单》；涉及健康、涉案的数据一律只退本部门），证件号码和姓名已遮盖：\n")
    table("代码", "问题", "怎样更正")
    for code, title, hint in flaw_reasons():
        row(f"`{code}`", title, hint)
    print("\n整个文件读不了（加密、损坏、缺必须有的列）时，这份数据本月整份不用，原因写在运行结果和汇总表的“到件情况”里。")
    print("缺的列名与表里某一列相近时，会指出是哪一列。文件名不符合任何一份契约的，列为“不识别”，不读。\n")
    print("## 各部门的数据\n")
    departments = list(dict.fromkeys(feed["department"] for feed, _ in feeds))
    table("部门", "数据", "报法", "次月几日前")
    for department in departments:
        for feed, _ in feeds:
            if feed["department"] == department:
                name = feed["name"].split("_", 1)[1]
                row(department, name, KINDS[feed["kind"]].split("，")[0], feed.get("expected_by_day", ""))
    print()
    for department in departments:
        print(f"## {department}\n")
        for feed, comment in feeds:
            if feed["department"] == department:
                feed_section(feed, comment)


if __name__ == "__main__":
    whole.run(main)
