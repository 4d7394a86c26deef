#!/usr/bin/python3 -IS
# SPDX-License-Identifier: GPL-2.0
"""Peers that do TLS wrong, and somebody between two peers who changes what they say.

usage: peer.py serve PORT HOW	take connections, and answer each like this
       peer.py connect PORT HOW	connect, behave like this, wait for the end
       peer.py stall PORT N	N connections that say nothing, until stdin ends
       peer.py proxy PORT TO DIRECTION HOW
				pass a connection on to port TO; once a file "armed" is there,
				do this to the next record in that direction: down (to the
				client) or up
       peer.py many		any of these but stall, one in each line of stdin, until that ends

Says "ready PORT" on stdout when it listens or has connected, "done PORT" when a connection has ended
that it made. python takes a second to begin where the kernel is slow, hence "many".
"""

import os
import socket
import struct
import sys
import threading
import time

HOST = "127.0.0.1"
LINGER_RST = struct.pack("ii", 1, 0)


def say(text):
    print(text, flush=True)


def listener(port):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((HOST, port))
    sock.listen(100)
    say(f"ready {port}")
    return sock


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RST)
    # A thread that is in recv() would keep it open.
    try:
        sock.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    sock.close()


# ---- wrong from the beginning ----

def record(kind, data, version=0x0303):
    return struct.pack(">BHH", kind, version, len(data)) + data


def noise(length):
    """The same each time. (The module random takes longer to load than this.)"""
    data, state = bytearray(length), length | 1
    for i in range(length):
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        data[i] = state >> 16 & 0xFF
    return bytes(data)


# What is sent, all at once.
SENT = {
    "garbage": noise(5000),
    "http": b"HTTP/1.0 400 Bad Request\r\n\r\nThis is no TLS.\r\n",
    "oversized": struct.pack(">BHH", 22, 0x0303, 0xFFFF) + noise(20000),
    "too-large": struct.pack(">BHH", 22, 0x0303, 0x4801) + noise(0x4801),
    "wrong-version": record(22, noise(200), 0x0909),
    "data-first": record(23, b"hello"),
    "alert": record(21, b"\x02\x28"),
    "close-notify": record(21, b"\x01\x00"),
    "garbage-hello": record(22, b"\x02\x00\x00\xf0" + noise(0xF0)),
    "huge-hello": record(22, b"\x02\xff\xff\xff" + noise(16000)) * 20,
    "empty-records": record(22, b"") * 20000,
    "ccs-flood": record(20, b"\x01") * 5000,
    "half": record(22, b"\x02\x00\x00\x76\x03\x03" + noise(100))[:40],
}


def drain(sock):
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass


def trickle(sock):
    """A record that takes hours to come."""
    for byte in struct.pack(">BHH", 22, 0x0303, 0x4000) + noise(0x4000):
        sock.send(bytes([byte]))
        time.sleep(0.1)


def misbehave(sock, how, waits):
    try:
        if waits and how != "garbage":
            sock.recv(10)
        if how == "reset":
            reset(sock)
            return
        if how == "trickle":
            trickle(sock)
        if how in SENT:
            sock.sendall(SENT[how])
        if how in ("close", "half"):
            sock.shutdown(socket.SHUT_WR)
        # "silent" does only this.
        drain(sock)
    except OSError:
        pass
    sock.close()


def serve(port, how):
    sock = listener(int(port))
    while True:
        conn, _ = sock.accept()
        threading.Thread(target=misbehave, args=(conn, how, True), daemon=True).start()


def connect(port, how):
    sock = socket.create_connection((HOST, int(port)))
    say(f"ready {port}")
    misbehave(sock, how, False)
    say(f"done {port}")


def stall(port, count):
    socks = [socket.create_connection((HOST, int(port))) for _ in range(int(count))]
    say(f"ready {port}")
    sys.stdin.read()
    for sock in socks:
        sock.close()


# ---- in between ----

def read_exactly(sock, length):
    data = b""
    while len(data) < length:
        more = sock.recv(length - len(data))
        if not more:
            return None
        data += more
    return data


def read_record(sock):
    head = read_exactly(sock, 5)
    body = read_exactly(sock, struct.unpack(">H", head[3:])[0]) if head else None
    return head + body if body is not None else None


class Cut(Exception):
    """Nothing more is passed on."""


class Tamper:
    """What becomes of the record that comes after the file is there."""

    def __init__(self, how):
        self.how = how
        self.kept = None
        self.done = False

    def change(self, rec):
        if self.how == "flip":
            return rec[:9] + bytes([rec[9] ^ 0x10]) + rec[10:]
        if self.how == "flip-tag":
            return rec[:-1] + bytes([rec[-1] ^ 1])
        if self.how == "type":
            return bytes([rec[0] ^ 2]) + rec[1:]
        if self.how == "version":
            return rec[:1] + b"\x03\x01" + rec[3:]
        if self.how == "longer":
            return rec[:3] + struct.pack(">H", len(rec) - 5 + 1) + rec[5:] + b"\x00"
        if self.how == "shorter":
            return rec[:3] + struct.pack(">H", len(rec) - 5 - 1) + rec[5:-1]
        if self.how == "oversized":
            return rec[:3] + b"\xff\xff" + rec[5:] + noise(20000)
        if self.how == "replay":
            return rec + rec
        if self.how == "drop":
            return b""
        if self.how == "inject":
            return record(23, noise(100)) + rec
        if self.how == "inject-close":
            return record(21, b"\x01\x00") + rec
        if self.how == "inject-alert":
            return record(21, b"\x02\x28") + rec
        return rec

    def swap(self, rec):
        if self.kept is None:
            self.kept = rec
            return b""
        self.done = True
        return rec + self.kept

    def __call__(self, rec, to):
        if self.done or not os.path.exists("armed"):
            return rec
        if self.how == "swap":
            return self.swap(rec)
        self.done = True
        if self.how == "reset":
            reset(to)
            raise Cut
        if self.how == "fin":
            raise Cut
        if self.how == "truncate":
            to.sendall(rec[: len(rec) // 2])
            raise Cut
        return self.change(rec)


def pass_on(source, to, tamper):
    try:
        while True:
            rec = read_record(source)
            if rec is None:
                break
            to.sendall(tamper(rec, to))
    except (Cut, OSError):
        pass
    try:
        to.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def untouched(rec, _to):
    return rec


def proxy(port, to_port, direction, how):
    client, _ = listener(int(port)).accept()
    server = socket.create_connection((HOST, int(to_port)))
    for sock in client, server:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    down, up = (Tamper(how), untouched) if direction == "down" else (untouched, Tamper(how))
    threads = [
        threading.Thread(target=pass_on, args=(client, server, up)),
        threading.Thread(target=pass_on, args=(server, client, down)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def many():
    for line in sys.stdin:
        what, *args = line.split()
        threading.Thread(target=WHATS[what], args=args, daemon=True).start()


WHATS = {"serve": serve, "connect": connect, "stall": stall, "proxy": proxy, "many": many}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in WHATS:
        sys.exit(__doc__)
    WHATS[sys.argv[1]](*sys.argv[2:])


main()
