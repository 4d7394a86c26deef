# SPDX-License-Identifier: GPL-2.0
"""The tests of one kernel, in as few boots as can be."""

import os
import time

from . import klog
from .command import run
from .tap import Tap

_HERE = os.path.dirname(os.path.realpath(__file__))
# Past the tests' own limits: the boot, the modules, the search for leaks.
_SLACK = 120
# Each oops costs a boot. A module that oopses in every test need not be shown doing so.
_BOOTS = 6
# Shown of the kernel's log where it has to do with a failure.
_LOG_LINES = 35


class _Follow:
    """Reads the output of in-vm: which test runs, what it says, how it ended."""

    def __init__(self, report, kernel):
        self._report = report
        self._kernel = kernel
        self._log = None
        self._started = 0
        self.current = None
        self.results = {}  # name: (tap, lines, status or None, timeout or None, seconds)
        self.outside = []

    def line(self, text):
        # A test's last line may lack its end.
        text, at, mark = text.partition("@@") if "@@" in text else (text, "", "")
        if not at or mark.split(" ")[0] not in ("begin", "end", "timeout"):
            self._output(text + at + mark)
            return
        if text:
            self._output(text)
        word, *rest = mark.split(" ")
        if word == "begin":
            self.current = rest[0]
            self._started = time.monotonic()
            self.results[self.current] = [Tap(), [], None, None, 0]
            path = self._report.log_path(f"{self._kernel}/{self.current}")
            self._log = open(path, "w", encoding="utf-8")
        elif word == "timeout" and self.current:
            self.results[self.current][3] = int(rest[0])
        elif word == "end" and self.current:
            self._close(int(rest[1]))

    def _output(self, text):
        if self.current is None:
            self.outside.append(text)
            return
        self._log.write(text + "\n")
        result = self.results[self.current]
        result[0].line(text)
        result[1].append(text)
        del result[1][:-60]

    def _close(self, status):
        result = self.results[self.current]
        result[2] = status
        result[4] = time.monotonic() - self._started
        ended = "died" if status is None else f"exit status {status}"
        self._report.say(f"     {self._kernel} {self.current}: {ended} after {result[4]:.1f} s")
        self._log.close()
        self.current = None

    def finish(self):
        """The guest is gone; true if a test was running."""
        if self.current is None:
            return False
        self._close(None)
        return True


def _judge(report, kernel, name, result, log):
    tap, lines, status, timeout, seconds = result
    tap.finish()
    problems = list(tap.problems)
    if timeout is not None:
        problems.append(f"not done after {timeout} s")
    elif status is None:
        problems.append("the guest died while it ran")
    elif status not in (0, 4) and all(c.outcome != "fail" for c in tap.cases):
        # 4 is kselftest's "skipped".
        problems.append(f"exit status {status}")
    problems += [f"the kernel complains: {line}" for line in klog.complaints(log)]
    tail = lines[-15:]
    if timeout is not None or status is None or any("kernel complains" in p for p in problems):
        tail = lines[-5:] + klog.excerpt(log, _LOG_LINES)
    report.test(f"{kernel} {name}", tap.cases, problems, seconds, tail)


def run_tests(report, top, kernel, tests, options):
    """Run them, boot again after a test which takes the guest down."""
    left = list(tests)
    for boot in range(1, _BOOTS + 1):
        plan = report.log_path(f"{kernel}/plan-{boot}")
        with open(plan, "w", encoding="utf-8") as file:
            for test in left:
                file.write(f"{test.name}|{test.seconds}|{' '.join(test.modules)}|{test.command}\n")
        log = report.log_path(f"{kernel}/kernel-{boot}")
        limit = sum(test.seconds for test in left) + _SLACK
        report.say(f"     {kernel}: booting for {len(left)} tests")
        follow = _Follow(report, kernel)
        command = [os.path.join(top, "tools", "vm"), "run", "--kernel", kernel, "--log", log]
        command += ["--timeout", str(limit), *options, "--", os.path.join(_HERE, "in-vm"), plan]
        status, _, tail = run(command, top, report.log_path(f"{kernel}/output-{boot}"), follow.line)
        died = follow.finish()

        parts = klog.split(klog.lines(log))
        for name, result in follow.results.items():
            _judge(report, kernel, name, result, parts.get(name, []))
        outside = klog.complaints(parts[""])
        if outside:
            report.fail(f"{kernel} kernel", outside[0] + f" (outside of any test, see {log})")
        left = [test for test in left if test.name not in follow.results]
        if not follow.results:
            report.fail(f"{kernel}", f"no test ran: tools/vm says {status}", tail)
            return
        if not left:
            if status not in (0, 99):
                report.fail(f"{kernel}", f"tools/vm says {status}", tail)
            return
        if not died:
            break
    for test in left:
        report.fail(f"{kernel} {test.name}", "was not run: the guest died too often")
