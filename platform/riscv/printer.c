/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/riscv_plan.h>

#include "../text.h"

static void print(void *ctx, const char *name, const struct pw_riscv_fence *f)
{
	struct pw_riscv_printer *p = ctx;
	char line[PW_TEXT_BYTES], *end = pw_put_text(pw_put_text(line, name), " ");

	end = f->has_rs1 ? pw_put_hex(end, f->rs1) : pw_put_text(end, "x0");
	end = pw_put_text(end, ", ");
	end = f->has_rs2 ? pw_put_hex(end, f->rs2) : pw_put_text(end, "x0");
	pw_put_text(end, "\n");
	p->put(p->put_ctx, line);
}

static void print_sfence(void *ctx, const struct pw_riscv_fence *f)
{
	print(ctx, "sfence.vma", f);
}

static void print_hfence(void *ctx, const struct pw_riscv_fence *f)
{
	print(ctx, "hfence.gvma", f);
}

static void print_sinval(void *ctx, const struct pw_riscv_fence *f)
{
	print(ctx, "sinval.vma", f);
}

static void print_hinval(void *ctx, const struct pw_riscv_fence *f)
{
	print(ctx, "hinval.gvma", f);
}

static void print_w_inval(void *ctx)
{
	struct pw_riscv_printer *p = ctx;

	p->put(p->put_ctx, "sfence.w.inval\n");
}

static void print_inval_ir(void *ctx)
{
	struct pw_riscv_printer *p = ctx;

	p->put(p->put_ctx, "sfence.inval.ir\n");
}

static void print_fence(void *ctx)
{
	struct pw_riscv_printer *p = ctx;

	p->put(p->put_ctx, "fence rw, rw\n");
}

static void print_remote(void *ctx, const struct pw_plan *plan)
{
	struct pw_riscv_executor *e = ctx;
	struct pw_riscv_printer *p = e->ops_ctx;

	(void)plan;
	p->put(p->put_ctx, "remote: the other harts likewise\n");
}

void pw_riscv_printer_init(struct pw_riscv_printer *p, void (*put)(void *ctx, const char *line),
			   void *put_ctx)
{
	static const struct pw_riscv_ops ops = {
		.sfence_vma = print_sfence,
		.hfence_gvma = print_hfence,
		.sinval_vma = print_sinval,
		.hinval_gvma = print_hinval,
		.sfence_w_inval = print_w_inval,
		.sfence_inval_ir = print_inval_ir,
		.fence = print_fence,
	};

	pw_riscv_executor_init(&p->e, &ops, p);
	p->e.x.remote = print_remote;
	p->put = put;
	p->put_ctx = put_ctx;
}
