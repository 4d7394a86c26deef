# SPDX-License-Identifier: GPL-2.0
"""Datagrams."""

import errno
import socket

import zoff
from host import case, eq, fails, ok, pattern, serving


def host_socket(host="127.0.0.1"):
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.settimeout(30)
    return sock


@case("datagrams to and from anyone keep their bounds and addresses")
def unconnected():
    with serving(window=1 << 20) as client:
        for host, family in (("127.0.0.1", 4), ("::1", 6)):
            sock = client.open(family, zoff.DATAGRAM)
            one, two = host_socket(host), host_socket(host)
            for other in (one, two):
                for n in (0, 1, 1000, 60000):
                    sock.sendto(pattern(n, n), other.getsockname()[:2])
                    data, where = other.recvfrom(70000)
                    eq(data, pattern(n, n), "to the host")
                    other.sendto(data, where)
                    got, source = sock.recvfrom()
                    eq((got, source), (data, other.getsockname()[:2]), "to the client")


@case("many small ones in a row, in order")
def in_order():
    with serving(window=1 << 20) as client, host_socket() as other:
        sock = client.open(4, zoff.DATAGRAM)
        for i in range(500):
            sock.sendto(b"%d" % i, other.getsockname())
            if i % 50 == 49:
                for j in range(i - 49, i + 1):
                    data, where = other.recvfrom(100)
                    eq(data, b"%d" % j, "to the host")
        for i in range(300):
            other.sendto(b"%d" % i, where)
            if i % 50 == 49:
                for j in range(i - 49, i + 1):
                    eq(sock.recvfrom()[0], b"%d" % j, "to the client")


@case("bind, and a connected socket: only the peer is heard, family 0 takes it away")
def connected():
    with serving() as client, host_socket() as one, host_socket() as two:
        sock = client.open(4, zoff.DATAGRAM)
        # A port that was chosen by number stays when the peer goes.
        with host_socket() as probe:
            port = probe.getsockname()[1]
        where = ok(sock.bind("127.0.0.1", port))
        name = ok(sock.connect(*one.getsockname()))
        eq(name, where, "name")
        two.sendto(b"no", where)
        one.sendto(b"yes", where)
        eq(sock.recvfrom(), (b"yes", one.getsockname()), "from the peer")
        sock.sendto(b"to you")
        eq(one.recvfrom(100), (b"to you", where), "to the peer")
        ok(client.reply(sock.ask(zoff.CONNECT, zoff.NO_ADDR)))
        two.sendto(b"now", where)
        eq(sock.recvfrom(), (b"now", two.getsockname()), "from anyone")


@case("errors are told, and the socket lives on")
def errors():
    with serving() as client, host_socket() as other:
        sock = client.open(4, zoff.DATAGRAM)
        sock.sendto(b"x")
        client.wait(lambda: sock.errors)
        eq(sock.errors.popleft(), errno.EDESTADDRREQ, "no peer")
        sock.sendto(b"x", ("::1", 1))
        client.wait(lambda: sock.errors)
        eq(sock.errors.popleft(), errno.EAFNOSUPPORT, "IPv6")
        with host_socket() as gone:
            where = gone.getsockname()
        ok(sock.connect(*where))
        sock.sendto(b"x")
        client.wait(lambda: sock.errors)
        eq(sock.errors.popleft(), errno.ECONNREFUSED, "ICMP")
        sock.sendto(bytes(65507), other.getsockname())
        client.quiet()
        eq(list(sock.errors), [], "errors")
        ok(sock.close())


@case("a credit of its own: a client that does not read loses nothing of others'")
def credit():
    with serving(window=65536) as client, host_socket() as other:
        deaf = client.open(4, zoff.DATAGRAM)
        well = client.open(4, zoff.DATAGRAM)
        deaf_at, well_at = ok(deaf.bind("127.0.0.1", 0)), ok(well.bind("127.0.0.1", 0))
        for _ in range(100):
            other.sendto(bytes(1000), deaf_at)
        client.quiet()
        eq(len(deaf.dgrams), 65536 // 1256, "datagrams without credit")
        other.sendto(b"x", well_at)
        eq(well.recvfrom()[0], b"x", "another socket")
        deaf.give(1256 * 3 + 100)
        client.quiet()
        eq(len(deaf.dgrams), (65536 + 1256 * 3 + 100) // 1256, "datagrams with more")


@case("one that is larger than the window of the client is dropped, the next is not")
def too_large():
    with serving(window=16384) as client, host_socket() as other:
        sock = client.open(4, zoff.DATAGRAM)
        where = ok(sock.bind("127.0.0.1", 0))
        other.sendto(bytes(20000), where)
        other.sendto(b"small", where)
        eq(sock.recvfrom()[0], b"small", "datagram")
        other.sendto(bytes(16384 - 256), where)
        sock.give(16384)
        eq(len(sock.recvfrom()[0]), 16384 - 256, "as large as may be")


@case("the client's credit comes back, and an OPEN that failed swallows datagrams")
def client_credit():
    with serving("--window", "65536") as client, host_socket() as other:
        sock = client.open(4, zoff.DATAGRAM)
        for _ in range(1000):
            sock.sendto(bytes(700), other.getsockname())
        client.settle()
        if sock.credit < 32768:
            raise AssertionError(f"credit: {sock.credit}")
        failed, seq = client.open_ask(4, zoff.DATAGRAM, 99)
        failed.sendto(b"x", other.getsockname())
        fails(client.reply(seq), errno.EPROTONOSUPPORT, "open")
        ok(failed.close())


@case("shutdown of an unconnected one, and a multicast group")
def groups():
    with serving() as client:
        sock = client.open(4, zoff.DATAGRAM)
        fails(sock.shutdown(2), errno.ENOTCONN, "shutdown")
        where = ok(sock.bind("0.0.0.0", 0))
        ok(sock.setopt(0, 35, socket.inet_aton("224.0.0.251") + socket.inet_aton("127.0.0.1")))
        ok(sock.setopt(0, 32, socket.inet_aton("127.0.0.1")))
        with host_socket() as other:
            other.setsockopt(0, 32, socket.inet_aton("127.0.0.1"))
            other.sendto(b"all", ("224.0.0.251", where[1]))
            eq(sock.recvfrom(), (b"all", other.getsockname()), "from the group")
        ok(sock.setopt(0, 36, socket.inet_aton("224.0.0.251") + socket.inet_aton("127.0.0.1")))
