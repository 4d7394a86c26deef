# SPDX-License-Identifier: GPL-2.0
"""The command line of selftests/run-all."""

import argparse
import fnmatch
import os
import shutil
import signal
import sys
import time

from . import testlist
from .command import run
from .guest import run_tests
from .host import run_host
from .kunit import run_kunit
from .lanes import Work, run_lanes
from .report import Report

_TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
_PLACES = ("kunit", "uml", "qemu", "host")
# By the tests' limits, of which they take a tenth: short enough for two lanes to share them,
# long enough for a boot each not to matter.
_PART_SECONDS = 3000


def _parser(doc):
    parser = argparse.ArgumentParser(
        prog="selftests/run-all",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", choices=_PLACES, action="append", help="only there (may be given repeatedly)")
    add("--no-build", action="store_true", help="take what is built already")
    add("--limit", type=float, metavar="MINUTES", help="end what runs by then, and say what it was")
    add("--from", dest="source", metavar="FILE", help="another list than selftests/list")
    add("--list", action="store_true", help="list the tests and stop")
    add("-v", "--verbose", action="store_true", help="name what passed, too")
    add("patterns", nargs="*", metavar="NAME", help="only these of selftests/list (* and ? match)")
    return parser


def _step(report, name, command):
    """What fails to build is reported, and missed later."""

    def progress(line):
        if line.startswith("build-uml: "):
            report.say("     " + line)

    log = report.log_path("build/" + name)
    status, seconds, tail = run(command, _TOP, log, progress)
    if status:
        report.fail(f"build {name}", f"{' '.join(command)} says {status}", tail)
    else:
        report.step_passed(f"build {name}", seconds)


def _build(report, places, limit):
    """Everything that the tests need. Compilers run side by side as it is; linkers do not."""

    def step(name, *command):
        return Work([f"build {name}"], _step, name, command)

    first = [step("packages", "tools/deps", "test")]
    modules = []
    if places & {"kunit", "uml"}:
        # The test programs take a header from its source.
        first.append(step("the UML kernel", "tools/kernel/build-uml", "debug"))
        modules.append(step("modules for UML", "make", "modules-uml"))
    others = [step("the tools", "make", "tools"), step("the test programs", "make", "selftests")]
    if "qemu" in places:
        others.append(step("modules for the stock kernel", "make", "modules-stock"))
    run_lanes(report, [first], limit=limit)
    run_lanes(report, [modules, others], limit=limit)


def _parts(tests):
    """The tests in their order, of each part no more than may take _PART_SECONDS."""
    parts, left = [], 0
    for test in tests:
        if not parts or left < test.seconds:
            parts.append([])
            left = _PART_SECONDS
        parts[-1].append(test)
        left -= test.seconds
    return parts


def _guests(kernel, parts, options):
    """Work for guests, one for each part."""
    return [
        Work(
            [f"{kernel} {test.name}" for test in part],
            run_tests, _TOP, kernel, number, part, [*options, "--unload"],
        )
        for number, part in enumerate(parts, 1)
    ]  # fmt: skip


def _test(report, places, tests, limit):
    """Two lanes, each a guest at a time.

    QEMU boots once, which takes long. UML's tests are the most by far; who has time does a part.
    The host's tests come last: they are short, so that both lanes end together.
    """
    uml, qemu, host = (
        [test for test in tests if place in test.where and place in places]
        for place in ("uml", "qemu", "host")
    )
    kunit = [Work(["kunit"], run_kunit, _TOP)] if "kunit" in places else []
    emulated = _guests("qemu", [qemu] if qemu else [], ["--cpus", "2"])
    common = _guests("uml", _parts(uml), [])
    common += [Work([f"host {test.name}"], run_host, _TOP, test) for test in host]
    run_lanes(report, [kunit, emulated], common, limit)


def _stop(*_):
    raise KeyboardInterrupt


def main(doc):
    """Parse the arguments and run; return the exit status."""
    options = _parser(doc).parse_args()
    try:
        tests = testlist.read(options.source or os.path.join(_TOP, "selftests", "list"))
    except (OSError, testlist.ListError) as error:
        print(f"run-all: {error}", file=sys.stderr)
        return 2
    patterns = options.patterns
    if patterns:
        tests = [t for t in tests if any(fnmatch.fnmatch(t.name, p) for p in patterns)]
        if not tests and patterns != ["kunit"]:
            print(f"run-all: no test is called {' or '.join(patterns)}", file=sys.stderr)
            return 2
    if options.list:
        for test in tests:
            print(f"{test.name:24} {','.join(test.where):14} {test.command}")
        return 0

    places = set(options.only or _PLACES)
    if patterns:
        places &= {place for test in tests for place in test.where} | (set(patterns) & {"kunit"})

    # Ctrl-C, TERM and HUP end whatever runs, which cleans up after itself.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    limit = time.monotonic() + 60 * options.limit if options.limit else None
    logs = os.path.join(_TOP, "build", "test-logs")
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    report = Report(logs, options.verbose)
    try:
        if not options.no_build:
            _build(report, places, limit)
        _test(report, places, tests, limit)
    except KeyboardInterrupt:
        print("\nrun-all: interrupted", file=sys.stderr)
        return 130
    return report.finish()
