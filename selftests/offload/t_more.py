# SPDX-License-Identifier: GPL-2.0
"""DATA that says that more follows, and what holds it back."""

import time

import zoff
from host import (Peer, case, eq, ok, pattern, serving, stuff, take, take_with,
                  with_stream)

ALL = 7 | zoff.F_MORE
# The stack itself gives up holding after about 200 ms.
HELD = 0.05
GIVES_UP = 0.15


class Late(Exception):
    """The stack may have let it go by itself: this machine was too slow to tell."""


class Clock:
    """Since something is held back."""

    def __init__(self):
        self.began = time.monotonic()

    def told(self):
        if time.monotonic() - self.began > GIVES_UP:
            raise Late

    def held(self, other):
        """Nothing has come to the host's socket."""
        other.settimeout(HELD)
        try:
            data = other.recv(100)
            self.told()
            raise AssertionError(f"{data!r} was not held back")
        except TimeoutError:
            pass
        finally:
            other.settimeout(30)

    def comes(self, other, wanted, what):
        """It does, and not because the stack has given up."""
        data = other.recv(100)
        self.told()
        eq(data, wanted, what)


def in_time(client, peer, function):
    """Call it with a connection, and again with others until the clock allows to judge."""
    for _ in range(20):
        sock, other = peer.pair(client)
        try:
            function(sock, other)
            return
        except Late:
            pass
        finally:
            other.close()
            sock.close()
    raise AssertionError("the stack let it go by itself, each time")


@case("more follows: what is short is held until the rest comes")
def more():
    with serving(features=ALL) as client, Peer() as peer:
        eq(client.server["features"] & zoff.F_MORE, zoff.F_MORE, "feature")

        def judge(sock, other):
            for _ in range(3):
                clock = Clock()
                sock.send(b"ab", flags=zoff.DATA_MORE)
                sock.send(b"cd", flags=zoff.DATA_MORE)
                client.settle()
                clock.held(other)
                sock.send(b"ef")
                clock.comes(other, b"abcdef", "in one piece")
        in_time(client, peer, judge)


@case("more follows, in several messages of one read")
def together():
    with serving(features=ALL) as client, Peer() as peer:

        def judge(sock, other):
            clock = Clock()
            first = zoff.message(zoff.DATA, sock.number, body=b"ab")
            client.send(first + zoff.message(zoff.DATA, sock.number, body=b"cd",
                                             flags=zoff.DATA_MORE))
            sock.credit -= 4
            client.settle()
            clock.held(other)
            sock.push()
            clock.comes(other, b"abcd", "after an empty message")
        in_time(client, peer, judge)


@case("more was to follow, and does not: an empty message lets it go, but not from TCP_CORK")
def push():
    with serving(features=ALL) as client, Peer() as peer:

        def judge(sock, other):
            clock = Clock()
            sock.send(b"abc", flags=zoff.DATA_MORE)
            client.settle()
            clock.held(other)
            sock.push()
            clock.comes(other, b"abc", "what was held")
            sock.push()
            ok(sock.setopt(6, 3, 1))
            clock = Clock()
            sock.send(b"def", flags=zoff.DATA_MORE)
            sock.push()
            client.settle()
            clock.held(other)
            eq(ok(sock.getopt(6, 3)), b"\1\0\0\0", "TCP_CORK")
            ok(sock.setopt(6, 3, 0))
            clock.comes(other, b"def", "uncorked")
        in_time(client, peer, judge)


@case("more follows: the end lets it go, by SHUTDOWN and by CLOSE")
def ends():
    with serving(features=ALL) as client, Peer() as peer:
        for end in (lambda sock: sock.shutdown(2), lambda sock: sock.close()):
            sock, other = peer.pair(client)
            sock.send(pattern(5000), flags=zoff.DATA_MORE)
            ok(end(sock))
            eq(take(other, 6000), pattern(5000), "all, and then the end")


@case("more follows what waits for a peer that does not read: nothing is lost")
def queued():
    with serving("--window", "65536", features=ALL) as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        n = stuff(client, sock)
        eq(len(take_with(client, other, n)), n, "bytes")
        client.wait(lambda: sock.credit > 32768)
        sock.send(pattern(1000), flags=zoff.DATA_MORE)
        sock.push()
        eq(take_with(client, other, 1000), pattern(1000), "the rest")


@case("hostile: more follows, and empty messages, of a client that has not agreed to it")
def not_agreed():
    def flagged(client, sock):
        client.send(zoff.message(zoff.DATA, sock.number, body=b"x", flags=zoff.DATA_MORE))
    def empty(client, sock):
        client.send(zoff.message(zoff.DATA, sock.number))
    def both(client, sock):
        client.send(zoff.message(zoff.DATA, sock.number, flags=zoff.DATA_MORE))
    def other(client, sock):
        client.send(zoff.message(zoff.DATA, sock.number, body=b"x", flags=0x8000))
    with_stream("flags", flagged)
    with_stream("length", empty)
    with_stream("length", both, features=ALL)
    with_stream("flags", other, features=ALL)
