#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A TLS client over a backend: whole.py BACKEND PORT CA-TAG [native|callback]

Prints what it saw, one word a line: who carries the socket, and what the peer said.
"""
import errno
import socket
import struct
import sys

SOL_ZSOCK, ZSOCK_BACKEND, ZSOCK_INFO = 0x7A73, 1, 2
SOL_TLS, TAGS, HOSTNAME, USED, NATIVE, CALLBACK = 282, 1, 2, 4, 11, 20
IPPROTO_TLS_1_2 = 258


def family():
    with open("/sys/module/zsock/parameters/family", encoding="ascii") as f:
        return int(f.read())


def main():
    backend, port, tag = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    more = sys.argv[4:]
    s = socket.socket(family(), socket.SOCK_STREAM,
                      socket.AF_INET << 16 | IPPROTO_TLS_1_2)
    s.setsockopt(SOL_ZSOCK, ZSOCK_BACKEND, backend.encode() + b"\0")
    s.setsockopt(SOL_TLS, TAGS, struct.pack("i", tag))
    s.setsockopt(SOL_TLS, HOSTNAME, b"server.test\0")
    if "native" in more:
        s.setsockopt(SOL_TLS, NATIVE, 1)
    if "callback" in more:
        s.getsockopt(SOL_TLS, CALLBACK, 4)
    # Python asks for the name, which is a call that settles who carries it.
    fd = socket.fromfd(s.fileno(), socket.AF_INET, socket.SOCK_STREAM)
    try:
        fd.connect(("127.0.0.1", port))
    except OSError as err:
        print(errno.errorcode[err.errno])
        return
    info = s.getsockopt(SOL_ZSOCK, ZSOCK_INFO, 1024)
    print(info[28:44].rstrip(b"\0").decode(), info[44:60].rstrip(b"\0").decode())
    print(f"{struct.unpack('i', s.getsockopt(SOL_TLS, USED, 4))[0]:#06x}")
    fd.sendall(b"hello\n")
    fd.shutdown(socket.SHUT_WR)
    got = b""
    while True:
        data = fd.recv(65536)
        if not data:
            break
        got += data
    print(len(got), got[:5].decode())


main()
