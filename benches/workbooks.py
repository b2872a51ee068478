"""A county's extracts as workbooks: the same rows, one sheet a file, as an office program would save them."""
import pathlib
import shutil
import subprocess
import sys


def convert(python, county, folder):
    """Writes the inbox of `county` as .xlsx into `folder`, two files at a time, in the peers' Python, which has XlsxWriter."""
    files = sorted((county / "inbox").rglob("*.csv"), key=lambda path: -path.stat().st_size)
    halves = [files[0::2], files[1::2]]
    started = []
    for half in halves:
        command = [python, __file__, county / "inbox", folder / "inbox"]
        process = subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, text=True)
        process.stdin.write("\n".join(map(str, half)))
        process.stdin.close()
        started.append(process)
    if any([process.wait() != 0 for process in started]):
        raise SystemExit("the workbooks could not be written")
    shutil.copytree(county / "truth", folder / "truth", dirs_exist_ok=True)


def write(source, target):
    """Amounts and counts as numbers, all else as text; words shared over the book, as Excel keeps them."""
    import csv

    import xlsxwriter

    target.parent.mkdir(parents=True, exist_ok=True)
    with open(source, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        headings = next(rows)
        book = xlsxwriter.Workbook(target, {"strings_to_urls": False})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, headings)
        numbers = [any(word in heading for word in ("收入", "支出", "金额", "费", "支付", "自付", "损失", "人口", "天数", "年度")) for heading in headings]
        numbers = [number and "类" not in heading and "人口底册" not in heading for number, heading in zip(numbers, headings)]
        for at, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if cell:
                    number = as_number(cell) if numbers[column] else None
                    if number is None:
                        sheet.write_string(at, column, cell)
                    else:
                        sheet.write_number(at, column, number)
        book.close()


def as_number(cell):
    try:
        return float(cell)
    except ValueError:
        return None


if __name__ == "__main__":
    inbox, target = map(pathlib.Path, sys.argv[1:3])
    for line in sys.stdin.read().splitlines():
        file = pathlib.Path(line)
        write(file, (target / file.relative_to(inbox)).with_suffix(".xlsx"))
