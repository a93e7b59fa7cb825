/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * An instance: every operation of one format over one kind of environment.
 *
 * PW_INSTANCE() is the one macro of the project that makes functions. Each is two lines: it hands
 * the format and the kind of environment, both constants, to an always-inline algorithm.
 */
#ifndef PW_SRC_INSTANCE_H
#define PW_SRC_INSTANCE_H

#include "spot.h"
#include "walk.h"

/* The masks of a change at @level: the neutral words of it, then the raw ones. 1 as change(). */
PW_INLINE int pw_change_masks(const struct pw_fmt *f, const struct pw_table *pt,
			      const struct pw_change *c, unsigned int level, uint64_t *clear,
			      uint64_t *set)
{
	int err = f->change(pt, c, level, clear, set);

	if (err >= 0 && ((c->raw_clear | c->raw_set) & f->fixed_mask(pt, level)))
		err = PW_EINVAL;
	*clear |= c->raw_clear;
	*set = (*set & ~c->raw_clear) | c->raw_set;
	return err;
}

/* What is this entry, which attributes has it as a leaf, and which bits should it not have? */
PW_INLINE enum pw_kind pw_entry_decode(const struct pw_fmt *f, const struct pw_table *pt,
				       uint64_t raw, unsigned int level, struct pw_attr *attr,
				       uint64_t *reserved)
{
	enum pw_kind kind = f->kind(pt, raw, level);

	*reserved = f->reserved(pt, raw, kind, level);
	if (kind == PW_KIND_LEAF || kind == PW_KIND_INVALID)
		f->decode_leaf(pt, raw, level, attr);
	return kind;
}

/* At run time a handle carries these; one indirect call an operation. */
struct pw_instance {
	const char *name;
	const struct pw_geometry *geo;
	bool hooked;

	int (*run_pass)(struct pw_op *op);
	int (*walk)(const struct pw_table *pt, struct pw_spot *s, uint64_t ia, unsigned int stop);
	int (*lookup)(const struct pw_table *pt, uint64_t ia, struct pw_pa *pa);
	uint64_t (*grow)(const struct pw_env *env, const uint64_t *slot, uint64_t nr,
			 struct pw_growth *g, unsigned int level);

	/* cold */
	int (*encode)(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		      uint64_t *raw);
	int (*change)(const struct pw_table *pt, const struct pw_change *change, unsigned int level,
		      uint64_t *clear, uint64_t *set);
	enum pw_kind (*decode)(const struct pw_table *pt, uint64_t raw, unsigned int level,
			       struct pw_attr *attr, uint64_t *reserved);
	uint32_t (*perm)(const struct pw_table *pt, uint64_t raw, unsigned int level, uint32_t acc);
	uint64_t (*compare_mask)(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				 unsigned int level);
};

#define PW_INSTANCE(symbol, label, fmt, mem, mem_hooked)                                           \
	static PW_SMALL int symbol##_run_pass(struct pw_op *op)                                    \
	{                                                                                          \
		return pw_pass_run(&pw_fmt_##fmt, &pw_mem_##mem, op);                              \
	}                                                                                          \
	static int symbol##_lookup(const struct pw_table *pt, uint64_t ia, struct pw_pa *pa)       \
	{                                                                                          \
		return pw_spot_lookup(&pw_fmt_##fmt, &pw_mem_##mem, pt, ia, pa);                   \
	}                                                                                          \
	static PW_SMALL int symbol##_walk(const struct pw_table *pt, struct pw_spot *s,            \
					  uint64_t ia, unsigned int stop)                          \
	{                                                                                          \
		return pw_spot_walk(&pw_fmt_##fmt, &pw_mem_##mem, pt, s, ia, stop);                \
	}                                                                                          \
	static PW_SMALL uint64_t symbol##_grow(const struct pw_env *env, const uint64_t *slot,     \
					       uint64_t nr, struct pw_growth *g,                   \
					       unsigned int level)                                 \
	{                                                                                          \
		return pw_run_grow(&pw_fmt_##fmt, &pw_mem_##mem, env, slot, nr, g, level);         \
	}                                                                                          \
	static PW_SMALL int symbol##_encode(const struct pw_table *pt, const struct pw_attr *attr, \
					    unsigned int level, uint64_t *raw)                     \
	{                                                                                          \
		return pw_fmt_##fmt.encode(pt, attr, level, raw);                                  \
	}                                                                                          \
	static PW_SMALL int symbol##_change(const struct pw_table *pt,                             \
					    const struct pw_change *change, unsigned int level,    \
					    uint64_t *clear, uint64_t *set)                        \
	{                                                                                          \
		return pw_change_masks(&pw_fmt_##fmt, pt, change, level, clear, set);              \
	}                                                                                          \
	static PW_SMALL enum pw_kind symbol##_decode(const struct pw_table *pt, uint64_t raw,      \
						     unsigned int level, struct pw_attr *attr,     \
						     uint64_t *reserved)                           \
	{                                                                                          \
		return pw_entry_decode(&pw_fmt_##fmt, pt, raw, level, attr, reserved);             \
	}                                                                                          \
	static PW_SMALL uint32_t symbol##_perm(const struct pw_table *pt, uint64_t raw,            \
					       unsigned int level, uint32_t acc)                   \
	{                                                                                          \
		return pw_fmt_##fmt.perm(pt, raw, level, acc);                                     \
	}                                                                                          \
	static PW_SMALL uint64_t symbol##_compare_mask(const struct pw_table *pt, uint32_t ignore, \
						       uint64_t e, unsigned int level)             \
	{                                                                                          \
		return pw_fmt_##fmt.compare_mask(pt, ignore, e, level);                            \
	}                                                                                          \
	const struct pw_instance symbol = {                                                        \
		.name = label,                                                                     \
		.geo = &pw_geo_##fmt,                                                              \
		.hooked = mem_hooked,                                                              \
		.run_pass = symbol##_run_pass,                                                     \
		.lookup = symbol##_lookup,                                                         \
		.walk = symbol##_walk,                                                             \
		.grow = symbol##_grow,                                                             \
		.encode = symbol##_encode,                                                         \
		.decode = symbol##_decode,                                                         \
		.change = symbol##_change,                                                         \
		.perm = symbol##_perm,                                                             \
		.compare_mask = symbol##_compare_mask,                                             \
	}

#endif
