# SPDX-License-Identifier: GPL-2.0
"""Run something, keep what it says."""

import subprocess
import time


def run(command, cwd, log, on_line=None, limit=None):
    """Run `command` with its output in the file `log`, line by line to `on_line`.

    Returns (exit status, seconds, last lines). `limit` seconds are the very last resort: what is
    run here has limits of its own.
    """
    start = time.monotonic()
    tail = []
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            for line in process.stdout:
                out.write(line)
                out.flush()
                tail = tail[-60:] + [line]
                if on_line:
                    on_line(line.rstrip("\n"))
            status = process.wait(limit)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    return status, time.monotonic() - start, tail
