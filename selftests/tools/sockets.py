# SPDX-License-Identifier: GPL-2.0
"""Hold sockets for zsockctl to list, until standard input ends. Run under zsock-run.

sockets.py set [COMM]  one of each kind; their names and ports on standard output
sockets.py many N      N of them, never used
sockets.py kinds       raw, packet, CAN and ICMP sockets of AF_ZSOCK
"""
import ctypes
import errno
import socket
import struct
import sys

INET, INET6 = socket.AF_INET, socket.AF_INET6
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
LOCAL = {INET: "127.0.0.1", INET6: "::1"}


def listener(family):
    """A stream socket that waits for connections."""
    sock = socket.socket(family, STREAM)
    sock.bind((LOCAL[family], 0))
    sock.listen(7)
    return sock


def one_of_each():
    """Returns them by name."""
    held = {"fresh": socket.socket(INET, STREAM)}
    for number, family in (("4", INET), ("6", INET6)):
        held["listener" + number] = listener(family)
        held["client" + number] = socket.create_connection(
            held["listener" + number].getsockname()[:2]
        )
        held["server" + number], _ = held["listener" + number].accept()
        held["bound" + number] = socket.socket(family, DGRAM)
        held["bound" + number].bind((LOCAL[family], 0))
        held["udp" + number] = socket.socket(family, DGRAM)
        held["udp" + number].connect(held["bound" + number].getsockname())
    # One more waits to be accepted, and there are unread bytes.
    held["waiting"] = socket.create_connection(held["listener4"].getsockname())
    held["client4"].sendall(b"x" * 123)
    return held


def kinds():
    """Of other kinds than zsock-run makes. CAN is left out where the kernel has none."""
    with open("/sys/module/zsock/parameters/family", encoding="ascii") as file:
        family = int(file.read())

    def make(domain, kind, number):
        return socket.socket(family, kind, domain << 16 | number)

    all_packets = socket.htons(3)
    held = [
        make(INET, socket.SOCK_RAW, socket.IPPROTO_TCP),
        make(0, socket.SOCK_RAW, 253),
        make(INET6, DGRAM, socket.IPPROTO_ICMPV6),
        make(socket.AF_PACKET, socket.SOCK_RAW, all_packets),
        make(socket.AF_PACKET, DGRAM, 0),
    ]
    # Python knows no address of such a socket.
    bind = ctypes.CDLL(None, use_errno=True).bind
    link = struct.pack("=HHiHBB8x", socket.AF_PACKET, socket.htons(0x0800), 1, 0, 0, 0)
    assert not bind(held[4].fileno(), link, len(link))
    try:
        held.append(make(socket.AF_CAN, socket.SOCK_RAW, 1))
        can = struct.pack("=Hxxi16x", socket.AF_CAN, 0)
        assert not bind(held[5].fileno(), can, len(can))
    except OSError as error:
        assert error.errno == errno.EAFNOSUPPORT
    return held


def main():
    """See above."""
    if sys.argv[1] == "many":
        held = {str(n): socket.socket(INET, STREAM) for n in range(int(sys.argv[2]))}
        print("ready")
    elif sys.argv[1] == "kinds":
        with open("/proc/sys/net/ipv4/ping_group_range", "w", encoding="ascii") as file:
            file.write("0 0")
        held = kinds()
        print("ready")
    else:
        held = one_of_each()
        if len(sys.argv) > 2:
            with open("/proc/self/comm", "wb") as comm:
                comm.write(sys.argv[2].encode("utf-8", "surrogateescape"))
        for name, sock in held.items():
            port = 0 if name == "fresh" else sock.getsockname()[1]
            print(name, port, sock.fileno())
        print("ready")
    sys.stdout.flush()
    sys.stdin.read()


main()
