# SPDX-License-Identifier: GPL-2.0
"""selftests/list: one test a line.

    name  where  seconds  modules  command ...

`where` is one or more of uml, qemu and host, with commas; `modules` are further modules to load
while it runs, with commas, or "-". The command runs in the top directory and prints TAP.
"""

import os


class Test:
    """One line of it."""

    def __init__(self, name, where, seconds, modules, command):
        self.name = name
        self.where = where
        self.seconds = seconds
        self.modules = modules
        self.command = command


class ListError(Exception):
    """The list makes no sense."""


_PLACES = {"uml", "qemu", "host"}


def read(path):
    tests = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            where_am_i = f"{os.path.relpath(path)}:{number}"
            fields = line.split(None, 4)
            if len(fields) != 5:
                raise ListError(f"{where_am_i}: five fields are wanted")
            name, where, seconds, modules, command = fields
            where = where.split(",")
            if not set(where) <= _PLACES:
                raise ListError(f"{where_am_i}: unknown place in {','.join(where)}")
            if not seconds.isdigit():
                raise ListError(f"{where_am_i}: '{seconds}' is no number of seconds")
            if any(t.name == name for t in tests):
                raise ListError(f"{where_am_i}: a second test {name}")
            modules = [] if modules == "-" else modules.split(",")
            tests.append(Test(name, where, int(seconds), modules, command))
    return tests
