#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""zsock-offloadd, spoken to by the protocol; prints TAP lines without numbers.

usage: offloadd_test.py [PART...], where OFFLOADD is the program
"""

import importlib
import socket
import sys
import time
import traceback

import host

PARTS = ("streams", "more", "urgent", "listen", "dgrams", "options", "rules", "internal", "many",
         "hostile", "fuzz")


def run(text, function):
    began = time.monotonic()
    try:
        function()
        print(f"ok {text}", flush=True)
        return True
    except Exception:                   # pylint: disable=broad-exception-caught
        for line in traceback.format_exc().splitlines()[-6:]:
            print(f"# {line}")
        print(f"not ok {text}", flush=True)
        return False
    finally:
        print(f"# {time.monotonic() - began:.1f} s", file=sys.stderr)


def main():
    socket.setdefaulttimeout(30)
    parts = sys.argv[1:] or PARTS
    for part in parts:
        importlib.import_module(f"t_{part}")
    results = [run(text, function) for text, function in host.CASES]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
