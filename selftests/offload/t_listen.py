# SPDX-License-Identifier: GPL-2.0
"""Listeners."""

import errno
import socket

import zoff
from host import case, eq, fails, fds, ok, reset, serving


def listener(client, backlog=5, host="127.0.0.1", family=4):
    sock = client.open(family)
    ok(sock.setopt(1, 2, 1))
    ok(sock.bind(host, 0))
    where = ok(sock.listen(backlog))
    return sock, where


@case("listen, a connection, its names, data, close")
def accept():
    with serving() as client:
        sock, where = listener(client)
        with socket.create_connection(where) as peer:
            new, name, other = sock.accept()
            eq((name, other), (where, peer.getsockname()), "names")
            eq(ok(new.name()), where, "name")
            peer.sendall(b"hello")
            eq(new.recv(5), b"hello", "data")
            new.send(b"there")
            eq(peer.recv(5), b"there", "data")
            ok(new.close())
            eq(peer.recv(1), b"", "end")
        ok(sock.close())


@case("a listener on :: takes IPv4, too")
def dual():
    with serving() as client:
        sock, where = listener(client, host="::", family=6)
        with socket.create_connection(("127.0.0.1", where[1])) as peer:
            _, name, other = sock.accept()
            eq(name[0], "::ffff:127.0.0.1", "name")
            eq(other, ("::ffff:127.0.0.1", peer.getsockname()[1]), "peer")


@case("no more connections come than the backlog, until they are accepted")
def backlog():
    with serving() as client:
        sock, where = listener(client, 3)
        peers = [socket.create_connection(where) for _ in range(5)]
        client.quiet()
        eq(len(sock.incoming), 3, "connections without credit")
        sock.accept()
        sock.accept()
        client.quiet()
        eq(len(sock.incoming), 3, "connections with credit for two more")
        for peer in peers:
            peer.close()


@case("listen again: more backlog is more credit, less is none")
def again():
    with serving() as client:
        sock, where = listener(client, 1)
        # The stack itself holds one more than the backlog.
        peers = [socket.create_connection(where) for _ in range(3)]
        client.quiet()
        eq(len(sock.incoming), 1, "connections")
        sock.room = 0
        seq = sock.ask(zoff.LISTEN, b"\3\0\0\0")
        sock.room = 2
        ok(client.reply(seq))
        client.quiet()
        eq(len(sock.incoming), 3, "connections with a backlog of 3")
        ok(client.reply(sock.ask(zoff.LISTEN, b"\1\0\0\0")))
        client.quiet()
        eq(len(sock.incoming), 3, "connections with a backlog of 1")
        for peer in peers:
            peer.close()


@case("a backlog of 0 is one of 1; a listener that was never bound gets a port")
def unbound():
    with serving() as client:
        sock = client.open()
        where = ok(sock.listen(0))
        with socket.create_connection(("127.0.0.1", where[1])):
            sock.accept()


@case("a listener is closed while connections are on their way")
def closed():
    with serving() as client:
        sock, where = listener(client)
        peer = socket.create_connection(where)
        client.wait(lambda: sock.incoming)
        ok(sock.close())
        new = sock.incoming.popleft()[0]
        peer.sendall(b"x")
        eq(new.recv(1), b"x", "data")
        ok(new.close(abort=True))
        try:
            socket.create_connection(where, 2)
            raise AssertionError("somebody listens")
        except ConnectionRefusedError:
            pass


@case("a connection that is reset before it is accepted")
def reset_early():
    with serving() as client:
        sock, where = listener(client)
        reset(socket.create_connection(where))
        new, _, _ = sock.accept()
        client.wait(lambda: new.errors)
        eq(list(new.errors), [errno.ECONNRESET], "error")
        ok(new.close())


@case("as many sockets as there may be: connections wait, and come when one is closed")
def full():
    with serving("--sockets", "3") as client:
        sock, where = listener(client)
        peers = [socket.create_connection(where) for _ in range(4)]
        client.quiet()
        eq(len(sock.incoming), 2, "connections")
        ok(sock.accept()[0].close())
        client.wait(lambda: len(sock.incoming) == 2, 3)
        for peer in peers:
            peer.close()


@case("shutdown ends a listener; it may listen again")
def shutdown():
    with serving() as client:
        sock, where = listener(client)
        ok(sock.shutdown(1))
        try:
            socket.create_connection(where, 2)
            raise AssertionError("somebody listens")
        except ConnectionRefusedError:
            pass
        where = ok(sock.listen(5))
        with socket.create_connection(where):
            sock.accept()
        ok(sock.shutdown(1))
        fails(sock.connect(*where), errno.EISCONN, "connect")


@case("listen on a datagram socket, on a connection; bind twice, bind in use")
def wrong():
    with serving() as client:
        fails(client.open(4, zoff.DATAGRAM).listen(1), errno.EOPNOTSUPP, "datagrams")
        sock, where = listener(client)
        fails(sock.bind("127.0.0.1", 0), errno.EINVAL, "bind again")
        fails(sock.connect(*where), errno.EISCONN, "connect")
        other = client.open()
        fails(other.bind(*where), errno.EADDRINUSE, "bind in use")
        one = client.connected(*where)
        fails(one.listen(1), errno.EINVAL, "listen when connected")


@case("accepting and closing leaves no descriptor behind")
def leaks():
    with serving() as client:
        sock, where = listener(client, 50)
        client.settle()
        before = fds(client.server_pid)
        for _ in range(100):
            with socket.create_connection(where):
                new, _, _ = sock.accept()
                ok(new.close())
        eq(fds(client.server_pid), before, "descriptors")
