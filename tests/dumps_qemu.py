#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
Dumps as QEMU writes them: machines with tables in their memory are dumped in each format that this
QEMU has (its kdump formats are flattened streams before version 8.2; of arm64 in blocks of 64K; none
names the machine). The command must show of each what it shows of the ELF core.
"""

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile

from counted import check, summary
import dumpfiles
import synthetic

BUILD = os.environ.get("PW_BUILD", "build")
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))


def fill(m, bits, text, data):
    """Pages, far apart and side by side, and blocks."""
    root = m.new_table()
    size = 1 << m.fmt.granule_lg2
    m.map(root, bits, text, 0x7000000, nr=40, perm="---/r-x")
    m.map(root, bits, text + 64 * size, 0x9000000, nr=3, perm="---/rw-")
    for i in range(9):
        m.map(root, bits, data + i * (1 << m.fmt.shift(2)) // 3 // size * size, 0x100000 + i * size, nr=2)
    m.map(root, bits, data + (1 << m.fmt.shift(2)) * 4, 1 << m.fmt.shift(1), level=1, nr=3)
    return root


def arm64(granule, tg0):
    m = synthetic.Machine(synthetic.Arm64(granule), range(0x41000000, 0x42000000, 3 << granule))
    root = fill(m, 48, 0x400000, 0x7f0000000000)
    return m, [f"--ttbr0={root:#x}", f"--tcr={tg0 << 14 | 16 | 1 << 23 | 5 << 32:#x}"]


def x86(bits):
    m = synthetic.Machine(synthetic.X86(), range(0x100000, 0x1000000, 0x3000))
    root = fill(m, bits, 0x400000, 0x7f0000000000)
    return m, [f"--cr3={root:#x}", f"--cr4={0x20 | (bits == 57) << 12:#x}"]


def riscv(bits, mode):
    m = synthetic.Machine(synthetic.Riscv(), range(0x80400000, 0x81000000, 0x3000))
    root = fill(m, bits, 0x400000, 0x3f0000000 if bits == 39 else 0x7f0000000)
    return m, [f"--satp={mode << 60 | root >> 12:#x}"]


MACHINES = {
    "x86-64": ("qemu-system-x86_64", ["-M", "pc"], lambda: x86(48)),
    "x86-64 LA57": ("qemu-system-x86_64", ["-M", "q35", "-cpu", "max"], lambda: x86(57)),
    "arm64 4K": ("qemu-system-aarch64", ["-M", "virt", "-cpu", "max"], lambda: arm64(12, 0)),
    "arm64 16K": ("qemu-system-aarch64", ["-M", "virt", "-cpu", "max"], lambda: arm64(14, 2)),
    "arm64 64K": ("qemu-system-aarch64", ["-M", "virt", "-cpu", "cortex-a57"], lambda: arm64(16, 1)),
    "riscv64": ("qemu-system-riscv64", ["-M", "virt"], lambda: riscv(48, 9)),
}


class Stub:
    """What is needed of gdb's protocol: a register is written."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")
        self.ask(b"?")
        self.ask(b"qXfer:features:read:target.xml:0,ffb")  # more than the oldest registers, please

    def ask(self, text):
        self.socket.sendall(b"+$%b#%02x" % (text, sum(text) % 256))
        answer = b""
        while True:
            byte = self.file.read(1)
            answer = b"" if byte == b"$" else answer + byte
            if byte == b"#":
                self.file.read(2)
                return answer[:-1]

    def write(self, number, value):
        answer = self.ask(b"P%x=%b" % (number, struct.pack("<Q", value).hex().encode()))
        check(answer == b"OK", f"register {number} is written", repr(answer))


# numbers of x86 registers, as QEMU has them
CR0, CR3, CR4, EFER = 27, 29, 30, 32


class Qemu:
    """A machine that never runs, and its monitor."""

    def __init__(self, program, options, memory, tmp):
        loads = []
        for i, (pa, data) in enumerate(sorted(memory.items())):
            path = os.path.join(tmp, f"{i}.bin")
            with open(path, "wb") as f:
                f.write(data)
            loads += ["-device", f"loader,file={path},addr={pa:#x},force-raw=on"]
        self.process = subprocess.Popen(
            [program, *options, "-accel", "tcg", "-m", "64", "-S", "-display", "none", "-nodefaults",
             "-qmp", "stdio", "-gdb", f"unix:{tmp}/gdb,server=on,wait=off", *loads], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()  # the greeting
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.process.stdin.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "event" not in answer:
                return answer

    def end(self):
        self.ask("quit")
        self.process.communicate(timeout=20)


def shown(path, options):
    result = subprocess.run([PAGEWALK, "dump", "--format=json", *options, path], capture_output=True,
                            timeout=60, check=False)
    return result.returncode, result.stdout.replace(path.encode(), b"DUMP"), result.stderr


def dumped(name, tmp):
    program, options, build = MACHINES[name]
    m, registers = build()
    qemu = Qemu(program, options, m.memory, tmp)
    if program.endswith("x86_64"):
        # A CPU that has not run yet is in real mode, and QEMU would write a dump of 32 bits. Where
        # it has a root its note says so, and nobody else has to.
        stub = Stub(os.path.join(tmp, "gdb"))
        cr3, cr4 = (int(r.split("=")[1], 16) for r in registers)
        for number, value in ((CR4, cr4), (CR3, cr3), (EFER, 0x500), (CR0, 0x80010001)):
            stub.write(number, value)
        registers = []
    formats = qemu.ask("query-dump-guest-memory-capability")["return"]["formats"]
    want, flat = None, 0
    for kind in ["elf", *[f for f in formats if f.startswith("kdump")]]:
        path = os.path.join(tmp, kind)
        answer = qemu.ask("dump-guest-memory", paging=False, protocol=f"file:{path}", format=kind)
        check("return" in answer, f"{name}: QEMU writes {kind}", str(answer))
        with open(path, "rb") as f:
            flat += f.read(12) == b"makedumpfile"
        got = shown(path, registers)
        want = want or got
        mapped = sum(json.loads(row).get("kind") == "leaf" for row in got[1].splitlines())
        check(got == want and got[0] == 0 and mapped >= len(m.mapped) // 2, f"{name}: {kind}",
              f"{got[0]} {got[2]!r} {mapped} rows of {len(m.mapped)}")
        if kind == "elf":  # and in what we write of it
            with open(path, "rb") as f:
                core = dumpfiles.Dump(f.read())
            for block in (4096, 65536):
                ours = os.path.join(tmp, "ours")
                with open(ours, "wb") as f:
                    f.write(dumpfiles.kdump(core, block=block, uts=False, level=1))
                check(shown(ours, registers) == want, f"{name}: ours, blocks of {block}")
        os.remove(path)
    qemu.end()
    check(len(formats) > 1, f"{name}: kdump formats", str(formats))
    return flat


def main():
    flat = 0
    for name in MACHINES:
        with tempfile.TemporaryDirectory() as tmp:
            flat += dumped(name, tmp)
    print(f"{len(MACHINES)} machines, {flat} of their dumps flattened streams")
    return summary()


if __name__ == "__main__":
    sys.exit(main())
