/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The model's state. See state.c for the essay.
 */
#ifndef PWM_PRIVATE_H
#define PWM_PRIVATE_H

#include <pagewalk/model.h>
#include <stdbool.h>

#define NIL 0xffffffffu

typedef uint64_t cpumask;

#define CPU_BIT(c) ((cpumask)1 << (c))

/* What an entry of a table is. */
enum kind {
	K_INVALID = 0, /* never cached on arm64 and x86 */
	K_TABLE,
	K_LEAF,
	K_COMBINED, /* of arm64's stage 2: the part in combined (stage 1 and 2) translations */
};

/* Rights; what a table entry takes away uses the same bits. */
#define P_KR	 0x01u
#define P_KW	 0x02u
#define P_KX	 0x04u
#define P_UR	 0x08u
#define P_UW	 0x10u
#define P_UX	 0x20u
#define P_GLOBAL 0x40u /* RISC-V: a table entry makes all below global */

struct dec {
	uint8_t kind;	   /* enum kind */
	uint8_t cacheable; /* a TLB may hold it */
	uint8_t perm;	   /* leaf: P_*; table: what is taken away */
	uint8_t global;
	uint8_t contig;	  /* one of a contiguous (NAPOT) group; lg2 of its entries */
	uint8_t memtype;  /* compared, not understood */
	uint8_t share;	  /* shareability, or what else must not differ among aliases */
	uint8_t accessed; /* AF, A */
	uint8_t dirty;	  /* written through, as far as the entry says */
	uint8_t hw_dirty; /* hardware may make it dirty */
	uint8_t reserved; /* a reserved encoding: bad */
	uint8_t nt;	  /* arm64: nT */
	uint8_t stray;	  /* arm64: contiguous where there are no groups */
	uint64_t oa;	  /* output address, or of the next table */
};

/* Why a TLBI that came near did not do it. Order: the later says more. */
enum miss {
	MISS_NONE = 0,
	MISS_REGIME,
	MISS_VMID,
	MISS_ASID,
	MISS_GLOBAL,
	MISS_STAGE2,
	MISS_LEVEL,
	MISS_RANGE,
	MISS_WRITES,
	MISS_XS,
	MISS_LAST_LEVEL,
	MISS_LOCAL,
	MISS_INVISIBLE,
	MISS_REFILLED,
	MISS_UNSYNCED,
};

/* Something that a CPU may hold and that memory does not say any more. */
struct ent {
	uint64_t va, val, src;
	cpumask live;	 /* who may hold it */
	cpumask own;	 /* of these: invalidated by themselves, their context not synchronised */
	cpumask writers; /* who stored over it since; empty once such a store is visible to all */
	cpumask skipped; /* a promise left them out, and they flush before they use it */
	cpumask past;	 /* whose own walker sees a store of theirs over it */
	uint64_t since;	 /* step of the store that made it stale */
	uint64_t mark;	 /* a TLBI looks at it: its step */
	cpumask mask;	 /* and reaches it there */
	cpumask pend_mask;
	uint64_t miss_step;
	uint32_t site, miss_site;
	uint32_t next;			 /* hash */
	uint32_t all;			 /* position in m->all */
	uint32_t space;			 /* index */
	uint32_t gen;			 /* records that carry another one are void */
	uint32_t stores;		 /* likewise, those of stores over it */
	uint32_t child;			 /* K_TABLE: index of the table it points to */
	uint32_t child_next, child_prev; /* K_COMBINED: others that are tables */
	uint32_t mark_next;
	uint32_t written_next;
	cpumask written; /* an invalidation wrote it out there */
	uint64_t written_at;
	cpumask join_mask; /* an invalidation under way takes it there */
	uint64_t join;
	uint16_t miss_kind;
	uint8_t level, kind, hier, global;
	uint8_t visible; /* the store over it is visible to all walkers */
	uint8_t cpu;	 /* that stored */
	uint8_t miss, miss_op, miss_cpu;
	uint8_t pend_by; /* CPU + 1 of an invalidation that has not completed */
	uint8_t repeats; /* erratum: how often it was invalidated */
	uint8_t told;	 /* reported already */
	uint8_t pended;	 /* there has been a record of it on a CPU's list of what is under way */
};

/* struct rec.ent: which entry, or space, and of what kind */
#define REC_SPACE   0x80000000u
#define REC_GLOBALS 0x40000000u /* of a space: its global entries as well */
#define REC_NXS	    0x20000000u /* invalidated by a TLBI nXS */
#define REC_INDEX   0x1fffffffu

struct rec { /* in lists of a CPU */
	cpumask mask;
	uint32_t ent, gen, next, stores;
};

struct table {
	uint64_t pa;
	uint32_t len;
	uint32_t next;	  /* hash */
	uint32_t parents; /* edges */
	uint32_t kids;	  /* edges */
	uint32_t stale;	  /* entries of kind K_TABLE that point to it */
	uint32_t roots;	  /* spaces */
	uint32_t scanned; /* levels, as a mask: of each arch.tables 8 bits */
	uint32_t todo;	  /* the next one that is to be dropped */
};

struct edge {
	uint64_t loc;
	uint32_t parent, child;
	uint32_t up_next, up_prev; /* list of the child */
	uint32_t kid_next, kid_prev;
};

struct space {
	const struct arch *arch; /* how its entries are read */
	uint64_t root;
	cpumask ran;   /* may hold its non-global entries: some of ran_g */
	cpumask ran_g; /* its global ones */
	cpumask cur;   /* have it loaded: some of ran */
	uint32_t used;
	uint32_t table, next_root;
	uint32_t asid, vmid, half, regime;
	uint32_t va_bits, levels;
	uint32_t gen; /* counts loads: a pending invalidation of another count does not clear ran */
	uint32_t unused;
	uint64_t freed_at; /* step at which its ASID was given back; 0 */
};

/* A way from a root to an entry that a store changes. */
struct path {
	uint64_t va;
	cpumask live, live_g; /* may hold it; and if it is global */
	cpumask own;	      /* the way is in use there, and in no TLB: see ent.own */
	uint32_t space;
	uint8_t level, hier, stale;
};

#define PWM_NO_REGIME 0xffu /* of what an invalidation is about: nothing that is known here */

/* An invalidation: maint.c. */
struct op {
	cpumask cpus; /* whom it reaches */
	uint64_t first, last;
	uint64_t root; /* with by_root */
	uint32_t asid; /* PWM_ANY_ASID: whatever */
	uint32_t vmid;
	uint32_t regime;
	uint32_t level;	     /* 0xff: any */
	uint8_t all;	     /* no address */
	uint8_t globals;     /* global entries too */
	uint8_t tables;	     /* table entries too */
	uint8_t every_table; /* table entries of every address */
	uint8_t stage2, stage1;
	uint8_t leaves;	     /* x86: no table entries */
	uint8_t no_globals;  /* x86: by address as well */
	uint8_t writes;	     /* arm64, stage 2: takes the right to write from what may, no more */
	uint8_t nxs;	     /* arm64: does not wait for memory with the XS attribute */
	uint8_t by_root;     /* of this root only */
	uint8_t immediate;   /* no completion needed */
	uint8_t local_order; /* covers what the executing CPU stored itself */
};

/*
 * Entries of tables that one step reads at most where it goes down into tables of tables: those of
 * two gigabytes of 4K pages on either side of a comparison.
 */
#define LOOKS	    (1u << 20)
/*
 * And those that it reads below stale pointers, or on ways up: tables that point to each other in a
 * circle, or one that is linked everywhere, look like more memory than there is.
 */
#define LOOKS_BELOW (1u << 24)
/* Of an audit of aliases, which compares each mapping with each. */
#define LOOKS_AUDIT (1u << 26)

#define NR_DIRTY	64u
#define DIRTY_ELSEWHERE ((uint64_t)1 << 63) /* a barrier has ordered it for this CPU alone */
#define NR_SEEN		64u
#define NR_RING		8u

struct cpu {
	uint32_t cur[PWM_NR_HALVES]; /* spaces */
	uint32_t novis, pend, own;   /* lists of records */
	uint64_t cse, dwin;	     /* see order.c */
	uint64_t root_step;	     /* a root was written, context not synchronised; 0 */
	uint64_t last_dsb;	     /* with nothing done since: 0 */
	uint64_t config_step;	     /* translation control changed, nothing flushed; 0 */
	uint8_t lazy, paused, irq, svinval, lazy_touched;
	uint8_t outside;     /* of any guest */
	uint64_t on_step;    /* it was turned on again; 0: it never was off */
	uint32_t lazy_space; /* of lazy TLB mode; NIL: it is not in it */
	uint64_t lazy_store; /* first store of the open batch; 0 */
	uint64_t irq_store;  /* first store in interrupt context that is not visible; 0 */
	uint64_t last_write, last_sfence; /* steps; RISC-V */
	uint64_t reuse_step;		  /* an ASID has two spaces, and nothing was fenced; 0 */
	uint32_t reuse_asid;
	/* and the same of hgatp */
	uint64_t guest_root_step, guest_reuse_step, last_hfence;
	uint64_t hgatp_step; /* it was written */
	uint64_t hfence_all; /* HFENCE.GVMA without an address; of which VMID */
	uint32_t guest_reuse_vmid, hfence_all_vmid;
	uint64_t lazy_first, lazy_last; /* what the open batch touched */
	uint64_t ignored_load;		/* a load of an unclean page that has not completed */
	/* tables that are not linked and hold stores without a barrier: pages, direct-mapped */
	uint64_t dirty[NR_DIRTY];
	uint32_t any_dirty;
	/* what it has loaded: to notice a plain store over something else */
	uint64_t seen_pa[NR_SEEN], seen_val[NR_SEEN];
	/* latest invalidations */
	struct {
		uint64_t step, first, last;
		uint16_t op, kind;
	} ring[NR_RING];
	uint32_t ring_at;
	uint64_t vmid;
};

struct arch {
	void (*decode)(const struct pwm *m, uint64_t val, unsigned int level, struct dec *d);
	/* what of an entry hardware looks at: equal keys are equal translations */
	uint64_t (*key)(const struct pwm *m, uint64_t val, unsigned int level);
	/* why @e is not covered by @op; MISS_NONE: it is */
	enum miss (*covers)(const struct pwm *m, const struct op *op, const struct ent *e);
	/*
	 * A rule that replacing @a by @b breaks while @a may be cached, or NULL. Where the levels
	 * differ, .oa of both is where the first address leads that both translate.
	 */
	const char *(*conflict)(const struct pwm *m, const struct dec *a, unsigned int la,
				const struct dec *b, unsigned int lb);
	const char *const *rules; /* by enum rule_of */
	/* how the descriptors of stage 2 are read; NULL: it is itself */
	const struct arch *stage2;
	/* likewise those of regimes with one privilege */
	const struct arch *one;
	/* of stage 2 with accessed and dirty flags, where its root says so */
	const struct arch *stage2_ad;
	/* which values are tables: 0 as in stage 1, else another set of its own */
	uint8_t tables;
};

/* What the shared code calls the rules of the architectures. */
enum rule_of {
	R_STALE = 0,
	R_INVISIBLE,
	R_INCOMPLETE,
	R_UNSYNCED,
	R_LOCAL,
	R_ASID,
	R_GLOBAL,
	R_TABLE,
	R_LEVEL,
	R_RANGE,
	R_STAGE2,
	R_REGIME,
	R_VMID,
	R_EARLY,
	R_LINK,	   /* table linked before its contents are visible */
	R_NEW,	   /* new mapping, store not visible */
	R_NEW_CSE, /* visible, not synchronised */
	R_NEW_REMOTE,
	R_SPURIOUS, /* rights gained */
	R_LOST_RMW,
	R_CLEAN,
	R_OLD,
	R_FORMAT,
	R_HALF,
	R_WX,
	R_ASID_REUSE,
	R_ROOT,
	R_CONFIG,
	R_UNCLEAN, /* valid over an entry whose old value is live */
	R_GROUP,
	R_GROUP_DIRTY,
	R_FETCH,
	R_ALIAS_WX,
	R_ALIAS_TYPE,
	R_WX_STALE,
	R_WRITES, /* arm64 */
	R_XS,	  /* arm64 */
	R_NR
};

/* A pair of tables that was compared, at the store of that number: clash.c. */
struct seen_pair {
	uint64_t was, now, store;
	uint32_t how, unused;
};
#define NR_SEEN_PAIRS 64u

struct pwm {
	struct pwm_config cfg;
	const struct arch *arch;
	uint64_t step;
	struct pwm_step now;
	const char *refused; /* what was expected of the last step; NULL: it was taken */
	uint32_t site;
	uint32_t index_lg2;
	cpumask cpus;
	cpumask off; /* which of them no broadcast reaches */

	/* a store that is being looked at: memory as it will be */
	uint64_t over_pa, over_val;
	bool over;
	bool perf_useful; /* the maintenance step found something to do */

	struct ent *ents;
	uint32_t *hash, *all;
	uint64_t *kills; /* with PWM_PLAY: [entry][cpu], 0: not */
	uint32_t nr_ents, max_ents, free_ent, hash_mask;
	uint32_t at_level[PWM_MAX_LEVELS]; /* entries by level */
	uint32_t nr_tables_stale;	   /* entries of kind K_TABLE */
	uint32_t combined;		   /* of kind K_COMBINED those that are tables */
	struct rec *recs;
	uint32_t max_recs, free_rec;
	uint64_t room_made, rec_room_made; /* steps in which there was no room */
	struct table *tables;
	uint32_t *table_hash;
	uint32_t nr_tables, max_tables, free_table, table_mask;
	uint32_t big_roots; /* lg2 of the pages that roots of several have, as a mask */
	struct edge *edges;
	uint32_t max_edges, free_edge;
	struct space *spaces;
	uint32_t max_spaces, top_space; /* none at or above the second */
	uint32_t marked[2];		/* leaves, tables that an invalidation covers */
	uint32_t written;		/* what it wrote out */
	uint64_t joins;			/* counts looks at what is under way */
	struct path *paths;
	uint32_t nr_paths, max_paths;
	struct cpu *cpu;
	uint64_t *pages; /* of PWM_OP_TABLE_NEW: what is out, open addressing */
	uint32_t nr_pages, page_mask;
	struct seen_pair seen_pairs[NR_SEEN_PAIRS];
	uint64_t nr_compared; /* stores whose conflicts were looked for */
	uint32_t looks;	      /* entries of tables that the comparisons of this one read */
	uint32_t looks_below; /* that may yet be read below pointers in this step */
	uint64_t call_step;   /* PWM_BEGIN */
	uint64_t last_change; /* step of the last store that changed a table */
	struct pwm_stats stats;
	struct {
		const char *file;
		uint32_t line;
	} sites[256];
	uint32_t nr_sites;
};

/* How the entries of a regime are read. */
static inline const struct arch *arch_in(const struct pwm *m, uint32_t regime)
{
	if (regime == PWM_STAGE2 && m->arch->stage2)
		return m->arch->stage2;
	return regime != PWM_EL1 && regime != PWM_STAGE2 && m->arch->one ? m->arch->one : m->arch;
}

/* Entries of a space: of which stage, and how its root says that they are read. */
static inline const struct arch *arch_of(const struct pwm *m, uint32_t space)
{
	return m->spaces[space].arch;
}
static inline void pwm_decode(const struct pwm *m, uint32_t space, uint64_t val, unsigned int level,
			      struct dec *d)
{
	arch_of(m, space)->decode(m, val, level, d);
}
static inline uint64_t pwm_key(const struct pwm *m, uint32_t space, uint64_t val,
			       unsigned int level)
{
	return arch_of(m, space)->key(m, val, level);
}

/*
 * May one access match entries of both spaces, as far as regime and VMID say? An EPT has no VMID:
 * its tag is the root.
 */
static inline bool same_context(const struct pwm *m, const struct space *a, const struct space *b)
{
	return a->regime == b->regime && a->vmid == b->vmid &&
	       (m->cfg.arch != PWM_X86 || a->regime != PWM_STAGE2 || a->root == b->root);
}

/* state.c */
uint32_t pwm_ent_find(const struct pwm *m, uint64_t va, unsigned int level, uint32_t space,
		      unsigned int kind, uint64_t val, unsigned int hier, uint64_t src);
struct ent *pwm_ent_add(struct pwm *m, const struct path *p, unsigned int kind, uint64_t val,
			uint64_t src, bool global, cpumask live);
void pwm_ent_drop(struct pwm *m, struct ent *e);
bool pwm_same_translation(const struct pwm *m, const struct ent *a, const struct ent *e,
			  uint64_t key);
cpumask pwm_holders(const struct pwm *m, const struct ent *e);
void pwm_ent_refilled(struct pwm *m, struct ent *e, cpumask live);
void pwm_ent_in_use(struct pwm *m, struct ent *e, cpumask own);
void pwm_rec_add(struct pwm *m, uint32_t *list, uint32_t ent, uint32_t gen, cpumask mask);
/* The same, with all that is in @r but for the list it is in. */
void pwm_rec_put(struct pwm *m, uint32_t *list, const struct rec *r);
/* It names what is gone, or was stored over since. */
bool pwm_rec_void(const struct pwm *m, const struct rec *r);
uint32_t pwm_rec_pop(struct pwm *m, uint32_t *list, struct rec *r);
uint32_t pwm_hash_of(const struct pwm *m, uint64_t va, unsigned int level);
static inline struct ent *ent_at(const struct pwm *m, uint32_t i)
{
	return &m->ents[i];
}
static inline uint32_t ent_index(const struct pwm *m, const struct ent *e)
{
	return (uint32_t)(e - m->ents);
}
/* The first space in use from @i on; NIL: none. */
uint32_t pwm_space_next(const struct pwm *m, uint32_t i);
uint64_t pwm_mem_read(const struct pwm *m, uint64_t pa);
/* May this step read one more entry below a pointer? Where it may not first, that is counted. */
static inline bool pwm_look_below(struct pwm *m)
{
	if (m->looks_below > 1) {
		m->looks_below--;
		return true;
	}
	m->stats.overflows += m->looks_below;
	m->looks_below = 0;
	return false;
}
static inline unsigned int level_shift(const struct pwm *m, unsigned int level)
{
	return m->cfg.page_lg2 + level * m->index_lg2;
}
static inline uint64_t level_size(const struct pwm *m, unsigned int level)
{
	return (uint64_t)1 << level_shift(m, level);
}

/* step.c: counts it; -1 */
int pwm_refuse(struct pwm *m, const char *expected);

/* wrong.c: what was expected, where a step makes no sense whatever the state is; NULL: it does */
const char *pwm_step_wrong(const struct pwm *m, const struct pwm_step *s);

/* tables.c */
uint32_t pwm_table_find(const struct pwm *m, uint64_t pa);
uint32_t pwm_table_link(struct pwm *m, const struct arch *arch, uint64_t pa, unsigned int level);
void pwm_table_edge(struct pwm *m, const struct arch *arch, uint32_t parent, uint64_t loc,
		    uint64_t child_pa, unsigned int child_level);
void pwm_table_unedge(struct pwm *m, uint64_t loc, uint64_t child_pa);
void pwm_table_collect(struct pwm *m, uint32_t t);
void pwm_paths_find(struct pwm *m, uint32_t t, uint64_t pa);
uint32_t pwm_space_load(struct pwm *m, uint32_t cpu, const struct space *want);
void pwm_space_retire(struct pwm *m, uint32_t i);
bool pwm_space_empty(const struct pwm *m, const struct space *s);
/* The entry that the tables of a space have for @va now, its level, and the rights taken away. */
uint64_t pwm_walk_now(const struct pwm *m, const struct space *s, uint64_t va, unsigned int stop,
		      unsigned int *level, unsigned int *hier, uint64_t *src);
/* From a table down. */
uint64_t pwm_walk_from(const struct pwm *m, uint32_t space, uint64_t table, unsigned int level,
		       uint64_t va, unsigned int stop, unsigned int *at, unsigned int *hier,
		       uint64_t *src);

/* maint.c */
void pwm_maint_run(struct pwm *m, uint32_t cpu, const struct op *op);
bool pwm_ent_differs(struct pwm *m, const struct ent *e);
void pwm_refill_behind(struct pwm *m, struct ent *w, cpumask live);
struct ent_iter {
	uint64_t va;
	uint32_t level, at;
	uint8_t mode, started;
};
/* Entries that overlap a range, one after the other, NIL behind the last. Zero @it first. */
uint32_t pwm_ent_next_in(const struct pwm *m, uint64_t first, uint64_t last, struct ent_iter *it);

/* order.c */
void pwm_order_store(struct pwm *m, uint32_t cpu, struct ent *e);
void pwm_order_barrier(struct pwm *m, uint32_t cpu, uint32_t kind);
void pwm_order_visible(struct pwm *m, uint32_t cpu);
void pwm_order_sync(struct pwm *m, uint32_t cpu);
void pwm_order_complete(struct pwm *m, uint32_t cpu, bool local, bool nxs);
void pwm_kill_on(struct pwm *m, struct ent *e, cpumask cpus);

/* clash.c */
void pwm_clash_begin(struct pwm *m);
void pwm_clash_check(struct pwm *m, const struct path *p, uint64_t old, uint64_t val);

/* combined.c */
void pwm_combined_store(struct pwm *m, uint64_t pa);
void pwm_combined_free(struct pwm *m, uint64_t first, uint64_t last);

/* store.c */
/* look.c */
typedef bool (*leaf_fn)(void *ctx, const struct path *p, uint64_t src, uint64_t val,
			const struct dec *d);
bool pwm_each_below(struct pwm *m, const struct ent *e, bool tables, leaf_fn fn, void *ctx);
bool pwm_each_leaf(struct pwm *m, uint32_t space, leaf_fn fn, void *ctx);

void pwm_store_step(struct pwm *m, const struct pwm_step *s);
void pwm_snapshot_step(struct pwm *m, const struct pwm_step *s);
void pwm_dirty_clear(struct pwm *m, uint32_t cpu, bool own);

/* judge.c */
void pwm_judge_contract(struct pwm *m, const struct pwm_step *s);
void pwm_judge_table_free(struct pwm *m, const struct pwm_step *s);
void pwm_judge_page_free(struct pwm *m, const struct pwm_step *s);
void pwm_judge_access(struct pwm *m, const struct pwm_step *s);
void pwm_judge_end(struct pwm *m, const struct pwm_step *s);
void pwm_judge_entry(struct pwm *m, uint32_t cpu);
void pwm_lazy_step(struct pwm *m, const struct pwm_step *s);

/* promise.c: what it says of the entries in its range; of the one at its first address */
void pwm_promise_pages(struct pwm *m, const struct pwm_step *s);
void pwm_promise_query(struct pwm *m, const struct pwm_step *s);
void pwm_promise_age(struct pwm *m, const struct pwm_step *s, bool clean);

/* modes.c */
bool pwm_flushed_at_load(const struct pwm *m);
cpumask pwm_excused(const struct pwm *m, const struct ent *e, bool table_freed);
cpumask pwm_users(const struct pwm *m, struct ent *e);
bool pwm_was_off(const struct pwm *m, const struct ent *e);
void pwm_mode_step(struct pwm *m, const struct pwm_step *s);
void pwm_root_off(struct pwm *m, const struct pwm_step *s, uint32_t half);

/* report.c */
void pwm_say(struct pwm *m, const char *rule, uint32_t cls, const struct ent *e);
void pwm_say_at(struct pwm *m, const char *rule, uint32_t cls, uint64_t va, unsigned int level,
		uint64_t src, uint64_t old_value, uint64_t new_value);
static inline const char *rule_name(const struct pwm *m, enum rule_of r)
{
	return m->arch->rules[r];
}
static inline const char *rule_in(const struct pwm *m, uint32_t space, enum rule_of r)
{
	return arch_of(m, space)->rules[r];
}

/* rules.c: every ID in the sources has its row */
const struct pwm_rule *pwm_rule_of_id(const char *id);

/* arm64.c, x86.c, ept.c, riscv.c */
extern const struct arch pwm_arch_arm64, pwm_arch_x86, pwm_arch_riscv;
extern const struct arch pwm_arch_ept, pwm_arch_ept_ad;
void pwm_arm64_tlbi(struct pwm *m, const struct pwm_step *s);
void pwm_x86_step(struct pwm *m, const struct pwm_step *s);
void pwm_x86_root(struct pwm *m, const struct pwm_step *s);
enum miss pwm_x86_covers(const struct pwm *m, const struct op *op, const struct ent *e);
const char *pwm_x86_conflict(const struct pwm *m, const struct dec *a, unsigned int la,
			     const struct dec *b, unsigned int lb);
void pwm_riscv_step(struct pwm *m, const struct pwm_step *s);

#endif
