#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
usage: dumps.py [SEED [TIMES]]

Real guests' memory in every kind of dump: the command must show of each what it shows of the ELF
core. Then each kind damaged: bits flipped, the end cut off. Whatever that makes of the file, the
command ends with 0, 1 or 3, soon, and takes little memory. With $PW_SANITIZED, a command built with
sanitizers, only the latter, by that command.
"""

import ctypes
import json
import os
import platform
import random
import re
import resource
import struct
import subprocess
import sys
import tempfile

from counted import check, summary
import dumpfiles
import synthetic

BUILD = os.environ.get("PW_BUILD", "build")
CAPTURES = os.path.abspath(os.path.join(BUILD, "captures"))
os.environ["PATH"] += ":/usr/sbin"
PAGEWALK = os.path.abspath(os.path.join(BUILD, "pagewalk"))
SANITIZED = os.path.abspath(os.environ.get("PW_SANITIZED", PAGEWALK))
GUESTS = {"arm64-debian-max": "arm64", "arm64-ptdump-64k": "arm64", "x86-debian-la57": "x86",
          "x86-ptdump-wx": "x86", "riscv-debian": "riscv"}


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


def kdump_kinds(guest):
    """name, file: every version, compression and size of a block."""
    d = guest.dump
    for name in dumpfiles.COMPRESSION:
        yield f"kdump {name}", dumpfiles.kdump(d, name)
    for version in (3, 4, 5):
        yield f"kdump version {version}", dumpfiles.kdump(d, version=version)
    yield "kdump blocks of 64K", dumpfiles.kdump(d, block=65536)
    yield "kdump like QEMU's", dumpfiles.kdump(d, block=65536, uts=False)
    yield "kdump one bitmap", dumpfiles.kdump(d, bitmaps=1)
    yield "kdump without zero pages", dumpfiles.kdump(d, "lzo", level=1)
    if guest.name == "x86-ptdump-wx":
        yield "kdump blocks of 512", dumpfiles.kdump(d, block=512)


def kdump(guest):
    """What the notes say is all there is; each must be shown as the ELF core is."""
    want = shown(guest.folder, "core.elf")
    half = shown(guest.folder, "core.elf", *guest.registers)
    for name, data in kdump_kinds(guest):
        write(guest.path("kdump"), data)
        same(want, shown(guest.folder, "kdump"), f"{guest.name} {name}")
        same(half, shown(guest.folder, "kdump", *guest.registers), f"{guest.name} {name}, a CPU")
    for version in (1, 2):  # VMCOREINFO came with version 3
        write(guest.path("kdump"), dumpfiles.kdump(guest.dump, version=version))
        same(half, shown(guest.folder, "kdump", *guest.registers), f"{guest.name} version {version}")
    write(guest.path("kdump"), dumpfiles.kdump(guest.dump))
    result = run("protect", "-o", guest.path("new"), guest.path("kdump"), "ffffffffff5f8000+64K", "ro")
    check(result.returncode == 3 and b"no changed copy" in result.stderr and
          not os.path.exists(guest.path("new")), f"{guest.name} kdump: protect -o", repr(result))
    address = half[1][1].decode().splitlines()[2].split("-")[0]
    asked = [run("translate", "-v", *guest.registers, guest.path(name), address).stdout
             for name in ("core.elf", "kdump")]
    check(asked[0] == asked[1] and asked[0].count(b"\n") > 3, f"{guest.name} kdump: translate",
          repr(asked))


def kernel_page(guest):
    """A page that the kernel may write to: its address and size."""
    rows = run("dump", "--no-header", "--kernel", guest.path("core.elf")).stdout.decode().splitlines()
    va = next(row.split("-")[0] for row in rows if " PTE " in row and " rw-/" in row)
    return va, "64K" if guest.name.endswith("64k") else "4K"


def unreadable(guest):
    """A page below the root that cannot be read is no hole: the status says so, whoever looks."""
    data = bytearray(dumpfiles.kdump(guest.dump))
    sub, bitmaps = struct.unpack_from("<II", data, 432)
    descs = (1 + sub + bitmaps) * 4096
    header = json.loads(run("dump", "--format=json", guest.path("core.elf")).stdout.split(b"\n")[0])
    numbers = sorted(dumpfiles.blocks_of(guest.dump, 4096))
    for i, nr in enumerate(numbers):
        if not 0 <= nr - int(header["root"], 16) // 4096 < 16:
            struct.pack_into("<I", data, descs + i * 24 + 12, 64)
    path = write(guest.path("unreadable"), data)
    for command in (["dump", path], ["check", path], ["dump", "--format=ptdump", path],
                    ["translate", path, kernel_page(guest)[0]],
                    ["protect", path, "+".join(kernel_page(guest)), "ro"]):
        result = run(*command)
        check(result.returncode == 3 and b"expected the flag of zlib" in result.stderr and
              result.stderr.count(b"expected the flag") == 1, f"{guest.name} unreadable: {command[0]}",
              repr(result))


def flattened(guest, rng):
    """As streams, with records in any order, and some of what they say taken back later."""
    want = shown(guest.folder, "core.elf")
    for name, data in (("core", read(guest.path("core.elf"))), ("kdump", dumpfiles.kdump(guest.dump)),
                       ("kdump 64K", dumpfiles.kdump(guest.dump, "zstd", block=65536, uts=False))):
        for most in (65536, 4096, 300):
            write(guest.path("flat"), dumpfiles.flattened(data, rng, most))
            same(want, shown(guest.folder, "flat"), f"{guest.name} flattened {name} of {most}")
    result = run("protect", "-o", guest.path("new"), guest.path("flat"), "ffffffffff5f8000+64K", "ro")
    check(result.returncode == 3 and b"no changed copy" in result.stderr and
          not os.path.exists(guest.path("new")), f"{guest.name} flattened: protect -o", repr(result))
    want = shown(guest.folder, "core.elf", *guest.registers)
    write(guest.path("flat"), dumpfiles.flattened(dumpfiles.lime(guest.dump), rng, 4096))
    same(want, shown(guest.folder, "flat", *guest.registers), f"{guest.name} flattened lime")


def protect(guest):
    """In a private copy, of compressed tables as of others."""
    out = [run("protect", guest.path(name), "+".join(kernel_page(guest)), "ro")
           for name in ("core.elf", "kdump")]
    check(out[0].returncode == 0 and out[0].stdout == out[1].stdout, f"{guest.name} kdump: protect",
          repr(out))


def missing_library(tmp, guest):
    """A page that needs a library which is not there is an error that names it, and no hole."""
    shim = os.path.join(tmp, "shim.so")
    source = write(shim + ".c", b"#include <stddef.h>\nvoid *dlopen(const char *name, int flags)\n"
                   b"{ (void)name; (void)flags; return NULL; }\n")
    subprocess.run(["gcc", "-shared", "-fPIC", source, "-o", shim], check=True)
    for name, library in (("zlib", b"libz.so.1"), ("lzo", b"liblzo2.so.2"),
                          ("snappy", b"libsnappy.so.1"), ("zstd", b"libzstd.so.1")):
        write(guest.path("kdump"), dumpfiles.kdump(guest.dump, name))
        for command in (["dump"], ["check"], ["translate", "ffffffff81000000"]):
            result = subprocess.run([PAGEWALK, command[0], guest.path("kdump"), *command[1:]],
                                    capture_output=True, env={**os.environ, "LD_PRELOAD": shim},
                                    timeout=20, check=False)
            check(result.returncode == 3 and library + b" is not on this machine" in result.stderr,
                  f"{command[0]} without {library.decode()}", repr(result))
    write(guest.path("kdump"), dumpfiles.kdump(guest.dump, "none"))
    result = subprocess.run([PAGEWALK, "dump", guest.path("kdump")], capture_output=True, timeout=20,
                            env={**os.environ, "LD_PRELOAD": shim}, check=False)
    check(result.returncode == 0, "a dump that needs none of them", repr(result))


# --- what others wrote, and what others read ------------------------------------------------------

def makedumpfile_input(guest):
    """
    makedumpfile wants to see the kernel's release and where its array of pages is, though it does
    not need them to copy everything. The capture has neither page: they are made up.
    """
    at, size = dumpfiles.vmcoreinfo_of(guest.dump.notes)
    info = guest.dump.notes[at:at + size].decode()
    lines = dict(line.split("=", 1) for line in info.splitlines() if "=" in line)
    memory = dict(guest.dump.memory)

    def put(symbol, data):
        pa = int(lines[f"SYMBOL({symbol})"], 16) + int(lines["NUMBER(phys_base)"]) - 0xffffffff80000000
        page = bytearray(memory.get(pa & ~4095, bytes(4096)))
        page[pa & 4095:(pa & 4095) + len(data)] = data
        memory[pa & ~4095] = page

    put("init_uts_ns", b"".join(text.encode().ljust(65, b"\0") for text in (
        "Linux", "guest", lines["OSRELEASE"], "#1", "x86_64", "")))
    put("mem_map", struct.pack("<Q", 0xffff888000000000))
    flat = "\n".join(line for line in info.splitlines() if not re.search(
        r"mem_section|vmemmap|SECTION_SIZE|MAX_PHYSMEM|node_", line)) + "\n"
    return synthetic.core_of(62, memory, [("CORE", bytes(336)), ("VMCOREINFO", flat.encode())])


def makedumpfile(guest):
    """Its own dumps, of an ELF core, in each format that this machine's one writes."""
    write(guest.path("core.mk"), makedumpfile_input(guest))
    want = shown(guest.folder, "core.mk")
    for options in (["-c"], ["-l"], ["-c", "-d", "1"], ["-E"], []):
        name = " ".join(["makedumpfile", *options])
        if os.path.exists(guest.path("made")):
            os.remove(guest.path("made"))
        result = run(*options, guest.path("core.mk"), guest.path("made"), program="makedumpfile")
        check(result.returncode == 0, name, repr(result))
        check(read(guest.path("made"))[:4] == (b"\x7fELF" if "-E" in options else b"KDUM"), f"{name}: kind")
        same(want, shown(guest.folder, "made"), name)
    for options in (["-F"], ["-F", "-c"], ["-F", "-E"]):
        name = " ".join(["makedumpfile", *options])
        result = run(*options, guest.path("core.mk"), program="makedumpfile")
        write(guest.path("made"), result.stdout)
        check(result.returncode == 0 and result.stdout[:13] == b"makedumpfile\0", name, repr(result.stderr))
        same(want, shown(guest.folder, "made"), name)
    # it restores our streams to what they are of
    for what in ("core.elf", "kdump"):
        write(guest.path("flat"), dumpfiles.flattened(read(guest.path(what)), random.Random(1), 4096))
        with open(guest.path("flat"), "rb") as f:
            subprocess.run(["makedumpfile", "-R", guest.path("restored")], stdin=f, check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20)
        check(read(guest.path("restored")) == read(guest.path(what)), f"makedumpfile -R of our {what}")
        os.remove(guest.path("restored"))


def libkdumpfile(guest, data, what):
    """Another reader finds in our files what was written to them."""
    lib = ctypes.CDLL("libkdumpfile.so")
    lib.kdump_new.restype = ctypes.c_void_p
    lib.kdump_get_err.restype = ctypes.c_char_p
    context = ctypes.c_void_p(lib.kdump_new())
    with open(write(guest.path("other"), data), "rb") as f:
        status = lib.kdump_open_fdset(context, 1, (ctypes.c_int * 1)(f.fileno()))
        wrong = [] if status == 0 else [lib.kdump_get_err(context)]
        for pa, want in guest.dump.memory if not status else ():
            out, length = ctypes.create_string_buffer(len(want)), ctypes.c_size_t(len(want))
            status = lib.kdump_read(context, 1, ctypes.c_uint64(pa), out, ctypes.byref(length))
            if status or out.raw != want:
                wrong.append((hex(pa), status, lib.kdump_get_err(context)))
        lib.kdump_free(context)
    check(not wrong, f"{guest.name}: libkdumpfile reads {what}", repr(wrong[:5]))


def made_up():
    """A machine of a few tables, one next to the other. Its core, and the options for its root."""
    m = synthetic.Machine(synthetic.X86(), range(0x40000, 0x60000, 0x1000))
    root = m.new_table()
    m.map(root, 48, 0x7f0000000000, 0x1000, nr=16, perm="r--/rw-")
    m.map(root, 48, 0xffffffff80000000, 0x200000, nr=300, perm="rw-/---")
    m.map(root, 48, 0xffffffff81000000, 0x400000, level=1, nr=2, perm="r-x/---")
    notes = [("CORE", bytes(336)), synthetic.qemu_x86(0x80010001, root, 0x20)]
    return m.core(notes), [f"--cr3={root:#x}", "--cr4=0x20"]


def without_a_kernel(tmp, rng):
    """Of a machine that runs nobody's kernel QEMU's notes say all: which machine, and its root."""
    core, root = made_up()
    dump = dumpfiles.Dump(core)
    write(os.path.join(tmp, "elf"), core)
    want, given = shown(tmp, "elf"), shown(tmp, "elf", *root)
    for compression in dumpfiles.COMPRESSION:
        for block in (512, 4096, 1 << 20):
            data = dumpfiles.kdump(dump, compression, block, uts=False)
            write(os.path.join(tmp, "kdump"), data)
            same(want, shown(tmp, "kdump"), f"made up, {compression}, blocks of {block}")
        write(os.path.join(tmp, "flat"), dumpfiles.flattened(data, rng, 5000))
        same(want, shown(tmp, "flat"), f"made up, {compression}, flattened")
    write(os.path.join(tmp, "lime"), dumpfiles.lime(dump))
    same(given, shown(tmp, "lime", *root), "made up, lime")
    base = dumpfiles.write_raw(dump, os.path.join(tmp, "raw"))
    same(given, shown(tmp, "raw", f"--raw={base:#x}", *root), "made up, raw")


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
            good = result.returncode in (0, 1, 3) and (result.returncode != 3 or result.stderr) and \
                b"Sanitizer" not in result.stderr and b"runtime error" not in result.stderr
            check(good, f"{kind}, damage {i}", f"{result.returncode} {result.stderr!r}")
        except subprocess.TimeoutExpired:
            check(False, f"{kind}, damage {i}: no end")


def compare(tmp, guest, rng):
    lime_and_raw(guest)
    kdump(guest)
    unreadable(guest)
    flattened(guest, rng)
    protect(guest)
    if guest.arch != "riscv":  # which older versions of it do not know
        for name in dumpfiles.COMPRESSION:
            # it wants pages and blocks of one size
            block = 65536 if guest.name.endswith("64k") else 4096
            libkdumpfile(guest, dumpfiles.kdump(guest.dump, name, block), name)
    if guest.name == "x86-ptdump-wx":
        if platform.machine() == "x86_64":  # it knows dumps of its own machine only
            makedumpfile(guest)
        missing_library(tmp, guest)


def damage_all(tmp, guest, rng, times):
    damage(tmp, f"{guest.name} lime", dumpfiles.lime(guest.dump), guest.registers, rng, times)
    for name in dumpfiles.COMPRESSION:
        damage(tmp, f"{guest.name} kdump {name}", dumpfiles.kdump(guest.dump, name), [], rng, times)
    for what in (read(guest.path("core.elf")), dumpfiles.kdump(guest.dump)):
        for most in (65536, 1000):
            damage(tmp, f"{guest.name} flattened", dumpfiles.flattened(what, rng, most), [], rng, times)


def main():
    rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    with tempfile.TemporaryDirectory() as tmp:
        for name in GUESTS:
            guest = Guest(tmp, name)
            if SANITIZED == PAGEWALK:
                compare(tmp, guest, rng)
            damage_all(tmp, guest, rng, times)
        copies(tmp)
        without_a_kernel(tmp, rng)
    return summary()


if __name__ == "__main__":
    sys.exit(main())
