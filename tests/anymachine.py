#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
The command on machines made up at random: any granule, size and root, tables anywhere in memory,
leaves of every level with any attributes, tables that take rights away, registers that change what
entries mean.

usage: anymachine.py [SEED [MACHINES]]

What each machine has to show is worked out here, from the manuals and from how the kernels print
their own dumps (ptdump); nothing is shared with the command.
"""

import bisect
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

from counted import check, summary
from synthetic import vmcoreinfo, core_of

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))
TOP = 1 << 64


def bit(value, n):
    return value >> n & 1


def rwx(r, w, x):
    return "-r"[bool(r)] + "-w"[bool(w)] + "-x"[bool(x)]


class Tree:
    """The tables below one root. An architecture says what an entry is, a tree where it goes."""

    def __init__(self, machine, bits, base, room):
        self.m = machine
        self.bits = bits  # of an address that count
        self.base, self.room = base, room  # 2^room bytes from here on are its part
        stride = machine.granule - 3
        self.levels = max(1, -(-(bits - machine.granule) // stride))
        self.root_lg2 = bits - self.shift(self.levels - 1) + 3
        self.tables = {}

    def shift(self, level):
        return self.m.granule + level * (self.m.granule - 3)

    def slot(self, table, va, level):
        index = (va & ((1 << self.bits) - 1)) >> self.shift(level)
        if level < self.levels - 1:
            index %= 1 << (self.m.granule - 3)
        return table, index * 8

    def table(self, va, level, root):
        """The table of @level for @va and the entries above it; None where a leaf is."""
        if level == self.levels - 1:
            return root, ()
        key = level, va >> self.shift(level + 1)
        if key not in self.tables:
            above = self.table(va, level + 1, root)
            if above is None or self.m.get(self.slot(above[0], va, level + 1)):
                return None
            pa = self.m.new_table()
            entry = self.m.table_entry(pa, level + 1)
            self.m.put(self.slot(above[0], va, level + 1), entry)
            self.tables[key] = pa, above[1] + (entry,)
        return self.tables[key]

    def leaves(self, root, va, level, pa, nr, how):
        """@nr leaves from @va on, where there is room: all of a group, or none."""
        size = 1 << self.shift(level)
        places = [(va + i * size, pa + (i * size if how["apart"] else 0)) for i in range(nr)
                  if va + i * size < self.base + (1 << self.room)]
        slots = [(self.table(v, level, root), v, p) for v, p in places]
        free = [(t, v, p) for t, v, p in slots
                if t and not self.m.get(self.slot(t[0], v, level)) and p + size <= 1 << self.m.pa_bits]
        if how.get("group") and len(free) < nr:
            return
        for (table, above), v, p in free:
            entry = self.m.leaf_entry(p, level, how)
            self.m.put(self.slot(table, v, level), entry)
            self.m.want.append((v, size, p, self.m.shows(entry, level, above, how)))


class Machine:
    """Memory with holes, mostly far up; what arch(), below, is for."""

    elf = granule = pa_bits = 0
    effective = None

    def __init__(self, rng):
        self.rng = rng
        self.memory = {}
        self.taken = set()
        self.want = []  # (va, size, pa, what is said of it)
        self.notes = []

    def new_table(self, size=None):
        size = size or 1 << self.granule
        align = max(size, 64)
        while True:
            top = min(self.rng.choice([30, 32, 34, 40, self.pa_bits, self.pa_bits]), self.pa_bits)
            pa = self.rng.randrange(1 << top) // align * align
            pages = set(range(pa >> self.granule, (pa + size - 1 >> self.granule) + 1))
            if not pages & self.taken:
                self.taken |= pages
                self.memory[pa] = bytearray(size)
                return pa

    def get(self, slot):
        return struct.unpack_from("<Q", self.memory[slot[0]], slot[1])[0]

    def put(self, slot, entry):
        struct.pack_into("<Q", self.memory[slot[0]], slot[1], entry)

    def some_leaves(self, tree, root, most):
        """Leaves of a random level and place, the first and the last address more often."""
        rng = self.rng
        level = rng.randint(0, min(most, tree.levels - 1))
        size = 1 << tree.shift(level)
        nr = 1 << tree.room - tree.shift(level)
        how = self.some_attributes(level)
        first = rng.choice([0, nr - 1, rng.randrange(nr), rng.randrange(nr)])
        run = rng.choice([1, 1, 2, 5, 17])
        pa = rng.randrange(1 << rng.choice([max(36, tree.shift(level)), self.pa_bits])) // size
        group = self.groups(level)
        if group and group <= nr and rng.random() < 0.3:
            how.update(group=True, apart=True)
            first, pa, run = first // group * group, pa // group * group, group
        tree.leaves(root, tree.base + first * size, level, pa * size, run, how)

    def groups(self, level):
        return 0

    def dump(self, table, level, va, slots, above, out):
        """The kernel's own walk: @out.note() for holes, for leaves, and for all of level 0."""
        for i in slots:
            entry, = struct.unpack_from("<Q", self.memory[table], i * 8)
            here = va + (i << out.tree.shift(level))
            through = self.effective(above, entry) if self.effective else 0
            if level == 0 or not entry or self.is_leaf(entry):
                out.note(here, level, self.printed_bits(entry), through if entry else 0,
                         self.printed_pa(entry, here))
            else:
                self.dump(self.table_at(entry), level - 1, here, range(1 << self.granule - 3), through,
                          out)


class Dump:
    """A row goes on as long as level, printed bits and effective rights are the same."""

    def __init__(self, machine, tree):
        self.machine, self.tree = machine, tree
        self.row = None
        self.text = []

    def note(self, va, level, bits, through, pa):
        if self.row and self.row[1:4] == (level, bits, through):
            return
        if self.row:
            kib = va - self.row[0] >> 10
            unit = 0
            while kib % 1024 == 0 and unit < 5:
                kib >>= 10
                unit += 1
            line = self.machine.row(self, self.row[1], self.row[2], f"{kib:9}{'KMGTPE'[unit]}",
                                    self.row[4])
            if line:
                self.text.append(f"0x{self.row[0]:016x}-0x{va % TOP:016x}   " + line)
        self.row = va, level, bits, through, pa


# --- arm64 --------------------------------------------------------------------------------------

MAIR = {0xff: "normal", 0xf0: "normal-tagged", 0x44: "normal-nc", 0xbb: "normal-wt",
        0x00: "device-nGnRnE", 0x04: "device-nGnRE", 0x08: "device-nGRE", 0x0c: "device-GRE"}
# PIR_ELx: what each value allows; of 6 and 9 rule RVFPJF makes more than that
PIR = ["---", "r--", "--x", "r-x", "---", "rw-", "rw-", "rwx",
       "r--", "r--", "r-x", "---", "rw-", "---", "rwx", "---"]


class Arm64(Machine):
    """VMSAv8-64 stage 1 at EL1, or at EL2 with HCR_EL2.E2H and stale EL1 registers."""

    elf = 183

    def __init__(self, rng):
        super().__init__(rng)
        self.granule = rng.choice([12, 14, 16])
        self.wide = rng.random() < 0.5
        self.pa_bits = 52 if self.wide else 48
        self.vhe = rng.random() < 0.4
        self.pie = rng.random() < 0.25
        self.wxn = rng.random() < 0.2
        self.pir, self.pire0 = rng.getrandbits(64), rng.getrandbits(64)
        self.mair = sum(rng.choice([*MAIR, 0x77, 0xee]) << 8 * i for i in range(8))
        self.hpd = rng.getrandbits(2)
        self.half = 0
        tcr = (6 if self.wide else 5) << 32 | self.hpd << 41 | rng.getrandbits(2) << 39
        tcr |= 1 << 59 if self.wide and self.granule < 16 else 0
        ttbr = [0, 0]
        most = {12: 3 if self.wide else 2, 14: 2 if self.wide else 1, 16: 2 if self.wide else 1}
        for self.half in (0, 1):
            bits = rng.randint(self.granule + 1 if rng.random() < 0.2 else 36,
                               52 if self.wide or self.granule == 16 else 48)
            bits = max(bits, 18)
            tree = Tree(self, bits, TOP - (1 << bits) if self.half else 0, bits)
            root = self.new_table(1 << tree.root_lg2)
            for _ in range(rng.randint(1, 14)):
                self.some_leaves(tree, root, most[self.granule])
            tg = ({12: 0, 14: 2, 16: 1}, {12: 2, 14: 1, 16: 3})[self.half][self.granule]
            tcr |= (64 - bits << 16 | tg << 30) if self.half else (64 - bits | tg << 14)
            ttbr[self.half] = root & ~0x3f | root >> 48 << 2 if self.wide else root
            ttbr[self.half] = ttbr[self.half] & (1 << 48) - 1 | rng.getrandbits(16) << 48 | 1
        self.tree, self.root = tree, root
        self.registers = self.all_registers(ttbr, tcr)

    def all_registers(self, ttbr, tcr):
        rng = self.rng
        mine, other = ("EL2", "EL1") if self.vhe else ("EL1", "EL2")
        stale = {f"{name}_{other}": rng.getrandbits(64) for name in ("TTBR0", "TTBR1", "TCR", "MAIR")}
        regs = {f"TTBR0_{mine}": ttbr[0], f"TTBR1_{mine}": ttbr[1], f"TCR_{mine}": tcr,
                f"MAIR_{mine}": self.mair, f"SCTLR_{mine}": self.wxn << 19,
                "HCR_EL2": 1 << 34 | 1 << 27 if self.vhe else rng.choice([0, 1 << 34]),
                "cpsr": 9 if self.vhe else 5}
        if self.pie:
            regs.update({f"TCR2_{mine}": 2, f"PIR_{mine}": self.pir, f"PIRE0_{mine}": self.pire0})
        return {**stale, **regs}

    def groups(self, level):
        of = {12: (16, 16, 16), 14: (128, 32), 16: (32, 32)}[self.granule]
        return of[level] if level < len(of) else 0

    def place(self, pa):
        if self.wide and self.granule == 16:
            return pa & 0xffffffff0000 | (pa >> 48) << 12
        return pa & 0x3ffffffffffff | (pa >> 50) << 8

    def table_at(self, entry):
        if self.wide and self.granule == 16:
            return entry & 0xffffffff0000 | (entry >> 12 & 15) << 48
        if self.wide:
            return entry & 0x3fffffffff000 & -1 << self.granule | (entry >> 8 & 3) << 50
        return entry & 0xfffffffff000 & -1 << self.granule

    def table_entry(self, pa, level):
        takes = sum(1 << n for n in (59, 60, 61, 62) if self.rng.random() < 0.15)
        return self.place(pa) | 3 | takes | self.rng.getrandbits(8) << 51  # ignored

    def some_attributes(self, level):
        bits = self.rng.getrandbits(64) & (7 << 2 | 1 << 5 | 3 << 6 | 3 << 10 | 3 << 50 | 0x3ff << 53)
        share = 0 if self.wide and self.granule < 16 else self.rng.choice([0, 2, 3])
        return {"bits": bits | share << 8, "apart": self.rng.random() < 0.5}

    def leaf_entry(self, pa, level, how):
        return how["bits"] | self.place(pa) | (1 if level else 3) | how.get("group", 0) << 52

    def indirect(self, entry):
        index = bit(entry, 54) << 3 | bit(entry, 53) << 2 | bit(entry, 51) << 1 | bit(entry, 6)
        kernel, user = self.pir >> 4 * index & 15, self.pire0 >> 4 * index & 15
        if ("x" in PIR[kernel] or kernel in (6, 9)) and ("w" in PIR[user] or user in (6, 9)):
            return "---/---"
        return PIR[kernel] + "/" + PIR[user]

    def perm(self, entry, above):
        if self.pie:
            return self.indirect(entry)
        above = () if bit(self.hpd, self.half) else above
        takes = [any(bit(e, n) for e in above) for n in (59, 60, 61, 62)]
        writable = not takes[3] and (not bit(entry, 7) or bit(entry, 51))
        user = bit(entry, 6) and not takes[2]
        x = not (bit(entry, 53) or takes[0] or (user and writable) or (self.wxn and writable))
        ux = not (bit(entry, 54) or takes[1] or (self.wxn and user and writable))
        return rwx(1, writable, x) + "/" + rwx(user, user and writable, ux)

    def shows(self, entry, level, above, how):
        mem = entry >> 2 & 7
        managed = "w" in self.indirect(entry) if self.pie else bit(entry, 51)
        return {"perm": self.perm(entry, above), "global": not bit(entry, 11),
                "type": MAIR.get(self.mair >> 8 * mem & 0xff, f"attr{mem}"),
                "accessed": bool(bit(entry, 10)), "dirty": bool(managed and not bit(entry, 7)),
                "contiguous": bool(how.get("group")), "soft": hex(entry >> 55 & 15)}

    def is_leaf(self, entry):
        return not bit(entry, 1)

    def printed_bits(self, entry):
        return entry & (0xdf | 3 << 8 | 3 << 10 | 1 << 50 | 7 << 52)

    def printed_pa(self, entry, va):
        return 0

    def row(self, out, level, bits, size, pa):
        name = ("PTE", "PMD", "PUD", "P4D", "PGD")[level]
        if level == out.tree.levels - 1 and not (bits and level == 1):
            name = "PGD"
        words = [("F", " ", 0), ("   ", "USR", 6), ("RW", "ro", 7), ("x ", "NX", 53)]
        text = [pair[bit(bits, n)] for *pair, n in words]
        text.append("SHD" if bits >> 8 & 3 == 3 else "   ")
        words = [("  ", "AF", 10), ("  ", "NG", 11), ("   ", "CON", 52), ("BLK", "   ", 1),
                 ("   ", "UXN", 54), ("  ", "GP", 50)]
        text += [pair[bit(bits, n)] for *pair, n in words]
        mem = ("MEM/NORMAL", "MEM/NORMAL-TAGGED", "MEM/NORMAL-NC", "DEVICE/nGnRnE", "DEVICE/nGnRE")
        text += mem[bits >> 2 & 7:(bits >> 2 & 7) + 1]
        return " ".join([f"{size} {name}", *(text if bits else [])])

    def kernel_dump(self):
        out = Dump(self, self.tree)
        self.dump(self.root, self.tree.levels - 1, self.tree.base, range(1 << self.tree.root_lg2 - 3),
                  None, out)
        out.note(TOP, -1, 0, 0, 0)
        return out.text


# --- x86-64 -------------------------------------------------------------------------------------

PAT = {0: "UC", 1: "WC", 4: "WT", 5: "WP", 6: "WB", 7: "UC-"}


class X86(Machine):
    """4-level and 5-level paging, with and without a C-bit."""

    elf = 62
    granule = 12

    def __init__(self, rng):
        super().__init__(rng)
        self.la57 = rng.random() < 0.5
        self.enc = rng.choice([0, 0, 1 << 47, 1 << 51])
        self.pa_bits = 46 if self.enc else 52
        self.nxe, self.wp = rng.random() < 0.85, rng.random() < 0.8
        self.smep, self.smap = rng.random() < 0.6, rng.random() < 0.6
        self.pat = sum(rng.choice([*PAT]) << 8 * i for i in range(8))
        bits = 57 if self.la57 else 48
        self.trees = [Tree(self, bits, 0, bits - 1), Tree(self, bits, TOP - (1 << bits - 1), bits - 1)]
        self.root = self.new_table()
        for _ in range(rng.randint(3, 25)):
            self.some_leaves(rng.choice(self.trees), self.root, 2)
        self.registers = {
            "cr0": 0x80000033 | self.wp << 16, "cr3": self.root | self.enc | rng.getrandbits(12),
            "cr4": 0x6a0 | self.la57 << 12 | self.smep << 20 | self.smap << 21 | 1 << 17,
            "efer": 0x501 | self.nxe << 11, "pat": self.pat}
        if self.enc:
            self.notes = [vmcoreinfo(NUMBER_sme_mask=self.enc)]

    def table_at(self, entry):
        return entry & 0xffffffffff000 & ~self.enc

    def table_entry(self, pa, level):
        rng = self.rng
        entry = pa | self.enc | 1 | (rng.random() > 0.15) << 1 | (rng.random() > 0.3) << 2
        entry |= (self.nxe and rng.random() < 0.15) << 63
        return entry | rng.getrandbits(4) << 3 | rng.getrandbits(4) << 8 | rng.getrandbits(11) << 52

    def some_attributes(self, level):
        bits = self.rng.getrandbits(64) & (0xf06 | 3 << 5 | 0xfff << 52)
        if not self.nxe:
            bits &= ~(1 << 63)
        pat = self.rng.getrandbits(3)
        bits |= (pat & 3) << 3 | (pat >> 2) << (12 if level else 7) | (0x80 if level else 0)
        return {"bits": bits, "pat": pat, "apart": self.rng.random() < 0.5}

    def leaf_entry(self, pa, level, how):
        return how["bits"] | pa | self.enc | 1

    def shows(self, entry, level, above, how):
        all_of = (*above, entry)
        w, user = (all(bit(e, n) for e in all_of) for n in (1, 2))
        x = not any(bit(e, 63) for e in all_of)
        r = not (user and self.smap)
        kernel = rwx(r, r and (w or not self.wp), x and not (user and self.smep))
        return {"perm": kernel + "/" + (rwx(1, w, x) if user else "---"),
                "type": PAT[self.pat >> 8 * how["pat"] & 0xff], "global": bool(bit(entry, 8)),
                "accessed": bool(bit(entry, 5)), "dirty": bool(bit(entry, 6)),
                "soft": hex(entry >> 9 & 7 | (entry >> 52 & 0x7f) << 3), "key": entry >> 59 & 15}

    def effective(self, above, entry):
        if above is None:
            return entry & (6 | 1 << 63)
        return above & entry & 6 | (above | entry) & 1 << 63

    def is_leaf(self, entry):
        return bit(entry, 7)

    def printed_bits(self, entry):
        return entry & ~0xffffffffff000

    def printed_pa(self, entry, va):
        return 0

    def row(self, out, level, bits, size, pa):
        name = "pgd" if level == out.tree.levels - 1 else ("pte", "pmd", "pud", "p4d")[level]
        if not bit(bits, 0):
            return f"{size} {'':30}{name}"
        words = [("    ", "USR ", 2), ("ro ", "RW ", 1), ("    ", "PWT ", 3), ("    ", "PCD ", 4)]
        text = "".join(pair[bit(bits, n)] for *pair, n in words)
        pse, pat = bit(bits, 7) and level, bit(bits, 7) and not level
        text += ("PSE " if pse else "    ") + ("PAT " if pat else "    ")
        return f"{size} {text}{'GLB ' if bit(bits, 8) else '    '}{'NX ' if bit(bits, 63) else 'x  '}{name}"

    def kernel_dump(self):
        """Both halves, but not the bottom of the upper one, which is a hypervisor's."""
        out = Dump(self, self.trees[0])
        top = out.tree.levels - 1
        self.dump(self.root, top, 0, range(256), None, out)
        self.dump(self.root, top, TOP - (1 << out.tree.bits), range(256 + 16, 512), None, out)
        out.note(TOP, -1, 0, 0, 0)
        return out.text


# --- RISC-V -------------------------------------------------------------------------------------

class Riscv(Machine):
    """Sv39, Sv48 and Sv57, with Svnapot, and Svpbmt or not."""

    elf = 243
    granule = 12
    pa_bits = 56

    def __init__(self, rng):
        super().__init__(rng)
        bits = rng.choice([39, 48, 57])
        self.pbmt, self.sum, self.mxr = (rng.random() < 0.5 for _ in range(3))
        self.trees = [Tree(self, bits, 0, bits - 1), Tree(self, bits, TOP - (1 << bits - 1), bits - 1)]
        self.root = self.new_table()
        for _ in range(rng.randint(3, 25)):
            self.some_leaves(rng.choice(self.trees), self.root, 4)
        mode = {39: 8, 48: 9, 57: 10}[bits]
        self.registers = {"satp": mode << 60 | rng.getrandbits(16) << 44 | self.root >> 12,
                          "sstatus": self.sum << 18 | self.mxr << 19, "menvcfg": self.pbmt << 62}

    def groups(self, level):
        return 0 if level else 16

    def table_at(self, entry):
        return (entry >> 10 & (1 << 44) - 1) << 12

    def table_entry(self, pa, level):
        return pa >> 12 << 10 | 1 | self.rng.getrandbits(2) << 8

    def some_attributes(self, level):
        bits = self.rng.choice([1, 3, 4, 5, 7]) << 1 | self.rng.getrandbits(6) << 4
        bits |= self.rng.getrandbits(2) << 59
        if self.pbmt:
            bits |= self.rng.choice([0, 0, 1, 2]) << 61
        return {"bits": bits, "apart": self.rng.random() < 0.5}

    def leaf_entry(self, pa, level, how):
        ppn = pa >> 12
        if how.get("group"):
            return how["bits"] | (ppn & ~15 | 8) << 10 | 1 << 63 | 1
        return how["bits"] | ppn << 10 | 1

    def shows(self, entry, level, above, how):
        r, w, x = (bit(entry, n) for n in (1, 2, 3))
        r = r or (x and self.mxr)
        perm = rwx(r, w, x) + "/---"
        if bit(entry, 4):
            perm = rwx(r and self.sum, w and self.sum, 0) + "/" + rwx(r, w, x)
        return {"perm": perm, "type": ("PMA", "NC", "IO")[entry >> 61 & 3],
                "global": bool(bit(entry, 5)), "accessed": bool(bit(entry, 6)),
                "dirty": bool(bit(entry, 7)), "contiguous": bool(how.get("group")),
                "soft": hex(entry >> 8 & 3 | (entry >> 59 & 3) << 2)}

    def is_leaf(self, entry):
        return entry & 0xe

    def printed_bits(self, entry):
        return entry & (0x3ff | 7 << 61)

    def printed_pa(self, entry, va):
        pa = self.table_at(entry)
        return pa & ~0xffff | va & 0xffff if bit(entry, 63) else pa

    def row(self, out, level, bits, size, pa):
        """What has no bit is not printed."""
        name = ("PTE", "PMD", "PUD", "P4D", "PGD")[level]
        text = (" . ", " N ")[bit(bits, 63)] + ("  ..  ", "MT(NC)", "MT(IO)")[bits >> 61 & 3] + " "
        text += f"RSW({bits >> 8 & 3})" if bits >> 8 & 3 else "  ..  "
        text += "".join(" " + (c if bit(bits, n) else ".") for n, c in zip(range(7, -1, -1), "DAGUXWRV"))
        return f" 0x{pa:016x} {size} {name}{text}" if bits else ""

    def kernel_dump(self):
        out = Dump(self, self.trees[1])
        self.dump(self.root, out.tree.levels - 1, TOP - (1 << out.tree.bits), range(256, 512), None,
                  out)
        out.note(TOP, -1, 0, 0, 0)
        return out.text


# --- what the command says ----------------------------------------------------------------------


def pagewalk(*args, stdin=""):
    result = subprocess.run([PAGEWALK, *args], input=stdin, capture_output=True, text=True,
                            timeout=60, check=False)
    return result.stdout, result.returncode, result.stderr


def shown(name, case, want):
    """Every leaf is in some run, which says of it what is right; and there is nothing else."""
    text, status, errors = pagewalk("dump", "--format=json", *case)
    runs = [r for r in map(json.loads, text.splitlines()) if "pagewalk" not in r]
    runs = [(int(r["first"], 16), int(r["last"], 16), int(r["pa"], 16), r) for r in runs
            if r["kind"] == "leaf"]
    check(status == 0 and not errors, f"{name}: dump", f"{status} {errors}")
    check(sum(r[1] - r[0] + 1 for r in runs) == sum(leaf[1] for leaf in want),
          f"{name}: as many bytes as were mapped")
    starts, wrong = [r[0] for r in runs], []
    for va, size, pa, says in want:
        first, last, at, run = runs[max(bisect.bisect_right(starts, va) - 1, 0)]
        said = {key: run.get(key) for key in says}
        if not first <= va <= va + size - 1 <= last or at + va - first != pa or said != says:
            wrong.append(f"{va:#x}+{size:#x} {pa:#x} {says} is not {run}")
    check(not wrong, f"{name}: {len(want)} leaves", "\n".join(wrong))


def translated(name, case, want):
    answers = {va + at: hex(pa + at) for va, size, pa, _ in want for at in (0, size // 3, size - 1)}
    text = pagewalk("translate", "-q", *case, "-", stdin="\n".join(map(hex, answers)))[0]
    said = dict(line.split() for line in text.splitlines())
    wrong = [(hex(va), pa, said.get(f"0x{va:016x}")) for va, pa in answers.items()
             if said.get(f"0x{va:016x}") != pa]
    check(not wrong, f"{name}: {len(answers)} addresses", str(wrong[:4]))


def printed(name, case, want):
    text = pagewalk("dump", "--format=ptdump", *case)[0].splitlines()
    wrong = [f"{a}\n  | not\n  | {b}" for a, b in zip(text, want) if a != b]
    check(text == want, f"{name}: {len(want)} rows as the kernel prints them", "\n".join(wrong[:2]))


def main():
    seed = sys.argv[1] if len(sys.argv) > 1 else str(random.randrange(1 << 32))
    nr = int(sys.argv[2]) if len(sys.argv) > 2 else 16
    with tempfile.TemporaryDirectory() as tmp:
        for i in range(nr):
            for arch in (Arm64, X86, Riscv):
                name = f"{arch.__name__} {seed} {i}"
                machine = arch(random.Random(name))
                core, registers = os.path.join(tmp, "core"), os.path.join(tmp, "registers")
                with open(core, "wb") as f:
                    f.write(core_of(machine.elf, machine.memory, machine.notes))
                with open(registers, "w", encoding="ascii") as f:
                    f.write("== cpu0\n")
                    f.writelines(f"{reg:<14} {hex(v)} {v}\n" for reg, v in machine.registers.items())
                case = ["--registers", registers, core]
                shown(name, case, machine.want)
                translated(name, case, machine.want)
                printed(name, case, machine.kernel_dump())
    return summary(f"tests/anymachine.py {seed} {nr}")


if __name__ == "__main__":
    sys.exit(main())
