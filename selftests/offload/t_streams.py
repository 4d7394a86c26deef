# SPDX-License-Identifier: GPL-2.0
"""Streams: connections, data, credit, ends."""

import errno
import os
import socket
import struct
import termios
import time

import zoff
from host import (Peer, case, eq, fails, judge, ok, pattern, reset, serving, stuff, take, take_with,
                  until)


@case("HELLO says what the server is")
def hello():
    with serving("--window", "32768", "--sockets", "77", "--silence", "5000") as client:
        eq(client.window, 32768, "window")
        eq(client.server["sockets"], 77, "sockets")
        eq(client.server["silence"], 5000, "silence")
        eq(client.server["features"] & 7, 7, "features")
        eq(client.server["name"][:14], "zsock-offloadd", "name")


@case("PING is answered, and the server says something before it is taken for dead")
def pings():
    with serving(silence=2000) as client:
        client.settle()
        until("PING", lambda: client.pings >= 3, client)
        client.answer_pings = False
        said = []
        for _ in range(3):
            began, pings = time.monotonic(), client.pings
            until("PING", lambda began=began: time.monotonic() > began + 2, client)
            said.append(client.pings - pings)
            if said[-1] >= 3:
                break
        # Fewer where the machine stood still meanwhile.
        else:
            raise AssertionError(f"{said} messages in 2 s of silence")
        client.settle()


@case("a newer client, with features that nobody knows")
def newer():
    with serving(greet=False) as client:
        client.send(zoff.hello(version=7, features=0xffffffff, window=16 << 20, silence=600000))
        client.wait(lambda: client.server)
        with Peer() as peer:
            sock, _ = peer.pair(client)
            ok(sock.close())


@case("connect, bytes in both directions, close")
def echo():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        eq(ok(sock.name())[0], "127.0.0.1", "name")
        eq(ok(sock.name()), other.getpeername(), "name")
        for n in (1, 100, 65536):
            data = pattern(n)
            sock.send(data)
            eq(take(other, n), data, "to the host")
            other.sendall(data)
            eq(sock.recv(n), data, "to the client")
        ok(sock.close())
        eq(other.recv(1), b"", "end")


@case("open, options and connect in one go, replies in their order")
def pipelined():
    with serving() as client, Peer() as peer:
        sock, first = client.open_ask()
        asked = [first, sock.ask(zoff.SETOPT, struct.pack("<IIi", 6, 1, 1)),
                 sock.ask(zoff.GETOPT, struct.pack("<III", 6, 1, 4)),
                 sock.ask(zoff.CONNECT, zoff.addr(*peer.where))]
        eq([client.reply(seq)[0] for seq in asked], [0] * 4, "errors")


@case("IPv6, and IPv4 through an IPv6 socket")
def inet6():
    with serving() as client:
        with Peer("::1") as peer:
            sock, other = peer.pair(client)
            eq(ok(sock.name()), other.getpeername()[:2], "name")
            other.sendall(b"six")
            eq(sock.recv(3), b"six", "data")
        with Peer() as peer:
            sock = client.connected("::ffff:127.0.0.1", peer.where[1], family=6)
            other, _ = peer.listener.accept()
            eq(ok(sock.name())[0], "::ffff:127.0.0.1", "name")
        sock = client.open(6)
        ok(sock.setopt(41, 26, 1))
        fails(sock.connect("::ffff:127.0.0.1", peer.where[1]), errno.ENETUNREACH, "V6ONLY")


@case("connect fails, and may be tried again; addresses of another family")
def refused():
    with serving() as client, Peer() as peer:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            where = closed.getsockname()
            sock = client.open()
            fails(sock.connect(*where), errno.ECONNREFUSED, "nobody listens")
            fails(sock.connect(*where), errno.ECONNREFUSED, "nobody listens")
        ok(sock.connect(*peer.where))
        fails(sock.connect(*peer.where), errno.EISCONN, "again")
        sock = client.open()
        fails(sock.connect("::1", 1), errno.EAFNOSUPPORT, "IPv6")
        fails(sock.bind("::1", 1), errno.EAFNOSUPPORT, "IPv6")
        fails(sock.call(zoff.CONNECT, zoff.NO_ADDR), errno.EAFNOSUPPORT, "family 0")
        fails(sock.shutdown(2), errno.ENOTCONN, "shutdown")
        eq(ok(sock.name()), None, "name of what is not bound")


@case("a connect under way: options, another connect, close")
def connecting():
    # 240/4 leads nowhere, or is refused at once; a full backlog swallows the SYN.
    with serving() as client, socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [client.open() for _ in range(3)]
        seqs = [sock.ask(zoff.CONNECT, zoff.addr(*full.getsockname())) for sock in fillers]
        client.quiet()
        waiting = [(sock, seq) for sock, seq in zip(fillers, seqs)
                   if seq not in client.replies]
        if not waiting:
            raise AssertionError("a backlog of 0 took three connections")
        sock, seq = waiting[0]
        ok(sock.setopt(6, 1, 1))
        fails(sock.connect("127.0.0.1", 1), errno.EALREADY, "connect")
        ok(sock.close())
        fails(client.reply(seq), errno.ECONNABORTED, "the first connect")


@case("50 MB in each direction, by credit, unchanged")
def bulk():
    data = pattern(1 << 20)
    with serving("--window", "65536") as client, Peer() as peer:
        sock, other = peer.pair(client)
        for _ in range(24):
            sock.credit_was = sock.credit
            # In parts, so that this side never waits for the other.
            for at in range(0, len(data), 1 << 17):
                sock.send(data[at:at + (1 << 17)])
                eq(take_with(client, other, 1 << 17), data[at:at + (1 << 17)], "to the host")
        other.setblocking(False)
        for _ in range(24):
            sent = 0
            got = b""
            while len(got) < len(data):
                try:
                    sent += other.send(memoryview(data)[sent:])
                except BlockingIOError:
                    pass
                client.pump(0.05)
                part = bytes(sock.data)
                got += part
                if part:
                    sock.data.clear()
                    sock.give(len(part))
            eq(got, data, "to the client")


@case("a stream that is taken at once gets a larger window, one that is not does not")
def window_grows():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        stalled, _ = peer.pair(client)
        before = sock.credit
        for _ in range(40):
            sock.send(pattern(30000))
            take_with(client, other, 30000)
        client.quiet()
        eq(before, 65536, "credit at first")
        if not 4 * 65536 - 2 * 65536 <= sock.credit <= 4 * 65536:
            raise AssertionError(f"credit is {sock.credit} at last")
        stuff(client, stalled)
        client.quiet()
        if stalled.credit > 65536:
            raise AssertionError(f"the stalled one has {stalled.credit}")


@case("a client that gives no credit gets its window, and the rest later")
def no_credit():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        data = pattern(200000)
        other.setblocking(False)
        sent = other.send(data)
        client.quiet()
        eq(len(sock.data), min(sent, 65536), "bytes without credit")
        eq(sock.room, 65536 - len(sock.data), "credit left")
        sock.give(100)
        client.quiet()
        eq(len(sock.data), 65636, "bytes with 100 more")
        other.close()
        client.quiet()
        eq(sock.ended, False, "END before what is unread")
        sock.give(1 << 20)
        client.wait(lambda: sock.ended)
        eq(bytes(sock.data), data[:sent], "all bytes")


@case("a host's peer that does not read stops one socket; credit comes when it does")
def stalled_peer():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        well, well_other = peer.pair(client)
        sent = stuff(client, sock)
        well.send(b"still here")
        eq(take(well_other, 10), b"still here", "another socket")
        eq(len(take_with(client, other, sent)), sent, "bytes")
        client.wait(lambda: sock.credit > 32768)


@case("half-close by the client: the FIN is behind the data")
def half_close():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        sock.send(pattern(60000))
        ok(sock.shutdown(2))
        eq(take(other, 70000), pattern(60000), "all, and then the end")
        other.sendall(b"answer")
        other.close()
        eq(sock.recv(100), b"answer", "the other half")
        eq((sock.ended, list(sock.errors)), (True, []), "END")
        ok(sock.close())


@case("half-close with a peer that does not read: answered at once, kept until it does")
def half_close_stalled():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        n = stuff(client, sock)
        ok(sock.shutdown(2))
        eq(len(take_with(client, other, n + 1)), n, "bytes before the FIN")


@case("half-close by the peer")
def peer_half_close():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        other.shutdown(socket.SHUT_WR)
        eq(sock.recv(1), b"", "END")
        sock.send(b"more")
        eq(take(other, 4), b"more", "the other half")
        ok(sock.shutdown(3))
        eq(other.recv(1), b"", "FIN")


@case("shutdown of reading")
def shutdown_read():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        ok(sock.shutdown(1))
        sock.send(b"still")
        eq(take(other, 5), b"still", "writing")
        ok(sock.close())


@case("close gives the peer all data first, and is answered behind that")
def close_flushes():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        n = stuff(client, sock)
        seq = sock.ask(zoff.CLOSE)
        client.quiet()
        eq(seq in client.replies, False, "a reply while data waits")
        eq(len(take_with(client, other, n + 1)), n, "all data")
        ok(client.reply(seq))
        again = client.open(number=sock.number)
        ok(again.close())


@case("abort: a RST, and data is dropped")
def abort():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        stuff(client, sock)
        ok(sock.close(abort=True))
        try:
            while other.recv(1 << 16):
                pass
            raise AssertionError("an orderly end")
        except ConnectionResetError:
            pass


@case("a reset by the peer: ERROR, once; data after it is dropped; requests fail")
def peer_reset():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        reset(other)
        client.wait(lambda: sock.errors)
        eq(list(sock.errors), [errno.ECONNRESET], "error")
        sock.errors.clear()
        client.send(zoff.message(zoff.DATA, sock.number, body=b"late"))
        fails(sock.shutdown(2), errno.ENOTCONN, "shutdown")
        client.quiet()
        eq(list(sock.errors), [], "errors after it")
        ok(sock.close())


@case("what came before a reset is delivered as far as credit goes")
def data_then_reset():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        client.settle()
        other.sendall(b"last words")
        client.wait(lambda: len(sock.data) == 10)
        other.setblocking(False)
        other.send(bytes(150000))
        client.quiet()
        reset(other)
        client.wait(lambda: sock.errors)
        eq(sock.room, 0, "credit left")
        eq(list(sock.errors), [errno.ECONNRESET], "error")


@case("a peer that goes while data is sent: ERROR")
def broken_send():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        sock, other = peer.pair(client)
        stuff(client, sock)
        reset(other)
        client.wait(lambda: sock.errors)
        if sock.errors[0] not in (errno.ECONNRESET, errno.EPIPE):
            raise AssertionError(sock.errors)
        ok(sock.close())


@case("the pipe ends: all connections are reset, and nothing is left")
def pipe_ends():
    with Peer() as peer:
        with serving() as client:
            pairs = [peer.pair(client) for _ in range(20)]
            pairs[0][0].send(b"x")
            client.settle()
        for _, other in pairs[1:]:
            try:
                eq(other.recv(1), "an error", "a connection whose pipe has ended")
            except ConnectionResetError:
                pass


@case("numbers are free after the reply to CLOSE, also those of failed OPENs")
def numbers():
    with serving() as client:
        for _ in range(3):
            ok(client.open(number=0x7fffffff).close())
        sock, seq = client.open_ask(protocol=99)
        fails(client.reply(seq), errno.EPROTONOSUPPORT, "open")
        fails(sock.bind("127.0.0.1", 0), errno.EPROTONOSUPPORT, "bind")
        fails(sock.name(), errno.EPROTONOSUPPORT, "name")
        ok(sock.close())
        ok(client.open(number=sock.number).close())


@case("what was not agreed on is not opened")
def not_agreed():
    with serving(features=1) as client:
        for args, error in (((4, zoff.DATAGRAM), errno.ESOCKTNOSUPPORT),
                            ((6, zoff.STREAM), errno.EAFNOSUPPORT),
                            ((4, zoff.STREAM, 258), errno.EPROTONOSUPPORT),
                            ((4, zoff.STREAM, 17), errno.EPROTONOSUPPORT)):
            _, seq = client.open_ask(*args)
            fails(client.reply(seq), error, str(args))


@case("as many sockets as were said, and no more; one that is closed makes room")
def limit():
    with serving("--sockets", "5") as client:
        socks = [client.open() for _ in range(5)]
        more, seq = client.open_ask()
        fails(client.reply(seq), errno.EMFILE, "open")
        ok(socks[0].close())
        fails(more.name(), errno.EMFILE, "name")
        ok(more.close())
        ok(client.open().close())


@case("parts of messages: one byte at a time")
def slowly():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        client.settle()
        for byte in zoff.message(zoff.DATA, sock.number, body=b"slow") + \
                zoff.message(zoff.PING, seq=4711):
            client.pipe.send(bytes([byte]))
            time.sleep(0.002)
        client.waiting[4711] = (zoff.PING, 0)
        eq(take(other, 4), b"slow", "data")
        client.wait(lambda: 4711 in client.pongs)


class Line:
    """The other end of a terminal line, with what a client wants of a socket."""

    def __init__(self, fd):
        self.fd = fd

    def fileno(self):
        return self.fd

    def setblocking(self, flag):
        os.set_blocking(self.fd, flag)

    def recv(self, n):
        return os.read(self.fd, n)

    def send(self, data):
        return os.write(self.fd, data)


@case("a terminal line as the pipe: made raw, any byte goes through; its end")
def tty():
    master, slave = os.openpty()
    server = zoff.Server("--allow", "any")
    server.start("--fd", str(slave), pass_fds=[slave])
    try:
        # Until it is raw, what is sent would be echoed.
        until("a raw line", lambda: not termios.tcgetattr(slave)[3] & termios.ECHO)
        os.close(slave)
        client = zoff.Client(Line(master))
        with Peer() as peer:
            sock, other = peer.pair(client)
            data = bytes(range(256)) * 400
            sock.send(data)
            eq(take_with(client, other, len(data)), data, "to the host")
            other.sendall(data)
            eq(sock.recv(len(data)), data, "to the client")
        os.close(master)
        status, err = server.end()
    except BaseException:
        server.stop()
        raise
    judge(status, err, 0, None)


@case("the stall of a client that does not read its pipe is its own")
def deaf_client():
    with serving() as client, Peer() as peer:
        sock, other = peer.pair(client)
        client.settle()
        for _ in range(20000):
            client.seq += 1
            client.waiting[client.seq] = (zoff.PING, 0)
        first = client.seq - 19999
        todo = memoryview(b"".join(zoff.message(zoff.PING, seq=first + i) for i in range(20000)))
        sock_number = sock.number
        while todo:
            try:
                todo = todo[client.pipe.send(todo):]
            except BlockingIOError:
                client.pump(0.01)
        client.wait(lambda: len(client.pongs) >= 20000)
        eq(sock_number in client.socks, True, "the socket")
        other.sendall(b"x")
        eq(sock.recv(1), b"x", "data")
