/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "registers.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "source_private.h"

struct reg {
	char name[48];
	uint64_t value;
};

struct pw_registers {
	struct reg *regs;
	size_t nr;
	size_t room;
};

void pw_registers_close(struct pw_registers *r)
{
	if (r)
		free(r->regs);
	free(r);
}

/* "NAME   0x123   291": the name and the first value, if the line is one. */
static bool parse_line(const char *line, struct reg *reg)
{
	size_t n = strcspn(line, " \t\r\n");
	const char *p = line + n;
	char *rest;

	if (n == 0 || n >= sizeof(reg->name) || !isalpha((unsigned char)line[0]))
		return false;
	p += strspn(p, " \t");
	if (p == line + n || strncmp(p, "0x", 2) != 0)
		return false;
	errno = 0;
	reg->value = strtoull(p, &rest, 16);
	if (errno || (*rest && !isspace((unsigned char)*rest)))
		return false;
	memcpy(reg->name, line, n);
	reg->name[n] = '\0';
	return true;
}

static int add(struct pw_registers *r, const struct reg *reg)
{
	if (r->nr == r->room) {
		size_t room = r->room ? 2 * r->room : 256;
		struct reg *regs = realloc(r->regs, room * sizeof(*regs));

		if (!regs)
			return -ENOMEM;
		r->regs = regs;
		r->room = room;
	}
	r->regs[r->nr++] = *reg;
	return 0;
}

/* "== cpuN". A number that is too large is UINT64_MAX, which is nobody's. */
static bool parse_cpu(const char *line, uint64_t *cpu)
{
	static const char head[] = "== cpu";
	const size_t n = sizeof(head) - 1;

	if (strncmp(line, head, n) != 0 || !isdigit((unsigned char)line[n]))
		return false;
	*cpu = strtoull(line + n, NULL, 10);
	return true;
}

/* "Thread 2 (Thread 1.2 (CPU#1 [halted ])):" of `thread apply all`, "[Switching to thread ...]". */
static bool parse_thread(const char *line, uint64_t *cpu)
{
	const char *p = strstr(line, "(Thread ");
	unsigned int thread;

	if (strncmp(line, "Thread ", 7) != 0 && strncmp(line, "[Switching to thread ", 21) != 0)
		return false;
	if (!p || sscanf(p, "(Thread %*9u.%9u", &thread) != 1 || !thread)
		return false;
	*cpu = thread - 1;
	return true;
}

/* Also tells whether there are registers of any CPU, and the highest CPU that has some. */
static int read_file(FILE *f, unsigned int cpu, struct pw_registers *r, bool *any,
		     uint64_t *highest)
{
	uint64_t now = 0;
	bool named = false; /* the file names its CPUs: gdb's words do not count */
	char *line = NULL;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, f) >= 0) {
		struct reg reg;

		named |= parse_cpu(line, &now);
		if ((!named && parse_thread(line, &now)) || !parse_line(line, &reg))
			continue;
		*any = true;
		if (now > *highest)
			*highest = now;
		if (now == cpu)
			err = add(r, &reg);
	}
	/* not at the end: the system's word why */
	if (!err && !feof(f))
		err = errno ? -errno : -EIO;
	free(line);
	return err;
}

int pw_registers_open(const char *path, unsigned int cpu, struct pw_registers **out,
		      struct pw_source_error *err)
{
	struct pw_registers *r;
	uint64_t highest = 0;
	bool any = false;
	FILE *f = fopen(path, "re");
	int e;

	if (!f) {
		e = -errno;
		pw_source_explain(err, "%s: cannot open: %s", path, strerror(errno));
		return e;
	}
	r = calloc(1, sizeof(*r));
	errno = 0;
	e = r ? read_file(f, cpu, r, &any, &highest) : -ENOMEM;
	fclose(f);
	if (!e && r->nr == 0) {
		e = any ? -ENOENT : -EINVAL;
		if (any)
			pw_source_explain(err,
					  "%s: no registers of cpu %u: the highest in the file is "
					  "cpu %llu",
					  path, cpu, (unsigned long long)highest);
		else
			pw_source_explain(err,
					  "%s: line 1: expected gdb's `info all-registers` text "
					  "(NAME 0xVALUE ...), found no register",
					  path);
	} else if (e) {
		pw_source_explain(err, "%s: cannot read: %s", path, strerror(-e));
	}
	if (e) {
		pw_registers_close(r);
		return e;
	}
	*out = r;
	return 0;
}

bool pw_registers_get(const struct pw_registers *r, const char *name, uint64_t *value)
{
	size_t i;

	for (i = 0; i < r->nr; i++) {
		if (!strcasecmp(r->regs[i].name, name)) {
			*value = r->regs[i].value;
			return true;
		}
	}
	return false;
}
