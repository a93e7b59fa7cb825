# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# SPDX-FileCopyrightText: 2026 The pagewalk authors
"""
A machine's memory as each kind of dump has it, written from what the formats say. Nothing here knows
how pagewalk reads them.
"""

import struct


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
