# SPDX-License-Identifier: GPL-2.0
"""Each rule that drops the pipe: the log says which, once, and nothing else happens."""

import struct

import zoff
from host import CASES, Peer, case, drops, eq, ok, serving, with_stream
from zoff import message

OPEN = struct.pack("<HHI", 4, 1, 6)
UDP = struct.pack("<HHI", 4, 2, 17)
HELLO_LENGTH = zoff.HELLO_BODY.size


def opened(number=1, body=OPEN):
    return message(zoff.OPEN, number, 1000 + number, body)


def wire(family, port=1, data=b"", flow=0, scope=0):
    return zoff.ADDR.pack(family, port, data.ljust(16, b"\0"), flow, scope)


BEFORE = (
    ("something else than HELLO", "no HELLO", message(zoff.PING, seq=1)),
    ("DATA before HELLO", "no HELLO", message(zoff.DATA, 1, body=b"x")),
    ("a HELLO that is too short", "length", message(zoff.HELLO, body=bytes(10))),
    ("a HELLO that is too long", "length", message(zoff.HELLO, body=bytes(100))),
    ("a HELLO with a seq", "seq", message(zoff.HELLO, seq=1, body=zoff.hello()[16:])),
    ("a HELLO about a socket", "a socket", message(zoff.HELLO, 1, body=zoff.hello()[16:])),
    ("another magic", "magic", zoff.hello(magic=b"zsockofg")),
    ("version 0", "version", zoff.hello(version=0)),
    ("a window that is too small", "window", zoff.hello(window=16383)),
    ("a window that is too large", "window", zoff.hello(window=(16 << 20) + 1)),
    ("a silence that is too short", "silence", zoff.hello(silence=999)),
    ("a silence that is too long", "silence", zoff.hello(silence=600001)),
    ("a reserved field", "reserved", zoff.hello(reserved=1)),
    ("a name that is not printable", "name", zoff.hello(name=b"a\nb")),
    ("a name with more behind its end", "name", zoff.hello(name=b"a\0b")),
    ("random bytes", "not known", bytes(range(1, 100))),
)

AFTER = (
    ("HELLO again", "HELLO again", zoff.hello()),
    ("a type that is none", "not known", message(4711)),
    ("type 0", "not known", message(0)),
    ("REPLY", "not the client's", message(zoff.REPLY, 1, 1, bytes(4))),
    ("INCOMING", "not the client's", message(zoff.INCOMING, 1, body=bytes(60))),
    ("END", "not the client's", message(zoff.END, 1)),
    ("ERROR", "not the client's", message(zoff.ERROR, 1, body=bytes(4))),
    ("a PONG that nobody waits for", "PONG", message(zoff.PONG, seq=1)),
    ("a PING that has more", "length", message(zoff.PING, seq=1, body=b"x")),
    ("a PING without seq", "without seq", message(zoff.PING)),
    ("a PING about a socket", "a socket", message(zoff.PING, 1, 1)),
    ("a length that is too large", "length",
     message(zoff.SETOPT, 1, 1, length=66561)),
    ("a length of 4 GiB", "length", message(zoff.DATA, 1, length=0xffffffff)),
    ("a length of 2 GiB", "length", message(zoff.NAME, 1, 1, length=0x80000000)),
    ("OPEN too short", "length", message(zoff.OPEN, 1, 1, OPEN[:-1])),
    ("OPEN with flags", "flags", message(zoff.OPEN, 1, 1, OPEN, flags=1)),
    ("OPEN without seq", "without seq", message(zoff.OPEN, 1, 0, OPEN)),
    ("OPEN of 0", "not the client's", message(zoff.OPEN, 0, 1, OPEN)),
    ("OPEN of a number of the server's", "not the client's",
     message(zoff.OPEN, 0x80000000, 1, OPEN)),
    ("OPEN of a family that is none", "family",
     message(zoff.OPEN, 1, 1, struct.pack("<HHI", 5, 1, 6))),
    ("OPEN of a type that is none", "type",
     message(zoff.OPEN, 1, 1, struct.pack("<HHI", 4, 3, 6))),
    ("OPEN of a number in use", "in use", opened() + opened()),
    ("BIND for no socket", "BIND for no socket",
     message(zoff.BIND, 1, 1, wire(4))),
    ("a request after CLOSE", "NAME for no socket",
     opened() + message(zoff.CLOSE, 1, 2) + message(zoff.NAME, 1, 3)),
    ("CLOSE of nothing", "CLOSE for no socket", message(zoff.CLOSE, 1, 1)),
    ("CLOSE with an unknown flag", "flags", opened() + message(zoff.CLOSE, 1, 1, flags=2)),
    ("CREDIT for no socket", "CREDIT for no socket", message(zoff.CREDIT, 1, body=bytes(4))),
    ("CREDIT with a seq", "seq", opened() + message(zoff.CREDIT, 1, 1, bytes(4))),
    ("more CREDIT than may be open", "too much credit",
     opened() + message(zoff.CREDIT, 1, body=struct.pack("<I", 0x7fffffff))),
    ("more CREDIT, in parts", "too much credit",
     opened() + message(zoff.CREDIT, 1, body=struct.pack("<I", 0x40000000)) * 2),
    ("an address of an unknown family", "address", opened() + message(zoff.CONNECT, 1, 1, wire(9))),
    ("an IPv4 address with more", "address",
     opened() + message(zoff.CONNECT, 1, 1, wire(4, 1, b"\x7f\0\0\1\1"))),
    ("an IPv4 address with a scope", "address",
     opened() + message(zoff.BIND, 1, 1, wire(4, scope=1))),
    ("no address, with a port", "address", opened() + message(zoff.CONNECT, 1, 1, wire(0, 1))),
    ("a CONNECT that is too long", "length",
     opened() + message(zoff.CONNECT, 1, 1, wire(4) + b"\0")),
    ("SHUTDOWN of nothing", "SHUTDOWN", opened() + message(zoff.SHUTDOWN, 1, 1, bytes(4))),
    ("SHUTDOWN of more", "SHUTDOWN", opened() + message(zoff.SHUTDOWN, 1, 1, b"\4\0\0\0")),
    ("SETOPT too short", "length", opened() + message(zoff.SETOPT, 1, 1, bytes(7))),
    ("GETOPT too short", "length", opened() + message(zoff.GETOPT, 1, 1, bytes(8))),
    ("LISTEN too long", "length", opened() + message(zoff.LISTEN, 1, 1, bytes(8))),
    ("NAME that has more", "length", opened() + message(zoff.NAME, 1, 1, bytes(1))),
    ("DATA for no socket", "DATA for no socket", message(zoff.DATA, 1, body=b"x")),
    ("DATA that is not connected", "takes none", opened() + message(zoff.DATA, 1, body=b"x")),
    ("DATA for datagrams", "takes none", opened(1, UDP) + message(zoff.DATA, 1, body=b"x")),
    ("DATA for an OPEN that failed", "takes none",
     opened(1, struct.pack("<HHI", 4, 1, 99)) + message(zoff.DATA, 1, body=b"x")),
    ("DGRAM for a stream", "DGRAM for a stream",
     opened() + message(zoff.DGRAM, 1, body=wire(0, 0) + b"x")),
    ("DGRAM without an address", "length", opened(1, UDP) + message(zoff.DGRAM, 1, body=bytes(27))),
    ("DGRAM that is too long for IPv4", "length",
     opened(1, UDP) + message(zoff.DGRAM, 1, body=wire(0, 0) + bytes(65508))),
    ("DGRAM that is too long", "length",
     opened(1, UDP) + message(zoff.DGRAM, 1, body=wire(0, 0) + bytes(65528))),
    ("DGRAM with an address that is none", "address",
     opened(1, UDP) + message(zoff.DGRAM, 1, body=wire(7))),
    ("too many sockets", "too many", b"".join(opened(i) for i in range(1, 100))),
)


def add(name, said, data, **kwargs):
    CASES.append((f"hostile: {name}", lambda: drops(name, said, data, **kwargs)))


for row in BEFORE:
    add(*row, greet=False)
for row in AFTER:
    if row[0] != "too many sockets":
        add(*row)
CASES.append(("hostile: too many sockets",
              lambda: hostile_sockets(AFTER[-1][1], AFTER[-1][2])))


def hostile_sockets(said, data):
    with serving("--sockets", "20", said=said) as client:
        client.socks = {i: zoff.Sock(client, i) for i in range(1, 100)}
        client.waiting = {1000 + i: (zoff.OPEN, i) for i in range(1, 100)}
        client.send(data)
        eq(client.gone(), True, "gone")


@case("hostile: more DATA than credit, in one message and in several")
def overrun():
    with_stream("more data than credit",
                lambda client, sock: client.send(message(zoff.DATA, sock.number,
                                                         body=bytes(16385))))
    def many(client, sock):
        sock.setopt(6, 25, 1)
        try:
            for _ in range(2000):
                client.pipe.setblocking(True)
                client.pipe.sendall(message(zoff.DATA, sock.number, body=bytes(16384)) * 2)
        except OSError:
            pass
        client.pipe.setblocking(False)
    with_stream("more data than credit", many)


@case("hostile: more datagrams than credit")
def overrun_dgrams():
    with serving("--window", "16384", said="more data than credit") as client:
        sock = client.open(4, zoff.DATAGRAM)
        client.send(message(zoff.DGRAM, sock.number, body=wire(4, 9) + bytes(16384 - 255)))
        eq(client.gone(), True, "gone")


@case("hostile: DATA that is empty, too long, flagged, numbered, or behind the FIN")
def bad_data():
    for said, data in (
            ("length", lambda n: message(zoff.DATA, n)),
            ("length", lambda n: message(zoff.DATA, n, body=bytes(65537))),
            ("flags or seq", lambda n: message(zoff.DATA, n, body=b"x", flags=1)),
            ("flags or seq", lambda n: message(zoff.DATA, n, seq=1, body=b"x")),
            ("takes none", lambda n: message(zoff.SHUTDOWN, n, 99, b"\2\0\0\0") +
             message(zoff.DATA, n, body=b"x"))):
        def send(client, sock, data=data):
            client.waiting[99] = (zoff.SHUTDOWN, sock.number)
            client.send(data(sock.number))
        with_stream(said, send)


@case("hostile: DATA for a listener; the pipe ends within a message")
def listener_data():
    with serving(said="takes none") as client:
        sock = client.open()
        ok(sock.listen(1))
        client.send(message(zoff.DATA, sock.number, body=b"x"))
        eq(client.gone(), True, "gone")
    with serving() as client:
        client.send(message(zoff.SETOPT, 1, 1, length=100)[:20])
    with serving() as client, Peer() as peer:
        sock, _ = peer.pair(client)
        client.send(message(zoff.DATA, sock.number, length=1000) + bytes(10))


@case("hostile: a message while a CLOSE waits for the peer")
def closing():
    with serving("--window", "65536", said="NAME for no socket") as client, \
            Peer(small=True) as peer:
        from host import stuff
        sock, _ = peer.pair(client)
        stuff(client, sock)
        sock.ask(zoff.CLOSE)
        sock.ask(zoff.NAME)
        eq(client.gone(), True, "gone")
