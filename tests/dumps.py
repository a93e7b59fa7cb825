#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
Real guests' memory in every kind of dump: the command must show of each what it shows of the ELF
core. Then each kind damaged: bits flipped, the end cut off. Whatever that makes of the file, the
command ends with 0, 1 or 3, soon, and takes little memory.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile

import dumpfiles
import synthetic

BUILD = os.environ.get("PW_BUILD", "build")
CAPTURES = os.path.abspath(os.path.join(BUILD, "captures"))
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))
SANITIZED = os.path.abspath(os.environ.get("PW_SANITIZED", PAGEWALK))
GUESTS = {"arm64-debian-max": "arm64", "arm64-ptdump-64k": "arm64", "x86-debian-la57": "x86",
          "x86-ptdump-wx": "x86", "riscv-debian": "riscv"}
passed = failed = 0


def check(good, what, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL: {what}" + (f"\n  | {detail[:1500]}" if detail else ""))


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)
    return path


def run(*args, cwd=None, program=PAGEWALK, limit=None):
    """Ends within 20 s; with @limit, without more address space than that."""
    def limits():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    return subprocess.run([program, *args], capture_output=True, cwd=cwd, timeout=20, check=False,
                          preexec_fn=limits if limit else None)


def shown(folder, name, *args):
    """What the command says of a dump, in all the ways in which it tells of tables."""
    out = []
    for command in (["dump", "--format=json"], ["dump"], ["check"]):
        result = run(*command, *args, name, cwd=folder)
        # which file it was is the one difference
        out.append((result.returncode, result.stdout.replace(name.encode(), b"DUMP"),
                    result.stderr.replace(name.encode(), b"DUMP")))
    return out


def same(want, got, what):
    for name, w, g in zip(("dump --format=json", "dump", "check"), want, got):
        good = w == g and w[0] in (0, 1) and len(w[1]) > 100
        where = next((f"{a!r}\n  | {b!r}" for a, b in zip(w[1].split(b"\n"), g[1].split(b"\n"))
                      if a != b), "")
        check(good, f"{what}: {name} as of the ELF core", f"{w[0]} {g[0]} {g[2]!r} {where}")


class Guest:
    """A capture, unpacked into a folder of its own as core.elf."""

    def __init__(self, tmp, name):
        self.name, self.arch = name, GUESTS[name]
        self.folder = os.path.join(tmp, name)
        os.mkdir(self.folder)
        elf = read(os.path.join(CAPTURES, name, "ptonly.elf"))
        self.dump = dumpfiles.Dump(elf)
        write(os.path.join(self.folder, "core.elf"), elf)
        self.registers = ["--registers", os.path.join(CAPTURES, name, "gdb-registers.txt"),
                          f"--cpu={0 if name.endswith('64k') else 1}"]

    def path(self, name):
        return os.path.join(self.folder, name)


def lime_and_raw(guest):
    """Which machine it is the registers tell; both halves, as that CPU sees them."""
    want = shown(guest.folder, "core.elf", *guest.registers)
    write(guest.path("lime"), dumpfiles.lime(guest.dump))
    same(want, shown(guest.folder, "lime", *guest.registers), f"{guest.name} lime")
    same(want, shown(guest.folder, "lime", "--arch", guest.arch, *guest.registers),
         f"{guest.name} lime, --arch")
    base = dumpfiles.write_raw(guest.dump, guest.path("raw"))
    same(want, shown(guest.folder, "raw", f"--raw={base:x}", *guest.registers), f"{guest.name} raw")
    result = run("dump", *guest.registers, guest.path("raw"))
    check(result.returncode == 3 and b"--raw=ADDRESS" in result.stderr, f"{guest.name}: raw, no base",
          repr(result.stderr))
    for option in ([], ["--raw=0"]):
        result = run("dump", *option, guest.path("lime"))
        check(result.returncode == 3 and b"does not say which machine it is of: give --arch" in
              result.stderr, f"{guest.name}: no machine", repr(result.stderr))
    # one register is a word about the machine, too: the rest is asked for in its terms
    option, says = {"arm64": ("--ttbr1=0", b"without --tcr"), "x86": ("--cr3=0", b"without --cr4"),
                    "riscv": ("--arch=riscv", b"give --registers or --satp")}[guest.arch]
    result = run("dump", option, guest.path("lime"))
    check(result.returncode in (2, 3) and says in result.stderr, f"{guest.name}: {option}",
          repr(result.stderr))
    other = "x86" if guest.arch == "arm64" else "arm64"
    result = run("dump", "--arch", other, guest.path("core.elf"))
    check(result.returncode == 2 and f"--arch={other}: ".encode() in result.stderr,
          f"{guest.name}: --arch of another machine", repr(result.stderr))


def made_up():
    """A machine of a few tables, one next to the other. Its core, and the option for its root."""
    m = synthetic.Machine(synthetic.X86(), range(0x40000, 0x60000, 0x1000))
    root = m.new_table()
    m.map(root, 48, 0x7f0000000000, 0x1000, nr=16, perm="r--/rw-")
    m.map(root, 48, 0xffffffff80000000, 0x200000, nr=300, perm="rw-/---")
    m.map(root, 48, 0xffffffff81000000, 0x400000, level=1, nr=2, perm="r-x/---")
    return m.core(), [f"--cr3={root:#x}", "--cr4=0x20"]


def copies(tmp):
    """A changed copy has the change, and nothing else."""
    core, root = made_up()
    dump = dumpfiles.Dump(core)
    write(os.path.join(tmp, "elf"), core)
    write(os.path.join(tmp, "lime"), dumpfiles.lime(dump))
    dumpfiles.write_raw(dump, os.path.join(tmp, "raw"))
    for name, options in (("elf", []), ("lime", []), ("raw", ["--raw=40000"])):
        source, out = os.path.join(tmp, name), os.path.join(tmp, "changed")
        result = run("protect", *options, *root, "-o", out, "--force", source,
                     "ffffffff80005000+4K", "ro")
        before, after = read(source), read(out) if os.path.exists(out) else b""
        differ = [i for i, (a, b) in enumerate(zip(before, after)) if a != b]
        check(result.returncode == 0 and len(before) == len(after) and len(differ) == 1 and
              before[differ[0]] ^ after[differ[0]] == 2, f"{name}: protect -o changes one bit",
              f"{result.returncode} {differ[:9]} {result.stderr!r}")
        row = run("dump", *options, *root, "--no-header", "--range", "ffffffff80005000+4K", out)
        check(b" r--/--- " in row.stdout, f"{name}: read-only there", repr(row))


def damaged(rng, data):
    """Some bits flipped, numbers put where headers are, or the end cut off."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 8])):
        at = rng.randrange(min(len(out), rng.choice([64, 512, 8192, len(out)])))
        out[at] ^= 1 << rng.randrange(8)
    if rng.random() < 0.3:
        at = rng.randrange(min(len(out), 512) - 8) & ~3
        value = rng.choice([0, 1, 0x7fffffff, 0xffffffff, 1 << 63, (1 << 64) - 1, rng.getrandbits(40)])
        width = rng.choice([4, 8])
        out[at:at + width] = (value & (1 << 8 * width) - 1).to_bytes(width, rng.choice(["little", "big"]))
    if rng.random() < 0.3:
        del out[rng.randrange(4, len(out)):]
    return bytes(out)


def damage(tmp, kind, data, options, rng, times):
    """Whatever happened to a file: no crash, no hang, little memory, and a word where it is refused."""
    path = os.path.join(tmp, "damaged")
    for i in range(times):
        write(path, damaged(rng, data))
        command = rng.choice([["dump"], ["dump", "--format=json"], ["check", "--only=wx"]])
        try:
            # a sanitizer wants all the address space there is
            result = run(*command, *options, path, program=SANITIZED,
                         limit=None if SANITIZED != PAGEWALK else 1 << 29)
            good = result.returncode in (0, 1, 3) and (result.returncode != 3 or result.stderr)
            check(good, f"{kind}, damage {i}", f"{result.returncode} {result.stderr!r}")
        except subprocess.TimeoutExpired:
            check(False, f"{kind}, damage {i}: no end")


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as tmp:
        for name in GUESTS:
            guest = Guest(tmp, name)
            lime_and_raw(guest)
            damage(tmp, f"{name} lime", read(guest.path("lime")), guest.registers, rng, times)
        copies(tmp)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
