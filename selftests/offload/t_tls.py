# SPDX-License-Identifier: GPL-2.0
"""--tls: with the module and its agent. cert.pem and key.pem are of tag 1."""

import errno
import socket
import ssl
import struct
import threading

import zoff
from host import Peer, case, eq, fails, ok, serving, take

TLS_1_2 = 258
SOL_TLS, TAGS, VERIFY, RESULT = 282, 1, 5, 19


class Far(threading.Thread):
    """A TLS server: says everything back, until the end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.where = self.listener.getsockname()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain("cert.pem", "key.pem")
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            try:
                with self.context.wrap_socket(peer, server_side=True) as tls:
                    while data := tls.recv(1 << 16):
                        tls.sendall(data)
            except OSError:
                pass


@case("a secure socket of the client's: handshake, data, end")
def connect():
    far = Far()
    with serving("--tls", features=15) as client:
        eq(client.server["features"] & 8, 8, "TLS")
        sock = client.open(protocol=TLS_1_2)
        ok(sock.setopt(SOL_TLS, VERIFY, 0))
        ok(sock.connect(*far.where))
        for n in (1, 1000, 60000):
            data = bytes(range(256)) * (n // 256 + 1)
            sock.send(data)
            eq(sock.recv(len(data)), data, "data")
        ok(sock.close())
        with Peer() as peer:
            plain, other = peer.pair(client)
            other.sendall(b"x")
            eq(plain.recv(1), b"x", "plain TCP beside it")


@case("a certificate that is not trusted: connect fails, the reason can be read")
def untrusted():
    far = Far()
    with serving("--tls", features=15) as client:
        sock = client.open(protocol=TLS_1_2)
        fails(sock.connect(*far.where), errno.ECONNABORTED, "connect")
        (result,) = struct.unpack("<I", ok(sock.getopt(SOL_TLS, RESULT)))
        eq(result & 8, 8, "not trusted")
        ok(sock.close())


@case("a secure listener with the server's credentials")
def listen():
    with serving("--tls", features=15) as client:
        sock = client.open(protocol=TLS_1_2)
        ok(sock.setopt(SOL_TLS, TAGS, struct.pack("<I", 1)))
        ok(sock.bind("127.0.0.1", 0))
        where = ok(sock.listen(5))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations("cert.pem")
        got = []

        def come():
            with socket.create_connection(where, 20) as tcp, context.wrap_socket(tcp) as tls:
                tls.sendall(b"from afar")
                got.append(take(tls, 5))

        thread = threading.Thread(target=come)
        thread.start()
        client.timeout = 20
        new, name, _ = sock.accept()
        eq(name, where, "name")
        eq(new.recv(9), b"from afar", "data")
        new.send(b"there")
        thread.join(20)
        eq(got, [b"there"], "data")
        ok(new.close())


@case("what was not agreed on: a client without TLS, and datagrams")
def not_agreed():
    with serving("--tls", features=7) as client:
        _, seq = client.open_ask(protocol=TLS_1_2)
        fails(client.reply(seq), errno.EPROTONOSUPPORT, "open")
    with serving("--tls", features=15) as client:
        _, seq = client.open_ask(kind=zoff.DATAGRAM, protocol=272)
        fails(client.reply(seq), errno.EPROTONOSUPPORT, "DTLS")
        fails(client.open().setopt(SOL_TLS, VERIFY, 0), errno.ENOPROTOOPT, "plain TCP")
