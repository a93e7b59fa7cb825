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

#include "reshape.h"

/* At run time a handle carries these; one indirect call an operation. */
struct pw_instance {
	const char *name;
	const struct pw_geometry *geo;
	bool hooked;

	int (*run_pass)(struct pw_op *op);
	int (*walk)(const struct pw_table *pt, struct pw_spot *s, uint64_t ia, unsigned int stop);
	uint64_t (*grow)(const struct pw_env *env, const uint64_t *slot, uint64_t nr,
			 struct pw_growth *g, unsigned int level);

	/* cold: those of struct pw_fmt */
	pw_kind_fn *kind;
	uint64_t (*reserved)(const struct pw_table *pt, uint64_t e, enum pw_kind kind,
			     unsigned int level);
	uint64_t (*fixed_mask)(const struct pw_table *pt, unsigned int level);
	int (*encode)(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		      uint64_t *raw);
	int (*change)(const struct pw_table *pt, const struct pw_change *change, unsigned int level,
		      uint64_t *clear, uint64_t *set);
	void (*decode)(const struct pw_table *pt, uint64_t raw, unsigned int level,
		       struct pw_attr *attr);
	uint32_t (*perm)(const struct pw_table *pt, uint64_t raw, unsigned int level, uint32_t acc);
	uint64_t (*compare_mask)(const struct pw_table *pt, uint32_t ignore, uint64_t e,
				 unsigned int level);
	enum pw_how (*how)(const struct pw_table *pt, uint64_t old, uint64_t now,
			   unsigned int level);
};

#define PW_INSTANCE(symbol, label, fmt, mem, mem_hooked)                                           \
	PW_COLD enum pw_kind symbol##_kind(const struct pw_table *pt, uint64_t e,                  \
					   unsigned int level)                                     \
	{                                                                                          \
		return pw_fmt_##fmt.kind(pt, e, level);                                            \
	}                                                                                          \
	static PW_SMALL int symbol##_run_pass(struct pw_op *op)                                    \
	{                                                                                          \
		return pw_pass_run(&pw_fmt_##fmt, &pw_mem_##mem, symbol##_kind, op);               \
	}                                                                                          \
	int symbol##_lookup(const struct pw_table *pt, struct pw_va va, struct pw_pa *pa)          \
	{                                                                                          \
		return pw_spot_lookup(&pw_fmt_##fmt, &pw_mem_##mem, pt, va, pa);                   \
	}                                                                                          \
	static PW_SMALL int symbol##_walk(const struct pw_table *pt, struct pw_spot *s,            \
					  uint64_t ia, unsigned int stop)                          \
	{                                                                                          \
		return pw_spot_walk(&pw_fmt_##fmt, &pw_mem_##mem, symbol##_kind, pt, s, ia, stop); \
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
		return pw_fmt_##fmt.change(pt, change, level, clear, set);                         \
	}                                                                                          \
	static PW_SMALL void symbol##_decode(const struct pw_table *pt, uint64_t raw,              \
					     unsigned int level, struct pw_attr *attr)             \
	{                                                                                          \
		pw_fmt_##fmt.decode_leaf(pt, raw, level, attr);                                    \
	}                                                                                          \
	static PW_SMALL uint64_t symbol##_reserved(const struct pw_table *pt, uint64_t e,          \
						   enum pw_kind kind, unsigned int level)          \
	{                                                                                          \
		return pw_fmt_##fmt.reserved(pt, e, kind, level);                                  \
	}                                                                                          \
	static PW_SMALL uint64_t symbol##_fixed_mask(const struct pw_table *pt,                    \
						     unsigned int level)                           \
	{                                                                                          \
		return pw_fmt_##fmt.fixed_mask(pt, level);                                         \
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
	static PW_SMALL enum pw_how symbol##_how(const struct pw_table *pt, uint64_t old,          \
						 uint64_t now, unsigned int level)                 \
	{                                                                                          \
		return pw_fmt_##fmt.how(pt, old, now, level);                                      \
	}                                                                                          \
	const struct pw_instance symbol = {                                                        \
		.name = label,                                                                     \
		.geo = &pw_geo_##fmt,                                                              \
		.hooked = mem_hooked,                                                              \
		.run_pass = symbol##_run_pass,                                                     \
		.walk = symbol##_walk,                                                             \
		.grow = symbol##_grow,                                                             \
		.kind = symbol##_kind,                                                             \
		.reserved = symbol##_reserved,                                                     \
		.fixed_mask = symbol##_fixed_mask,                                                 \
		.encode = symbol##_encode,                                                         \
		.decode = symbol##_decode,                                                         \
		.change = symbol##_change,                                                         \
		.perm = symbol##_perm,                                                             \
		.how = symbol##_how,                                                               \
		.compare_mask = symbol##_compare_mask,                                             \
	};                                                                                         \
	static PW_SMALL void symbol##_fill(const struct pw_env *env, uint64_t *slot, uint64_t nr,  \
					   uint64_t e, unsigned int level)                         \
	{                                                                                          \
		pw_reshape_fill(&pw_fmt_##fmt, &pw_mem_##mem, env, slot, nr, e, level);            \
	}                                                                                          \
	const struct pw_reshaper symbol##_reshaper = {                                             \
		.f = &pw_fmt_##fmt,                                                                \
		.fill = symbol##_fill,                                                             \
		.check = pw_split_check,                                                           \
		.reach = pw_split_reach,                                                           \
		.cut = pw_split_cut,                                                               \
		.may_break = pw_may_break,                                                         \
		.brk = pw_break,                                                                   \
	}

#endif
