#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""The command on real guests' tables, against what their kernels and QEMU say about them."""

import json
import os
import re
import subprocess
import sys

from counted import check, summary

BUILD = os.environ.get("PW_BUILD", "build")
CAPTURES = os.path.join(BUILD, "captures")
PAGEWALK = os.path.join(BUILD, "pagewalk")
addresses = 0


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


class Arch:
    """How a kernel's dump looks, and when QEMU's gva2gpa answers "unmapped" of what is mapped."""

    def __init__(self, row, stack):
        # start, end, level, attributes: a hole has none
        self.row = re.compile(row)
        # a kernel stack of the process that read the file, freed since: writable, not executable
        self.stack = re.compile(stack)


SPAN = r"^0x(?P<start>[0-9a-f]{16})-0x(?P<end>[0-9a-f]{16}) +"
ARCHS = {
    "arm64": Arch(SPAN + r"\d+[KMGTPE] (?P<level>\w+)(?P<attr>.*)$",
                  r"RW NX SHD AF NG +UXN +MEM/NORMAL$"),
    "x86": Arch(SPAN + r"\d+[KMGTPE](?P<attr>.*) (?P<level>p\w\w)$", r"RW +GLB NX$"),
    "riscv": Arch(SPAN + r"0x[0-9a-f]{16} +\d+[KMGTPE] (?P<level>\w+)(?P<attr>.*)$",
                  r"\. +\.\. +\.\. +D A G \. \. W R V$"),
}
STACK_SIZES = (16384, 65536)


def arch_of(capture):
    return ARCHS[capture.split("-", maxsplit=1)[0]]


def joined(out, row):
    """Append a row, or join it to a hole before it of the same level."""
    if out and not row[3] and not out[-1][3] and out[-1][2] == row[2] and out[-1][1] == row[0]:
        out[-1][1] = row[1]
    else:
        out.append(row)


def rows(capture, text):
    """[start, end, level, attributes, line] of each row; neighbouring holes of a level joined."""
    out = []
    for line in text.splitlines():
        m = arch_of(capture).row.match(line)
        if m:
            joined(out, [int(m["start"], 16), int(m["end"], 16), m["level"], m["attr"].strip(),
                         line])
    return out


def is_freed_stack(capture, row):
    return row[1] - row[0] in STACK_SIZES and row[2].upper() == "PTE" and \
        arch_of(capture).stack.match(row[3])


def ptdump(capture):
    kernel = rows(capture, read(capture, "serial.log").split("SEC ptdump2")[1])
    ours = rows(capture, pagewalk("dump", "--format=ptdump", path(capture, "ptonly.elf"),
                                  status=[0]))
    check(len(kernel) > 50, f"{capture}: the kernel's text has rows")
    mapped = {r[4] for r in ours if r[3]}
    gone = [r for r in kernel if r[3] and r[4] not in mapped]
    check(len(gone) <= 5 and all(is_freed_stack(capture, r) for r in gone),
          f"{capture}: every mapped row of the kernel's, byte for byte",
          "\n  | ".join(r[4] for r in gone))
    kernel_mapped = {r[4] for r in kernel if r[3]}
    extra = [r[4] for r in ours if r[3] and r[4] not in kernel_mapped]
    check(not extra, f"{capture}: no mapped row that the kernel does not have", "\n  | ".join(extra))
    order = [r[0] for r in ours]
    check(order == sorted(order), f"{capture}: rows ascend")
    # the kernel's holes, with the freed stacks as holes of their level
    with_gone = []
    for r in kernel:
        joined(with_gone, [r[0], r[1], r[2], "" if r in gone else r[3], r[4]])
    holes = [(r[0], r[1], r[2]) for r in with_gone if not r[3]]
    our_holes = [(r[0], r[1], r[2]) for r in ours if not r[3]]
    if capture.startswith("riscv"):
        check(not our_holes, f"{capture}: no hole rows")  # that kernel prints none
    else:
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
    return kernel


def whole(capture):
    """Nothing in a healthy kernel's tables is damaged, whichever way they are looked at."""
    for cpu in ("0", "1"):
        text = pagewalk("check", "-q", path(capture, "ptonly.elf"), "--registers",
                        path(capture, "gdb-registers.txt"), "--cpu", cpu)
        for name in ("tables", "reserved"):
            found = re.findall(rf", {name} \(.*\): (.*)$", text, re.M)
            check(len(found) == 2 and found == ["none", "none"], f"{capture} cpu{cpu}: {name}", text)


def register(capture, cpu, name):
    text = read(capture, "gdb-registers.txt").split(f"== cpu{cpu}")[1]
    return int(re.search(rf"^{name} +0x([0-9a-f]+)", text, re.M).group(1), 16)


def effective(capture, cpu, va):
    """Effective rights of an address in this CPU's view: kernel's and user's."""
    text = pagewalk("translate", "-v", path(capture, "ptonly.elf"), "--registers",
                    path(capture, "gdb-registers.txt"), "--cpu", str(cpu), va)
    perm = re.search(r"effective (\S{3})/(\S{3})", text)
    return perm.groups() if perm else None


def hidden(capture, cpu, va):
    """Is QEMU right to answer "unmapped" in this CPU's state, although the address translates?"""
    perm = effective(capture, cpu, va)
    if perm is None or capture.startswith("x86"):
        return False  # there QEMU looks at no rights
    if capture.startswith("riscv"):
        return perm[0 if register(capture, cpu, "priv") else 1][0] != "r"
    cpsr = register(capture, cpu, "cpsr")
    user = perm[1][:2] != "--"
    return not user if cpsr >> 2 & 3 == 0 else user and cpsr >> 22 & 1 == 1


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
    global addresses
    addresses += len(oracle)
    wrong = [va for va in oracle if ours.get(va) != oracle[va] and not (
        oracle[va] == "unmapped" and hidden(capture, cpu, va))]
    check(not wrong, f"{capture} cpu{cpu}: {len(oracle)} addresses as QEMU translates them",
          str([(va, ours.get(va), oracle[va]) for va in wrong[:8]]))


def json_runs(capture, *args):
    """The JSON form, as (headers, runs)."""
    headers, runs = [], []
    for line in pagewalk("dump", "--format=json", *args, path(capture, "ptonly.elf"),
                         status=[0]).splitlines():
        run = json.loads(line)
        (headers if "pagewalk" in run else runs).append(run)
    return headers, runs


def dumps(capture):
    """The JSON form: ordered, disjoint, and the same bytes as the kernel-like text."""
    text_bytes = sum((r[1] - r[0]) % 2**64 for r in rows(
        capture, pagewalk("dump", "--format=ptdump", path(capture, "ptonly.elf")))
        if r[3] and not r[3].startswith("F"))
    headers, runs = json_runs(capture, "--kernel")
    last, good, json_bytes = -1, len(headers) == 1, 0
    for run in runs:
        first = int(run["first"], 16)
        good = good and first > last
        last = int(run["last"], 16)
        if run["kind"] == "leaf":
            json_bytes += last - first + 1
    check(good, f"{capture}: JSON runs ascend")
    check(text_bytes == json_bytes and text_bytes > 0,
          f"{capture}: JSON and ptdump show the same bytes", f"{text_bytes} {json_bytes}")


def cpu_runs(capture, cpu):
    return [r for r in json_runs(capture, "--registers", path(capture, "gdb-registers.txt"),
                                 "--cpu", str(cpu))[1] if r["kind"] == "leaf"]


def info_tlb(capture, cpu):
    """QEMU's list of every leaf: address, physical address, the leaf's own bits but A and D."""
    ours = set()
    for run in cpu_runs(capture, cpu):
        entry = int(run["entry"], 16)
        large = run["level"] != "PTE"
        bits = (entry >> 63, entry >> 8 & 1, int(large), entry >> 4 & 1, entry >> 3 & 1,
                entry >> 2 & 1, entry >> 1 & 1)
        size = (int(run["last"], 16) - int(run["first"], 16) + 1) // run["entries"]
        for i in range(run["entries"]):
            ours.add((int(run["first"], 16) + i * size, int(run["pa"], 16) + i * size, *bits))
    theirs = set()
    for line in read(capture, f"info-tlb.cpu{cpu}.txt").splitlines():
        m = re.match(r"([0-9a-f]{16}): ([0-9a-f]{16}) ([X-])([G-])([P-])[D-][A-]([C-])([T-])([U-])"
                     r"([W-])$", line)
        if m:
            theirs.add((int(m[1], 16), int(m[2], 16), *[int(f != "-") for f in m.groups()[2:]]))
    check(len(theirs) > 1000 and ours == theirs, f"{capture} cpu{cpu}: {len(theirs)} leaves as QEMU "
          "lists them", str(sorted(ours ^ theirs)[:4]))


def merged(spans):
    """Neighbours with the same attributes as one; a span is [first, end, pa or None, attributes]."""
    out = []
    for span in sorted(spans):
        prev = out[-1] if out else None
        if prev and prev[1] == span[0] and prev[3] == span[3] and (
                span[2] is None or prev[2] + prev[1] - prev[0] == span[2]):
            prev[1] = span[1]
        else:
            out.append(list(span))
    return out


def info_mem(capture, cpu):
    """QEMU's list of ranges: effective rights on x86; on RISC-V the leaf's, and where it leads."""
    riscv = capture.startswith("riscv")
    theirs, ours = [], []
    for line in read(capture, f"info-mem.cpu{cpu}.txt").splitlines():
        m = re.match(r"([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) (r|-)(w|-)(x|-)(u|-)(g|-)[a-][d-]$", line) \
            if riscv else re.match(r"([0-9a-f]+)-([0-9a-f]+) [0-9a-f]+ (u|-)(r)(w|-)$", line)
        if not m:
            continue
        if riscv:
            va, pa, size = (int(m[i], 16) for i in (1, 2, 3))
            theirs.append([va, va + size, pa, "".join(m.groups()[3:])])
        else:
            theirs.append([int(m[1], 16), int(m[2], 16), None, "".join(m.groups()[2:])])
    for run in cpu_runs(capture, cpu):
        user = run["perm"][4:] != "---"
        perm = run["perm"][4:] if user else run["perm"][:3]
        if riscv:
            attr = perm + ("u" if user else "-") + ("g" if int(run["entry"], 16) >> 5 & 1 else "-")
        else:
            attr = ("u" if user else "-") + perm[:2]
        ours.append([int(run["first"], 16), int(run["last"], 16) + 1,
                     int(run["pa"], 16) if riscv else None, attr])
    theirs, ours = merged(theirs), merged(ours)
    check(len(theirs) > 20 and ours == theirs, f"{capture} cpu{cpu}: {len(theirs)} ranges as QEMU "
          "lists them", str([s for s in ours if s not in theirs][:3]) +
          str([s for s in theirs if s not in ours][:3]))


def main():
    captures = sorted(c for c in os.listdir(CAPTURES)
                      if os.path.exists(path(c, "gva2gpa.cpu0.txt")))
    check(len(captures) >= 12, "the captures are there", str(captures))
    counts = {}
    for capture in captures:
        serial = read(capture, "serial.log")
        if "SEC ptdump2" in serial:
            ptdump(capture)
        if "Checked W+X mappings" in serial:
            counts[capture] = wx(capture)
        whole(capture)
        dumps(capture)
        for cpu in (0, 1):
            gva2gpa(capture, cpu)
            if os.path.exists(path(capture, f"info-tlb.cpu{cpu}.txt")):
                info_tlb(capture, cpu)
            if os.path.exists(path(capture, f"info-mem.cpu{cpu}.txt")):
                info_mem(capture, cpu)
    check(counts.get("arm64-ptdump-wx") == 641 and counts.get("x86-ptdump-wx") == 3286,
          "what rodata=off leaves", str(counts))
    print(f"{addresses} addresses translated as QEMU does")
    return summary()


if __name__ == "__main__":
    sys.exit(main())
