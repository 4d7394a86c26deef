# SPDX-License-Identifier: GPL-2.0
"""What UML and QEMU have in common: a process, and lines to the guest."""

import ctypes
import os
import signal
import subprocess

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_libc = ctypes.CDLL(None)


class Machine:
    """A guest. `lines` maps out, err, ctl, log and perhaps tty to the host's descriptors."""

    boot_seconds = 60
    end_seconds = 5

    def __init__(self, options, directory):
        self.options = options
        self.directory = directory  # for this run alone
        self.lines = {}
        self.process = None

    def prepare(self, shell):
        """Set up `lines`; return the variables that the guest's init wants to know."""
        raise NotImplementedError

    def start(self, job):
        """Boot it."""
        raise NotImplementedError

    def stack_requests(self):
        """Ways to have the guest print its tasks' stacks, each with whether to go that way even
        when one before it gave something."""
        raise NotImplementedError

    def spawn(self, command, pass_fds=(), env=None):
        # What loses its parent becomes our child, and kill() finds it.
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)

        def end_with_parent():
            # Nothing may outlive this process, however it ends.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self.messages(),
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            env=env,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def messages(self):
        """Where the emulator's own messages go."""
        return open(os.path.join(self.directory, "messages"), "ab")

    def own_messages(self):
        try:
            with open(os.path.join(self.directory, "messages"), errors="replace") as file:
                return file.read().strip()
        except OSError:
            return ""

    def kill(self):
        """End it at once. UML is several processes, not all of one group."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        while left := _children():
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                except (ProcessLookupError, ChildProcessError):
                    pass


def _children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]
