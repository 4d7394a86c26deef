# SPDX-License-Identifier: GPL-2.0
"""The small initramfs in which Debian's kernel finds the host's files."""

import gzip
import hashlib
import lzma
import os
import subprocess
import tempfile

from .errors import VmError

_HERE = os.path.dirname(os.path.realpath(__file__))
_INIT = os.path.join(os.path.dirname(_HERE), "init-qemu")
_MODULES = ("9pnet_virtio", "9p", "overlay")


def _cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.environ.get("ZSOCK_CACHE") or os.path.join(base, "zsock")


def _name(path):
    return os.path.basename(path).split(".")[0].replace("-", "_")


def _ordered(moddir):
    """The modules' files, each after those that it needs."""
    files, needs = {}, {}
    with open(os.path.join(moddir, "modules.dep"), encoding="utf-8") as dep:
        for line in dep:
            path, _, deps = line.partition(":")
            files[_name(path)] = path
            needs[_name(path)] = [_name(d) for d in deps.split()]
    with open(os.path.join(moddir, "modules.builtin"), encoding="utf-8") as builtin:
        builtins = {_name(line.strip()) for line in builtin}

    order = []

    def add(name):
        if name in builtins or name in order:
            return
        if name not in files:
            raise VmError(f"{moddir} has no module {name}")
        # modules.dep lists what is needed last first.
        for needed in reversed(needs[name]):
            add(needed)
        order.append(name)

    for name in _MODULES:
        add(name)
    return [files[name] for name in order]


def _read(path):
    with open(path, "rb") as file:
        data = file.read()
    if path.endswith(".xz"):
        return lzma.decompress(data)
    if path.endswith(".gz"):
        return gzip.decompress(data)
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def _entry(name, mode, data=b""):
    """One member of a cpio archive of the kind that the kernel reads."""
    name = name.encode() + b"\0"
    fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def build(release):
    """Return the initramfs for this kernel, made now if need be."""
    moddir = f"/lib/modules/{release}"
    busybox = "/bin/busybox"
    if not os.path.exists(busybox):
        raise VmError("no /bin/busybox: run tools/deps vm")
    key = hashlib.sha256()
    for path in (_INIT, os.path.realpath(__file__), os.path.join(moddir, "modules.dep"), busybox):
        with open(path, "rb") as file:
            key.update(file.read())
    cached = os.path.join(_cache(), f"initramfs-{release}-{key.hexdigest()[:12]}.cpio")
    if os.path.exists(cached):
        return cached

    parts = []
    for name in ("bin", "dev", "proc", "sys", "layer", "root", "modules"):
        parts.append(_entry(name, 0o040755))
    parts.append(_entry("bin/busybox", 0o100755, _read(busybox)))
    parts.append(_entry("bin/sh", 0o120777, b"busybox"))
    parts.append(_entry("init", 0o100755, _read(_INIT)))
    order = []
    for path in _ordered(moddir):
        base = _name(path) + ".ko"
        order.append(base + "\n")
        parts.append(_entry("modules/" + base, 0o100644, _read(os.path.join(moddir, path))))
    parts.append(_entry("modules/order", 0o100644, "".join(order).encode()))
    parts.append(_entry("TRAILER!!!", 0))

    os.makedirs(_cache(), exist_ok=True)
    # Two at a time must not see each other's half.
    with tempfile.NamedTemporaryFile(dir=_cache(), prefix="initramfs.", delete=False) as out:
        out.write(b"".join(parts))
    os.replace(out.name, cached)
    return cached
