#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A TLS client of the echo server in the kernel: usage: tls_echo.py PORT CA."""

import os
import socket
import ssl
import sys
import threading

PORT, CA = int(sys.argv[1]), sys.argv[2]
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def connect(version=None):
    context = ssl.create_default_context(cafile=CA)
    if version:
        context.minimum_version = context.maximum_version = version
    raw = socket.create_connection(("127.0.0.1", PORT), timeout=60)
    return context.wrap_socket(raw, server_hostname="server.test")


def exchange(tls, size):
    """`size` bytes there and back, by pieces that the server's buffer holds back."""
    data = os.urandom(size)

    def send():
        for at in range(0, size, 50000):
            tls.sendall(data[at : at + 50000])

    sender = threading.Thread(target=send)
    got = bytearray()
    if size <= 100000:
        tls.sendall(data)
    else:
        sender.start()
    while len(got) < size:
        piece = tls.recv(65536)
        if not piece:
            break
        got += piece
    if sender.ident:
        sender.join()
    return bytes(got) == data


def sizes():
    for version in VERSIONS:
        with connect(version) as tls:
            assert all(exchange(tls, size) for size in (1, 1000, 16384, 16385, 60000))


def many():
    """More at a time than there are agents, each with its own data."""
    clients = [connect() for _ in range(20)]
    for number, client in enumerate(clients):
        client.sendall(b"%4d" % number)
    for number, client in reversed(list(enumerate(clients))):
        assert client.recv(100) == b"%4d" % number
    for client in clients:
        client.close()


def proper_end():
    """The client's close_notify is answered by the server's."""
    with connect() as tls:
        assert exchange(tls, 100)
        tls.unwrap()


def plain_peer():
    """Who does not speak TLS gets nothing, and holds nobody up."""
    with socket.create_connection(("127.0.0.1", PORT), timeout=60) as raw:
        raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
        with connect() as tls:
            assert exchange(tls, 1000)
        while raw.recv(1000) not in (b"", None):
            pass


def main():
    parts = (sizes, many, proper_end, plain_peer)
    failed = 0
    for part in parts:
        try:
            part()
            print(f"{part.__name__}: ok")
        except (AssertionError, OSError) as problem:
            failed = 1
            print(f"{part.__name__}: {problem!r}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
