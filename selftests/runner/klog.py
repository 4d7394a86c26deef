# SPDX-License-Identifier: GPL-2.0
"""What the kernel's log of a guest says of each test."""

import os
import re
import sys

_TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "vm.d")
sys.path.insert(0, _TOOLS)

from zvm.splat import bare, scan  # noqa: E402  (the path comes first)

_NOISE = re.compile(r" *(\S+ )?\? | *[0-9a-f ]*$|Stack:|</?TASK>| *(R[A-Z]{2}|R\d+|RIP|Code): ")
_MARK = re.compile(r"zsock-test: (begin|end) (\S+)")


def lines(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except OSError:
        return []


def split(log):
    """{test: its part of the log}; what is outside of all tests is under ""."""
    parts, current = {"": []}, ""
    for line in log:
        mark = _MARK.search(line)
        if mark:
            current = mark[2] if mark[1] == "begin" else ""
            parts.setdefault(current, [])
        else:
            parts[current].append(line)
    return parts


def has_ended(log, test):
    """Whether all of a test's part is there."""
    return any(mark[1] == "end" and mark[2] == test for mark in map(_MARK.search, log) if mark)


def complaints(log):
    """The first line of each report in it."""
    return [bare(report[0]) for report in scan(log)]


def excerpt(log, most):
    """What of it to show a person: the first report, or else its end."""
    reports = scan(log)
    part = [bare(line) for line in (reports[0] if reports else log[-3 * most :])]
    # Neither registers nor what only happens to lie on the stack.
    part = [line for line in part if not _NOISE.match(line)]
    return part[:most] if reports else part[-most:]


__all__ = ["bare", "complaints", "excerpt", "has_ended", "lines", "split"]
