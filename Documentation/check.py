#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Check what a machine can check of the documentation; prints TAP.

 - every page is reStructuredText without a warning;
 - what a page quotes (".. from FILE") is in that file, line for line;
 - files that a page names are there;
 - the programs in README.md are the one that the demo builds, and a sample;
 - the samples that are programs compile;
 - netlink/zsock.yaml keeps to the kernel's schema, and has the names and numbers
   of the header for user space.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import textwrap

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
PROGRAMS = ("tools/demo.d/hello.c", "samples/user/tls_client.c")
SAMPLES = "samples/user/*.c"
SPEC = "Documentation/netlink/zsock.yaml"
HEADER = "include/uapi/linux/zsock.h"
COMPILE = ("cc", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude/uapi", "-x", "c")


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
    programs = [read(path) for path in PROGRAMS]
    problems = []
    for path, program in zip(PROGRAMS, programs):
        if not any(block in program for block in blocks):
            problems.append(f"nothing of {path} is there")
    for block in blocks:
        if not any(block in program for program in programs):
            problems.append(f"in none of them:\n{block}")
    tap.result(f"README.md agrees with {' and '.join(PROGRAMS)}", problems)


def compiler_says(path, text=None):
    """What the compiler has against a file, or a text, as a list."""
    done = subprocess.run(
        [*COMPILE, path], input=text, cwd=TOP, capture_output=True, text=True, check=False
    )
    return [done.stderr] if done.returncode else []


def samples(tap):
    for path in sorted(glob.glob(SAMPLES, root_dir=TOP)):
        if shutil.which(COMPILE[0]):
            tap.result(f"{path} compiles", compiler_says(path))
        else:
            tap.skip(f"{path} compiles", "there is no C compiler")


def schema_of(spec):
    """The kernel's schema for such a specification, the newest that is here, or None."""
    cache = os.environ.get("ZSOCK_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "zsock"
    )
    name = f"src-*/Documentation/netlink/{spec['protocol']}.yaml"
    return (sorted(glob.glob(os.path.join(cache, name))) or [None])[-1]


def schema(tap, spec):
    """Whether nothing is known to be wrong."""
    name = "zsock.yaml keeps to the kernel's schema"
    path = schema_of(spec)
    if not path:
        tap.skip(name, "no kernel source")
        return True
    try:
        import jsonschema
        import yaml
    except ImportError:
        tap.skip(name, "python3-jsonschema is not installed")
        return True
    problems = []
    with open(path, encoding="utf-8") as file:
        rules = yaml.safe_load(file)
    try:
        jsonschema.validate(spec, rules)
    except jsonschema.ValidationError as error:
        problems = [str(error)]
    tap.result(name, problems)
    return not problems


def constants(prefix, names, first):
    """(name in C, value): numbered from first, unless an entry says its own."""
    value = first
    for entry in names:
        entry = entry if isinstance(entry, dict) else {"name": entry}
        value = entry.get("value", value)
        yield (prefix + entry["name"]).upper().replace("-", "_"), value
        value += 1


def specified(spec):
    """All (name in C, value) of the specification."""
    operations = spec["operations"]["list"]
    yield from constants("zsock-cmd-", operations, 1)
    yield "ZSOCK_CMD_MAX", len(operations)
    for attributes in spec["attribute-sets"]:
        prefix = attributes["name-prefix"]
        yield from constants(prefix, attributes["attributes"], 1)
        yield (prefix + "max").upper().replace("-", "_"), len(attributes["attributes"])
    for definition in spec["definitions"]:
        prefix = definition.get("name-prefix", f"zsock-{definition['name']}-")
        for name, value in constants(prefix, definition["entries"], 0):
            yield name, 1 << value if definition["type"] == "flags" else value


def header(tap, spec):
    name = "zsock.yaml has the header's names and numbers"
    if not shutil.which(COMPILE[0]):
        tap.skip(name, "there is no C compiler")
        return
    pairs = list(specified(spec))
    lines = ["#include <linux/zsock.h>"]
    lines += [f'_Static_assert({name} == {value}, "{name}");' for name, value in pairs]
    problems = compiler_says("-", "\n".join(lines) + "\n")
    # What counts itself was compared by its maximum; flags do not.
    for flag in re.findall(r"^#define (ZSOCK_(?:VERIFY|BACKEND_F)_\w+)", read(HEADER), re.M):
        if flag not in dict(pairs) and flag != "ZSOCK_VERIFY_REQUEST_MAX":
            problems.append(f"{flag} is not there")
    tap.result(name, problems)


def netlink(tap):
    try:
        import yaml
    except ImportError:
        tap.skip("zsock.yaml", "python3-yaml is not installed")
        return
    spec = yaml.safe_load(read(SPEC))
    if schema(tap, spec):
        header(tap, spec)


def main():
    tap = Tap()
    for check in (syntax, quoted, named, readme, samples, netlink):
        check(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
