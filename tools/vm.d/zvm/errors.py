# SPDX-License-Identifier: GPL-2.0
"""Exit statuses of tools/vm and the error that ends it."""

SPLAT = 99
TIMEOUT = 124
TROUBLE = 125


class VmError(Exception):
    """The machine cannot do what was asked; the text is for the user."""
