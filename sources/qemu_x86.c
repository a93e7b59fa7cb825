/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The note, version 1, little-endian:
 *
 *     0  version (4 bytes)   4  size of all this (4)
 *     8  sixteen general registers, RIP, RFLAGS (8 each)
 *   152  ten segments (24 each, the selector first): CS, DS, ES, FS, GS, SS, LDT, TR, GDT, IDT
 *   392  CR0 to CR4 (8 each)
 */
#include "qemu_x86.h"

#include <endian.h>
#include <string.h>

#define AT_VERSION 0u
#define AT_SIZE	   4u
#define AT_CR	   392u
#define END	   432u

static uint32_t u32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static uint64_t u64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

bool pw_qemu_x86_state(const void *note, size_t len, struct pw_qemu_x86 *out)
{
	const unsigned char *p = note;

	if (!p || len < END || u32(p + AT_VERSION) != 1 || u32(p + AT_SIZE) < END)
		return false;
	out->cr0 = u64(p + AT_CR);
	out->cr3 = u64(p + AT_CR + 24);
	out->cr4 = u64(p + AT_CR + 32);
	return true;
}
