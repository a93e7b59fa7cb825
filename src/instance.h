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

struct pw_geometry {
	unsigned int granule_lg2;
	unsigned int index_lg2;
	unsigned int max_levels;
	unsigned int min_va_bits;
	unsigned int max_va_bits;
	unsigned int pa_bits;
};

/* At run time a handle carries these; one indirect call an operation. */
struct pw_instance {
	const char *name;
	bool hooked;

	int (*run_pass)(struct pw_op *op);
	int (*root)(const struct pw_table *pt, struct pw_spot *s);
	void (*read)(const struct pw_table *pt, struct pw_spot *s, uint64_t ia);
	int (*down)(const struct pw_table *pt, struct pw_spot *s);
	uint64_t (*grow)(const struct pw_env *env, const uint64_t *slot, uint64_t nr,
			 struct pw_growth *g, unsigned int level);
	int (*lookup_pa)(const struct pw_table *pt, uint64_t ia, struct pw_pa *pa);

	/* cold */
	void (*geometry)(struct pw_geometry *g);
	int (*encode)(const struct pw_table *pt, const struct pw_attr *attr, unsigned int level,
		      uint64_t *raw);
	int (*decode)(const struct pw_table *pt, uint64_t raw, unsigned int level,
		      struct pw_attr *attr);
	int (*change)(const struct pw_table *pt, const struct pw_change *change, unsigned int level,
		      uint64_t *clear, uint64_t *set);
	uint32_t (*perm)(const struct pw_table *pt, uint64_t raw, unsigned int level, uint32_t acc);
	uint64_t (*kind_mask)(unsigned int level);
	uint64_t (*compare_mask)(uint32_t ignore, uint64_t e, unsigned int level);
	uint64_t (*fixed_mask)(unsigned int level);
	uint64_t (*reserved)(uint64_t raw, unsigned int level);
	bool (*leaf_ok)(unsigned int level);
	unsigned int (*contig_lg2)(unsigned int level);
	bool (*regime_ok)(uint32_t regime);
	const char *(*level_name)(unsigned int level, unsigned int levels);
};

#define PW_INSTANCE(symbol, label, fmt, mem, mem_hooked)                                           \
	static PW_SMALL int symbol##_run_pass(struct pw_op *op)                                    \
	{                                                                                          \
		return pw_pass_run(&(fmt), &(mem), op);                                            \
	}                                                                                          \
	static PW_SMALL int symbol##_root(const struct pw_table *pt, struct pw_spot *s)            \
	{                                                                                          \
		return pw_spot_root(&(fmt), &(mem), pt, s);                                        \
	}                                                                                          \
	static PW_SMALL void symbol##_read(const struct pw_table *pt, struct pw_spot *s,           \
					   uint64_t ia)                                            \
	{                                                                                          \
		pw_spot_read(&(fmt), &(mem), pt, s, ia);                                           \
	}                                                                                          \
	static PW_SMALL int symbol##_down(const struct pw_table *pt, struct pw_spot *s)            \
	{                                                                                          \
		return pw_spot_down(&(fmt), &(mem), pt, s);                                        \
	}                                                                                          \
	static PW_SMALL uint64_t symbol##_grow(const struct pw_env *env, const uint64_t *slot,     \
					       uint64_t nr, struct pw_growth *g,                   \
					       unsigned int level)                                 \
	{                                                                                          \
		return pw_run_grow(&(fmt), &(mem), env, slot, nr, g, level);                       \
	}                                                                                          \
	static int symbol##_lookup_pa(const struct pw_table *pt, uint64_t ia, struct pw_pa *pa)    \
	{                                                                                          \
		return pw_lookup_pa(&(fmt), &(mem), pt, ia, pa);                                   \
	}                                                                                          \
	static void symbol##_geometry(struct pw_geometry *g)                                       \
	{                                                                                          \
		g->granule_lg2 = (fmt).granule_lg2;                                                \
		g->index_lg2 = (fmt).index_lg2;                                                    \
		g->max_levels = (fmt).max_levels;                                                  \
		g->min_va_bits = (fmt).min_va_bits;                                                \
		g->max_va_bits = (fmt).max_va_bits;                                                \
		g->pa_bits = (fmt).pa_bits;                                                        \
	}                                                                                          \
	static int symbol##_encode(const struct pw_table *pt, const struct pw_attr *attr,          \
				   unsigned int level, uint64_t *raw)                              \
	{                                                                                          \
		return (fmt).encode(pt, attr, level, raw);                                         \
	}                                                                                          \
	static int symbol##_decode(const struct pw_table *pt, uint64_t raw, unsigned int level,    \
				   struct pw_attr *attr)                                           \
	{                                                                                          \
		return (fmt).decode(pt, raw, level, attr);                                         \
	}                                                                                          \
	static int symbol##_change(const struct pw_table *pt, const struct pw_change *change,      \
				   unsigned int level, uint64_t *clear, uint64_t *set)             \
	{                                                                                          \
		return (fmt).change(pt, change, level, clear, set);                                \
	}                                                                                          \
	static uint32_t symbol##_perm(const struct pw_table *pt, uint64_t raw, unsigned int level, \
				      uint32_t acc)                                                \
	{                                                                                          \
		return (fmt).perm(pt, raw, level, acc);                                            \
	}                                                                                          \
	static uint64_t symbol##_kind_mask(unsigned int level)                                     \
	{                                                                                          \
		return (fmt).kind_mask(level);                                                     \
	}                                                                                          \
	static uint64_t symbol##_compare_mask(uint32_t ignore, uint64_t e, unsigned int level)     \
	{                                                                                          \
		return (fmt).compare_mask(ignore, e, level);                                       \
	}                                                                                          \
	static uint64_t symbol##_fixed_mask(unsigned int level)                                    \
	{                                                                                          \
		return (fmt).fixed_mask(level);                                                    \
	}                                                                                          \
	static uint64_t symbol##_reserved(uint64_t raw, unsigned int level)                        \
	{                                                                                          \
		return (fmt).reserved(raw, level);                                                 \
	}                                                                                          \
	static bool symbol##_leaf_ok(unsigned int level)                                           \
	{                                                                                          \
		return (fmt).leaf_ok(level);                                                       \
	}                                                                                          \
	static unsigned int symbol##_contig_lg2(unsigned int level)                                \
	{                                                                                          \
		return (fmt).contig_lg2(level);                                                    \
	}                                                                                          \
	static bool symbol##_regime_ok(uint32_t regime)                                            \
	{                                                                                          \
		return (fmt).regime_ok(regime);                                                    \
	}                                                                                          \
	static const char *symbol##_level_name(unsigned int level, unsigned int levels)            \
	{                                                                                          \
		return (fmt).level_name(level, levels);                                            \
	}                                                                                          \
	const struct pw_instance symbol = {                                                        \
		.name = label,                                                                     \
		.hooked = (mem_hooked),                                                            \
		.run_pass = symbol##_run_pass,                                                     \
		.root = symbol##_root,                                                             \
		.read = symbol##_read,                                                             \
		.down = symbol##_down,                                                             \
		.grow = symbol##_grow,                                                             \
		.lookup_pa = symbol##_lookup_pa,                                                   \
		.geometry = symbol##_geometry,                                                     \
		.encode = symbol##_encode,                                                         \
		.decode = symbol##_decode,                                                         \
		.change = symbol##_change,                                                         \
		.perm = symbol##_perm,                                                             \
		.kind_mask = symbol##_kind_mask,                                                   \
		.compare_mask = symbol##_compare_mask,                                             \
		.fixed_mask = symbol##_fixed_mask,                                                 \
		.reserved = symbol##_reserved,                                                     \
		.leaf_ok = symbol##_leaf_ok,                                                       \
		.contig_lg2 = symbol##_contig_lg2,                                                 \
		.regime_ok = symbol##_regime_ok,                                                   \
		.level_name = symbol##_level_name,                                                 \
	}

#endif
