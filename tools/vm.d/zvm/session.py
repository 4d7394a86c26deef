# SPDX-License-Identifier: GPL-2.0
"""One run of a guest, from its boot to its end."""

import os
import re
import selectors
import sys
import time

from .errors import SPLAT, TIMEOUT, TROUBLE, VmError
from .lines import Lines, Relay, Untouched
from .splat import Scanner, bare
from .terminal import Terminal

_READ_SIZE = 1 << 16
_REPORTS_SHOWN = 3
# Long enough for the slowest machine; a module that hangs is to be seen as such.
_LOAD_SECONDS = 45
# After a timeout: how long the guest's stacks may take, and which pause ends them.
_STACKS_SECONDS = 15
_STACKS_PAUSE = 1.5
# Of a guest which does not get as far as the tasks that are of interest.
_STACKS_LINES = 60
# An oops that the kernel survives for this long ends the run.
_FATAL_SECONDS = 5


def _say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


class Session:
    """Relays the guest's lines until it is done, has died, or has had its time."""

    def __init__(self, machine, options, log, token):
        self.machine = machine
        self.options = options
        self.status = None
        self._log = log
        self._token = token
        self._scanner = Scanner(options.allow)
        self._tail = []
        self._stacks = None
        self._failed = None
        self._ready = False
        self._doing = ""
        self._limit = None
        self._log_ended = False
        self._selector = selectors.DefaultSelector()
        self._sinks = {}
        self._deadline = None
        self._phase = "boot"
        self._started = time.monotonic()
        self._log_seen = self._started

    # What comes from the guest.

    def _log_line(self, text):
        self._log_seen = time.monotonic()
        self._log.write(text + "\n")
        if self.options.verbose:
            print(text, file=sys.stderr, flush=True)
        # What sysrq prints is no complaint of the kernel's own.
        if self._stacks is not None:
            self._stacks.append(text)
            return
        if f"zsock-vm: end {self._token}" in text:
            self._log_ended = True
            return
        self._tail = self._tail[-30:] + [text]
        self._scanner.line(text)
        if self._scanner.fatal and self._phase != "fatal":
            self._enter("fatal", _FATAL_SECONDS)

    def _control_line(self, text):
        word, _, rest = text.partition(" ")
        if word == "booted":
            self._ready = True
            if self.options.verbose:
                _say(f"booted in {time.monotonic() - self._started:.1f} s")
            self._doing = "the modules are not loaded"
            self._enter("run", _LOAD_SECONDS)
        elif word == "ready":
            self._doing = "not done"
            self._enter("run", self.options.timeout)
        elif word == "fail":
            self._failed = rest
            self._enter("end", 0)
        elif word == "exit":
            self.status = int(rest)
            self._enter("end", self.machine.end_seconds)

    def _prompted(self, data):
        """The shell's first word: what is typed before that gets lost."""
        self._sinks["tty"] = self._terminal
        self._terminal.feed(data)
        try:
            self._selector.register(self._terminal.stdin, selectors.EVENT_READ, "stdin")
        except PermissionError:
            # A file, or /dev/null: it cannot be waited for.
            while self._terminal.typed():
                pass

    # Time.

    def _enter(self, phase, seconds):
        self._phase = phase
        self._limit = seconds
        self._deadline = None if seconds is None else time.monotonic() + seconds

    def _expired(self):
        """The phase's time is up; true when there is nothing more to wait for."""
        if self._phase == "run":
            self._doing += f" after {self._limit:g} s"
            self._stacks = []
            self._enter("stacks", _STACKS_SECONDS)
            for ask, always in self.machine.stack_requests():
                if self._stacks and not always:
                    continue
                try:
                    ask()
                except OSError as error:
                    _say(f"the guest cannot be asked for its stacks: {error}")
                    return True
                # One after the other: a second request could be lost.
                self._log_seen = time.monotonic()
                self._pump(self._stacks_paused, 8)
            self._log_seen = time.monotonic()
            return False
        return True

    def _stacks_paused(self):
        # On a busy machine the first line takes its time.
        pause = _STACKS_PAUSE if self._stacks else 4 * _STACKS_PAUSE
        return time.monotonic() - self._log_seen > pause

    def _complete(self):
        if self._phase == "end":
            return self._failed is not None or (
                self._log_ended and all(s.done for s in self._sinks.values() if isinstance(s, Relay))
            )
        if self._phase == "stacks":
            return time.monotonic() - self._log_seen > _STACKS_PAUSE
        return False

    # The loop.

    def _pump(self, complete, seconds=None):
        """Relay until `complete`, or the guest's death (false), or some seconds have passed."""
        end = None if seconds is None else time.monotonic() + seconds
        while not complete():
            now = time.monotonic()
            limits = [t for t in (self._deadline, end) if t is not None]
            if end is not None and now >= end:
                return True
            if end is None and self._deadline is not None and now >= self._deadline:
                if self._expired():
                    return True
                continue
            wait = min([t - now for t in limits] + [0.2 if self._phase == "stacks" else 3600])
            for key, _ in self._selector.select(max(wait, 0)):
                if key.data == "process":
                    self._drain()
                    return False
                if key.data == "stdin":
                    if not self._terminal.typed():
                        self._selector.unregister(key.fd)
                    continue
                self._receive(key.fd, key.data)
        return True

    def _receive(self, fd, name):
        try:
            data = os.read(fd, _READ_SIZE)
        except OSError:
            data = b""
        if data:
            self._sinks[name].feed(data)
        else:
            self._selector.unregister(fd)
        return bool(data)

    def _drain(self):
        """The guest is gone; what it wrote may still be there."""
        for name, fd in self.machine.lines.items():
            os.set_blocking(fd, False)
            try:
                while data := os.read(fd, _READ_SIZE):
                    self._sinks[name].feed(data)
            except OSError:
                pass

    _terminal = None

    def run(self, job):
        """Start the machine and see it through; return the exit status."""
        self.machine.start(job)
        lines = self.machine.lines
        token = self._token.encode()
        self._sinks = {
            "log": Lines(self._log_line),
            "ctl": Lines(self._control_line),
        }
        if self.options.shell:
            self._terminal = Terminal(lines["tty"])
            self._sinks["tty"] = Untouched(self._prompted)
        else:
            self._sinks["out"] = Relay(sys.stdout.fileno(), token)
            self._sinks["err"] = Relay(sys.stderr.fileno(), token)
        for name in self._sinks:
            self._selector.register(lines[name], selectors.EVENT_READ, name)
        # Somebody must read the other lines too, but there is nothing on them.
        for name in set(lines) - set(self._sinks):
            self._sinks[name] = Lines(lambda _: None)
        pidfd = os.pidfd_open(self.machine.process.pid)
        self._selector.register(pidfd, selectors.EVENT_READ, "process")

        self._enter("boot", self.machine.boot_seconds)
        try:
            if self._terminal:
                with self._terminal:
                    alive = self._pump(self._complete)
            else:
                alive = self._pump(self._complete)
            if alive:
                self.machine.kill()
                self._drain()
        finally:
            os.close(pidfd)
        for sink in self._sinks.values():
            sink.flush()
        return self._verdict()

    # What it comes to.

    def _verdict(self):
        reports = self._scanner.reports
        for report in reports[:_REPORTS_SHOWN]:
            _say("the kernel complains:")
            for text in report:
                print("    " + text, file=sys.stderr)
        if len(reports) > _REPORTS_SHOWN:
            _say(f"and {len(reports) - _REPORTS_SHOWN} more, see the log (--log FILE)")
        if self._stacks is not None:
            self._show_stacks()
            _say(self._doing)
            return SPLAT if reports else TIMEOUT
        if reports:
            if self.status is not None:
                _say(f"the command's own status was {self.status}")
            return SPLAT
        if self._failed is not None:
            raise VmError(self._failed)
        if self.status is not None:
            return self.status
        what = "died" if self._ready else "does not boot"
        for text in self._tail:
            print("    " + text, file=sys.stderr)
        own = self.machine.own_messages()
        if own:
            print(own, file=sys.stderr)
        _say(f"the guest {what}; the end of its log is above")
        return TROUBLE

    def _show_stacks(self):
        """Of the blocked tasks, and of all that are not the kernel's own or our init's."""
        shown, keep = set(), False
        inits = set()
        nothing = True
        for text in self._stacks:
            head = re.search(r"task:(.*?)\s+state:(\S).* pid:(\d+) .*ppid:(\d+)", text)
            if head:
                comm, state, pid, ppid = head.groups()
                if comm == "init":
                    inits.add(pid)
                ours = comm == "init" or (comm == "cat" and ppid in inits)
                keep = state == "D" or not (ours or "2" in (pid, ppid))
                keep = keep and pid not in shown
                shown.add(pid)
            elif re.search(r"sysrq: |Showing |Sched Debug|workqueue", text):
                keep = False
            # Neither the registers nor what only happens to lie on the stack.
            text = bare(text)
            if keep and not re.match(r" *(\S+ )?\? | *[0-9a-f ]+$|Stack:|</?TASK>| *(R[A-Z]{2}|R\d+|RIP|Code): ", text):
                print("    " + text, file=sys.stderr)
                nothing = False
        if nothing:
            for text in self._stacks[-_STACKS_LINES:]:
                print("    " + bare(text), file=sys.stderr)
