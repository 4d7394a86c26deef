# SPDX-License-Identifier: GPL-2.0
"""What the kernel's log of a guest says of each test."""

import os
import re
import sys

_TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools", "vm.d")
sys.path.insert(0, _TOOLS)

from zvm.splat import bare, scan  # noqa: E402  (the path comes first)

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


def complaints(log):
    """The first line of each report in it."""
    return [bare(report[0]) for report in scan(log)]


__all__ = ["bare", "complaints", "lines", "split"]
