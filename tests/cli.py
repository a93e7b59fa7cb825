#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""The command as people use and misuse it: exit statuses, messages, damaged files and tables."""

import ctypes
import errno
import functools
import json
import os
import platform
import re
import resource
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from counted import check, summary

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))
CAPTURE = os.path.abspath(os.path.join(BUILD, "captures", "arm64-ptdump-wx"))
CORE = os.path.join(CAPTURE, "ptonly.elf")
REGISTERS = os.path.join(CAPTURE, "gdb-registers.txt")
TEXT = "0xffffccaf23a10000-0xffffccaf23c90000"
ROOT = 0x40595000


def run(*args, stdin=""):
    return subprocess.run([PAGEWALK, *args], input=stdin, capture_output=True, text=True,
                          timeout=20, check=False)


def expect(status, args, says="", stdin=""):
    """The command ends with this status and says this (on either stream)."""
    result = run(*args, stdin=stdin)
    said = result.stdout + result.stderr
    check(result.returncode == status and says in said, f"pagewalk {' '.join(args)}",
          f"status {result.returncode}, wanted {status} and '{says}': {said[-600:]}")
    return result


def usage():
    expect(2, [], "usage:")
    expect(0, ["--help"], "exit status:")
    expect(0, ["--version"], "pagewalk 0.")
    expect(2, ["dmup", CORE], "did you mean 'dump'?")
    expect(2, ["xyzzy"], "no command 'xyzzy'")
    expect(2, ["help", "dmup"], "did you mean 'dump'?")
    for command in ("dump", "translate", "check", "protect"):
        expect(0, [command, "--help"], "options:")
        expect(0, ["help", command], f"usage: pagewalk {command}")
        expect(2, [command], "which source?")
        expect(2, [command, "--no-such-option", CORE], "no such option here")
        expect(2, [command, CORE, "--cpu"], "needs a value")
        expect(3, [command, "/nonexistent", "0", "ro"][:2 if command in ("dump", "check") else 4]
               if command != "protect" else [command, "/nonexistent", TEXT, "ro"], "/nonexistent")
    expect(2, ["dump", "--format=xml", CORE], "text, ptdump or json")
    expect(2, ["dump", "--range=zzz", CORE], "A-B or A+LEN")
    expect(2, ["dump", CORE, "more"], "too much")
    expect(2, ["translate", CORE], "which addresses?")
    expect(2, ["translate", CORE, "hello"], "hexadecimal address")
    expect(2, ["check", "--only", "nothing", CORE], "--list names them")
    expect(0, ["check", "--list"], "wx")
    expect(2, ["protect", CORE, TEXT], "expected SOURCE RANGE")
    expect(2, ["protect", CORE, TEXT, "rx"], "expected ro, rw, x or nx")
    expect(2, ["protect", CORE, "5-4", "ro"], "expected A-B or A+LEN")
    expect(3, ["dump", "--user", CORE], "give --registers or --ttbr0")
    expect(3, ["dump", "--registers", REGISTERS, "--cpu", "7", CORE], "no registers of cpu 7")
    expect(3, ["dump", "--registers", CORE, CORE], "expected gdb's")


def options():
    """Which option, and what is wrong with it, is said of the option itself."""
    for args, says in ((["-xq", CORE], "-x: no such option"), (["-qx", CORE], "-x: no such option"),
                       ([CORE, "-xq"], "-x: no such option"), (["-k", CORE], "-k: no such option"),
                       (["--rows=1", "-kq", CORE], "-k: no such option"),
                       (["--kernel", "-kq", CORE], "-k: no such option"),
                       ([CORE, "--nothing=3"], "--nothing: no such option"),
                       ([CORE, "--=3"], "--: several options begin like that"),
                       ([CORE, "--r=3"], "--r: several options begin like that"),
                       ([CORE, "--kernel=yes"], "--kernel: takes no value"),
                       ([CORE, "--ker=yes"], "--ker: takes no value"),
                       ([CORE, "--help=all"], "--help: takes no value"),
                       ([CORE, "--rows"], "--rows: needs a value"),
                       ([CORE, "--cr3"], "--cr3: needs a value")):
        expect(2, ["dump", *args], says)
    expect(2, ["protect", CORE, TEXT, "ro", "-vo"], "-vo: needs a value")
    for command in ("dump", "check"):
        expect(2, [command, "-v", CORE], "-v: no such option")  # which says no more
    # registers are no business of commands that have no dump
    for command, source in (("rules", []), ("replay", ["-"])):
        expect(2, [command, *source, "--cr3=1"], "--cr3: no such option")
        check("cr3" not in expect(0, [command, "--help"]).stdout, f"{command} has no registers")


def rules():
    """A rule by its name is that rule, however many others begin like it."""
    for name, nr in (("A64-TLBI-1", 1), ("a64-tlbi-1", 1), ("A64-TLBI-1b", 0), ("X86-", 10)):
        result = run("rules", name)
        got = result.stdout.count("  Source: ")
        check((got == 1 if nr == 1 else got >= nr) and result.returncode == (0 if nr else 2),
              f"rules {name}", result.stdout)
    for name, says in (("A64-BBM-99", "perhaps A64-BBM-9\n"), ("x86-tlb-", ""),
                       ("RV-H-8", "perhaps RV-H-1, RV-H-2"), ("Z80-1", "all are listed"),
                       ("", "all are listed"), ("A", "")):
        result = run("rules", name)
        check(result.returncode == (2 if says else 0) and says in result.stderr,
              f"rules '{name}'", result.stderr)


def numbers():
    """As the manual has them: hexadecimal addresses, other numbers decimal or with 0x; no more."""
    for text in ("5-4", "5-5", "5+0", "-", "+", "", "5", "1000+1M ", "1000+1 ", "1000+2.5M",
                 "1000+0x", "1000+0xK", "1000+1KK", "1000+16777216T", "ffffffffffffffff+2",
                 "10000000000000000-0", "-1+5", "1000--5", " 0-5"):
        result = expect(2, ["dump", "--range", text, CORE], "expected A-B or A+LEN")
        check("B above A" in result.stderr, "what a range is", result.stderr)
    for start, length, end in (("0xffffccaf23a10000", "020480", "0xffffccaf23a15000"),
                               ("FFFFCCAF23A10000", "0X5000", "0xffffccaf23a15000"),
                               ("0XFFFFccaf23a10000", "20k", "0xffffccaf23a15000")):
        result = run("dump", "--range", f"{start}+{length}", CORE)
        check(f"0xffffccaf23a10000-{end} " in result.stdout, f"{start}+{length}", result.stdout)
    expect(0, ["dump", "--range", "ffffffff00000000-0", CORE], "0xffffffffff5f8000-")
    # a range that begins and ends in pages shows those pages: rows, sizes and counts are of pages
    for options in ([], ["--format=json"], ["--format=ptdump"], ["--holes"]):
        rows = [run("dump", *options, "--range", text, CORE).stdout
                for text in ("ffffccaf23a10000+8K", "ffffccaf23a10fff+2", "ffffccaf23a10123-ffffccaf23a11124")]
        check(rows[0] and rows == 3 * rows[:1], f"whole pages {options}", "\n".join(rows))
    expect(1, ["check", "--only=wx", "--range", "ffffccaf23a10fff+2", CORE], "2 pages in 1 range")
    check(len(run("dump", "--no-header", "--rows=010", CORE).stdout.splitlines()) == 10,
          "a number that begins with 0 is decimal")
    for text in ("", " 5", "5 ", "-1", "+1", "0x", "1e3", "0b1", "0xg", "18446744073709551616"):
        expect(2, ["dump", "--ttbr1", text, CORE], "expected a number (0x... or decimal)")
        expect(2, ["dump", "--rows", text, CORE], "expected a small number")


def path(capture, name="ptonly.elf"):
    return os.path.join(CAPTURE, "..", capture, name)


def architectures():
    """Each architecture's registers are options, and only on its own dumps."""
    x86, riscv, a64k = path("x86-ptdump"), path("riscv-ptdump-sv39"), path("arm64-ptdump-64k")
    expect(2, ["dump", "--cr3", "0x1000", CORE], "--cr3 is a register of x86-64, and ")
    expect(2, ["dump", "--satp", "1", x86], "is a dump of x86-64")
    expect(2, ["dump", "--ttbr1", "1", riscv], "--ttbr1 is a register of arm64")
    expect(2, ["dump", "--cr3", "hello", x86], "--cr3: expected a number")
    expect(2, ["dump", "--cr", "1", x86], "several options begin like that")
    expect(2, ["dump", *["--cr3=1"] * 40, x86], "more registers than there are")
    expect(3, ["dump", "--user", x86], "no root of the user half: give --registers or --cr3")
    expect(3, ["dump", "--user", riscv], "no root of the user half: give --registers or --satp")
    expect(3, ["dump", "--registers", REGISTERS, x86], "expected cr3 and cr4")
    expect(3, ["dump", "--registers", REGISTERS, riscv],
           "expected satp among the registers: gdb's `info all-registers` has it")
    expect(3, ["dump", "--registers", path("x86-ptdump", "gdb-registers.txt"), CORE], "TCR_EL1")
    expect(3, ["dump", "--cpu", "2", x86], "it has 2")
    expect(0, ["dump", "--cpu", "1", x86], "QEMU's note, CR3 of cpu 1")
    for source in (CORE, riscv):
        expect(2, ["dump", "--cpu", "0", source], "--cpu needs --registers: ")
    # one register over what the note of that CPU says of it
    expect(0, ["dump", "--cpu", "1", "--cr3", "0x862a000", x86], "root 0x862a000 (--cr3)")
    expect(3, ["dump", "--cpu", "2", "--cr3", "0x862a000", x86], "it has 2")
    expect(3, ["dump", "--satp", "0", riscv], "without paging (Bare)")
    expect(3, ["dump", "--satp", "0xc000000000000000", riscv], "a reserved mode")
    result = expect(3, ["dump", "--satp", "0x8000000000000001", riscv], "is not in the dump")
    # one half of two: the other is shown, and it is not as if all were fine
    lost = ["--ttbr0=0x123000", f"--ttbr1={ROOT:#x}", "--tcr=0xb5103510", CORE]
    for command, status in ((["check"], 3), (["check", "--kernel", "--only=user"], 0),
                            (["check", "--kernel"], 1), (["dump"], 3), (["dump", "--kernel"], 0)):
        text = expect(status, [*command, *lost], "user half's root 0x123000 (--ttbr0) is not in").stdout
        check("kernel half" in text, "the other half is shown", text)
    check(len(result.stderr.splitlines()) == 2, "one line for each half", result.stderr)
    # what nobody knows is not "unmapped", and a range of which nothing is known not "fine"
    kernel = run("dump", "--no-header", "--rows=1", x86).stdout.split("-")[0]
    for source, option in ((CORE, "--ttbr0"), (x86, "--cr3"), (riscv, "--satp")):
        says = f"no root of the user half: give --registers or {option}"
        result = expect(3, ["translate", "-v", source, "400000", "401000"], says)
        check(result.stdout == "".join(f"0x{va:016x} unknown\n" for va in (0x400000, 0x401000)) and
              result.stderr.count("\n") == 1, "unknown, said once", result.stdout + result.stderr)
        for command in (["dump"], ["dump", "--format=json"], ["check"]):
            expect(3, [*command, "--range=400000+4K", source], says)
        expect(3, ["protect", source, "400000+4K", "ro"], says)
    for command in ("dump", "check"):
        for args in (["--cpu=0", "--range=800000000000+1G"],
                     ["--cpu=0", "--range=800000000000-ffff800000000000"]):
            expect(2, [command, *args, x86], "none of the user half's addresses, 0x0-0x800000000000")
        expect(2, [command, "--cpu=0", "--kernel", "--range=400000+4K", x86],
               "none of the kernel half's addresses, 0xffff800000000000-0x0")
        expect(0, [command, "--cpu=0", "--range=400000-0", x86], "kernel half")
        expect(3, [command, "--range=0xffff800000000000-0", "--ttbr0=0x40595000",
                   "--tcr=0x3510", CORE], "no root of the kernel half: give --registers or --ttbr1")
    expect(2, ["dump", "--format=ptdump", "--rows=5", CORE], "--rows: not with --format=ptdump")
    expect(2, ["dump", "--format=ptdump", "--range=400000+4K", CORE], "nothing of it is in the halves")
    expect(0, ["dump", "--format=ptdump", f"--range={kernel}+4K", x86], kernel)
    expect(3, ["dump", "--kernel", "--ttbr1=0x40595000", "--tcr=0xb5903510", CORE],
           "no addresses in the kernel half: TCR.EPD1 switches it off")
    expect(3, ["dump", "--user", "--ttbr0=0x40595000", "--tcr=0xb5103590", CORE],
           "no addresses in the user half: TCR.EPD0 switches it off")
    # the last one given counts, over a registers file as well
    root = re.search(r"root 0x([0-9a-f]+)", run("dump", x86).stdout).group(1)
    registers = ["--registers", path("x86-ptdump", "gdb-registers.txt")]
    expect(0, ["dump", *registers, "--cr3", "0x1000", "--cr3", "0x" + root, x86], "(--cr3)")
    expect(1, ["protect", x86, "0xffff987500200000+16K", "ro"], "nothing was changed")
    expect(1, ["protect", a64k, "0xfff0000000000000+4K", "ro"], "a range is whole 64K pages")
    expect(2, ["dump", "--format=ptdump", "--user", *registers[:1], REGISTERS, CORE],
           "never the user half")
    expect(3, ["dump", "--format=ptdump", "--ttbr0", hex(ROOT), "--tcr", "0x10", CORE],
           "whose root is not known")
    expect(1, ["translate", "-v", "--cpu", "1", x86, "0x0100000000000000"], "not canonical")
    # page-table isolation, and what a CPU in user code sees
    pti = ["--registers", path("x86-debian-pti", "gdb-registers.txt"), path("x86-debian-pti")]
    result = expect(1, ["check", "--cpu", "1", *pti], "is what user code runs with")
    check("alias (writable at one address, executable at another): 8 pages in 8 ranges" in
          result.stdout and result.stdout.count("alias: 0x") == 16 and "types" not in result.stdout,
          "the memfd that the probe maps three times", result.stdout)
    check(re.search(r"kernel's for the same process is 0x[0-9a-f]+000$", result.stderr, re.M),
          "the kernel's root is named", result.stderr)
    for quiet in (["-q", "--cpu", "1"], ["--cpu", "0"]):
        check(not run("check", *quiet, *pti).stderr, f"no note with {quiet}")


def sources():
    with tempfile.TemporaryDirectory() as tmp:
        def write(name, data):
            with open(os.path.join(tmp, name), "wb") as f:
                f.write(data)
            return os.path.join(tmp, name)

        with open(CORE, "rb") as f:
            core = f.read()
        expect(3, ["dump", tmp], "Is a directory")
        expect(3, ["dump", write("empty", b"")], "empty file")
        expect(3, ["dump", write("xz", b"\xfd7zXZ\0" + b"x" * 100)], "xz -dk")
        expect(3, ["dump", write("kdump", b"KDUMP   " + b"x" * 100)],
               "offset 0: expected a kdump header of 464 bytes; the file ends at 0x6c")
        expect(3, ["dump", write("garbage", os.urandom(5000))], "expected an ELF core")
        expect(3, ["dump", write("elf32", core[:4] + b"\1" + core[5:])], "offset 4")
        expect(3, ["dump", write("exec", core[:16] + b"\2\0" + core[18:])], "offset 16")
        expect(3, ["dump", write("phentsize", core[:54] + b"\x20\0" + core[56:])],
               "offset 54: expected program headers of 56 bytes, found 32")
        expect(3, ["dump", write("phnum", core[:56] + b"\xfe\xff" + core[58:])],
               "offset 0x40: expected 65534 program headers of 56 bytes; the file ends at")
        process = bytearray(core)
        for i in range(struct.unpack_from("<H", core, 56)[0]):
            struct.pack_into("<Q", process, 64 + i * 56 + 24, 0)  # p_paddr
        result = expect(3, ["dump", write("process", process)], "the core of a process")
        check(result.stderr.count("\n") == 1, "one line for a process", result.stderr)
        expect(3, ["dump", write("ppc64", core[:18] + b"\x15\0" + core[20:])], "found machine 21")
        # cut off anywhere: a message, never a crash, and what is left is still shown
        seen = set()
        for cut in list(range(0, 2000, 61)) + list(range(2000, len(core), len(core) // 40)):
            result = run("dump", "-q", write("cut", core[:cut]))
            seen.add(result.returncode)
            check(result.returncode in (0, 1, 3), f"core cut off at {cut}",
                  f"status {result.returncode}")
        check({1, 3} <= seen, "cut-off cores: some cannot be read, some in part", str(seen))
        result = run("dump", write("cut", core[:len(core) - 100000]))
        check("truncated" in result.stderr and "0xffff" in result.stdout, "truncated: said, and shown")
        # noise in the headers and notes
        for seed in range(120):
            noisy = bytearray(core)
            for i in range(8):
                at = (seed * 7919 + i * 104729) % 8000
                noisy[at] = (noisy[at] + 1 + seed * 31 + i) % 256
            result = run("check", "-q", write("noise", bytes(noisy)))
            check(result.returncode in (0, 1, 3), f"noise {seed}", f"status {result.returncode}")


def offset_of(pa):
    """Where physical address @pa lies in the core."""
    with open(CORE, "rb") as f:
        data = f.read()
    phoff, = struct.unpack_from("<Q", data, 32)
    size, number = struct.unpack_from("<HH", data, 54)
    for i in range(number):
        kind, _, offset, _, at, length, _, _ = struct.unpack_from("<IIQQQQQQ", data,
                                                                  phoff + i * size)
        if kind == 1 and at <= pa < at + length:
            return offset + pa - at
    raise ValueError(hex(pa))


def with_entry(tmp, pa, value):
    out = os.path.join(tmp, "changed")
    with open(CORE, "rb") as f:
        data = bytearray(f.read())
    struct.pack_into("<Q", data, offset_of(pa), value)
    with open(out, "wb") as f:
        f.write(data)
    return out


def damaged_tables():
    whole = len(run("dump", CORE).stdout.splitlines())
    with tempfile.TemporaryDirectory() as tmp:
        for value, words in ((ROOT | 3, "a table that contains itself"),
                             (0x7fff000000 | 3, "a table lies outside"),
                             (0x8000000001, "a reserved encoding")):
            core = with_entry(tmp, ROOT, value)
            start = time.monotonic()
            result = expect(1, ["dump", core], words)
            check(time.monotonic() - start < 5, f"{words}: no hang")
            check(len(result.stdout.splitlines()) >= whole, f"{words}: the rest is shown",
                  result.stdout[:500])
            check(f"{ROOT:x}" in result.stderr, f"{words}: the entry's address", result.stderr)
            expect(1, ["check", "--only", "tables", core], "1 entry in 1 range")
            expect(1, ["dump", "--format=ptdump", core])
            expect(1, ["dump", "--format=json", core], '"kind":"bad"')
        result = expect(3, ["translate", "-v", with_entry(tmp, ROOT, 0x7fff000000 | 3),
                            "ffff000000000000"], "a table lies outside")
        check("unknown" in result.stdout, "what is not in the dump nobody knows", result.stdout)
        loop = expect(1, ["translate", with_entry(tmp, ROOT, 0x8000000001), "ffff000000000000"])
        check("unmapped" in loop.stdout, "a bad walk is no address", loop.stdout)
        # a dump that lost its end: which table is missing is said once
        with open(CORE, "rb") as f:
            data = f.read()
        with open(os.path.join(tmp, "cut"), "wb") as f:
            f.write(data[:len(data) // 2])
        result = expect(3, ["translate", "-q", f.name, "ffffccaf23a10123", "ffff0e8000000000",
                            "ffff0e8000001000", "ffff000000000000"],
                        f"{f.name}: 0xffff0e8000000000: a table on the way is not in the dump")
        check(result.stdout == "0xffffccaf23a10123 0x40210123\n0xffff0e8000000000 unknown\n"
              "0xffff0e8000001000 unknown\n0xffff000000000000 unmapped\n" and
              result.stderr.count("\n") == 1, "a cut dump", result.stdout + result.stderr)
        result = run("dump", f.name)
        check(result.stderr.count("truncated: ") == 15 and "warning: " + f.name + ": and more\n" in
              result.stderr, "many warnings", result.stderr)


def translate():
    result = expect(0, ["translate", CORE, "0xffffccaf23a10123"])
    check(result.stdout == "0xffffccaf23a10123 0x40210123\n", "one line each", result.stdout)
    expect(1, ["translate", CORE, "ffff000000000000"], "0xffff000000000000 unmapped")
    result = expect(3, ["translate", CORE, "-"], "line 2", stdin="ffffccaf23a10000\nfoo\n\n0\n")
    expect(2, ["translate", CORE, "-"], "line 2", stdin="ffffccaf23a10000\nfoo\n")
    check(result.stdout.splitlines() == ["0xffffccaf23a10000 0x40210000",
                                         "0x0000000000000000 unknown"], "goes on after a bad line",
          result.stdout)
    # what is too long for an address is none of its pieces, and counts as one line
    for length in (41, 65519, 65520, 65535, 65536, 65537, 200000, 262144):
        junk = "x" * length
        result = expect(2, ["translate", CORE, "-"], f"line 1: expected a hexadecimal address, "
                        f"found '{'x' * 40}'", stdin=f"{junk}ffffccaf23a10000\nffffccaf23a10123\nz")
        check(result.stdout == "0xffffccaf23a10123 0x40210123\n" and
              [line[:43] for line in result.stderr.splitlines()] ==
              ["pagewalk: standard input, line 1: expected ", "pagewalk: standard input, line 3: expected "],
              f"a line of {length} bytes and more", result.stdout + result.stderr[:300])
    # whoever asks one at a time gets one at a time
    with subprocess.Popen([PAGEWALK, "translate", CORE, "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as p:
        for va in (b"ffffccaf23a10000\n", b"ffffccaf23a11000\n"):
            p.stdin.write(va)
            p.stdin.flush()
            ready, _, _ = select.select([p.stdout], [], [], 5)
            check(ready and os.read(p.stdout.fileno(), 100).startswith(b"0x" + va[:-1]),
                  "an answer before the next question")
        p.stdin.close()
    result = expect(0, ["translate", "-v", CORE, "ffffccaf23a10000"])
    check(len(re.findall(r"^  P[GUMT]\w+ at 0x", result.stdout, re.M)) == 4 and
          "effective rwx/---, 4K page" in result.stdout, "-v shows four levels", result.stdout)


def physical():
    """dump --phys: every mapping of a page, and nothing else, as a full dump says it."""
    def leaves(*args):
        out = [json.loads(line) for line in run("dump", "--format=json", *args).stdout.splitlines()]
        return [(r["half"], int(r["first"], 16), int(r["last"], 16), int(r["pa"], 16), r["perm"],
                 r["level"], r["type"]) for r in out if r.get("kind") == "leaf"]

    several = 0
    for capture in ("arm64-ptdump-wx", "arm64-ptdump-64k", "x86-debian", "riscv-debian"):
        args = ["--registers", path(capture, "gdb-registers.txt"), "--cpu", "1", path(capture)]
        every = leaves(*args)
        granule = 0x10000 if capture.endswith("64k") else 0x1000
        for low, size in [(pa, 1) for _, _, _, pa, *_ in every[::7]] + [
                (every[0][3] + 0x1ffe, 4), (every[-1][3], 1 << 21), (0, 1 << 30), (1 << 51, 1 << 50)]:
            first, last = low & -granule, (low + size - 1) | (granule - 1)
            want = []
            for half, start, end, pa, *rest in every:
                cut = max(first - pa, 0), min(last - pa, end - start)
                if cut[0] <= cut[1]:
                    want.append((half, start + cut[0], start + cut[1], pa + cut[0], *rest))
            got = leaves(f"--phys={low:x}+{size}", *args)
            several += len(want) > 1
            check(got == want, f"{capture}: --phys={low:x}+{size}", f"{got[:5]}\nnot {want[:5]}")
    check(several > 20, "some pages are mapped more than once", str(several))
    text = expect(0, ["dump", "--no-header", "--holes", "--phys=0x40210000+4K", CORE]).stdout
    check(re.findall(r"(?m)^(\S+)  0x000040210000 +4K", text) ==
          ["0xffff0e9900210000-0xffff0e9900211000", "0xffffccaf23a10000-0xffffccaf23a11000"] and
          text.count("\n") == 2, "the text of the kernel, and its alias in the linear map", text)
    text = expect(0, ["dump", "--no-header", "--phys=40210000+4K", f"--range={TEXT}", CORE]).stdout
    check(text.startswith("0xffffccaf23a10000-") and text.count("\n") == 1, "--phys and --range", text)
    expect(2, ["dump", "--phys=5-4", CORE], "--phys: expected A-B or A+LEN")
    expect(2, ["dump", "--phys=0+4K", "--format=ptdump", CORE], "--phys: not with --format=ptdump")


def read_ledger(text, columns):
    return {m.group(1).strip(): list(map(int, m.group(2).split()))
            for m in re.finditer(r"^  ([a-z' ]+?) {2,}((?: *\d+){%d})" % columns, text, re.M)}


def protect():
    result = expect(0, ["protect", CORE, TEXT, "ro"])
    ledger = read_ledger(result.stdout, 5)
    check(ledger.get("entry by entry") == [640, 640, 640, 1920, 1280], "ledger, entry by entry",
          str(ledger))
    check(ledger.get("origin patch's hooks", [0, 0])[:2] == [640, 2], "ledger, hooks", str(ledger))
    check(ledger.get("bracketed", [0, 0])[:2] == [640, 1], "ledger, bracketed", str(ledger))
    check("rwx/---" in result.stdout and "r-x/---" in result.stdout, "runs before and after")
    # rights that a table or a control register takes away: entries change, and what is seen does not
    linear = path("arm64-ptdump"), "0xffff000000000000+2M"
    for args, note in (([*linear, "x"], True), ([*linear, "nx"], False), ([*linear, "ro"], False),
                       ([*linear, "rw"], False), (["-q", *linear, "x"], False),
                       ([CORE, TEXT, "x"], False), (["--sctlr=0x80000", CORE, TEXT, "rw"], False),
                       (["--sctlr=0x80000", CORE, TEXT, "x"], True)):
        result = expect(0, ["protect", *args])
        check(("is not x by effective permission" in result.stderr) == note, f"protect {args}",
              result.stderr)
    for word, after in (("nx", "rw-/---"), ("x", "rwx/---"), ("rw", "rwx/---")):
        expect(0, ["protect", CORE, TEXT, word], after)
    expect(0, ["protect", CORE, TEXT, "rw"], "nothing to change")
    expect(1, ["protect", CORE, "0xffff0e9900000000+4K", "ro"],
           "0xffff0e9900000000-0xffff0e9900001000")
    expect(1, ["protect", CORE, "0xffffccaf23a10000+4K", "ro"], "nothing was changed")
    # what to ask for instead
    for refused, whole in (("ffffccaf23a11000+4K", "0xffffccaf23a10000-0xffffccaf23a20000"),
                           ("ffffccaf23a10000+68K", "0xffffccaf23a20000-0xffffccaf23a30000"),
                           ("ffff0e9900001000+4K", "0xffff0e9900000000-0xffff0e9900200000")):
        expect(1, ["protect", CORE, refused, "nx"], f"groups: {whole} here")
        expect(0, ["protect", CORE, whole, "nx"])
    expect(1, ["protect", CORE, "0xffff000000000000+2M", "ro"], "nothing is mapped there")
    expect(1, ["protect", CORE, "0xffffccaf23a10001+4K", "ro"], "misaligned")
    expect(1, ["protect", CORE, TEXT.replace("3c90000", "3c8ffff"), "ro"], f"did you mean {TEXT}?")
    result = expect(1, ["protect", CORE, TEXT[:-1] + "1", "ro"], "misaligned")
    check("did you mean" not in result.stderr, "no guess where none is likely", result.stderr)


def protect_others():
    """The ledger of other architectures; Linux's thresholds, 33 and 64 pages, are the library's."""
    x86, riscv = path("x86-ptdump"), path("riscv-ptdump-sv39")
    for pages, word, one_by_one, full in ((33, "rw", 33, 0), (34, "rw", 0, 1)):
        result = expect(0, ["protect", x86, f"0xffff987508400000+{4 * pages}K", word])
        ledger = read_ledger(result.stdout, 4)
        check(ledger.get("entry by entry") == [pages, pages, 0, pages] and
              ledger.get("origin patch's hooks") == [pages, one_by_one, full, 1] and
              ledger.get("bracketed") == [pages, one_by_one, full, 1], "x86-64 ledger",
              result.stdout)
    for start, length, entries in (("0xffffffc600000000", "16K", 4), ("0xffffffc4fec00000", "4M", 2)):
        result = expect(0, ["protect", riscv, f"{start}+{length}", "ro"])
        ledger = read_ledger(result.stdout, 4)
        check(ledger.get("entry by entry") == [entries, entries, 0, entries] and
              ledger.get("origin patch's hooks") == [entries, entries, 0, 1] and
              ledger.get("bracketed") == [entries, entries, 0, 1], "riscv64 ledger", result.stdout)
    for source, word in ((CORE, "dsb ishst"), (x86, "IPI round"), (riscv, "remote fence")):
        where = {CORE: TEXT, x86: "0xffff987508400000+4K", riscv: "0xffffffc600000000+4K"}[source]
        expect(0, ["protect", "-v", source, where, "rw" if source == x86 else "ro"], word)


def protect_output():
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "out.elf")
        expect(0, ["protect", "-o", out, CORE, TEXT, "ro"], "wrote")
        expect(0, ["check", "--only", "wx", "--range", TEXT, out], "none")
        before, after = (run("dump", core).stdout.splitlines() for core in (CORE, out))
        check(len(before) == len(after) and sum(a != b for a, b in zip(before, after)) == 1,
              "only that run differs")
        expect(3, ["protect", "-o", out, CORE, TEXT, "ro"], "exists already")
        expect(0, ["protect", "--force", "-o", out, CORE, TEXT, "nx"])
        expect(1, ["check", "--only", "wx", CORE], "641 pages")
        mine = shutil.copy(CORE, os.path.join(tmp, "mine.elf"))
        expect(3, ["protect", "--force", "-o", mine, mine, TEXT, "ro"], "is the source itself")
        expect(3, ["protect", "-o", os.path.join(tmp, "no", "dir"), CORE, TEXT, "ro"], "cannot create")
        check(sorted(os.listdir(tmp)) == ["mine.elf", "out.elf"], "no file left behind",
              str(os.listdir(tmp)))
        small = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (200000, 200000))
        limited = start_protect(out + "2", CORE, preexec_fn=small)
        check("cannot write: File too large" in limited.communicate(timeout=20)[1].decode() and
              limited.returncode == 3, "a file that may not be so large", str(limited.returncode))
        if platform.machine() in LINK:
            linkless = start_protect(out + "3", CORE, preexec_fn=no_hard_links)
            said = linkless.communicate(timeout=20)[1].decode()
            check(not said and linkless.returncode == 0 and os.path.exists(out + "3"),
                  "a file system without hard links", said)
        check(sorted(set(os.listdir(tmp)) - {"out.elf3"}) == ["mine.elf", "out.elf"],
              "nor of those", str(os.listdir(tmp)))
        interrupted(tmp)
        shorter(tmp)


# System calls that make hard links.
LINK = {"x86_64": (86, 265), "aarch64": (37,)}


def no_hard_links():
    """As on FAT: whoever asks for a hard link is refused."""
    numbers = LINK[platform.machine()]
    code = [(0x20, 0, 0, 0)]  # the number of the call
    for i, number in enumerate(numbers):
        code.append((0x15, len(numbers) - i, 0, number))  # one of these: to the last line
    code += [(6, 0, 0, 0x7fff0000), (6, 0, 0, 0x50000 | errno.EPERM)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in code))
    program = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(code), ctypes.addressof(text)))
    libc = ctypes.CDLL(None)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
        raise OSError("no seccomp")


def start_protect(out, core, **options):
    """protect -o, not waited for."""
    return subprocess.Popen([PAGEWALK, "protect", "-o", out, core, TEXT, "ro"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)


def shorter(tmp):
    """A dump that loses its end while it is read: said, with what was answered before."""
    core = shutil.copy(CORE, os.path.join(tmp, "shorter.elf"))
    with subprocess.Popen([PAGEWALK, "translate", core, "-"], stdin=subprocess.PIPE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        p.stdin.write("ffffccaf23a10000\n")
        p.stdin.flush()
        first = p.stdout.readline()
        os.truncate(core, 4096)
        said, why = p.communicate("ffffccaf23a10000\n", timeout=20)
    check(first == "0xffffccaf23a10000 0x40210000\n" and not said and p.returncode == 3 and
          why.startswith(f"pagewalk: {core}: "), "a dump that gets shorter", f"{p.returncode}: {why}")
    os.unlink(core)


def interrupted(tmp):
    """A signal in the middle of -o: the place is as it was, whenever it comes."""
    big = os.path.join(tmp, "big.elf")
    shutil.copy(CORE, big)
    with open(big, "ab") as f:
        f.truncate(600 << 20)  # sparse: the copy takes a while
    before = sorted(os.listdir(tmp))
    stopped = 0
    for delay, sig in ((0.01, signal.SIGINT), (0.03, signal.SIGTERM), (0.06, signal.SIGHUP),
                       (0.1, signal.SIGINT), (0.15, signal.SIGHUP)):
        out = os.path.join(tmp, "late.elf")
        with start_protect(out, big) as p:
            time.sleep(delay)
            p.send_signal(sig)
            stopped += p.wait(timeout=60) == 128 + sig
        if os.path.exists(out):
            os.unlink(out)
        check(sorted(os.listdir(tmp)) == before, f"{sig} after {delay} s",
              str(os.listdir(tmp)))
    check(stopped > 0, "some copies were interrupted")


def json_names():
    """JSON is JSON, whatever the source is called."""
    with tempfile.TemporaryDirectory() as tmp:
        for name, says in ((b'a "b" \\c', 'a "b" \\c'), (b"tab\tnewline\nescape\x1b\x7f", None),
                           ("m\u00e4\u20ac\U0001f4be".encode(), None),
                           (b"latin1 \xe4, \xff\xfe", "latin1 \ufffd, \ufffd\ufffd"),
                           (b"cut \xe2\x82", "cut \ufffd\ufffd"), (b"long \xc0\xaf", "long \ufffd\ufffd"),
                           (b"half \xed\xa0\x80", "half \ufffd\ufffd\ufffd")):
            source = os.path.join(tmp.encode(), name)
            shutil.copy(CORE, source)
            result = subprocess.run([PAGEWALK, "dump", "--format=json", "--rows=1", source],
                                    capture_output=True, timeout=20, check=False)
            try:
                got = json.loads(result.stdout.splitlines()[0].decode())["source"]
            except ValueError as e:
                got = str(e)
            check(got == os.path.join(tmp, says if says else name.decode()), f"JSON of {name}", got)


def pipes():
    result = subprocess.run(f"'{PAGEWALK}' dump --format=json '{CORE}' | head -n 1", shell=True,
                            capture_output=True, text=True, timeout=20, check=False)
    check(result.returncode == 0 and not result.stderr, "a reader that goes away", result.stderr)
    # without a word, and not as if all were fine
    for args in (["check", CORE], ["dump", CORE], ["rules"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        result = subprocess.run([PAGEWALK, *args], stdout=writer, stderr=subprocess.PIPE,
                                timeout=20, check=False)
        os.close(writer)
        check(result.returncode == 128 + signal.SIGPIPE and not result.stderr,
              f"nobody reads {args}", f"{result.returncode} {result.stderr}")
    for args in (["dump", CORE], ["--help"], ["--version"], ["help", "dump"], ["rules"],
                 ["rules", "A64-BBM-1"], ["rules", "markdown"], ["check", "--list"]):
        words = " ".join(args)
        with open("/dev/full", "w", encoding="ascii") as full:
            result = subprocess.run([PAGEWALK, *args], stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=20, check=False)
        check(result.returncode == 3 and "No space" in result.stderr, f"a full disk: {words}",
              result.stderr)
        result = subprocess.run(["sh", "-c", '"$0" "$@" >&-', PAGEWALK, *args], text=True,
                                capture_output=True, timeout=20, check=False)
        check(result.returncode == 3 and "standard output: " in result.stderr,
              f"no standard output: {words}", result.stderr)


def written():
    """What README.md and the manual show is what the command does."""
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    files = {"check": ("arm64-ptdump-wx", "vmcore"), "translate": ("x86-debian-la57", "x86.core")}
    with open(os.path.join(top, "README.md"), encoding="utf-8") as f:
        shown = re.findall(r"^    \$ pagewalk (.*)\n((?:    [^$].*\n)+)", f.read(), re.M)
    check(len(shown) == len(files), "README's examples are found", str(shown))
    for line, output in shown:
        args = line.split()
        capture, name = files[args[0]]
        with tempfile.TemporaryDirectory() as tmp:
            os.symlink(path(capture), os.path.join(tmp, name))
            os.symlink(path(capture, "gdb-registers.txt"), os.path.join(tmp, "cpus.txt"))
            got = subprocess.run([PAGEWALK, *args], cwd=tmp, capture_output=True, text=True,
                                 timeout=20, check=False)
        wanted = re.escape(re.sub(r"^    ", "", output, flags=re.M))
        wanted = re.sub(r"(?m)^(\\ )*\\\.\\\.\\\.\\?$", r"[^#]*", wanted)  # " ..." is any lines
        check(re.fullmatch(wanted, got.stdout + got.stderr), f"README: {line}",
              got.stdout + got.stderr)
    with open(os.path.join(top, "man", "pagewalk-trace.5.scd"), encoding="utf-8") as f:
        trace = re.search(r"```\n(.*?)```", f.read(), re.S).group(1)
    result = expect(1, ["replay", "-"], "A64-TLBI-1", stdin=trace)
    check(" CPU 0 at unmap.c:12" in result.stdout and "may be used by CPU 0,1" in result.stdout,
          "the manual's trace", result.stdout)
    expect(3, ["replay", "-"], "pagewalk: standard input: line 1: expected 'pagewalk-trace 1'")
    for command in ("dump", "translate", "check", "protect", "replay", "rules"):
        for name, section in re.findall(r"(pagewalk-\w+)\((\d)\)", run(command, "--help").stdout):
            check(os.path.exists(os.path.join(top, "man", f"{name}.{section}.scd")),
                  f"{command} --help names {name}({section})")


def cpu_seconds(args, stdin, stdout):
    """User and system time of one run: what else runs on the machine hardly counts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([PAGEWALK, *args], stdin=stdin, stdout=stdout, check=False, timeout=20)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def speed():
    """Reported, never judged: machines are noisy."""
    with open(os.path.join(CAPTURE, "gva2gpa.cpu0.txt"), encoding="ascii") as f:
        addresses = [line.split()[0] for line in f if line.startswith("0x")]
    million = "\n".join((addresses * (1000000 // len(addresses) + 1))[:1000000]) + "\n"
    with tempfile.TemporaryFile() as listed, tempfile.TemporaryFile() as answers:
        listed.write(million.encode("ascii"))
        listed.seek(0)
        seconds = cpu_seconds(["translate", "-q", "--registers", REGISTERS, CORE, "-"], listed,
                              answers)
        answers.seek(0)
        check(answers.read().count(b"\n") == 1000000, "a million answers")
    print(f"1M translations from standard input: {seconds:.2f} s of CPU time")
    captures = os.path.join(BUILD, "captures")
    for name in sorted(os.listdir(captures)):
        core = os.path.join(captures, name, "ptonly.elf")
        if run("dump", "-q", core).returncode == 0:
            each = sum(cpu_seconds(["dump", "-q", core], None, subprocess.DEVNULL)
                       for _ in range(20)) / 20
            print(f"dump of {name}: {each * 1000:.1f} ms of CPU time, as a process")


def main():
    usage()
    options()
    rules()
    numbers()
    architectures()
    sources()
    damaged_tables()
    translate()
    physical()
    protect()
    protect_others()
    protect_output()
    json_names()
    pipes()
    written()
    speed()
    return summary()


if __name__ == "__main__":
    sys.exit(main())
