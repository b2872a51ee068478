#!/usr/bin/env python3
"""Fills fuzz/corpus with seeds: from the fixtures, the configuration and the published vectors, and from foreign corpora if there are any.

Nothing that it writes is kept in the repository. `BIDUI_CORPORA` names the folder of foreign files, else it is looked for beside the checkout.
"""

import csv
import hashlib
import io
import os
import pathlib
import tomllib
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "fuzz" / "corpus"
FOREIGN = pathlib.Path(os.environ.get("BIDUI_CORPORA", ROOT.parent / "shared" / "corpora"))
LARGEST = 40_000

DATES = """2023-03-05|2023/3/5|2023.3.5|2023年3月5日|2023年三月五日|二〇二三年三月|20230305|202303|2023|2023-03|44990|44990.5|2023-02-29|
2023-03-05 10:11:12|2023-03-05T10:11:12Z|05/03/2023|Mar 5 2023|长期|未知|0|1899-12-31|2023年 3 月|2023、3、5|二零二三年十二月三十一日|23-3-5"""
MONEY = """0|1|-1|1.5|1,234.56|１２３|(500)|-500|¥12|12元|1.2万元|1万2千|3亿|壹万贰仟元整|12元5角|1e3|0.005|0.015|99999999999999|1000000000001|
人民币12元|--|无|5%|1.2.3|1，234|+5|12元整|12.345678901|0.1万|3分|5角|块|千|３．５"""


def keep(target, content):
    if isinstance(content, str):
        content = content.encode()
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def files(folder, *endings):
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in endings and path.is_file())


def texts():
    for path in files(ROOT / "fixtures", ".csv", ".txt"):
        start = path.read_bytes()[:3000]
        keep("csv", start[: start.rfind(b"\n") + 1])
    for path in files(FOREIGN, ".csv"):
        keep("csv", path.read_bytes()[:LARGEST])
    sample = "身份证号,姓名,金额\n11,韦𬭎,1\n\"12\",\"黄\n\"\"一\"\"\",2\n合计,,3\n"
    for encoding in ["utf-8", "utf-8-sig", "gb18030", "utf-16"]:
        keep("csv", sample.encode(encoding))
    keep("csv", "村,姓名1,身份证号1,姓名2,身份证号2\n甲,韦,1,黄,2\n")
    keep("csv", "身份证号;姓名\n1、2;韦、黄\n3;蒙、覃\n")


def parts_of(path):
    """The parts that a reader of cells looks at, in the targets' plain form."""
    parts = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            wanted = name.endswith((".rels", "[Content_Types].xml", "workbook.xml", "sharedStrings.xml", "styles.xml"))
            if wanted or "/worksheets/" in name:
                parts.append(b"=== " + name.encode() + b"\n" + archive.read(name)[:8000])
    return b"\n".join(parts)


def workbooks():
    for path in files(ROOT / "fixtures", ".xlsx", ".et")[:8] + files(FOREIGN, ".xlsx", ".xlsm"):
        try:
            parts = parts_of(path)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            keep("xlsx", path.read_bytes()[:LARGEST])
            continue
        if len(parts) < LARGEST:
            keep("xlsx", parts)
    for path in files(ROOT / "fixtures", ".xls") + files(FOREIGN, ".xls"):
        if path.stat().st_size < LARGEST:
            keep("xls", path.read_bytes())


def values():
    with open(ROOT / "docs" / "id-vectors.csv", encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            keep("id_number", row[1])
    for target, spellings in [("date", DATES), ("money", MONEY)]:
        for spelling in spellings.split("|"):
            keep(target, spelling.strip("\n"))


def expressions(table):
    for key, value in table.items():
        if isinstance(value, str) and key in {"scope", "red", "orange", "yellow", "blue", "when", "where", "value"}:
            yield value
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from expressions(inner)


def configuration():
    for path in files(ROOT / "config", ".toml"):
        text = path.read_text(encoding="utf-8")
        keep("toml", text)
        for table in text.split("\n\n"):
            keep("toml", table)
        for expression in expressions(tomllib.loads(text)):
            keep("rule_sql", expression)
    places = (ROOT / "config" / "towns.toml").read_text(encoding="utf-8")
    villages = (ROOT / "config" / "villages.csv").read_text(encoding="utf-8").splitlines()
    keep("toml", places + "\n---\n" + "\n".join(villages[:12]) + "\n")
    with io.StringIO(DIALECT) as lines:
        for line in lines:
            keep("rule_sql", line.strip())


DIALECT = """paid >= 10000 AND (days = 0 OR NOT working)
kind IN ('甲', '乙') OR kind LIKE '%学' OR STARTS_WITH(kind, 'x')
COALESCE(paid, 0) / NULLIF(days, 0) > 1.5
CASE WHEN days >= 4 THEN paid ELSE NULL END IS NOT NULL
first < month_start - INTERVAL '6 months'
EXTRACT(YEAR FROM first) = 2023
first BETWEEN DATE '2023-01-01' AND month_end
working IS NOT TRUE AND working IS DISTINCT FROM FALSE
ROUND(ABS(paid), 2) <> GREATEST(days, LEAST(1, 2))
SUM(amount)
COUNT(DISTINCT person)
ANY(at_work)
SELECT * FROM read_csv('/etc/passwd')
"""

texts()
workbooks()
values()
configuration()
for target in sorted(CORPUS.iterdir()):
    print(target.name, sum(1 for _ in target.iterdir()))
