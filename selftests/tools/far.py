#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Other sides of pipes, for the tests of zsockctl: they say yes to everything.

far.py DIR makes sockets in DIR that differ in what they answer:

    good     hello, and success to every request
    garbage  something else
    closes   nothing, and hangs up
    brief    as good; but the first connection is cut shortly after its hello

Commands on standard input: "cut" hangs up on everybody, "stop" and "start" take good away
and bring it back. DIR/tty is a link to a terminal that is like good. What happens is told in
lines on standard output.
"""

import os
import pty
import selectors
import socket
import struct
import sys
import time
import tty

HELLO = struct.pack("<IHHII", 64, 1, 0, 0, 0) + struct.pack(
    "<8sIIIIII32s", b"zsockoff", 1, 7, 65536, 1000, 0, 0, b"far"
)
PING, PONG, REPLY = 2, 3, 32
BIND, CONNECT, LISTEN, NAME = 17, 18, 19, 23
NAMED = struct.pack("<HH16sII", 4, 4711, bytes([127, 0, 0, 1]), 0, 0)


def say(fd, data):
    """Whoever hung up need not be told."""
    try:
        os.write(fd, data)
    except OSError:
        pass


class Pipe:
    """One connection, by its file descriptor."""

    def __init__(self, fd):
        self.fd = fd
        self.data = b""

    def take(self):
        """Answer what has come; false at the end."""
        try:
            more = os.read(self.fd, 65536)
        except OSError:
            return False
        if not more:
            return False
        self.data += more
        while len(self.data) >= 16:
            length, what, _, sock, seq = struct.unpack_from("<IHHII", self.data)
            if len(self.data) < 16 + length:
                break
            self.data = self.data[16 + length :]
            self.answer(what, sock, seq)
        return True

    def answer(self, what, sock, seq):
        body = struct.pack("<I", 0)
        if what == PING:
            say(self.fd, struct.pack("<IHHII", 0, PONG, 0, 0, seq))
        elif seq:
            if what in (BIND, CONNECT, LISTEN, NAME):
                body += NAMED
            say(self.fd, struct.pack("<IHHII", len(body), REPLY, 0, sock, seq) + body)


class Far:
    """All of them."""

    def __init__(self, where):
        self.where = where
        self.select = selectors.DefaultSelector()
        self.pipes = {}
        self.good = None
        self.brief = True
        self.start()
        for name in ("garbage", "closes", "brief"):
            self.listen(name)
        self.terminal()
        self.select.register(sys.stdin, selectors.EVENT_READ, self.command)

    def listen(self, name):
        sock = socket.socket(socket.AF_UNIX)
        sock.bind(os.path.join(self.where, name))
        sock.listen()
        self.select.register(sock, selectors.EVENT_READ, lambda: self.accept(sock, name))
        return sock

    def terminal(self):
        master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), os.path.join(self.where, "tty"))
        self.slave = slave  # open, so that there is no end of file before somebody comes
        # Whoever opens it throws away what came before: hello is said when something comes.
        self.select.register(master, selectors.EVENT_READ, lambda: self.first(master))

    def first(self, master):
        self.select.unregister(master)
        say(master, HELLO)
        self.add(master, "tty")

    def start(self):
        self.good = self.listen("good")

    def stop(self):
        self.select.unregister(self.good)
        self.good.close()
        os.unlink(os.path.join(self.where, "good"))

    def accept(self, sock, name):
        fd = sock.accept()[0].detach()
        if name == "closes":
            os.close(fd)
        elif name == "garbage":
            say(fd, b"220 mail.example.org ESMTP\r\n" * 8)
            self.add(fd, name)
        else:
            say(fd, HELLO)
            if name == "brief" and self.brief:
                self.brief = False
                time.sleep(0.1)
                os.close(fd)
            else:
                self.add(fd, name)

    def add(self, fd, name):
        pipe = self.pipes[fd] = Pipe(fd)
        self.select.register(fd, selectors.EVENT_READ, lambda: pipe.take() or self.drop(fd, name))
        print("connected", name, flush=True)

    def drop(self, fd, name="by command"):
        self.select.unregister(fd)
        del self.pipes[fd]
        os.close(fd)
        print("disconnected", name, flush=True)

    def command(self):
        word = sys.stdin.readline().strip()
        if word == "cut":
            for fd in list(self.pipes):
                self.drop(fd)
        elif word in ("stop", "start"):
            getattr(self, word)()
        else:
            sys.exit(0)
        print("done", word, flush=True)

    def run(self):
        print("ready", flush=True)
        while True:
            for key, _ in self.select.select():
                # A command may have taken away what else was ready.
                if key.fd in self.select.get_map():
                    key.data()


if __name__ == "__main__":
    Far(sys.argv[1]).run()
