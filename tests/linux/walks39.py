#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""Walks with 3 levels (39 bits, P4D and PUD folded), in the form of a kernel's recording.

usage: walks39.py DIR

Not recorded: tables and expected callbacks are written down here from what Linux does with folded
levels (it calls pgd_entry and p4d_entry for every entry of the root, empty ones too; pud_entry for
those that are not empty; a hole of the root has depth 0). DIR gets walks.log, ptonly-before.elf and
ptonly.elf.
"""
import os
import struct
import sys

G = 1 << 30
M2 = 2 << 20
B = 0xffffffc0c0000000  # the region in the kernel's half
PRIVATE, SWAPPER, USER = 0x40100000, 0x40101000, 0x40102000
PMDS, PTES, EMPTY = 0x40103000, 0x40104000, 0x40105000  # below swapper
UPMDS, UPTES = 0x40106000, 0x40107000  # below user
NEW_PMDS, NEW_PTES, SPLIT = 0x40110000, 0x40111000, 0x40112000  # made on the way
PAGE = 0xe8000000000703  # kernel page, without address
BLOCK = 0xe8000000000701
UPAGE = 0xe8000000000f43
UBLOCK = 0xe8000000000f41
CONT = 1 << 52
ZERO = 0x1600000404fffc3  # what install_pte installs
TABLE = 3
UTABLE = 0x800000000000403
JUNK = 0xbeef000


def before():
    """Tables as {address: {index: entry}}."""
    slot = (B >> 30) & 511
    return {
        SWAPPER: {slot: PMDS | TABLE, slot + 2: 0x80000000 | BLOCK, slot + 3: JUNK},
        PMDS: {0: PTES | TABLE, 2: 0x50000000 | BLOCK, 3: 0xdead000, 4: EMPTY | TABLE},
        PTES: {0: 0x50000000 | PAGE, 1: 0x50001000 | PAGE, 3: 0x50003000 | 0x60000000000f82},
        EMPTY: {},
        PRIVATE: {0: PMDS | TABLE, 3: 0x80000000 | BLOCK, 5: JUNK},
        USER: {0x80: UPMDS | UTABLE},
        UPMDS: {0: UPTES | UTABLE, 2: 0x60000000 | UBLOCK, 4: 0x60400000 | UBLOCK},
        UPTES: {0: 0x50010000 | UPAGE, 2: 0x50012000 | UPAGE},
    }


def after():
    """What the mutating walks below leave."""
    tables = before()
    tables[USER][0x81] = NEW_PMDS | UTABLE
    tables[NEW_PMDS] = {0: NEW_PTES | UTABLE}
    tables[NEW_PTES] = {1: ZERO, 2: ZERO}
    tables[UPMDS][2] = SPLIT | UTABLE
    tables[SPLIT] = {i: (0x60000000 + i * 4096) | UPAGE | CONT for i in range(512)}
    return tables


def write_core(path, tables):
    """An ELF core: one segment for each table."""
    pages = sorted(tables)
    offset = 64 + 56 * len(pages)
    with open(path, "wb") as f:
        f.write(b"\x7fELF\x02\x01\x01" + bytes(9) +
                struct.pack("<HHIQQQIHHHHHH", 4, 183, 1, 0, 64, 0, 0, 64, 56, len(pages), 0, 0, 0))
        for i, pa in enumerate(pages):
            f.write(struct.pack("<IIQQQQQQ", 1, 4, offset + i * 4096, 0, pa, 4096, 4096, 0))
        for pa in pages:
            f.write(struct.pack("<512Q", *(tables[pa].get(i, 0) for i in range(512))))


class Log:
    """The log's text."""

    def __init__(self):
        self.lines = []

    def walk(self, name, fn, root, start, end, ops, body, ret=0, rule="none", vma=None):
        self.lines.append(f"WALK {name} fn={fn} root={root} start={start:x} end={end:x} ops={ops} "
                          f"rule={rule}" + (f" vma={vma:x}" if vma else ""))
        self.lines += ["  " + line for line in body] + [f"  = {ret}"]

    def lock(self, fn, mm, how, held, start, end, warns, vma=0, ret=0):
        self.lines.append(f"LOCK fn={fn} mm={mm} walk_lock={how} held_mm={held} held_init_mm=none "
                          f"start={start:x} end={end:x} install=0 vma={vma:x} warns={warns} "
                          f"ret={ret}")


def line(what, addr, end, val=None, vma=None, **more):
    text = f"{what} {addr:x} {end:x}"
    for key, number in more.items():
        text += f" {key}=" + (str(number) if key == "depth" else f"{number:x}")
    if val is not None:
        text += f" val={val:x}"
    if vma is not None:
        text += f" vma={vma:x}" if vma else " vma=-"
    return text


def tops(addr, end, val, last="pud_entry", vma=None):
    """The callbacks that one entry of the root gets."""
    out = []
    for kind in ("pgd_entry", "p4d_entry", "pud_entry"):
        out.append(line(kind, addr, end, val, vma))
        if kind == last:
            break
    return out


ALL = "pgd_entry,p4d_entry,pud_entry,pmd_entry,pte_entry,pte_hole"
KERNEL = "walk_kernel_page_table_range_lockless"
SHM, ANON, HUGE, FRESH = 0x2000000000, 0x2000400000, 0x2000800000, 0x2040000000


def mutating(log):
    first = FRESH + 0x1000
    log.walk("install-new-tables", "walk_page_range_vma_unsafe", "user", first, first + 0x2000,
             ALL + ",install_pte",
             [line("pgd_entry", first, first + 0x2000, 0, FRESH),
              line("p4d_entry", first, first + 0x2000, 0, FRESH),
              line("pud_entry", first, first + 0x2000, NEW_PMDS | UTABLE, FRESH),
              line("pmd_entry", first, first + 0x2000, NEW_PTES | UTABLE, FRESH),
              line("install_pte", first, first + 0x1000, None, FRESH, new=ZERO),
              line("install_pte", first + 0x1000, first + 0x2000, None, FRESH, new=ZERO)],
             vma=FRESH)
    log.walk("install-only-over-huge", "walk_page_range_mm_unsafe", "user", ANON, ANON + M2,
             "pmd_entry,install_pte", [line("pmd_entry", ANON, ANON + M2, 0x60000000 | UBLOCK, ANON)])
    log.walk("split-thp", "walk_page_range", "user", ANON + 0x3000, ANON + 0x5000, ALL,
             tops(ANON + 0x3000, ANON + 0x5000, UPMDS | UTABLE, vma=ANON) +
             [line("pmd_entry", ANON + 0x3000, ANON + 0x5000, 0x60000000 | UBLOCK, ANON)] +
             [line("pte_entry", ANON + i * 4096, ANON + i * 4096 + 4096,
                   (0x60000000 + i * 4096) | UPAGE | CONT, ANON) for i in (3, 4)])


def folded(log):
    """The root's entries: where 3 levels differ from 4."""
    slots = [(B + G, 0), (B + 2 * G, 0x80000000 | BLOCK), (B + 3 * G, JUNK)]
    everything, end = [], B + 4 * G
    for at, val in slots:
        everything += tops(at, at + G, val, "pud_entry" if val else "p4d_entry")
        everything += [] if val else [line("pte_hole", at, at + G, depth=0)]
    log.walk("root-all", KERNEL, "swapper", B + G, end, ALL, everything)
    log.walk("hole-only", KERNEL, "swapper", B + G, end, "pte_hole", [])
    for kind in ("pgd_entry", "p4d_entry"):
        log.walk("only-" + kind, KERNEL, "swapper", B + G, end, kind + ",pte_hole",
                 [line(kind, at, at + G, val) for at, val in slots])
    log.walk("only-pud_entry", KERNEL, "swapper", B + G, end, "pud_entry,pte_hole",
             [line("pud_entry", at, at + G, val) if val else
              line("pte_hole", at, at + G, depth=0) for at, val in slots])
    log.walk("private-block", KERNEL, "private", 3 * G, 4 * G, ALL,
             tops(3 * G, 4 * G, 0x80000000 | BLOCK))
    log.walk("private-junk", KERNEL, "private", 5 * G, 6 * G, ALL, tops(5 * G, 6 * G, JUNK))
    log.walk("pgd-actions", KERNEL, "private", 3 * G, 4 * G, ALL,
             tops(3 * G, 4 * G, 0x80000000 | BLOCK), rule="pgd_entry#1:again;p4d_entry#1:again")
    log.walk("pud-again", KERNEL, "private", 3 * G, 4 * G, ALL,
             tops(3 * G, 4 * G, 0x80000000 | BLOCK) +
             [line("pud_entry", 3 * G, 4 * G, 0x80000000 | BLOCK)], rule="pud_entry#1:again")
    log.walk("last-hole-again", KERNEL, "private", 127 * M2 * 4, 128 * M2 * 4, "pud_entry,pmd_entry,pte_hole",
             2 * ([line("pud_entry", 127 * M2 * 4, G, PMDS | TABLE)] +
                  [line("pte_hole", i * M2, i * M2 + M2, depth=3) for i in range(508, 512)]),
             rule="pte_hole#4:again")
    log.walk("apply-leaf", "apply_to_existing_page_range", "swapper", B + 2 * G, B + 2 * G + 4096,
             "fn", [], ret=-22)
    log.walk("apply-root-hole", "apply_to_existing_page_range", "swapper", B + G, B + G + 4096,
             "fn", [])


def region(log):
    end = B + 5 * M2
    body = tops(B, end, PMDS | TABLE) + [line("pmd_entry", B, B + M2, PTES | TABLE)]
    ptes = before()[PTES]
    for i in range(512):
        body.append(line("pte_entry", B + i * 4096, B + i * 4096 + 4096, ptes.get(i, 0)))
    body += [line("pte_hole", B + M2, B + 2 * M2, depth=3),
             line("pmd_entry", B + 2 * M2, B + 3 * M2, 0x50000000 | BLOCK),
             line("pmd_entry", B + 3 * M2, B + 4 * M2, 0xdead000),
             line("pmd_entry", B + 4 * M2, B + 5 * M2, EMPTY | TABLE)]
    for i in range(512):
        body.append(line("pte_entry", B + 4 * M2 + i * 4096, B + 4 * M2 + i * 4096 + 4096, 0))
    log.walk("region", KERNEL, "swapper", B, end, ALL, body)
    log.walk("unaligned", KERNEL, "swapper", B + 0x1800, B + 0x4400, "pte_entry",
             [line("pte_entry", B + i * 4096 + 0x800, B + i * 4096 + 0x1800, ptes.get(i, 0))
              for i in (1, 2, 3)])
    log.walk("short-at-zero", KERNEL, "private", 0, 0x800, "pmd_entry,pte_entry",
             ["pmd_entry 0 800", "pte_entry 0 1000", "pte_entry 1000 2000"], ret=7,
             rule="pte_entry#2:ret=7")
    log.walk("empty-range", KERNEL, "swapper", B, B, ALL, [], ret=-22)


def vmas(log):
    end = HUGE + 3 * M2
    log.walk("vmas", "walk_page_range", "user", SHM, end,
             "pmd_entry,pte_hole,hugetlb_entry,pre_vma,post_vma",
             [line("pre_vma", SHM, SHM + 0x4000, None, SHM),
              line("pmd_entry", SHM, SHM + 0x4000, UPTES | UTABLE, SHM),
              f"post_vma vma={SHM:x}",
              line("pte_hole", SHM + 0x4000, ANON, None, 0, depth=-1),
              line("pre_vma", ANON, ANON + M2, None, ANON),
              line("pmd_entry", ANON, ANON + M2, SPLIT | UTABLE, ANON),
              f"post_vma vma={ANON:x}",
              line("pte_hole", ANON + M2, HUGE, None, 0, depth=-1),
              line("pre_vma", HUGE, HUGE + 2 * M2, None, HUGE),
              line("hugetlb_entry", HUGE, HUGE + M2, 0x60400000 | UBLOCK, HUGE,
                   hmask=0xffffffffffe00000),
              line("hugetlb_entry", HUGE + M2, HUGE + 2 * M2, 0, HUGE, hmask=0xffffffffffe00000),
              f"post_vma vma={HUGE:x}",
              line("pte_hole", HUGE + 2 * M2, end, None, 0, depth=-1)])
    log.walk("mapping", "walk_page_mapping", "user", 2, 9, "pte_entry,test_walk",
             [line("test_walk", SHM, SHM + 0x4000, None, SHM),
              line("pte_entry", SHM + 0x1000, SHM + 0x2000, 0, SHM),
              line("pte_entry", SHM + 0x2000, SHM + 0x3000, 0x50012000 | UPAGE, SHM),
              line("pte_entry", SHM + 0x3000, SHM + 0x4000, 0, SHM)])


def locks(log):
    page = (SHM, SHM + 4096)
    log.lock("walk_kernel_page_table_range", "init_mm", "RDLOCK", "-", B, B + 4096, 1)
    log.lock("walk_page_range", "user", "RDLOCK", "none", *page, 3)
    log.lock("walk_page_range", "user", "RDLOCK", "read", *page, 0)
    log.lock("walk_page_range", "user", "WRLOCK", "none", *page, 6)
    log.lock("walk_page_range_vma", "user", "WRLOCK", "none", *page, 2, SHM)
    log.lock("walk_page_vma", "user", "VMA_RDLOCK_VERIFY", "none", 0, 0, 0, SHM)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    log = Log()
    log.lines += [
        f"ROOT private pa={PRIVATE:x}", f"ROOT swapper pa={SWAPPER:x}",
        f"REGION B={B:x} linear1G=ffffff8000000000 block_pa=50000000",
        "GEOM page=4096 levels=3 va_bits=39 ptrs_per_p4d=1 "
        "vmalloc=ffffffc080000000..fffffffdbf800000 vmemmap=fffffffdc0000000",
        f"ROOT user pa={USER:x}",
        f"VMA {SHM:x} {SHM + 0x4000:x} flags=fb - pgoff=1 map=shm1",
        f"VMA {ANON:x} {ANON + M2:x} flags=40100073 - pgoff=0 map=anon",
        f"VMA {HUGE:x} {HUGE + 2 * M2:x} flags=440073 H pgoff=0 map=hugetlb",
        f"VMA {FRESH:x} {FRESH + 0x4000:x} flags=100073 - pgoff=0 map=anon",
        "SNAP a", "PHASE mutating"]
    mutating(log)
    log.lines.append("PHASE readonly")
    folded(log)
    region(log)
    vmas(log)
    log.lines.append("PHASE locks")
    locks(log)
    log.lines.append("SNAP b")
    with open(os.path.join(out, "walks.log"), "w", encoding="ascii") as f:
        f.write("\n".join(log.lines) + "\n")
    write_core(os.path.join(out, "ptonly-before.elf"), before())
    write_core(os.path.join(out, "ptonly.elf"), after())


if __name__ == "__main__":
    main()
