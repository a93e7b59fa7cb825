# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
Machines made up: page tables built by hand from the manuals, in ELF cores as QEMU writes them.

Nothing here knows how pagewalk reads tables. A leaf is mapped where the caller says; what a machine
is expected to show is what was mapped.
"""

import struct


class Format:
    """How entries are written. Level 0 is the leaf-most; each level has 2^(granule_lg2 - 3) entries."""

    machine = 0
    granule_lg2 = 12

    def shift(self, level):
        return self.granule_lg2 + level * (self.granule_lg2 - 3)

    def table(self, pa):
        raise NotImplementedError

    def leaf(self, pa, level, **how):
        raise NotImplementedError


class Arm64(Format):
    """VMSAv8-64 stage 1. address: "48"; "lpa" (64K: [15:12] hold [51:48]); "lpa2" ([9:8]: [51:50])."""

    machine = 183

    def __init__(self, granule_lg2, address="48"):
        self.granule_lg2 = granule_lg2
        self.address = address

    def place(self, pa):
        if self.address == "lpa":
            return pa & 0xffffffff0000 | (pa >> 48 & 15) << 12
        if self.address == "lpa2":
            return pa & 0x3ffffffffffff | (pa >> 50 & 3) << 8
        assert pa < 1 << 48
        return pa

    def table(self, pa):
        return self.place(pa) | 3

    def leaf(self, pa, level, perm="rw-/---", cont=False, mem=0):
        kernel, user = perm.split("/")
        entry = self.place(pa) | (1 if level else 3) | 1 << 10 | mem << 2
        entry |= 0 if self.address == "lpa2" else 3 << 8
        entry |= (0 if user == "---" else 1) << 6 | (0 if "w" in perm else 1) << 7
        entry |= (0 if kernel[2] == "x" else 1) << 53 | (0 if user[2] == "x" else 1) << 54
        return entry | int(cont) << 52


class X86(Format):
    """4-level and 5-level paging (Intel SDM Vol. 3A, 4.5); enc: SME's C-bit."""

    machine = 62

    def __init__(self, enc=0):
        self.enc = enc

    def table(self, pa):
        return pa | self.enc | 0x67

    def leaf(self, pa, level, perm="rw-/---", pat=0):
        kernel, user = perm.split("/")
        who = kernel if user == "---" else user
        entry = pa | self.enc | 0x61 | (0 if user == "---" else 4) | (2 if who[1] == "w" else 0)
        entry |= (0x80 if level else 0) | (pat & 3) << 3 | (pat >> 2) << (12 if level else 7)
        return entry | (0 if who[2] == "x" else 1) << 63


class Riscv(Format):
    """Sv39, Sv48, Sv57; napot: one of 16 like entries of 64K (Svnapot)."""

    machine = 243

    def table(self, pa):
        return pa >> 12 << 10 | 1

    def leaf(self, pa, level, perm="rw-/---", napot=False, pbmt=0):
        kernel, user = perm.split("/")
        who = kernel if user == "---" else user
        assert level == 0 or not napot
        ppn = (pa >> 12 & ~15 | 8) if napot else pa >> 12
        entry = ppn << 10 | 0xc1 | (0 if user == "---" else 16) | pbmt << 61 | int(napot) << 63
        return entry | sum(bit for bit, c in zip((2, 4, 8), who) if c != "-")


class Machine:
    """Physical memory by granule, and what was mapped in it."""

    def __init__(self, fmt, free):
        self.fmt = fmt
        self.free = list(free)  # where tables go, in this order
        self.memory = {}
        self.mapped = []  # (va, size, pa, perm)

    def new_table(self):
        pa = self.free.pop(0)
        self.memory[pa] = bytearray(1 << self.fmt.granule_lg2)
        return pa

    def slot(self, table, va, level, bits):
        """The entry for @va: @bits of address count, more are the sign."""
        index = (va & ((1 << bits) - 1)) >> self.fmt.shift(level)
        return table, index % (1 << (self.fmt.granule_lg2 - 3)) * 8

    def get(self, slot):
        return struct.unpack_from("<Q", self.memory[slot[0]], slot[1])[0]

    def put(self, slot, entry):
        struct.pack_into("<Q", self.memory[slot[0]], slot[1], entry)

    def leaf_slot(self, root, bits, va, level):
        """The slot of a leaf; tables on the way are made where there are none."""
        levels = -(-(bits - self.fmt.granule_lg2) // (self.fmt.granule_lg2 - 3))
        table = root
        for at in range(levels - 1, level, -1):
            slot = self.slot(table, va, at, bits)
            if not self.get(slot):
                below = self.new_table()
                self.put(slot, self.fmt.table(below))
                self.children[slot] = below
            table = self.children[slot]
        return self.slot(table, va, level, bits)

    children = None

    def map(self, root, bits, va, pa, level=0, nr=1, perm="rw-/---", **how):
        """@nr leaves of @level, one after the other."""
        self.children = self.children if self.children is not None else {}
        size = 1 << self.fmt.shift(level)
        for i in range(nr):
            slot = self.leaf_slot(root, bits, va + i * size, level)
            self.put(slot, self.fmt.leaf(pa + i * size, level, perm=perm, **how))
        self.mapped.append((va, nr * size, pa, perm))

    def core(self, notes=()):
        return core_of(self.fmt.machine, self.memory, notes)


def core_of(machine, memory, notes=()):
    """
    An ELF core: notes as (name, bytes), CORE for a CPU's registers (NT_PRSTATUS), and a segment for
    each stretch of memory.
    """
    segments = []
    for pa in sorted(memory):
        if segments and segments[-1][0] + len(segments[-1][1]) == pa:
            segments[-1][1].extend(memory[pa])
        else:
            segments.append((pa, bytearray(memory[pa])))
    note = b""
    for name, body in notes:
        kind = 1 if name == "CORE" else 0
        name = name.encode() + b"\0"
        note += struct.pack("<III", len(name), len(body), kind)
        note += name.ljust(len(name) + 3 & ~3, b"\0") + body.ljust(len(body) + 3 & ~3, b"\0")
    at = 64 + 56 * (1 + len(segments))
    headers = struct.pack("<IIQQQQQQ", 4, 0, at, 0, 0, len(note), 0, 0)
    at += len(note)
    for pa, data in segments:
        headers += struct.pack("<IIQQQQQQ", 1, 0, at, pa, pa, len(data), len(data), 0)
        at += len(data)
    ident = b"\x7fELF\2\1\1" + bytes(9)
    head = ident + struct.pack("<HHIQQQIHHHHHH", 4, machine, 1, 0, 64, 0, 0, 64, 56,
                               1 + len(segments), 0, 0, 0)
    return head + headers + note + b"".join(bytes(data) for _, data in segments)


def vmcoreinfo(**lines):
    """A VMCOREINFO note; SYMBOL_x and NUMBER_x stand for SYMBOL(x) and NUMBER(x)."""
    text = ""
    for key, value in lines.items():
        kind, _, name = key.partition("_")
        text += f"{kind}({name})={value}\n" if kind in ("SYMBOL", "NUMBER") else f"{key}={value}\n"
    return ("VMCOREINFO", text.encode())


def qemu_x86(cr0, cr3, cr4):
    """QEMU's note about an x86 CPU, version 1."""
    state = bytearray(440)
    struct.pack_into("<II", state, 0, 1, 440)
    struct.pack_into("<QQQQQ", state, 392, cr0, 0, 0, cr3, cr4)
    return ("QEMU", bytes(state))
