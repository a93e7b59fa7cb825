/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The executable MMU: tell it what your page-table code does, and it says which barrier or
 * invalidation is missing.
 *
 * The model knows nothing of the engine: link it under page-table code of your own. You report
 * steps (stores to tables, barriers, TLB maintenance, accesses, "unmap returns now") as they
 * happen, in one order; the model keeps what each CPU might still hold, and calls you back with a
 * verdict when the hardware could use something it must not.
 *
 *	size_t len = pwm_size(&cfg);
 *	struct pwm *m = pwm_init(malloc(len), len, &cfg);
 *	pwm_set_site(m, pwm_site(m, __FILE__, __LINE__));
 *	pwm_root(m, 0, PWM_LOWER, root, asid);
 *	pwm_store(m, 0, pa, val, PWM_PLAIN);	before memory changes
 *	pwm_dsb(m, 0, PWM_DSB_ISHST);
 *	pwm_tlbi(m, 0, PWM_VALE1 | PWM_IS, va, asid);
 *	...
 *	pwm_contract(m, 0, PWM_UNMAP, first, last);
 *
 * Each of these returns -1 when it makes no sense, and says why in pwm_refused(). Who does not look
 * at each looks at pwm_stats.refused and .overflows in the end: both 0, or not all was checked.
 *
 * Free-standing: needs memcpy, memset and memcmp, no allocator. One model is one thread's at a
 * time; the caller serialises the steps of its CPUs, and that order is the order of memory.
 *
 * Check mode is the above. In play mode pwm_outcomes() gives the *set* of results that an access
 * may have, and pwm_access() lets a chooser of yours pick one.
 *
 * Addresses and lengths are bytes, ranges closed, levels count from 0 (leaf-most) up.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_MODEL_H
#define PAGEWALK_MODEL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pwm; /* lives in the caller's memory */

enum pwm_arch_id { PWM_ARM64 = 0, PWM_X86, PWM_RISCV, PWM_NR_ARCHES };

#define PWM_MAX_CPUS   64u
#define PWM_MAX_LEVELS 6u

/*
 * struct pwm_config.features; a feature that is off is the weaker hardware, or has its bits of
 * entries reserved (PWM_NX, PWM_SVNAPOT, PWM_SVPBMT)
 */
#define PWM_ETS2      0x00001u /* FEAT_ETS2: a DSB is enough for a new mapping to be seen */
#define PWM_HAF	      0x00002u /* hardware sets the access flag: AF=0 may be cached */
#define PWM_HD	      0x00004u /* hardware manages dirty state */
#define PWM_LPA2      0x00008u /* 52-bit descriptors (4K and 16K) */
#define PWM_HPD	      0x00010u /* hierarchical permissions are off */
#define PWM_WXN	      0x00020u /* writable is never executable */
#define PWM_REPEAT    0x00040u /* erratum: TLBI and DSB are owed twice */
#define PWM_NT	      0x00080u /* FEAT_BBM level 1: the nT bit of blocks is used */
#define PWM_PCID      0x00100u /* CR4.PCIDE */
#define PWM_TCE	      0x00200u /* EFER.TCE: INVLPG drops upper entries of its own address only */
#define PWM_X2APIC    0x00400u /* IPIs are sent by WRMSR, which does not drain the store buffer */
#define PWM_NX	      0x00800u /* EFER.NXE */
#define PWM_SHSTK     0x01000u /* CET shadow stacks: R/W=0 with D=1 is special */
#define PWM_SVVPTC    0x02000u /* invalid entries are not cached for long */
#define PWM_SVINVAL   0x04000u /* says nothing: its instructions are known in any case */
#define PWM_SVNAPOT   0x08000u
#define PWM_SVADU     0x10000u /* hardware sets A and D */
#define PWM_SVPBMT    0x20000u
#define PWM_SW60      0x40000u	 /* Svrsw60t59b: bits 60:59 are software's */
#define PWM_NO_WX     0x80000u	 /* policy: nothing may be writable and executable */
#define PWM_PLAY      0x100000u	 /* keep what play mode needs: times of invalidations */
#define PWM_PERF      0x200000u	 /* also say where maintenance was redundant */
#define PWM_FOREIGN   0x400000u	 /* trace of a real system: A/D may change without a step */
#define PWM_MBE	      0x1000000u /* EPT: mode-based execute control */
#define PWM_EXEC_ONLY 0x2000000u /* EPT: execute without read is no misconfiguration */

/*
 * Translation regimes of arm64; the others have PWM_EL1 (satp, CR3) and PWM_STAGE2 (hgatp, the EPT
 * pointer).
 */
enum pwm_regime { PWM_EL1 = 0, PWM_EL2, PWM_EL3, PWM_STAGE2 };

/*
 * Where a root is loaded: TTBR0 (CR3, satp), TTBR1, TTBR0 of EL2 or EL3; for guest-physical
 * addresses VTTBR, hgatp or the EPT pointer. The root is an address, without the ASID, VMID, mode
 * and flags that the register has as well; the EPT pointer alone comes whole, with the walk's
 * length and the A/D flag.
 */
enum pwm_half { PWM_LOWER = 0, PWM_UPPER, PWM_HYP, PWM_GUEST, PWM_NR_HALVES };

#define PWM_ANY_ASID 0xffffu /* a space whose non-global entries may carry any tag (arm64 TTBR1) */

enum pwm_class {
	PWM_ERROR = 1, /* wrong data or rights */
	PWM_UNPRED,    /* several translations at once */
	PWM_LOST,      /* an A/D update or an entry is lost */
	PWM_SPURIOUS,  /* a fault is possible though the tables say valid */
	PWM_POLICY,    /* legal, and probably not wanted */
	PWM_REDUNDANT, /* PERF: maintenance that nothing needs */
	PWM_NR_CLASSES
};

/* A rule. The table is the source of docs/rules.md and of `pagewalk rules`. */
struct pwm_rule {
	const char *id;	      /* A64-TLBI-3 */
	const char *title;    /* a few words */
	const char *sentence; /* what to tell the author of the code */
	const char *section;  /* of the manual */
	uint32_t cls;	      /* enum pwm_class */
};

/* Every rule, NULL behind the last one. */
const struct pwm_rule *pwm_rule_at(uint32_t i);
const struct pwm_rule *pwm_rule_find(const char *id, size_t len);
const char *pwm_class_name(uint32_t cls);

/* What happened: one step. 32 bytes, the record of a binary trace (little endian). */
struct pwm_step {
	uint8_t op; /* enum pwm_op */
	uint8_t cpu;
	uint16_t kind; /* by op */
	uint32_t site; /* where in the code: pwm_site(); 0 not known */
	uint64_t a, b, c;
};

enum pwm_op {
	PWM_OP_NONE = 0,
	PWM_OP_CONFIG,	 /* kind: enum pwm_key; a: value. Before every other step */
	PWM_OP_SITE,	 /* kind: bytes of text in a, b, c; site: its number; may be continued */
	PWM_OP_STORE,	 /* a: address, b: value, kind: PWM_PLAIN...; c: the old one (PWM_OLD) */
	PWM_OP_LOAD,	 /* a: address, b: value: this CPU has seen it */
	PWM_OP_SNAPSHOT, /* a: address, b: value: memory holds it, and has for a long time */
	PWM_OP_ZERO,	 /* a: address, b: bytes: DC ZVA and the like */
	PWM_OP_BARRIER,	 /* kind: enum pwm_barrier */
	PWM_OP_TLBI,	 /* arm64; kind: PWM_VAE1...; a: operand register */
	PWM_OP_INVLPG,	 /* x86; a: address */
	PWM_OP_INVPCID,	 /* x86; kind: type 0 to 3, b: PCID, a: address */
	PWM_OP_INVLPGB,	 /* AMD; a: address, b: PCID, kind: 1 everything; or PWM_RAW */
	PWM_OP_SFENCE,	 /* RISC-V; kind: PWM_RS1 | PWM_RS2 given; a: address, b: ASID */
	PWM_OP_SINVAL,	 /* the same, Svinval */
	PWM_OP_ROOT,	 /* kind: half, PWM_NOFLUSH; a: root; b: ASID; c: pwm_root_in() */
	PWM_OP_SYSREG,	 /* kind: enum pwm_sysreg, a: value */
	PWM_OP_ACCESS,	 /* a: address, kind: PWM_R... */
	PWM_OP_IPI, /* a: to which CPU. What its handler does are steps of that CPU, behind it */
	PWM_OP_TABLE_NEW,  /* a: address: a table page was handed out */
	PWM_OP_TABLE_FREE, /* a: address: it came back */
	PWM_OP_PAGE_FREE,  /* a: address, b: bytes: memory that was mapped is free for others */
	PWM_OP_ASID_FREE,  /* b: ASID: may be given to another space from now on */
	PWM_OP_CONTRACT,   /* kind: enum pwm_promise | flags; a: first, b: last */
	PWM_OP_LAZY,	   /* kind: enum pwm_lazy */
	PWM_OP_IRQ,	   /* kind: 1 enters, 0 leaves interrupt context */
	PWM_OP_END,	   /* the test is over: nothing may be left behind; kind: 1 audit aliases */
	/* RISC-V, as PWM_OP_SFENCE; of GVMA a: guest-physical address >> 2, b: VMID */
	PWM_OP_HFENCE_GVMA,
	PWM_OP_HFENCE_VVMA,
	PWM_OP_HINVAL_GVMA, /* Svinval */
	PWM_OP_HINVAL_VVMA,
	PWM_OP_INVEPT,	/* x86; kind: type 1 or 2, a: EPT pointer */
	PWM_OP_INVVPID, /* x86; kind: type 0 to 3, b: VPID, a: address */
	/* x86; kind: 1 this CPU uses nothing of the lower half until it has flushed, 0 it does */
	PWM_OP_LAZY_TLB,
	/* x86, RISC-V; kind: 1 a guest is entered, 0 left. Who never says so may be in one */
	PWM_OP_GUEST,
	PWM_OP_POWER, /* kind: 0 the CPU is off, and no broadcast reaches it, 1 it is on again */
	PWM_NR_OPS
};

/* PWM_OP_STORE: kind. Address and value are those of the whole entry, of PWM_HALF as well. */
#define PWM_PLAIN   0u
#define PWM_RELEASE 1u	  /* ordered after earlier stores of this CPU */
#define PWM_CAS	    2u	  /* an atomic read-modify-write; relaxed unless PWM_RELEASE is there too */
#define PWM_HALF    4u	  /* narrower than an entry */
#define PWM_NONTEMP 8u	  /* x86: not ordered with other stores */
#define PWM_OLD	    0x10u /* step.c is what was there; memory has the new value already */
#define PWM_REREAD  0x20u /* the value was read back after an atomic, not computed */

enum pwm_barrier {
	PWM_DSB_ISH = 0,
	PWM_DSB_ISHST,
	PWM_DSB_ISHLD,
	PWM_DSB_NSH,
	PWM_DSB_NSHST,
	PWM_DSB_NSHLD,
	PWM_DSB_OSH,
	PWM_DSB_OSHST,
	PWM_DSB_OSHLD,
	PWM_DMB_ISH,
	PWM_DMB_ISHST,
	PWM_DMB_ISHLD,
	PWM_ISB,
	PWM_ERET,      /* leaves an exception: context synchronisation */
	PWM_EXCEPTION, /* enters one */
	PWM_MFENCE,    /* x86: drains the store buffer */
	PWM_SERIALISE, /* x86: CPUID, IRET */
	PWM_FENCE,     /* RISC-V: rw,rw */
	PWM_FENCE_W,   /* RISC-V: w,w */
	PWM_FENCE_I,   /* RISC-V */
	PWM_SFENCE_W,  /* RISC-V Svinval: SFENCE.W.INVAL */
	PWM_SFENCE_IR, /* RISC-V Svinval: SFENCE.INVAL.IR */
	PWM_TLBSYNC,   /* AMD */
	/* arm64: of the full system, and what the others lack */
	PWM_DSB_SY,
	PWM_DSB_ST,
	PWM_DSB_LD,
	PWM_DMB_SY,
	PWM_DMB_ST,
	PWM_DMB_LD,
	PWM_DMB_OSH,
	PWM_DMB_OSHST,
	PWM_DMB_OSHLD,
	PWM_DMB_NSH,
	PWM_DMB_NSHST,
	PWM_DMB_NSHLD,
	PWM_STORE_FENCE, /* x86: SFENCE */
	PWM_LOAD_FENCE,	 /* x86: LFENCE */
	PWM_FENCE_R,	 /* RISC-V: r,rw, which an acquire is */
	PWM_FENCE_TSO,	 /* RISC-V: fence.tso, and rw,w, which a release is */
	/* arm64: they complete the TLBIs that are nXS, and no others */
	PWM_DSB_SY_NXS,
	PWM_DSB_ISH_NXS,
	PWM_DSB_OSH_NXS,
	PWM_DSB_NSH_NXS,
	PWM_NR_BARRIERS
};

/* PWM_OP_TLBI: kind. An operation, and PWM_IS, PWM_OS, PWM_RANGED, PWM_NXS. */
enum pwm_tlbi {
	PWM_VAE1 = 0,
	PWM_VAAE1,
	PWM_VALE1,
	PWM_VAALE1,
	PWM_ASIDE1,
	PWM_VMALLE1,
	PWM_VMALLS12E1,
	PWM_ALLE1,
	PWM_IPAS2E1,
	PWM_IPAS2LE1,
	PWM_VAE2,
	PWM_VALE2,
	PWM_ALLE2,
	PWM_VAE3,
	PWM_VALE3,
	PWM_ALLE3,
	PWM_VMALLWS2E1, /* what a guest may write to, it may not: no translation goes */
	PWM_PA,		/* of granule protection tables, with PWM_RANGED RPA; no translation goes */
	PWM_PAL,
	PWM_PAALL,
	PWM_NR_TLBI
};
#define PWM_IS	   0x100u /* broadcast, inner shareable */
#define PWM_OS	   0x200u /* broadcast, outer shareable */
#define PWM_RANGED 0x400u
#define PWM_NXS	   0x800u /* completes without accesses that have the XS attribute */

#define PWM_RS1 1u
#define PWM_RS2 2u

#define PWM_RAW 2u /* INVLPGB as the registers have it: a: rAX, b: EDX, c: ECX */

#define PWM_NOFLUSH 0x100u /* x86: CR3 bit 63 */
#define PWM_OFF	    0x200u /* nothing translates there now: SCTLR.M, CR0.PG, satp or hgatp Bare */

enum pwm_sysreg {
	PWM_MAIR = 0,	 /* PAT */
	PWM_TRANSLATION, /* TCR, SCTLR, CR4, EFER, PMP: what TLBs may hold; a: any */
	PWM_CR4_PGE,	 /* toggled: everything is invalidated */
	PWM_VMID,	 /* arm64: VTTBR.VMID, the tag of EL1&0 translations and of TLBI from here
			    on; a root for PWM_GUEST sets it too */
	PWM_NR_SYSREGS
};

/* PWM_OP_ACCESS: kind */
#define PWM_R	     1u
#define PWM_W	     2u
#define PWM_X	     4u
#define PWM_USER     8u
#define PWM_NOFAULT  0x100u /* a fault here is a bug, not something that is fixed up */
#define PWM_DEP	     0x200u /* the address depends on a load that saw the news */
#define PWM_MUST_NEW 0x400u /* the program relies on what the tables say now */

enum pwm_promise {
	PWM_MAP = 0,	 /* the range is mapped */
	PWM_UNMAP,	 /* nothing of it may be used any more */
	PWM_PROTECT,	 /* the new rights hold */
	PWM_CLEAN,	 /* the range was found clean, and it will be relied on */
	PWM_YOUNG_CLEAR, /* the range was found old */
	PWM_QUERY_DIRTY, /* a: the one entry's address that was asked whether it is dirty */
	PWM_FAILED,	 /* the call returned an error: nothing has changed since PWM_BEGIN */
	PWM_BEGIN,	 /* a call begins */
	PWM_NR_PROMISES
};
#define PWM_LAZY      0x200u /* deferred on purpose */
#define PWM_ALL_CPUS  0x400u /* with PWM_NOFAULT: on every CPU */
#define PWM_IMMEDIATE 0x800u /* an atomic install: lazy mode does not defer it */

enum pwm_lazy {
	PWM_LAZY_BEGIN = 0,
	PWM_LAZY_END,
	PWM_LAZY_PAUSE,
	PWM_LAZY_RESUME,
	PWM_LAZY_FLUSH, /* a: first, b: last that it covers */
	PWM_NR_LAZY
};

/* Keys of a trace's configuration: fields of struct pwm_config. */
enum pwm_key {
	PWM_KEY_ARCH = 0,
	PWM_KEY_CPUS,
	PWM_KEY_PAGE_LG2,
	PWM_KEY_VA_BITS,
	PWM_KEY_LEVELS,
	PWM_KEY_BBM,
	PWM_KEY_PA_BITS,
	PWM_KEY_FEATURES,
	PWM_KEY_MAIR,
	PWM_NR_KEYS
};

/* A finding. */
struct pwm_verdict {
	const struct pwm_rule *rule;
	uint32_t cls; /* enum pwm_class: mostly the rule's */
	uint32_t level;
	uint32_t asid;		   /* x86: PCID; PWM_ANY_ASID: any, or global */
	uint32_t cpus_lo, cpus_hi; /* which CPUs may use it */
	uint32_t is_table;	   /* the old value is a table entry */
	uint64_t va;
	uint64_t src; /* address of the entry */
	uint64_t old_value;
	uint64_t new_value; /* what the tables say now */
	/* the steps that matter; step 0: none */
	struct {
		uint64_t step;
		uint32_t site;
		uint32_t cpu;
	} store, maintenance, trigger;
	uint32_t maintenance_op; /* enum pwm_op */
	uint32_t maintenance_kind;
	uint32_t trigger_op;
	uint32_t trigger_kind;
	uint32_t regime;   /* enum pwm_regime: whose descriptors the values are */
	uint32_t vmid;	   /* of the entry's space; 0: none */
	uint32_t combined; /* arm64 stage 2: what is left is combined with the guest's own */
	uint32_t reserved;
};

struct pwm_config {
	uint32_t size; /* sizeof(struct pwm_config) */
	uint32_t arch; /* enum pwm_arch_id */
	uint32_t nr_cpus;
	uint32_t page_lg2;    /* 12; arm64 also 14, 16; 0: 12 */
	uint32_t va_bits;     /* 13 to 57; 0: 48, RISC-V 39. Of arm64 without the sign: a half's */
	uint32_t levels;      /* at most PWM_MAX_LEVELS; 0: as va_bits says */
	uint32_t bbm;	      /* FEAT_BBM level, 0 to 3 */
	uint32_t pa_bits;     /* 32 to 56; 0: 48, with LPA2 52, RISC-V 56 */
	uint32_t features;    /* PWM_ETS2 ... */
	uint32_t max_unclean; /* stale entries at a time; 0: 4096 */
	uint32_t max_tables;  /* 0: 4096 */
	uint32_t max_spaces;  /* 0: 64 */
	uint64_t mair;	      /* 0: memory types are compared by index */
	void *ctx;	      /* handed to every hook */

	/*
	 * Hooks may call what looks and what makes text, as pwm_report() and pwm_get_stats(); no
	 * steps, nor play mode.
	 *
	 * read - what memory holds at @pa, 8-byte aligned: 64 bits. Wrong tables lead anywhere: any
	 *	@pa is possible; 0 where there is no memory. Called within steps, pwm_outcomes(),
	 *	pwm_access() and pwm_each_stale().
	 */
	uint64_t (*read)(void *ctx, uint64_t pa);
	/* write - (optional; play mode) hardware updates an entry: access flag, dirty state */
	void (*write)(void *ctx, uint64_t pa, uint64_t val);
	/* verdict - (optional) a finding; good until the next step */
	void (*verdict)(void *ctx, const struct pwm_verdict *v);
	/* choose - (optional; play mode) a number below @n. Without it: what the tables say. */
	uint32_t (*choose)(void *ctx, uint32_t n);
	/* same_contents - (optional) do two pages hold the same bytes? Without it: no. */
	int (*same_contents)(void *ctx, uint64_t pa, uint64_t pb, uint64_t len);
};

struct pwm_stats {
	uint64_t steps;	  /* taken */
	uint64_t refused; /* steps that made no sense: pwm_refused() */
	uint64_t verdicts[PWM_NR_CLASSES];
	uint32_t unclean, max_unclean; /* now, and at most so far */
	uint32_t tables;
	uint32_t spaces;
	/*
	 * Something was dropped for want of memory, or a step looks at more tables than there is
	 * time for, as of tables in a circle: results are incomplete
	 */
	uint32_t overflows;
	uint32_t redundant; /* maintenance steps that nothing needed */
	uint32_t forgotten; /* stale "invalid" of CPUs that never synchronise, for want of memory */
};

/*
 * pwm_size - bytes that pwm_init() will ask for
 *
 * They are in proportion to max_unclean (times nr_cpus), max_tables, max_spaces and nr_cpus; how
 * many pages are mapped does not matter.
 *
 * Return: 0 when the configuration makes no sense: .size, an architecture, granule, number of CPUs
 * or feature that there is not, more address bits than the levels have, 2^24 entries or tables, or
 * 2^16 spaces.
 */
size_t pwm_size(const struct pwm_config *cfg);

/*
 * pwm_init - a model in memory of the caller's
 * @mem:  at least pwm_size() bytes, 8-byte aligned; the model ends with it
 * @len:  how many there are
 * @cfg:  copied
 *
 * Return: the model, or NULL: @mem too small or unaligned, no .read, a configuration that makes no
 * sense.
 */
struct pwm *pwm_init(void *mem, size_t len, const struct pwm_config *cfg);

/*
 * pwm_config_set - a field by its key; 0, or -1: no such key, or a value out of range, and nothing
 * is set. Whether fields contradict each other, pwm_size() says.
 */
int pwm_config_set(struct pwm_config *cfg, uint32_t key, uint64_t value);

/*
 * pwm_take - something happened
 *
 * A store is reported before memory changes, unless PWM_OLD says otherwise. Findings go to
 * cfg.verdict() before it returns.
 *
 * PWM_OP_CONFIG and PWM_OP_SITE are for who reads a trace, and do nothing here.
 *
 * Return: 0; -1 the step makes no sense (no such CPU or operation, fields that cannot be), and was
 * not taken: counted in pwm_stats.refused, and pwm_refused() has a word about it. What was not
 * taken was not checked.
 */
int pwm_take(struct pwm *m, const struct pwm_step *s);

/* What was expected, when the last step was refused; NULL: it was taken. */
const char *pwm_refused(const struct pwm *m);

/*
 * pwm_do - a step by its fields, with the site of pwm_set_site(); the functions below do the same
 * Return: as pwm_take(). A number that does not fit its field is refused.
 */
int pwm_do(struct pwm *m, uint32_t cpu, uint32_t op, uint32_t kind, uint64_t a, uint64_t b,
	   uint64_t c);

/*
 * A number for a place in the code, of which there are 256. @file must outlive the model, and is
 * compared as a pointer. 0 when the table is full: reports name no place then.
 */
uint32_t pwm_site(struct pwm *m, const char *file, uint32_t line);
/* Steps made by the functions below carry this site. */
void pwm_set_site(struct pwm *m, uint32_t site);

void pwm_get_stats(const struct pwm *m, struct pwm_stats *s);

/* Shorthands for pwm_do(), and return what it does. */

/* @half: and PWM_NOFLUSH. @asid: the PCID; of x86 without PWM_PCID whatever. */
int pwm_root(struct pwm *m, uint32_t cpu, uint32_t half, uint64_t root, uint32_t asid);
/*
 * @regime: PWM_STAGE2 for PWM_GUEST, PWM_EL2 or PWM_EL3 for PWM_HYP; PWM_EL2 of the others: E2H
 * @asid: 0 for PWM_GUEST
 * @vmid: of arm64 and of hgatp
 * @va_bits: 0 as configured (a small table for a small space; 41, 50 or 59 for hgatp, whatever satp
 *	has)
 */
int pwm_root_in(struct pwm *m, uint32_t cpu, uint32_t half, uint64_t root, uint32_t asid,
		uint32_t regime, uint32_t vmid, uint32_t va_bits);
int pwm_store(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t val, uint32_t kind);
int pwm_load(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t val);
int pwm_barrier(struct pwm *m, uint32_t cpu, uint32_t kind);
/*
 * @op: enum pwm_tlbi, PWM_IS; ranges and hints: pwm_tlbi_raw()
 * @va: for PWM_IPAS2E1 the IPA. The VMID is the CPU's current one (PWM_VMID).
 */
int pwm_tlbi(struct pwm *m, uint32_t cpu, uint32_t op, uint64_t va, uint32_t asid);
/* @operand: the register Xt as the instruction has it */
int pwm_tlbi_raw(struct pwm *m, uint32_t cpu, uint32_t op, uint64_t operand);
/*
 * @promise: enum pwm_promise and PWM_NOFAULT...
 * @first, @last: bytes, closed, sign-extended and without tags; of the space that @cpu has loaded,
 *	and of all if it has none. @regime: whose addresses they are (PWM_EL1 without _in).
 *	On arm64 and RISC-V every page of the range is looked at.
 */
int pwm_contract(struct pwm *m, uint32_t cpu, uint32_t promise, uint64_t first, uint64_t last);
int pwm_contract_in(struct pwm *m, uint32_t cpu, uint32_t promise, uint64_t first, uint64_t last,
		    uint32_t regime);
int pwm_table_new(struct pwm *m, uint32_t cpu, uint64_t pa);
int pwm_table_free(struct pwm *m, uint32_t cpu, uint64_t pa);
int pwm_page_free(struct pwm *m, uint32_t cpu, uint64_t pa, uint64_t len);
/*
 * Sent, and nothing more: report what the handler does as steps of CPU @to. On x86 sending it
 * drains the sender's stores; on RISC-V it does not.
 */
int pwm_ipi(struct pwm *m, uint32_t cpu, uint32_t to);
int pwm_invlpg(struct pwm *m, uint32_t cpu, uint64_t va);
/* @which: PWM_RS1, PWM_RS2, or 0: neither @va nor @asid is given */
int pwm_sfence(struct pwm *m, uint32_t cpu, uint32_t which, uint64_t va, uint32_t asid);

/* Play mode ------------------------------------------------------------------------------------ */

/*
 * With PWM_PLAY; of EL1 (CR3, satp). Accesses happen to the code under test as they may happen: a
 * random chooser finds what is frequent, one that is fed by a fuzzer what the fuzzer looks for. An
 * exhaustive search needs no copy of the model: the same steps ask the same questions, so it starts
 * again with pwm_init() and the memory as it was, and answers the last question otherwise.
 * cfg.choose() is asked once for an access, and not where there is one result only.
 */

/* One result that an access may have. */
struct pwm_outcome {
	uint64_t value; /* the entry that translated, or 0 */
	uint64_t pa;	/* where the access went, when it did not fault */
	uint32_t level;
	uint32_t fault; /* 0 none, 1 translation, or reserved bits, 2 permission, 3 access flag */
	uint32_t stale; /* the tables say something else now */
	uint32_t reserved;
};

/*
 * pwm_outcomes - every result that an access of @cpu may have now, through its own tables: what a
 * second stage makes of it is not looked at
 * @flags: PWM_R ... PWM_DEP
 * Return: how many; at most @max are filled in, and beyond them one may be counted twice. 0: no
 * such CPU (pwm_refused()).
 */
uint32_t pwm_outcomes(struct pwm *m, uint32_t cpu, uint64_t va, uint32_t flags,
		      struct pwm_outcome *out, uint32_t max);

/*
 * pwm_access - an access of @cpu, whose result cfg.choose() picks
 * Hardware access flag and dirty updates are written by cfg.write(). Counts as a step, and as
 * PWM_OP_ACCESS is judged. One of the first 32 results. Without a CPU, or with flags, that there
 * are not it is a fault, and refused as pwm_take() does.
 */
struct pwm_outcome pwm_access(struct pwm *m, uint32_t cpu, uint64_t va, uint32_t flags);

/* Looking -------------------------------------------------------------------------------------- */

/*
 * pwm_each_stale - everything that some CPU may hold and that differs from the tables
 * @fn: called with the space's root and ASID, the address, level, value, whether it is a table
 *      entry, and the CPUs. Entries behind stale table pointers are named as well.
 */
typedef void (*pwm_stale_fn)(void *ctx, uint64_t root, uint32_t asid, uint64_t va, uint32_t level,
			     uint64_t value, int table, uint64_t cpus);
void pwm_each_stale(struct pwm *m, pwm_stale_fn fn, void *ctx);

/* Text. Each returns the length that it needed, as snprintf() does. ---------------------------- */

/* A report of several lines. @site_name: names a site, or NULL (those of pwm_site() then). */
size_t pwm_report(const struct pwm *m, const struct pwm_verdict *v, char *buf, size_t len,
		  const char *(*site_name)(void *ctx, uint32_t site), void *ctx);
/* An entry in words: "page 0x40001000 rw-k normal(0) nG AF". */
size_t pwm_describe(const struct pwm *m, uint64_t value, uint32_t level, char *buf, size_t len);
/* A step as a line of a trace, without a newline and without its site. */
size_t pwm_step_text(uint32_t arch, const struct pwm_step *s, char *buf, size_t len);
/*
 * A line of a trace as a step. *@expected says what was expected when the result is -1.
 * 1: a step; 0: nothing on this line. The site's text, if there is one, is *@site (not ended by 0).
 */
int pwm_parse_line(uint32_t arch, const char *line, size_t len, struct pwm_step *s,
		   const char **site, size_t *site_len, const char **expected);

/* Binary traces: a header of one record, then steps, little endian. */
#define PWM_RECORD 32u
void pwm_put_header(uint8_t *record);
int pwm_is_header(const uint8_t *record); /* 1 yes, 0 no, -1 of a version that is not known */
void pwm_put_record(uint8_t *record, const struct pwm_step *s);
/* 0, or -1 with *@expected */
int pwm_get_record(const uint8_t *record, struct pwm_step *s, const char **expected);

#ifdef __cplusplus
}
#endif
#endif
