/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Registers as gdb's `info all-registers` prints them: NAME VALUE ..., one a line. A line "== cpuN"
 * begins the registers of CPU N; what comes before the first such line is CPU 0's. Where there is
 * no such line gdb's own count, which begin with "Thread" or "[Switching to thread" and have
 * "(Thread P.T": QEMU's CPU T - 1. Other lines that are no register (gdb's chatter, vector
 * registers) are passed over.
 */
#ifndef PAGEWALK_SOURCES_REGISTERS_H
#define PAGEWALK_SOURCES_REGISTERS_H

#include "source.h"

struct pw_registers;

/*
 * pw_registers_open - read the registers of one CPU
 * @path:  the file
 * @cpu:   which CPU
 * @out:   set on success; give it to pw_registers_close()
 * @err:   filled in on failure
 *
 * Return: 0, or a negative errno value: the system's own, -ENOENT when the file has registers but
 *         none of this CPU, -EINVAL when it has no registers at all.
 */
int pw_registers_open(const char *path, unsigned int cpu, struct pw_registers **out,
		      struct pw_source_error *err);
void pw_registers_close(struct pw_registers *r);

/*
 * The value of a register; names are compared without regard to case. The first one counts. When
 * there is none @value is as it was.
 */
bool pw_registers_get(const struct pw_registers *r, const char *name, uint64_t *value);

#endif
