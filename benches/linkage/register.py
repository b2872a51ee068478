#!/usr/bin/env python3
"""A register of 500,000 against 200,000 damaged rows, without ID numbers: register.py REGISTRY [--right 500000] [--left 200000] [--only bidui]

REGISTRY is the registry (农村人口底册) of a clean county of `bidui synth` with at least a tenth more persons than --right; those left over are
strangers: one row in seven of the left table is of somebody whom the register does not have. Rows lose and garble what departments lose and garble
(DAMAGE below). Every program reads, trains, links and writes, and sees no truth.
"""

import argparse
import csv
import random
from pathlib import Path

from febrl4 import HERE, PYTHON, arguments, rows, run, score, shown, with_peers

# Of a hundred rows, in how many a value is missing, and in how many it is wrong.
DAMAGE = {
    "name": (0, 6), "sex": (2, 1), "born": (4, 7), "town": (3, 2), "village": (8, 4), "hamlet": (30, 4), "phone": (45, 10), "head": (35, 4)
}
HOMOPHONES = ["福富夫", "英瑛颖", "芳方", "兰蓝", "建健", "明鸣名", "华花", "玉育", "秀绣", "志智", "文雯", "红洪宏", "梅妹", "燕艳", "珍真贞",
              "丽莉", "军君", "平萍", "林琳霖", "凤风", "清青", "金锦", "光广", "生胜升", "杰洁", "思丝", "晓小", "涵寒", "豪浩", "倩茜"]
SOUNDS_LIKE = {one: word.replace(one, "") for word in HOMOPHONES for one in word}


def persons(registry: Path) -> list[dict]:
    """What a department may know of a registered person."""
    people, heads = [], {}
    for row in rows(registry):
        number = row["证件号码"]
        if len(number) != 18:
            continue
        if row["与户主关系"] == "户主":
            heads[row["户编号"]] = row["姓名"]
        people.append({
            "person": row["人编号"], "name": row["姓名"], "sex": "男" if int(number[16]) % 2 else "女", "born": number[6:14],
            "town": row["乡(镇)"], "village": row["行政村"], "hamlet": row["自然村（屯）"], "phone": row["人联系电话"], "head": row["户编号"],
        })
    # That a head of household is his own head would be the name said twice.
    head = lambda person: heads.get(person["head"], "").removeprefix(person["name"])
    return [person | {"head": head(person)} for person in people]


def garble(kind: str, value: str, dice: random.Random, others: list[dict]) -> str:
    if kind in ("name", "head") and len(value) > 1:
        at = dice.randrange(1, len(value))
        like = SOUNDS_LIKE.get(value[at])
        if like and dice.random() < 0.7:
            return value[:at] + dice.choice(like) + value[at + 1:]
        return value[:at] + value[at + 1:] if len(value) > 2 and dice.random() < 0.3 else value[:at] + dice.choice(dice.choice(others)["name"][1:] or "某") + value[at + 1:]
    if kind == "sex":
        return "女" if value == "男" else "男"
    if kind in ("born", "phone") and value:
        at = dice.randrange(2, len(value))
        if kind == "born" and dice.random() < 0.2:
            return value[:4] + value[6:] + value[4:6]
        return value[:at] + dice.choice("0123456789") + value[at + 1:]
    return dice.choice(others)[kind]


def damaged(person: dict, dice: random.Random, others: list[dict]) -> dict:
    row = dict(person)
    for kind, (missing, wrong) in DAMAGE.items():
        chance = dice.random() * 100
        if chance < missing:
            row[kind] = ""
        elif chance < missing + wrong:
            row[kind] = garble(kind, row[kind], dice, others)
    return row


def write(path: Path, id_column: str, table: list[dict]) -> None:
    columns = [id_column, *DAMAGE]
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(table)


def tables(args, work: Path) -> tuple[Path, Path, set]:
    dice = random.Random(1)
    people = persons(args.registry)
    dice.shuffle(people)
    register, strangers = people[: args.right], people[args.right :]
    known = dice.sample(register, args.left * 6 // 7)
    unknown = dice.sample(strangers, args.left - len(known))
    left = [damaged(person, dice, register) for person in known + unknown]
    dice.shuffle(left)
    members = {person["person"] for person in known}
    truth = set()
    for number, row in enumerate(left):
        row["row"] = f"R{number}"
        if row["person"] in members:
            truth.add((row["row"], row["person"]))
    write(work / "left.csv", "row", left)
    write(work / "right.csv", "person", register)
    return work / "left.csv", work / "right.csv", truth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("registry", type=Path)
    parser.add_argument("--right", type=int, default=500_000)
    parser.add_argument("--left", type=int, default=200_000)
    arguments(parser)
    with_peers(measure, parser.parse_args())


def measure(args, work: Path) -> None:
    left, right, truth = tables(args, work)
    out, trained = work / "links.csv", work / "trained.json"
    model = HERE / "register.toml"
    commands = {
        "bidui": [args.bidui, "link", left, right, "--model", model, "--trained", trained, "--train", "--out", out],
        "bidui, trained before": [args.bidui, "link", left, right, "--model", model, "--trained", trained, "--out", out],
        "splink": [PYTHON, HERE / "splink_register.py", left, right, out],
    }
    print("| system | precision / recall / F1 at its threshold | best threshold, by the truth | for review | wall s | processor s | MB |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, command in commands.items():
        if not name.startswith(args.only):
            continue
        wall, processor, memory = run(command)
        pairs = rows(out)
        linked = [row for row in pairs if ("class" in row and row["class"] == "link") or ("class" not in row and float(row["probability"]) >= 0.95)]
        scores = score({(row["left_id"], row["right_id"]) for row in linked}, truth)
        by_truth = "" if name.startswith("bidui") else shown(best_partner(pairs, truth))
        review = len({row["left_id"] for row in pairs if row.get("class") == "review"})
        print(f"| {name} | {shown(scores)} | {by_truth} | {review} | {wall:.2f} | {processor:.2f} | {memory:.0f} |", flush=True)


def best_partner(pairs: list, truth: set) -> tuple[float, float, float]:
    """Each left row's best partner only, at the threshold that the truth likes best."""
    kept = {}
    for row in sorted(pairs, key=lambda row: -float(row["weight"])):
        kept.setdefault(row["left_id"], row)
    right, found = 0, (0.0, 0.0, 0.0)
    for links, row in enumerate(kept.values(), 1):
        right += (row["left_id"], row["right_id"]) in truth
        scores = (right / links, right / len(truth), 2 * right / (links + len(truth)))
        found = max(found, scores, key=lambda scores: scores[2])
    return found


if __name__ == "__main__":
    main()
