# SPDX-License-Identifier: GPL-2.0
"""A client of zsock-offloadd, in the words of Documentation/offload-protocol.rst.

It checks what the server sends: lengths, reserved fields, credit, order. What breaks
the protocol is a Broken, the end of the pipe a Gone.
"""

import collections
import errno
import os
import select
import socket
import struct
import subprocess
import time

HELLO, PING, PONG = 1, 2, 3
OPEN, BIND, CONNECT, LISTEN, SHUTDOWN, SETOPT, GETOPT, NAME, CLOSE = range(16, 25)
REPLY, INCOMING, END, ERROR, URGENT = range(32, 37)
DATA, DGRAM, CREDIT = 48, 49, 50

STREAM, DATAGRAM = 1, 2
F_STREAM, F_DGRAM, F_INET6, F_TLS, F_MORE, F_URGENT = 1, 2, 4, 8, 16, 32
TCP, UDP = 6, 17
DGRAM_COST = 256
DATA_MAX = 65536
DATA_MORE, DATA_URGENT = 1, 2

HDR = struct.Struct("<IHHII")
HELLO_BODY = struct.Struct("<8sIIIIII32s")
ADDR = struct.Struct("<HH16sII")
NO_ADDR = bytes(ADDR.size)


class Broken(Exception):
    """The server broke the protocol."""


class Gone(Exception):
    """The pipe has ended."""


def message(kind, sock=0, seq=0, body=b"", flags=0, length=None):
    return HDR.pack(len(body) if length is None else length, kind, flags, sock, seq) + body


def hello(version=1, features=7, window=65536, sockets=4096, silence=0, magic=b"zsockoff",
          reserved=0, name=b"test"):
    return message(HELLO, body=HELLO_BODY.pack(magic, version, features, window, sockets,
                                               silence, reserved, name))


def addr(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    raw = socket.inet_pton(family, host)
    return ADDR.pack(6 if family == socket.AF_INET6 else 4, port, raw.ljust(16, b"\0"), 0, 0)


def parse_addr(raw):
    family, port, data, flow, scope = ADDR.unpack(raw)
    if family == 0:
        if raw != NO_ADDR:
            raise Broken("an address of family 0 has more")
        return None
    if family == 4:
        if any(data[4:]) or flow or scope:
            raise Broken("an IPv4 address has more")
        return socket.inet_ntop(socket.AF_INET, data[:4]), port
    if family == 6:
        return socket.inet_ntop(socket.AF_INET6, data), port
    raise Broken(f"an address of family {family}")


class Sock:
    """What a client knows of a socket."""

    def __init__(self, client, number, dgram=False):
        self.client = client
        self.number = number
        self.dgram = dgram
        self.credit = client.window          # we may send
        self.room = client.own_window        # the server may send
        self.data = bytearray()
        self.dgrams = collections.deque()
        self.incoming = collections.deque()
        self.errors = collections.deque()
        self.ended = False
        self.received = 0
        self.notices = collections.deque()   # urgent bytes that were announced
        self.ahead = None                    # bytes that are to come before the last of them
        self.marks = []                      # (what was received before it, the byte)
        self.listener = False
        self.closed = False

    def take_data(self, body, flags):
        if flags:
            if self.ahead != 0:
                raise Broken(f"an urgent byte with {self.ahead} bytes ahead")
            self.ahead = None
            self.marks.append((self.received, body))
            return
        # What goes beyond the mark says that there is none any more.
        if self.ahead is not None:
            self.ahead = self.ahead - len(body) if len(body) <= self.ahead else None
        self.data += body
        self.received += len(body)

    def take_notice(self, body):
        ahead, byte, reserved = struct.unpack("<Ic3s", body)
        if ahead >= 1 << 31 or any(reserved):
            raise Broken("URGENT")
        self.notices.append(byte)
        self.ahead = ahead

    def ask(self, kind, body=b"", flags=0):
        return self.client.ask(kind, self.number, body, flags)

    def call(self, kind, body=b"", flags=0):
        return self.client.reply(self.ask(kind, body, flags))

    def connect(self, host, port):
        return self.call(CONNECT, addr(host, port))

    def bind(self, host, port):
        return self.call(BIND, addr(host, port))

    def listen(self, backlog):
        self.listener = True
        self.room = max(backlog, 1)
        return self.call(LISTEN, struct.pack("<I", backlog))

    def shutdown(self, how):
        return self.call(SHUTDOWN, struct.pack("<I", how))

    def setopt(self, level, name, value):
        if isinstance(value, int):
            value = struct.pack("<i", value)
        return self.call(SETOPT, struct.pack("<II", level, name) + value)

    def getopt(self, level, name, room=4):
        return self.call(GETOPT, struct.pack("<III", level, name, room))

    def name(self):
        return self.call(NAME)

    def close(self, abort=False):
        reply = self.call(CLOSE, flags=1 if abort else 0)
        return reply

    def send(self, data, flags=0):
        """All of it, as credit allows."""
        data = memoryview(data)
        while data:
            self.client.wait(lambda: self.credit > 0 or self.errors)
            if self.errors:
                return
            n = min(len(data), self.credit, DATA_MAX)
            self.credit -= n
            self.client.send(message(DATA, self.number, body=bytes(data[:n]), flags=flags))
            data = data[n:]

    def push(self):
        """Nothing follows, though it was said that more would."""
        self.client.send(message(DATA, self.number))

    def sendto(self, data, where=None):
        cost = len(data) + DGRAM_COST
        self.client.wait(lambda: self.credit >= cost)
        self.credit -= cost
        self.client.send(message(DGRAM, self.number,
                                 body=(addr(*where) if where else NO_ADDR) + data))

    def give(self, n):
        self.room += n
        self.client.send(message(CREDIT, self.number, body=struct.pack("<I", n)))

    def recv(self, n, give=True):
        """n bytes, or fewer at the end."""
        self.client.wait(lambda: len(self.data) >= min(n, 1 << 30) or self.ended or self.errors
                         or (give and self.data and self.room == 0))
        out = b""
        while len(out) < n:
            part = bytes(self.data[:n - len(out)])
            del self.data[:len(part)]
            out += part
            if part and give:
                self.give(len(part))
            if len(out) == n or (not self.data and (self.ended or self.errors)):
                break
            self.client.wait(lambda: self.data or self.ended or self.errors)
        return out

    def recvfrom(self, give=True):
        self.client.wait(lambda: self.dgrams)
        data, where = self.dgrams.popleft()
        if give:
            self.give(len(data) + DGRAM_COST)
        return data, where

    def accept(self):
        self.client.wait(lambda: self.incoming)
        sock, name, peer = self.incoming.popleft()
        self.give(1)
        return sock, name, peer


class Client:
    """The pipe."""

    def __init__(self, pipe, window=65536, features=7, greet=True, silence=0, sockets=4096):
        self.pipe = pipe
        self.own_window = window
        self.features = features
        self.window = 0
        self.server = None
        self.buffer = bytearray()
        self.socks = {}
        self.waiting = {}
        self.replies = {}
        self.pongs = []
        self.pings = 0
        self.answer_pings = True
        self.seq = 0
        self.next_number = 0
        self.messages = 0
        self.timeout = 30
        self.server_pid = None
        pipe.setblocking(False)
        if greet:
            self.send(hello(window=window, features=features, silence=silence, sockets=sockets))
            self.wait(lambda: self.server)

    # ---- bytes ----

    def send(self, data):
        data = memoryview(data)
        while data:
            try:
                n = self.pipe.send(data)
                data = data[n:]
            except BlockingIOError:
                self.pump(1)
            except OSError as error:
                raise Gone(str(error)) from error

    def pump(self, timeout=0.0):
        """Take what has come; False if nothing has."""
        ready, _, _ = select.select([self.pipe], [], [], timeout)
        if not ready:
            return False
        try:
            data = self.pipe.recv(1 << 18)
        except OSError as error:
            raise Gone(str(error)) from error
        if not data:
            raise Gone("end of file")
        self.buffer += data
        self.parse()
        return True

    def wait(self, until, timeout=None):
        end = time.monotonic() + (timeout or self.timeout)
        while not until():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the server did not do what was waited for")
            self.pump(left)

    def settle(self):
        """Until the server has done all that it was asked for."""
        seq = self.ask(PING)
        self.wait(lambda: seq in self.pongs)

    def quiet(self, timeout=0.2):
        """Until nothing comes for a while."""
        while self.pump(timeout):
            pass

    def gone(self, timeout=20):
        """The server drops the pipe, whatever it may say before."""
        end = time.monotonic() + timeout
        try:
            while time.monotonic() < end:
                self.pump(0.2)
        except Gone:
            return True
        return False

    # ---- messages ----

    def parse(self):
        at = 0
        while len(self.buffer) - at >= HDR.size:
            length, kind, flags, sock, seq = HDR.unpack_from(self.buffer, at)
            if length > 66560:
                raise Broken(f"a length of {length}")
            if len(self.buffer) - at < HDR.size + length:
                break
            body = bytes(self.buffer[at + HDR.size:at + HDR.size + length])
            at += HDR.size + length
            self.messages += 1
            self.take(kind, flags, sock, seq, body)
        del self.buffer[:at]

    def take(self, kind, flags, sock, seq, body):
        if flags and (kind, flags, len(body), self.features & F_URGENT) != \
                (DATA, DATA_URGENT, 1, F_URGENT):
            raise Broken(f"flags {flags} in a {kind}")
        if (self.server is None) != (kind == HELLO):
            raise Broken(f"{kind} where HELLO ought to be, or HELLO again")
        if bool(seq) != (kind in (REPLY, PING, PONG)):
            raise Broken(f"seq {seq} in a {kind}")
        if kind == HELLO:
            self.take_hello(body)
        elif kind == PING:
            self.pings += 1
            if self.answer_pings:
                self.send(message(PONG, seq=seq))
        elif kind == PONG:
            if self.waiting.pop(seq, None) != (PING, 0):
                raise Broken("a PONG that nobody waits for")
            self.pongs.append(seq)
        elif kind == REPLY:
            self.take_reply(sock, seq, body)
        else:
            self.take_event(kind, sock, body, flags)

    def take_hello(self, body):
        magic, version, features, window, sockets, silence, reserved, name = \
            HELLO_BODY.unpack(body)
        if magic != b"zsockoff" or version != 1 or reserved:
            raise Broken("HELLO")
        if not 16384 <= window <= 16 << 20:
            raise Broken("window")
        self.server = {"features": features, "sockets": sockets, "silence": silence,
                       "name": name.rstrip(b"\0").decode()}
        self.window = window

    def take_reply(self, sock, seq, body):
        kind, number = self.waiting.pop(seq, (None, None))
        if number != sock:
            raise Broken(f"a reply that nobody waits for: {sock}, {seq}")
        (error,) = struct.unpack_from("<I", body)
        rest = body[4:]
        if error and rest:
            raise Broken("an error with a value")
        if not error and kind in (BIND, CONNECT, LISTEN, NAME):
            rest = parse_addr(rest)
        elif kind != GETOPT and rest:
            raise Broken(f"a reply to {kind} with a value")
        self.replies[seq] = (error, rest)
        if kind == CLOSE:
            self.socks.pop(sock).closed = True

    def take_event(self, kind, number, body, flags=0):
        sock = self.socks.get(number)
        if sock is None:
            raise Broken(f"{kind} for socket {number}, which is not in use")
        if kind == DATA:
            if sock.ended or sock.errors or sock.dgram or not 1 <= len(body) <= DATA_MAX:
                raise Broken("DATA that must not be")
            sock.room -= len(body)
            sock.take_data(body, flags)
        elif kind == DGRAM:
            if not sock.dgram:
                raise Broken("DGRAM for a stream")
            sock.room -= len(body) - ADDR.size + DGRAM_COST
            sock.dgrams.append((body[ADDR.size:], parse_addr(body[:ADDR.size])))
        elif kind == END:
            if sock.ended or sock.errors or body:
                raise Broken("END again")
            sock.ended = True
        elif kind == ERROR:
            if sock.errors and not sock.dgram:
                raise Broken("ERROR again")
            sock.errors.append(struct.unpack("<I", body)[0])
        elif kind == CREDIT:
            sock.credit += struct.unpack("<I", body)[0]
            if sock.credit >= 1 << 31:
                raise Broken("too much credit")
        elif kind == URGENT:
            if sock.dgram or sock.ended or sock.errors or not self.features & F_URGENT:
                raise Broken("URGENT that must not be")
            sock.take_notice(body)
        elif kind == INCOMING:
            self.take_incoming(sock, body)
        else:
            raise Broken(f"type {kind}")
        if sock.room < 0:
            raise Broken(f"more than credit for socket {number}")

    def take_incoming(self, listener, body):
        (number,) = struct.unpack_from("<I", body)
        if number < 0x80000000 or number in self.socks or not listener.listener:
            raise Broken("INCOMING")
        sock = Sock(self, number)
        self.socks[number] = sock
        listener.room -= 1
        listener.incoming.append((sock, parse_addr(body[4:4 + ADDR.size]),
                                  parse_addr(body[4 + ADDR.size:])))

    def ask(self, kind, sock=0, body=b"", flags=0):
        self.seq += 1
        self.waiting[self.seq] = (kind, sock)
        self.send(message(kind, sock, self.seq, body, flags))
        return self.seq

    def reply(self, seq, timeout=None):
        """(errno, what is behind it)"""
        self.wait(lambda: seq in self.replies, timeout)
        return self.replies.pop(seq)

    def open(self, family=4, kind=STREAM, protocol=None, number=None):
        sock, seq = self.open_ask(family, kind, protocol, number)
        error, _ = self.reply(seq)
        if error:
            raise OSError(error, os.strerror(error))
        return sock

    def open_ask(self, family=4, kind=STREAM, protocol=None, number=None):
        if number is None:
            self.next_number += 1
            number = self.next_number
        if protocol is None:
            protocol = TCP if kind == STREAM else UDP
        sock = Sock(self, number, kind == DATAGRAM)
        self.socks[number] = sock
        return sock, self.ask(OPEN, number, struct.pack("<HHI", family, kind, protocol))

    def connected(self, host, port, family=4):
        sock = self.open(family)
        error, _ = sock.connect(host, port)
        if error:
            raise OSError(error, os.strerror(error))
        return sock


class Server:
    """zsock-offloadd at the other end of a socketpair, or listening."""

    def __init__(self, *args, program=None, log=subprocess.PIPE):
        self.program = program or os.environ.get("OFFLOADD", "zsock-offloadd")
        self.args = args
        self.proc = None
        self.log = log

    def pipe(self):
        ours, theirs = socket.socketpair()
        with theirs:
            self.start("--fd", str(theirs.fileno()), pass_fds=[theirs.fileno()])
        return ours

    def start(self, *args, **kwargs):
        self.proc = subprocess.Popen([self.program, "-f", *self.args, *args],
                                     stdout=subprocess.DEVNULL, stderr=self.log, text=True,
                                     **kwargs)

    def stop(self):
        """(status, what it said)"""
        if self.proc.poll() is None:
            self.proc.terminate()
        _, err = self.proc.communicate(timeout=60)
        return self.proc.returncode, err or ""

    def end(self):
        """As stop(), but it ends by itself."""
        _, err = self.proc.communicate(timeout=60)
        return self.proc.returncode, err or ""


def name_of(error):
    return errno.errorcode.get(error, str(error)) if error else "0"
