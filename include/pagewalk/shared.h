/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Shared mode: changes by several CPUs at once, of ranges that are disjoint, in tables that are
 * not.
 *
 * In exclusive mode (change.h) a caller owns its range and the tables that cover it. Here it owns
 * the range alone: the tables above, and the other entries of the table at either end, are used by
 * others at the same time, under no common lock. Entries are written by compare-and-swap, and so
 * is a new table linked: who comes second uses the first one's.
 *
 * What may run beside these functions, on one set of tables: any of them on another, disjoint
 * range; translations and iterators; hardware. No function of change.h may that unlinks or cuts:
 * callers that need both take a reader-writer lock, shared mode being the reader. A gather belongs
 * to one caller at a time, as everywhere.
 *
 * Not all or nothing: what can be refused is refused where the walk meets it, and what lies before
 * stays done. After any error but PW_EINVAL, PW_ERANGE and those of @attr and @change, for which
 * nothing was done, res->where is what is left of the range, and the other fields say what was done
 * before; its debt is paid, or noted, as if the call had ended there.
 *
 * Tables that become empty stay linked, unless the environment keeps a count for each
 * (env->table_users), the handle is live, and its executor has a free_after_grace(): then the last
 * one to leave an empty table unlinks it. A caller is a reader in the sense of that grace period
 * from before the call until after it. Tables that were not made in shared mode are not counted,
 * and stay.
 *
 * Nothing is cut here, broken, or given the contiguous hint: that needs the tables for oneself.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_SHARED_H
#define PAGEWALK_SHARED_H

#include <pagewalk/change.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * pw_map_shared - map a range that is the caller's, in tables that are not
 * @pt:     the handle, with a reshaper
 * @range:  addresses, bytes, closed; a multiple of the smallest leaf
 * @pa:     where range.first maps to; a multiple of the smallest leaf
 * @attr:   as pw_map()
 * @flags:  PW_MAX_LEVEL()
 * @gather: as pw_map(); this caller's alone
 * @res:    what happened, or NULL
 *
 * Takes the largest leaves that alignment, @range and PW_MAX_LEVEL() allow; a table in the way of a
 * block is used. What is already mapped identically (A/D and software bits apart) stays.
 *
 * Context:   calls env->get_table() at any time, put_table() for a page that was not needed.
 * Hardware:  as pw_map(): a new table is filled before it is linked, with release order.
 * On error:  see above.
 * Return:    0; PW_EAGAIN somebody else changed an entry of the range, or a table there is just
 *            being removed: try again with what is left; PW_EEXIST something else was mapped there;
 *            PW_ENOMEM; PW_EFAULT a table, or a page that get_table() gave, is outside memory;
 *            PW_EDOM, PW_ELOOP a table entry in the way is bad; PW_EINVAL, PW_ERANGE, PW_EPERM as
 *            pw_map(); PW_EOPNOTSUPP the format cannot express @attr, or the handle has no
 *            reshaper.
 */
int pw_map_shared(struct pw_table *pt, struct pw_range range, struct pw_pa pa,
		  const struct pw_attr *attr, uint32_t flags, struct pw_gather *gather,
		  struct pw_result *res) PW_MUST_CHECK;

/*
 * pw_unmap_shared - remove mappings of a range that is the caller's
 * @flags:  PW_STRICT, PW_KEEP_TABLES
 * The others as pw_map_shared(); res->changed is what was mapped, holes what was not.
 *
 * Context:   calls no hook that allocates; tables are given back by free_after_grace() alone.
 * Hardware:  as pw_unmap(). Where hardware sets an access or dirty bit meanwhile, that is no
 *            foreign change.
 * On error:  see above.
 * Return:    0; PW_EAGAIN as pw_map_shared(); PW_ENOENT a hole, under PW_STRICT; PW_EBUSY a block
 *            or contiguous group is covered in part; PW_EFAULT, PW_EDOM, PW_ELOOP a bad table;
 *            PW_EINVAL, PW_ERANGE as pw_map(); PW_EOPNOTSUPP no reshaper.
 */
int pw_unmap_shared(struct pw_table *pt, struct pw_range range, uint32_t flags,
		    struct pw_gather *gather, struct pw_result *res) PW_MUST_CHECK;

/*
 * pw_protect_shared - change attributes of a range that is the caller's
 * @change: as pw_protect()
 * @flags:  PW_STRICT
 * The others as pw_map_shared(); res->changed counts entries whose value changed.
 *
 * Context:   calls no hook of the environment that allocates or frees.
 * Hardware:  as pw_protect().
 * On error:  see above.
 * Return:    0; PW_EAGAIN as pw_map_shared(); PW_ENOENT a hole, under PW_STRICT; PW_EBUSY a block
 *            or contiguous group is covered in part, or the change of a live entry needs
 *            break-before-make; PW_EPERM, PW_EINVAL, PW_ERANGE, PW_EFAULT, PW_EDOM, PW_ELOOP,
 *            PW_EOPNOTSUPP as pw_protect(), the last one also for a handle without a reshaper.
 */
int pw_protect_shared(struct pw_table *pt, struct pw_range range, const struct pw_change *change,
		      uint32_t flags, struct pw_gather *gather, struct pw_result *res)
	PW_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
