# SPDX-License-Identifier: GPL-2.0
"""The guest's lines, as the host reads them."""

import os
import select


def write_all(fd, data):
    """Write even where somebody made our stdout non-blocking."""
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:
            select.select([], [fd], [])


class Relay:
    """Passes on a stream of the guest's up to the token that ends it."""

    def __init__(self, target, token):
        self._target = target
        self._token = token
        self._held = b""
        self.done = False

    def feed(self, data):
        if self.done:
            return
        data = self._held + data
        end = data.find(self._token)
        if end >= 0:
            self.done = True
            self._held = b""
            write_all(self._target, data[:end])
            return
        # The token may have come in part.
        keep = 0
        for size in range(min(len(self._token) - 1, len(data)), 0, -1):
            if data.endswith(self._token[:size]):
                keep = size
                break
        self._held = data[len(data) - keep :]
        write_all(self._target, data[: len(data) - keep])

    def flush(self):
        """No more comes."""
        if not self.done:
            self.done = True
            write_all(self._target, self._held)


class Lines:
    """Calls back for each whole line."""

    def __init__(self, callback):
        self._callback = callback
        self._held = b""

    def feed(self, data):
        *whole, self._held = (self._held + data).split(b"\n")
        for line in whole:
            self._callback(line.decode(errors="replace").rstrip("\r"))

    def flush(self):
        if self._held:
            self.feed(b"\n")


class Untouched:
    """Calls back with whatever comes, as it comes."""

    def __init__(self, callback):
        self.feed = callback

    def flush(self):
        """Nothing is held back."""
