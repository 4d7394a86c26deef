# SPDX-License-Identifier: GPL-2.0
"""The command line of tools/vm."""

import argparse
import contextlib
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile

from . import job
from .errors import TROUBLE, VmError
from .modules import Plan
from .qemu import Qemu, stock_release
from .session import Session
from .terminal import Terminal
from .uml import Uml

_TREE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
_LONGEST_TMPDIR = 70
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
_KERNELS = ("uml", "uml-fast", "qemu")


class Stopped(Exception):
    """A signal asks us to go."""


def _parser(doc):
    parser = argparse.ArgumentParser(
        prog="tools/vm", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    sub = parser.add_subparsers(dest="verb", required=True)
    common = argparse.ArgumentParser(add_help=False)
    add = common.add_argument
    add("--kernel", choices=_KERNELS, default="uml", help="default: uml")
    add("--cpus", type=int, default=1, metavar="N", help="default: 1; more only in qemu")
    add("--mem", default="1G", metavar="SIZE", help="default: 1G")
    add("--timeout", type=float, metavar="S", help="default for run: 300 seconds from boot on")
    add("--icount", action="store_true", help="qemu: a clock that counts instructions")
    add("--accel", default="tcg", metavar="NAME", help="qemu: default tcg")
    add("--share", action="append", default=[], metavar="DIR", help="writes there are real")
    add("--no-module", action="store_true", help="do not load zsock")
    add("--modules", default="", metavar="A,B", help="load these too: a name, or a .ko file;"
        " either may have parameters: 'zsock:family=19'")  # fmt: skip
    add("--unload", action="store_true", help="remove the modules at the end: what holds them is an error")
    add("--no-kmemleak", action="store_true", help="save the six seconds that the search for leaks takes")
    add("--allow", action="append", default=[], metavar="REGEX", help="no complaint of the kernel's is a line like this")
    add("--log", metavar="FILE", help="write the kernel's log there")
    add("--append", action="append", default=[], metavar="ARG", help="one more word for the kernel's command line")
    add("-v", "--verbose", action="store_true", help="show the kernel's log on stderr")
    run = sub.add_parser("run", parents=[common], help="run a command")
    run.add_argument("command", nargs="+", metavar="COMMAND", help="after --")
    sub.add_parser("shell", parents=[common], help="an interactive shell")
    return parser


def _shares(directories):
    shares = []
    for number, directory in enumerate(directories):
        path = os.path.realpath(directory)
        if not os.path.isdir(path):
            raise VmError(f"--share {directory}: no such directory")
        shares.append((f"share{number}", path))
    return shares


def _modules(options, variables):
    release = stock_release() if options.kernel == "qemu" else None
    directory, hint = {
        "uml": ("uml", "make modules-uml"),
        "uml-fast": ("uml-fast", "make modules-uml-fast"),
        "qemu": (release, "make modules-stock"),
    }[options.kernel]
    directory = os.path.join(_TREE, "build", directory)
    plan = Plan(directory, hint)
    wanted = [name for name in options.modules.split(",") if name]
    if not options.no_module and not any(w.split(":")[0] == "zsock" for w in wanted):
        wanted.insert(0, "zsock")
    for item in wanted:
        plan.want(item)
    variables["MODPROBE"] = plan.modprobe
    variables["INSMOD"] = plan.insmod
    return directory


def _run(options, directory, log):
    token = secrets.token_hex(16)
    options.shares = _shares(options.share)
    cwd = os.getcwd()
    variables = {}
    module_dir = _modules(options, variables)
    if options.kernel == "qemu":
        machine = Qemu(options, directory)
    else:
        machine = Uml(options, directory, "fast" if options.kernel == "uml-fast" else "debug")
    rows, columns = Terminal.size() if options.shell else (0, 0)
    variables.update(machine.prepare(options.shell))
    variables.update(
        TOKEN=token,
        COMMAND=options.command,
        CWD=cwd,
        ENV=job.environment(
            {
                "ZSOCK_VM": options.kernel,
                "ZSOCK_MODULE_DIR": module_dir,
                **({"PS1": r"[\h \w]\$ "} if options.shell else {}),
            }
        ),
        SHARES=[f"{tag}:{path}" for tag, path in options.shares],
        # A fresh /tmp, unless what is wanted seems to be in the host's.
        KEEP_TMP=any(
            re.search(r"(^|[^\w.-])/tmp\b", text)
            for text in [cwd] + options.command + variables["INSMOD"]
        ),
        KMEMLEAK=options.kernel == "uml" and not options.no_kmemleak,
        UNLOAD=options.unload,
        SHELL=options.shell,
        ROWS=rows,
        COLS=columns,
    )
    # devtmpfs has none of these.
    os.mkdir(os.path.join(directory, "dev"))
    for name, target in _LINKS.items():
        os.symlink(target, os.path.join(directory, "dev", name))
    script = os.path.join(directory, "job")
    job.write(script, variables)
    try:
        return Session(machine, options, log, token).run(script)
    finally:
        machine.kill()


@contextlib.contextmanager
def _signals():
    """A signal ends the guest, then us; while we clean up, none gets in between."""

    def stop(number, _):
        for other in caught:
            signal.signal(other, signal.SIG_IGN)
        raise Stopped(number)

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    for number in caught:
        signal.signal(number, stop)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    yield


def main(doc):
    """Parse the arguments and run; return the exit status."""
    options = _parser(doc).parse_args()
    options.shell = options.verb == "shell"
    if options.shell:
        # The user's own start-up files are for a faster machine.
        options.command = ["/bin/bash", "--norc", "-i"]
    elif options.timeout is None:
        options.timeout = 300.0
    number = 0
    with _signals(), contextlib.ExitStack() as stack:
        # A socket's name is short: not every TMPDIR will do.
        base = tempfile.gettempdir()
        if len(base) > _LONGEST_TMPDIR:
            base = "/tmp"
        directory = tempfile.mkdtemp(prefix="zsock-vm.", dir=base)
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        try:
            log = stack.enter_context(
                # Line by line: others read it meanwhile.
                open(
                    options.log or os.path.join(directory, "kernel.log"),
                    "w", buffering=1, encoding="utf-8",
                )  # fmt: skip
            )
            return _run(options, directory, log)
        except Stopped as stopped:
            number = stopped.args[0]
        except BrokenPipeError:
            number = signal.SIGPIPE
        except (VmError, OSError) as error:
            print(f"vm: {error}", file=sys.stderr)
            return TROUBLE
    return 128 + number
