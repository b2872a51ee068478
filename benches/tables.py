"""The tables of docs/performance.md, out of what bench.py measured."""
import re


def render(results):
    """Name of the table to its Markdown."""
    found = {"machine": machine(results), "peers": peers(results), "stages": stages(results), "growth": growth(results)}
    if "workbooks" in results:
        found["workbooks"] = workbooks(results["workbooks"])
    if "parts" in results:
        found["parts"] = parts(results["parts"])
    return found


def write_into(path, texts):
    """Replaces what stands between the markers of each table; what stands around them is written by hand."""
    page = path.read_text(encoding="utf-8")
    for name, text in texts.items():
        pattern = re.compile(rf"(<!-- measured: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        page, count = pattern.subn(lambda found: f"{found[1]}{text}\n{found[2]}", page)
        if count != 1:
            raise SystemExit(f"{path.name}: no place for the table {name}")
    path.write_text(page, encoding="utf-8")


def table(headings, rows):
    """The first column is words, the others are numbers."""
    lines = [headings, ["---"] + ["---:"] * (len(headings) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def count(number):
    return f"{number:,}"


def machine(results):
    about, versions = results["machine"], results["versions"]
    pins = ", ".join(f"{name} {version}" for name, version in versions.items() if name in ("duckdb", "polars", "XlsxWriter"))
    return (f"{about['cores']} cores of {about['cpu']}, {about['memory_gib']} GiB, {about['system']}, Python {about['python']}; "
            f"{versions['bidui']}; peers: {pins}. Load average before the first run: {about['load']}.")


def peers(results):
    rows = []
    for size in results["sizes"]:
        ours = size["readings"]["bidui"]
        others = {name: each for name, each in size["readings"].items() if name != "bidui"}
        if not others:
            continue
        for name, each in size["readings"].items():
            is_ours = name == "bidui"
            rows.append([
                f"{count(size['persons'])}, {name}", f"{each['median']:.2f}", f"{each['least']:.2f}", f"{each['cpu']:.2f}", f"{each['peak_mib']:.0f}",
                "" if is_ours else f"{each['median'] / ours['median']:.2f}", "" if is_ours else f"{ours['peak_mib'] / each['peak_mib']:.2f}",
            ])
    if not rows:
        return "No peer was run."
    headings = ["persons, program", "wall s, median", "wall s, least", "CPU s", "peak MiB", "its time / ours", "our memory / its"]
    sizes = [size for size in results["sizes"] if len(size["readings"]) > 1]
    note = "; ".join(f"{count(size['persons'])} persons: {count(size['rows'])} rows, {size['bytes'] / 1e6:.0f} MB in {size['files']} files that ours reads, "
                     f"{count(size['signals'])} signals" for size in sizes)
    return table(headings, rows) + f"\n\n{note}; the sets of (household, rule, level) are equal in all, and equal to the truth of the county."


def stages(results):
    """Where the time of the fastest cold run goes, beside the floor."""
    names = list(dict.fromkeys(name for size in results["sizes"] for name in size["stages"]))
    headings = ["stage"] + [f"{count(size['persons'])} persons, s" for size in results["sizes"]] + ["share of the last"]
    last = results["sizes"][-1]
    rows = []
    for name in names:
        share = last["stages"].get(name, 0) / last["stages_of"]
        rows.append([name] + [f"{size['stages'].get(name, 0):.2f}" for size in results["sizes"]] + [f"{share:.0%}"])
    rows.append(["whole"] + [f"{size['stages_of']:.2f}" for size in results["sizes"]] + ["100%"])
    rows += floor_rows(results["sizes"])
    return table(headings, rows)


def floor_rows(sizes):
    """The fastest of the floor's readings, a line for each of its parts."""
    readings = [min(filter(None, size["floor"]), key=lambda each: each["seconds"], default=None) for size in sizes]
    if not all(readings):
        return []
    parts = [("floor: read, SHA-256", "hash_seconds"), ("floor: also cells and HMAC of ID numbers", "seconds")]
    rows = [[title] + [f"{reading[key]:.2f}" for reading in readings] + [""] for title, key in parts]
    rows.append(["whole / floor"] + [f"{size['stages_of'] / reading['seconds']:.1f}" for size, reading in zip(sizes, readings)] + [""])
    return rows


def growth(results):
    rows, first = [], None
    for size in results["sizes"]:
        ours = size["readings"]["bidui"]
        a_row = ours["median"] / size["rows"] * 1e6
        first = first or a_row
        rows.append([count(size["persons"]), count(size["rows"]), f"{size['bytes'] / 1e6:.0f}", f"{ours['median']:.2f}", f"{a_row:.2f}",
                     f"{a_row / first - 1:+.0%}", f"{ours['peak_mib']:.0f}", f"{ours['peak_mib'] * 2**20 / size['persons']:.0f}",
                     f"{size['warm']['median']:.2f}"])
    headings = ["persons", "rows", "MB", "cold s", "µs a row", "against the first", "peak MiB", "bytes a person", "warm s"]
    return table(headings, rows)


def workbooks(size):
    each = size["reading"]
    rows = [["cold run, median", f"{each['median']:.2f}"], ["cold run, least", f"{each['least']:.2f}"], ["CPU", f"{each['cpu']:.2f}"]]
    rows += [[name, f"{seconds:.2f}"] for name, seconds in size["stages"].items()]
    if size["floor"]:
        rows.append(["floor: the parser alone over all files, as many at a time as there are cores", f"{size['floor']['seconds']:.2f}"])
    return table(["", "s"], rows) + (
        f"\n\n{count(size['rows'])} rows in {size['files']} workbooks of {size['bytes'] / 1e6:.0f} MB ({count(size['persons'])} persons); "
        f"peak {each['peak_mib']:.0f} MiB; {count(size['signals'])} signals, equal to the truth.")


# Criterion's name of a part, what one of it is, and what was found for the part alone when libraries were chosen.
PARTS = [
    ("sealing/canonicalise", "an ID number canonicalised", "65 M/s for the check digit alone"),
    ("sealing/hmac-sha256", "HMAC-SHA-256 of an ID number", "8 M/s with the crate and a cached state, 16 M/s in two interleaved lanes"),
    ("sealing/hmac-sm3", "HMAC-SM3 of an ID number", "2.7 M/s"),
    ("reading/csv", "a CSV row of 4 columns, read into chunks", "7 to 9.5 M/s of 12 columns with the csv crate"),
    ("reading/workbook", "a workbook row of 4 columns, read into chunks", "0.24 M/s of 12 columns by calamine alone"),
    ("reading/seal", "a row sealed: values, tokens, duplicates", ""),
    ("judging/registry", "a person of the registry loaded and indexed", "12 to 18 M/s for a hash index, 28 M/s for sorted tokens alone"),
    ("judging/link", "a row read from the store, looked up, classed", "50 M/s for the lookup alone"),
    ("judging/facts", "a row of the store, for all 45 facts", "60 M/s for one sum by direct index"),
    ("judging/rules", "a person, for all 44 rules", "38 M/s for a rule in polars"),
    ("writing/lists", "a household on 核查清单 (43 columns)", "0.08 M/s of 12 columns"),
]


def parts(readings):
    """Rates in millions a second, beside what the same part did when it was tried alone."""
    rows = [[what, f"{readings[name]:.2f}", found] for name, what, found in PARTS if name in readings]
    return table(["one is", "M/s", "tried alone"], rows)
