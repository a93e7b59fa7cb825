/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The state of an x86 CPU as QEMU's dump-guest-memory notes it: a note named QEMU for each CPU. It
 * holds the control registers, so such a dump tells its page tables without a word from its kernel.
 */
#ifndef PAGEWALK_SOURCES_QEMU_X86_H
#define PAGEWALK_SOURCES_QEMU_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pw_qemu_x86 {
	uint64_t cr0;
	uint64_t cr3;
	uint64_t cr4;
};

/*
 * pw_qemu_x86_state - read such a note
 *
 * Return: false when @len bytes at @note are none, or of a version other than 1; @out is then as it
 *         was.
 */
bool pw_qemu_x86_state(const void *note, size_t len, struct pw_qemu_x86 *out);

#endif
