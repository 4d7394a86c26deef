# SPDX-License-Identifier: GPL-2.0
"""Read TAP, and KTAP with its nested tests."""

import re

_RESULT = re.compile(r"^( *)(ok|not ok) +(\d+)?[ -]*(.*)$")
_PLAN = re.compile(r"^( *)1\.\.(\d+)( *# *SKIP.*)?", re.IGNORECASE)
_SKIP = re.compile(r"# *SKIP\b *(.*)", re.IGNORECASE)
_TODO = re.compile(r"# *TODO\b", re.IGNORECASE)
# Lines that are kept of what was said before a failure.
_BEFORE = 6


class Case:
    """One result."""

    def __init__(self, name, outcome, detail="", said=()):
        self.name = name
        self.outcome = outcome  # "pass", "fail" or "skip"
        self.detail = detail
        self.said = list(said)  # what came before it, if it failed


class Tap:
    """Fed with a program's output, keeps the results of the innermost tests."""

    def __init__(self):
        self.cases = []
        self.bailed = None
        self._plans = {}  # by depth: how many are to come
        self._seen = {}  # by depth: how many came
        self._open = {}  # by depth: the results deeper than it which its next result sums up
        self._said = []  # since the last result
        self.problems = []

    def line(self, text):
        if text.startswith("Bail out!"):
            self.bailed = text
            return
        plan = _PLAN.match(text)
        if plan:
            depth = len(plan[1])
            # A new group at this depth; the one before is checked where it ends.
            self._plans[depth] = int(plan[2])
            if depth > 0:
                self._seen[depth] = 0
            if plan[3]:
                self.cases.append(Case("everything", "skip", _SKIP.search(text)[1]))
            return
        result = _RESULT.match(text)
        if result:
            self._result(len(result[1]), result[2] == "ok", result[4])
            self._said = []
        else:
            self._said = self._said[1 - _BEFORE :] + [text.strip()]

    def _result(self, depth, good, rest):
        skip = _SKIP.search(rest)
        name = re.split(r" *# *(?:SKIP|TODO)", rest, flags=re.IGNORECASE)[0].strip() or "?"
        if skip:
            outcome = "skip"
        elif good or _TODO.search(rest):
            outcome = "pass"
        else:
            outcome = "fail"
        self._seen[depth] = self._seen.get(depth, 0) + 1

        inner = []
        for deeper in [d for d in self._open if d > depth]:
            inner += self._open.pop(deeper)
        for deeper in [d for d in self._plans if d > depth]:
            self._check(deeper)
        if inner:
            for case in inner:
                case.name = f"{name}: {case.name}"
            # A group may fail as such, where none of its tests does.
            if outcome == "fail" and all(c.outcome != "fail" for c in inner):
                self.cases.append(Case(name, "fail", "failed as a whole"))
            self._open.setdefault(depth, []).extend(inner)
            return
        said = self._said if outcome == "fail" else ()
        case = Case(name, outcome, skip[1] if skip else "", said)
        self.cases.append(case)
        self._open.setdefault(depth, []).append(case)

    def _check(self, depth):
        planned, seen = self._plans.pop(depth), self._seen.pop(depth, 0)
        if seen != planned:
            self.problems.append(f"{planned} tests were planned, {seen} reported")

    def finish(self, need_plan=True):
        """No more comes. What is wrong with the whole is in `problems`."""
        if self.bailed:
            self.problems.append(self.bailed)
        if need_plan and 0 not in self._plans:
            self.problems.append("it says no plan (1..N)")
        for depth in sorted(self._plans, reverse=True):
            self._check(depth)
