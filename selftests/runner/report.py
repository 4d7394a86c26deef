# SPDX-License-Identifier: GPL-2.0
"""Counts results and shows them as they come."""

import os
import sys
import time

_TAIL = 45


class Report:
    """What passed, failed and was skipped."""

    def __init__(self, logs, verbose):
        self.logs = logs
        self.verbose = verbose
        self.passed = 0
        self.failures = []
        self.skipped = []
        self._start = time.monotonic()

    def say(self, text):
        seconds = int(time.monotonic() - self._start)
        print(f"[{seconds // 60:2d}:{seconds % 60:02d}] {text}", flush=True)

    def log_path(self, name):
        path = os.path.join(self.logs, name.replace(" ", "-") + ".log")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def fail(self, name, detail, tail=()):
        """One failure that is not a test's own."""
        self.failures.append(f"{name}: {detail}")
        self.say(f"FAIL {name}: {detail}")
        for line in list(tail)[-_TAIL:]:
            print(f"          {line.rstrip()}", flush=True)

    def step_passed(self, name, seconds):
        self.say(f"ok   {name} ({seconds:.0f} s)")

    def test(self, name, cases, problems, seconds, tail=()):
        """One program's results; `problems` are failures of the program as a whole."""
        good = sum(case.outcome == "pass" for case in cases)
        bad = [case for case in cases if case.outcome == "fail"]
        skipped = [case for case in cases if case.outcome == "skip"]
        self.passed += good
        self.skipped += [f"{name}: {c.name}: {c.detail or 'no reason given'}" for c in skipped]
        self.failures += [f"{name}: {case.name}" for case in bad]
        self.failures += [f"{name}: {problem}" for problem in problems]
        state = "FAIL" if bad or problems else "ok  "
        counts = f"{good} passed"
        if bad or problems:
            counts += f", {len(bad) + len(problems)} failed"
        if skipped:
            counts += f", {len(skipped)} skipped"
        self.say(f"{state} {name}: {counts} ({seconds:.1f} s)")
        for case in bad:
            print(f"          not ok: {case.name}")
        for problem in problems:
            print(f"          {problem}")
        if bad or problems:
            for line in list(tail)[-_TAIL:]:
                print(f"          | {line.rstrip()}")
        elif self.verbose:
            for case in cases:
                print(f"          {case.outcome}: {case.name}")
        sys.stdout.flush()

    def finish(self):
        """The summary; returns the exit status."""
        if self.skipped:
            print("\nSkipped:")
            for line in self.skipped:
                print(f"  {line}")
        if self.failures:
            print("\nFailed:")
            for line in self.failures:
                print(f"  {line}")
        seconds = int(time.monotonic() - self._start)
        print(f"\n{seconds // 60} min {seconds % 60} s; logs in {os.path.relpath(self.logs)}")
        print(f"{self.passed} passed, {len(self.failures)} failed, {len(self.skipped)} skipped")
        return 1 if self.failures else 0
