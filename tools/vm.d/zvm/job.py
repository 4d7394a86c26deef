# SPDX-License-Identifier: GPL-2.0
"""What the guest is to do, as the file of shell variables that its init reads."""

import os
import shlex

# Everything else in the caller's environment is about the host.
_ENV_NAMES = ("PATH", "HOME", "TERM", "LANG", "CI", "USER", "LOGNAME")
_ENV_PREFIXES = ("ZSOCK_", "TEST_", "LC_", "KSELFTEST_", "KTAP_")


def environment(extra):
    env = {
        name: value
        for name, value in os.environ.items()
        if name in _ENV_NAMES or name.startswith(_ENV_PREFIXES)
    }
    # Many a user's PATH lacks where ip and insmod are.
    dirs = env.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    for sbin in ("/usr/local/sbin", "/usr/sbin", "/sbin"):
        if sbin not in dirs:
            dirs.append(sbin)
    env["PATH"] = ":".join(dirs)
    env.setdefault("HOME", "/root")
    env.update(extra)
    return [f"{name}={value}" for name, value in env.items()]


def write(path, variables):
    """Values are strings, numbers, truth values (empty when false) or lists of strings."""
    with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
        for name, value in variables.items():
            if isinstance(value, (list, tuple)):
                text = "(" + " ".join(shlex.quote(v) for v in value) + ")"
            elif isinstance(value, bool):
                text = "1" if value else ""
            else:
                text = shlex.quote(str(value))
            out.write(f"JOB_{name}={text}\n")
