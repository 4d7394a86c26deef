# SPDX-License-Identifier: GPL-2.0
"""Many sockets, several pipes, and that none of them holds up another."""

import errno
import os
import select
import socket
import time

import zoff
from host import (Peer, case, eq, fds, judge, ok, serving, stuff, take, until)

COUNT = 2000
BUSY = 1000
FAIR = 0.1


@case(f"{COUNT} sockets over one pipe: connected, echoed, closed; nothing is left")
def sockets():
    with serving() as client, Peer() as peer:
        client.settle()
        before = fds(client.server_pid)
        socks, others = [], {}
        peer.listener.setblocking(False)
        asked = []
        for _ in range(COUNT):
            sock, _ = client.open_ask()
            asked.append((sock, sock.ask(zoff.CONNECT, zoff.addr(*peer.where))))
        while len(others) < COUNT:
            select.select([peer.listener], [], [], 5)
            try:
                other, where = peer.listener.accept()
                others[where] = other
            except BlockingIOError:
                client.pump(0)
        for sock, seq in asked:
            socks.append((sock, others[ok(client.reply(seq))]))
        for i, (sock, _) in enumerate(socks):
            sock.send(b"%06d" % i)
        for i, (sock, other) in enumerate(socks):
            other.settimeout(30)
            eq(take(other, 6), b"%06d" % i, "to the host")
            other.sendall(b"%07d" % i)
        for i, (sock, _) in enumerate(socks):
            eq(sock.recv(7, give=False), b"%07d" % i, "to the client")
        eq(fds(client.server_pid), before + COUNT, "descriptors")
        for seq in [sock.ask(zoff.CLOSE) for sock, _ in socks]:
            ok(client.reply(seq))
        for _, other in socks:
            other.close()
        eq(fds(client.server_pid), before, "descriptors at the end")


def read_all(client, socks, received, rate, until_each):
    """Read all of them, at @rate bytes a second, until each has had so much."""
    before = sum(received.values())
    began = time.monotonic()
    while min(received.values()) < until_each:
        if time.monotonic() > began + 90:
            raise AssertionError(f"{min(received.values())} of {until_each} bytes came")
        client.pump(1)
        if rate:
            late = (sum(received.values()) - before) / rate - (time.monotonic() - began)
            time.sleep(max(0, late))
        credit = []
        for sock in socks:
            n = len(sock.data)
            if n:
                sock.data.clear()
                sock.room += n
                received[sock.number] += n
                credit.append(zoff.message(zoff.CREDIT, sock.number, body=n.to_bytes(4, "little")))
        client.send(b"".join(credit))
    return (sum(received.values()) - before) / (time.monotonic() - began) / 1e6


def fairness(client, socks, least, rate=None):
    """What each has had when all have had @least.

    The first of them had data before others had: what they got until all have some is not
    counted. With a @rate it is the pipe that is scarce, and not who fills the sockets.
    """
    received = dict.fromkeys((sock.number for sock in socks), 0)
    read_all(client, socks, received, rate, 1)
    received = dict.fromkeys(received, 0)
    speed = read_all(client, socks, received, rate, least)
    spread = (max(received.values()) - min(received.values())) / max(received.values())
    print(f"# {len(socks)} sockets: {min(received.values())} to {max(received.values())} bytes "
          f"each, {speed:.0f} MB/s")
    if spread > FAIR:
        raise AssertionError(f"unfair by {spread * 100:.1f} %")


@case(f"{BUSY} busy sockets of the server's own share the pipe within {FAIR:.0%}")
def fair_internal():
    with serving("--internal", "192.0.0.8", window=65536) as client:
        asked = []
        for _ in range(BUSY):
            sock, _ = client.open_ask()
            asked.append((sock, sock.ask(zoff.CONNECT, zoff.addr("192.0.0.8", 19))))
        for _, seq in asked:
            client.wait(lambda seq=seq: seq in client.replies)
        fairness(client, [sock for sock, _ in asked], 300000)


def flood(others):
    """In a process of its own: as much to each as it takes."""
    poll = select.epoll()
    by_fd = {other.fileno(): other for other in others}
    data = bytes(1 << 16)
    for other in others:
        other.setblocking(False)
        poll.register(other, select.EPOLLOUT)
    try:
        while True:
            for fd, _ in poll.poll():
                by_fd[fd].send(data)
    except OSError:
        os._exit(0)


@case(f"{BUSY} busy TCP connections share the pipe within {FAIR:.0%}")
def fair_tcp():
    with serving(window=65536) as client, Peer() as peer:
        # Inherited. Without it a thousand senders take all memory that TCP has.
        peer.listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
        pairs = [peer.pair(client) for _ in range(BUSY)]
        child = os.fork()
        if not child:
            flood([other for _, other in pairs])
        try:
            fairness(client, [sock for sock, _ in pairs], 300000, 80e6)
        finally:
            os.kill(child, 9)
            os.waitpid(child, 0)
            for _, other in pairs:
                other.close()


@case("sockets that stall, on both sides, do not hold up the others")
def stalls():
    with serving("--window", "65536") as client, Peer(small=True) as peer:
        stalled = [peer.pair(client) for _ in range(20)]
        for sock, other in stalled:
            stuff(client, sock)
            other.setblocking(False)
            try:
                while True:
                    other.send(bytes(1 << 16))
            except BlockingIOError:
                pass
        well, well_other = peer.pair(client)
        client.quiet()
        for sock, _ in stalled:
            eq((sock.credit, sock.room), (0, 0), "credit")
        slow = []
        for i in range(200):
            began = time.monotonic()
            well.send(b"%04d" % i)
            eq(take(well_other, 4), b"%04d" % i, "to the host")
            well_other.sendall(b"%04d" % i)
            eq(well.recv(4), b"%04d" % i, "to the client")
            took = time.monotonic() - began
            if took > 2:
                slow.append(round(took, 1))
        # Once or twice the machine may have stood still.
        if len(slow) > 2:
            raise AssertionError(f"round trips took {slow} s")


class Listening:
    """A server that listens at several places."""

    def __init__(self, *args):
        self.path = os.path.abspath("pipe.sock")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.server = zoff.Server("--allow", "any", "--allow-bind", "any",
                                  "--listen", f"unix:{self.path}",
                                  "--listen", f"tcp:127.0.0.1:{self.port}",
                                  "--listen", f"unix:@offloadd-{self.port}", *args)
        self.server.start()
        self.said = self.server.proc.stderr.readline()

    def __enter__(self):
        if " ready, " not in self.said:
            _, err = self.server.stop()
            raise AssertionError(f"not ready: {self.said}{err}")
        return self

    def __exit__(self, *what):
        if self.server.proc.poll() is None:
            self.server.proc.kill()
            self.server.proc.communicate()

    def unix(self, path=None, **kwargs):
        pipe = socket.socket(socket.AF_UNIX)
        pipe.connect(path or self.path)
        return zoff.Client(pipe, **kwargs)

    def tcp(self, **kwargs):
        return zoff.Client(socket.create_connection(("127.0.0.1", self.port)), **kwargs)


@case("several pipes: UNIX, TCP, an abstract name; the file is for its owner")
def listening():
    with Listening() as at, Peer() as peer:
        eq(os.stat(at.path).st_mode & 0o777, 0o600, "mode")
        for client in (at.unix(), at.tcp(), at.unix(f"\0offloadd-{at.port}")):
            sock, other = peer.pair(client)
            sock.send(b"x")
            eq(take(other, 1), b"x", "data")
            client.pipe.close()
        status, err = at.server.stop()
        judge(status, err, 0, None)


@case("one pipe is not read, one breaks the protocol, one is served")
def pipes():
    with Listening() as at, Peer() as peer:
        deaf, bad, well = at.unix(), at.tcp(), at.unix()
        pairs = [peer.pair(deaf) for _ in range(20)]
        for _, other in pairs:
            other.setblocking(False)
            try:
                while True:
                    other.send(bytes(1 << 16))
            except BlockingIOError:
                pass
        sock, other = peer.pair(well)
        kept, kept_other = peer.pair(bad)
        kept.send(b"x")
        eq(take(kept_other, 1), b"x", "data")
        bad.send(zoff.message(4711))
        eq(bad.gone(), True, "the pipe of who broke the protocol")
        try:
            eq(kept_other.recv(1), "an error", "its connection")
        except ConnectionResetError:
            pass
        slow = 0
        for i in range(200):
            began = time.monotonic()
            sock.send(b"%04d" % i)
            eq(take(other, 4), b"%04d" % i, "data")
            slow += time.monotonic() - began > 0.1
        # As long as the machine does not stand still.
        if slow > 100:
            raise AssertionError(f"{slow} of 200 round trips took more than 100 ms")
        status, err = at.server.stop()
        judge(status, err, 0, "type")


@case("no more pipes than were allowed")
def too_many():
    with Listening("--pipes", "2") as at:
        one, two = at.unix(), at.unix()
        try:
            at.unix()
            raise AssertionError("a third pipe")
        except zoff.Gone:
            pass
        one.pipe.close()
        two.settle()
        until("room for another", lambda: another(at))
        status, err = at.server.stop()
        judge(status, err, 0, None)
        if "as many as may be" not in err:
            raise AssertionError(err)


def another(at):
    try:
        at.unix()
        return True
    except (zoff.Gone, OSError):
        return False


@case("no HELLO, and silence, end a pipe")
def silence():
    with Listening("--silence", "1000") as at:
        client = at.unix()
        began = time.monotonic()
        eq(client.gone(), True, "the pipe of who is silent")
        if time.monotonic() - began < 0.9:
            raise AssertionError("too early")
        status, err = at.server.stop()
        judge(status, err, 0, "nothing was heard for 1000 ms")


@case("a listener that nobody answers any more is replaced, one in use is not")
def stale():
    with Listening() as at:
        again = zoff.Server("--listen", f"unix:{at.path}")
        again.start()
        status, err = again.end()
        eq(status, 2, "status")
        if os.strerror(errno.EADDRINUSE) not in err:
            raise AssertionError(err)
        at.server.proc.kill()
        at.server.proc.communicate()
        eq(os.path.exists(at.path), True, "the file")
        with Listening() as new:
            new.unix().settle()
