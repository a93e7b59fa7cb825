/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/x86_plan.h>

#include "../text.h"

static void print_invlpg(void *ctx, struct pw_va va)
{
	struct pw_x86_printer *p = ctx;
	char line[PW_TEXT_BYTES], *end = pw_put_hex(pw_put_text(line, "invlpg "), va.v);

	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

static void print_invpcid(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va)
{
	struct pw_x86_printer *p = ctx;
	char line[PW_TEXT_BYTES], *end = pw_put_text(line, "invpcid ");

	*end++ = (char)('0' + (unsigned int)type);
	end = pw_put_hex(pw_put_text(end, ", pcid "), pcid);
	end = pw_put_hex(pw_put_text(end, ", "), va.v);
	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

static void print_reload_cr3(void *ctx)
{
	struct pw_x86_printer *p = ctx;

	p->put(p->put_ctx, "mov cr3, cr3\n");
}

static void print_toggle_pge(void *ctx)
{
	struct pw_x86_printer *p = ctx;

	p->put(p->put_ctx, "cr4.pge off, on\n");
}

static void print_invlpgb(void *ctx, const struct pw_x86_invlpgb *o)
{
	struct pw_x86_printer *p = ctx;
	char line[PW_TEXT_BYTES], *end = pw_put_hex(pw_put_text(line, "invlpgb rax="), o->rax);

	end = pw_put_hex(pw_put_text(end, ", ecx="), o->ecx);
	end = pw_put_hex(pw_put_text(end, ", edx="), o->edx);
	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

static void print_tlbsync(void *ctx)
{
	struct pw_x86_printer *p = ctx;

	p->put(p->put_ctx, "tlbsync\n");
}

static void print_invept(void *ctx, enum pw_x86_invept type, uint64_t eptp)
{
	struct pw_x86_printer *p = ctx;
	char line[PW_TEXT_BYTES], *end = pw_put_text(line, "invept ");

	*end++ = (char)('0' + (unsigned int)type);
	end = pw_put_hex(pw_put_text(end, ", eptp "), eptp);
	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

static void print_fence(void *ctx)
{
	struct pw_x86_printer *p = ctx;

	p->put(p->put_ctx, "mfence; lfence\n");
}

static void print_remote(void *ctx, const struct pw_plan *plan)
{
	struct pw_x86_executor *e = ctx;
	struct pw_x86_printer *p = e->ops_ctx;

	(void)plan;
	p->put(p->put_ctx, "ipi: the others likewise\n");
}

void pw_x86_printer_init(struct pw_x86_printer *p, void (*put)(void *ctx, const char *line),
			 void *put_ctx)
{
	static const struct pw_x86_ops ops = {
		.invlpg = print_invlpg,
		.invpcid = print_invpcid,
		.reload_cr3 = print_reload_cr3,
		.toggle_pge = print_toggle_pge,
		.invlpgb = print_invlpgb,
		.tlbsync = print_tlbsync,
		.invept = print_invept,
		.fence = print_fence,
	};

	pw_x86_executor_init(&p->e, &ops, p);
	p->e.x.remote = print_remote;
	p->put = put;
	p->put_ctx = put_ctx;
}
