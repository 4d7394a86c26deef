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
from .kunit import run_kunit
from .report import Report
from .tap import Tap

_TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
_PLACES = ("kunit", "uml", "qemu", "host")


def _parser(doc):
    parser = argparse.ArgumentParser(
        prog="selftests/run-all",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", choices=_PLACES, action="append", help="only there (may be given repeatedly)")
    add("--no-build", action="store_true", help="take what is built already")
    add("--from", dest="source", metavar="FILE", help="another list than selftests/list")
    add("--list", action="store_true", help="list the tests and stop")
    add("-v", "--verbose", action="store_true", help="name what passed, too")
    add("patterns", nargs="*", metavar="NAME", help="only these of selftests/list (* and ? match)")
    return parser


def _build(report, places):
    """Everything that the tests need; what fails is reported, and missed later."""
    steps = [("packages", ["tools/deps", "test"])]
    if places & {"kunit", "uml"}:
        steps += [
            ("the UML kernel", ["tools/kernel/build-uml", "debug"]),
            ("modules for UML", ["make", "modules-uml"]),
        ]
    if "qemu" in places:
        steps.append(("modules for the stock kernel", ["make", "modules-stock"]))
    steps += [
        ("the tools", ["make", "tools"]),
        ("the test programs", ["make", "selftests"]),
    ]
    for name, command in steps:

        def progress(line):
            if line.startswith("build-uml: "):
                report.say("     " + line)

        log = report.log_path("build/" + name)
        status, seconds, tail = run(command, _TOP, log, progress)
        if status:
            report.fail(f"build {name}", f"{' '.join(command)} says {status}", tail)
        else:
            report.step_passed(f"build {name}", seconds)


def _host(report, tests):
    for test in tests:
        tap = Tap()
        command = ["timeout", "--kill-after=20", str(test.seconds), "bash", "-c", test.command]
        status, seconds, tail = run(
            command, _TOP, report.log_path(f"host/{test.name}"), tap.line
        )
        tap.finish()
        problems = list(tap.problems)
        if status == 124:
            problems.append(f"not done after {test.seconds} s")
        elif status not in (0, 4) and all(case.outcome != "fail" for case in tap.cases):
            problems.append(f"exit status {status}")
        report.test(f"host {test.name}", tap.cases, problems, seconds, tail)


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

    # Ctrl-C and TERM end whatever runs, which cleans up after itself.
    signal.signal(signal.SIGTERM, _stop)
    logs = os.path.join(_TOP, "build", "test-logs")
    shutil.rmtree(logs, ignore_errors=True)
    os.makedirs(logs)
    report = Report(logs, options.verbose)
    try:
        if not options.no_build:
            _build(report, places)
        if "kunit" in places:
            run_kunit(report, _TOP)
        for kernel, more in (("uml", ["--unload"]), ("qemu", ["--cpus", "2", "--unload"])):
            here = [test for test in tests if kernel in test.where]
            if kernel in places and here:
                run_tests(report, _TOP, kernel, here, more)
        if "host" in places:
            _host(report, [test for test in tests if "host" in test.where])
    except KeyboardInterrupt:
        # Give the guest's killer the time that it needs.
        time.sleep(0.5)
        print("\nrun-all: interrupted", file=sys.stderr)
        return 130
    return report.finish()
