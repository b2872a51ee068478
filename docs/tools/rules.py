#!/usr/bin/env python3
"""Writes docs/rules.md from config/: python3 docs/tools/rules.py docs/rules.md (Python 3.11 or later)."""
import re
import tomllib
from pathlib import Path

import whole

CONFIG = Path(__file__).resolve().parents[2] / "config"
LEVELS = [("red", "红"), ("orange", "橙"), ("yellow", "黄"), ("blue", "蓝")]
PER = {"household": "户", "person": "人", "village": "村", "hamlet": "屯"}
UNKNOWN = {"no": "不预警", "review": "转人工复核"}
COMPARE = {
    "new_since_previous": "与上月名单相比新增",
    "new_since_year_start": "与上年12月名单相比新增",
    "gone_since_previous": "上月有、本月无",
}
# The registry's columns as people call them; facts bring their own titles.
WORDS = {
    "household_kind": "户类型", "monitor_kind": "监测对象类别", "risk_status": "风险是否消除", "identified_on": "识别监测时间",
    "size": "家庭人口", "age": "年龄", "labour": "劳动技能", "month_start": "当月1日",
}
PHRASES = [
    ("NOT (household_kind = '脱贫户' OR monitor_kind <> '')", "一般农户"),
    ("(household_kind = '脱贫户' OR monitor_kind <> '')", "脱贫户或监测对象"),
    ("household_kind = '脱贫户' OR monitor_kind <> ''", "脱贫户或监测对象"),
    ("monitor_kind <> '' AND risk_status <> '已消除'", "风险未消除的监测对象"),
    (" - INTERVAL '1 month'", "前1个月"),
]
SIGNS = [(" AND ", " 且 "), (" OR ", " 或 "), (">=", "≥"), ("<=", "≤"), ("<>", "≠"), (" * ", "×"), (" IN ", " 属 "), ("'", "")]


def load(folder):
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((CONFIG / folder).glob("*.toml"))]


def spoken(expression, words):
    """An expression as a reader of the bureau would say it."""
    if not expression:
        return ""
    for phrase, said in PHRASES:
        expression = expression.replace(phrase, said)
    expression = re.sub(r"(\w+) BETWEEN (\d+) AND (\d+)", r"\1 \2至\3", expression)
    for sign, said in SIGNS:
        expression = expression.replace(sign, said)
    return re.sub(r"[a-z][a-z_0-9]*", lambda found: words.get(found[0], found[0]), expression)


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def table(*headings):
    row(*headings)
    row(*["---"] * len(headings))


def main():
    feeds = load("feeds")
    rule_files = [(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))["rule"]) for path in sorted((CONFIG / "rules").glob("*.toml"))]
    county = tomllib.loads((CONFIG / "bidui.toml").read_text(encoding="utf-8"))
    grading = tomllib.loads((CONFIG / "grading.toml").read_text(encoding="utf-8"))
    words = WORDS | {fact["name"]: fact["title"] for feed in feeds for fact in feed.get("fact", [])}
    words |= {parameter["name"]: parameter["title"] for parameter in county["parameter"]}

    print("# 规则与指标\n")
    print("> 本页由 `python3 docs/tools/rules.py docs/rules.md` 从 `config/` 生成；改了规则、指标或参数后重跑一次，不要手改。\n")
    print(f"共 {sum(len(rules) for _, rules in rule_files)} 条规则，用到 {len(feeds)} 份数据、{len(words) - len(WORDS) - len({p['name'] for p in county['parameter']})} 个指标。")
    print("阈值除注明出自方案的以外都是默认值，须按本地情况校准。等级从红到蓝逐级试，先成立的为准；一户取最高一条。\n")
    for escalation in grading["escalation"]:
        print(f"升级：{escalation['reason']}，升为{dict(LEVELS)[escalation['to']]}色。\n")

    for group, rules in rule_files:
        print(f"## {group}\n")
        table("规则", "风险", "按", "适用范围", *[name for _, name in LEVELS], "情况不明", "责任部门")
        for rule in rules:
            levels = [spoken(rule.get(code), words) for code, _ in LEVELS]
            row(f"{rule['title']}<br>`{rule['id']}`", rule["risk"], PER[rule["per"]], spoken(rule.get("scope"), words) or "全部",
                *levels, UNKNOWN[rule.get("on_unknown", "no")], "、".join(rule["departments"]))
        print("\n依据和阈值来源：\n")
        for rule in rules:
            print(f"- `{rule['id']}`：{rule['basis']}")
        print()

    print("## 参数\n")
    table("参数", "名称", "值", "起", "止", "来源")
    for parameter in county["parameter"]:
        row(f"`{parameter['name']}`", parameter["title"], f"{parameter['value']}{parameter['unit']}", parameter["from"],
            parameter.get("to", ""), parameter["source"])

    print("\n## 指标\n")
    table("指标", "名称", "数据", "部门", "按", "窗口", "取值", "条件", "单位")
    for feed in feeds:
        for fact in feed.get("fact", []):
            window = COMPARE.get(fact.get("compare"), f"{fact.get('months', 1)}个月" if feed["kind"] == "events" else "当月名单")
            condition = f"`{fact['where']}`" if "where" in fact else ""
            row(f"`{fact['name']}`", fact["title"], feed["name"], feed["department"], PER[fact["per"]], window,
                f"`{fact['value']}`", condition, fact["unit"])


whole.run(main)
