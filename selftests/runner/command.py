# SPDX-License-Identifier: GPL-2.0
"""Run something, keep what it says."""

import subprocess
import threading
import time

_KILL_SECONDS = 20

_lock = threading.Lock()
_running = set()
_stopped = None


class Stopped(Exception):
    """Nothing is to be started any more. The argument says why."""


def stopped():
    """Why nothing is started any more, or None."""
    return _stopped


def stop(why):
    """End what runs, and have nothing started from here on. Does not wait."""
    global _stopped
    with _lock:
        _stopped = _stopped or why
        for process in _running:
            process.terminate()


def kill():
    """For what did not end when told to."""
    with _lock:
        for process in _running:
            process.kill()


def _start(command, cwd):
    with _lock:
        if _stopped:
            raise Stopped(_stopped)
        process = subprocess.Popen(
            # Nobody would end a guest whose run-all was killed.
            ["setpriv", "--pdeathsig", "TERM", "--", *command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        _running.add(process)
        return process


def _end(process):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    with _lock:
        _running.discard(process)


def run(command, cwd, log, on_line=None):
    """Run `command` with its output in the file `log`, line by line to `on_line`.

    Returns (exit status, seconds, last lines). What is run here has limits of its own; stop()
    ends it.
    """
    start = time.monotonic()
    tail = []
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        process = _start(command, cwd)
        try:
            for line in process.stdout:
                out.write(line)
                out.flush()
                tail = tail[-60:] + [line]
                if on_line:
                    on_line(line.rstrip("\n"))
            status = process.wait()
        finally:
            _end(process)
    return status, time.monotonic() - start, tail
