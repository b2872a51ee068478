#!/usr/bin/env python3
"""Writes docs/checks.md from config/checks/: python3 docs/tools/checks.py docs/checks.md (Python 3.11 or later)."""
import tomllib
from pathlib import Path

import whole

CONFIG = Path(__file__).resolve().parents[2] / "config"
OBJECTS = {"person": "人", "household": "户", "village": "村"}


def row(*cells):
    print("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")


def table(*headings):
    row(*headings)
    row(*["---"] * len(headings))


def main():
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((CONFIG / "checks").glob("*.toml"))]
    files = [file for file in files if file.get("check")]
    files.sort(key=lambda file: min(check["id"] for check in file["check"]))
    count = sum(len(file["check"]) for file in files)
    print("# 数据检查\n")
    print("> 本页由 `python3 docs/tools/checks.py docs/checks.md` 从 `config/checks/` 生成；改了检查以后重跑一次，不要手改。\n")
    print(f"共 {count} 项检查。查出的异常写进关系 `anomalies`，列入各镇的《数据清洗异常清单》；每项检查本月的情况写进关系 `checks`，列入区里的《数据清洗异常汇总表》。")
    print("阈值都是默认值，须按本地情况校准。写法见 [configuration.md](configuration.md#数据检查-checks)。\n")
    print("异常编号是检查编号加人编号、户编号或村代码，各月不变，没有证件号码。检查要用的数据本月未到或暂缓使用、底册没有要用的列，这项检查就没有答案，不算没有异常。")
    print("一项检查查出的超过1000处、又超过全部对象的一成，多半是整列没有填或填法变了，不逐条列出。\n")
    for file in files:
        print(f"## {file['family']}\n")
        table("编号", "检查", "对象", "条件", "怎么改")
        for check in sorted(file["check"], key=lambda check: check["id"]):
            row(check["id"], check["title"], OBJECTS[check["object"]], f"`{check['when']}`", check["hint"])
        print()
    print("## 汇总数\n")
    print("条件里还可以用这些数，是从户的成员、村的户数出来的。\n")
    table("名字", "名称", "属于", "数谁", "取值")
    for file in files:
        for tally in file.get("tally", []):
            value = next((f"`{key.upper()}({tally[key]})`" for key in ("sum", "max", "min") if key in tally), "个数")
            where = f"`{tally['where']}`" if "where" in tally else "全部"
            row(f"`{tally['name']}`", tally["title"], OBJECTS[tally["of"]], where, value)


whole.run(main)
