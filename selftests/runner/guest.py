# SPDX-License-Identifier: GPL-2.0
"""The tests of one kernel, in as few boots as can be."""

import os
import time

from . import klog
from .command import run, stopped
from .tap import Tap

_HERE = os.path.dirname(os.path.realpath(__file__))
# Past the tests' own limits: the boot, the modules, the search for leaks.
_SLACK = 120
# Each oops costs a boot. A module that oopses in every test need not be shown doing so.
_BOOTS = 6
# Shown of the kernel's log where it has to do with a failure.
_LOG_LINES = 35
# The kernel's log comes another way than the output: it may be this late.
_LATE = 3


class _Follow:
    """Reads the output of in-vm: which test runs, what it says, how it ended; judges it then."""

    def __init__(self, report, kernel, kernel_log):
        self._report = report
        self._kernel = kernel
        self._kernel_log = kernel_log
        self._log = None
        self._started = 0
        self.current = None
        self.results = {}  # name: (tap, lines, status or None, timeout or None, seconds)
        self.outside = []
        self.complaints = {}  # name: those of the kernel's that were told

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
        name = self.current
        result = self.results[name]
        result[2] = status
        result[4] = time.monotonic() - self._started
        self._log.close()
        self.current = None
        log = self._log_of(name, status is None)
        self.complaints[name] = _judge(self._report, self._kernel, name, result, log)

    def _log_of(self, name, dead):
        """The kernel's log of a test that is over."""
        end = time.monotonic() + (0 if dead else _LATE)
        while True:
            log = klog.lines(self._kernel_log)
            if klog.has_ended(log, name) or time.monotonic() >= end:
                return klog.split(log).get(name, [])
            time.sleep(0.05)

    def finish(self):
        """The guest is gone; true if a test was running."""
        if self.current is None:
            return False
        self._close(None)
        return True


def _judge(report, kernel, name, result, log):
    """Report one test; return the kernel's complaints in it."""
    tap, lines, status, timeout, seconds = result
    tap.finish()
    problems = list(tap.problems)
    if timeout is not None:
        problems.append(f"not done after {timeout} s")
    elif status is None:
        why = stopped()
        problems.append(f"was ended: {why}" if why else "the guest died while it ran")
    elif status not in (0, 4) and all(c.outcome != "fail" for c in tap.cases):
        # 4 is kselftest's "skipped".
        problems.append(f"exit status {status}")
    complaints = klog.complaints(log)
    problems += [f"the kernel complains: {line}" for line in complaints]
    tail = lines[-15:]
    if timeout is not None or status is None or complaints:
        tail = lines[-5:] + klog.excerpt(log, _LOG_LINES)
    report.test(f"{kernel} {name}", tap.cases, problems, seconds, tail)
    return complaints


def _late_complaints(report, kernel, follow, log):
    """What the kernel said of no test, or when that test was judged already."""
    parts = klog.split(klog.lines(log))
    for name, told in follow.complaints.items():
        for line in klog.complaints(parts.get(name, []))[len(told) :]:
            report.fail(f"{kernel} {name}", f"the kernel complains: {line}")
    outside = klog.complaints(parts[""])
    if outside:
        report.fail(f"{kernel} kernel", outside[0] + f" (outside of any test, see {log})")


def run_tests(report, top, kernel, part, tests, options):
    """Run them, boot again after a test which takes the guest down. `part` names the logs."""
    left = list(tests)
    for boot in range(1, _BOOTS + 1):
        plan = report.log_path(f"{kernel}/plan-{part}.{boot}")
        with open(plan, "w", encoding="utf-8") as file:
            for test in left:
                file.write(f"{test.name}|{test.seconds}|{' '.join(test.modules)}|{test.command}\n")
        log = report.log_path(f"{kernel}/kernel-{part}.{boot}")
        limit = sum(test.seconds for test in left) + _SLACK
        report.say(f"     {kernel}: booting for {len(left)} tests")
        follow = _Follow(report, kernel, log)
        command = [os.path.join(top, "tools", "vm"), "run", "--kernel", kernel, "--log", log]
        command += ["--timeout", str(limit), *options, "--", os.path.join(_HERE, "in-vm"), plan]
        output = report.log_path(f"{kernel}/output-{part}.{boot}")
        status, _, tail = run(command, top, output, follow.line)
        died = follow.finish()

        _late_complaints(report, kernel, follow, log)
        left = [test for test in left if test.name not in follow.results]
        if stopped():
            break
        if not follow.results:
            report.fail(f"{kernel}", f"no test ran: tools/vm says {status}", tail)
            return
        if not left:
            if status not in (0, 99):
                report.fail(f"{kernel}", f"tools/vm says {status}", tail)
            return
        if not died:
            break
    why = stopped() or "the guest died too often"
    for test in left:
        report.fail(f"{kernel} {test.name}", f"was not run: {why}")
