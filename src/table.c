/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The handle: what a set of tables is, checked once, so that no operation has to ask again.
 */
#include <pagewalk/format.h>
#include <pagewalk/table.h>

#include "instance.h"

/* The fewest levels that an input address size needs, with tables side by side at the root. */
static unsigned int table_levels(const struct pw_geometry *g, uint64_t va_bits)
{
	unsigned int levels = 1;

	while ((unsigned int)g->granule_lg2 + levels * g->index_lg2 + g->concat_lg2 < va_bits)
		levels++;
	return levels;
}

static int table_check_env(const struct pw_table_config *cfg)
{
	const struct pw_env *env = cfg->env;

	if (!env || env->size == 0)
		return PW_EINVAL;
	if (cfg->instance->hooked && (!env->phys_to_virt || !env->load || !env->store || !env->cas))
		return PW_EINVAL;
	if (env->get_table && !env->put_table)
		return PW_EINVAL;
	if (env->mem_first.v > env->mem_last.v)
		return PW_EINVAL;
	if (!(cfg->flags & PW_TABLE_LIVE))
		return 0;
	if (!cfg->exec || cfg->exec->size == 0 || !cfg->exec->run)
		return PW_EINVAL;
	return 0;
}

static int table_check(const struct pw_table_config *cfg)
{
	const struct pw_geometry *g;

	if (!cfg || cfg->size == 0 || !cfg->instance)
		return PW_EINVAL;
	g = cfg->instance->geo;
	if (cfg->flags & ~(PW_TABLE_LIVE | PW_TABLE_UPPER | PW_TABLE_NO_WX | PW_TABLE_SHARED_BIT))
		return PW_EINVAL;
	if (cfg->caps.bbm_level > 3u ||
	    ((cfg->flags & PW_TABLE_UPPER) &&
	     (g->halves == PW_HALVES_NONE || cfg->regime == PW_REGIME_EL2 ||
	      cfg->regime == PW_REGIME_EL3)) ||
	    ((cfg->flags & PW_TABLE_SHARED_BIT) && !cfg->enc_mask) ||
	    (cfg->enc_mask & (cfg->enc_mask - 1u)))
		return PW_EINVAL;
	if (cfg->regime >= PW_NR_REGIMES || (cfg->regime && !(g->regimes & (1u << cfg->regime))) ||
	    ((cfg->flags & PW_TABLE_LIVE) && !g->live) || (cfg->enc_mask && !g->enc))
		return PW_EOPNOTSUPP;
	return table_check_env(cfg);
}

/* Sizes: what the caller left at 0 is the format's most, or its fewest levels. */
static int table_shape(struct pw_table *pt, const struct pw_table_config *cfg)
{
	const struct pw_geometry *g = cfg->instance->geo;
	uint64_t va_bits = cfg->va_bits ? cfg->va_bits : g->max_va_bits;
	uint64_t pa_bits = cfg->pa_bits ? cfg->pa_bits : g->pa_bits;
	uint64_t fewest = table_levels(g, va_bits), levels = cfg->levels ? cfg->levels : fewest;
	uint64_t shift = g->granule_lg2 + (levels - 1u) * g->index_lg2;

	if (va_bits < g->min_va_bits || va_bits > g->max_va_bits ||
	    (va_bits - g->min_va_bits) % g->va_step || (g->va_step > 1u && levels != fewest) ||
	    levels > g->max_levels || shift >= va_bits ||
	    va_bits - shift > (uint64_t)g->index_lg2 + g->concat_lg2 || pa_bits > g->pa_bits ||
	    pa_bits <= g->granule_lg2 || cfg->leaf_levels > g->leaf_levels)
		return PW_ERANGE;
	pt->levels = levels;
	pt->root_bytes = 8ull << (va_bits - shift);
	pt->root_skip = 0;
	if (g->halves == PW_HALVES_SIGNED) {
		va_bits--;
		if (cfg->flags & PW_TABLE_UPPER)
			pt->root_skip = 1ull << (va_bits - shift);
	}
	pt->va_bits = va_bits;
	pt->granule_lg2 = g->granule_lg2;
	pt->index_lg2 = g->index_lg2;
	pt->leaf_levels = cfg->leaf_levels ? cfg->leaf_levels : g->leaf_levels;
	if (pt->leaf_levels > levels)
		pt->leaf_levels = levels;
	pt->pa_max = (1ull << pa_bits) - 1u;
	if (!cfg->enc_mask)
		return 0;
	/* the bit is no part of an address: those end below it */
	if (pt->pa_max >= cfg->enc_mask)
		pt->pa_max = cfg->enc_mask - 1u;
	shift = g->granule_lg2 + (pt->leaf_levels - 1u) * g->index_lg2;
	return cfg->enc_mask >> g->pa_bits || !(cfg->enc_mask >> shift) ? PW_ERANGE : 0;
}

/* A format's only regime needs no name. */
static uint32_t table_regime(const struct pw_table_config *cfg)
{
	uint32_t regime = cfg->regime;

	/* not by a builtin: RISC-V's is a call of libgcc */
	while (!(cfg->instance->geo->regimes & (1u << regime)))
		regime++;
	return regime;
}

PW_SMALL int pw_table_init(struct pw_table *pt, const struct pw_table_config *cfg)
{
	int err = pt ? table_check(cfg) : PW_EINVAL;

	if (!err)
		err = table_shape(pt, cfg);
	if (err)
		return err;
	pt->size = sizeof(*pt);
	pt->flags = cfg->flags;
	pt->instance = cfg->instance;
	pt->reshaper = cfg->reshaper;
	pt->env = cfg->env;
	pt->exec = cfg->exec;
	pt->root = cfg->root;
	pt->first.v = cfg->flags & PW_TABLE_UPPER ? 0 - (1ull << pt->va_bits) : 0;
	pt->last.v = pt->first.v + ((1ull << pt->va_bits) - 1u);
	pt->mair = cfg->mair;
	pt->pir = cfg->pir;
	pt->pire0 = cfg->pire0;
	pt->enc_mask = cfg->enc_mask;
	pt->regime = table_regime(cfg);
	pt->asid = cfg->asid;
	pt->any_asid = cfg->any_asid;
	pt->caps = cfg->caps;
	if (cfg->instance->geo->hw_ad || (cfg->caps.flags & PW_CAP_SVADU))
		pt->caps.flags |= PW_CAP_HAF | PW_CAP_HD;

	if (cfg->root.v & (pt->root_bytes - 1u))
		return PW_EINVAL;
	return cfg->root.v > pt->pa_max ? PW_ERANGE : 0;
}

uint64_t pw_table_root_size(const struct pw_table *pt)
{
	return pt->root_bytes;
}

uint64_t pw_table_leaf_size(const struct pw_table *pt, unsigned int level)
{
	return level < pt->levels ? pw_leaf_size(pt, level) : 0;
}

bool pw_table_leaf_ok(const struct pw_table *pt, unsigned int level)
{
	return level < pt->leaf_levels;
}

unsigned int pw_table_contig_lg2(const struct pw_table *pt, unsigned int level)
{
	const struct pw_geometry *g = pt->instance->geo;

	return level < pt->leaf_levels && !(g->contig_cap & ~pt->caps.flags) ?
		       g->contig_lg2[level] :
		       0;
}

const char *pw_instance_name(const struct pw_instance *inst)
{
	return inst->name;
}

/* Linux's names; with fewer levels the missing ones are folded into the next one down. */
const char *pw_level_name(const struct pw_instance *inst, unsigned int level, unsigned int levels)
{
	static const char *const names[] = { "PTE", "PMD", "PUD", "P4D", "PGD" };

	(void)inst;
	if (level >= levels || level >= 5u)
		return "?";
	return level == levels - 1u ? "PGD" : names[level];
}

unsigned int pw_instance_granule_lg2(const struct pw_instance *inst)
{
	return inst->geo->granule_lg2;
}

unsigned int pw_instance_max_levels(const struct pw_instance *inst)
{
	return inst->geo->max_levels;
}
