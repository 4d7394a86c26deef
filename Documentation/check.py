#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Check what a machine can check of the documentation; prints TAP.

 - every page is reStructuredText without a warning;
 - what a page quotes (".. from FILE") is in that file, line for line;
 - files that a page names are there;
 - the program in README.md is the one that the demo builds;
 - netlink/zsock.yaml keeps to the kernel's schema.
"""

import glob
import os
import re
import sys
import textwrap

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
HELLO = "tools/demo.d/hello.c"
SCHEMA = "Documentation/netlink/genetlink.yaml"


class Tap:
    """Counts, and prints what was counted."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13")

    def result(self, name, problems):
        self.count += 1
        self.failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {self.count} {name}")
        for problem in problems:
            print(textwrap.indent(problem, "#   "))

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} {name} # SKIP {why}")

    def end(self):
        print(f"1..{self.count}")
        return 1 if self.failed or not self.count else 0


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def pages():
    found = glob.glob("Documentation/**/*.rst", root_dir=TOP, recursive=True)
    return sorted(found)


def syntax(tap):
    try:
        from docutils.core import publish_doctree
        from docutils.utils import SystemMessage
    except ImportError:
        tap.skip("reStructuredText", "python3-docutils is not installed")
        return
    for page in pages():
        problems = []
        settings = {"halt_level": 2, "report_level": 2, "warning_stream": False}
        try:
            publish_doctree(read(page), page, settings_overrides=settings)
        except SystemMessage as message:
            problems = [str(message)]
        tap.result(f"{page} is reStructuredText", problems)


def quotes(text):
    """(file, quoted text) of each literal block under ".. from FILE"."""
    pattern = r"^\.\. from (\S+)\n\n::\n\n((?:\t.*\n|\n)+)"
    for match in re.finditer(pattern, text, re.M):
        yield match.group(1), re.sub(r"^\t", "", match.group(2), flags=re.M).strip("\n")


def quoted(tap):
    for page in pages():
        text = read(page)
        marks = len(re.findall(r"^\.\. from ", text, re.M))
        if not marks:
            continue
        found = list(quotes(text))
        problems = [] if len(found) == marks else ["a quotation has another form"]
        for path, block in found:
            if block not in read(path):
                problems.append(f"not in {path}:\n{block}")
        tap.result(f"{page} quotes what is there", problems)


def files():
    names = set()
    for directory, below, found in os.walk(TOP):
        below[:] = [name for name in below if name not in (".git", "build")]
        for name in found + below:
            path = os.path.relpath(os.path.join(directory, name), TOP)
            while True:
                names.add(path)
                if "/" not in path:
                    break
                path = path.split("/", 1)[1]
    return names


def named(tap):
    there = files()
    pattern = r"``([\w./-]+\.(?:c|h|py|rst|yaml|sh|md)|(?:tools|samples|selftests)/[\w./-]+)``"
    for page in pages() + ["README.md"]:
        text = read(page).replace("`", "``") if page.endswith(".md") else read(page)
        # foo.c is what one would write, and zsock.h is linux/zsock.h.
        missing = {
            name
            for name in re.findall(pattern, text)
            if name.rstrip("/") not in there and "foo." not in name and name != "linux/types.h"
        }
        tap.result(f"the files that {page} names are there", sorted(missing))


def readme(tap):
    blocks = re.findall(r"^```c\n(.*?)^```$", read("README.md"), re.M | re.S)
    program = read(HELLO)
    problems = [] if blocks and all(block in program for block in blocks) else ["they differ"]
    tap.result(f"README.md and {HELLO} agree", problems)


def netlink(tap):
    name = "zsock.yaml keeps to the kernel's schema"
    cache = os.environ.get("ZSOCK_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "zsock"
    )
    schemas = sorted(glob.glob(os.path.join(cache, "src-*", SCHEMA)))
    if not schemas:
        tap.skip(name, "no kernel source")
        return
    try:
        import jsonschema
        import yaml
    except ImportError:
        tap.skip(name, "python3-jsonschema or python3-yaml is not installed")
        return
    problems = []
    with open(schemas[-1], encoding="utf-8") as file:
        schema = yaml.safe_load(file)
    try:
        jsonschema.validate(yaml.safe_load(read("Documentation/netlink/zsock.yaml")), schema)
    except jsonschema.ValidationError as error:
        problems = [str(error)]
    tap.result(name, problems)


def main():
    tap = Tap()
    for check in (syntax, quoted, named, readme, netlink):
        check(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
