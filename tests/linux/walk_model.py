#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""Linux's walkers once more, from their description and not from ours: for any geometry.

usage: walk_model.py DIR    DIR: walks.log, ptonly-before.elf, ptonly.elf (plain or .xz)

Says of each walk of a recording whether this model makes the same callbacks; ends with "N of M
walks agree". A model that agrees with a real kernel may then say what that kernel would do with
other geometries, which walk_sets.py makes recordings of.

A table is a list of integers at a physical address; an entry is (address of its table, index). A
kind is a level as Linux counts them, 0 PTE to 4 PGD. With L levels the root is of kind L - 1, and
the kinds above it are folded: one entry each, which is the root's own, never empty, never a leaf.
"""
import lzma
import os
import re
import struct
import sys

TOP = (1 << 64) - 1
EINVAL, ENOMEM = 22, 12
SUBTREE, CONTINUE, AGAIN = 0, 1, 2
ENTRY = ("pte_entry", "pmd_entry", "pud_entry", "p4d_entry", "pgd_entry")
VM_PFNMAP, VM_HUGETLB = 0x400, 0x400000
CONT = 1 << 52


class Geometry:
    """Pages of 1 << page_shift bytes, addresses of va_bits bits."""

    def __init__(self, page_shift, va_bits):
        self.page_shift, self.va_bits = page_shift, va_bits
        self.bits = page_shift - 3
        self.page = 1 << page_shift
        self.levels = -((page_shift - va_bits) // self.bits)
        # 52 bits: [51:50] of an address stand in [9:8] (4K, 16K), [51:48] in [15:12] (64K)
        self.lpa2 = va_bits > 48 and page_shift < 16
        self.lpa = va_bits > 48 and page_shift == 16

    def real(self, kind):
        return kind < self.levels

    def shift(self, kind):
        return self.page_shift + self.bits * min(kind, self.levels - 1)

    def size(self, kind):
        return 1 << self.shift(kind)

    def index(self, kind, addr):
        """In the table of this kind; the root's may be shorter than a page."""
        if kind == self.levels - 1:
            return (addr >> self.shift(kind)) & ((1 << (self.va_bits - self.shift(kind))) - 1)
        return (addr >> self.shift(kind)) & ((1 << self.bits) - 1)

    def pa(self, entry):
        pa = entry & ((1 << 48) - 1) & ~(self.page - 1)
        if self.lpa2:
            pa = (entry & ((1 << 50) - 1) & ~(self.page - 1)) | (entry >> 8 & 3) << 50
        if self.lpa:
            pa |= (entry >> 12 & 15) << 48
        return pa

    def depth(self, kind):
        """Of a hole: 0 is the PGD; a folded kind counts as the one above that is there."""
        return 4 - (4 if kind >= self.levels - 1 else kind)

    def addr_end(self, kind, addr, end):
        edge = ((addr >> self.shift(kind)) + 1) << self.shift(kind)
        return min(edge, end)

    @staticmethod
    def is_table(entry):
        return entry & 3 == 3

    @staticmethod
    def is_present(entry):
        return entry & 1 or entry & 0x800

    def is_leaf(self, entry):
        return self.is_present(entry) and not self.is_table(entry)


class Stop(Exception):
    """A walk ends, with this."""

    def __init__(self, value):
        super().__init__(value)
        self.value = value


class Vma:
    def __init__(self, start, end, flags, pgoff, mapping):
        self.start, self.end, self.flags = start, end, flags
        self.pgoff, self.mapping = pgoff, mapping


class Rule:
    """cb#k:action:ret=v;..."""

    def __init__(self, text):
        self.parts = re.findall(r"(\w+)#(\*|\d+)((?::[\w=-]+)+)", text)
        self.calls = {}

    def call(self, name):
        """The action, whether to split, and the return value."""
        k = self.calls[name] = self.calls.get(name, 0) + 1
        action, split, ret = None, False, 0
        for cb, which, what in self.parts:
            if cb != name or which not in ("*", str(k)):
                continue
            for word in what[1:].split(":"):
                if word.startswith("ret="):
                    ret = int(word[4:])
                elif word == "split":
                    action, split = SUBTREE, True
                else:
                    action = {"subtree": SUBTREE, "continue": CONTINUE, "again": AGAIN}[word]
        return action, split, ret


class Machine:
    """Tables, roots and VMAs; new_table(table, index) says where the next table goes."""

    def __init__(self, geometry, tables, roots, vmas, huge=None, new_table=None, install=0):
        self.g, self.tables, self.roots, self.vmas = geometry, tables, roots, vmas
        self.huge = huge or geometry.size(1)
        self.new_table = new_table
        self.install = install


class Walk:
    """One walk: run() returns its lines, as the log has them, and what it returned."""

    def __init__(self, machine, fn, root, start, end, ops, rule, vma=None):
        self.m, self.g, self.fn = machine, machine.g, fn
        self.root, self.start, self.end = root, start, end
        self.ops = set(ops.split(",")) - {"none"}
        self.rule_text, self.rule, self.vma = rule, Rule(rule), vma
        self.lines, self.action = [], SUBTREE
        self.novma = fn.startswith("walk_kernel") or fn in ("walk_page_range_debug",)
        self.at = None  # walk->vma

    # What is told.

    def wants(self, *kinds):
        return any(ENTRY[kind] in self.ops for kind in kinds)

    def area(self):
        if self.novma or self.fn.startswith("apply"):
            return ""
        return f" vma={self.at.start:x}" if self.at else " vma=-"

    def tell(self, name, text):
        self.lines.append(f"  {name} {text}{self.area()}")
        action, split, ret = self.rule.call(name)
        if action is not None:
            self.action = action
        return split, ret

    def hole(self, addr, end, depth):
        if "pte_hole" not in self.ops:
            return 0
        return self.tell("pte_hole", f"{addr:x} {end & TOP:x} depth={depth}")[1]

    def must(self, ret):
        if ret:
            raise Stop(ret)

    # Tables.

    def get(self, slot):
        return self.m.tables[slot[0]][slot[1]]

    def put(self, slot, entry):
        self.m.tables[slot[0]][slot[1]] = entry

    def below(self, slot, kind, addr):
        """The entry of @kind that the one above it, at @slot, leads to."""
        if self.g.real(kind) and self.g.real(kind + 1):
            return self.g.pa(self.get(slot)), self.g.index(kind, addr)
        return slot

    def link(self, slot, entries):
        pa = self.m.new_table(slot)
        self.m.tables[pa] = entries
        own = 1 << 60 if self.root != "user" else 1 << 59
        self.put(slot, own | pa | 0x403)

    def none(self, slot, kind):
        return self.g.real(kind) and not self.get(slot)

    # The walk below the root.

    def tops(self, kind, slot, addr, end):
        """PGD and P4D: what is neither empty, table nor legal leaf is a hole; no actions."""
        while True:
            stop = self.g.addr_end(kind, addr, end)
            e = self.get(slot)
            leaf = kind == 3 and self.g.levels > 4 and self.g.is_leaf(e)
            bad = self.g.real(kind) and not self.g.is_table(e) and not leaf
            if self.none(slot, kind) and "install_pte" in self.ops:
                self.link(slot, [0] * (self.g.page // 8))
                bad = False
            if bad:
                if "install_pte" in self.ops:
                    raise Stop(-EINVAL)
                self.must(self.hole(addr, stop, self.g.depth(kind)))
            else:
                self.entry(kind, slot, addr, stop)
                if not leaf and (self.wants(*range(kind)) or "install_pte" in self.ops):
                    down = self.below(slot, kind - 1, addr)
                    if kind == 4:
                        self.tops(3, down, addr, stop)
                    else:
                        self.middles(2, down, addr, stop)
            if stop == end:
                return
            addr, slot = stop, (slot[0], slot[1] + 1)

    def entry(self, kind, slot, addr, stop):
        if not self.wants(kind):
            return
        e = self.get(slot)
        split, ret = self.tell(ENTRY[kind], f"{addr:x} {stop & TOP:x} val={e:x}")
        if split:  # the callback itself puts a table there
            pa = self.m.new_table(slot)
            self.m.tables[pa] = [(e | 2) + i * self.g.page for i in range(self.g.page // 8)]
            self.put(slot, pa | 3)
            self.lines.append(f"  set pmd pa={slot[0] + slot[1] * 8:x} old={e:x} new={pa | 3:x}")
        self.must(ret)

    def middles(self, kind, slot, addr, end):
        """PUD and PMD, one table's entries."""
        while True:
            stop = self.g.addr_end(kind, addr, end)
            self.action = AGAIN
            while self.action == AGAIN:
                self.action = SUBTREE
                self.middle(kind, slot, addr, stop)
                if self.action == AGAIN and self.none(slot, kind):
                    break  # a hole's action does nothing here: it is seen one level up
            if stop == end:
                return
            addr, slot = stop, (slot[0], slot[1] + 1)

    def middle(self, kind, slot, addr, stop):
        install = "install_pte" in self.ops
        if self.none(slot, kind):
            if not install:
                self.must(self.hole(addr, stop, self.g.depth(kind)))
                return
            self.link(slot, [0] * (self.g.page // 8))
        self.entry(kind, slot, addr, stop)
        if self.action != SUBTREE:
            return
        real = self.g.real(kind)
        if not self.wants(*range(kind)) and not (
                install and not (real and self.g.is_leaf(self.get(slot)))):
            return
        if real and not self.novma and self.g.is_leaf(self.get(slot)):
            self.split(kind, slot)
        if real and not self.g.is_table(self.get(slot)):
            return
        down = self.below(slot, kind - 1, addr)
        if kind == 2:
            self.middles(1, down, addr, stop)
        else:
            self.ptes(down, addr, stop)

    def split(self, kind, slot):
        e = self.get(slot)
        bits = e & ~CONT | (CONT | 2 if kind == 1 else 0)
        self.link(slot, [bits + i * self.g.size(kind - 1) for i in range(self.g.page // 8)])

    def ptes(self, slot, addr, end):
        while True:
            stop = addr + self.g.page
            if "install_pte" in self.ops and not self.get(slot):
                _, ret = self.tell("install_pte", f"{addr:x} {stop & TOP:x} new={self.m.install:x}")
                self.must(ret)
                self.put(slot, self.m.install)
            else:
                self.entry(0, slot, addr, stop)
            if stop >= end:
                return
            addr, slot = stop, (slot[0], slot[1] + 1)

    def walk_tables(self, start, end):
        root = self.m.roots["user" if not self.novma else self.root]
        self.tops(4, (root, self.g.index(self.g.levels - 1, start)), start, end)

    # Around it.

    def test(self, vma, start, end):
        """Is this VMA to be walked? Positive: no."""
        if "test_walk" in self.ops:
            return self.tell("test_walk", f"{start:x} {end:x}")[1]
        if vma.flags & VM_PFNMAP:
            ret = self.hole(start, end, -1) if "pte_hole" in self.ops else 1
            return ret or 1
        return 0

    def one_vma(self, vma, start, end):
        huge = vma.flags & VM_HUGETLB
        if huge and "install_pte" in self.ops:
            raise Stop(-EINVAL)
        if "pre_vma" in self.ops:
            self.must(self.tell("pre_vma", f"{start:x} {end:x}")[1])
        try:
            if not huge:
                self.walk_tables(start, end)
            elif "hugetlb_entry" in self.ops:
                self.hugetlb(start, end)
        finally:
            if "post_vma" in self.ops:
                self.lines.append(f"  post_vma{self.area()}")

    def hugetlb(self, addr, end):
        size = self.m.huge
        while addr < end:
            stop = min((addr | (size - 1)) + 1, end)
            slot = self.huge_slot(addr & -size)
            if slot is None:
                self.must(self.hole(addr, stop, -1))
            else:
                _, ret = self.tell("hugetlb_entry", f"{addr:x} {stop:x} hmask={-size & TOP:x} "
                                                    f"val={self.get(slot):x}")
                self.must(ret)
            addr = stop

    def huge_slot(self, addr):
        """The entry of a huge page of PMD size."""
        slot = (self.m.roots["user"], self.g.index(self.g.levels - 1, addr))
        for kind in (3, 2, 1):
            if self.g.real(kind + 1) and not self.g.is_table(self.get(slot)):
                return None
            slot = self.below(slot, kind, addr)
        return slot

    def range_mm(self):
        if self.start >= self.end:
            raise Stop(-EINVAL)
        at = self.start
        while at < self.end:
            later = [v for v in self.m.vmas if v.end > at]
            if not later or at < later[0].start:
                self.at = None
                stop = min(self.end, later[0].start) if later else self.end
                self.must(self.hole(at, stop, -1))
            else:
                self.at = later[0]
                stop = min(self.end, self.at.end)
                test = self.test(self.at, at, stop)
                if test < 0:
                    raise Stop(test)
                if test == 0:
                    self.one_vma(self.at, at, stop)
            at = stop

    def mapping(self):
        for vma in sorted((v for v in self.m.vmas if v.mapping == "shm1"),
                          key=lambda v: v.pgoff):
            pages = (vma.end - vma.start) >> self.g.page_shift
            first = max(self.start, vma.pgoff) - vma.pgoff
            last = min(self.end, vma.pgoff + pages) - vma.pgoff
            if first >= last:
                continue
            self.at = vma
            test = self.test(vma, vma.start, vma.end)
            if test < 0:
                raise Stop(test)
            if test > 0:
                return  # nor any other
            self.one_vma(vma, vma.start + (first << self.g.page_shift),
                         vma.start + (last << self.g.page_shift))

    # apply_to_*

    def apply(self, kind, slot, addr, end, create):
        while True:
            stop = self.g.addr_end(kind, addr, end)
            real = self.g.real(kind)
            if self.none(slot, kind) and create:
                self.link(slot, [0] * (self.g.page // 8))
            e = self.get(slot)
            if real and e and self.g.is_leaf(e) and (kind < 3 or self.g.levels > 4):
                raise Stop(-EINVAL)
            if not real or self.g.is_table(e):
                down = self.below(slot, kind - 1, addr)
                if kind == 1:
                    self.apply_ptes(down, addr, stop, create)
                else:
                    self.apply(kind - 1, down, addr, stop, create)
            if stop == end:
                return
            addr, slot = stop, (slot[0], slot[1] + 1)

    def apply_ptes(self, slot, addr, end, create):
        while "fn" in self.ops:
            if create or self.get(slot):
                self.must(self.tell("fn", f"{addr:x} val={self.get(slot):x}")[1])
            addr, slot = addr + self.g.page, (slot[0], slot[1] + 1)
            if addr >= end:
                return

    def dispatch(self):
        if "install_pte" in self.ops and not self.fn.endswith("_unsafe"):
            raise Stop(-EINVAL)
        if self.fn in ("walk_page_range", "walk_page_range_mm_unsafe"):
            self.range_mm()
        elif self.fn in ("walk_page_range_vma", "walk_page_range_vma_unsafe"):
            self.at = self.vma
            if not self.vma.start <= self.start < self.end <= self.vma.end:
                raise Stop(-EINVAL)
            self.one_vma(self.vma, self.start, self.end)
        elif self.fn == "walk_page_vma":
            self.at = self.vma
            self.one_vma(self.vma, self.vma.start, self.vma.end)
        elif self.fn == "walk_page_mapping":
            self.mapping()
        elif self.start >= self.end:
            raise Stop(-EINVAL)
        elif self.fn.startswith("apply"):
            slot = (self.m.roots[self.root], self.g.index(self.g.levels - 1, self.start))
            self.apply(4, slot, self.start, self.end, self.fn == "apply_to_page_range")
        else:
            self.walk_tables(self.start, self.end)

    def run(self):
        try:
            self.dispatch()
            ret = 0
        except Stop as stop:
            ret = stop.value
        return self.lines + [f"  = {ret}"]


def read_file(path):
    if os.path.exists(path):
        with open(path, "rb") as f:
            return f.read()
    with lzma.open(path + ".xz") as f:
        return f.read()


def read_tables(path, page):
    """The tables of an ELF core, by physical address."""
    data, tables = read_file(path), {}
    offset, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, at, _, pa, size, _, _ = struct.unpack_from("<IIQQQQQQ", data, offset + 56 * i)
        for page_at in range(0, size if kind == 1 else 0, page):
            tables[pa + page_at] = list(struct.unpack_from(f"<{page // 8}Q", data, at + page_at))
    return tables


def field(line, key, default=None):
    found = re.search(rf"(?<= ){key}=(\S*)", line)
    return found.group(1) if found else default


class Recording:
    """A log, as its walks, and the two snapshots."""

    def __init__(self, path):
        self.lines = read_file(os.path.join(path, "walks.log")).decode().splitlines()
        geom = next(x for x in self.lines if x.startswith("GEOM "))
        self.g = Geometry(int(field(geom, "page")).bit_length() - 1, int(field(geom, "va_bits")))
        self.before = read_tables(os.path.join(path, "ptonly-before.elf"), self.g.page)
        self.after = read_tables(os.path.join(path, "ptonly.elf"), self.g.page)
        self.roots = {x.split()[1]: int(field(x, "pa"), 16) for x in self.lines
                      if x.startswith("ROOT ")}
        self.vmas = [Vma(int(x.split()[1], 16), int(x.split()[2], 16), int(field(x, "flags"), 16),
                         int(field(x, "pgoff"), 16), field(x, "map")) for x in self.lines
                     if x.startswith("VMA ")]
        self.install = next((int(field(x, "new"), 16) for x in self.lines
                             if x.startswith("  install_pte ")), 0)

    def machine(self):
        """As it was before the first walk; new tables go where they went."""
        return Machine(self.g, {pa: list(t) for pa, t in self.before.items()}, self.roots,
                       self.vmas, new_table=lambda slot: self.g.pa(self.after[slot[0]][slot[1]]),
                       install=self.install)

    def walks(self):
        """(phase, WALK line, its lines)."""
        phase = at = None
        for i, line in enumerate(self.lines):
            if line.startswith("PHASE "):
                phase = line.split()[1]
            elif line.startswith("WALK "):
                at = i
            elif line.startswith("  = "):
                yield phase, self.lines[at], self.lines[at + 1:i + 1]


def walk_of(machine, line, vmas):
    vma = field(line, "vma")
    return Walk(machine, field(line, "fn"), field(line, "root"), int(field(line, "start"), 16),
                int(field(line, "end"), 16), field(line, "ops"), field(line, "rule"),
                next((v for v in vmas if vma and v.start == int(vma, 16)), None))


def runs_past_table(walk):
    """Not modelled: it reads what lies behind a table."""
    return walk.novma and walk.start < walk.end < walk.g.page and walk.wants(0)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    log = Recording(sys.argv[1])
    machine = log.machine()
    agree = total = past = 0
    was = None
    for phase, line, lines in log.walks():
        if phase == "readonly" and was != phase:
            machine.tables = {pa: list(t) for pa, t in log.after.items()}
        was = phase
        walk = walk_of(machine, line, log.vmas)
        if runs_past_table(walk):
            past += 1
            continue
        total += 1
        got = walk.run()
        agree += got == lines
        if got != lines:
            print("FAIL " + line)
            for ours, theirs in zip(got + [""] * len(lines), lines):
                if ours != theirs:
                    print(f"  expected '{theirs}', got '{ours}'")
                    break
    print(f"{past} walks run past a table, which is not modelled")
    print(f"{agree} of {total} walks agree")
    sys.exit(agree != total or not total)


if __name__ == "__main__":
    main()
