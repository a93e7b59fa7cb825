#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
check --only=alias and --only=types: on real guests, whose probe said which memory it maps twice, and
on machines made up at random, against a page by page comparison of what was mapped.

usage: aliases.py [SEED [MACHINES]]
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile

from counted import check, summary
from synthetic import Arm64, Machine, Riscv, X86

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.join(BUILD, "pagewalk")
CAPTURES = os.path.join(BUILD, "captures")
PAGE = 4096


def pagewalk(*args):
    result = subprocess.run([PAGEWALK, *args], capture_output=True, text=True, timeout=60,
                            check=False)
    return result.stdout, result.returncode


# What the probe said of itself ---------------------------------------------------------------

def path(capture, name):
    return os.path.join(CAPTURES, capture, name)


def probe(capture):
    """The process on CPU 1 maps one memfd three times: writable, readable, executable."""
    with open(path(capture, "serial.log"), encoding="utf-8", errors="replace") as f:
        said = dict((name, (int(first, 16), int(size, 16))) for name, first, size in
                    re.findall(r"^MAP alias-(r[wx]) +(\w+) (\w+)", f.read().replace("\r", ""), re.M))
    text, status = pagewalk("check", "--only=alias", "--format=json", "--registers",
                            path(capture, "gdb-registers.txt"), "--cpu=1",
                            path(capture, "ptonly.elf"))
    found = [json.loads(x) for x in text.splitlines()]
    rows = [(int(x["first"], 16), int(x["last"], 16) + 1 - int(x["first"], 16),
             int(x["other_first"], 16)) for x in found if "first" in x]
    pages = sum(size for _, size, _ in rows)
    (w, size), (x, _) = said["rw"], said["rx"]
    check(status == 1 and pages == size and
          all(w <= first < w + size and other - x == first - w for first, _, other in rows),
          f"{capture}: alias-rw {w:#x} and alias-rx {x:#x} of {size:#x}", text)
    check(found[-1]["findings"] * found[-1]["ranges"] ==
          sum(x.get("pages", 0) for x in found) * len(rows), f"{capture}: the sum", text)


# Machines made up ----------------------------------------------------------------------------

class Case:
    """Few pages of memory, mapped many times; half of them by leaves of level 1."""

    def __init__(self, r, arch):
        self.mappings = []  # (va, size, pa, kernel's, user's, memory type)
        self.types = {"arm64": "mem", "x86": "pat", "riscv": "pbmt"}[arch]
        fmt = {"arm64": Arm64(12), "x86": X86(), "riscv": Riscv()}[arch]
        bits = {"arm64": 39, "x86": 48, "riscv": 39}[arch]
        machine = Machine(fmt, range(0x40000000, 0x50000000, PAGE))
        roots = [machine.new_table()]
        roots.append(machine.new_table() if arch == "arm64" else roots[0])
        # of 39 bits the sign is bit 38; TTBR1 has all 39
        halves = (0, -1 << 39 if arch == "arm64" else -1 << bits - 1)
        for half in (0, 1):
            at = halves[half] & (1 << 64) - 1
            for _ in range(r.randrange(1, 24)):
                level = int(r.random() < 0.2)
                size, nr = PAGE << 9 * level, r.randrange(1, 2 if level else 9)
                pa = 0x80000000 + r.randrange(4) * 0x200000
                pa += 0 if level else r.randrange(24) * PAGE
                at = (at + size - 1 & -size) + r.randrange(3) * size
                self.map(r, machine, roots[half], (bits, at, pa, level, nr), half)
                at += nr * size
        self.options = {
            "arm64": [f"--ttbr0={roots[0]:#x}", f"--ttbr1={roots[1]:#x}", "--tcr=0x80190019"],
            "x86": [f"--cr3={roots[0]:#x}", "--cr4=0x20"],
            "riscv": [f"--satp={8 << 60 | roots[0] >> 12:#x}"],
        }[arch]
        self.core = machine.core()

    def map(self, r, machine, root, where, kernel):
        bits, va, pa, level, nr = where
        rights, what = r.choice(("r--", "rw-", "r-x", "r-x", "rw-", "rwx")), r.randrange(3)
        perm = f"{rights}/---" if kernel else f"r--/{rights}"
        machine.map(root, bits, va, pa, level, nr, perm, **{self.types: what})
        self.mappings.append((va, nr * (PAGE << 9 * level), pa, rights if kernel else "---",
                              "---" if kernel else rights, what))

    def pages(self):
        """For each page of memory what is mapped there."""
        at = {}
        for m in self.mappings:
            for pa in range(m[2], m[2] + m[1], PAGE):
                at.setdefault(pa, []).append(m)
        return at


def conflict(name, a, b):
    """@a is told first"""
    if name == "types":
        return a[5] != b[5]
    if "wx" in a[3] + "/" + a[4] + "/" + b[3] + "/" + b[4]:
        return False  # that is what the check wx is for
    return "w" in a[3] + a[4] and "x" in b[3] or "w" in a[4] and "x" in b[4]


def of(case, va, pa):
    return [m for m in case.mappings if m[0] <= va < m[0] + m[1] and m[2] + va - m[0] == pa]


def made_up(name, core, case, arch):
    for what in ("alias", "types"):
        text, status = pagewalk("check", f"--only={what}", "--format=json", *case.options, core)
        rows = [json.loads(x) for x in text.splitlines()]
        found, wrong = [], []
        for row in rows[:-1]:
            first, size = int(row["first"], 16), int(row["last"], 16) + 1 - int(row["first"], 16)
            pa, other = int(row["pa"], 16), int(row["other_first"], 16)
            found += range(pa, pa + size, PAGE)
            for at in range(0, size, PAGE):
                a, b = of(case, first + at, pa + at), of(case, other + at, pa + at)
                if not a or not b or not conflict(what, a[0], b[0]):
                    wrong.append(f"{row} at {at:#x}: {a} {b}")
        want = sorted(pa for pa, m in case.pages().items()
                      if any(conflict(what, a, b) for a in m for b in m))
        check(not wrong, f"{name} {arch} {what}: what is said is so", "\n".join(wrong[:3]))
        check(found == want, f"{name} {arch} {what}: {len(want)} pages, each once, in order",
              f"{[hex(x) for x in found if x not in want]} {[hex(x) for x in want if x not in found]}")
        check(rows and rows[-1]["findings"] == len(want) and status == (1 if want else 0),
              f"{name} {arch} {what}: the sum", text)
    return bool(want)


def main():
    seed = sys.argv[1] if len(sys.argv) > 1 else str(random.randrange(1 << 32))
    nr = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    captures = [c for c in sorted(os.listdir(CAPTURES)) if os.path.exists(path(c, "gdb-registers.txt"))]
    for capture in captures:
        probe(capture)
    check(len(captures) >= 10, "captures are there")
    several = 0
    with tempfile.TemporaryDirectory() as tmp:
        core = os.path.join(tmp, "core")
        for i in range(nr):
            for arch in ("arm64", "x86", "riscv"):
                case = Case(random.Random(f"{seed} {arch} {i}"), arch)
                with open(core, "wb") as f:
                    f.write(case.core)
                several += made_up(str(i), core, case, arch)
    check(several > nr, "the made-up machines have something to find", str(several))
    return summary(f"tests/aliases.py {seed} {nr}")


if __name__ == "__main__":
    sys.exit(main())
