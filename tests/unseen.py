#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""The command on machines that no capture is of: tables made by hand from the manuals."""

import bisect
import copy
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import time

from counted import check, summary
from synthetic import Arm64, Machine, Riscv, X86, qemu_x86, vmcoreinfo

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))
K, M, G, T = 1 << 10, 1 << 20, 1 << 30, 1 << 40


def run(*args, stdin=""):
    return subprocess.run([PAGEWALK, *args], input=stdin, capture_output=True, text=True,
                          timeout=20, check=False)


class Case:
    """A machine in a file, with or without registers."""

    def __init__(self, tmp, name, core, registers=None):
        self.name = name
        self.core = os.path.join(tmp, name + ".elf")
        with open(self.core, "wb") as f:
            f.write(core)
        self.args = []
        if registers:
            text = os.path.join(tmp, name + ".txt")
            with open(text, "w", encoding="ascii") as f:
                f.write("== cpu0\n")
                f.writelines(f"{reg:<14} {hex(value):<18} {value}\n"
                             for reg, value in registers.items())
            self.args = ["--registers", text]

    def run(self, command, *args, stdin=""):
        return run(command, *self.args, self.core, *args, stdin=stdin)

    def expect(self, status, command, *args, says=""):
        result = self.run(command, *args)
        check(result.returncode == status and says in result.stdout + result.stderr,
              f"{self.name}: {command} {' '.join(args)}",
              f"status {result.returncode}, wanted {status} and '{says}': " + result.stdout[-800:] +
              result.stderr[-400:])
        return result.stdout

    def shows(self, mapped, header=""):
        """The dump is what was mapped, and addresses translate, at the edges and outside."""
        text = self.expect(0, "dump", says=header)
        out = [json.loads(line) for line in self.expect(0, "dump", "--format=json").splitlines()]
        got = [(int(r["first"], 16), int(r["last"], 16) - int(r["first"], 16) + 1, int(r["pa"], 16),
                r["perm"]) for r in out if "pagewalk" not in r]
        check(got == sorted(mapped), f"{self.name}: what was mapped is shown",
              f"{[list(map(str, g)) for g in got if g not in mapped]}\nnot "
              f"{[tuple(map(str, m)) for m in mapped if m not in got]}\n{text}")
        known = {r["half"] for r in out if "pagewalk" in r}
        answers = {}
        for va, size, pa, _ in mapped:
            for offset in (0, 0x123, size // 2 + 8, size - 1):
                answers[va + offset] = f"0x{pa + offset:x}"
        for va, size, _, _ in mapped:
            for outside in (va - 1, va + size):
                half = "kernel" if outside % 2**64 >> 63 else "user"
                answers.setdefault(outside % 2**64, "unmapped" if half in known else "unknown")
        said = self.run("translate", "-", stdin="\n".join(hex(va) for va in answers)).stdout
        said = dict(line.split() for line in said.splitlines())
        wrong = [(hex(va), a, said.get(f"0x{va:016x}")) for va, a in answers.items()
                 if said.get(f"0x{va:016x}") != a]
        check(not wrong, f"{self.name}: addresses translate", str(wrong[:6]))
        self.expect(0, "check", "--only", "tables", says="none")
        self.expect(0, "check", "--only", "reserved", says="none")


def documented(command, text):
    """The manual names every key, and every kind."""
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "man",
                        f"pagewalk-{command}.1.scd")
    with open(page, encoding="utf-8") as f:
        manual = f.read().split("# JSON")[1].split("\n# ")[0]
    rows = [json.loads(line) for line in text.splitlines()]
    for key in {key for r in rows for key in r}:
        check(f"_{key}_" in manual, f"pagewalk-{command}(1) has JSON's {key}")
    for kind in {r["kind"] for r in rows if "kind" in r}:
        check(re.search(rf"_kind_ \([^)]*\b{kind}\b", manual), f"and the kind {kind}")


def tables(first, granule, nr=64):
    return range(first, first + nr * granule, granule)


def upper(bits):
    return 2**64 - (1 << bits)


# --- arm64 --------------------------------------------------------------------------------------

def arm64_notes(swapper_pa, t1sz, page_size, voffset=0xffff800000000000):
    return vmcoreinfo(OSRELEASE="6.12", PAGESIZE=page_size,
                      SYMBOL_swapper_pg_dir=f"{swapper_pa + voffset:x}", NUMBER_VA_BITS=52,
                      NUMBER_kimage_voffset=hex(voffset), NUMBER_TCR_EL1_T1SZ=hex(t1sz))


def arm64_16k(tmp):
    """16K granule: 47 bits (3 levels) and 48 (a root of two entries), groups in the linear map."""
    for bits in (47, 48):
        m = Machine(Arm64(14), tables(0x40000000, 16 * K))
        root = m.new_table()
        base = upper(bits)
        # a contiguous group is 128 pages (2M), or 32 blocks of 32M (1G)
        m.map(root, bits, base, 0x80000000, 0, 128, cont=True)
        m.map(root, bits, base + 2 * M, 0x80200000, 0, 3, "r-x/---")
        m.map(root, bits, base + G, 0x100000000, 1, 32, cont=True, mem=1)
        m.map(root, bits, base + 2 * G, 0x140000000, 1, 2, "r--/---")
        m.map(root, bits, 2**64 - 16 * K, 0x90000000, 0, 1, "rwx/---")
        core = m.core([arm64_notes(root, 64 - bits, 16384)])
        header = f"arm64, 16K granule, {bits}-bit addresses, {3 if bits == 47 else 4} levels"
        case = Case(tmp, f"arm64-16k-{bits}", core)
        case.shows(m.mapped, header)
        case.expect(1, "check", "--only", "wx", says="1 page in 1 range")
        case.expect(0, "translate", "-v", hex(base + 16 * K), says="Contiguous")
        tcr = (64 - bits) << 16 | 1 << 30 | 1 << 7  # TG1 16K, EPD0
        case = Case(tmp, f"arm64-16k-{bits}-registers", m.core(),
                    {"TTBR1_EL1": root, "TTBR0_EL1": 0x1000, "TCR_EL1": tcr, "MAIR_EL1": 0xffff})
        case.shows(m.mapped, header)
        # 32M blocks, in the kernel's own words
        text = case.expect(0, "dump", "--format=ptdump")
        check(re.search(r"0x[0-9a-f]{15}0-0x[0-9a-f]{15}0 {11}1G PMD {7}RW NX SHD AF    CON BLK UXN "
                        r"   MEM/NORMAL-TAGGED$", text, re.M), "16K blocks in ptdump", text)


def arm64_16k_lpa2(tmp):
    """16K with LPA2: 52 bits, 4 levels, and output addresses beyond 2^48."""
    m = Machine(Arm64(14, "lpa2"), tables(0x5000000000000, 16 * K))
    root = m.new_table()
    base = upper(52)
    m.map(root, 52, base, 0xf000000000000, 1, 4, mem=1)
    m.map(root, 52, base + 64 * G, 0x8000000000000, 2, 1, "r--/---")  # a block of 64G
    m.map(root, 52, base + T, 0x6000000004000, 0, 5, "r-x/---")
    case = Case(tmp, "arm64-16k-lpa2", m.core([arm64_notes(root, 12, 16384, 0xfff8000000000000)]))
    case.shows(m.mapped, "arm64, 16K granule (LPA2), 52-bit addresses, 4 levels")
    # TTBR: [47:6] of the address in place, [51:48] in [5:2]
    ttbr = root & 0xffffffffffc0 | (root >> 48) << 2
    tcr = 12 << 16 | 1 << 30 | 6 << 32 | 1 << 59 | 1 << 7
    case = Case(tmp, "arm64-16k-lpa2-registers", m.core(), {"TTBR1_EL1": ttbr, "TCR_EL1": tcr})
    case.shows(m.mapped, f"root 0x{root:x} (TTBR1_EL1 of cpu 0)")
    # entries have no room for shareability: TCR says it for all of the half
    check("shareable" not in Case(tmp, "notes", m.core([arm64_notes(
        root, 12, 16384, 0xfff8000000000000)])).run("dump").stdout, "LPA2: Linux's is inner")
    for sh, word in ((0, " non-shareable"), (2, " outer"), (3, "")):
        for half, at in (("TTBR1_EL1", 28), ("TTBR0_EL1", 12)):
            # both halves have the same tables; the other's shareability is another
            registers = {half: ttbr, "TCR_EL1": tcr & ~(1 << 7) | 12 | 2 << 14 | sh << at |
                         (sh ^ 2) << (40 - at)}
            text = Case(tmp, "lpa2-sh", m.core(), registers).expect(0, "dump", "--no-header")
            words = {w for w in (" non-shareable", " outer") for r in text.splitlines() if w in r}
            check(text and words == ({word} if word else set()), f"LPA2: {half}, SH {sh}", text)


def arm64_64k_lpa(tmp):
    """64K with 52-bit output addresses, and an input size that leaves a small root."""
    for bits in (52, 48, 42):
        m = Machine(Arm64(16, "lpa"), tables(0xa000000000000, 64 * K))
        root = m.new_table()
        base = upper(bits)
        m.map(root, bits, base, 0x7000000010000, 0, 32, cont=True)
        m.map(root, bits, base + 512 * M, 0x3000020000000, 1, 2, "r--/---")
        m.map(root, bits, base + 4 * G, 0x40010000, 0, 2, "r-x/---")
        ttbr = root & 0xffffffffffc0 | (root >> 48) << 2
        tcr = (64 - bits) << 16 | 3 << 30 | 6 << 32 | 1 << 7
        case = Case(tmp, f"arm64-64k-lpa-{bits}", m.core(),
                    {"TTBR1_EL1": ttbr, "TCR_EL1": tcr, "TTBR0_EL1": 0})
        case.shows(m.mapped, f"64K granule, {bits}-bit addresses, {2 if bits == 42 else 3} levels")
        # a block is a PMD even where that is the root; what lies between blocks there is the PGD's
        text = case.expect(0, "dump", "--format=ptdump")
        check(re.search(r" 1G PMD +ro ", text) and
              re.search(rf" 2560M {'PGD' if bits == 42 else 'PMD'}$", text, re.M),
              f"64K, {bits} bits: names of levels in ptdump", text)


def arm64_protect_64k(tmp):
    """A change of 64K tables, which are larger than a host's page, and written to nobody's file."""
    m = Machine(Arm64(16), tables(0x40000000, 64 * K))
    root = 0x4800e200  # 64 entries, and the dump holds nothing around them
    m.memory[root] = bytearray(512)
    base = upper(48)
    m.map(root, 48, base, 0x80000000, 0, 64, "rw-/---")
    core = m.core([arm64_notes(root, 16, 65536)])
    case = Case(tmp, "arm64-64k-protect", core)
    out = os.path.join(tmp, "protected.elf")
    text = case.expect(0, "protect", "-o", out, f"0x{base + 64 * K:x}+128K", "ro")
    check("wrote" in text and re.search(r"bracketed +2 +1 ", text), "64K: protect's ledger", text)
    with open(case.core, "rb") as f:
        check(f.read() == core, "64K: the source is as it was")
    case.core = out
    m.mapped = [(base, 64 * K, 0x80000000, "rw-/---"),
                (base + 64 * K, 128 * K, 0x80010000, "r--/---"),
                (base + 192 * K, 61 * 64 * K, 0x80030000, "rw-/---")]
    case.shows(m.mapped)


def arm64_vhe(tmp):
    """A kernel at EL2: its roots are in the EL2 registers, and those of EL1 are somebody else's."""
    m = Machine(Arm64(12), tables(0x40000000, 4 * K))
    kernel, user, stale, guest = (m.new_table() for _ in range(4))
    m.map(stale, 48, upper(48), 0x10000000, 0, 7)
    m.map(guest, 39, 0x1000, 0x20000000, 0, 7)
    m.mapped = []
    m.map(kernel, 48, upper(48) + G, 0x80000000, 2, 3, mem=1)
    m.map(kernel, 48, upper(48) + 8 * G, 0x70000000, 1, 16, cont=True)
    m.map(user, 48, 0x400000, 0x60000000, 0, 2, "r--/r-x")
    registers = {"TTBR0_EL1": stale, "TTBR1_EL1": stale, "TCR_EL1": 25 | 1 << 14 | 25 << 16 | 3 << 30,
                 "MAIR_EL1": 0, "SCTLR_EL1": 1 << 19, "HCR_EL2": 1 << 34 | 1 << 27 | 1 << 31,
                 "TTBR0_EL2": user | 7 << 48, "TTBR1_EL2": kernel | 1,
                 "TCR_EL2": 16 | 16 << 16 | 2 << 30 | 5 << 32, "MAIR_EL2": 0x04ff,
                 "SCTLR_EL2": 0}
    case = Case(tmp, "arm64-vhe", m.core(), registers)
    case.shows(m.mapped, "(TTBR1_EL2 of cpu 0)")
    case.expect(0, "dump", "--kernel", says="  device-nGnRE")  # MAIR_EL2, index 1
    # a user half that makes no sense is said, and the kernel's is shown
    sane = registers["TCR_EL2"]
    registers["TCR_EL2"] = sane & ~63 | 5
    text = Case(tmp, "arm64-half", m.core(), registers).expect(0, "dump", says="a TxSZ that")
    check("# kernel half" in text and "# user half" not in text, "half a machine", text)
    registers["TCR_EL2"] = sane | 1 << 7  # off: nothing to say
    case = Case(tmp, "arm64-off", m.core(), registers)
    check(not case.run("dump").stderr, "a half that is off")
    case.expect(3, "dump", "--user", says="TCR.EPD0 switches it off")
    registers["TCR_EL2"] = sane
    # the same CPU while it runs a guest's kernel: then EL1 counts
    registers["HCR_EL2"] = 1 << 34 | 1 << 31
    registers.update(TTBR0_EL1=guest, TCR_EL1=25 | 16 << 16 | 2 << 30)
    case = Case(tmp, "arm64-guest", m.core(), registers)
    text = case.expect(0, "dump", says="(TTBR1_EL1 of cpu 0)")
    check("0x000010000000" in text, "a guest's roots are those of EL1", text)
    # and while it is at EL2, on its way into the guest or out of it
    registers["cpsr"] = 0x3c9
    Case(tmp, "arm64-hypervisor", m.core(), registers).shows(m.mapped, "(TTBR1_EL2 of cpu 0)")


def arm64_indirect(tmp):
    """Permissions by index (FEAT_S1PIE), and addresses with a tag (TBI)."""
    m = Machine(Arm64(12), tables(0x40000000, 4 * K))
    root, user = m.new_table(), m.new_table()
    m.map(root, 48, upper(48), 0x80000000, 0, 2, "rw-/---")  # UXN, PXN: index 12
    m.map(root, 48, upper(48) + M, 0x90000000, 0, 2, "r-x/---")  # UXN: index 8
    m.map(user, 48, 0x400000, 0x60000000, 0, 2, "r--/r-x")
    registers = {"TTBR0_EL1": user, "TTBR1_EL1": root, "TCR_EL1": 16 | 16 << 16 | 2 << 30 | 5 << 32}
    case = Case(tmp, "arm64-direct", m.core(), registers)
    case.shows(m.mapped)
    case.expect(0, "check", "--only", "user", says="none")
    slot = m.leaf_slot(root, 48, upper(48) + M, 0)
    m.put(slot, m.get(slot) & ~(1 << 54))  # without UXN: EL0 executes what it cannot read
    case = Case(tmp, "arm64-user-executes", m.core(), registers)
    case.expect(1, "check", "--only", "user", says="1 page in 1 range")
    m.put(slot, m.get(slot) | 1 << 54)
    # PIR: index 12 reads (0x8), index 8 executes (0xa: reads, too)
    registers.update(TCR2_EL1=2, PIR_EL1=8 << 48 | 0xa << 32, PIRE0_EL1=0)
    case = Case(tmp, "arm64-indirect", m.core(), registers)
    text = case.expect(0, "dump", "--kernel", says="r--/---")
    check("r-x/---" in text and "rw-" not in text, "PIR decides", text)
    registers.pop("TCR2_EL1")
    registers["TCR_EL1"] |= 1 << 37 | 1 << 38  # TBI0, TBI1
    case = Case(tmp, "arm64-tagged", m.core(), registers)
    for va, pa in ((0xab00000000400123, 0x60000123), (0x12ff000000001008, 0x80001008)):
        case.expect(0, "translate", hex(va), says=f"0x{va:016x} 0x{pa:x}")


def arm64_gigabytes(tmp):
    """1 GiB blocks, and memory with holes and above 4 GiB."""
    places = [0x40000000, 0x880000000, 0x880002000, 0x10000000000, 0xfffffff000, 0x7fff00000000]
    m = Machine(Arm64(12), places)
    root = m.new_table()
    base = upper(48)
    m.map(root, 48, base, 0x880000000, 2, 16)
    m.map(root, 48, base + 64 * G, 0x10000000000, 2, 1, "r--/---")
    m.map(root, 48, base + 65 * G, 0x40000000, 1, 512, "r--/---")
    m.map(root, 48, base + 512 * G, 0x7fff00000000, 0, 1, "rw-/---")
    case = Case(tmp, "arm64-gigabytes", m.core([arm64_notes(root, 16, 4096)]))
    # 1 GiB in 2M blocks after 1 GiB of another place: two runs
    case.shows(m.mapped, "4K granule, 48-bit")
    text = case.expect(0, "dump", "--format=ptdump")
    check(re.search(r" 16G PUD +RW NX SHD AF +BLK UXN", text), "1 GiB blocks in ptdump", text)


# --- x86-64 -------------------------------------------------------------------------------------

X86_CR0, X86_CR4, X86_EFER = 0x80050033, 0x3006f0, 0xd01


def x86_mappings(bits):
    m = Machine(X86(), [0x1000000, *tables(0x123456000, 4 * K)])
    root = m.new_table()
    base = upper(bits - 1)
    m.map(root, bits, base, 0, 2, 4)  # 1 GiB pages
    m.map(root, bits, base + 4 * G, 0x100000000, 2, 60, "r--/---")
    m.map(root, bits, base + 64 * G, 0x80000000, 1, 3, "r-x/---", pat=7)
    m.map(root, bits, 2**64 - 4 * K, 0xfee00000, 0, 1, "rw-/---", pat=2)
    return m, root, base


def x86_64(tmp):
    for bits, levels in ((48, 4), (57, 5)):
        m, root, _ = x86_mappings(bits)
        la57 = 1 << 12 if bits == 57 else 0
        notes = vmcoreinfo(SYMBOL_init_top_pgt=f"{0xffffffff81000000:x}", PAGESIZE=4096,
                           NUMBER_phys_base=root - 0x1000000, NUMBER_sme_mask=0,
                           NUMBER_pgtable_l5_enabled=int(bits == 57))
        header = f"x86-64, {bits}-bit addresses, {levels} levels, root 0x{root:x} "
        Case(tmp, f"x86-{bits}", m.core([notes])).shows(m.mapped, header + "(VMCOREINFO")
        # the user half, too, when the root is a CPU's
        m.map(root, bits, 0x400000, 0x5000000, 0, 2, "---/r-x")
        m.map(root, bits, (1 << (bits - 1)) - 4 * K, 0x6000000, 0, 1, "---/rw-")
        registers = {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4 | la57, "efer": X86_EFER}
        case = Case(tmp, f"x86-{bits}-registers", m.core(), registers)
        case.shows(m.mapped, header + "(CR3 of cpu 0")
        case.expect(1, "translate", hex(1 << (bits - 1)), says="unmapped")  # not canonical
        case = Case(tmp, f"x86-{bits}-qemu", m.core([qemu_x86(X86_CR0, root, X86_CR4 | la57)]))
        case.shows(m.mapped, header + "(QEMU's note, CR3 of cpu 0")
        case.args = ["--cr3", hex(root), "--cr4", hex(X86_CR4 | la57), "--pat", "0x0407050600070106"]
        text = case.expect(0, "dump", says=header + "(--cr3)")
        check(" WT " in text and " UC- " in text and " WB " in text, "PAT names memory types", text)


def x86_ptdump(tmp):
    """What no capture's kernel has, and the kernel's own dump would show, or would not."""
    m = Machine(X86(), tables(0x1000000, 4 * K))
    root = m.new_table()
    base = upper(47)
    m.map(root, 48, base + 8 * T - 2 * M, 0x40000000, 1, 1)  # the hypervisor's part: not shown
    m.map(root, 48, base + 8 * T, 0x80000000, 0, 512)
    m.map(root, 48, base + 8 * T + 2 * M, 0x80200000, 0, 512)
    table = m.leaf_slot(root, 48, base + 8 * T + 2 * M, 1)
    m.put(table, m.get(table) & ~2)  # of the second 2M the table takes writing away
    slot = m.leaf_slot(root, 48, base + 8 * T + 6 * M, 1)
    m.put(slot, m.fmt.leaf(0x90000000, 1) & ~1)  # a large page made not-present
    slot = m.leaf_slot(root, 48, base + 8 * T + 8 * M, 1)
    m.put(slot, 0x1234000)  # and what is neither
    case = Case(tmp, "x86-ptdump", m.core(),
                {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER})
    rows = case.expect(0, "dump", "--format=ptdump").splitlines()
    row = "0x{:016x}-0x{:016x}   {:>10} {:30}{}"
    writable = "    RW                     NX "
    want = [row.format(0, base + 8 * T, "16777096T", "", "pgd"),
            row.format(base + 8 * T, base + 8 * T + 2 * M, "2M", writable, "pte"),
            row.format(base + 8 * T + 2 * M, base + 8 * T + 4 * M, "2M", writable, "pte"),
            row.format(base + 8 * T + 4 * M, base + 8 * T + 6 * M, "2M", "", "pmd"),
            # the row goes on over what the kernel's walker passes over
            row.format(base + 8 * T + 6 * M, base + 8 * T + 10 * M, "4M", "", "pmd")]
    check(rows[:5] == want, "x86-ptdump: rows", "\n".join(rows[:6]) + "\nnot\n" + "\n".join(want))
    case.expect(0, "translate", "-v", hex(base + 8 * T + 2 * M), says="effective r--/---")
    # and the user half, where the kernel keeps nothing
    m.map(root, 48, 0x7fffffe00000, 0x5000000, 1, 1, "---/rw-")
    case = Case(tmp, "x86-ptdump-user", m.core(), {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4,
                                                    "efer": X86_EFER})
    rows = case.expect(0, "dump", "--format=ptdump", "--user").splitlines()
    check(rows[-1] == row.format(0x7fffffe00000, 0x800000000000, "2M",
                                 "USR RW         PSE         NX ", "pmd"), "x86-ptdump: user half",
          "\n".join(rows[-2:]))


def x86_modes(tmp):
    """Registers that change what entries mean."""
    m, root, base = x86_mappings(48)
    registers = {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER & ~0x800}
    case = Case(tmp, "x86-no-nx", m.core(), registers)
    case.expect(1, "check", "--only", "tables", says="BAD")  # bit 63 is reserved without NXE
    registers.update(efer=X86_EFER, cr0=X86_CR0 & ~0x10000)
    case = Case(tmp, "x86-no-wp", m.core(), registers)
    case.expect(1, "check", "--only", "wx", says="rwx/---")  # what is read-only is written, too
    registers.update(cr0=X86_CR0 & ~0x80000000)
    Case(tmp, "x86-no-paging", m.core(), registers).expect(3, "dump", says="64-bit paging")
    registers.update(cr0=X86_CR0, efer=0)
    Case(tmp, "x86-32-bit", m.core(), registers).expect(3, "dump", says="64-bit paging")
    # a root that maps no kernel is user code's only where it is the upper one of a pair
    notes = [vmcoreinfo(SYMBOL_swapper_pg_dir="ffffffff82000000", NUMBER_phys_base=0)]
    registers.update(efer=X86_EFER)
    case = Case(tmp, "x86-no-pti", m.core(notes), registers)
    check(not case.run("check").stderr, "no note about a root that is none of a pair")
    pair = copy.deepcopy(m)
    pair.memory[root + 4 * K] = pair.memory[root]
    registers.update(cr3=root + 4 * K)
    case = Case(tmp, "x86-pti", pair.core(notes), registers)
    check(f"for the same process is 0x{root:x}" in case.run("check").stderr, "the pair's kernel root")
    registers.update(cr3=root)
    # user pages under SMEP and SMAP, and without
    m.map(root, 48, 0x400000, 0x5000000, 0, 2, "---/rwx")
    registers.update(efer=X86_EFER)
    case = Case(tmp, "x86-smap", m.core(), registers)
    case.expect(0, "dump", "--user", says="---/rwx")
    registers.update(cr4=0x6f0)
    case = Case(tmp, "x86-no-smap", m.core(), registers)
    case.expect(0, "dump", "--user", says="rwx/rwx")
    del base


def arm64_notes_damaged(tmp):
    """Notes, and registers, that say what cannot be: named, with what was expected."""
    m = Machine(Arm64(12), tables(0x40000000, 4 * K))
    root = m.new_table()
    m.map(root, 48, upper(48), 0x80000000, 0, 3)
    for key, value, says in (("PAGESIZE", 8192, "PAGESIZE 4096, 16384 or 65536, found 8192"),
                             ("PAGESIZE", 0, "PAGESIZE 4096, 16384 or 65536, found 0"),
                             ("NUMBER_TCR_EL1_T1SZ", "0x50", "TCR_EL1_T1SZ below 64, found 80")):
        lines = {"PAGESIZE": 4096, "SYMBOL_swapper_pg_dir": f"{root + 0xffff800000000000:x}",
                 "NUMBER_kimage_voffset": hex(0xffff800000000000), "NUMBER_TCR_EL1_T1SZ": 16}
        good = Case(tmp, "arm64-notes", m.core([vmcoreinfo(**lines)]))
        good.shows(m.mapped)
        lines[key] = value
        case = Case(tmp, "arm64-notes-damaged", m.core([vmcoreinfo(**lines)]))
        case.expect(3, "dump", says=f"{case.core}: VMCOREINFO: expected {says}")
    hcr = 1 << 34 | 1 << 27
    for registers, says in (({"TTBR1_EL1": root}, "expected TCR_EL1 among"),
                            ({"TTBR1_EL2": root, "TCR_EL1": 0, "HCR_EL2": hcr},
                             "expected TCR_EL2 among")):
        Case(tmp, "arm64-no-tcr", m.core(), registers).expect(3, "dump", says=says)


def protect_user(tmp):
    """Users' pages: where one bit says that nobody executes, or whoever has the page."""
    registers = {"cr0": X86_CR0, "cr4": X86_CR4, "efer": X86_EFER}
    for name, fmt in (("x86", X86()), ("riscv", Riscv()), ("arm64", Arm64(12))):
        m = Machine(fmt, tables(0x80000000, 4 * K))
        root = m.new_table()
        registers.update(cr3=root, satp=9 << 60 | root >> 12, TTBR0_EL1=root,
                         TCR_EL1=16 | 1 << 23 | 16 << 16)
        for i, perm in enumerate(("---/rwx", "---/r-x", "---/rw-", "---/r--")):
            kernel = perm if name != "arm64" else perm.replace("---", "rw-" if "w" in perm else "r--")
            m.map(root, 48, 0x400000 + i * 4 * K, 0x5000000 + i * 4 * K, 0, 1, kernel)
        case = Case(tmp, f"{name}-protect-user", m.core(), registers)
        for what, want in (("ro", ("r-x", "r-x", "r--", "r--")), ("rw", ("rwx", "rwx", "rw-", "rw-")),
                           ("x", ("rwx", "r-x", "rwx", "r-x")), ("nx", ("rw-", "r--", "rw-", "r--"))):
            text = case.expect(0, "protect", "--no-header", "0x400000+16K", what)
            after = re.findall(r"/(\S\S\S) ", text.partition("\nafter ")[2])
            runs = [p for i, p in enumerate(want) if i == 0 or p != want[i - 1]]
            check(after == runs, f"{name}: protect {what} of users' pages", text)


def x86_encrypted(tmp):
    """SME: the C-bit is in entries and no part of addresses."""
    enc = 1 << 47
    m = Machine(X86(enc), tables(0x2000000, 4 * K))
    root = m.new_table()
    m.map(root, 48, upper(47), 0x40000000, 1, 5)
    notes = vmcoreinfo(SYMBOL_init_top_pgt="ffffffff82000000", NUMBER_phys_base=0,
                       NUMBER_pgtable_l5_enabled=0, NUMBER_sme_mask=enc)
    case = Case(tmp, "x86-sme", m.core([notes]))
    case.shows(m.mapped)
    case.expect(0, "dump", says="encrypted")


# --- RISC-V -------------------------------------------------------------------------------------

def riscv(tmp):
    for bits, mode in ((39, 8), (48, 9), (57, 10)):
        m = Machine(Riscv(), tables(0x2080000000, 4 * K))
        root = m.new_table()
        base = upper(bits - 1)
        m.map(root, bits, base, 0x80000000, 2, 3)  # 1 GiB
        m.map(root, bits, base + 3 * G, 0x80200000, 1, 2, "r-x/---")
        m.map(root, bits, base + 4 * G, 0x90000000, 0, 16, napot=True)
        m.map(root, bits, base + 4 * G + 64 * K, 0x10000000, 0, 1, "rw-/---", pbmt=2)
        if bits > 39:
            m.map(root, bits, base + T, 0x8000000000, 3, 1, "r--/---")  # 512 GiB
        notes = vmcoreinfo(SYMBOL_swapper_pg_dir=f"{0xffffffff80000000 + 0x1000:x}",
                           NUMBER_va_kernel_pa_offset=hex((0xffffffff80001000 - root) % 2**64),
                           NUMBER_VA_BITS=bits)
        header = f"riscv64, Sv{bits}, {bits}-bit addresses, {(bits - 12) // 9} levels, root 0x{root:x}"
        Case(tmp, f"riscv-{bits}", m.core([notes])).shows(m.mapped, header + " (VMCOREINFO")
        m.map(root, bits, 0x10000, 0x91000000, 0, 2, "---/r-x")
        satp = mode << 60 | 3 << 44 | root >> 12
        case = Case(tmp, f"riscv-{bits}-registers", m.core(),
                    {"satp": satp, "sstatus": 0x200000020, "menvcfg": 1 << 62})
        case.shows(m.mapped, header + " (satp of cpu 0)")
        text = case.expect(0, "dump", "--kernel", says=" IO ")
        check("NAPOT" in text, "a NAPOT group is named", text)
        text = case.expect(0, "protect", f"0x{base + 4 * G:x}+68K", "ro", says="after ro")
        # the group's 16 pages when it is broken, and when it is made; then the one behind it
        check(re.search(r"entry by entry +17 +33 +0 +3\n.*hooks +17 +33 +0 +2\n"
                        r" +bracketed +17 +33 +0 +2\n", text),
              "the ledger takes a NAPOT group as one", text)
        slot = m.leaf_slot(root, bits, base + 4 * G + 128 * K, 0)
        m.put(slot, m.fmt.leaf(0x20000000, 0) | 2 << 8)  # RSW
        case = Case(tmp, f"riscv-{bits}-ptdump", m.core(), {"satp": satp})
        text = case.expect(0, "dump", "--kernel", "--format=ptdump", says="4K PTE .   ..   RSW(2) D A")
        check(re.search(r"0x0{8}10000000 {9}4K PTE \. MT\(IO\)   \.\.   D A \. \. \. W R V$", text,
                        re.M), "memory types in ptdump", text)
        check(re.search(r"64K PTE N   \.\.     \.\.   D A \. \. \. W R V$", text, re.M),
              "NAPOT in ptdump", text)
        # without PBMTE its bits are reserved; with SUM supervisors read users' pages
        case = Case(tmp, f"riscv-{bits}-no-pbmt", m.core(),
                    {"satp": satp, "sstatus": 1 << 18, "menvcfg": 0})
        case.expect(1, "check", "--only", "tables", says="BAD")
        case.expect(1, "dump", says="r--/r-x")


# --- damage -------------------------------------------------------------------------------------

def damage(tmp, name, m, root, level_slot, cases, registers):
    """A cyclic table, one outside memory and a reserved encoding, each in its place."""
    good = m.get(level_slot)
    for value, words in cases:
        m.put(level_slot, value)
        case = Case(tmp, name, m.core(), registers)
        start = time.monotonic()
        text = case.expect(1, "dump", says=words)
        check(time.monotonic() - start < 5, f"{name}: {words}: no hang")
        check(len([r for r in text.splitlines() if "BAD" not in r and r[0] != "#"]) >= 1,
              f"{name}: {words}: the rest is shown", text)
        case.expect(1, "check", "--only", "tables", says="1 entry in 1 range")
        case.expect(1, "dump", "--format=ptdump")
        documented("dump", case.expect(1, "dump", "--format=json", says='"kind":"bad"'))
        documented("check", case.expect(1, "check", "--format=json"))
    m.put(level_slot, good)
    whole = m.core()
    del root
    for cut in range(0, len(whole), 509):
        result = Case(tmp, name, whole[:cut], registers).run("dump")
        check(result.returncode in (0, 1, 3), f"{name}: cut off at {cut}", str(result.returncode))


def noise(tmp, name, m, registers, seeds=40):
    """Tables with random bits flipped: an answer in time, whatever it is."""
    rng = random.Random(name)
    for seed in range(seeds):
        broken = copy.deepcopy(m)
        for _ in range(1 + seed % 16):
            table = broken.memory[rng.choice(sorted(broken.memory))]
            at = rng.randrange(len(table) // 8) * 8 if rng.random() < 0.3 else \
                rng.choice([i for i in range(0, len(table), 8) if any(table[i:i + 8])] or [0])
            entry, = struct.unpack_from("<Q", table, at)
            struct.pack_into("<Q", table, at, entry ^ 1 << rng.randrange(64))
        case = Case(tmp, name, broken.core(), registers)
        for command in (("dump", "-q"), ("dump", "-q", "--format=ptdump"), ("check", "-q"),
                        ("dump", "-q", "--format=json", "--holes")):
            result = case.run(*command)
            check(result.returncode in (0, 1, 3), f"{name}: noise {seed}: {command}",
                  f"{result.returncode} {result.stderr}")


def kasan(tmp):
    """
    The shadow of a kernel with KASAN: 4 TiB through one page, and a table of each level. It must not
    hide what lies behind it, and what is wrong in it counts as often as it is there.
    """
    for name, fmt, bits, registers, ptdump in (
            ("arm64", Arm64(12), 48, lambda root: {"TTBR1_EL1": root, "TCR_EL1": 16 << 16 | 2 << 30 |
                                                   1 << 7}, r"4T PTE +ro NX"),
            ("x86", X86(), 48, lambda root: {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4,
                                             "efer": X86_EFER}, r" 4T +ro +NX pte$"),
            ("riscv", Riscv(), 48, lambda root: {"satp": 9 << 60 | root >> 12},
             r" 4T PTE .*D A \. \. \. \. R V$")):
        m = Machine(fmt, tables(0x80000000, 4 * K))
        root, pud, pmd, pte = (m.new_table() for _ in range(4))
        base = upper(48 if name == "arm64" else 47)
        shadow, text = base + 32 * T, 2**64 - 2 * M
        for i in range(512):
            m.put((pud, i * 8), fmt.table(pmd))
            m.put((pmd, i * 8), fmt.table(pte))
            m.put((pte, i * 8), fmt.leaf(0x4000000, 0, "r--/---"))
        for i in range(8):
            m.put(m.slot(root, shadow + i * 512 * G, 3, 48), fmt.table(pud))
        m.map(root, bits, base + 64 * G, 0x100000000, 0, 40)
        m.map(root, bits, text, 0x90000000, 0, 3, "rwx/---")
        case = Case(tmp, f"kasan-{name}", m.core(), registers(root))
        start = time.monotonic()
        rows = case.expect(0, "dump", "--kernel", "--no-header").splitlines()
        want = [rf"0x{base + 64 * G:016x}-.* 160K PTE  rw-",
                rf"0x{shadow:016x}-0x{shadow + 2 * M:016x}  0x000004000000 +2M PTE  r--.*, "
                r"the same 512 times$"]
        for size, times, end, level in ((2 * M, 511, G, "PMD"), (G, 511, 512 * G, "PUD"),
                                        (512 * G, 7, 4 * T, "PGD")):
            want.append(rf"0x{shadow + size:016x}-0x{shadow + end:016x} +- +\w+ {level}  the table of "
                        rf"0x{shadow:016x}-0x{shadow + size:016x} again, {times} times$")
        want.append(rf"0x{text:016x}-.* 12K PTE  rwx")
        check(len(rows) == len(want) and all(re.match(w, r) for w, r in zip(want, rows)),
              f"kasan-{name}: dump", "\n".join(rows))
        kinds = [(r["kind"], r["entries"], r.get("same", False), r.get("of_first")) for r in
                 map(json.loads, case.expect(0, "dump", "--kernel", "--format=json").splitlines()[1:])]
        check(kinds == [("leaf", 40, False, None), ("leaf", 512, True, None)] +
              [("repeat", n, False, f"0x{shadow:x}") for n in (511, 511, 7)] +
              [("leaf", 3, False, None)], f"kasan-{name}: dump as JSON", str(kinds))
        part = case.expect(0, "dump", "--no-header", "--range", f"{shadow + K * 4:x}+2M")
        check(len(part.splitlines()) == 512, f"kasan-{name}: a small part is shown page by page", part)
        rows = case.expect(0, "dump", "--kernel", "--format=ptdump").splitlines()
        found = [r for r in rows if re.search(ptdump, r)]
        check(len(found) == 1 and f"0x{shadow:x}-0x{shadow + 4 * T:x}" in
              found[0].replace("0x0000", "0x"), f"kasan-{name}: ptdump has one row for all of it",
              "\n".join(rows))
        case.expect(1, "check", "--only", "wx", says=": 3 pages in 1 range")
        case.expect(1, "protect", f"{shadow:x}+4T", "ro", says="choose a smaller range")
        case.expect(0, "protect", f"{shadow:x}+2M", "rw", says="after rw:")
        # a page of it that is writable and executable, and one in ptdump that interrupts the row
        m.put((pte, 7 * 8), fmt.leaf(0x5000000, 0, "rwx/---"))
        m.put((pmd, 511 * 8), 0)
        case = Case(tmp, f"kasan-{name}-wx", m.core(), registers(root))
        times = 511 * 512 * 8
        text = case.expect(1, "check", "--only", "wx", says=f": {times + 3} pages in {times + 1} ranges")
        check(f"wx: 0x{shadow + G:016x}-0x{shadow + 512 * G:016x}" in text and
              "again, 511 times" in text, f"kasan-{name}: findings are told once", text)
        found = [json.loads(r) for r in case.expect(1, "check", "--only", "wx", "--format=json",
                                                    ).splitlines()]
        check(found[-1]["findings"] == times + 3 and
              sum(r.get("findings", r.get("pages", 0)) for r in found[:-1]) == times + 3,
              f"kasan-{name}: findings as JSON", str(found))
        case.expect(0, "translate", hex(shadow + 3 * T + 7 * 4 * K), says="0x5000000")
        # what leads to that page, in order, with what is damaged in between
        m.put((pte, 9 * 8), fmt.table(0x7fff000000) ^ (2 if name == "arm64" else 1 << 52))
        m.put((pmd, 9 * 8), fmt.table(0x7fff000000))
        case = Case(tmp, f"kasan-{name}-phys", m.core(), registers(root))
        rows = [json.loads(r) for r in case.run("dump", "--kernel", "--format=json",
                                                "--phys=4000000+1").stdout.splitlines()[1:]]
        firsts = [int(r["first"], 16) for r in rows]
        check(firsts == sorted(firsts) and {"leaf", "bad", "repeat"} == {r["kind"] for r in rows},
              f"kasan-{name}: --phys", str(rows[:20]))
        for command, options in (("dump", ["--holes"]), ("check", ["--only=wx"])):
            documented(command, case.run(command, "--format=json", *options).stdout)
        print(f"{name}: 4 TiB of shadow in {time.monotonic() - start:.1f} s")


class Shared:
    """Tables of x86-64 that share others at random, and what they map, counted and walked by us."""

    def __init__(self, rng, plain):
        """@plain: all of a table of pages is alike."""
        self.rng = rng
        self.m = m = Machine(X86(), tables(0x1000000, 4 * K))
        self.root = m.new_table()
        # a table that is one of pages to some, and to others one of 2M pages: bit 7 is PAT or PS
        both = m.new_table()
        self.fill(both, lambda: m.fmt.leaf(rng.choice((4, 6)) << 21, 1, rng.choice(PERMS)))
        ptes = [m.new_table() for _ in range(4)]
        for table in ptes:
            perm = rng.choice(PERMS)
            if plain:
                for i in range(512):
                    m.put((table, i * 8), m.fmt.leaf(i << 12, 0, perm))
            else:
                self.fill(table, lambda: m.fmt.leaf(rng.randrange(9) << 12, 0, rng.choice(PERMS)))
        pmds = [m.new_table() for _ in range(3)]
        for table in pmds:
            self.fill(table, lambda: self.link([*ptes, both]))
        puds = [m.new_table() for _ in range(3)]
        for table in puds:
            self.fill(table, lambda: self.link([*pmds, both]))
        self.fill(self.root, lambda: self.link(puds))
        self.memo = {}

    def link(self, below):
        """One of few ways to lead there: some take rights away."""
        return self.m.fmt.table(self.rng.choice(below)) & ~self.rng.choice((0, 0, 2)) | \
            self.rng.choice((0, 0, 1 << 63))

    def fill(self, table, make):
        """A few stretches, so that neighbours are often alike."""
        i = 0
        while i < 512:
            entry, n = make() if self.rng.random() < 0.9 else 0, self.rng.choice((1, 2, 60, 300))
            for i in range(i, min(i + n, 512)):
                self.m.put((table, i * 8), entry)
            i += 1

    def leaf(self, entry, level):
        return level == 0 or (entry & 0x80 and level == 1)

    def count(self, table, level, rights):
        """Pages that may be written and executed, and pages."""
        key = table, level, rights
        if key not in self.memo:
            wx = pages = 0
            for i in range(256 if level == 3 else 0, 512):
                e = self.m.get((table, i * 8))
                if not e & 1:
                    continue
                now = rights & (e & 2 | (0 if e >> 63 else 1))
                if self.leaf(e, level):
                    pages += 512 ** level
                    wx += 512 ** level if now == 3 else 0
                else:
                    more = self.count(e & 0xffffffffff000, level - 1, now)
                    wx, pages = wx + more[0], pages + more[1]
            self.memo[key] = wx, pages
        return self.memo[key]

    def walk(self, va):
        """Where an address leads, with which rights, by which leaf."""
        table, rights = self.root, 3
        for level in (3, 2, 1, 0):
            e = self.m.get(self.m.slot(table, va, level, 48))
            if not e & 1:
                return None
            rights &= e & 2 | (0 if e >> 63 else 1)
            if self.leaf(e, level):
                size = 4096 << 9 * level
                return (e & 0xffffffffff000 & -size) + va % size, rights, e
            table = e & 0xffffffffff000


PERMS = ("rw-/---", "rw-/---", "r--/---", "r-x/---", "rwx/---")


class Rows:
    """What a dump says, read by its definition."""

    def __init__(self, text):
        self.rows = [r for r in map(json.loads, text.splitlines()) if "kind" in r]
        for r in self.rows:
            for key in ("first", "last", "pa", "of_first", "of_last"):
                r[key] = int(r.get(key, "0"), 16)
        self.firsts = [r["first"] for r in self.rows]

    def at(self, va):
        """(address, rights) of @va; repetitions lead to what was before them."""
        while True:
            i = bisect.bisect_right(self.firsts, va) - 1
            r = self.rows[i] if i >= 0 else {"last": -1}
            if va > r["last"]:
                return None
            if r["kind"] != "repeat":
                size = (r["last"] - r["first"] + 1) // (r["entries"] if "same" in r else 1)
                perm = r["perm"]
                return (r["pa"] + (va - r["first"]) % size,
                        (2 if perm[1] == "w" else 0) | (1 if perm[2] == "x" else 0))
            va = r["of_first"] + (va - r["first"]) % (r["of_last"] - r["of_first"] + 1)


def shared(tmp):
    """Random ones: what a dump that tells repetitions says of any address, and what a check counts."""
    seed = int(os.environ.get("PW_SEED", "0")) or random.randrange(1, 1 << 32)
    print(f"shared: PW_SEED={seed}")
    rng = random.Random(seed)
    for n in range(6):
        s = Shared(rng, False)
        wx, pages = s.count(s.root, 3, 3)
        registers = {"cr0": X86_CR0, "cr3": s.root, "cr4": X86_CR4, "efer": X86_EFER}
        case = Case(tmp, f"shared-{n}", s.m.core(), registers)
        text = case.expect(1 if wx else 0, "check", "--kernel", "--only", "wx")
        check(f": {wx} page" in text or (not wx and ": none" in text),
              f"shared: W+X pages of {pages}", f"wanted {wx}: {text[-300:]}")
        rows = Rows(case.expect(0, "dump", "--kernel", "--format=json"))
        edges = [r[end] + off for r in rows.rows for end, off in (("first", 0), ("first", -1),
                                                                 ("last", 0), ("last", 1))]
        check(bool(edges) == bool(pages), "shared: no rows where there are no pages", text)
        places = rng.choices(edges, k=1000 if edges else 0)
        places += [rng.randrange(upper(47), 2**64) for _ in range(2000)]
        wrong = [f"{va:#x}: {s.walk(va)}, not {rows.at(va)}" for va in places if upper(47) <= va < 2**64
                 and rows.at(va) != (s.walk(va) and s.walk(va)[:2])]
        check(not wrong, "shared: what dump says of an address", "\n".join(wrong[:10]))
    for n in range(6):
        s = Shared(rng, True)
        registers = {"cr0": X86_CR0, "cr3": s.root, "cr4": X86_CR4, "efer": X86_EFER}
        case = Case(tmp, f"shared-plain-{n}", s.m.core(), registers)
        first = upper(47) + rng.randrange(16, 254) * 512 * G
        text = case.expect(0, "dump", "--kernel", "--format=ptdump", "--range", f"{first:x}+1024G")
        found = [(int(r[:18], 16), r) for r in text.splitlines()]
        starts = [r[0] for r in found]
        places = rng.choices(starts, k=1000)
        places += [max(first, va - 1) for va in places] + [first + rng.randrange(T) for _ in range(1000)]
        wrong = []
        for va in places:
            want, row = s.walk(va), found[bisect.bisect_right(starts, va) - 1][1]
            said = row[38:].split()
            if (("RW" in said, "NX" in said) != (bool(want[2] & 2), bool(want[2] >> 63)) if want
                    else "RW" in said or "ro" in said):
                wrong.append(f"{va:#x}: {want} in ptdump: {row}")
        check(not wrong, "shared: what ptdump says of an address", "\n".join(wrong[:10]))
    # larger tables: fewer of them are as much
    m = Machine(Arm64(16), tables(0x80000000, 64 * K))
    root, pte = m.new_table(), m.new_table()
    for i in range(8192):
        m.put((pte, i * 8), m.fmt.leaf(0x4000000, 0, "r--/---"))
        m.put((root, i * 8), m.fmt.table(pte) if i < 4096 else 0)
    m.map(root, 42, 2**64 - 512 * M, 0x90000000, 0, 1, "rwx/---")
    case = Case(tmp, "shared-64k", m.core(), {"TTBR1_EL1": root, "TCR_EL1": 22 << 16 | 3 << 30 | 1 << 7})
    case.expect(1, "check", "--only", "wx", says=": 1 page in 1 range")
    text = case.expect(0, "dump", "--kernel", "--no-header", says="again, 4095 times")
    check(len(text.splitlines()) == 3, "shared: a table of 64K that is met again", text)
    # where it does not matter nothing is a repetition
    m = Machine(X86(), tables(0x1000000, 4 * K))
    root = m.new_table()
    m.map(root, 48, upper(47), 0x80000000, 0, 2)
    link = m.leaf_slot(root, 48, upper(47), 1)
    for i in range(1, 64):
        m.put((link[0], i * 8), m.get(link))
    case = Case(tmp, "shared-few", m.core(),
                {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER})
    text = case.expect(0, "dump", "--kernel", "--no-header")
    check(len(text.splitlines()) == 64 and "again" not in text, "shared: a few are shown", text)


def endless(tmp):
    """Every entry of every table leads to the same table below: 2^27 runs in four pages."""
    m = Machine(X86(), tables(0x1000000, 4 * K))
    root, pud, pmd, pte = (m.new_table() for _ in range(4))
    for table, below in ((root, pud), (pud, pmd), (pmd, pte)):
        for i in range(512):
            m.put((table, i * 8), m.fmt.table(below))
    for i in range(512):
        m.put((pte, i * 8), m.fmt.leaf(0x2000000 + (i & 1) * K * 8, 0))
    case = Case(tmp, "x86-endless", m.core(),
                {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER})
    case.expect(0, "dump", "--kernel", "--rows", "100", says="... and more")
    start = time.monotonic()
    case.expect(0, "check", "--kernel", "--only", "tables", says="none")
    # no two entries are alike: nothing is met again, and that is too much
    m = Machine(X86(), range(0x1000000, 0x1000000 + M, 4 * K))
    root, pud, pte = (m.new_table() for _ in range(3))
    m.put(m.slot(root, upper(47), 3, 48), m.fmt.table(pud))
    for i in range(512):
        m.put((pte, i * 8), m.fmt.leaf(0x2000000 + (i & 1) * K * 8, 0))
    bits = [1, 2, 3, 4, 5, 9, 10, 11, *range(52, 59), 63]
    for i in range(1 << len(bits)):
        if i % 512 == 0:
            pmd = m.new_table()
            m.put((pud, i // 512 * 8), m.fmt.table(pmd))
        m.put((pmd, i % 512 * 8), pte | 1 | sum((i >> n & 1) << bit for n, bit in enumerate(bits)))
    case = Case(tmp, "x86-endless-different", m.core(),
                {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER})
    case.expect(1, "check", "--kernel", "--only", "tables", says="more than 16777216 runs")
    print(f"gave up on endless tables after {time.monotonic() - start:.1f} s")


def damaged(tmp):
    loop, outside, reserved = ("a table that contains itself", "a table lies outside",
                               "a reserved encoding")
    m, root, base = x86_mappings(48)
    slot = m.slot(root, base + 200 * T // 4, 3, 48)
    registers = {"cr0": X86_CR0, "cr3": root, "cr4": X86_CR4, "efer": X86_EFER}
    damage(tmp, "x86-damaged", m, root, slot,
           ((root | 0x63, loop), (0x7fff000063, outside), (0x1000000000e3, reserved)), registers)
    noise(tmp, "x86-noise", m, registers)
    m = Machine(Riscv(), tables(0x80000000, 4 * K))
    root = m.new_table()
    m.map(root, 48, upper(47), 0x80000000, 0, 3)
    slot = m.slot(root, upper(46), 3, 48)
    damage(tmp, "riscv-damaged", m, root, slot,
           ((root >> 2 | 1, loop), (0x7fff000000 >> 2 | 1, outside), (0x80000005, reserved)),
           {"satp": 9 << 60 | root >> 12})
    noise(tmp, "riscv-noise", m, {"satp": 9 << 60 | root >> 12})
    m = Machine(Arm64(16), tables(0x40000000, 64 * K))
    root = m.new_table()
    m.map(root, 48, upper(48), 0x80000000, 0, 3)
    slot = m.slot(root, upper(47), 2, 48)
    registers = {"TTBR1_EL1": root, "TCR_EL1": 16 << 16 | 3 << 30 | 1 << 7}
    damage(tmp, "arm64-64k-damaged", m, root, slot,
           ((root | 3, loop), (0x7fff000000 | 3, outside), (0x40000001, reserved)), registers)
    noise(tmp, "arm64-64k-noise", m, registers)


def main():
    with tempfile.TemporaryDirectory() as tmp:
        for test in (arm64_16k, arm64_16k_lpa2, arm64_64k_lpa, arm64_protect_64k, arm64_vhe,
                     arm64_indirect, arm64_gigabytes, x86_64, x86_ptdump, x86_modes, x86_encrypted,
                     arm64_notes_damaged, protect_user, riscv, kasan, shared, damaged, endless):
            test(tmp)
    return summary()


if __name__ == "__main__":
    sys.exit(main())
