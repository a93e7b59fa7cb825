#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
pagewalk diff: on tables that a real kernel changed, whose log says what it did; after pagewalk
protect; on pairs of machines made up at random, against a page by page comparison; with tables that
are reached again and again.

usage: diff.py [SEED [MACHINES]]
"""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

from counted import check, summary
from synthetic import Arm64, Machine, Riscv, X86

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.join(BUILD, "pagewalk")
CAPTURES = os.path.join(BUILD, "captures")
PAGE = 4096
TOP = 1 << 64


def pagewalk(*args):
    result = subprocess.run([PAGEWALK, *args], capture_output=True, text=True, timeout=60,
                            check=False)
    return result.stdout, result.returncode, result.stderr


def expect(status, args, says=""):
    text, got, errors = pagewalk("diff", *args)
    check(got == status and says in text + errors, f"diff {' '.join(args)}: {says}",
          f"{got}: {text[-500:]}{errors}")
    return text


def told(side, at):
    return hex(int(side["pa"], 16) + at) if "pa" in side else side["entry"]


def json_rows(status, *args):
    """{page: (kind, old, new)} of both halves, and the sums."""
    text = expect(status, ["--format=json", *args])
    pages, sums, again = {}, {}, []
    for row in map(json.loads, text.splitlines()):
        if "compared" in row:
            sums[row["compared"]] = row
            continue
        first, last = int(row["first"], 16), int(row["last"], 16)
        for va in range(first, last + 1, PAGE):
            sides = [told(row[s], va - first) if s in row else None for s in ("old", "new")]
            again += [hex(va)] if va in pages else []
            pages[va] = (row["kind"], *sides)
    check(not again, "each page is told once", str(again[:9]))
    for kind in ("changed", "mapped", "unmapped"):
        check(sum(s[kind] for s in sums.values()) == sum(p[0] == kind for p in pages.values()),
              f"the sum of what is {kind}", text[-300:])
    return pages


def path(capture, name="ptonly.elf"):
    return os.path.join(CAPTURES, capture, name)


# Tables that a kernel changed ------------------------------------------------------------------

def recorded():
    """The log of the walks says which pages callbacks installed, and which block was cut."""
    with open(path("walks-arm64-linux-7.3", "walks.log"), encoding="utf-8") as f:
        log = f.read()
    root = dict(re.findall(r"^ROOT (\w+) pa=(\w+)$", log, re.M))
    cores = [path("walks-arm64-linux-7.3", name) for name in ("ptonly-before.elf", "ptonly.elf")]
    tables = [f"--ttbr0=0x{root['user']}", f"--ttbr1=0x{root['private']}", "--tcr=0xb5103510"]
    told = []
    for call in log.split("\nWALK ")[1:]:
        installed = re.findall(r"^  install_pte (\w+) \w+ new=(\w+)", call, re.M)
        status = re.search(r"^  = (-?\d+)", call, re.M)
        told += installed if int(status.group(1)) == 0 else installed[:-1]
    want = {int(va, 16): ("mapped", None, hex(int(pte, 16) & 0xfffffffff000)) for va, pte in told}
    check(json_rows(1, "--user", *tables, *cores) == want and len(want) == 8,
          "what a real kernel's install_pte() installed", str(want))
    block = re.search(r"^  set pmd pa=\w+ old=(\w+) new=\w+\n  pte_entry (\w+) \w+ val=(\w+)", log, re.M)
    pa = int(block.group(1), 16) & 0xffffffe00000
    va = int(block.group(2), 16) - ((int(block.group(3), 16) & 0xfffffffff000) - pa)
    where = ["--kernel", f"--range={va:x}+2M", *tables, *cores]
    expect(0, where, "Compared kernel half: the same")
    text = expect(1, ["--sizes", "--no-header", *where], "512 pages changed, 0 pages mapped, 0 pages unm")
    rows = text.splitlines()
    check(len(rows) == 3 and rows[0].startswith(f"- 0x{va:016x}-0x{va + 0x200000:016x}") and
          " 2M PMD " in rows[0] and rows[1].startswith("+ ") and " 2M PTE " in rows[1],
          "the block that the kernel cut", text)


def protected(tmp):
    """A change of the command's own, found again; everything else is as it was."""
    core, out = path("arm64-ptdump-wx"), os.path.join(tmp, "out.elf")
    registers = path("arm64-ptdump-wx", "gdb-registers.txt")
    pagewalk("protect", "-o", out, core, "0xffffccaf23a10000+64K", "ro")
    rows = json_rows(1, core, out)
    check(rows == {0xffffccaf23a10000 + i * PAGE: ("changed", *2 * [hex(0x40210000 + i * PAGE)])
                   for i in range(16)}, "what protect did", str(rows)[:500])
    text = expect(1, ["--no-header", core, out], "Compared kernel half: 16 pages changed")
    check([x[0] for x in text.splitlines()] == ["-", "+", "C"] and
          re.search(r"^- .* rwx/---", text) and re.search(r"^\+ .* r-x/---", text, re.M),
          "before and after", text)
    check(len(expect(1, ["-q", core, out]).splitlines()) == 4, "-q: no rows")
    for capture in sorted(os.listdir(CAPTURES)):
        if not os.path.exists(path(capture, "gdb-registers.txt")):
            continue
        both = ["--registers", path(capture, "gdb-registers.txt"), path(capture), path(capture)]
        for cpu in ("0", "1"):
            text = expect(0, ["--cpu", cpu, *both], "half: the same")
            check(text.count("the same") == 2, f"{capture} cpu{cpu}", text)
        expect(1, ["--cpu=0", "--new-cpu=1", "-q", *both], "Compared user half: ")
    # of one of the two only the kernel's root is known
    one = ["--new-registers", registers, core, core]
    expect(0, one, "no root of the user half: not compared")
    expect(3, ["--user", *one], "no root of the user half")
    expect(3, ["--kernel", "--registers", registers, "--new-cpu=9", core, core], "no registers of cpu 9")


# Machines made up ----------------------------------------------------------------------------

# What makes it, address bits of each half, the argument that names memory types; then bits of a leaf
# whose change is a difference (global; shareability, protection key) and that are none (age, dirt,
# software's)
FORMATS = {"arm64": (lambda: Arm64(12), 39, "mem", (1 << 11, 1 << 8), (1 << 10, 1 << 55)),
           "x86": (X86, 48, "pat", (1 << 8, 1 << 59), (1 << 5, 1 << 6, 1 << 9)),
           "riscv": (Riscv, 39, "pbmt", (1 << 5, ), (1 << 6, 1 << 7, 1 << 8))}
NOT_PRESENT = "not present"


def some_mappings(r):
    """(half, page, page of memory, rights, type, level, flipped bits): no two at one place"""
    found = []
    for half in (0, 1):
        at = 0
        for _ in range(r.randrange(1, 40)):
            level = int(r.random() < 0.15)
            at += r.choice((0, 0, 1, 5, 600))
            at = at + 511 & ~511 if level else at
            pa = r.randrange(1 << 20) & (~511 if level else ~0)
            nr = 512 if level else r.randrange(1, 5)
            for i in range(0, nr, 512 if level else 1):
                rights = r.choice(("r--", "rw-", "r-x", NOT_PRESENT) if not level else ("r--", "rw-"))
                found.append((half, at + i, pa + i, rights, r.randrange(3), level, 0))
            at += nr
    return found


def changed(r, mappings, arch):
    found, rate = [], r.choice((0, 0.02, 0.5))
    for m in mappings:
        half, at, pa, rights, what, level, _ = m
        change = r.random() < rate and r.randrange(7)
        if change is False:
            found.append(m)
        elif change == 4 and level:  # the same in pages
            found += [(half, at + i, pa + i, rights, what, 0, 0) for i in range(512)]
        elif change >= 4:
            bits = 0 if change == 4 or rights == NOT_PRESENT else r.choice(FORMATS[arch][change - 2])
            found.append((half, at, pa, rights, what, level, bits))
        elif change:
            found.append((half, at, pa ^ (change == 1) << 10, "rwx" if change == 2 else rights,
                          (what + (change == 3)) % 3, level, 0))
    return found


def build(arch, mappings, first_table):
    make, bits, what = FORMATS[arch][:3]
    machine = Machine(make(), range(first_table, first_table + (1 << 26), PAGE))
    root = machine.new_table()
    roots = [root, machine.new_table() if arch == "arm64" else root]
    for half, at, pa, rights, kind, level, flip in mappings:
        perm = f"{rights}/---" if half else f"r--/{rights}"
        if rights == NOT_PRESENT:
            perm = "r--/---"
        va = address(arch, half, at)
        machine.map(roots[half], bits, va, pa * PAGE, level, 1, perm, **{what: kind})
        slot = machine.leaf_slot(roots[half], bits, va, level)
        machine.put(slot, raw(pa) if rights == NOT_PRESENT else machine.get(slot) ^ flip)
    options = {
        "arm64": [("ttbr0", roots[0]), ("ttbr1", roots[1]), ("tcr", 0x80190019)],
        "x86": [("cr0", 0x80010001), ("cr3", root), ("cr4", 0x20), ("efer", 0xd00)],
        "riscv": [("satp", 8 << 60 | root >> 12)],
    }[arch]
    return machine.core(), options


def raw(pa):
    """An entry that no architecture takes for a leaf, nor for one that was made invalid."""
    return (pa + 1) << 12


def address(arch, half, at):
    start = 1 << 39 if arch == "arm64" else 1 << FORMATS[arch][1] - 1
    return at * PAGE + (TOP - start if half else 0)


def by_page(arch, mappings):
    """page: (what of it may be told, what makes a difference)"""
    pages = {}
    for half, at, pa, rights, kind, level, flip in mappings:
        flip = flip if flip in FORMATS[arch][3] else 0
        for i in range(512 if level else 1):
            told = hex(raw(pa)) if rights == NOT_PRESENT else hex((pa + i) * PAGE)
            kind = 0 if rights == NOT_PRESENT else kind
            pages[address(arch, half, at + i)] = (told, rights, kind, flip)
    return pages


REGISTERS = {"ttbr0": "TTBR0_EL1", "ttbr1": "TTBR1_EL1", "tcr": "TCR_EL1"}


def made_up(name, r, arch, tmp):
    old = some_mappings(r)
    new = changed(r, old, arch)
    args, files = [], []
    for nr, mappings in enumerate((old, new)):
        core, options = build(arch, mappings, 0x40000000 + nr * 0x1000 * r.randrange(9))
        files.append(os.path.join(tmp, f"core{nr}"))
        with open(files[-1], "wb") as f:
            f.write(core)
        registers = os.path.join(tmp, f"registers{nr}")
        with open(registers, "w", encoding="ascii") as f:
            f.write("== cpu0\n")
            f.writelines(f"{REGISTERS.get(k, k):<14} {hex(v)} {v}\n" for k, v in options)
        args += [("--new-registers" if nr else "--registers"), registers]
    a, b, want = by_page(arch, old), by_page(arch, new), {}
    for va in sorted({*a, *b}):
        if a.get(va) != b.get(va):
            kind = "mapped" if va not in a else "unmapped" if va not in b else "changed"
            want[va] = (kind, *(m[va][0] if va in m else None for m in (a, b)))
    got = json_rows(1 if want else 0, *args, *files)
    check(got == want and list(got) == sorted(got), f"{name} {arch}: {len(want)} pages differ",
          str({hex(va): (got.get(va), want.get(va)) for va in {*got, *want}
               if got.get(va) != want.get(va)})[:600])
    return len(want)


# Repetitions ---------------------------------------------------------------------------------

def two_levels(new):
    """
    What repeats itself in both is not the same: of 1G, one entry of which is another, and in @new at
    the second place of 2M.
    """
    m = Machine(X86(), range(0x1000000, 0x2000000, PAGE))
    root, pud, pmd, pte, other, even = (m.new_table() for _ in range(6))
    for i in range(512):
        m.put((root, i * 8), m.fmt.table(pud) if i >= 256 else 0)
        m.put((pud, i * 8), m.fmt.table(even if new and i == 1 else pmd))
        m.put((pmd, i * 8), m.fmt.table(other if i == 5 else pte))
        m.put((even, i * 8), m.fmt.table(pte))
        m.put((pte, i * 8), m.fmt.leaf(0x2000000, 0, perm="r--/---"))
        m.put((other, i * 8), m.fmt.leaf(0x3000000, 0, perm="r--/---"))
    return m.core(), ["--cr0=0x80010001", f"--cr3={root:#x}", "--cr4=0x20", "--efer=0xd00"]


def kasan(perm):
    """A table of tables of tables that are all the same one, and a page before it."""
    m = Machine(X86(), range(0x1000000, 0x2000000, PAGE))
    root, pud, pmd, pte = (m.new_table() for _ in range(4))
    for i in range(512):
        m.put((root, i * 8), m.fmt.table(pud) if i >= 256 else 0)
        m.put((pud, i * 8), m.fmt.table(pmd))
        m.put((pmd, i * 8), m.fmt.table(pte))
        m.put((pte, i * 8), m.fmt.leaf(0x2000000, 0, perm="r--/---"))
    m.put((pte, 8), m.fmt.leaf(0x3000000, 0, perm=perm))
    return m.core(), ["--cr0=0x80010001", f"--cr3={root:#x}", "--cr4=0x20", "--efer=0xd00"]


def repeated(tmp):
    files = []
    for nr in (0, 1):
        core, options = two_levels(nr)
        files.append(os.path.join(tmp, f"levels{nr}"))
        with open(files[-1], "wb") as f:
            f.write(core)
    expect(1, ["--kernel", *options, *files], f"{256 * 512} pages changed, 0 pages mapped")
    files = []
    for nr, perm in enumerate(("r--/---", "rw-/---")):
        core, options = kasan(perm)
        files.append(os.path.join(tmp, f"kasan{nr}"))
        with open(files[-1], "wb") as f:
            f.write(core)
    begin = time.monotonic()
    expect(0, ["--kernel", *options, files[0], files[0]], "Compared kernel half: the same")
    text = expect(1, ["--kernel", "--no-header", *options, *files],
                  f"{256 * 512 * 512} pages changed, 0 pages mapped")
    check(time.monotonic() - begin < 10, "repetitions are compared once")
    check([x[:2] for x in text.splitlines()] == ["- ", "+ ", "! ", "! ", "! ", "Co"],
          "the page, and where it comes again", text)
    text = expect(1, ["--kernel", "--format=json", *options, *files])
    check(len(re.findall('"kind":"repeat"', text)) == 3 and
          json.loads(text.splitlines()[-1])["changed"] == 256 * 512 * 512, "the same in JSON", text)


def sizes_of_address_spaces(tmp):
    """48 and 39 bits: what only one of the two can map is mapped or not, in both halves."""
    files = []
    for bits in (39, 48):
        m = Machine(Arm64(12), range(0x40000000, 0x41000000, PAGE))
        roots = [m.new_table(), m.new_table()]
        for half, va in ((1, TOP - (1 << 38)), (0, 1 << 38)):
            m.map(roots[half], bits, va, 0x80000000, perm="r--/---")
        if bits == 48:
            m.map(roots[1], bits, TOP - (1 << 45), 0x90000000, perm="r--/---")
            m.map(roots[0], bits, 1 << 45, 0xa0000000, perm="r--/---")
        files.append(os.path.join(tmp, f"bits{bits}"))
        with open(files[-1], "wb") as f:
            f.write(m.core())
        tcr = 2 << 30 | 64 - bits << 16 | 64 - bits
        with open(files[-1] + ".registers", "w", encoding="ascii") as f:
            f.write(f"== cpu0\nTTBR1_EL1 {roots[1]:#x} 0\nTCR_EL1 {tcr:#x} {tcr}\n"
                    f"TTBR0_EL1 {roots[0]:#x} 0\n")
    for old, new, kind in ((0, 1, "mapped"), (1, 0, "unmapped")):
        case = ["--registers", files[old] + ".registers", "--new-registers",
                files[new] + ".registers", files[old], files[new]]
        rows = json_rows(1, *case)
        sides = [[pa, None] if old else [None, pa] for pa in ("0x90000000", "0xa0000000")]
        want = {TOP - (1 << 45): (kind, *sides[0]), 1 << 45: (kind, *sides[1])}
        check(rows == want, f"{kind}: beyond 39 bits", str(rows))
        expect(1, [f"--range={1 << 45:x}+4K", *case], "1 page " + kind)
        expect(0, [f"--range={1 << 46:x}+4K", *case], "user half: the same")
        expect(2, ["--range=8000000000000000+4K", *case], "none of the kernel half's addresses")


def usage():
    core = path("arm64-ptdump")
    for status, args, says in ((2, [], "which source?"), (2, [core], "be compared?"),
                               (2, [core, core, "x"], "'x' is too much"),
                               (2, [core, path("x86-ptdump")], "is a dump of arm64, and"),
                               (2, ["--format=ptdump", core, core], "text or json"),
                               (2, ["--new-cpu=x", core, core], "a small number"),
                               (3, [core, "/nonexistent"], "/nonexistent"),
                               (3, ["/nonexistent", core], "/nonexistent"),
                               (2, ["--range=1-2", "--kernel", core, core], "none of the kernel half"),
                               (3, ["--user", core, core], "no root of the user half")):
        expect(status, args, says)


def main():
    seed = sys.argv[1] if len(sys.argv) > 1 else str(random.randrange(1 << 32))
    nr = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    differ = 0
    usage()
    recorded()
    with tempfile.TemporaryDirectory() as tmp:
        protected(tmp)
        repeated(tmp)
        sizes_of_address_spaces(tmp)
        for i in range(nr):
            for arch in FORMATS:
                differ += made_up(str(i), random.Random(f"{seed} {arch} {i}"), arch, tmp)
    check(differ > nr, "made-up machines differ", str(differ))
    return summary(f"tests/diff.py {seed} {nr}")


if __name__ == "__main__":
    sys.exit(main())
