# SPDX-License-Identifier: GPL-2.0
"""Work side by side: a guest keeps one processor busy, there are two."""

import collections
import signal
import threading
import time
import traceback

from . import command

# To end by itself: a guest's killer waits for a guest's processes.
_PATIENCE = 25


class Work:
    """Something to do: a function, and for the report what is missed where it is not done."""

    def __init__(self, names, function, *arguments):
        self.names = names
        self._function = function
        self._arguments = arguments

    def do(self, report):
        try:
            self._function(report, *self._arguments)
        except command.Stopped as why:
            for name in self.names:
                report.fail(name, f"was not run: {why}")
        except Exception:  # Whatever it is: the other lane, and what comes next here, go on.
            trace = traceback.format_exc().splitlines()
            report.fail(" ".join(self.names), "run-all itself failed", trace)


def _lane(report, own, common):
    own = collections.deque(own)
    while True:
        try:
            work = own.popleft() if own else common.popleft()
        except IndexError:
            return
        work.do(report)


def run_lanes(report, lanes, common=(), limit=None):
    """Do all of each lane's work in its order, and that of `common` where there is time first.

    At most until `limit`, as time.monotonic() counts.
    """
    common = collections.deque(common)
    threads = [
        threading.Thread(target=_lane, args=(report, own, common), daemon=True) for own in lanes
    ]
    for thread in threads:
        thread.start()
    try:
        while _alive(threads):
            if limit is not None and time.monotonic() > limit:
                command.stop("the time is up")
                _wait_then_kill(report, threads)
                return
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        report.mute()
        command.stop("interrupted")
        _wait_then_kill(report, threads)
        raise


def _alive(threads):
    """Wait for a moment; not for ever, which no signal would interrupt."""
    for thread in threads:
        if thread.is_alive():
            thread.join(0.2)
            return True
    return False


def _wait_then_kill(report, threads):
    for last_resort in (command.kill, report.mute):
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if not _alive(threads):
                return
        last_resort()
