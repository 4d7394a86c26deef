# SPDX-License-Identifier: GPL-2.0
"""--allow, --deny and the like."""

import errno
import socket

import zoff
from host import Peer, case, eq, fails, ok, serving


@case("without rules: not the host itself, not its link, not groups")
def default():
    with serving(rules=()) as client, Peer() as peer, Peer("::1") as peer6:
        for host, port in (peer.where, ("0.0.0.0", peer.where[1]), ("127.9.9.9", 1),
                           ("169.254.169.254", 80), ("224.0.0.1", 1),
                           ("255.255.255.255", 1)):
            fails(client.open().connect(host, port), errno.EPERM, host)
        for host, port in (peer6.where, ("::", peer6.where[1]), ("fe80::1", 1), ("ff02::1", 1),
                           ("::ffff:127.0.0.1", peer.where[1]),
                           ("::ffff:0.0.0.0", peer.where[1])):
            fails(client.open(6).connect(host, port), errno.EPERM, host)
        sock = client.open(4, zoff.DATAGRAM)
        fails(sock.connect(*peer.where), errno.EPERM, "datagrams")
        sock.sendto(b"x", peer.where)
        client.wait(lambda: sock.errors)
        eq(sock.errors.popleft(), errno.EPERM, "datagram")
        fails(sock.setopt(0, 35, socket.inet_aton("224.0.0.251") + bytes(4)), errno.EPERM,
              "group")


@case("without rules: no port is claimed, and nobody listens")
def default_bind():
    with serving(rules=()) as client:
        sock = client.open()
        fails(sock.bind("127.0.0.1", 5000), errno.EACCES, "bind")
        ok(sock.bind("0.0.0.0", 0))
        fails(sock.listen(5), errno.EACCES, "listen")
        fails(client.open().listen(5), errno.EACCES, "listen")
        ok(client.open(4, zoff.DATAGRAM).bind("0.0.0.0", 0))


@case("the first rule that fits decides, by prefix and port")
def first():
    with Peer() as one, Peer() as two:
        port = one.where[1]
        with serving(rules=("--deny", f"127.0.0.1:{two.where[1]}",
                            "--allow", "127.0.0.0/8:1-65535",
                            "--deny", f"127.0.0.1:{port}")) as client:
            ok(client.open().connect(*one.where))
            fails(client.open().connect(*two.where), errno.EPERM, "denied")
            ok(client.open(6).connect("::ffff:127.0.0.1", port))
            fails(client.open().connect("192.0.2.1", 80), errno.EPERM, "not allowed")
            fails(client.open(6).connect("::1", port), errno.EPERM, "another family")


@case("only --deny: the built-in rules follow")
def only_deny():
    with serving(rules=("--deny", "192.0.2.0/24")) as client:
        fails(client.open().connect("192.0.2.200", 80), errno.EPERM, "denied")
        fails(client.open().connect("127.0.0.1", 80), errno.EPERM, "built-in")


@case("0.0.0.0 is loopback to rules, as it is to the stack")
def unspecified():
    with Peer() as peer, serving(rules=("--allow", "127.0.0.1")) as client:
        ok(client.open().connect("0.0.0.0", peer.where[1]))
        fails(client.open().connect("127.0.0.2", peer.where[1]), errno.EPERM, "another")


@case("prefixes of any length")
def prefixes():
    with Peer() as peer, Peer("::1") as peer6, \
            serving(rules=("--allow", "127.0.0.0/31", "--allow", f"[::/127]:{peer6.where[1]}",
                           "--allow-bind", "::1", "--allow-bind", "127.0.0.4/30:0-65535")
                    ) as client:
        ok(client.open().connect(*peer.where))
        fails(client.open().connect("127.0.0.2", 1), errno.EPERM, "127.0.0.2")
        ok(client.open(6).connect(*peer6.where))
        fails(client.open(6).connect("::1", 1), errno.EPERM, "another port")
        fails(client.open(6).connect("::2", peer6.where[1]), errno.EPERM, "::2")
        for host, error in (("127.0.0.4", 0), ("127.0.0.7", 0), ("127.0.0.8", errno.EACCES),
                            ("127.0.0.3", errno.EACCES)):
            sock = client.open()
            ok(sock.bind(host, 0))
            fails(sock.listen(1), error, host)
        sock = client.open(6)
        ok(sock.bind("::1", 0))
        ok(sock.listen(1))


@case(":: with IPv4 needs both to be allowed")
def both():
    with serving(rules=("--allow-bind", "::")) as client:
        fails(client.open(6).listen(1), errno.EACCES, "both")
        sock = client.open(6)
        ok(sock.setopt(41, 26, 1))
        ok(sock.listen(1))
    with serving(rules=("--allow-bind", "::", "--allow-bind", "0.0.0.0")) as client:
        ok(client.open(6).listen(1))


@case("ports of --allow-bind")
def ports():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(rules=("--deny-bind", f"any:{port}", "--allow-bind", "any:1024-65535")) as client:
        fails(client.open().bind("127.0.0.1", port), errno.EACCES, "denied")
        fails(client.open().bind("127.0.0.1", 80), errno.EACCES, "not allowed")
        ok(client.open().listen(1))
