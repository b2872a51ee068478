#!/usr/bin/env python3
"""Opens a page (报告.html) in headless Chromium and says what a person would stumble over.

    docs/tools/page.py PAGE.html [--pictures FOLDER] [--width 1280]

Ends with 1 if the page asks for anything but itself, says anything on the console, breaks its own policy, is wider than the window, changes
without scripts in more than the buttons that sort, or sorts a column wrongly. Ends with 0 and says so where no Chromium is on this machine.
With --pictures it leaves the page as seen (slice by slice), narrow, without scripts, and as A4 pages (PDF) in that folder.

Speaks to the browser through a pipe (--remote-debugging-pipe): nothing but Python's own library is needed, and no port is opened.
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
SLICE = 1500


class Browser:
    """A headless Chromium at the other end of two pipes; messages end with a zero byte."""

    def __init__(self, program, folder):
        to_browser, self.writes = os.pipe()
        self.reads, from_browser = os.pipe()
        os.set_inheritable(to_browser, True)
        os.set_inheritable(from_browser, True)
        # The browser wants the pipes as file descriptors 3 and 4. Through numbers that are neither, in case one of them is.
        words = " ".join([
            f"exec 10<&{to_browser} 11>&{from_browser} 3<&10 4>&11 10<&- 11>&-;", 'exec "$@"',
        ])
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", f"--user-data-dir={folder}", "--remote-debugging-pipe"]
        self.process = subprocess.Popen(["bash", "-c", words, "bash", program, *options], close_fds=False,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.rest, self.events, self.session = 0, b"", [], None

    def message(self):
        while b"\0" not in self.rest:
            part = os.read(self.reads, 1 << 20)
            if not part:
                raise SystemExit("the browser went away")
            self.rest += part
        text, self.rest = self.rest.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.number += 1
        asked = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            asked["sessionId"] = self.session
        os.write(self.writes, json.dumps(asked).encode() + b"\0")
        while True:
            said = self.message()
            if said.get("id") == self.number:
                if "error" in said:
                    raise SystemExit(f"{method}: {said['error']['message']}")
                return said["result"]
            self.events.append(said)

    def wait(self, method):
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.message())

    def tab(self):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.events.clear()
        for domain in ["Page", "Network", "Log", "Runtime", "Audits"]:
            self.call(f"{domain}.enable")

    def open(self, address, width, scripts=True):
        self.tab()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Page.navigate", url=address)
        self.wait("Page.loadEventFired")

    def ask(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in result:
            raise SystemExit(result["exceptionDetails"]["exception"].get("description", "a script failed"))
        return result["result"].get("value")

    def end(self):
        self.session = None
        os.write(self.writes, b'{"id":0,"method":"Browser.close"}\0')
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def faults(browser, address, what):
    """Requests beside the page itself, and everything that the console or the browser said of it."""
    found = []
    for event in browser.events:
        method, of = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent" and of["request"]["url"].split("#")[0] != address:
            found.append(f"{what}: asked for {of['request']['url'][:200]}")
        elif method == "Runtime.consoleAPICalled":
            found.append(f"{what}: the console says {json.dumps(of['args'], ensure_ascii=False)[:300]}")
        elif method == "Runtime.exceptionThrown":
            found.append(f"{what}: a script failed: {of['exceptionDetails'].get('text')}")
        elif method == "Log.entryAdded":
            found.append(f"{what}: the browser says {of['entry']['text'][:300]}")
        elif method == "Audits.issueAdded":
            found.append(f"{what}: the browser finds {of['issue']['code']} {json.dumps(of['issue']['details'])[:300]}")
    return found


WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
TEXT = "document.body.innerText.replace(/\\s+/g, ' ').replace(/ [↕↑↓]/g, '')"
OUTSIDE = """[...document.querySelectorAll('svg text')].filter(text => { const box = text.getBoundingClientRect(), around = text.ownerSVGElement.getBoundingClientRect();
  return box.width > 0 && (box.left < around.left - 1 || box.right > around.right + 1 || box.top < around.top - 1 || box.bottom > around.bottom + 1) }).map(text => text.textContent)"""
SORTS = """(() => { const wrong = []; let tables = 0;
  for (const table of document.querySelectorAll('table.sortable')) { const before = table.tBodies[0].rows.length; if (before < 2) continue; tables += 1;
    const head = [...table.tHead.rows[0].cells], at = head.findIndex(cell => cell.classList.contains('n')); if (at < 0) continue;
    const button = head[at].querySelector('[role=button]'); if (!button) { wrong.push(table.caption.textContent + ': no button'); continue }
    const read = () => [...table.tBodies[0].rows].map(row => { const cell = row.cells[at]; return cell.textContent === '—' ? null : parseFloat(cell.dataset.v ?? cell.textContent.replace(/,/g, '')) });
    for (const down of [true, false]) { button.click(); const values = read(), known = values.filter(value => value !== null);
      const ordered = known.every((value, place) => place === 0 || (down ? known[place - 1] >= value : known[place - 1] <= value));
      const last = values.slice(known.length).every(value => value === null);
      if (!ordered || !last || values.length !== before || head[at].getAttribute('aria-sort') !== (down ? 'descending' : 'ascending')) wrong.push(table.caption.textContent) } }
  return { tables, wrong } })()"""


def pictures(browser, folder, name, limit=40):
    size = browser.call("Page.getLayoutMetrics")["cssContentSize"]
    top, number = 0, 0
    while top < size["height"] and number < limit:
        height = min(SLICE, size["height"] - top)
        clip = {"x": 0, "y": top, "width": size["width"], "height": height, "scale": 1}
        shot = browser.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        (folder / f"{name}-{number:02}.png").write_bytes(base64.b64decode(shot["data"]))
        top, number = top + height, number + 1


def check(browser, page, width, folder):
    address = page.resolve().as_uri()
    found = []
    browser.open(address, width)
    found += faults(browser, address, "as seen")
    with_scripts = browser.ask(TEXT)
    if folder:
        pictures(browser, folder, "wide")
        pdf = browser.call("Page.printToPDF", preferCSSPageSize=True, printBackground=False)["data"]
        (folder / "print.pdf").write_bytes(base64.b64decode(pdf))
    for outside in browser.ask(OUTSIDE):
        found.append(f"a word leaves its drawing: {outside}")
    sorts = browser.ask(SORTS)
    found += [f"does not sort: {caption}" for caption in sorts["wrong"]]
    if not sorts["tables"]:
        found.append("no table could be sorted")
    found += [fault for fault in faults(browser, address, "while sorting") if fault.replace("while sorting", "as seen") not in found]
    if browser.ask(WIDE) > 0:
        found.append(f"wider than a window of {width}")
    browser.open(address, 390)
    if browser.ask(WIDE) > 0:
        found.append("wider than a window of 390")
    found += faults(browser, address, "narrow")
    if folder:
        pictures(browser, folder, "narrow", 12)
    browser.open(address, width, scripts=False)
    found += faults(browser, address, "without scripts")
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    without = browser.ask(TEXT)
    if without != with_scripts:
        found.append("reads differently without scripts")
    if folder:
        pictures(browser, folder, "no-scripts", 2)
    return found, sorts["tables"]


def main():
    options = argparse.ArgumentParser(description="checks a page in headless Chromium")
    options.add_argument("page", type=Path)
    options.add_argument("--pictures", type=Path)
    options.add_argument("--width", type=int, default=1280)
    asked = options.parse_args()
    program = next((path for path in map(shutil.which, NAMES) if path), None)
    if not program:
        print("not checked: no Chromium here")
        return 0
    if asked.pictures:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            found, tables = check(browser, asked.page, asked.width, asked.pictures)
        finally:
            browser.end()
    for fault in found:
        print(fault)
    if not found:
        size = asked.page.stat().st_size
        print(f"{asked.page.name}: {size} bytes; no request, nothing on the console, the same text without scripts; {tables} tables sort")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
