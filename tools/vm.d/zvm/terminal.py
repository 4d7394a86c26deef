# SPDX-License-Identifier: GPL-2.0
"""The user's side of `tools/vm shell`."""

import os
import sys
import termios
import tty

from .lines import write_all

_END_OF_INPUT = b"\x04"


class Terminal:
    """Our stdin and stdout, and the guest's terminal."""

    def __init__(self, line):
        self._line = line
        self._saved = None
        self.stdin = sys.stdin.fileno()

    @staticmethod
    def size():
        try:
            size = os.get_terminal_size(sys.stdin.fileno())
            return size.lines, size.columns
        except OSError:
            return 24, 80

    def __enter__(self):
        if os.isatty(self.stdin):
            self._saved = termios.tcgetattr(self.stdin)
            tty.setraw(self.stdin)
        return self

    def __exit__(self, *_):
        if self._saved is not None:
            termios.tcsetattr(self.stdin, termios.TCSADRAIN, self._saved)

    def typed(self):
        """Pass on what was typed; false when no more comes."""
        data = os.read(self.stdin, 1024)
        write_all(self._line, data or _END_OF_INPUT)
        return bool(data)

    def feed(self, data):
        """Show what the guest's terminal says."""
        write_all(sys.stdout.fileno(), data)

    def flush(self):
        """Nothing is held back."""
