# SPDX-License-Identifier: GPL-2.0
"""Options: each of the table, and others."""

import errno
import socket
import struct

import zoff
from host import Peer, case, eq, fails, ok, serving

# level, name, a value, whether it reads back
TCP = [(1, name, 1, False) for name in (2, 6, 9, 10, 15)] + [
    (0, 1, 16, True), (0, 2, 33, True), (0, 10, 2, True), (0, 15, 1, True), (0, 21, 5, True),
    (0, 24, 1, True),
    (6, 1, 1, True), (6, 2, 1000, False), (6, 3, 1, True), (6, 4, 77, True), (6, 5, 11, True),
    (6, 6, 3, True), (6, 7, 2, True), (6, 8, 7, True), (6, 9, 1, False), (6, 10, 65536, False),
    (6, 12, 1, False), (6, 16, 1, True), (6, 17, 1, False), (6, 18, 5000, True), (6, 25, 4096, True)]
UDP6 = [(41, 16, 9, True), (41, 17, 1, True), (41, 18, 7, True), (41, 19, 0, True), (41, 23, 2, True),
        (41, 26, 1, True), (41, 67, 32, True), (41, 62, 1, True)]
UDP4 = [(0, 33, 4, True), (0, 34, 0, True)]


def each(sock, table):
    for level, name, value, reads in table:
        what = f"option {level}/{name}"
        ok(sock.setopt(level, name, value), what)
        if reads:
            eq(ok(sock.getopt(level, name), what), struct.pack("<i", value), what)


@case("all of the table are set, and read back")
def table():
    with serving() as client:
        each(client.open(4), TCP)
        each(client.open(6, zoff.DATAGRAM), UDP6)
        each(client.open(4, zoff.DATAGRAM), UDP4)
        sock = client.open()
        ok(sock.setopt(6, 13, b"reno"))
        eq(ok(sock.getopt(6, 13, 16)).rstrip(b"\0"), b"reno", "congestion control")
        eq(ok(sock.getopt(6, 13, 2)), b"re", "in two bytes")
        eq(ok(sock.getopt(6, 13, 0xffffffff)).rstrip(b"\0"), b"reno", "in many")


@case("all others are none")
def others():
    with serving() as client:
        sock = client.open()
        for level, name in ((1, 4), (1, 5), (1, 8), (1, 25), (1, 36), (6, 31), (6, 14), (6, 30),
                            (0, 4), (0, 19), (41, 22), (282, 1), (0x7a73, 2), (0, 65536 + 1),
                            (65536, 2), (0xffffffff, 1)):
            fails(sock.setopt(level, name, 1), errno.ENOPROTOOPT, f"{level}/{name}")
            fails(sock.getopt(level, name), errno.ENOPROTOOPT, f"{level}/{name}")
        fails(sock.getopt(1, 2), errno.ENOPROTOOPT, "one that is only set")
        fails(sock.setopt(0, 14, 1), errno.ENOPROTOOPT, "one that is only read")


@case("values that are too short or too long, or that the stack refuses")
def wrong():
    with serving() as client:
        sock = client.open()
        for value in (b"", b"\1", b"\1\0\0", b"\1\0\0\0\0", bytes(4096)):
            fails(sock.setopt(6, 1, value), errno.EINVAL, f"{len(value)} bytes")
        fails(sock.setopt(0, 35, bytes(9)), errno.EINVAL, "ip_mreq")
        for n in (0, 4, 12, 16, 21):
            fails(sock.setopt(41, 20, bytes(n)), errno.EINVAL, "ipv6_mreq")
        fails(sock.setopt(0, 2, 256), errno.EINVAL, "a TTL")
        fails(sock.setopt(6, 13, b"nosuch"), errno.ENOENT, "congestion control")


@case("the state of a connection: TCP_INFO and TCP_CC_INFO, as much as there is room for")
def state():
    with serving() as client, Peer() as peer:
        sock = client.open()
        eq(ok(sock.getopt(6, 11, 1)), b"\7", "state: closed")
        ok(sock.connect(*peer.where))
        info = ok(sock.getopt(6, 11, 4096))
        if not 104 <= len(info) <= 1024:
            raise AssertionError(f"{len(info)} bytes")
        eq(info[0], 1, "state: established")
        (mss,) = struct.unpack_from("<I", info, 16)
        if not 500 <= mss <= 65535:
            raise AssertionError(f"segments of {mss}")
        eq(len(ok(sock.getopt(6, 11, 8))), 8, "room")
        eq(len(ok(sock.getopt(6, 11, 0))), 0, "no room")
        ok(sock.setopt(6, 13, b"reno"))
        eq(ok(sock.getopt(6, 26, 64)), b"", "reno keeps no state of its own")
        fails(sock.setopt(6, 11, bytes(104)), errno.ENOPROTOOPT, "TCP_INFO")
        fails(sock.setopt(6, 26, bytes(16)), errno.ENOPROTOOPT, "TCP_CC_INFO")


@case("groups, by address and by number of the interface; who may not send may not listen")
def groups():
    group, group6 = socket.inet_aton("239.1.2.3"), socket.inet_pton(socket.AF_INET6, "ff15::1234")
    local = socket.inet_aton("127.0.0.1")
    with serving() as client:
        sock = client.open(4, zoff.DATAGRAM)
        ok(sock.setopt(0, 35, group + local))
        fails(sock.setopt(0, 35, group + local), errno.EADDRINUSE, "again")
        ok(sock.setopt(0, 36, group + local))
        ok(sock.setopt(0, 35, group + bytes(4) + b"\1\0\0\0"))
        ok(sock.setopt(0, 36, group + bytes(4) + b"\1\0\0\0"))
        fails(sock.setopt(0, 35, group + bytes(4) + b"\xff\xff\xff\x7f"), errno.ENODEV, "number")
        ok(sock.setopt(0, 32, local))
        eq(ok(sock.getopt(0, 32, 4)), local, "interface")
        ok(sock.setopt(0, 32, bytes(4) + local + b"\1\0\0\0"))
        sock = client.open(6, zoff.DATAGRAM)
        ok(sock.setopt(41, 20, group6 + b"\1\0\0\0"))
        fails(sock.setopt(41, 20, group6 + b"\1\0\0\0"), errno.EADDRINUSE, "again")
        ok(sock.setopt(41, 21, group6 + b"\1\0\0\0"))
        fails(sock.setopt(41, 20, bytes(20)), errno.EINVAL, "no group")
    rules = ("--allow", "239.0.0.0/8", "--allow", "ff15::1235/128")
    with serving(rules=rules) as client:
        sock = client.open(4, zoff.DATAGRAM)
        ok(sock.setopt(0, 35, group + local))
        fails(sock.setopt(0, 35, socket.inet_aton("224.1.2.3") + local), errno.EPERM, "group")
        fails(sock.setopt(0, 35, socket.inet_aton("224.1.2.3") + bytes(4) + b"\1\0\0\0"),
              errno.EPERM, "group, by number")
        sock = client.open(6, zoff.DATAGRAM)
        fails(sock.setopt(41, 20, group6 + b"\1\0\0\0"), errno.EPERM, "group")
        ok(sock.setopt(41, 20, group6[:-1] + b"\x35\1\0\0\0"))
