/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * x86-64: executors for maintenance. One function turns a plan into invalidations, whoever carries
 * them out: the real instructions, the counter and the printer see the same sequence.
 *
 * What a CPU has cached of tables goes away by instructions that act on itself (INVLPG, INVPCID,
 * MOV to CR3, CR4.PGE, INVEPT); other CPUs must be asked to do the same, by the caller's IPI. Or,
 * where there is INVLPGB, one CPU does it for all.
 *
 * Sources: Intel SDM Vol. 3A, "Caching Translation Information" and "Invalidation of TLBs and
 * Paging-Structure Caches"; Vol. 3C, "Caching Translation Information" of VMX; AMD APM Vol. 3,
 * INVLPGB and TLBSYNC.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_X86_PLAN_H
#define PAGEWALK_X86_PLAN_H

#include <pagewalk/executor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* INVPCID types; SDM Vol. 2A, INVPCID. */
enum pw_x86_invpcid {
	PW_X86_INVPCID_ADDRESS = 0,    /* an address of a PCID, global entries excepted */
	PW_X86_INVPCID_PCID = 1,       /* everything of a PCID, global entries excepted */
	PW_X86_INVPCID_ALL_GLOBAL = 2, /* everything */
	PW_X86_INVPCID_ALL = 3,	       /* everything, global entries excepted */
};

/* INVEPT types; SDM Vol. 3C, INVEPT. */
enum pw_x86_invept {
	PW_X86_INVEPT_CONTEXT = 1, /* everything of an EPTP */
	PW_X86_INVEPT_ALL = 2,
};

/* The registers of INVLPGB; AMD APM Vol. 3. */
struct pw_x86_invlpgb {
	uint64_t rax;
	uint32_t ecx;
	uint32_t edx;
};

/* What one INVLPGB can say; see pw_x86_invlpgb_operand(). */
struct pw_x86_invlpgb_range {
	struct pw_va va; /* first page; with @nr 0: none, every address */
	uint32_t nr;	 /* pages, at most 65536 (and CPUID 8000_0008 EDX[15:0] + 1) */
	uint16_t pcid;	 /* with @has_pcid */
	uint16_t asid;	 /* SVM's, 0 for the host */
	bool has_pcid;	 /* entries of this PCID only; else of every PCID */
	bool global;	 /* global entries, too */
	bool leaf;	 /* final translations only, no cached table walks */
	bool large;	 /* steps of 2M instead of 4K */
};

/*
 * pw_x86_invlpgb_operand - the registers of one INVLPGB
 *
 * Source: AMD APM Vol. 3, INVLPGB: rAX[63:12] address, [5] nested, [4] final translation only, [3]
 * global, [2] ASID valid, [1] PCID valid, [0] address valid; ECX[31] steps of 2M, [15:0] pages
 * beyond the first; EDX[27:16] PCID, [15:0] ASID.
 */
struct pw_x86_invlpgb pw_x86_invlpgb_operand(const struct pw_x86_invlpgb_range *r);

/* One CPU's maintenance instructions. */
struct pw_x86_ops {
	void (*invlpg)(void *ctx, struct pw_va va);
	void (*invpcid)(void *ctx, enum pw_x86_invpcid type, uint16_t pcid, struct pw_va va);
	/* MOV to CR3 of what it holds, bit 63 clear: everything of the current PCID but what is
	   global */
	void (*reload_cr3)(void *ctx);
	/* CR4.PGE off and on (PCIDE left alone): everything, of every PCID, global entries too */
	void (*toggle_pge)(void *ctx);
	void (*invlpgb)(void *ctx, const struct pw_x86_invlpgb *operand);
	void (*tlbsync)(void *ctx);
	void (*invept)(void *ctx, enum pw_x86_invept type, uint64_t eptp);
	/* MFENCE; LFENCE: this CPU's stores are visible before what follows, an x2APIC WRMSR that
	   sends an IPI included, which orders nothing by itself */
	void (*fence)(void *ctx);
};

/* struct pw_x86_executor.caps */
#define PW_X86_INVPCID	  0x1u /* there is INVPCID */
#define PW_X86_PCIDE	  0x2u /* CR4.PCIDE: translations are tagged */
#define PW_X86_INVLPGB	  0x4u /* there is INVLPGB: nobody needs to be asked */
#define PW_X86_ALL_GLOBAL 0x8u /* leaves for any ASID are global (G), never merely shared */

/* Pages that are invalidated one by one before everything is: Linux's choice for x86. */
#define PW_X86_MAX_SINGLE 33u

struct pw_x86_executor {
	struct pw_executor x; /* hand &x to pw_gather_init() and pw_table_config.exec; set x.remote
				 where there are other CPUs and no INVLPGB */
	const struct pw_x86_ops *ops;
	void *ops_ctx;
	uint32_t caps;	      /* PW_X86_* */
	uint32_t max_single;  /* pages, then everything; 0: PW_X86_MAX_SINGLE */
	uint32_t invlpgb_max; /* pages of one INVLPGB: CPUID 8000_0008 EDX[15:0] + 1; 0: 1 */
	uint16_t pcid;	      /* the current one, when PW_X86_PCIDE; keep it up to date */
	uint16_t twin;	      /* page table isolation: the bit that makes of an address space's
				   PCID that of its user half; 0: there is no such pair */
	uint64_t eptp;	      /* of the EPT tables, for INVEPT */
};

void pw_x86_executor_init(struct pw_x86_executor *e, const struct pw_x86_ops *ops, void *ops_ctx);

/*
 * pw_x86_run_plan - a plan as instructions
 * @plan:  the plan
 * @e:     the executor
 *
 *   publish:        nothing: an entry that is not present is never cached, stores become visible in
 *                   order, and a walk that still missed one faults only where the table said so
 *                   when it was read
 *   before:         nothing: INVLPG and its like are serializing
 *   with INVLPGB:   INVLPGB ...; TLBSYNC, where no EPT is concerned
 *   else:           INVLPG, INVPCID, or everything, on this CPU; then, with x.remote, MFENCE;
 *                   LFENCE and remote(), which makes the others run pw_x86_run_local()
 *
 * Then x.complete(), if set.
 */
void pw_x86_run_plan(const struct pw_plan *plan, const struct pw_x86_executor *e);

/*
 * pw_x86_run_local - what one CPU has to do for a plan: this one, or another that was asked by IPI
 * @e:  with that CPU's own pcid
 *
 * Context:   any CPU; interrupts as the caller likes; the stores that the plan speaks of are
 *            visible.
 */
void pw_x86_run_local(const struct pw_plan *plan, const struct pw_x86_executor *e);

/* The real instructions; defined where the target is x86-64. Needs CPL 0. */
extern const struct pw_x86_ops pw_x86_insns;

/* A counter of instructions; an executor of its own, for one CPU and those that it asks. */
struct pw_x86_counts {
	uint64_t invlpg;
	uint64_t invpcid;
	uint64_t full; /* CR3 loads, CR4.PGE toggles, INVPCID of everything, INVEPT */
	uint64_t invlpgb;
	uint64_t tlbsync;
	uint64_t remote;  /* times that other CPUs were asked */
	uint64_t publish; /* plans with a publish barrier, which costs nothing here */
	uint64_t plans;
};

struct pw_x86_counter {
	struct pw_x86_executor e; /* hand &counter.e.x on */
	struct pw_x86_counts n;
};

void pw_x86_counter_init(struct pw_x86_counter *c);

/* A printer: one line each, "invlpg 0xffff800000001000\n" and the like. */
struct pw_x86_printer {
	struct pw_x86_executor e; /* hand &printer.e.x on */
	void (*put)(void *ctx, const char *line);
	void *put_ctx;
};

void pw_x86_printer_init(struct pw_x86_printer *p, void (*put)(void *ctx, const char *line),
			 void *put_ctx);

#ifdef __cplusplus
}
#endif
#endif
