# SPDX-License-Identifier: GPL-2.0
"""KUnit: the module with the suites runs them when it is loaded, and talks through the log."""

import os

from . import klog
from .command import run, stopped
from .tap import Tap

_MODULE = "zsock_kunit"
_SECONDS = 300


def run_kunit(report, top):
    name = "kunit"
    log = report.log_path("kunit/kernel")
    # From within, not by --modules: the suites may take longer than loading a module should.
    command = [
        os.path.join(top, "tools", "vm"), "run", "--log", log, "--timeout", str(_SECONDS), "--",
        "sh", "-c", f'insmod "$ZSOCK_MODULE_DIR/{_MODULE}.ko" && rmmod {_MODULE}',
    ]  # fmt: skip
    if not os.path.exists(os.path.join(top, "build", "uml", f"{_MODULE}.ko")):
        report.fail(name, f"there is no build/uml/{_MODULE}.ko")
        return
    status, seconds, tail = run(command, top, report.log_path("kunit/output"))
    lines = klog.lines(log)
    tap = Tap()
    for line in lines:
        tap.line(klog.bare(line))
    tap.finish()
    problems = list(tap.problems)
    if stopped():
        problems.append(f"was ended: {stopped()}")
    if not tap.cases:
        problems.append("no test ran")
    problems += [f"the kernel complains: {line}" for line in klog.complaints(lines)]
    if status and not problems and all(case.outcome != "fail" for case in tap.cases):
        problems.append(f"exit status {status}")
    report.test(name, tap.cases, problems, seconds, tail[-20:])
