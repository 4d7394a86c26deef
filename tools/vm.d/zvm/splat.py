# SPDX-License-Identifier: GPL-2.0
"""Find in a kernel log what no kernel should say."""

import re

# One line of the log begins each report. Whoever can write to /dev/kmsg can forge one:
# that does no harm, a test which does so fails.
SPLAT = re.compile(
    r"""
      \bWARNING:\                       # WARN(), lockdep, suspicious RCU usage
    | \bBUG:\                           # KASAN, sleeping in atomic context, bad page state ...
    | kernel\ BUG\ at
    | \bOops\b
    | general\ protection\ fault
    | Kernel\ panic
    | Kernel\ mode\ (fault|signal)      # UML
    | double\ fault
    | UBSAN:
    | KASAN:
    | INFO:\ task\ .*\ blocked\ for\ more\ than
    | INFO:\ trying\ to\ register\ non-static\ key
    | INFO:\ rcu_.*\ (self-)?detected
    | rcu:\ INFO:\ .*detected\ .*stall
    | soft\ lockup | hard\ LOCKUP
    | refcount_t:
    | unregister_netdevice:\ waiting\ for
    | ref_tracker:
    | leaked\ reference
    | ODEBUG:
    | list_(add|del)\ corruption
    | Attempt\ to\ release\ .*\ socket
    | (rmem|wmem|optmem|fwd)_?\w*\ leak
    | Objects?\ remaining\ in
    | cache\ still\ has\ objects
    | irq\ .*nobody\ cared
    | kmemleak:\ unreferenced\ object
    | zsock-vm:\ (unkillable|module\ .*\ stays\ in\ use)
    """,
    re.VERBOSE,
)

# These end the guest: nothing more comes from it.
FATAL = re.compile(r"Kernel panic|Kernel mode (fault|signal)")

_REPORT_END = re.compile(r"---\[ end trace|^={20,}$|---\[ end Kernel panic")
_REPORT_LINES = 70


class Scanner:
    """Fed with the log line by line, keeps the reports."""

    def __init__(self, allowed):
        self.allowed = [re.compile(expr) for expr in allowed]
        self.reports = []
        self.fatal = False
        self._open = False

    def line(self, text):
        begins = bool(SPLAT.search(text)) and not any(a.search(text) for a in self.allowed)
        if FATAL.search(text) and begins:
            self.fatal = True
        if self._open:
            report = self.reports[-1]
            report.append(text)
            # A rule of '=' also opens the reports of KASAN and lockdep.
            if len(report) >= _REPORT_LINES or (
                len(report) > 3 and _REPORT_END.search(bare(text))
            ):
                self._open = False
        elif begins:
            self.reports.append([text])
            self._open = True


def bare(text):
    """The line without its time stamp."""
    return re.sub(r"^\[ *\d+\.\d+\] ?(\[ *T?\d+\] ?)?", "", text)


def scan(lines, allowed=()):
    """The reports in a log that is there already, each a list of lines."""
    scanner = Scanner(allowed)
    for text in lines:
        scanner.line(text.rstrip("\r\n"))
    return scanner.reports
