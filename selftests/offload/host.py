# SPDX-License-Identifier: GPL-2.0
"""What the tests of zsock-offloadd share: cases, and the host's side of a connection."""

import contextlib
import os
import select
import socket
import struct
import time

import zoff

CASES = []
SAID = ("ERROR: AddressSanitizer", "runtime error", "LeakSanitizer")


def case(text):
    """A test, and what it shows."""
    def add(function):
        CASES.append((text, function))
        return function
    return add


def eq(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def ok(reply, what=""):
    error, value = reply
    if error:
        raise AssertionError(f"{what}: {zoff.name_of(error)}")
    return value


def fails(reply, error, what=""):
    eq(zoff.name_of(reply[0]), zoff.name_of(error), what)


def until(what, condition, client=None, timeout=30):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"in vain: {what}")
        if client:
            client.pump(0.02)
        else:
            time.sleep(0.02)


@contextlib.contextmanager
def serving(*args, rules=("--allow", "any", "--allow-bind", "any"), said=None, status=0,
            **client):
    """A client of a server that ends with it, has nothing to complain about but @said."""
    server = zoff.Server(*rules, *args)
    pipe = server.pipe()
    try:
        with pipe:
            talker = zoff.Client(pipe, **client)
            talker.server_pid = server.proc.pid
            yield talker
        got, err = server.end()
    except BaseException:
        _, err = server.stop()
        print("\n".join("# " + line for line in err.splitlines()[-8:]))
        raise
    judge(got, err, status, said)


def judge(status, err, wanted, said):
    lines = err.splitlines()
    for line in lines:
        if any(bad in line for bad in SAID):
            raise AssertionError("the sanitizer: " + "\n".join(lines[:30]))
    eq(status, wanted, "status of the server")
    dropped = [line for line in lines if " dropped: " in line]
    if said is None:
        eq(dropped, [], "what the log has")
    elif len(dropped) != 1 or said not in dropped[0]:
        raise AssertionError(f"not one line with {said!r}: {lines}")


class Peer:
    """A listener of the host's, and connections to it through the pipe."""

    def __init__(self, host="127.0.0.1", small=False):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        if small:
            # Inherited: a peer that does not read stops the sender soon.
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind((host, 0))
        self.listener.listen(4096)
        self.where = self.listener.getsockname()[:2]

    def pair(self, client):
        """(the client's socket, the host's)"""
        sock = client.connected(*self.where, family=6 if ":" in self.where[0] else 4)
        peer, _ = self.listener.accept()
        peer.settimeout(30)
        return sock, peer

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.close()


def reset(sock):
    """Close it by a RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def take(sock, n):
    """n bytes of a blocking socket."""
    out = bytearray()
    while len(out) < n:
        part = sock.recv(min(1 << 18, n - len(out)))
        if not part:
            break
        out += part
    return bytes(out)


def take_with(client, sock, n, timeout=30):
    """n bytes of the host's socket, while the client goes on reading its pipe."""
    out = bytearray()
    sock.setblocking(False)
    end = time.monotonic() + timeout
    while len(out) < n:
        if time.monotonic() > end:
            raise AssertionError(f"only {len(out)} of {n} bytes came")
        ready, _, _ = select.select([sock, client.pipe], [], [], 1)
        if client.pipe in ready:
            client.pump()
        if sock in ready:
            part = sock.recv(1 << 18)
            if not part:
                break
            out += part
    sock.settimeout(30)
    return bytes(out)


def stuff(client, sock):
    """Send until nobody takes more; returns how much that was."""
    ok(sock.setopt(6, 25, 4096))        # TCP_NOTSENT_LOWAT
    sent = 0
    while True:
        client.settle()
        if not sock.credit:
            return sent
        n = min(sock.credit, 65536)
        sock.send(bytes(n))
        sent += n
        if sent > 50 << 20:
            raise AssertionError("credit without end")


def pattern(n, seed=0):
    """Bytes that are wrong anywhere but in their place."""
    return b"".join(struct.pack("<I", (i * 2654435761 + seed) & 0xffffffff)
                    for i in range((n + 3) // 4))[:n]


def drops(name, said, *sent, greet=True, **kwargs):
    """The server drops the pipe of who sends that, and says why."""
    with serving(said=said, greet=greet, **kwargs) as client:
        for data in sent:
            client.send(data(client) if callable(data) else data)
        if not client.gone():
            raise AssertionError(f"{name}: the pipe is still there")


def with_stream(said, what, **kwargs):
    """The server drops the pipe for what that does to a connection, and says why."""
    with serving("--window", "16384", said=said, **kwargs) as client, Peer() as peer:
        sock, _ = peer.pair(client)
        what(client, sock)
        eq(client.gone(), True, "gone")


def fds(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
