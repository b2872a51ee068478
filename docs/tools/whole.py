"""A page is written whole or not at all: to the file that is given, or else to standard output."""
import contextlib
import io
import sys
from pathlib import Path


def run(main):
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        main()
    if len(sys.argv) > 1:
        page = Path(sys.argv[1])
        part = page.with_name(page.name + ".part")
        part.write_text(text.getvalue(), encoding="utf-8", newline="\n")
        part.replace(page)
    else:
        sys.stdout.write(text.getvalue())
