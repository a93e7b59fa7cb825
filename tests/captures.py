#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""The command on real guests' tables, against what their kernels and QEMU say about them."""

import json
import os
import re
import subprocess
import sys

BUILD = os.environ.get("PW_BUILD", "build")
CAPTURES = os.path.join(BUILD, "captures")
PAGEWALK = os.path.join(BUILD, "pagewalk")
ROW = re.compile(r"^0x([0-9a-f]{16})-0x([0-9a-f]{16}) +(\d+[KMGTPE]) (\w+)(.*)$")
passed = failed = 0


def check(good, what, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL: " + what + ("\n  | " + detail[:2000] if detail else ""))


def pagewalk(*args, stdin=None, status=None):
    result = subprocess.run([PAGEWALK, *args], input=stdin, capture_output=True, text=True,
                            timeout=60, check=False)
    if status is not None:
        check(result.returncode in status, f"exit status of pagewalk {args}",
              f"{result.returncode}: {result.stderr}")
    return result.stdout


def path(capture, name):
    return os.path.join(CAPTURES, capture, name)


def read(capture, name):
    with open(path(capture, name), encoding="utf-8", errors="replace") as f:
        return f.read().replace("\r", "")


def rows(text):
    """(start, end, level, attributes, line) of each row; neighbouring holes of a level joined."""
    out = []
    for line in text.splitlines():
        m = ROW.match(line)
        if not m:
            continue
        start, end = int(m.group(1), 16), int(m.group(2), 16)
        row = [start, end, m.group(4), m.group(5).strip(), line]
        if out and not row[3] and not out[-1][3] and out[-1][2] == row[2] and out[-1][1] == start:
            out[-1][1] = end
        else:
            out.append(row)
    return out


def is_freed_stack(row):
    """A kernel stack of the process that read the file: 16K of writable, non-executable memory."""
    return row[1] - row[0] == 16384 and row[2] == "PTE" and re.match(
        r"RW NX SHD AF NG +UXN +MEM/NORMAL$", row[3])


def ptdump(capture):
    kernel = rows(read(capture, "serial.log").split("SEC ptdump2")[1])
    ours = rows(pagewalk("dump", "--format=ptdump", path(capture, "ptonly.elf"), status=[0]))
    check(len(kernel) > 100, f"{capture}: the kernel's text has rows")
    mapped = {r[4] for r in ours if r[3]}
    gone = [r for r in kernel if r[3] and r[4] not in mapped]
    check(len(gone) <= 5 and all(is_freed_stack(r) for r in gone),
          f"{capture}: every mapped row of the kernel's, byte for byte",
          "\n  | ".join(r[4] for r in gone))
    kernel_mapped = {r[4] for r in kernel if r[3]}
    extra = [r[4] for r in ours if r[3] and r[4] not in kernel_mapped]
    check(not extra, f"{capture}: no mapped row that the kernel does not have", "\n  | ".join(extra))
    # the kernel's holes, with the freed stacks as holes of their level
    with_gone = []
    for r in kernel:
        r = [r[0], r[1], r[2], "" if r in gone else r[3], r[4]]
        if with_gone and not r[3] and not with_gone[-1][3] and with_gone[-1][2] == r[2] and \
                with_gone[-1][1] == r[0]:
            with_gone[-1][1] = r[1]
        else:
            with_gone.append(r)
    holes = [(r[0], r[1], r[2]) for r in with_gone if not r[3]]
    our_holes = [(r[0], r[1], r[2]) for r in ours if not r[3]]
    check(holes == our_holes, f"{capture}: hole rows, markers apart",
          str(set(holes) ^ set(our_holes)))


def wx(capture):
    said = re.findall(r"Checked W\+X mappings: (?:FAILED, (\d+) W\+X|passed)",
                      read(capture, "serial.log"))
    kernel = int(said[-1]) if said[-1] else 0
    text = pagewalk("check", "--kernel", "--only", "wx", path(capture, "ptonly.elf"), status=[0, 1])
    ours = re.search(r"permission\): (none|(\d+) page)", text)
    check(ours is not None and int(ours.group(2) or 0) == kernel,
          f"{capture}: {kernel} pages writable and executable", text)


def cpu_state(capture, cpu):
    """Exception level and PAN, from the registers."""
    text = read(capture, "gdb-registers.txt").split(f"== cpu{cpu}")[1]
    cpsr = int(re.search(r"^cpsr +0x([0-9a-f]+)", text, re.M).group(1), 16)
    return cpsr >> 2 & 3, cpsr >> 22 & 1


def hidden(capture, cpu, va, el, pan):
    """Is QEMU right to answer "unmapped" in this CPU's state, although the address translates?"""
    text = pagewalk("translate", "-v", path(capture, "ptonly.elf"), "--registers",
                    path(capture, "gdb-registers.txt"), "--cpu", str(cpu), va)
    perm = re.search(r"effective (\S{3})/(\S{3})", text)
    if not perm:
        return False
    user = perm.group(2)[:2] != "--"
    return not user if el == 0 else user and pan == 1


def gva2gpa(capture, cpu):
    oracle = {}
    for line in read(capture, f"gva2gpa.cpu{cpu}.txt").splitlines():
        words = line.split()
        if len(words) >= 2:
            oracle[words[0]] = words[-1].lower()
    answers = pagewalk("translate", "-q", path(capture, "ptonly.elf"), "--registers",
                       path(capture, "gdb-registers.txt"), "--cpu", str(cpu), "-",
                       stdin="\n".join(oracle) + "\n", status=[0, 1])
    ours = dict(line.split() for line in answers.splitlines())
    check(len(oracle) > 500 and len(ours) == len(oracle), f"{capture} cpu{cpu}: all answered")
    el, pan = cpu_state(capture, cpu)
    wrong = [va for va in oracle if ours.get(va) != oracle[va] and not (
        oracle[va] == "unmapped" and hidden(capture, cpu, va, el, pan))]
    check(not wrong, f"{capture} cpu{cpu}: {len(oracle)} addresses as QEMU translates them",
          str([(va, ours.get(va), oracle[va]) for va in wrong[:8]]))


def dumps(capture):
    """The JSON form: ordered, disjoint, and the same pages as the kernel-like text."""
    pages = json_pages = 0
    for r in rows(pagewalk("dump", "--format=ptdump", path(capture, "ptonly.elf"))):
        if r[3] and not r[3].startswith("F"):
            pages += (r[1] - r[0]) % 2**64 >> 12
    last = -1
    good = True
    for line in pagewalk("dump", "--format=json", "--kernel", path(capture, "ptonly.elf"),
                         status=[0]).splitlines():
        run = json.loads(line)
        if "pagewalk" in run:
            continue
        first = int(run["first"], 16)
        good = good and first > last
        last = int(run["last"], 16)
        if run["kind"] == "leaf":
            json_pages += (last - first + 1) >> 12
    check(good, f"{capture}: JSON runs ascend")
    check(pages == json_pages and pages > 0, f"{capture}: JSON and ptdump show the same pages",
          f"{pages} {json_pages}")


def main():
    for capture in ("arm64-ptdump", "arm64-ptdump-wx"):
        ptdump(capture)
        wx(capture)
    for capture in ("arm64-ptdump", "arm64-ptdump-wx", "arm64-debian-a57", "arm64-debian-max"):
        dumps(capture)
        for cpu in (0, 1):
            gva2gpa(capture, cpu)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
