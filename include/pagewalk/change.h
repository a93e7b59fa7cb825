/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Changes: map, unmap, protect, one range or a list of them.
 *
 * Exclusive mode: the caller owns the ranges and the tables that cover them; no other CPU writes
 * there meanwhile. Lock-free readers and hardware walkers may run beside it.
 *
 * One entry leads to a table. Where others do, too (roots that share the kernel's tables), what is
 * below is changed for all of them, and an unmap that unlinked it would free it under the others:
 * PW_KEEP_TABLES, or not at all.
 *
 * Nothing half-done: every function first reads and checks the whole range (all ranges of a list),
 * then takes every table page it will need, then makes one pass that cannot fail. After any error
 * tables, gather and page balance are as they were.
 *
 * What a change owes (see gather.h), for live handles:
 *   invalid -> valid       a publish barrier, where the entry is privileged and so may not fault;
 *                          no invalidation, for an invalid entry is never cached; but on RISC-V,
 *                          where it is, that of the range, and of cached table walks as well where
 *                          a table was linked (unless PW_CAP_SVVPTC, PW_CAP_FIX_UP)
 *   valid -> other rights  a publish barrier likewise, and the invalidation of the range,
 *                          last level only, after this CPU's stores (arm64 stage 2: its loads,
 *                          too); but nothing for an access flag that is cleared alone, which may
 *                          be seen late
 *   valid -> invalid       the invalidation of the range, after its loads and stores; of cached
 *                          table walks as well where a table was unlinked
 * An inactive handle owes nothing; link it with a barrier of your own.
 *
 * A block or a contiguous group that a range covers in part is cut at the ends of the range if the
 * handle names a reshaper (struct pw_table_config), into the largest leaves that are legal; a live
 * entry that may not be replaced in place (FEAT_BBM, caps.bbm_level) is invalid, or has nT, for a
 * while, for which env->may_fault() is asked: replaced entries are invalidated before the function
 * goes on, in lazy MMU mode, too. Without a reshaper, and where the environment says no, that is
 * refused (PW_EBUSY) and named in struct pw_result.where.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_CHANGE_H
#define PAGEWALK_CHANGE_H

#include <pagewalk/table.h>

#ifdef __cplusplus
extern "C" {
#endif

/* flags of the functions below */
#define PW_STRICT	  0x01u /* holes in the range are PW_ENOENT */
#define PW_CONTIGUOUS	  0x02u /* map: set the contiguous hint where alignment allows */
#define PW_KEEP_TABLES	  0x04u /* unmap: leave tables linked even when they become empty */
#define PW_TEST_ONLY	  0x08u /* pw_test_and_clear(): clear nothing */
#define PW_MAX_LEVEL(n)	  (((uint32_t)(n) + 1u) << 8) /* map: no leaf above level n */
#define PW_MAX_LEVEL_MASK 0xf00u

/* What a change did, or where and why it was refused. */
struct pw_result {
	uint64_t changed;      /* bytes whose mapping changed (after an error: 0) */
	uint64_t holes;	       /* bytes skipped because nothing was mapped there */
	uint64_t nr_entries;   /* leaf entries written */
	uint64_t nr_tables;    /* tables added (map), or unlinked (unmap) */
	struct pw_range where; /* after an error: the sub-range that was refused */
	struct pw_pa entry_pa; /* after an error in a table: address of the entry */
	uint64_t entry;	       /* and its value */
	uint32_t level;	       /* and its level */
	uint32_t reserved;
};

/* One range and where it maps to, for pw_map_vec(). */
struct pw_mapping {
	struct pw_range range;
	struct pw_pa pa;
};

/*
 * pw_map - map a range
 * @pt:     the handle
 * @range:  addresses, bytes, closed; a multiple of the smallest leaf
 * @pa:     where range.first maps to; a multiple of the smallest leaf
 * @attr:   attributes of the new leaves; without PW_ATTR_VALID they are present-but-invalid
 * @flags:  PW_CONTIGUOUS, PW_MAX_LEVEL()
 * @gather: who owes, or NULL: env->current_gather(), or else paid before return
 * @res:    what happened, or NULL
 *
 * Takes the largest leaves that alignment, @range and PW_MAX_LEVEL() allow. What is already mapped
 * identically (A/D and software bits apart) stays as it is and writes nothing, blocks included.
 * Never replaces anything. A table that is in the way of a block is used, not replaced.
 *
 * Context:   may call env->get_table() and put_table(); exclusive mode.
 * Hardware:  see above; a new table is filled before it is linked, with release order, and where
 *            the handle is live its entries are published before.
 * On error:  nothing changed, every page given back.
 * Return:    0; PW_EINVAL range or @pa misaligned, empty, wrapping or non-canonical, unknown
 *            flags or attribute bits; PW_ERANGE range outside the handle's addresses, or output
 *            addresses beyond the format's reach; PW_EEXIST something else is mapped there (see
 *            res->where); PW_ENOMEM; PW_EFAULT, PW_EDOM, PW_ELOOP a table entry in the way is bad;
 *            PW_EPERM writable and executable, and the handle says PW_TABLE_NO_WX;
 *            PW_EOPNOTSUPP the format cannot express @attr.
 */
int pw_map(struct pw_table *pt, struct pw_range range, struct pw_pa pa, const struct pw_attr *attr,
	   uint32_t flags, struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;

/*
 * pw_unmap - remove mappings
 * @pt:     the handle
 * @range:  addresses, bytes, closed; a multiple of the smallest leaf
 * @flags:  PW_STRICT, PW_KEEP_TABLES
 * @gather: as pw_map()
 * @res:    as pw_map(); res->changed is what was mapped, holes what was not
 *
 * Present-but-invalid leaves and non-present entries in the range are removed as well. Tables that
 * become empty are unlinked and freed after the invalidation, the root excepted.
 *
 * Context:   may call env->put_table(), for cuts env->get_table(); exclusive mode.
 * Hardware:  see above.
 * On error:  nothing changed.
 * Return:    0; PW_EINVAL, PW_ERANGE as pw_map(); PW_ENOENT a hole, under PW_STRICT; PW_EBUSY a
 *            block or contiguous group is covered in part and may not be cut; PW_ENOMEM as
 *            pw_map(), for cuts; PW_EFAULT, PW_EDOM, PW_ELOOP a bad table; PW_EFAULT also, for
 *            cuts, a page from get_table() that the environment does not find again.
 */
int pw_unmap(struct pw_table *pt, struct pw_range range, uint32_t flags, struct pw_gather *gather,
	     struct pw_result *res) PW_MUST_CHECK;

/*
 * pw_protect - change attributes of existing mappings
 * @pt:     the handle
 * @range:  addresses, bytes, closed; a multiple of the smallest leaf
 * @change: what to clear, then what to set
 * @flags:  PW_STRICT
 * @gather: as pw_map()
 * @res:    as pw_map(); res->changed counts entries whose value changed, not those that were
 *          already like that
 *
 * An entry of the leaf-most level with a reserved encoding never translates: unmap removes it,
 * protect passes over it like a hole; under PW_STRICT it is PW_EDOM.
 *
 * Applies to leaves of every level, and to present-but-invalid ones, which stay invalid unless the
 * change says otherwise. Non-present entries that are not ours count as holes. Never creates a
 * mapping.
 *
 * Context:   calls env->get_table() for cuts alone; exclusive mode. Where hardware may write
 *            (PW_CAP_HAF, PW_CAP_HD on a live handle) entries are changed by compare-and-swap, so
 *            that no access or dirty bit is lost; else by plain stores.
 * Hardware:  see above.
 * On error:  nothing changed.
 * Return:    0; PW_EINVAL, PW_ERANGE as pw_map(), or raw masks that touch the output address or
 *            the entry's type; PW_ENOENT a hole, under PW_STRICT; PW_EBUSY a block or contiguous
 *            group is covered in part and may not be cut, or the change of a live entry needs
 *            break-before-make (memory type, shareability, non-global to global) and may not
 *            have it; PW_ENOMEM as pw_map(), for cuts; PW_EPERM as pw_map(); PW_EFAULT,
 *            PW_EDOM, PW_ELOOP as pw_unmap(); PW_EOPNOTSUPP the format cannot express the change,
 *            or what it would make of a leaf (RISC-V: no rights; see res->where).
 */
int pw_protect(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
	       uint32_t flags, struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;

/*
 * The vector forms: a list of ranges, one check of all of them, one pass of stores, one plan.
 * N scattered ranges cost one commit. @nr 0 is PW_EINVAL. Those of pw_map_vec() must be disjoint
 * and in ascending order (PW_EINVAL); the others take any order, and an overlap means that the
 * second visit finds the work done. res->where names the refused sub-range.
 */
int pw_map_vec(struct pw_table *pt, const struct pw_mapping *maps, size_t nr,
	       const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
	       struct pw_result *res) PW_MUST_CHECK;
int pw_unmap_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr, uint32_t flags,
		 struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;
int pw_protect_vec(struct pw_table *pt, const struct pw_range *ranges, size_t nr,
		   const struct pw_change *change, uint32_t flags, struct pw_gather *gather,
		   struct pw_result *res) PW_MUST_CHECK;

/* A sweep over a range, in as many calls as it takes: begin with next = range.first, done clear. */
struct pw_sweep {
	struct pw_range range; /* addresses, closed; a multiple of the smallest leaf */
	struct pw_va next;     /* where the next call goes on */
	uint64_t budget;       /* entries that the next call may look at; what was left of it */
	bool done;	       /* the end of the range was reached */
};

/*
 * pw_collapse - larger leaves where smaller ones say the same
 * @pt:     the handle, with a reshaper
 * @sweep:  what to look at, and how much of it now
 * @flags:  PW_CONTIGUOUS: form groups, too; PW_MAX_LEVEL()
 * @gather: as pw_map()
 * @res:    as pw_map(); nr_tables is what was unlinked
 *
 * A table inside the range whose leaves are all valid, or all present-but-invalid, continue each
 * other at an aligned output address and agree in everything but accessed and dirty (software bits
 * included) becomes one leaf, valid or not as they were;
 * what is left of its groups that do so get the hint. A hole, or another right, keeps both as they
 * are, and so does a table entry that takes rights away from them; below one that makes them global
 * (RISC-V) the leaf says so itself. Use is gathered: accessed or
 * dirty anywhere is accessed or dirty after.
 *
 * At least one table is looked at; one that was begun is finished, so @sweep->budget may be
 * exceeded by one table for each level.
 *
 * Context:   may call env->put_table(), may_fault(); exclusive mode. Constant time between two
 *            checks of the budget.
 * Hardware:  a live entry is replaced as its architecture asks: broken, invalidated and made (arm64
 *            FEAT_BBM 0, x86, a NAPOT group), by nT (FEAT_BBM 1), for both of which may_fault() is
 *            asked, or in place (level 2 with PW_CAP_BBM_ABORTS_OK, level 3, RISC-V). The
 *            invalidation of a table is done at once; that of a group in place may wait in @gather.
 * On error:  PW_EBUSY: all the others are done. Else nothing changed.
 * Return:    0; PW_EBUSY something would have to be broken, or get nT, and env->may_fault() said
 *            no, or is not there: it stays as it is, res->where names the first of them, and the
 *            sweep went on (call again as after 0); PW_EINVAL, PW_ERANGE the range as pw_map(), or
 *            next is not in it, or unknown flags; PW_EOPNOTSUPP the handle has no reshaper.
 */
int pw_collapse(struct pw_table *pt, struct pw_sweep *sweep, uint32_t flags,
		struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;

/*
 * pw_split - smaller leaves, before they are needed
 * @pt:     the handle, with a reshaper
 * @sweep:  what to cut, and how much of it now: range.first and range.last + 1 are multiples of the
 *          leaf size of the level
 * @flags:  PW_MAX_LEVEL(): the level that leaves may have at most (without it: 0, pages);
 *          PW_CONTIGUOUS: in groups, where they fill them; without it groups of that level lose
 *          their hint (those of lower levels are smaller, and stay)
 * @gather: as pw_map()
 * @res:    as pw_map(); changed is in bytes of leaves that were replaced, nr_entries their number,
 *          nr_tables what was added
 *
 * Afterwards no change of a multiple of that leaf size, inside the range, has to cut anything. A
 * leaf that the range covers in part is cut where the range is; the rest of it stays in leaves as
 * large as are legal. Children keep every attribute, present-but-invalid included; accessed or
 * dirty before is accessed or dirty in each of them.
 *
 * A leaf costs as many entries of the budget as its tables have. One that costs more than is left
 * goes one level down only, and the sweep goes on in its parts: so @sweep->budget may be exceeded
 * by one table, and no call reserves more pages than it allows, but for one.
 *
 * Context:   may call env->get_table(), put_table(), may_fault(); exclusive mode.
 * Hardware:  a live entry is replaced as its architecture asks: see pw_collapse(). One replacement
 *            for each leaf, and one before for its group; those in place may wait in @gather for
 *            their invalidation.
 * On error:  PW_ENOMEM, and PW_EFAULT for a page from get_table() that the environment does not
 *            find again: what comes before res->where was done, it and the rest stay as they were,
 *            and sweep->next is where another call goes on. PW_EBUSY, and a bad table: all the
 *            others are done. Else nothing changed.
 * Return:    0; PW_EBUSY something would have to be broken and env->may_fault() said no, or is not
 *            there: it stays as it is, and PW_EDOM, PW_EFAULT, PW_ELOOP a bad entry: res->where
 *            names the first of these, and the sweep went on (call again as after 0); PW_ENOMEM;
 *            PW_EINVAL, PW_ERANGE the range as pw_map(), or next is not in it, unknown flags, or
 *            no leaf has that level; PW_EOPNOTSUPP the handle has no reshaper.
 */
int pw_split(struct pw_table *pt, struct pw_sweep *sweep, uint32_t flags, struct pw_gather *gather,
	     struct pw_result *res) PW_MUST_CHECK;

/* What was found in one leaf, or in one contiguous group, which has one use for all of it. */
struct pw_use {
	struct pw_range range; /* all of it: it may reach beyond what was asked for */
	uint32_t what;	       /* PW_ATTR_ACCESSED, PW_ATTR_DIRTY: was set, and (but under
				  PW_TEST_ONLY) is no more */
	uint32_t level;	       /* of the leaves */
};

/*
 * pw_test_and_clear - what was accessed, or written to, since this was called last?
 * @pt:     the handle, with a reshaper
 * @range:  addresses, bytes, closed; a multiple of the smallest leaf
 * @what:   PW_ATTR_ACCESSED, PW_ATTR_DIRTY, or both: to look for, and to clear
 * @flags:  PW_TEST_ONLY
 * @found:  called for each leaf or group that has one of @what, in ascending order; or NULL
 * @ctx:    for @found
 * @gather: as pw_map()
 * @res:    as pw_map(): changed is in bytes of leaves, holes what was no valid leaf, nr_entries
 *          what was written
 *
 * The bits are those of hardware (arm64 AF, and AP[2] or S2AP[1] with DBM; A and D of x86-64, the
 * EPT and RISC-V), whether it writes them or a fault handler does. An arm64 page without DBM has no
 * dirty state. To clear dirty on arm64 takes the right to write until hardware, or the handler,
 * gives it back.
 *
 * A block, or a group, that the range covers in part is tested, cleared and reported as a whole:
 * its use has no parts.
 *
 * Context:   exclusive mode, but hardware may write: each entry is changed by compare-and-swap, and
 *            what it sets meanwhile is found now or the next time. @found must not change the
 *            tables of this handle.
 * Hardware:  accessed, cleared alone, owes nothing on any architecture: what a CPU holds may be
 *            used without a mark for a while. Dirty owes the invalidation of what was found, last
 *            level only, before later writes are sure to be marked: a page may be copied, or called
 *            clean, when that is paid. That is when the function returns, but not yet in @found,
 *            and in lazy MMU mode at the flush.
 * On error:  what comes before res->where was tested, cleared and reported.
 * Return:    0; PW_EINVAL, PW_ERANGE the range as pw_map(), or unknown or no @what, or flags;
 *            PW_EDOM, PW_EFAULT, PW_ELOOP a bad table; PW_EOPNOTSUPP the handle has no reshaper.
 */
int pw_test_and_clear(struct pw_table *pt, struct pw_range range, uint32_t what, uint32_t flags,
		      void (*found)(void *ctx, const struct pw_use *use), void *ctx,
		      struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
