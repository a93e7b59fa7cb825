/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * State.
 *
 * Memory is the caller's, and an entry that is as it was needs no record: whatever a TLB or a walk
 * cache holds of it is what memory says. Only what differs is kept, as struct ent:
 *
 *	root ---> table ---> table ---> page          what memory says
 *	   \
 *	    '-- stale pointer (K_TABLE) ---> old table ---> old page (implied)
 *
 *	stale leaf (K_LEAF): a translation that may be cached, of one address, size and tag
 *
 * Both sides are needed: on arm64 a TLBI by address drops the pointer and one leaf, and leaves the
 * other 511 leaves; on x86 INVLPG drops every pointer and one leaf; on RISC-V SFENCE.VMA with an
 * address drops leaves only.
 *
 * What lies behind a stale pointer is not recorded while the pointer lives: a walker may fill it
 * from there at any time. When an invalidation takes the pointer, what it leaves behind is written
 * out (maint.c); when something is stored into the old table, both the value before and the value
 * after are written out (store.c), for either may have been filled.
 *
 * Behind the barrier that completed its own invalidation a CPU has nothing of it in a cache, but
 * may use it until its context is synchronised (ent.own), and so what it reads through it
 * meanwhile. That brings nothing back into a cache, and goes with it.
 *
 * Stale "invalid" (K_INVALID) is kept likewise: a walker may have read it and not looked again.
 *
 * An entry lives on a set of CPUs. It is found by address and level (a hash), so an invalidation
 * of a few pages looks at a few chains, and one of many pages at the entries, whichever is less.
 */
#include "trace.h"

/* Pools ------------------------------------------------------------------------------------- */

struct layout {
	uint64_t at; /* more than a small machine's size_t holds, perhaps */
};

static size_t take(struct layout *l, uint64_t nr, size_t size)
{
	uint64_t at = l->at;

	l->at += (nr * size + 15) & ~(uint64_t)15;
	return (size_t)at;
}

static uint32_t pow2(uint32_t n)
{
	uint32_t p = 16;

	while (p < n)
		p <<= 1;
	return p;
}

static const struct arch *const arches[PWM_NR_ARCHES] = { &pwm_arch_arm64, &pwm_arch_x86,
							  &pwm_arch_riscv };

static uint32_t levels_for(const struct pwm_config *c, uint32_t va_bits)
{
	uint32_t index = c->page_lg2 - 3, n = 1;

	while (c->page_lg2 + n * index < va_bits)
		n++;
	return n;
}

/* A feature has a name. */
static bool features_exist(uint32_t features)
{
	const struct flag_name *f;

	for (f = pwm_feature_names; f->name; f++)
		features &= ~f->bit;
	return !features;
}

/* One table for the highest level: on arm64 up to 16 of them side by side, at stage 2. */
static bool levels_suffice(const struct pwm_config *c)
{
	uint32_t more = c->arch == PWM_ARM64 ? 4 : 0;

	return c->va_bits <= c->page_lg2 + c->levels * (c->page_lg2 - 3) + more;
}

/* Each field for itself; what is 0 gets what it stands for. */
static bool config_fill(struct pwm_config *c)
{
	if (c->size != sizeof(*c) || c->arch >= PWM_NR_ARCHES || c->nr_cpus > PWM_MAX_CPUS ||
	    !c->nr_cpus)
		return false;
	if (!c->page_lg2)
		c->page_lg2 = 12;
	if (c->page_lg2 != 12 && (c->arch != PWM_ARM64 || (c->page_lg2 != 14 && c->page_lg2 != 16)))
		return false;
	if (!c->va_bits)
		c->va_bits = c->arch == PWM_RISCV ? 39 : 48;
	if (c->va_bits < c->page_lg2 + 1 || c->va_bits > 57 || c->bbm > 3)
		return false;
	if (!features_exist(c->features))
		return false;
	if (!c->levels)
		c->levels = levels_for(c, c->va_bits);
	if (!c->pa_bits)
		c->pa_bits = c->features & PWM_LPA2 ? 52 : c->arch == PWM_RISCV ? 56 : 48;
	if (c->pa_bits < 32 || c->pa_bits > 56)
		return false;
	if (!c->max_unclean)
		c->max_unclean = 4096;
	if (!c->max_tables)
		c->max_tables = 4096;
	if (!c->max_spaces)
		c->max_spaces = 64;
	return c->levels <= PWM_MAX_LEVELS && c->max_unclean < 1u << 24 &&
	       c->max_tables < 1u << 24 && c->max_spaces < 1u << 16;
}

/* Where everything lies behind the struct; with @m NULL only how long it is. */
static uint64_t lay_out(const struct pwm_config *c, struct pwm *m)
{
	struct layout l = { 0 };
	uint32_t hash = pow2(c->max_unclean * 2), thash = pow2(c->max_tables * 2);
	uint32_t recs = c->max_unclean * (4 + c->nr_cpus) + 64, edges = c->max_tables * 2;
	size_t at[12];
	char *base = (char *)m;

	take(&l, 1, sizeof(struct pwm));
	at[0] = take(&l, c->max_unclean, sizeof(struct ent));
	at[1] = take(&l, hash, sizeof(uint32_t));
	at[2] = take(&l, c->max_unclean, sizeof(uint32_t));
	at[3] = take(&l, c->features & PWM_PLAY ? (uint64_t)c->max_unclean * c->nr_cpus : 0,
		     sizeof(uint64_t));
	at[4] = take(&l, recs, sizeof(struct rec));
	at[5] = take(&l, c->max_tables, sizeof(struct table));
	at[6] = take(&l, thash, sizeof(uint32_t));
	at[7] = take(&l, edges, sizeof(struct edge));
	at[8] = take(&l, c->max_spaces, sizeof(struct space));
	at[9] = take(&l, c->max_spaces + 64, sizeof(struct path));
	at[10] = take(&l, c->nr_cpus, sizeof(struct cpu));
	at[11] = take(&l, thash, sizeof(uint64_t));
	if (!m)
		return l.at;
	m->ents = (void *)(base + at[0]);
	m->hash = (void *)(base + at[1]);
	m->all = (void *)(base + at[2]);
	m->kills = (void *)(base + at[3]);
	m->recs = (void *)(base + at[4]);
	m->tables = (void *)(base + at[5]);
	m->table_hash = (void *)(base + at[6]);
	m->edges = (void *)(base + at[7]);
	m->spaces = (void *)(base + at[8]);
	m->paths = (void *)(base + at[9]);
	m->cpu = (void *)(base + at[10]);
	m->pages = (void *)(base + at[11]);
	m->max_ents = c->max_unclean;
	m->hash_mask = hash - 1;
	m->max_recs = recs;
	m->max_tables = c->max_tables;
	m->table_mask = thash - 1;
	m->page_mask = thash - 1;
	m->max_edges = edges;
	m->max_spaces = c->max_spaces;
	m->max_paths = c->max_spaces + 64;
	return l.at;
}

size_t pwm_size(const struct pwm_config *cfg)
{
	struct pwm_config c = *cfg;
	uint64_t len;

	if (!config_fill(&c) || !levels_suffice(&c))
		return 0;
	len = lay_out(&c, NULL);
	return len <= SIZE_MAX ? (size_t)len : 0;
}

/* Free lists run through the pools in order, so that memory is touched as it is needed. */
static void pools_init(struct pwm *m)
{
	uint32_t i, h;

	for (i = 0; i < m->max_ents; i++)
		m->ents[i].next = i + 1 < m->max_ents ? i + 1 : NIL;
	for (i = 0; i < m->max_recs; i++)
		m->recs[i].next = i + 1 < m->max_recs ? i + 1 : NIL;
	for (i = 0; i < m->max_tables; i++)
		m->tables[i].next = i + 1 < m->max_tables ? i + 1 : NIL;
	for (i = 0; i < m->max_edges; i++)
		m->edges[i].up_next = i + 1 < m->max_edges ? i + 1 : NIL;
	__builtin_memset(m->hash, 0xff, (m->hash_mask + 1) * sizeof(uint32_t));
	__builtin_memset(m->table_hash, 0xff, (m->table_mask + 1) * sizeof(uint32_t));
	for (i = 0; i < m->cfg.nr_cpus; i++) {
		struct cpu *c = &m->cpu[i];

		for (h = 0; h < PWM_NR_HALVES; h++)
			c->cur[h] = NIL;
		c->novis = c->pend = c->own = NIL;
		c->lazy_space = NIL;
	}
}

struct pwm *pwm_init(void *mem, size_t len, const struct pwm_config *cfg)
{
	struct pwm_config c = *cfg;
	struct pwm *m = mem;
	size_t need = pwm_size(cfg);

	if (!need || !config_fill(&c) || !c.read || !mem || (uintptr_t)mem % 8 || len < need)
		return NULL;
	__builtin_memset(mem, 0, need);
	m->cfg = c;
	lay_out(&c, m);
	m->arch = arches[c.arch];
	m->index_lg2 = c.page_lg2 - 3;
	m->combined = NIL;
	m->cpus = ~(cpumask)0 >> (PWM_MAX_CPUS - c.nr_cpus);
	pools_init(m);
	return m;
}

int pwm_config_set(struct pwm_config *cfg, uint32_t key, uint64_t value)
{
	struct pwm_config c = *cfg, probe;
	uint32_t *const field[PWM_NR_KEYS] = {
		[PWM_KEY_ARCH] = &c.arch,	  [PWM_KEY_CPUS] = &c.nr_cpus,
		[PWM_KEY_PAGE_LG2] = &c.page_lg2, [PWM_KEY_VA_BITS] = &c.va_bits,
		[PWM_KEY_LEVELS] = &c.levels,	  [PWM_KEY_BBM] = &c.bbm,
		[PWM_KEY_PA_BITS] = &c.pa_bits,	  [PWM_KEY_FEATURES] = &c.features,
	};

	if (key >= PWM_NR_KEYS || (key != PWM_KEY_MAIR && value > UINT32_MAX))
		return -1;
	if (key == PWM_KEY_MAIR)
		c.mair = value;
	else
		*field[key] = (uint32_t)value;
	probe = c;
	if (!config_fill(&probe))
		return -1;
	*cfg = c;
	return 0;
}

void pwm_get_stats(const struct pwm *m, struct pwm_stats *s)
{
	uint32_t i;

	*s = m->stats;
	s->steps = m->step;
	s->unclean = m->nr_ents;
	s->tables = m->nr_tables;
	for (i = pwm_space_next(m, 0); i != NIL; i = pwm_space_next(m, i + 1))
		s->spaces++;
}

uint32_t pwm_space_next(const struct pwm *m, uint32_t i)
{
	for (; i < m->top_space; i++)
		if (m->spaces[i].used)
			return i;
	return NIL;
}

uint64_t pwm_mem_read(const struct pwm *m, uint64_t pa)
{
	if (m->over && m->over_pa == pa)
		return m->over_val;
	return m->cfg.read(m->cfg.ctx, pa);
}

/* Entries ------------------------------------------------------------------------------------ */

uint32_t pwm_hash_of(const struct pwm *m, uint64_t va, unsigned int level)
{
	uint64_t x = (va >> level_shift(m, level)) * 0x9e3779b97f4a7c15ull +
		     (uint64_t)level * 0x85ebca6bu;

	return (uint32_t)(x >> 32) & m->hash_mask;
}

uint32_t pwm_ent_find(const struct pwm *m, uint64_t va, unsigned int level, uint32_t space,
		      unsigned int kind, uint64_t val, unsigned int hier, uint64_t src)
{
	uint64_t key = pwm_key(m, space, val, level);
	uint32_t i;

	if (!m->at_level[level])
		return NIL;
	for (i = m->hash[pwm_hash_of(m, va, level)]; i != NIL; i = m->ents[i].next) {
		const struct ent *e = &m->ents[i];

		if (e->va == va && e->level == level && e->space == space && e->kind == kind &&
		    e->hier == hier && (!src || e->src == src) &&
		    pwm_key(m, space, e->val, level) == key)
			return i;
	}
	return NIL;
}

/* The same, whichever entry it stood in; @key is @e's. */
bool pwm_same_translation(const struct pwm *m, const struct ent *a, const struct ent *e,
			  uint64_t key)
{
	return a->va == e->va && a->level == e->level && a->space == e->space &&
	       a->kind == e->kind && a->hier == e->hier &&
	       pwm_key(m, a->space, a->val, a->level) == key;
}

/* CPUs that may have it in a cache, whichever entry it stood in. */
cpumask pwm_holders(const struct pwm *m, const struct ent *e)
{
	uint64_t key = pwm_key(m, e->space, e->val, e->level);
	cpumask cpus = 0;
	uint32_t i;

	for (i = m->hash[pwm_hash_of(m, e->va, e->level)]; i != NIL; i = m->ents[i].next)
		if (pwm_same_translation(m, &m->ents[i], e, key))
			cpus |= m->ents[i].live;
	return cpus;
}

static void not_taken(struct pwm *m, struct ent *e, cpumask live)
{
	uint32_t c, i, me = ent_index(m, e);

	e->own &= ~live;
	e->pend_mask &= ~live;
	/* thousands may be under way, and this be stored to for each */
	if (!e->pended)
		return;
	for (c = 0; c < m->cfg.nr_cpus; c++)
		for (i = m->cpu[c].pend; i != NIL; i = m->recs[i].next)
			if ((m->recs[i].ent & ~REC_NXS) == me)
				m->recs[i].mask &= ~live;
}

/*
 * It was read through a pointer that these CPUs invalidated, and may go on to use until their
 * context is synchronised. It is in no TLB: the invalidation has completed, and nothing that uses
 * the pointer is left there by what began before it.
 */
void pwm_ent_in_use(struct pwm *m, struct ent *e, cpumask own)
{
	uint32_t c;

	own &= ~e->live;
	e->live |= own;
	e->own |= own;
	for (c = 0; own && c < m->cfg.nr_cpus; c++)
		if (own & CPU_BIT(c))
			pwm_rec_add(m, &m->cpu[c].own, ent_index(m, e), e->gen, CPU_BIT(c));
}

/*
 * It may have been filled again there: what is under way for it does not take it any more. Nor for
 * the same translation that stood in another entry.
 */
void pwm_ent_refilled(struct pwm *m, struct ent *e, cpumask live)
{
	uint64_t key = pwm_key(m, e->space, e->val, e->level);
	uint32_t i;

	for (i = m->hash[pwm_hash_of(m, e->va, e->level)]; i != NIL; i = m->ents[i].next) {
		struct ent *t = &m->ents[i];

		if (pwm_same_translation(m, t, e, key))
			not_taken(m, t, live);
	}
	e->live |= live;
	e->repeats = 0;
	e->past &= ~live;
}

/* The same, and its value has just been stored over. */
static void ent_refresh(struct pwm *m, struct ent *e, cpumask live, cpumask own)
{
	pwm_ent_refilled(m, e, live);
	pwm_ent_in_use(m, e, own);
	e->stores++;
	e->visible = 0;
	e->writers = 0;
	e->past = 0;
	e->skipped = 0;
	e->miss = MISS_NONE;
	e->miss_step = 0;
	e->told = 0;
	if (m->cfg.features & PWM_PLAY)
		__builtin_memset(&m->kills[(size_t)ent_index(m, e) * m->cfg.nr_cpus], 0,
				 m->cfg.nr_cpus * sizeof(uint64_t));
}

static void child_list_add(struct pwm *m, struct ent *e, uint64_t table_pa)
{
	uint32_t child = pwm_table_find(m, table_pa);

	e->child = child;
	e->child_prev = NIL;
	e->child_next = child == NIL ? NIL : m->tables[child].stale;
	if (e->child_next != NIL)
		m->ents[e->child_next].child_prev = ent_index(m, e);
	if (child != NIL)
		m->tables[child].stale = ent_index(m, e);
}

/* A combined entry that is a table's: it is found without looking at the others. */
static void combined_add(struct pwm *m, struct ent *e)
{
	e->child_prev = NIL;
	e->child_next = m->combined;
	if (m->combined != NIL)
		m->ents[m->combined].child_prev = ent_index(m, e);
	m->combined = ent_index(m, e);
}

static void list_drop(struct pwm *m, const struct ent *e, uint32_t *head)
{
	if (e->child_prev != NIL)
		m->ents[e->child_prev].child_next = e->child_next;
	else
		*head = e->child_next;
	if (e->child_next != NIL)
		m->ents[e->child_next].child_prev = e->child_prev;
}

static bool is_table(const struct pwm *m, const struct ent *e)
{
	struct dec d;

	pwm_decode(m, e->space, e->val, e->level, &d);
	return d.kind == K_TABLE;
}

/* Does the record name something that is gone, or was stored over since? */
bool pwm_rec_void(const struct pwm *m, const struct rec *r)
{
	const struct ent *e = &m->ents[r->ent & REC_INDEX];

	if (r->ent & REC_SPACE)
		return false;
	return e->gen != r->gen || (e->kind == K_INVALID && e->stores != r->stores);
}

/*
 * No room: forget every "invalid" that only waits for some CPU to synchronise its context. A CPU
 * that sleeps would keep them for ever, and the worst that they cause is a fault that is spurious.
 * Once a step: what it adds itself is none of these, and it may add as many as there are.
 */
static void make_room(struct pwm *m)
{
	uint32_t i;

	if (m->room_made == m->step)
		return;
	m->room_made = m->step;
	for (i = m->nr_ents; i-- > 0;) {
		struct ent *e = &m->ents[m->all[i]];

		if (e->kind == K_INVALID && e->visible) {
			pwm_ent_drop(m, e);
			m->stats.forgotten++;
		}
	}
}

struct ent *pwm_ent_add(struct pwm *m, const struct path *p, unsigned int kind, uint64_t val,
			uint64_t src, bool global, cpumask live)
{
	uint32_t i = pwm_ent_find(m, p->va, p->level, p->space, kind, val, p->hier, src);
	struct ent *e;
	struct dec d;
	uint32_t h, next;

	if (!(live | p->own))
		return NULL;
	if (i != NIL) {
		e = &m->ents[i];
		ent_refresh(m, e, live, p->own);
	} else {
		if (m->free_ent == NIL)
			make_room(m);
		if (m->free_ent == NIL) {
			m->stats.overflows++;
			return NULL;
		}
		i = m->free_ent;
		e = &m->ents[i];
		m->free_ent = e->next;
		/* it may have been on the list of what an invalidation covers */
		h = e->gen;
		next = e->mark_next;
		__builtin_memset(e, 0, sizeof(*e));
		e->gen = h;
		e->mark_next = next;
		e->va = p->va;
		e->val = val;
		e->src = src;
		e->level = p->level;
		e->kind = (uint8_t)kind;
		e->hier = p->hier;
		e->global = global;
		e->space = p->space;
		ent_refresh(m, e, live, p->own);
		e->since = m->step;
		e->site = m->now.site;
		e->cpu = m->now.cpu;
		h = pwm_hash_of(m, p->va, p->level);
		e->next = m->hash[h];
		m->hash[h] = i;
		e->all = m->nr_ents;
		m->all[m->nr_ents++] = i;
		m->at_level[p->level]++;
		if (m->nr_ents > m->stats.max_unclean)
			m->stats.max_unclean = m->nr_ents;
		if (kind == K_TABLE) {
			pwm_decode(m, p->space, val, p->level, &d);
			child_list_add(m, e, d.oa);
			m->nr_tables_stale++;
		}
		if (kind == K_COMBINED && is_table(m, e))
			combined_add(m, e);
	}
	return e;
}

void pwm_ent_drop(struct pwm *m, struct ent *e)
{
	uint32_t i = ent_index(m, e), child = NIL;
	uint32_t *link = &m->hash[pwm_hash_of(m, e->va, e->level)];

	while (*link != i)
		link = &m->ents[*link].next;
	*link = e->next;
	m->nr_ents--;
	m->all[e->all] = m->all[m->nr_ents];
	m->ents[m->all[e->all]].all = e->all;
	m->at_level[e->level]--;
	if (e->kind == K_TABLE) {
		m->nr_tables_stale--;
		child = e->child;
		if (child != NIL)
			list_drop(m, e, &m->tables[child].stale);
	}
	if (e->kind == K_COMBINED && is_table(m, e))
		list_drop(m, e, &m->combined);
	e->gen++;
	e->mask = 0; /* an invalidation that marked it does not take what comes in its place */
	e->next = m->free_ent;
	m->free_ent = i;
	if (child != NIL)
		pwm_table_collect(m, child);
}

/* Records ------------------------------------------------------------------------------------ */

static void purge(struct pwm *m, uint32_t *list)
{
	while (*list != NIL) {
		uint32_t i = *list;
		struct rec *r = &m->recs[i];

		if (!pwm_rec_void(m, r)) {
			list = &r->next;
			continue;
		}
		*list = r->next;
		r->next = m->free_rec;
		m->free_rec = i;
	}
}

/*
 * A CPU that sleeps keeps records of what others have settled long ago: those are free again. Once
 * a step, likewise.
 */
static void make_rec_room(struct pwm *m)
{
	uint32_t c;

	if (m->rec_room_made == m->step)
		return;
	m->rec_room_made = m->step;
	for (c = 0; c < m->cfg.nr_cpus; c++) {
		purge(m, &m->cpu[c].own);
		purge(m, &m->cpu[c].novis);
		purge(m, &m->cpu[c].pend);
	}
}

void pwm_rec_put(struct pwm *m, uint32_t *list, const struct rec *r)
{
	uint32_t i;

	if (m->free_rec == NIL)
		make_rec_room(m);
	i = m->free_rec;
	if (i == NIL) {
		m->stats.overflows++;
		return;
	}
	m->free_rec = m->recs[i].next;
	m->recs[i] = *r;
	m->recs[i].next = *list;
	*list = i;
}

void pwm_rec_add(struct pwm *m, uint32_t *list, uint32_t ent, uint32_t gen, cpumask mask)
{
	struct rec r = { .mask = mask,
			 .ent = ent,
			 .gen = gen,
			 .stores = ent & REC_SPACE ? 0 : m->ents[ent & REC_INDEX].stores };

	pwm_rec_put(m, list, &r);
}

uint32_t pwm_rec_pop(struct pwm *m, uint32_t *list, struct rec *r)
{
	uint32_t i = *list;

	if (i == NIL)
		return NIL;
	*r = m->recs[i];
	*list = r->next;
	m->recs[i].next = m->free_rec;
	m->free_rec = i;
	return i;
}

/* A walk over the entries that overlap a range --------------------------------------------- */

enum { BY_HASH = 0, BY_LIST };

/*
 * Whichever is less: the chains of every page of the range at every level that has entries, or
 * all entries. Entries may be dropped and added by the caller only after the walk.
 */
static bool few_chains(const struct pwm *m, uint64_t first, uint64_t last)
{
	uint64_t chains = 0;
	unsigned int l;

	for (l = 0; l < PWM_MAX_LEVELS; l++)
		if (m->at_level[l])
			chains += (last >> level_shift(m, l)) - (first >> level_shift(m, l)) + 1;
	return chains < m->nr_ents;
}

static uint32_t next_in_list(const struct pwm *m, uint64_t first, uint64_t last,
			     struct ent_iter *it)
{
	while (it->at < m->nr_ents) {
		uint32_t i = m->all[it->at++];
		const struct ent *e = &m->ents[i];

		if (e->va <= last && e->va + (level_size(m, e->level) - 1) >= first)
			return i;
	}
	return NIL;
}

static uint32_t next_in_hash(const struct pwm *m, uint64_t first, uint64_t last,
			     struct ent_iter *it)
{
	for (;;) {
		uint64_t size = level_size(m, it->level);

		while (it->at != NIL) {
			uint32_t i = it->at;

			it->at = m->ents[i].next;
			if (m->ents[i].va == it->va && m->ents[i].level == it->level)
				return i;
		}
		if (it->started && last - it->va >= size) {
			it->va += size;
			it->at = m->hash[pwm_hash_of(m, it->va, it->level)];
			continue;
		}
		if (it->started)
			it->level++;
		while (it->level < PWM_MAX_LEVELS && !m->at_level[it->level])
			it->level++;
		if (it->level == PWM_MAX_LEVELS)
			return NIL;
		it->started = 1;
		it->va = first & ~(level_size(m, it->level) - 1);
		it->at = m->hash[pwm_hash_of(m, it->va, it->level)];
	}
}

uint32_t pwm_ent_next_in(const struct pwm *m, uint64_t first, uint64_t last, struct ent_iter *it)
{
	if (!m->nr_ents)
		return NIL;
	if (!it->started && it->mode == BY_HASH && !it->at) {
		if (few_chains(m, first, last)) {
			it->at = NIL;
		} else {
			it->mode = BY_LIST;
		}
	}
	return it->mode == BY_LIST ? next_in_list(m, first, last, it) :
				     next_in_hash(m, first, last, it);
}
