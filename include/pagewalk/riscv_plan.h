/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * RISC-V: executors for maintenance. One function turns a plan into fences, whoever carries them
 * out: the real instructions, the counter and the printer see the same sequence.
 *
 * SFENCE.VMA acts on its own hart; the others are asked through the caller's remote hook (an IPI,
 * or the SBI's remote fences).
 *
 * Sources: RISC-V privileged specification, "Supervisor Memory-Management Fence Instruction",
 * "Svinval", and of the hypervisor extension "Hypervisor Memory-Management Fence Instructions".
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_RISCV_PLAN_H
#define PAGEWALK_RISCV_PLAN_H

#include <pagewalk/executor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The operands of a fence. A missing one (x0) means "all". */
struct pw_riscv_fence {
	uint64_t rs1; /* address; of HFENCE.GVMA a guest-physical one, shifted right by 2 */
	uint64_t rs2; /* ASID or VMID */
	bool has_rs1;
	bool has_rs2;
};

/* One hart's maintenance instructions. */
struct pw_riscv_ops {
	void (*sfence_vma)(void *ctx, const struct pw_riscv_fence *f);
	void (*hfence_gvma)(void *ctx, const struct pw_riscv_fence *f);
	/* Svinval: the same without an order of their own, between the two fences below */
	void (*sinval_vma)(void *ctx, const struct pw_riscv_fence *f);
	void (*hinval_gvma)(void *ctx, const struct pw_riscv_fence *f);
	void (*sfence_w_inval)(void *ctx);
	void (*sfence_inval_ir)(void *ctx);
	/* FENCE RW, RW: stores are visible to other harts before what follows */
	void (*fence)(void *ctx);
};

/* struct pw_riscv_executor.caps */
#define PW_RISCV_SVINVAL 0x1u

/* Addresses that are fenced one by one before everything is: Linux's choice for RISC-V. */
#define PW_RISCV_MAX_SINGLE 64u

struct pw_riscv_executor {
	struct pw_executor x; /* hand &x to pw_gather_init() and pw_table_config.exec; set x.remote
				 where there are other harts */
	const struct pw_riscv_ops *ops;
	void *ops_ctx;
	uint32_t caps;	     /* PW_RISCV_* */
	uint32_t max_single; /* addresses of a range, then all; 0: PW_RISCV_MAX_SINGLE */
};

void pw_riscv_executor_init(struct pw_riscv_executor *e, const struct pw_riscv_ops *ops,
			    void *ops_ctx);

/*
 * pw_riscv_run_plan - a plan as instructions
 * @plan:  the plan
 * @e:     the executor
 *
 *   publish:      what a handle without Svvptc owes for entries that became valid is a range like
 *                 any other, because an invalid entry may be cached (where a table was linked,
 *                 one that is no leaf's); with it, nothing
 *   ranges:       pw_riscv_run_local(); then, with x.remote, FENCE RW, RW and remote(), which
 *                 makes the other harts run pw_riscv_run_local()
 *
 * Then x.complete(), if set.
 */
void pw_riscv_run_plan(const struct pw_plan *plan, const struct pw_riscv_executor *e);

/*
 * pw_riscv_run_local - what one hart has to do for a plan: this one, or another that was asked
 *
 * With an address a fence orders leaf entries only, with an ASID none that are global: so where a
 * table changed there is no address, and where entries are for any ASID no ASID.
 *
 * Context:   any hart; the stores that the plan speaks of are visible to it.
 */
void pw_riscv_run_local(const struct pw_plan *plan, const struct pw_riscv_executor *e);

/* The real instructions; defined where the target is RISC-V. Needs S-mode, HS-mode for hfence. */
extern const struct pw_riscv_ops pw_riscv_insns;

/* A counter of instructions; an executor of its own, for one hart and those that it asks. */
struct pw_riscv_counts {
	uint64_t sfence;  /* SFENCE.VMA, with or without operands */
	uint64_t hfence;  /* HFENCE.GVMA */
	uint64_t sinval;  /* SINVAL.VMA, HINVAL.GVMA */
	uint64_t full;	  /* of all of these: without an address */
	uint64_t remote;  /* times that other harts were asked */
	uint64_t publish; /* plans with a publish barrier */
	uint64_t plans;
};

struct pw_riscv_counter {
	struct pw_riscv_executor e; /* hand &counter.e.x on */
	struct pw_riscv_counts n;
};

void pw_riscv_counter_init(struct pw_riscv_counter *c);

/* A printer: one line each, "sfence.vma 0x0000000000001000, x0\n" and the like. */
struct pw_riscv_printer {
	struct pw_riscv_executor e; /* hand &printer.e.x on */
	void (*put)(void *ctx, const char *line);
	void *put_ctx;
};

void pw_riscv_printer_init(struct pw_riscv_printer *p, void (*put)(void *ctx, const char *line),
			   void *put_ctx);

#ifdef __cplusplus
}
#endif
#endif
