# SPDX-License-Identifier: GPL-2.0
"""Counts results and shows them as they come."""

import os
import threading
import time

_TAIL = 45
# The slowest that are named at the end.
_SLOWEST = 12


class Report:
    """What passed, failed and was skipped. Several threads may report."""

    def __init__(self, logs, verbose):
        self.logs = logs
        self.verbose = verbose
        self.passed = 0
        self.failures = []
        self.skipped = []
        self._times = []
        self._start = time.monotonic()
        self._lock = threading.RLock()
        self._muted = False

    def mute(self):
        """Nothing more is wanted."""
        self._muted = True

    def say(self, text, more=()):
        """A line with the time, and what belongs below it: together, whoever else reports."""
        seconds = int(time.monotonic() - self._start)
        lines = [f"[{seconds // 60:2d}:{seconds % 60:02d}] {text}"]
        lines += [f"          {line.rstrip()}" for line in more]
        with self._lock:
            if not self._muted:
                print("\n".join(lines), flush=True)

    def log_path(self, name):
        path = os.path.join(self.logs, name.replace(" ", "-") + ".log")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def fail(self, name, detail, tail=()):
        """One failure that is not a test's own."""
        with self._lock:
            self.failures.append(f"{name}: {detail}")
            self.say(f"FAIL {name}: {detail}", list(tail)[-_TAIL:])

    def step_passed(self, name, seconds):
        self.say(f"ok   {name} ({seconds:.0f} s)")

    def test(self, name, cases, problems, seconds, tail=()):
        """One program's results; `problems` are failures of the program as a whole."""
        good = sum(case.outcome == "pass" for case in cases)
        bad = [case for case in cases if case.outcome == "fail"]
        skipped = [case for case in cases if case.outcome == "skip"]
        failed = len(bad) + len(problems)
        counts = f"{good} passed"
        if failed:
            counts += f", {failed} failed"
        if skipped:
            counts += f", {len(skipped)} skipped"
        more = []
        for case in bad:
            more += [f"not ok: {case.name}"] + [f"  | {line}" for line in case.said]
        more += problems
        if failed:
            more += [f"| {line}" for line in list(tail)[-_TAIL:]]
        elif self.verbose:
            more += [f"{case.outcome}: {case.name}" for case in cases]
        with self._lock:
            self.passed += good
            self.skipped += [f"{name}: {c.name}: {c.detail or 'no reason given'}" for c in skipped]
            for case in bad:
                self.failures.append("\n      | ".join([f"{name}: {case.name}"] + case.said))
            self.failures += [f"{name}: {problem}" for problem in problems]
            self._times.append((seconds, name))
            self.say(f"{'FAIL' if failed else 'ok  '} {name}: {counts} ({seconds:.1f} s)", more)

    def finish(self):
        """The summary; returns the exit status."""
        self._muted = True
        if len(self._times) > 1:
            print("\nSlowest:")
            for seconds, name in sorted(self._times, reverse=True)[:_SLOWEST]:
                print(f"  {seconds:6.1f} s  {name}")
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
