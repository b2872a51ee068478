"""Adds a published month up again, from its relations as CSV and its lists as they lie there. Shares nothing with the engine.

    python3 control_totals.py out/2023-03

Prints every sum that does not hold; its exit code is 1 if there is any.
"""

import collections
import csv
import hashlib
import json
import pathlib
import re
import sys
import zipfile

folder = pathlib.Path(sys.argv[1])
csv.field_size_limit(10**9)
wrong = []


def relation(name):
    with open(folder / "data" / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def holds(what, one, other):
    if one != other:
        wrong.append(f"{what}: {one} is not {other}")


def words_of(path):
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


feeds, links, rejects = relation("feeds"), relation("links"), relation("rejects")
signals, warnings, totals, cases, standing = map(relation, ("signals", "warnings", "totals", "cases", "standing"))

kept = collections.Counter(row["feed"] for row in links)
linked = collections.Counter(row["feed"] for row in links if row["link_class"] not in ("none", "review"))
set_aside = collections.Counter(row["feed"] for row in rejects)
for row in feeds:
    name = row["feed"]
    if row["rows"]:
        holds(f"{name} received = kept + set aside", int(row["rows"]), kept[name] + set_aside[name])
        holds(f"{name} kept", int(row["kept"]), kept[name])
        holds(f"{name} linked + unlinked", int(row["linked"]) + int(row["unlinked"]), kept[name])
        holds(f"{name} linked", int(row["linked"]), linked[name])
    else:
        holds(f"{name} did not arrive", 0, kept[name] + set_aside[name])

live = {row["household_id"] for row in signals if row["state"] == "live"}
holds("a signal is live, quiet or in review", {row["state"] for row in signals} - {"live", "cooling", "suppressed", "review"}, set())
holds("households with a live signal are warned", live, {row["household_id"] for row in warnings})
holds("a household is warned once", len(warnings), len(live))
routed = [row for row in warnings if row["route"] in ("registry", "resettlement")]
unrouted = [row for row in warnings if row["route"] in ("moved", "unrouted")]
holds("warnings = routed + unrouted", len(warnings), len(routed) + len(unrouted))

on_lists = 0
for path in sorted(folder.glob("towns/*/核查清单.xlsx")):
    town = path.parent.name.split("_")[0]
    numbers = set(re.findall(r"\b\d{4}-\d{5}[0-9X]\b", words_of(path)))
    on_lists += len(numbers)
    expected = {row["case_id"] for row in routed if row["town_code"] == town}
    holds(f"{path.parent.name} lists its warnings", numbers, expected)
holds("routed = rows on the towns' lists", on_lists, len(routed))
strays = words_of(folder / "district" / "未归属清单.xlsx")
holds("unrouted = rows on their list", len(unrouted), sum(row["household_id"] in strays for row in unrouted))

counted = {("signals", "全部"): (len(signals), sum(row["state"] == "live" for row in signals))}
counted |= {(stage, "全部"): (len(warnings), len(part)) for stage, part in (("warnings", warnings), ("route", routed), ("lists", routed))}
for name in kept | set_aside:
    counted[("ingest", name)] = (kept[name] + set_aside[name], kept[name])
    counted[("link", name)] = (kept[name], linked[name])
for row in standing:
    if row["month"] == (month := folder.name):
        of_town = lambda rows: [each for each in rows if row["town_code"] in ("", each["town_code"])]
        known, name = [each for each in of_town(cases) if not each["closed"] or each["closed"] >= month], row["town"] or "全部"
        counted[("cases", name)] = (len(known), sum(each["state"] != "closed" for each in known))
        counted[("answers", name)] = (len(of_town(routed)), 0)  # no list is answered that is only now issued
counted[("issued", "全部")] = (len(routed), sum(each["last_warned"] == month and each["town_code"] != "" for each in cases))
for row in totals:
    key, (received, taken, rest) = (row["stage"], row["feed"]), (int(row[column]) for column in ("received", "kept", "set_aside"))
    holds(f"total {key} balances", (received, int(row["balance"]), int(row["recount"])), (taken + rest, 0, received))
    holds(f"total {key}", (received, taken), counted.get(key, (0, 0)))
holds("every sum has its total", sorted(counted.keys() - {(row["stage"], row["feed"]) for row in totals}), [])

for file in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]:
    path = folder / file["file"]
    holds(f"digest of {file['file']}", file["sha256"], path.exists() and hashlib.sha256(path.read_bytes()).hexdigest())

print("\n".join(wrong) or f"{len(links) + len(rejects)} rows, {len(signals)} signals, {len(warnings)} warnings: every sum holds")
sys.exit(bool(wrong))
