/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The environment: how the engine reaches memory. The caller fills one in and keeps it alive for
 * as long as a handle names it; the engine never writes to it.
 *
 * A *direct* instance reads and writes entries as memory, at host address PA + phys_offset, and
 * uses only the hooks for table pages and the queries below. A *hooked* instance sends every
 * load, store and compare-and-swap through the hooks: for the model, fault injection, dumps that
 * are sparse, memory behind a debugger. Both instances of a format behave alike otherwise; the
 * test suite runs on both and compares.
 *
 * One environment may serve both. Pages that are not in a tree (reserved, or freed), and what is
 * not done once an entry (cuts, breaks, shared mode), go through load, store, cas and
 * phys_to_virt() wherever these are there: they must then do for a direct instance, too.
 *
 * No hook may call back into the engine with the same handle, but for get_table during an unmap or
 * a protect: it may pw_protect() there. A hook may allocate, take locks and sleep if the caller of
 * the engine may. Hooks marked (optional) may be NULL.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_ENV_H
#define PAGEWALK_ENV_H

#include <pagewalk/err.h>
#include <pagewalk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pw_gather;

/* Memory order of a hooked store. */
enum pw_order {
	PW_RELAXED = 0, /* single-copy atomic, no order */
	PW_RELEASE = 1, /* ordered after every earlier store of this CPU: links a filled table */
};

/* struct pw_env.flags */
#define PW_ENV_ZEROED 0x1u /* get_table() hands out pages that read as zero */

struct pw_env {
	uint32_t size;	/* sizeof(struct pw_env) of the caller; 0 is refused */
	uint32_t flags; /* PW_ENV_* */
	void *ctx;	/* handed to every hook */

	/*
	 * Direct instances: a table at PA lies at host address PA + phys_offset (modulo 2^64), its
	 * entries in the host's byte order. Ignored by hooked ones.
	 */
	uint64_t phys_offset;

	/*
	 * Direct instances: where tables may lie, closed. A table entry that points elsewhere is
	 * PW_EFAULT (checked before anything is changed). All zero means the whole of memory.
	 */
	struct pw_pa mem_first;
	struct pw_pa mem_last;

	/*
	 * phys_to_virt - host address of a table (hooked instances only)
	 * pre:  @pa is aligned to the table's size; @len is that size in bytes (at most a granule)
	 * post: a pointer that stays good for as long as the handle's tables do (a cache behind
	 *       it holds at least PW_MAX_LEVELS tables), aligned to 8, or NULL when @pa is not
	 *       memory. NULL is allowed while checking, reading and iterating; a table that was
	 *       reachable during the check of a change must be reachable during that change.
	 */
	void *(*phys_to_virt)(void *ctx, struct pw_pa pa, uint32_t len);

	/*
	 * load, store, cas - one entry (hooked instances only)
	 * pre:  @slot is 8-byte aligned and inside a table that phys_to_virt() or get_table()
	 *       returned
	 * post: each is one 64-bit single-copy-atomic access to the entry's value as the manual
	 *       numbers its bits: where memory has another byte order than the host (a dump), the
	 *       hook swaps, and nobody else does. cas: true and @val stored, ordered after every
	 *       earlier store of this CPU, if the slot held *@old; else false and *@old is what
	 *       it holds. In shared mode load is ordered before every later access of this CPU.
	 */
	uint64_t (*load)(void *ctx, const uint64_t *slot);
	void (*store)(void *ctx, uint64_t *slot, uint64_t val, enum pw_order order);
	bool (*cas)(void *ctx, uint64_t *slot, uint64_t *old, uint64_t val);

	/*
	 * get_table - a page for a new table
	 * pre:  called only before the first store of an operation, so it may fail freely; in
	 *       shared mode (shared.h) by several CPUs at once, and in the middle of one
	 * post: *@pa is granule-aligned and inside the format's reach; the result is its host
	 *       address (PA + phys_offset for direct instances) or NULL for "none left". What
	 *       phys_to_virt(), or mem_first to mem_last, leaves out is no table later on; a cut,
	 *       which looks at its new tables again, is refused (PW_EFAULT).
	 *       Contents are undefined unless PW_ENV_ZEROED: the engine writes every slot before
	 *       it links the table.
	 */
	void *(*get_table)(void *ctx, struct pw_pa *pa);

	/*
	 * put_table - a table page comes back
	 * pre:  no walker, cache or TLB can reach it any more: for a live handle, the invalidation
	 *       that covers it has completed and free_after_grace() (executor) has run; a page
	 *       that was only reserved comes back at once
	 * post: the page is the environment's again
	 */
	void (*put_table)(void *ctx, struct pw_pa pa, void *virt);

	/*
	 * sync_table - (optional) make stores visible to a walker that is not coherent
	 * pre:  @ptr, @len: host address and bytes of slots just written, inside one table
	 * post: a hardware walker with caches off, or outside the coherency domain, sees them.
	 *       Runs before the publish barrier and, for a new table, before it is linked.
	 */
	void (*sync_table)(void *ctx, const void *ptr, size_t len);

	/*
	 * may_fault - (optional) may accesses to this range fault for a while?
	 * pre:  break-before-make is needed for @range, or nT (arm64 FEAT_BBM 1: whether an access
	 *       through a block with nT faults is implementation defined)
	 * post: true if no code, stack or table that this CPU or another one needs meanwhile
	 *       lies in it. Without the hook the answer is false, and the change is refused.
	 */
	bool (*may_fault)(void *ctx, struct pw_range range);

	/* in_interrupt - (optional) are we in an interrupt handler? Lazy MMU mode is off there. */
	bool (*in_interrupt)(void *ctx);

	/*
	 * current_gather - (optional) the gather that operations without one use
	 * post: the calling task's open gather, or NULL: the operation then owns one of its own
	 */
	struct pw_gather *(*current_gather)(void *ctx);

	/*
	 * table_metadata - (optional) 64 bits of the caller's for each table page
	 * pre:  @pa is a table that get_table() handed out
	 * post: a pointer that lives as long as the table, or NULL. Used for the queue of freed
	 *       tables instead of the table's own slot 0.
	 */
	uint64_t *(*table_metadata)(void *ctx, struct pw_pa pa);

	/*
	 * assert_fail - (optional) the caller broke a precondition: enum pw_bug; pw_strbug() names
	 * it
	 * post: need not return; when it does, the operation goes on as documented for the case.
	 *       Without the hook the engine traps.
	 */
	void (*assert_fail)(void *ctx, unsigned int bug);

	/*
	 * table_users - (optional) another 64 bits for each table page: shared mode's count
	 * pre:  @pa is a table that get_table() handed out, or was until a grace period ago
	 * post: a pointer that stays good until the grace period is over, to a word that is 0 when
	 *       get_table() hands the page out, and that nobody else writes. NULL: that table is
	 *       not counted. Without the hook shared mode unlinks no table.
	 */
	uint64_t *(*table_users)(void *ctx, struct pw_pa pa);
};

#ifdef __cplusplus
}
#endif
#endif
