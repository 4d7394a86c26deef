# SPDX-License-Identifier: GPL-2.0
"""--internal: echo, discard, chargen without a stack."""

import errno

import zoff
from host import case, eq, fails, ok, pattern, serving

ADDRESS = "192.0.0.8"
ARGS = ("--internal", ADDRESS)


@case("echo: all comes back, and the FIN behind it")
def echo():
    with serving(*ARGS, rules=()) as client:
        sock = client.connected(ADDRESS, 7)
        data = pattern(1 << 20)
        back = b""
        for at in range(0, len(data), 32768):
            sock.send(data[at:at + 32768])
            back += sock.recv(32768)
        eq(back, data, "data")
        sock.send(b"end")
        ok(sock.shutdown(2))
        eq(sock.recv(100), b"end", "the rest")
        eq(sock.ended, True, "END")
        ok(sock.close())


@case("echo to a client that does not read: held by credit")
def echo_stalled():
    with serving(*ARGS, "--window", "65536", window=16384) as client:
        sock = client.connected(ADDRESS, 7)
        sent = 0
        while sock.credit:
            n = min(sock.credit, 9999)
            sock.send(bytes(n))
            sent += n
            client.settle()
        client.quiet()
        eq((sock.credit, len(sock.data)), (0, 16384), "credit, data")
        if sent > 65536 + 16384:
            raise AssertionError(f"{sent} bytes were taken")
        ok(sock.close())


@case("discard and chargen")
def others():
    with serving(*ARGS) as client:
        sock = client.connected(ADDRESS, 9)
        sock.send(bytes(3 << 20))
        client.settle()
        eq(len(sock.data), 0, "data")
        sock = client.connected(ADDRESS, 19)
        eq(sock.recv(95), bytes(range(32, 127)), "characters")
        eq(len(sock.recv(1 << 20)), 1 << 20, "data")
        ok(sock.close(abort=True))


@case("datagrams, IPv4-mapped, other ports, without the option")
def dgrams():
    with serving(*ARGS) as client:
        sock = client.open(4, zoff.DATAGRAM)
        sock.sendto(b"echo", (ADDRESS, 7))
        eq(sock.recvfrom(), (b"echo", (ADDRESS, 7)), "datagram")
        ok(sock.connect(ADDRESS, 19))
        sock.sendto(b"")
        eq(len(sock.recvfrom()[0]), 512, "datagram")
        mapped = client.connected("::ffff:" + ADDRESS, 7, 6)
        mapped.send(b"x")
        eq(mapped.recv(1), b"x", "IPv6")
        fails(mapped.listen(1), errno.EINVAL, "listen")
        fails(client.open().connect(ADDRESS, 80), errno.ECONNREFUSED, "HTTP")
        sock.sendto(b"", (ADDRESS, 80))
        client.wait(lambda: sock.errors)
        eq(sock.errors.popleft(), errno.ECONNREFUSED, "datagram")
