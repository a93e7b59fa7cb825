/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* The architectures, and what their files share. */
#include <string.h>

#include "arch.h"

const struct arch *const archs[] = { &arch_arm64, &arch_x86, &arch_riscv };
const unsigned int nr_archs = sizeof(archs) / sizeof(archs[0]);
_Static_assert(sizeof(archs) / sizeof(archs[0]) <= MAX_ARCHS, "options.c has no more room");

const struct arch *arch_of_machine(unsigned int machine)
{
	unsigned int i;

	for (i = 0; i < nr_archs; i++) {
		if (archs[i]->machine == machine)
			return archs[i];
	}
	return NULL;
}

const struct arch *arch_of_name(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_archs; i++) {
		if (!strcmp(archs[i]->name, name) || !strcmp(archs[i]->option, name))
			return archs[i];
	}
	return NULL;
}

bool arch_given(const struct options *o, const struct arch *arch, unsigned int reg, uint64_t *v)
{
	unsigned int i;

	/* the last one counts */
	for (i = o->nr_given; i > 0; i--) {
		if (o->given[i - 1].arch == arch && o->given[i - 1].reg == reg) {
			*v = o->given[i - 1].value;
			return true;
		}
	}
	return false;
}

bool note_number(const struct pw_source *s, const char *key, uint64_t *value)
{
	size_t len;
	const char *info = pw_source_vmcoreinfo(s, &len);

	return info && pw_vmcoreinfo_number(info, len, key, value);
}
