/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The handle: what a set of tables is, checked once, so that no operation has to ask again.
 */
#include <pagewalk/format.h>
#include <pagewalk/table.h>

#include "instance.h"

/* Levels that an input address size needs: the top table then has at least two entries. */
static unsigned int table_levels(const struct pw_geometry *g, uint64_t va_bits)
{
	unsigned int levels = 1;

	while (g->granule_lg2 + levels * g->index_lg2 < va_bits)
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

static int table_check(const struct pw_table_config *cfg, struct pw_geometry *g)
{
	if (!cfg || cfg->size == 0 || !cfg->instance)
		return PW_EINVAL;
	if (cfg->flags & ~(PW_TABLE_LIVE | PW_TABLE_UPPER | PW_TABLE_NO_WX))
		return PW_EINVAL;
	if (cfg->caps.bbm_level > 3u)
		return PW_EINVAL;
	cfg->instance->geometry(g);
	if (cfg->regime >= PW_NR_REGIMES || !(g->regimes & (1u << cfg->regime)))
		return PW_EOPNOTSUPP;
	return table_check_env(cfg);
}

PW_SMALL int pw_table_init(struct pw_table *pt, const struct pw_table_config *cfg)
{
	struct pw_geometry g;
	uint64_t va_bits, span;
	int err = pt ? table_check(cfg, &g) : PW_EINVAL;

	if (err)
		return err;
	va_bits = cfg->va_bits ? cfg->va_bits : g.max_va_bits;
	if (va_bits < g.min_va_bits || va_bits > g.max_va_bits)
		return PW_ERANGE;
	span = 1ull << va_bits;

	pt->size = sizeof(*pt);
	pt->flags = cfg->flags;
	pt->instance = cfg->instance;
	pt->env = cfg->env;
	pt->exec = cfg->exec;
	pt->root = cfg->root;
	pt->first.v = cfg->flags & PW_TABLE_UPPER ? 0 - span : 0;
	pt->last.v = pt->first.v + (span - 1u);
	pt->va_bits = va_bits;
	pt->levels = table_levels(&g, va_bits);
	pt->granule_lg2 = g.granule_lg2;
	pt->index_lg2 = g.index_lg2;
	pt->leaf_levels = pt->levels < g.leaf_levels ? pt->levels : g.leaf_levels;
	pt->pa_max = (1ull << g.pa_bits) - 1u;
	pt->mair = cfg->mair;
	pt->regime = cfg->regime;
	pt->asid = cfg->asid;
	pt->any_asid = cfg->any_asid;
	pt->caps = cfg->caps;

	if (cfg->root.v & (pw_table_root_size(pt) - 1u))
		return PW_EINVAL;
	if (cfg->root.v >> g.pa_bits)
		return PW_ERANGE;
	return 0;
}

uint64_t pw_table_root_size(const struct pw_table *pt)
{
	return 8ull << (pt->va_bits - pt->granule_lg2 - (pt->levels - 1u) * pt->index_lg2);
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
	struct pw_geometry g;

	pt->instance->geometry(&g);
	return level < pt->leaf_levels ? g.contig_lg2[level] : 0;
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
	struct pw_geometry g;

	inst->geometry(&g);
	return g.granule_lg2;
}

unsigned int pw_instance_max_levels(const struct pw_instance *inst)
{
	struct pw_geometry g;

	inst->geometry(&g);
	return g.max_levels;
}
