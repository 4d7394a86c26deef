# SPDX-License-Identifier: GPL-2.0
"""Which modules to load, and what they need first."""

import os
import re

from .errors import VmError


def _depends(path):
    """The modules that this one's modinfo names."""
    with open(path, "rb") as file:
        found = re.search(rb"\0depends=([^\0]*)\0", b"\0" + file.read())
    return [name for name in found[1].decode().split(",") if name] if found else []


class Plan:
    """What the guest gives to modprobe, and then to insmod ("path parameters"), in order."""

    def __init__(self, directory, hint):
        self.directory = directory  # our modules for this kernel
        self.hint = hint  # the command that builds them
        self.modprobe = []
        self.insmod = []
        self._seen = set()

    def want(self, item):
        """`item` is a module's name or file, perhaps with parameters: "zsock:family=19"."""
        module, _, params = item.partition(":")
        if module.endswith(".ko"):
            path = os.path.abspath(module)
            if not os.path.exists(path):
                raise VmError(f"no such module: {module}")
        else:
            path = os.path.join(self.directory, module.replace("-", "_") + ".ko")
            if not os.path.exists(path):
                raise VmError(f"{path} is not built: run '{self.hint}'")
        if re.search(r"\s", path):
            raise VmError(f"cannot load a module from a path with blanks: {path}")
        self._add(path, params)

    def _add(self, path, params):
        name = os.path.basename(path)[: -len(".ko")]
        if name in self._seen:
            return
        self._seen.add(name)
        for needed in _depends(path):
            ours = os.path.join(self.directory, needed + ".ko")
            if os.path.exists(ours):
                self._add(ours, "")
            elif needed not in self._seen:
                self._seen.add(needed)
                self.modprobe.append(needed)
        self.insmod.append(f"{path} {params}".rstrip())
