# SPDX-License-Identifier: GPL-2.0
"""An asyncio server and 40 clients of it, and a UDP pair: what a modern program does."""
import asyncio
import socket


async def echo(reader, writer):
    """Send back what comes, until the client has no more."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def client(host, port, number):
    """Send something of one's own, and expect it back."""
    reader, writer = await asyncio.open_connection(host, port)
    data = bytes([number]) * 50000
    writer.write(data)
    writer.write_eof()
    assert await reader.read(-1) == data
    writer.close()


class Upper(asyncio.DatagramProtocol):
    """Answers in capitals."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data.upper(), addr)


class Asker(asyncio.DatagramProtocol):
    """Asks once."""

    def __init__(self, answer):
        self.answer = answer

    def connection_made(self, transport):
        transport.sendto(b"question")

    def datagram_received(self, data, addr):
        self.answer.set_result(data)


async def main():
    """TCP over both families, then UDP."""
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        server = await asyncio.start_server(echo, host, 0)
        port = server.sockets[0].getsockname()[1]
        assert server.sockets[0].family == family
        await asyncio.gather(*(client(host, port, n) for n in range(20)))
        server.close()
        # What Python finds out about a descriptor by itself: SO_DOMAIN, SO_TYPE, SO_PROTOCOL.
        with socket.socket(family, socket.SOCK_STREAM) as fresh:
            again = socket.socket(fileno=fresh.detach())
            assert (again.family, again.type, again.proto) == (family, socket.SOCK_STREAM, 6)
            again.close()

    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    server, _ = await loop.create_datagram_endpoint(Upper, local_addr=("127.0.0.1", 0))
    asker, _ = await loop.create_datagram_endpoint(
        lambda: Asker(answer), remote_addr=server.get_extra_info("sockname")
    )
    assert await answer == b"QUESTION"
    asker.close()
    server.close()
    print("asyncio is content")


asyncio.run(asyncio.wait_for(main(), 120))
