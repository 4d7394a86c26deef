# SPDX-License-Identifier: GPL-2.0
"""Random messages, by seeds: OFFLOADD_SEED is the first, OFFLOADD_SEEDS how many."""

import errno
import os
import random
import select
import socket
import struct
import time

import zoff
from host import Peer, case, eq, judge, ok
from t_many import Listening

SEEDS = int(os.environ.get("OFFLOADD_SEEDS", "300"))
FIRST = int(os.environ.get("OFFLOADD_SEED", "1"))
MESSAGES = 300


class Fuzz:
    """Messages that are right more often than not, so that some get far."""

    def __init__(self, seed, where):
        self.rng = random.Random(seed)
        self.where = where
        self.seq = 0
        self.last = 0
        self.streams = []
        self.dgrams = []
        self.connected = []         # to what answers at once, so that DATA may follow at once

    def number(self, kind):
        """One that such a message may be about, or seldom any."""
        rng = self.rng
        if rng.random() < 0.003:
            return rng.choice((0, 2, 0x7fffffff, 0x80000000, 0x80000001, 0xffffffff))
        if kind == zoff.DATA:
            return rng.choice(self.connected or [None])
        if kind == zoff.DGRAM:
            return rng.choice(self.dgrams or [None])
        return rng.choice(self.streams + self.dgrams or [None])

    def forget(self, number):
        for numbers in (self.streams, self.dgrams, self.connected):
            if number in numbers:
                numbers.remove(number)

    def open(self):
        rng = self.rng
        self.last += 1
        self.seq += 1
        dgram = rng.random() < 0.3
        (self.dgrams if dgram else self.streams).append(self.last)
        protocol = rng.choice((17, 17, 17, 6) if dgram else (6, 6, 6, 6, 256))
        if not dgram and protocol == 6 and rng.random() < 0.5:
            self.connected.append(self.last)
            self.seq += 1
            return zoff.message(zoff.OPEN, self.last, self.seq - 1,
                                struct.pack("<HHI", 4, 1, 6)) + \
                zoff.message(zoff.CONNECT, self.last, self.seq,
                             zoff.addr("192.0.0.8", rng.choice((7, 9, 19))))
        return zoff.message(zoff.OPEN, self.last, self.seq,
                            struct.pack("<HHI", rng.choice((4, 4, 6)), 2 if dgram else 1, protocol))

    def address(self):
        rng = self.rng
        kind = rng.randrange(10)
        if kind < 5:
            return zoff.addr(*self.where)
        if kind < 6:
            return zoff.NO_ADDR
        if kind < 7:
            return zoff.addr("127.0.0.1", 0)
        if kind < 8:
            return zoff.addr("::1", self.where[1])
        if kind < 9:
            return zoff.addr("::ffff:127.0.0.1", rng.randrange(65536))
        return rng.randbytes(28) if rng.random() < 0.05 else zoff.addr("192.0.0.8", 7)

    def body(self, kind):
        rng = self.rng
        if kind in (zoff.BIND, zoff.CONNECT):
            return self.address()
        if kind == zoff.LISTEN:
            return struct.pack("<I", rng.choice((0, 1, 5, 0xffffffff)))
        if kind == zoff.SHUTDOWN:
            return struct.pack("<I", rng.choice((1, 2, 3, 2)))
        if kind == zoff.SETOPT:
            return struct.pack("<II", rng.choice((0, 1, 6, 41, 282)), rng.randrange(70)) + \
                rng.choice((b"\1\0\0\0", b"", bytes(8), rng.randbytes(rng.randrange(30))))
        if kind == zoff.GETOPT:
            return struct.pack("<III", rng.choice((0, 6, 41)), rng.randrange(70),
                               rng.choice((4, 0, 16, 0xffffffff)))
        if kind == zoff.DATA:
            return bytes(rng.choice((1, 10, 1000, 8192, 8192, 8192, 0)))
        if kind == zoff.DGRAM:
            return self.address() + bytes(rng.choice((0, 10, 1000, 8192)))
        if kind == zoff.CREDIT:
            return struct.pack("<I", rng.choice((0, 1, 1000, 65536, 1 << 20)))
        return b""

    def message(self):
        rng = self.rng
        kind = rng.choice((zoff.OPEN, zoff.OPEN, zoff.BIND, zoff.CONNECT, zoff.CONNECT,
                           zoff.CONNECT, zoff.LISTEN, zoff.SHUTDOWN, zoff.SETOPT, zoff.GETOPT,
                           zoff.NAME, zoff.CLOSE, zoff.DATA, zoff.DATA, zoff.DGRAM, zoff.DGRAM,
                           zoff.CREDIT, zoff.PING))
        number = 0 if kind == zoff.PING else self.number(kind)
        if kind == zoff.OPEN or number is None:
            return self.open()
        if kind == zoff.CLOSE:
            self.forget(number)
        if kind == zoff.SHUTDOWN and number in self.connected:
            self.connected.remove(number)
        self.seq += 1
        seq = 0 if kind in (zoff.DATA, zoff.DGRAM, zoff.CREDIT) else self.seq
        body = self.body(kind)
        flags = rng.choice((0, 1)) if kind == zoff.CLOSE or body and kind == zoff.DATA else 0
        if kind == zoff.DATA and len(body) == 1:
            flags = rng.choice((0, 1, 2, 2))
        out = bytearray(zoff.message(kind, number, seq, body, flags))
        if rng.random() < 0.004:
            out[rng.randrange(min(len(out), 40))] ^= 1 << rng.randrange(8)
        if rng.random() < 0.002:
            del out[rng.randrange(len(out)):]
        return bytes(out)

    def run(self, pipe):
        """Until the server drops it, or all is said. Answers are read, or not."""
        deaf = self.rng.random() < 0.2
        pipe.setblocking(False)
        todo = zoff.hello(window=self.rng.choice((16384, 65536, 1 << 20)),
                          features=self.rng.choice((7, 63, 63, 63)))
        if self.rng.random() < 0.02:
            todo = self.rng.randbytes(100)
        left = MESSAGES
        end = time.monotonic() + 0.5
        while (todo or left) and time.monotonic() < end:
            if not todo:
                todo = b"".join(self.message() for _ in range(self.rng.randrange(1, 10)))
                left = max(0, left - 5)
            try:
                todo = todo[pipe.send(todo):]
            except BlockingIOError:
                select.select([pipe], [pipe], [], 0.05)
            if not deaf:
                try:
                    if not pipe.recv(1 << 20):
                        return
                except BlockingIOError:
                    pass


@case(f"{SEEDS} clients that say random things, and one that is served all the while")
def fuzz():
    with Listening("--window", "65536", "--internal", "192.0.0.8", "--sockets", "50",
                   "--pipes", "40") as at:
        dropped = 0
        with Peer() as peer:
            peer.listener.setblocking(False)
            # With a listener of its own, so that fuzzers' connections do not come in between.
            with Peer() as mine:
                well = at.unix()
                sock, other = mine.pair(well)
                kept = []
                for seed in range(FIRST, FIRST + SEEDS):
                    pipe = socket.socket(socket.AF_UNIX)
                    pipe.connect(at.path)
                    try:
                        Fuzz(seed, peer.where).run(pipe)
                    except OSError as error:
                        if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                            raise
                        dropped += 1
                    kept.append(pipe)
                    if len(kept) > 8:
                        kept.pop(0).close()
                    try:
                        while True:
                            peer.listener.accept()[0].close()
                    except BlockingIOError:
                        pass
                    sock.send(b"%08d" % seed)
                    eq(other.recv(8), b"%08d" % seed, f"data after seed {seed}")
                for pipe in kept:
                    pipe.close()
                ok(sock.close())
                well.settle()
        status, err = at.server.stop()
        by_rule = err.count(" dropped: ") + err.count("were left out")
        print(f"# {dropped} of {SEEDS} pipes were dropped while they spoke; {by_rule} lines in the log")
        judge(status, "\n".join(line for line in err.splitlines() if " dropped: " not in line), 0, None)
