# SPDX-License-Identifier: GPL-2.0
"""The cases of the bench, how their figures are compared, and the tables of them."""

import statistics

QEMU, UML = "qemu", "uml-fast"

# name: where it runs, how the figure is compared, the target, its words. A figure above the
# target is a miss, but for throughput and rates, where one below it is. Records ("records") are
# compared with bare kTLS and with OpenSSL in user space, and have a target for each. What another
# transport carries ("carried") is compared with a socket of that family, in the place of AF_INET's;
# so are libzsock's calls with the direct ones.
CASES = {
    "tcp-rr": (QEMU, "ratio", 1.005, "TCP round trip, 1 byte"),
    "udp-rr": (QEMU, "ratio", 1.005, "UDP round trip, 1 byte"),
    "conn": (QEMU, "ratio", 1.10, "connect + accept + close"),
    "sock": (QEMU, "ratio", 1.0, "socket + close, stream"),
    "sock-dgram": (QEMU, "ratio", 1.0, "socket + close, datagram"),
    "epoll-echo": (QEMU, "ratio", 1.03, "epoll echo, 100 connections"),
    "mem": (QEMU, "bytes", 2560, "memory of a connected socket"),
    "many": (QEMU, "growth", 1.02, "growth at 20,000 connections"),
    "mptcp": (QEMU, "carried", 1.03, "MPTCP round trip, 1 byte"),
    "smc": (QEMU, "carried", 1.03, "AF_SMC round trip, 1 byte"),
    "libzsock-rr": (QEMU, "carried", 1.02, "libzsock: poll, send, recv"),
    "kpi-rr": (QEMU, "in-kernel", 1.05, "echo in the kernel, 1 byte"),
    "stream": (UML, "speed", 0.98, "64 KiB stream throughput"),
    "tls-bulk-1.2": (QEMU, "records", (1.01, 1.05), "64 KiB, TLS 1.2"),
    "tls-bulk-1.3": (QEMU, "records", (1.01, 1.05), "64 KiB, TLS 1.3"),
    "tls-sendfile-1.2": (QEMU, "records", (1.01, 1.0), "sendfile of 64 KiB, TLS 1.2"),
    "tls-sendfile-1.3": (QEMU, "records", (1.01, 1.0), "sendfile of 64 KiB, TLS 1.3"),
    "tls-rr-1.2": (QEMU, "records", (1.01, None), "round trip, 1 byte, TLS 1.2"),
    "tls-rr-1.3": (QEMU, "records", (1.01, None), "round trip, 1 byte, TLS 1.3"),
    "tls-handshakes-ecdsa-1.2": (QEMU, "rate", 0.85, "handshake, P-256, TLS 1.2"),
    "tls-handshakes-ecdsa-1.3": (QEMU, "rate", 0.85, "handshake, P-256, TLS 1.3"),
    "tls-handshakes-rsa-1.2": (QEMU, "rate", 0.85, "handshake, RSA 2048, TLS 1.2"),
    "tls-handshakes-rsa-1.3": (QEMU, "rate", 0.85, "handshake, RSA 2048, TLS 1.3"),
    "tls-handshakes-resumed-1.2": (QEMU, "rate", 0.85, "handshake, resumed, TLS 1.2"),
    "tls-handshakes-resumed-1.3": (QEMU, "rate", 0.85, "handshake, resumed, TLS 1.3"),
    "tls-mem": (QEMU, "part", 0.5, "memory of an idle end"),
    "remote-rr": (QEMU, "pipe-cost", 2.5, "round trip, 1 byte"),
    "remote-tx": (QEMU, "pipe-speed", 0.8, "64 KiB to the server"),
    "remote-rx": (QEMU, "pipe-speed", 0.8, "64 KiB from the server"),
    "remote-fair-rx": (UML, "fair", 1.10, "1,000 sockets that receive"),
    "remote-fair-tx": (UML, "fair", 1.10, "1,000 sockets that send"),
    "remote-vsock-rr": (QEMU, "pipe-cost", 2.5, "round trip, 1 byte, vsock"),
    "remote-vsock-tx": (QEMU, "pipe-speed", 0.8, "64 KiB to the server, vsock"),
    "remote-vsock-rx": (QEMU, "pipe-speed", 0.8, "64 KiB from the server, vsock"),
}
# Names for several.
GROUPS = ("tls", "tls-bulk", "tls-sendfile", "tls-rr", "tls-handshakes", "remote")

# How far the control (the base of the comparison against itself) may be off, and how uncertain
# a ratio may be, before the figures count as unreliable. UML's clock is the host's: it has to
# share. Handshakes have two processes or more, and the scheduler its say.
NOISE = {
    QEMU: 0.003, UML: 0.01, "rate": 0.01, "part": 0.02, "pipe-cost": 0.1, "pipe-speed": 0.02,
}  # fmt: skip
# Where less is worse.
RATES = ("speed", "rate", "pipe-speed")
# Compared with a bare pipe.
PIPES = ("pipe-cost", "pipe-speed")


def chosen(wanted):
    """The cases that are named, themselves or by a group; all if none is."""
    if not wanted:
        return list(CASES)
    return [
        name for name in CASES
        if any(name == one or (one in GROUPS and name.startswith(one + "-")) for one in wanted)
    ]  # fmt: skip


def base_of(kind):
    """The family that the others are compared with."""
    if kind in PIPES:
        return "unix"
    return "openssl" if kind in ("rate", "part") else "inet"


def figure(kind, result, family):
    """What is compared with the target, or None where the family was not measured."""
    base, other = result.get(base_of(kind)), result.get(family)
    if other is None:
        return None
    if kind == "fair":
        return other["fairness"]
    if kind in ("ratio", "carried", "in-kernel", "records", "pipe-cost"):
        return other["ratio"]
    if kind in RATES:
        return 1 / other["ratio"]
    if kind == "bytes":
        return other["bytes"] - base["bytes"]
    if kind == "part":
        return other["bytes"] / base["bytes"]
    return other["growth"]


def noise_of(kind, result, family):
    """How uncertain the figure is by the run's own account; None where that is not known."""
    other = result.get(family)
    if other is None:
        return None
    if kind in ("ratio", "carried", "in-kernel", "speed", "rate", "records", *PIPES):
        return other["ratio_error"]
    if kind == "growth":
        return other["growth_error"]
    return None


def cost(kind, other):
    """The figure of one family alone, and its unit, as words."""
    if other is None:
        return "-"
    if kind == "speed":
        return f"{65536 / other['median']:.2f} GB/s"
    if kind in ("bytes", "part"):
        return f"{other['bytes']:.0f} B"
    if kind == "growth":
        return f"{other['growth']:.4f}"
    if kind == "fair":
        return f"{other['each'] / 2**20:.1f} MiB"
    return f"{other['median']:.0f}"


def median_or_none(values):
    return None if None in values else statistics.median(values)


def judge(name, results):
    """One line of the table, from the runs' results for one case."""
    kernel, kind, target, words = CASES[name]
    first = results[0]
    row = {"case": name, "what": words, "where": kernel, "kind": kind, "target": target}
    if "missing" in first:
        return row | {"missing": first["missing"], "reliable": True, "verdict": "-"}
    for family in ("inet", "zsock", "unix", "openssl", "openssl-ktls", "openssl-release"):
        row[family] = cost(kind, first.get(family))
    for family in ("zsock", "control", "unix"):
        values = [figure(kind, result, family) for result in results]
        row[f"{family}_figure"] = median_or_none(values)
        row[f"{family}_runs"] = values
    noise = [noise_of(kind, result, "zsock") for result in results]
    row["noise"] = None if None in noise else max(noise)
    if kind == "records":
        ratios = [result.get("zsock", {}).get("lib_ratio") for result in results]
        row["lib_figure"] = median_or_none(ratios)
    if kind == "rate":
        row["client"] = f"{first['client'].get('zsock', first['client']['openssl']):.0f}"
    row["reliable"] = reliable(row, NOISE.get(kind, NOISE[kernel]))
    row["verdict"] = verdict(row)
    return row


def reliable(row, limit):
    if row["kind"] == "fair":
        return True
    if row["kind"] == "bytes":
        return abs(row["control_figure"]) <= 64
    if row["noise"] is not None and row["noise"] > limit:
        return False
    runs = [value for value in row["zsock_runs"] if value is not None]
    if runs and max(runs) - min(runs) > 2 * limit:
        return False
    # Growth is a family's own: the control's is to be that of AF_INET.
    same = float(row["inet"]) if row["kind"] == "growth" else 1
    return abs(row["control_figure"] - same) <= limit


def verdict(row):
    value, target = row["zsock_figure"], row["target"]
    if value is None:
        return "-"
    if row["kind"] == "records":
        met = value <= target[0] and (target[1] is None or row["lib_figure"] <= target[1])
    else:
        met = value >= target if row["kind"] in RATES else value <= target
    return "ok" if met else "MISS"


def number(value, form=".4f"):
    return "-" if value is None else f"{value:{form}}"


def mark(row):
    return row["verdict"] + ("" if row["reliable"] else " (noisy)")


def plain_line(row):
    if row["kind"] == "bytes":
        figures = [number(row[f"{f}_figure"], "+.0f") + " B" for f in ("zsock", "control")]
        target = f"+{row['target']} B"
    else:
        figures = [number(row[f"{f}_figure"]) for f in ("zsock", "control")]
        target = f"{row['target']:.3f}"
    sign = ">=" if row["kind"] == "speed" else "<="
    noise = "" if row["noise"] is None else f"{row['noise']:.4f}"
    return (
        f"{row['what']:<30}{row['inet']:>11}{row['zsock']:>11}{row['unix']:>11}"
        f"{figures[0]:>10}{noise:>9}{figures[1]:>10}   {sign} {target:<8} {mark(row)}"
    )


def pipe_line(row):
    if "missing" in row:
        return f"{row['what']:<30}  not measured: {row['missing']}"
    sign = ">=" if row["kind"] in RATES else "<="
    return (
        f"{row['what']:<30}{row['unix']:>10}{row['zsock']:>10}{row['inet']:>10}"
        f"{number(row['zsock_figure']):>9}{number(row['noise']):>8}"
        f"{number(row['control_figure']):>9}  {sign} {row['target']:.2f}  {mark(row)}"
    )


def fair_line(row):
    return (
        f"{row['what']:<30}{row['zsock']:>10}{number(row['zsock_figure']):>9}"
        f"  <= {row['target']:.2f}  {mark(row)}"
    )


def carried_line(row):
    if "missing" in row:
        return f"{row['what']:<30}  not measured: {row['missing']}"
    figures = [number(row[f"{f}_figure"]) for f in ("zsock", "control")]
    return (
        f"{row['what']:<30}{row['inet']:>11}{row['zsock']:>11}"
        f"{figures[0]:>10}{number(row['noise']):>9}{figures[1]:>10}"
        f"   <= {row['target']:<8.2f} {mark(row)}"
    )


def record_line(row):
    of_lib = "" if row["target"][1] is None else f"<= {row['target'][1]:.2f}"
    return (
        f"{row['what']:<30}{row['openssl']:>10}{row['openssl-ktls']:>10}{row['inet']:>10}"
        f"{row['zsock']:>10}{number(row['zsock_figure']):>9}{number(row['noise']):>8}"
        f"{number(row['control_figure']):>9}  <= {row['target'][0]:.2f}"
        f"{number(row['lib_figure']):>10}  {of_lib:<8}{mark(row)}"
    )


def rate_line(row):
    return (
        f"{row['what']:<30}{row['openssl']:>10}{row['openssl-ktls']:>10}{row['zsock']:>10}"
        f"{row['client']:>10}{number(row['zsock_figure']):>9}{number(row['noise']):>8}"
        f"{number(row['control_figure']):>9}  >= {row['target']:.2f}  {mark(row)}"
    )


def part_line(row):
    return (
        f"{row['what']:<30}{row['openssl']:>10}{row['openssl-release']:>10}"
        f"{row['openssl-ktls']:>10}{row['inet']:>10}{row['zsock']:>10}"
        f"{number(row['zsock_figure']):>9}{number(row['control_figure']):>9}"
        f"  <= {row['target']:.2f}  {mark(row)}"
    )


# Each kind of table: which kinds of cases are in it, its head, a line of it, what it says.
TABLES = (
    (
        ("ratio", "bytes", "growth", "speed"),
        f"{'':<30}{'AF_INET':>11}{'AF_ZSOCK':>11}{'AF_UNIX':>11}"
        f"{'zsock':>10}{'+-':>9}{'control':>10}   {'target':<11} ",
        plain_line,
        "Costs are instructions an operation; zsock and control are compared with AF_INET.",
    ),
    (
        ("carried",),
        f"{'Other transports':<30}{'directly':>11}{'AF_ZSOCK':>11}"
        f"{'zsock':>10}{'+-':>9}{'control':>10}   {'target':<11} ",
        carried_line,
        "Costs are instructions an operation; zsock and control are compared with the family.",
    ),
    (
        ("in-kernel",),
        f"{'Servers in the kernel':<30}{'TCP':>11}{'zsock_kpi':>11}"
        f"{'zsock_kpi':>10}{'+-':>9}{'control':>10}   {'target':<11} ",
        carried_line,
        "Costs are instructions an operation, client included; both are compared with kernel_sendmsg().",
    ),
    (
        ("records",),
        f"{'TLS records':<30}{'OpenSSL':>10}{'its kTLS':>10}{'kTLS':>10}{'AF_ZSOCK':>10}"
        f"{'/kTLS':>9}{'+-':>8}{'control':>9}  {'target':<7}{'/OpenSSL':>10}  {'target':<8}",
        record_line,
        "Costs are instructions an operation, both ends; control is kTLS once more.",
    ),
    (
        ("rate",),
        f"{'TLS handshakes':<30}{'OpenSSL':>10}{'its kTLS':>10}{'AF_ZSOCK':>10}{'(client)':>10}"
        f"{'rate':>9}{'+-':>8}{'control':>9}  {'target':<7}  ",
        rate_line,
        "Costs are instructions of the server's side; rate is handshakes a second to OpenSSL's.",
    ),
    (
        ("part",),
        f"{'TLS memory':<30}{'OpenSSL':>10}{'released':>10}{'its kTLS':>10}{'kTLS':>10}"
        f"{'AF_ZSOCK':>10}{'/OpenSSL':>9}{'control':>9}  {'target':<7}  ",
        part_line,
        "Bytes of the kernel and of programs; released is with SSL_MODE_RELEASE_BUFFERS.",
    ),
    (
        PIPES,
        f"{'Backend behind a pipe':<30}{'pipe':>10}{'AF_ZSOCK':>10}{'AF_INET':>10}"
        f"{'/pipe':>9}{'+-':>8}{'control':>9}  {'target':<7}  ",
        pipe_line,
        "Costs are instructions of both ends; for 64 KiB the pipe's is divided by AF_ZSOCK's.",
    ),
    (
        ("fair",),
        f"{'All of one backend':<30}{'each':>10}{'most':>9}  {'target':<7}  ",
        fair_line,
        "Bytes of a socket, and those of the one that had most to those of the one that had least.",
    ),
)


def show(rows):
    """Print all tables; return the names of what missed its target and of what is unreliable."""
    for kinds, head, line, words in TABLES:
        mine = [row for row in rows if row["kind"] in kinds]
        if mine:
            print("\n".join([head, *map(line, mine), "", words, ""]))
    missed = [row["case"] for row in rows if row["verdict"] == "MISS"]
    noisy = [row["case"] for row in rows if not row["reliable"]]
    compared = [row for row in rows if row["verdict"] != "-"]
    print(f"{len(compared) - len(missed)} of {len(compared)} targets met", end="")
    print(f"; missed: {', '.join(missed)}" if missed else "", end="")
    print(f"; unreliable, measure again: {', '.join(noisy)}" if noisy else "")
    return missed, noisy
