# SPDX-License-Identifier: GPL-2.0
"""Urgent data: announced at once, and in its place, in both directions."""

import fcntl
import random
import select
import socket
import struct
import termios
import time

import zoff
from host import Peer, case, eq, fails, ok, pattern, serving, stuff, take, take_with, with_stream

ALL = 7 | zoff.F_MORE | zoff.F_URGENT
SIOCATMARK = 0x8905


def at_mark(other):
    return struct.unpack("i", fcntl.ioctl(other, SIOCATMARK, bytes(4)))[0]


def urgent(other):
    """The urgent byte of the host's socket."""
    ready = select.select([], [], [other], 10)
    eq(ready[2], [other], "urgent data")
    return other.recv(1, socket.MSG_OOB)


@case("urgent data of the peer: its notice, and it in its place")
def to_client():
    with serving(features=ALL) as client, Peer() as peer:
        eq(client.server["features"] & zoff.F_URGENT, zoff.F_URGENT, "feature")
        sock, other = peer.pair(client)
        other.send(b"abX", socket.MSG_OOB)
        other.send(b"cd")
        client.wait(lambda: len(sock.data) == 4 and sock.marks)
        eq((list(sock.notices), sock.marks, bytes(sock.data)), ([b"X"], [(2, b"X")], b"abcd"),
           "all of it")
        other.send(b"Y", socket.MSG_OOB)
        client.wait(lambda: len(sock.marks) == 2)
        eq(sock.marks[1], (4, b"Y"), "without data")
        other.send(b"e")
        client.wait(lambda: len(sock.data) == 5)
        other.send(b"Z", socket.MSG_OOB)
        other.close()
        client.wait(lambda: sock.ended)
        eq((sock.marks[2], bytes(sock.data)), ((5, b"Z"), b"abcde"), "before the end")


@case("urgent data is announced where there is no credit for what is before it")
def no_credit():
    with serving("--window", "16384", window=16384, features=ALL) as client, Peer() as peer:
        sock, other = peer.pair(client)
        other.send(bytes(20000))
        client.wait(lambda: len(sock.data) == 16384)
        other.send(b"!", socket.MSG_OOB)
        client.wait(lambda: sock.notices)
        eq((list(sock.notices), sock.ahead, sock.marks), ([b"!"], 20000 - 16384, []), "notice")
        # Another one takes its place: the first is as other bytes are.
        other.send(b"?", socket.MSG_OOB)
        client.wait(lambda: len(sock.notices) == 2)
        eq((sock.notices[1], sock.ahead), (b"?", 20001 - 16384), "notice")
        sock.give(20000 - 16384)
        client.quiet()
        eq((len(sock.data), sock.marks), (20000, []), "up to the first")
        sock.give(2)
        client.wait(lambda: sock.marks)
        eq((sock.marks, bytes(sock.data[20000:])), ([(20001, b"?")], b"!"), "the mark")
        eq(sock.room, 0, "room")


@case("urgent bytes among data, at all speeds: each is in its place, none is lost, none is doubled")
def many():
    rng = random.Random(7)
    with serving("--window", "65536", features=ALL) as client, Peer() as peer:
        sock, other = peer.pair(client)
        sent, places = b"", []
        for i in range(400):
            data = pattern(rng.choice((0, 1, 5, 3000)), i)
            if data:
                other.send(data)
            sent += data
            other.send(bytes([i & 0x7f]), socket.MSG_OOB)
            places.append((len(sent), bytes([i & 0x7f])))
            sent += places[-1][1]
            if rng.random() < 0.3:
                client.settle()
            if rng.random() < 0.1:
                time.sleep(0.002)
            client.pump()
            if sock.data and sock.room < 40000:
                sock.give(65536 - sock.room)
        other.close()
        client.wait(lambda: sock.ended or (sock.room < 20000 and not sock.give(30000)))
        # Those that were overtaken are among the data, or were passed where there was nothing.
        whole, at = bytes(sock.data), 0
        for place, byte in sock.marks:
            whole = whole[:place + at] + byte + whole[place + at:]
            at += 1
        if not sock.marks or sock.marks[-1][1] != places[-1][1]:
            raise AssertionError("the last is always one")
        it = iter(sent)
        if not all(byte in it for byte in whole):
            raise AssertionError("what came is not what was sent, in its order")
        missing = len(sent) - len(whole)
        if missing > len(places) - len(sock.marks):
            raise AssertionError(f"{missing} bytes are missing, {len(sock.marks)} marks")
        print(f"# {len(sock.marks)} marks, {len(sock.notices)} notices, {missing} passed")


@case("urgent data of the client")
def to_peer():
    with serving(features=ALL) as client, Peer() as peer:
        sock, other = peer.pair(client)
        sock.send(b"ab", flags=zoff.DATA_MORE)
        sock.send(b"X", flags=zoff.DATA_URGENT)
        sock.send(b"cd")
        eq(urgent(other), b"X", "urgent")
        eq(at_mark(other), 0, "mark")
        eq(other.recv(10), b"ab", "before it")
        eq(at_mark(other), 1, "mark")
        eq(other.recv(10), b"cd", "behind it")
        for i in range(3):
            other.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
            sock.send(b"%d" % i, flags=zoff.DATA_URGENT)
            eq(take(other, 1), b"%d" % i, "in line")
        eq(sock.credit, client.window - 8, "credit")


@case("urgent data behind what a peer does not read")
def stalled():
    with serving("--window", "65536", features=ALL) as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        n = stuff(client, sock)
        eq(sock.credit, 0, "credit")
        part = len(take_with(client, other, n // 2))
        client.wait(lambda: sock.credit > 20)
        more = stuff(client, sock) - 1
        # Credit for one more.
        got = part
        while not sock.credit:
            got += len(take_with(client, other, 4096))
            client.pump()
        sock.send(b"!", flags=zoff.DATA_URGENT)
        rest = n + more + 1 - got
        other.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        data = take_with(client, other, rest + 1)
        eq((len(data), data[-1:], data[:-1].strip(b"\0")), (rest + 1, b"!", b""), "all of it")


@case("urgent data of a listener's connection; of one that is internal")
def others():
    with serving("--internal", "192.0.0.8", features=ALL) as client:
        listener = client.open()
        where = ok(listener.bind("127.0.0.1", 0))
        ok(listener.listen(5))
        with socket.create_connection(where) as other:
            sock, _, _ = listener.accept()
            other.send(b"a!", socket.MSG_OOB)
            client.wait(lambda: sock.marks)
            eq(sock.marks, [(1, b"!")], "mark")
        echo = client.connected("192.0.0.8", 7)
        echo.send(b"ab", flags=zoff.DATA_MORE)
        echo.send(b"c", flags=zoff.DATA_URGENT)
        eq(echo.recv(3), b"abc", "echo")


@case("a client that has not agreed to urgent data: as before, SO_OOBINLINE is the server's")
def not_agreed():
    with serving(features=7) as client, Peer() as peer:
        sock, other = peer.pair(client)
        ok(sock.setopt(1, 10, 1))
        other.send(b"abX", socket.MSG_OOB)
        other.send(b"cd")
        eq(sock.recv(5), b"abXcd", "in line")
    with serving(features=ALL) as client:
        fails(client.open().setopt(1, 10, 1), 92, "SO_OOBINLINE")


@case("hostile: urgent data without agreement, in more bytes than one, with more to follow")
def hostile():
    def send(body, flags):
        return lambda client, sock: client.send(zoff.message(zoff.DATA, sock.number, body=body,
                                                             flags=flags))
    with_stream("flags", send(b"x", 2))
    with_stream("flags", send(b"x", 2), features=7 | zoff.F_MORE)
    with_stream("length", send(b"", 2), features=ALL)
    with_stream("length", send(b"xy", 2), features=ALL)
    with_stream("length", send(bytes(70000), 2), features=ALL)
    with_stream("flags", send(b"x", 3), features=ALL)
    with_stream("not the client's",
                lambda client, sock: client.send(zoff.message(zoff.URGENT, sock.number,
                                                              body=bytes(8))), features=ALL)
