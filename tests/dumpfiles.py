# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
A machine's memory as each kind of dump has it, written from what the formats say. Nothing here knows
how pagewalk reads them.
"""

import ctypes
import struct
import zlib


class Dump:
    """What is in an ELF core: the machine, stretches of memory (address, bytes), the notes."""

    def __init__(self, elf):
        assert elf[:6] == b"\x7fELF\2\1"
        self.machine = struct.unpack_from("<H", elf, 18)[0]
        at, size, nr = struct.unpack_from("<Q", elf, 32)[0], *struct.unpack_from("<HH", elf, 54)
        self.memory, self.notes = [], b""
        for i in range(nr):
            kind, _, offset, _, pa, length = struct.unpack_from("<IIQQQQ", elf, at + i * size)
            if kind == 4:
                self.notes += elf[offset:offset + length]
            elif kind == 1 and length:
                self.memory.append((pa, elf[offset:offset + length]))
        self.memory.sort()


def lime(dump):
    """LiME, version 1: the last address of a range is one of it."""
    return b"".join(struct.pack("<4sIQQ8x", b"EMiL", 1, pa, pa + len(data) - 1) + data
                    for pa, data in dump.memory)


def write_raw(dump, path):
    """Memory from the first address on, with holes in the file. Returns that address."""
    base = dump.memory[0][0]
    with open(path, "wb") as f:
        for pa, data in dump.memory:
            f.seek(pa - base)
            f.write(data)
    return base


# --- compression, by the libraries themselves -------------------------------------------------------

def _library(name):
    return ctypes.CDLL(name)


def _zstd(data):
    out = ctypes.create_string_buffer(len(data) + 1024)
    fn = _library("libzstd.so.1").ZSTD_compress
    fn.restype = ctypes.c_size_t
    fn.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int]
    length = fn(out, len(out), data, len(data), 3)
    return out.raw[:length]


def _lzo(data):
    out = ctypes.create_string_buffer(len(data) + len(data) // 16 + 67)
    length = ctypes.c_ulong()
    work = ctypes.create_string_buffer(16384 * ctypes.sizeof(ctypes.c_void_p))
    fn = _library("liblzo2.so.2").lzo1x_1_compress
    fn.argtypes = [ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_char_p]
    assert fn(data, len(data), out, ctypes.byref(length), work) == 0
    return out.raw[:length.value]


def _snappy(data):
    out = ctypes.create_string_buffer(32 + len(data) + len(data) // 6)
    length = ctypes.c_size_t(len(out))
    fn = _library("libsnappy.so.1").snappy_compress
    fn.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_void_p]
    assert fn(data, len(data), out, ctypes.byref(length)) == 0
    return out.raw[:length.value]


# name: the flag of a page, what makes one
COMPRESSION = {"none": (0, None), "zlib": (1, zlib.compress), "lzo": (2, _lzo), "snappy": (4, _snappy),
               "zstd": (32, _zstd)}

UTS = {183: b"aarch64", 62: b"x86_64", 243: b"riscv64"}


def vmcoreinfo_of(notes):
    """Where the VMCOREINFO text is in these notes: offset, size."""
    at = 0
    while at < len(notes):
        name, desc, _ = struct.unpack_from("<III", notes, at)
        body = at + 12 + (name + 3 & ~3)
        if notes[at + 12:at + 22] == b"VMCOREINFO":
            return body, desc
        at = body + (desc + 3 & ~3)
    return 0, 0


def blocks_of(dump, block):
    """Memory as blocks, by number; what a block has no memory for is zero."""
    blocks = {}
    for pa, data in dump.memory:
        at = 0
        while at < len(data):
            nr, inside = (pa + at) // block, (pa + at) % block
            part = data[at:at + block - inside]
            blocks.setdefault(nr, bytearray(block))[inside:inside + len(part)] = part
            at += len(part)
    return {nr: bytes(data) for nr, data in blocks.items()}


def kdump(dump, compression="zlib", block=4096, version=6, uts=True, level=0, bitmaps=2):
    """
    A kdump-compressed dump as makedumpfile writes it. level 1: zero pages are left out. Where
    compression does not make a page smaller it stays as it is. bitmaps=1: only what is dumped.
    """
    flag, compress = COMPRESSION[compression]
    memory = blocks_of(dump, block)
    dumped = {nr: d for nr, d in memory.items() if not level & 1 or any(d)}
    top = max(memory) + 1
    bits = -(-(-(-top // 8)) // block) * block
    maps = [bytearray(bits), bytearray(bits)]
    for which, numbers in ((0, memory), (1, dumped)):
        for nr in numbers:
            maps[which][nr // 8] |= 1 << nr % 8
    maps = maps[2 - bitmaps:]

    notes = dump.notes if version >= 4 else b""
    info_at, info_len = vmcoreinfo_of(dump.notes)
    kept = dump.notes if version >= 3 else b""
    sub_blocks = -(-(104 + len(kept)) // block)
    notes_at = block + 104
    sub = struct.pack("<QIIQQQQQQQQQQQ", 0, level, 0, 0, 0,
                      notes_at + info_at if info_len else 0, info_len,
                      notes_at if notes else 0, len(notes), 0, 0, 0, 0, top)
    # a version has no more fields than it has
    sub = sub[:{1: 16, 2: 32, 3: 48, 4: 64, 5: 80, 6: 104}[version]].ljust(104, b"\xa5")
    if version == 1:
        sub = sub[:12] + b"\xa5" * 92
    bitmap_blocks = bitmaps * bits // block
    header = struct.pack("<8sI", b"KDUMP   ", version)
    names = [b"Linux", b"", b"", b"", UTS[dump.machine] if uts else b"Unknown", b""]
    header += b"".join(n.ljust(65, b"\0") for n in names) + bytes(22)
    header += struct.pack("<IIIIIIIIII", flag, block, sub_blocks, bitmap_blocks,
                          min(top, 0xffffffff), len(memory), 0, 0, 0, 1)
    out = bytearray(header.ljust(block, b"\0"))
    out += (sub + kept).ljust(sub_blocks * block, b"\0") + b"".join(maps)

    at = len(out) + 24 * len(dumped)
    descs, pages, seen = b"", bytearray(), {}
    for nr in sorted(dumped):
        data = dumped[nr]
        small = compress(data) if compress else data
        small, flags = (small, flag) if len(small) < block else (data, 0)
        if small not in seen: # pages that are alike share their bytes
            seen[small] = at + len(pages)
            pages += small
        descs += struct.pack("<QIIQ", seen[small], len(small), flags, 0)
    return bytes(out + descs + pages)


def flattened(data, rng, most=65536):
    """
    A file as makedumpfile's stream: records, in any order, some of them written twice: first with
    other bytes.
    """
    cuts = sorted({0, len(data)} | {rng.randrange(len(data)) for _ in range(len(data) // most + 9)})
    records = [(a, data[a:b]) for a, b in zip(cuts, cuts[1:])]
    rng.shuffle(records)
    early = []
    for _ in range(len(records) // 2):
        at = rng.randrange(len(data))
        early.append((at, rng.randbytes(rng.randrange(1, min(most, len(data) - at) + 1))))
    out = b"makedumpfile\0\0\0\0" + struct.pack(">qq", 1, 1)
    out = out.ljust(4096, b"\0")
    out += b"".join(struct.pack(">qq", at, len(d)) + d for at, d in early + records)
    return out + struct.pack(">qq", -1, -1)
