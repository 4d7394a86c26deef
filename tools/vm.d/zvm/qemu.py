# SPDX-License-Identifier: GPL-2.0
"""Debian's own kernel in QEMU."""

import os
import shutil
import socket
import subprocess

from . import initramfs
from .errors import VmError
from .machine import Machine

_INIT = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "init")
_RELEASE = os.path.join(
    os.path.dirname(os.path.realpath(__file__)), "..", "..", "kernel", "stock-release"
)


def stock_release():
    """The newest of the installed stock kernels that can be used."""
    found = subprocess.run([_RELEASE], capture_output=True, text=True)
    if found.returncode:
        raise VmError(found.stderr.strip())
    return found.stdout.strip()


class Qemu(Machine):
    """By default without KVM: where it is nested, it starts no stock kernel."""

    boot_seconds = 180
    end_seconds = 20

    def __init__(self, options, directory):
        super().__init__(options, directory)
        self.release = stock_release()
        self._listeners = {}
        self._sockets = {}

    def prepare(self, shell):
        for name in ["log", "out", "err", "ctl", "mon"] + (["tty"] if shell else []):
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listener.bind(os.path.join(self.directory, name))
            listener.listen(1)
            listener.settimeout(30)
            self._listeners[name] = listener
        return {"KERNEL": "qemu"}

    def start(self, job):
        options = self.options
        binary = shutil.which("qemu-system-x86_64")
        if binary is None:
            raise VmError("no qemu-system-x86_64: run tools/deps vm")
        cpu = "max,la57=off"
        accel = options.accel
        if options.icount:
            if options.cpus != 1:
                raise VmError("--icount needs --cpus 1")
            # With these, memcpy() is one instruction that QEMU counts once for each byte.
            cpu += ",erms=off,fsrm=off"
        elif accel == "kvm":
            cpu = "host"
        if accel == "tcg" and options.cpus > 1:
            # With a thread for each CPU, one may run an int3 that another has taken out of
            # the code since, as the kernel does for static keys: "Oops: int3" anywhere.
            accel += ",thread=single"
        append = [
            "console=ttyS0",
            "loglevel=8",
            "printk.time=1",
            "printk.devkmsg=on",
            "sysrq_always_enabled",
            "panic=-1",
            "oops=panic",
            "random.trust_cpu=on",
            "8250.nr_uarts=1",
            "nokaslr",
            "no_timer_check",
            "audit=0",
            # init finds these in its environment. As arguments they would come mixed with
            # the words above that the kernel does not know.
            f"vm_init={_INIT}",
            f"vm_job={job}",
            *options.append,
        ]
        command = [
            binary, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", "q35",
            "-accel", accel,
            "-cpu", cpu,
            "-smp", str(options.cpus),
            "-m", options.mem,
            "-kernel", f"/boot/vmlinuz-{self.release}",
            "-initrd", initramfs.build(self.release),
            "-append", " ".join(append),
            "-device", "virtio-serial-pci",
        ]  # fmt: skip
        if options.icount:
            command += ["-icount", "shift=0"]
        for name in self._listeners:
            command += ["-chardev", f"socket,id={name},path={self.directory}/{name}"]
        command += ["-serial", "chardev:log", "-mon", "chardev=mon,mode=readline"]
        if "tty" in self._listeners:
            command += ["-device", "virtconsole,chardev=tty"]
        for name in ("out", "err", "ctl"):
            command += ["-device", f"virtserialport,chardev={name},name={name}"]
        command += self._share("root", "/", ",readonly=on")
        for tag, directory in options.shares:
            command += self._share(tag, directory, "")

        self.spawn(command)
        for name, listener in self._listeners.items():
            try:
                self._sockets[name], _ = listener.accept()
            except TimeoutError:
                raise VmError("QEMU does not start: " + self.own_messages()) from None
            if name != "mon":
                self.lines[name] = self._sockets[name].fileno()
            listener.close()

    @staticmethod
    def _share(tag, directory, more):
        directory = directory.replace(",", ",,")
        return [
            "-fsdev", f"local,id={tag},path={directory},security_model=none,multidevs=remap{more}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}",
        ]  # fmt: skip

    def stack_requests(self):
        return [(lambda: self._sysrq("w"), True), (lambda: self._sysrq("t"), True)]

    def _sysrq(self, key):
        self._sockets["mon"].sendall(b"chardev-send-break log\n")
        self._sockets["log"].sendall(key.encode())
