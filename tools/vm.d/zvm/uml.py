# SPDX-License-Identifier: GPL-2.0
"""User-Mode Linux."""

import fcntl
import os
import socket
import struct
import subprocess

from .errors import VmError
from .machine import Machine

_HERE = os.path.dirname(os.path.realpath(__file__))
_TOOLS = os.path.dirname(os.path.dirname(_HERE))

_MCONSOLE_MAGIC = 0xCAFEBABE
_MCONSOLE_VERSION = 2
_MCONSOLE_DATA = 512

# UML does not wait for a full pipe to the log, it drops what does not fit.
_LOG_PIPE_SIZE = 1 << 20


class Uml(Machine):
    """One of the kernels that tools/kernel/build-uml makes."""

    def __init__(self, options, directory, variant):
        super().__init__(options, directory)
        self.variant = variant
        self._theirs = {}
        self._mconsole = None

    def prepare(self, shell):
        self.lines["log"], self._theirs["log"] = os.pipe()
        fcntl.fcntl(self.lines["log"], fcntl.F_SETPIPE_SZ, _LOG_PIPE_SIZE)
        for name in ("out", "err", "ctl") + (("tty",) if shell else ()):
            # UML wants to wait for input, too: a pipe has none, and a null device cannot wait.
            pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            self.lines[name], self._theirs[name] = (end.detach() for end in pair)
        return {"KERNEL": "uml"}

    def _kernel(self):
        command = [os.path.join(_TOOLS, "kernel", "build-uml"), "--print", self.variant]
        found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if found.returncode:
            raise VmError(
                f"there is no UML kernel: run 'tools/kernel/build-uml {self.variant}'"
                " (some minutes, once)"
            )
        return os.path.join(found.stdout.strip(), "linux")

    def start(self, job):
        if self.options.cpus != 1:
            raise VmError("UML has one CPU in this version: --cpus needs --kernel qemu")
        if self.options.icount:
            raise VmError("--icount needs --kernel qemu")
        theirs = self._theirs
        command = [
            self._kernel(),
            f"mem={self.options.mem}",
            "root=none",
            "rootfstype=hostfs",
            "rootflags=/",
            "ro",
            # Before the consoles are there, and then on the first of them.
            "earlyprintk",
            "con=null",
            f"con0=null,fd:{theirs['log']}",
            "ssl=null",
            *(
                f"ssl{number}=fd:{theirs[name]},fd:{theirs[name]}"
                for number, name in enumerate(("out", "err", "ctl", "tty"))
                if name in theirs
            ),
            f"uml_dir={self.directory}/",
            "umid=uml",
            "loglevel=8",
            "printk.time=1",
            "printk.devkmsg=on",
            "sysrq_always_enabled",
            "panic=-1",
            *self.options.append,
            f"init={os.path.dirname(_HERE)}/init-uml",
            "--",
            f"{os.path.dirname(_HERE)}/init",
            job,
        ]
        # The guest's memory is a file there, which must be on a tmpfs to be fast.
        env = dict(os.environ, TMPDIR="/dev/shm")
        self.spawn(command, pass_fds=tuple(theirs.values()), env=env)
        for fd in theirs.values():
            os.close(fd)
        theirs.clear()

    def messages(self):
        # What the kernel prints with the host's means, before and after its own, is log as well.
        return self._theirs["log"]

    def stack_requests(self):
        # See the script stacks. Where init never gets the processor, the little that the
        # kernel can say in an interrupt is better than nothing.
        return [
            (lambda: os.write(self.lines["ctl"], b"stacks\n"), True),
            (lambda: self._sysrq("t"), False),
        ]

    def _sysrq(self, key):
        # It stays open: UML answers.
        self._mconsole = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mconsole.bind("")
        data = f"sysrq {key}".encode()
        self._mconsole.sendto(
            struct.pack(
                f"=III{_MCONSOLE_DATA}s", _MCONSOLE_MAGIC, _MCONSOLE_VERSION, len(data), data
            ),
            os.path.join(self.directory, "uml", "mconsole"),
        )
