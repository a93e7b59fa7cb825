#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""Recordings of walks that no kernel made, in the form of those that one did.

usage: walk_sets.py refold RECORDING OUT
       walk_sets.py random RECORDING OUT PAGE_SHIFT VA_BITS SEED [COUNT]

refold: the 4-level RECORDING's tables, VMAs and walks with 39 bits and 3 levels: its tables of
kind PUD become the root. random: random tables, ranges, callbacks and rules, COUNT walks of them.
What the kernel would have done is walk_model.py's answer, which agrees with it on RECORDING; lock
calls are RECORDING's own, at other addresses. OUT gets walks.log, ptonly-before.elf, ptonly.elf.
"""
import os
import random
import re
import struct
import sys

import walk_model
from walk_model import ENTRY, TOP, Geometry, Machine, Recording, Vma, Walk, field

G1 = 1 << 30
PAGE, BLOCK = 0xe8000000000703, 0xe8000000000701  # kernel leaves, without address
USER_PAGE, USER_BLOCK = 0xe8000000000f43, 0xe8000000000f41
JUNK, INVALID = 0xbeef000, 0x60000000000f80
ZERO_PAGE = 0x1600000404f0fc3


def write_core(path, tables, page):
    pas = sorted(tables)
    offset = -(-(64 + 56 * len(pas)) // page) * page
    with open(path, "wb") as f:
        f.write(b"\x7fELF\x02\x01\x01" + bytes(9) +
                struct.pack("<HHIQQQIHHHHHH", 4, 183, 1, 0, 64, 0, 0, 64, 56, len(pas), 0, 0, 0))
        for i, pa in enumerate(pas):
            f.write(struct.pack("<IIQQQQQQ", 1, 4, offset + i * page, 0, pa, page, page, 0))
        f.seek(offset)
        for pa in pas:
            f.write(struct.pack(f"<{page // 8}Q", *tables[pa]))


class Pages:
    """Free pages for tables, from the top down: not in the order that ours come in."""

    def __init__(self, page, base=0x50000000, size=0x4000000):
        self.page, self.next = page, base + size

    def take(self, *_):
        self.next -= self.page
        return self.next


class Set:
    """A recording in the making."""

    def __init__(self, machine, head):
        self.m, self.head, self.body = machine, head, []
        self.before = {pa: list(t) for pa, t in machine.tables.items()}

    def phase(self, name):
        self.body.append(f"PHASE {name}")

    def walk(self, name, fn, root, start, end, ops, rule="none", vma=None, limit=None):
        """False: it comes to too much, and is left out."""
        w = Walk(self.m, fn, root, start, end, ops, rule, vma)
        lines = past_table(w) if walk_model.runs_past_table(w) else w.run()
        if len(lines) > (limit or self.m.g.page // 8 + 1000):
            return False
        self.body.append(f"WALK {name} fn={fn} root={root} start={start:x} end={end:x} ops={ops} "
                         f"rule={rule}" + (f" vma={vma.start:x}" if vma else ""))
        self.body += lines
        return True

    def write(self, out):
        os.makedirs(out, exist_ok=True)
        with open(os.path.join(out, "walks.log"), "w", encoding="ascii") as f:
            f.write("\n".join(["LOG-BEGIN", *self.head, "SNAP a", *self.body, "SNAP b"]) + "\n")
        write_core(os.path.join(out, "ptonly-before.elf"), self.before, self.m.g.page)
        write_core(os.path.join(out, "ptonly.elf"), self.m.tables, self.m.g.page)


def past_table(w):
    """What Linux does with a range that ends below the first page's end: it does not stop."""
    pmd = [f"  pmd_entry {w.start:x} {w.end:x}"] if w.wants(1) else []
    calls, ret = re.fullmatch(r"pte_entry#(\d+):ret=(-?\d+)", w.rule_text).groups()
    ptes = [f"  pte_entry {a:x} {a + w.g.page:x}"
            for a in range(w.start, w.start + int(calls) * w.g.page, w.g.page)]
    return pmd + ptes + [f"  = {ret}"]


def head(g, roots, vmas, region, vmalloc_end):
    return [f"ROOT {name} pa={pa:x}" for name, pa in roots.items() if name != "user"] + [
        f"REGION B={region:x} linear1G=0 block_pa=50000000",
        f"GEOM page={g.page} levels={g.levels} va_bits={g.va_bits} "
        f"ptrs_per_p4d={512 if g.levels > 4 else 1} vmalloc={region:x}..{vmalloc_end:x}",
        f"ROOT user pa={roots['user']:x}"] + [
        f"VMA {v.start:x} {v.end:x} flags={v.flags:x} "
        f"{'P' if v.flags & 0x400 else 'H' if v.flags & 0x400000 else '-'} "
        f"pgoff={v.pgoff:x} map={v.mapping}" for v in vmas]


# refold ---------------------------------------------------------------------------------------


def refold_addr(root, addr):
    """Where an address of the 4-level recording is with 39 bits."""
    half = 1 << 47
    if addr == 1 << 64 or addr >= TOP - 4 * G1:
        return addr
    if root == "private" and addr <= 1 << 48:  # slots of 512G become slots of 1G
        slot = (addr + (1 << 38)) >> 39
        return slot * G1 + addr - (slot << 39)
    if root == "user" and addr < half:
        for at, to in ((0x11, 0x50), (0x19, 0x60), (0x21, 0x70), (0x29, 0x80)):
            if at << 36 <= addr < (at + 1) << 36:
                return addr - (at << 36) + (to << 32)
        return addr
    if addr >> 47 == 0x1ffff and addr < 0xffff808000000000:
        return 0xffffffc000000000 + (addr & (half - 1))  # vmalloc
    if 0xffff7f0000000000 <= addr < 0xffff800000000000:
        return 0xffffffbf80000000 + ((addr & ((1 << 40) - 1)) >> 9)  # a hole of the root
    if addr >> 46 == 0x3fffc:
        return 0xffffff8000000000 + (addr & ((1 << 38) - 1))  # the linear map
    if addr == 0xfffffe0000000000:
        return TOP + 1 - 4 * G1
    return addr


def refold_tables(log):
    """The roots with 39 bits, made of what lies below those with 48."""
    t, g = log.before, log.g

    def below(root, slot):
        e = t[log.roots[root]][slot]
        return t[g.pa(e)] if g.is_table(e) else None

    swapper = below("swapper", 0)[:256] + below("swapper", 256)[:256]
    swapper[500] = max(below("swapper", 507))
    swapper[509:] = below("swapper", 511)[509:]
    user = list(below("user", 0))
    private = []
    for slot, e in enumerate(t[log.roots["private"]]):
        if g.is_table(e):
            e = next((x for x in below("private", slot) if g.is_table(x)), 0)
            e = e or next(x for x in swapper[256:] if g.is_table(x) and not any(t[g.pa(x)]))
        private.append(e)
    return {**t, **{log.roots[name]: table for name, table in
                    (("swapper", swapper), ("user", user), ("private", private))}}


def refold(log):
    g = Geometry(12, 39)
    vmas = [Vma(refold_addr("user", v.start), refold_addr("user", v.end), v.flags, v.pgoff,
                v.mapping) for v in log.vmas]
    tables = {pa: list(t) for pa, t in refold_tables(log).items()}
    machine = Machine(g, tables, log.roots, vmas, new_table=Pages(4096).take, install=log.install)
    region = refold_addr("swapper", 0xffff8000c0000000)
    s = Set(machine, head(g, log.roots, vmas, region, 0xfffffffdbf800000))
    was = None
    for phase, line, _ in log.walks():
        if phase != was:
            s.phase(phase)
            was = phase
        root, fn = field(line, "root"), field(line, "fn")
        at = (lambda a: a) if fn in ("walk_page_mapping", "walk_page_vma") else \
            (lambda a, r=root: refold_addr(r, a))
        start, end = int(field(line, "start"), 16), int(field(line, "end"), 16)
        vma = int(field(line, "vma", "0"), 16)
        last = at(end - 1) + 1 if end and start < end else at(end)
        s.walk(line.split()[1], fn, root, at(start), last, field(line, "ops"), field(line, "rule"),
               next((v for v in vmas if vma and v.start == refold_addr("user", vma)), None), 1 << 20)
    s.phase("locks")
    for line in log.lines:
        if line.startswith("LOCK "):
            root = "user" if field(line, "mm") == "user" else "swapper"
            s.body.append(re.sub(r"(?<= )(start|end|vma)=(\S+)", lambda m, r=root:
                                 f"{m[1]}={refold_addr(r, int(m[2], 16)):x}", line))
    return s


# random ---------------------------------------------------------------------------------------


class Forest:
    """Random tables; places: addresses where something is."""

    def __init__(self, rng, g, pages):
        self.rng, self.g, self.pages, self.tables = rng, g, pages, {}

    def leaf_at(self, level):
        """Is a leaf legal there?"""
        large = self.g.page_shift == 12 or self.g.lpa2 or self.g.lpa
        return level == 1 or (level == 2 and large) or \
            (level == 3 and self.g.lpa2 and self.g.page_shift == 12)

    def leaf(self, level, user):
        size = 1 << (self.g.page_shift + self.g.bits * level)
        pa = self.rng.randrange(1, 1 << 12) * size & ((1 << 40) - 1)
        if level == 0:
            return pa | self.rng.choice([USER_PAGE if user else PAGE, INVALID | 2])
        return pa | self.rng.choice([USER_BLOCK if user else BLOCK] * 3 + [INVALID])

    def table(self, level, va, places, user=False, slots=None):
        g, rng = self.g, self.rng
        pa = self.pages.take()
        size = 1 << (g.page_shift + g.bits * level)
        table = self.tables[pa] = [0] * (g.page // 8)
        nr = slots or g.page // 8
        used = {0, 1, 2, nr - 1} | {rng.randrange(nr) for _ in range(3)}
        if level == 0:
            used |= set(range(rng.randrange(12))) | set(range(nr - rng.randrange(1, 9), nr))
        for i in sorted(used):
            kind = rng.random()
            places.append((va + i * size, level))
            if level == 0:
                table[i] = self.leaf(0, user) if kind < .7 else 0
            elif kind < .5 and len(self.tables) < 40:
                table[i] = self.table(level - 1, va + i * size, places, user) | 0x403
            elif kind < .75 and self.leaf_at(level):
                table[i] = self.leaf(level, user)
            elif kind < .8 and not user:
                table[i] = JUNK
            elif kind < .9 and len(self.tables) < 40:
                table[i] = self.pages.take() | 0x403
                self.tables[table[i] & ~0xfff] = [0] * (g.page // 8)
        return pa

    def root(self, va, places):
        """The first entries and the last are tables for sure: something is to be found."""
        g = self.g
        nr = 1 << (g.va_bits - g.shift(g.levels - 1))
        pa = self.table(g.levels - 1, va, places, False, nr)
        if not g.is_table(self.tables[pa][1]):
            at = va + g.size(g.levels - 1)
            self.tables[pa][1] = self.table(g.levels - 2, at, places) | 0x403
        return pa


def user_space(g, rng, pages):
    """VMAs and the tables below them."""
    p, m = g.page, g.size(1)
    base = 4 * m
    layout = [("anon", 0, 16 * p, 0x100073, 0), ("shm1", 32 * p, 8 * p, 0xfb, 0),
              ("shm1", 64 * p, 8 * p, 0xfb, 4), ("pfn", 128 * p, 4 * p, 0x40444bb, 0),
              ("anon", 132 * p, 4 * p, 0x100073, 0), ("anon", 2 * m, 2 * m, 0x40100073, 0),
              ("hugetlb", 12 * m, 2 * m, 0x440073, 0), ("anon", 36 * m - 4 * p, 8 * p, 0x100073, 0),
              ("anon", 60 * m, 8 * p, 0x100073, 0)]
    if g.levels > 2:
        layout.append(("anon", g.size(2), 8 * p, 0x100073, 0))
    if g.levels > 3:
        layout.append(("anon", g.size(3), 8 * p, 0x100073, 0))
    vmas = [Vma(base + at, base + at + size, flags, pgoff, name)
            for name, at, size, flags, pgoff in layout]
    tables = {pages.take(): [0] * (p // 8)}
    root, = tables
    at = root
    for kind in range(g.levels - 1, 1, -1):
        new = pages.take()
        tables[new] = [0] * (p // 8)
        tables[at][g.index(kind, base)] = new | 1 << 59 | 0x403
        at = new
    ptes = pages.take()
    tables[ptes] = [0] * (p // 8)
    tables[at][g.index(1, base)] = ptes | 1 << 59 | 0x403
    for i in range(136):
        if rng.random() < .5:
            tables[ptes][i] = (0x60000000 + i * p) | USER_PAGE
    thp, huge = g.index(1, base + 2 * m), g.index(1, base + 12 * m)
    tables[at][thp] = 4 * m | USER_BLOCK
    tables[at][thp + 1] = 6 * m | USER_BLOCK
    tables[at][huge] = 8 * m | USER_BLOCK
    return root, tables, vmas


def random_rule(rng, ops, novma):
    """For each callback that it names one call, or all of them; nothing that would never end."""
    names = [op for op in ops.split(",") if op not in ("none", "post_vma", "install_pte")]
    parts = []
    for _ in range(rng.choice([0, 0, 1, 1, 1, 2])):
        if not names:
            break
        name = rng.choice(names)
        k = rng.randrange(1, 6)
        what = rng.choice([f"ret={rng.choice([-5, -1, 3])}", "continue", "again", "again:ret=4",
                           "continue:ret=-4"])
        if name in ("test_walk", "pre_vma", "fn", "hugetlb_entry") or \
                (not novma and name == "pte_hole"):
            what = f"ret={rng.choice([-5, 2])}"
        parts.append(f"{name}#{'*' if what == 'continue' and rng.random() < .5 else k}:{what}")
    return ";".join({part.split("#")[0]: part for part in parts}.values()) or "none"


def pick(rng, names, some=.5):
    return ",".join(n for n in names if rng.random() < some) or "none"


class Random:
    def __init__(self, log, g, seed, count):
        self.rng, self.g, self.count = random.Random(seed), g, count
        rng = self.rng
        pages = Pages(g.page)
        forest = Forest(rng, g, pages)
        self.kernel = (TOP + 1) - (1 << g.va_bits)
        self.places = {"swapper": [], "private": []}
        roots = {"private": forest.root(0, self.places["private"]),
                 "swapper": forest.root(self.kernel, self.places["swapper"])}
        roots["user"], user_tables, self.vmas = user_space(g, rng, pages)
        tables = {**forest.tables, **user_tables}
        self.m = Machine(g, tables, roots, self.vmas, new_table=pages.take, install=ZERO_PAGE)
        # nothing is skipped in the comparison: the region ends where addresses do
        self.s = Set(self.m, head(g, roots, self.vmas, TOP + 1 - (13 << 30) - 1, TOP))
        self.locks = [x for x in log.lines if x.startswith("LOCK ")]

    def range(self, root):
        rng, g = self.rng, self.g
        at, level = rng.choice(self.places[root])
        size = 1 << (g.page_shift + g.bits * level)
        off = rng.choice([0, 0, 0, -g.page, g.page, size // 2, -size, 0x123, 8])
        length = rng.choice([1, g.page // 2, g.page, 3 * g.page, size, size + g.page, 3 * size,
                             2 * size - 8, g.size(1), 1 << (g.va_bits - 1)])
        base = 0 if root == "private" else self.kernel
        start = max(at + off, base)
        end = min(start + length, base + (1 << g.va_bits) - (root == "swapper"))
        return start, end

    def readonly_novma(self, i):
        rng = self.rng
        root = rng.choice(["swapper", "private"])
        fn = rng.choice(["walk_kernel_page_table_range", "walk_kernel_page_table_range_lockless",
                         "walk_page_range_debug"])
        start, end = self.range(root)
        ops = pick(rng, ENTRY[::-1] + ("pte_hole",), rng.choice([.3, .6, .9]))
        if root == "swapper" and rng.random() < .2:
            fn, ops = "apply_to_existing_page_range", "fn"
            start &= -self.g.page
            end = end + 1 & -self.g.page if end < TOP else TOP + 1 - self.g.page
        if start < end < self.g.page:
            return False
        return self.s.walk(f"n{i}", fn, root, start, end, ops, random_rule(rng, ops, True))

    def readonly_vma(self, i):
        rng, g = self.rng, self.g
        names = ENTRY[::-1] + ("pte_hole", "hugetlb_entry", "test_walk", "pre_vma", "post_vma")
        ops = pick(rng, names, rng.choice([.3, .6, .9]))
        rule = random_rule(rng, ops, False)
        vma = rng.choice(self.vmas)
        fn = rng.choice(["walk_page_range"] * 3 + ["walk_page_range_vma", "walk_page_vma",
                                                   "walk_page_mapping"])
        start = max(vma.start + rng.choice([0, 0, -g.page, g.page, 0x123, -8, g.size(1)]), 0)
        end = start + rng.choice([1, g.page, 5 * g.page, 40 * g.page, 200 * g.page, 4 * g.size(1)])
        if self.would_split(ops, fn, start, end, vma):
            return False
        if fn == "walk_page_mapping":
            start = rng.randrange(13)
            end = start + rng.randrange(1, 9)
        if fn == "walk_page_vma":
            start = end = 0
        return self.s.walk(f"u{i}", fn, "user", start, end, ops, rule,
                           vma if fn in ("walk_page_range_vma", "walk_page_vma") else None)

    def would_split(self, ops, fn, start, end, vma):
        """Read-only walks must leave huge pages whole."""
        thp = self.vmas[5]
        if "pte_entry" not in ops:
            return False
        if fn == "walk_page_range":
            return start < thp.end and end > thp.start
        return vma is thp

    def mutating(self):
        g, s, p = self.g, self.s, self.g.page
        every = ",".join(ENTRY[::-1]) + ",pte_hole"
        anon, thp, edge, fresh = self.vmas[0], self.vmas[5], self.vmas[7], self.vmas[-1]
        s.phase("mutating")
        s.walk("install-range", "walk_page_range_mm_unsafe", "user", edge.start - 2 * p,
               edge.end - p, "pte_entry,pte_hole,test_walk,pre_vma,post_vma,install_pte")
        s.walk("install-new-tables", "walk_page_range_vma_unsafe", "user", fresh.start + p,
               fresh.start + 3 * p, every + ",install_pte", vma=fresh)
        s.walk("install-stop", "walk_page_range_vma_unsafe", "user", anon.start, anon.end,
               every + ",install_pte", "install_pte#2:ret=-12", anon)
        s.walk("install-only-over-huge", "walk_page_range_mm_unsafe", "user", thp.start, thp.end,
               "pmd_entry,install_pte")
        s.walk("install-hugetlb", "walk_page_range_mm_unsafe", "user", self.vmas[6].start - p,
               self.vmas[6].end, every + ",test_walk,pre_vma,post_vma,install_pte")
        s.walk("split-thp", "walk_page_range", "user", thp.start + 3 * p, thp.start + 20 * p, every)
        s.walk("apply-user", "apply_to_page_range", "user", self.vmas[8].start,
               self.vmas[8].start + 4 * p, "fn")
        for i, (root, at, level) in enumerate(self.places_to_fill()):
            size = 1 << (g.page_shift + g.bits * level)
            s.walk(f"apply{i}", "apply_to_page_range", root, at, at + min(3 * p, size), "fn",
                   "fn#2:ret=6" if i % 2 else "none")

    def places_to_fill(self):
        """A few holes of the kernel's tables that new tables can hang in."""
        g = self.g
        out = []
        for at, level in self.places["swapper"]:
            slot = (self.m.roots["swapper"], g.index(g.levels - 1, at))
            for kind in range(g.levels - 2, level - 1, -1):
                if not g.is_table(self.m.tables[slot[0]][slot[1]]):
                    break
                slot = (g.pa(self.m.tables[slot[0]][slot[1]]), g.index(kind, at))
            if level and self.m.tables[slot[0]][slot[1]] == 0:
                out.append(("swapper", at, level))
        return out[:4]

    def lock_calls(self):
        anon, p = self.vmas[0], self.g.page
        at = {0: 0, 0x1000000000: anon.start, 0x1000001000: anon.start + p,
              0x1000011000: anon.end + p, 0x1000012000: anon.end + 2 * p,
              0xffff8000c0000000: self.kernel, 0xffff8000c0001000: self.kernel + p}
        self.s.phase("locks")
        for line in self.locks:
            self.s.body.append(re.sub(r"(?<= )(start|end|vma)=(\S+)", lambda m:
                                      f"{m[1]}={at[int(m[2], 16)]:x}", line))

    def make(self):
        self.mutating()
        self.s.phase("readonly")
        done = 0
        while done < self.count:
            done += self.readonly_novma(done) if done % 3 else self.readonly_vma(done)
        self.lock_calls()
        return self.s


def main():
    what, log, out = sys.argv[1:4] if len(sys.argv) > 3 else ("", "", "")
    if what == "refold":
        refold(Recording(log)).write(out)
    elif what == "random" and len(sys.argv) > 6:
        page_shift, va_bits, seed, *count = (int(x) for x in sys.argv[4:])
        count = count[0] if count else 300 if page_shift == 12 else 150
        Random(Recording(log), Geometry(page_shift, va_bits), seed, count).make().write(out)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
