# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""What a suite in Python checked is counted here; its last line says how much."""

_counts = {True: 0, False: 0}


def check(good, what, detail=""):
    _counts[bool(good)] += 1
    if not good:
        print(f"FAIL: {what}" + (f"\n  | {detail[:2000]}" if detail else ""))


def summary(again=""):
    """Prints it, and after a failure how to have it again. The exit status: 0 is all was good."""
    if again and _counts[False]:
        print(f"again with: {again}")
    print(f"{_counts[True]} passed, {_counts[False]} failed")
    return 0 if _counts[True] and not _counts[False] else 1
