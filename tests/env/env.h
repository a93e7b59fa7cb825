/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Test environments: an arena of host memory that poses as physical memory, an allocator of table
 * pages in it, and an executor that records. One struct world is one arena with one handle; it can
 * be driven by the direct or the hooked instance of a format, and both see the same addresses.
 *
 * What goes wrong behind the engine's back (a page returned twice, a slot outside every table, a
 * page freed while a walker may hold it) is counted in world.violations and printed.
 */
#ifndef PW_TESTS_ENV_H
#define PW_TESTS_ENV_H

#include <pagewalk/arm64.h>
#include <pagewalk/fields.h>
#include <pagewalk/pagewalk.h>

#include "../ref/ref_walk.h"

#define WORLD_MAX_PAGES	 4096u
#define WORLD_MAX_PLANS	 64u
#define WORLD_MAX_RANGES 16u
#define WORLD_MAX_EVENTS 512u

/* Which halves of the address space a format has. */
enum world_halves {
	WORLD_OWN_ROOTS, /* a root for each */
	WORLD_SIGNED,	 /* one root, addresses are sign-extended */
	WORLD_LOWER,	 /* the lower one alone: second stages */
};

/* A format as the tests see it: what its manual and its public header promise. */
struct world_format {
	const char *name;
	const struct pw_instance *direct;
	const struct pw_instance *hooked;
	const struct pw_reshaper *direct_reshaper;
	const struct pw_reshaper *hooked_reshaper;
	pw_lookup_fn *direct_lookup;
	pw_lookup_fn *hooked_lookup;
	const struct ref_format *ref;
	const struct pw_fields *fields;
	uint32_t page_lg2;
	uint32_t index_lg2;
	uint32_t min_va_bits;
	uint32_t max_va_bits;
	uint32_t va_step;
	uint32_t max_levels;
	uint32_t concat_lg2; /* root tables side by side, as a power of two */
	uint32_t halves;     /* enum world_halves */
	bool live;	     /* tests that expect certain plans, those of stage 1, may be live */
	bool enc;	     /* an encryption bit is possible */
	bool limits;	     /* tables take rights away */
	uint32_t regimes;    /* bit r: enum pw_regime r */

	/* What an entry can hold, with @caps. */
	uint32_t caps;	  /* PW_CAP_*: what the tests' CPU can do */
	uint32_t flags;	  /* PW_ATTR_* that can be set */
	uint32_t base;	  /* PW_ATTR_* of the plainest mapping: world_attr() */
	uint32_t loose;	  /* PW_ATTR_* that say nothing: they may be asked for or not */
	uint32_t nr_soft; /* 0 to nr_soft - 1 */
	uint32_t nr_keys;
	uint32_t nr_index;
	uint32_t index_reserved; /* bit i: memory type i is reserved */
	bool small_cpu;		 /* what a smaller CPU has not is reserved in entries */
	bool by_cpu;		 /* registers and extensions decide what bits mean */
	bool share;
	uint32_t no_write; /* PW_PERM_*: what to clear and set so that nobody, or all may write */
	uint32_t no_exec;
	uint32_t user; /* PW_PERM_* of a page for users that supervisors may also read; or 0 */
	bool can_be_invalid; /* a leaf can be present-but-invalid */
	bool linux_invalid;  /* present-but-invalid: bit 0 clear, bit 11 set, else as it was */
	uint64_t mair;	     /* of the tests' handles */
	struct {
		uint32_t memtype, index;
	} type[3]; /* three that it knows, and how it numbers them */
};

/* In the order of the table. */
enum {
	WORLD_ARM64 = 0,
	WORLD_LPA2,
	WORLD_16K,
	WORLD_16K_LPA2,
	WORLD_64K,
	WORLD_64K_LPA,
	WORLD_S2_4K,
	WORLD_S2_4K_LPA2,
	WORLD_S2_16K,
	WORLD_S2_16K_LPA2,
	WORLD_S2_64K,
	WORLD_S2_64K_LPA,
	WORLD_X86_64,
	WORLD_EPT,
	WORLD_RISCV64,
	WORLD_RISCV64_G,
	WORLD_FAKE,
	WORLD_NR_FORMATS
};
extern const struct world_format world_formats[WORLD_NR_FORMATS];

enum world_page { WORLD_FREE = 0, WORLD_TAKEN, WORLD_LINKED };

/* A plan as it was run, ranges and all. */
struct world_plan {
	struct pw_plan plan;
	struct pw_flush range[WORLD_MAX_RANGES];
};

enum world_event { WORLD_RUN = 1, WORLD_GET, WORLD_PUT, WORLD_GRACE };

struct world;

/*
 * Who is told what hooked worlds do; NULL: nobody. Set by tests/model/sentry.c, on a host. A store
 * is told right before memory changes, a compare-and-swap only when it will succeed.
 */
enum world_store { WORLD_PLAIN, WORLD_RELEASE, WORLD_CAS };

struct world_observer {
	void (*store)(struct world *w, const uint64_t *slot, uint64_t val, enum world_store how);
	void (*page)(struct world *w, uint64_t pa, bool comes);
	void (*run)(struct world *w, const struct pw_plan *plan);
	void (*close)(struct world *w);
};
extern const struct world_observer *world_observer;

struct world {
	const struct world_format *format;
	bool hooked;
	struct pw_env env;
	struct pw_executor exec;
	struct pw_table_config cfg; /* what init handed to pw_table_init() */
	struct pw_table pt;
	uint32_t va_bits; /* of both halves of a signed one */

	/* the arena; the first pages are the root */
	uint8_t *memory;
	uint64_t base; /* physical address of memory[0] */
	uint64_t page_size;
	uint32_t nr_pages;
	uint32_t root_pages;
	uint32_t next;			/* where the allocator looks first */
	uint8_t state[WORLD_MAX_PAGES]; /* enum world_page */
	uint32_t balance;		/* pages handed out */
	uint32_t nr_gets;		/* calls of get_table() */
	uint32_t fail_at; /* get_table() gives NULL at this call and later ones; 0: never */

	/* hooked instances */
	uint64_t loads;
	uint64_t stores;
	uint64_t cas;
	void (*on_store)(struct world *w, uint64_t *slot); /* before each store, or NULL */
	void (*on_cas)(struct world *w, uint64_t *slot);   /* likewise */

	/* the executor: what was run since world_forget() */
	uint32_t nr_plans;
	struct world_plan plan[WORLD_MAX_PLANS];
	uint32_t nr_events;
	uint8_t event[WORLD_MAX_EVENTS]; /* enum world_event */

	uint32_t asserts;
	uint32_t violations;
	bool in_interrupt;
	struct pw_gather *current;

	bool unobserved; /* several threads, or somebody else's model */
	void *sentry;	 /* the observer's */
};

static inline bool world_observed(const struct world *w)
{
	return w->hooked && !w->unobserved && world_observer;
}

static inline void world_tell_store(struct world *w, const uint64_t *slot, uint64_t val,
				    enum world_store how)
{
	if (world_observed(w))
		world_observer->store(w, slot, val, how);
}

static inline void world_tell_page(struct world *w, uint64_t pa, bool comes)
{
	if (world_observed(w))
		world_observer->page(w, pa, comes);
}

struct world_options {
	bool hooked;
	uint32_t flags;	   /* PW_TABLE_*; those that the format cannot have are left out, */
	bool any_live;	   /* and PW_TABLE_LIVE unless the format is .live, or this is set */
	uint32_t va_bits;  /* 0: the most; else the next that the format allows */
	uint32_t nr_pages; /* 0: 64 */
	uint32_t regime;
	uint64_t mair;	  /* 0: the format's */
	uint32_t caps;	  /* PW_CAP_*, beside the format's */
	uint64_t pa_base; /* 0: the arena ends where output addresses end */
	bool reshape;	  /* with a reshaper: leaves that are covered in part are cut */
	bool zeroed;	  /* PW_ENV_ZEROED, and pages are handed out zeroed */
};

/* Index 0 normal, 1 Device-nGnRE, 2 non-cacheable, 3 tagged, 4 Device-nGnRnE, 5 write-through. */
#define WORLD_MAIR 0x0000bb00f04404ffull
/* By index: WB, WT, UC-, UC, WP, WC, WB, a reserved type. */
#define WORLD_PAT  0x0206010500070406ull

/* Make an arena and a handle over an empty root. Any failure is a failed expectation. */
bool world_open(struct world *w, const struct world_format *format,
		const struct world_options *options);
void world_close(struct world *w);

/* Entry @index of the table at @pa, for building and reading tables by hand. */
uint64_t *world_slot(struct world *w, uint64_t pa, uint64_t index);

/* A page for a table built by hand, filled with zero; its address. */
uint64_t world_page(struct world *w);

/* Host address of @len bytes at @pa, or NULL when not in the arena. */
void *world_virt(const struct world *w, uint64_t pa, uint64_t len);

/* Bytes of the whole arena as a copy (free() it), and whether the arena still looks like that. */
uint8_t *world_snapshot(const struct world *w);
bool world_unchanged(const struct world *w, const uint8_t *snapshot);

/* Forget plans, events and counters (not the balance). */
void world_forget(struct world *w);

/* Mark every page that is reachable from the root as linked; their number, root included. */
uint32_t world_mark_linked(struct world *w);

/* Attributes that every format can express: privileged, valid, global, accessed, normal. */
struct pw_attr world_attr(const struct world *w, uint32_t perm);

/* @test for every format, direct and hooked, each with a world of its own. */
void world_each(const struct world_options *options, void (*test)(struct world *w));
/* The same for those formats that are .live. */
void world_each_live(const struct world_options *options, void (*test)(struct world *w));

/* Is it live? Plans are made for live tables only. */
static inline bool world_live(const struct world *w)
{
	return w->pt.flags & PW_TABLE_LIVE;
}

/* An entry that is not present, and not ours, for a table of @level. */
uint64_t world_foreign(const struct world *w, uint32_t level);

/* An entry for the table at @pa. */
uint64_t world_table(const struct world *w, uint64_t pa, uint32_t level);

/* Slot of the root's entry for the last address. */
uint64_t world_last_index(const struct world *w);

/* The error for an address of neither half: without an upper one no address is non-canonical. */
static inline int world_beside(const struct world *w)
{
	return w->format->halves == WORLD_LOWER ? PW_ERANGE : PW_EINVAL;
}

/* A smallest leaf's size. */
static inline uint64_t world_page_bytes(const struct world *w)
{
	return 1ull << w->format->page_lg2;
}

#endif
