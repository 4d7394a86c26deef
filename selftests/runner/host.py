# SPDX-License-Identifier: GPL-2.0
"""The tests that need no guest."""

from .command import run, stopped
from .tap import Tap


def run_host(report, top, test):
    tap = Tap()
    command = ["timeout", "--kill-after=20", str(test.seconds), "bash", "-c", test.command]
    status, seconds, tail = run(command, top, report.log_path(f"host/{test.name}"), tap.line)
    tap.finish()
    problems = list(tap.problems)
    if stopped():
        problems.append(f"was ended: {stopped()}")
    elif status == 124:
        problems.append(f"not done after {test.seconds} s")
    elif status not in (0, 4) and all(case.outcome != "fail" for case in tap.cases):
        problems.append(f"exit status {status}")
    report.test(f"host {test.name}", tap.cases, problems, seconds, tail)
