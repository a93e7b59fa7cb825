/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/arm64.h>

#include "../text.h"

/* The assembler's spelling is the manual's in lower case. */
static char *put_name(char *to, const char *name)
{
	for (; *name; name++)
		*to++ = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
	*to = '\0';
	return to;
}

static void print_dsb(void *ctx, enum pw_arm64_dsb kind)
{
	struct pw_arm64_printer *p = ctx;

	p->put(p->put_ctx, kind == PW_ARM64_DSB_ISHST ? "dsb ishst\n" : "dsb ish\n");
}

static void print_isb(void *ctx)
{
	struct pw_arm64_printer *p = ctx;

	p->put(p->put_ctx, "isb\n");
}

static void print_tlbi(void *ctx, enum pw_arm64_tlbi op, uint64_t operand)
{
	struct pw_arm64_printer *p = ctx;
	char line[PW_TEXT_BYTES];
	char *end = put_name(pw_put_text(line, "tlbi "), pw_arm64_tlbi_name(op));

	if (pw_arm64_tlbi_takes_operand(op))
		end = pw_put_hex(pw_put_text(end, ", "), operand);
	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

void pw_arm64_printer_init(struct pw_arm64_printer *p, void (*put)(void *ctx, const char *line),
			   void *put_ctx)
{
	static const struct pw_arm64_ops ops = {
		.dsb = print_dsb,
		.isb = print_isb,
		.tlbi = print_tlbi,
	};

	pw_arm64_executor_init(&p->e, &ops, p);
	p->put = put;
	p->put_ctx = put_ctx;
}
