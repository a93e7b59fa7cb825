/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "ref_cached.h"

/* May a walker read @val at @loc? With @now only: what memory says, and no older value. */
static bool readable(const struct rc *r, unsigned int loc, unsigned int val, bool now)
{
	return r->now[loc] == val || (!now && r->old[loc][val]);
}

/* All that the tables give in a space through the pointers in @held. */
static rc_set behind(const struct rc *r, unsigned int s, rc_set held, bool now)
{
	rc_set d = held;

	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int m = 0; m < RC_MID; m++)
			for (unsigned int j = 0; d & RC_BIT(RC_W2(s, i, m)) && j < 2; j++) {
				for (unsigned int l = 0; l < RC_LEAF; l++)
					if (readable(r, RC_LOC_MID(m, j), 1 + l, now))
						d |= RC_BIT(RC_W1(s, i, j, l));
				for (unsigned int b = 0; b < 2; b++)
					if (readable(r, RC_LOC_MID(m, j), RC_BLOCK + b, now))
						d |= RC_BIT(RC_TB(s, i, j, b));
			}
	for (unsigned int n = 0; n < 2 * 2 * RC_LEAF * 2 * 3; n++) {
		unsigned int i = n & 1, j = n >> 1 & 1, k = n >> 2 & 1, l = n / 8 % 3, p = n / 24;

		if (d & RC_BIT(RC_W1(s, i, j, l)) && readable(r, RC_LOC_LEAF(l, k), 1 + p, now))
			d |= RC_BIT(RC_TP(s, i, j, k, p));
	}
	return d;
}

/* And what they give through memory. */
static rc_set derive(const struct rc *r, unsigned int s, rc_set held, bool now)
{
	rc_set d = held;

	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int m = 0; m < RC_MID; m++)
			if (readable(r, RC_LOC_ROOT(s, i), 1 + m, now))
				d |= RC_BIT(RC_W2(s, i, m));
		for (unsigned int b = 0; b < 2; b++)
			if (readable(r, RC_LOC_ROOT(s, i), RC_BLOCK + b, now))
				d |= RC_BIT(RC_TG(s, i, b));
	}
	return behind(r, s, d, now);
}

/* Elements of one space. */
static rc_set of_space(unsigned int s)
{
	rc_set x = 0;

	for (unsigned int e = 0; e < RC_ELEMENTS; e++) {
		unsigned int at = e < 8	 ? e / 4 :
				  e < 32 ? (e - 8) / 12 :
				  e < 48 ? (e - 32) / 8 :
				  e < 96 ? (e - 48) / 24 :
					   (e - 96) / 4;

		if (at == s)
			x |= RC_BIT(e);
	}
	return x;
}

static rc_set filled(const struct rc *r, unsigned int c, rc_set held)
{
	for (unsigned int s = 0; s < RC_SPACES; s++) {
		/* a CPU that does not run the space fills nothing from memory, but from pointers */
		if (r->ran[c][s])
			held |= derive(r, s, held, false);
	}
	return held;
}

/*
 * All that can be filled is; what can be filled by a way that does not go itself does not go. What
 * memory says behind a pointer that is in use only is in use as well, and in no cache.
 */
void rc_fill(struct rc *r)
{
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		rc_set cached = filled(r, c, r->held[c] & ~r->own[c]), used = r->own[c];

		for (unsigned int s = 0; s < RC_SPACES; s++)
			if (r->ran[c][s])
				used |= derive(r, s, r->own[c], true);
		r->held[c] = cached | used;
		r->own[c] = used & ~cached;
		for (unsigned int p = 0; p < RC_CPUS; p++)
			r->pend[p][c] &= ~filled(r, c, cached & ~r->pend[p][c]);
	}
}

/* The elements that entry @loc with @val gives, wherever its table is reached. */
static rc_set from_location(unsigned int loc, unsigned int val)
{
	rc_set x = 0;

	for (unsigned int n = 0; val && n < 8; n++) {
		unsigned int s = n & 1, i = n >> 1 & 1, j = n >> 2 & 1;

		if (loc < 4) {
			if (loc == RC_LOC_ROOT(s, i))
				x |= val >= RC_BLOCK ? RC_BIT(RC_TG(s, i, val - RC_BLOCK)) :
						       RC_BIT(RC_W2(s, i, val - 1));
		} else if (loc < 8) {
			if ((loc & 1) == j)
				x |= val >= RC_BLOCK ? RC_BIT(RC_TB(s, i, j, val - RC_BLOCK)) :
						       RC_BIT(RC_W1(s, i, j, val - 1));
		} else {
			x |= RC_BIT(RC_TP(s, i, j, loc & 1, val - 1));
		}
	}
	return x;
}

/* Those of @x, from_location(@loc, ...), reached through @loc's own table by ways in @by. */
static rc_set reached(rc_set by, unsigned int loc, rc_set x)
{
	rc_set y = 0;

	for (unsigned int n = 0; n < 8; n++) {
		unsigned int s = n & 1, i = n >> 1 & 1, j = n >> 2 & 1;
		bool way = loc < 4;

		if (loc >= 8)
			way = by & RC_BIT(RC_W1(s, i, j, (loc - 8) / 2));
		else if (loc >= 4)
			way = by & RC_BIT(RC_W2(s, i, (loc - 4) / 2));
		for (unsigned int v = 0; way && v < 3; v++) {
			y |= RC_BIT(RC_TP(s, i, j, loc & 1, v)) & (loc >= 8 ? x : 0);
			y |= RC_BIT(RC_W1(s, i, j, v)) & (loc >= 4 && loc < 8 ? x : 0);
			y |= v < 2 && loc < 8 ? RC_BIT(RC_TB(s, i, j, v)) & x : 0;
			y |= v < 2 && loc < 4 ? RC_BIT(RC_W2(s, i, v)) & x : 0;
			y |= v < 2 && loc < 4 ? RC_BIT(RC_TG(s, i, v)) & x : 0;
		}
	}
	return y;
}

/* Conflicts ------------------------------------------------------------------------------------ */

struct leaf {
	unsigned int level, s, i, j, k;
	uint64_t output;
	bool global;
};

uint64_t rc_output(const struct rc *r, unsigned int level, unsigned int index, unsigned int val)
{
	unsigned int other = level			   ? val - RC_BLOCK :
			     val == RC_GLOBAL && r->tagged ? 0 :
							     val - RC_A;
	uint64_t base = 0x40000000 * (1ull + other);

	return level == 2 ? base : base + ((uint64_t)index << (level ? 21 : 12));
}

static bool leaf_of(const struct rc *r, unsigned int e, struct leaf *l)
{
	unsigned int n;

	*l = (struct leaf){ .level = e >= 96 ? 2 : e >= 48 ? 0 : 1 };
	if (e < 32)
		return false;
	if (e >= 96) {
		n = (e - 96) / 2;
		l->output = rc_output(r, 2, 0, RC_BLOCK + (e & 1));
	} else if (e >= 48) {
		n = (e - 48) / 3;
		l->k = n & 1;
		l->output = rc_output(r, 0, l->k, 1 + (e - 48) % 3);
		l->global = r->tagged && (e - 48) % 3 == RC_GLOBAL - 1;
		n >>= 1;
	} else {
		n = (e - 32) / 2;
		l->output = rc_output(r, 1, n & 1, RC_BLOCK + (e & 1));
	}
	if (e < 96) {
		l->j = n & 1;
		n >>= 1;
	}
	l->i = n & 1;
	l->s = n >> 1;
	return true;
}

/* Two leaves of one address, or of none. */
static int clash(const struct rc *r, const struct leaf *was, const struct leaf *now)
{
	const struct leaf *small = was->level < now->level ? was : now;
	unsigned int big = was->level < now->level ? now->level : was->level;
	uint64_t a = was->output, b = now->output;

	if (was->s != now->s && !was->global && !now->global)
		return RC_CLEAN;
	if (was->i != now->i || (big < 2 && was->j != now->j) || (big < 1 && was->k != now->k))
		return RC_CLEAN;
	/* where the larger one leads at the smaller one's address */
	if (was->level > now->level)
		a += (big == 2 ? (uint64_t)small->j << 21 : 0) + ((uint64_t)small->k << 12);
	else if (was->level < now->level)
		b += (big == 2 ? (uint64_t)small->j << 21 : 0) + ((uint64_t)small->k << 12);
	if (r->sizes)
		return was->level == now->level ? RC_CLEAN : a == b ? RC_EITHER : RC_WRONG;
	if (a != b || (!was->global && now->global))
		return RC_WRONG;
	if (was->level == now->level || r->bbm == 3)
		return RC_CLEAN;
	return r->bbm == 2 ? RC_EITHER : RC_WRONG;
}

/*
 * Each leaf that entry @loc brings with @val, against each that any CPU has cached: of the same
 * space all, of the other one, but with @all, what is stale or lies behind what is.
 */
static int worst(const struct rc *r, unsigned int loc, unsigned int val, bool all)
{
	rc_set cached = 0, stale = 0, new = 0;
	struct leaf was, now;
	int found = RC_CLEAN;

	/* the same pointer again brings nothing */
	if (r->now[loc] == val && loc < 8 && val < RC_BLOCK)
		return RC_CLEAN;
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		rc_set held = r->held[c] & ~r->own[c];

		cached |= held;
		for (unsigned int s = 0; s < RC_SPACES; s++)
			stale |= behind(r, s, held & rc_stale(r, c), true);
		for (unsigned int s = 0; s < RC_SPACES; s++)
			if (r->ran[c][s])
				new |= behind(r, s, reached(held, loc, from_location(loc, val)),
					      true) &
				       of_space(s);
	}
	for (unsigned int n = 0; n < RC_ELEMENTS; n++) {
		if (!(new &RC_BIT(n)) || !leaf_of(r, n, &now))
			continue;
		for (unsigned int h = 0; h < RC_ELEMENTS; h++) {
			int got;

			if (!(cached & RC_BIT(h)) || !leaf_of(r, h, &was))
				continue;
			if (was.s != now.s && !all && !(stale & RC_BIT(h)))
				continue;
			got = clash(r, &was, &now);
			if (got > found)
				found = got;
		}
	}
	return found;
}

void rc_store(struct rc *r, unsigned int cpu, unsigned int loc, unsigned int val)
{
	unsigned int was = r->now[loc];
	rc_set again;

	r->clash = worst(r, loc, val, false);
	r->clash_all = worst(r, loc, val, true);
	for (unsigned int v = 0; v < 6; v++)
		if (r->old[loc][v])
			r->old[loc][v] = (uint8_t)(r->old[loc][v] | 1u << cpu);
	if (was != val)
		r->old[loc][was] = (uint8_t)(1u << cpu);
	r->now[loc] = (uint8_t)val;
	rc_fill(r);
	/* What this entry gives, old and new, may be filled again after any earlier operation. */
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		again = reached(r->held[c] & ~r->own[c], loc,
				from_location(loc, was) | from_location(loc, val));
		for (unsigned int p = 0; was != val && p < RC_CPUS; p++)
			r->pend[p][c] &= ~again;
		if (was != val)
			r->own[c] &= ~again;
	}
	/* and so what lies behind that */
	rc_fill(r);
}

void rc_visible(struct rc *r, unsigned int cpu)
{
	for (unsigned int loc = 0; loc < RC_LOCS; loc++)
		for (unsigned int v = 0; v < 6; v++)
			if (r->old[loc][v] & 1u << cpu)
				r->old[loc][v] = 0;
}

void rc_invalidate(struct rc *r, unsigned int cpu, unsigned int cpus, rc_set covered,
		   unsigned int spaces, bool now)
{
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		/* what waits for this CPU's synchronisation is in use, not in a cache */
		rc_set taken = r->held[c] & covered & ~r->own[c];

		if (!(cpus >> c & 1))
			continue;
		/* what comes back at once was not taken */
		taken &= ~filled(r, c, r->held[c] & ~(taken | r->own[c]));
		if (!now) {
			r->pend[cpu][c] |= taken;
			r->unrun[cpu][c] = (uint8_t)(r->unrun[cpu][c] | spaces);
			continue;
		}
		r->held[c] &= ~taken;
		for (unsigned int s = 0; s < RC_SPACES; s++)
			r->ran[c][s] &= r->cur[c][s] || !(spaces >> s & 1);
	}
	rc_fill(r);
}

void rc_complete(struct rc *r, unsigned int cpu)
{
	rc_fill(r);
	for (unsigned int c = 0; c < RC_CPUS; c++) {
		if (c == cpu)
			r->own[c] |= r->held[c] & r->pend[cpu][c];
		else
			r->held[c] &= ~r->pend[cpu][c];
		r->own[c] &= r->held[c];
		r->pend[cpu][c] = 0;
		for (unsigned int s = 0; s < RC_SPACES; s++)
			r->ran[c][s] &= r->cur[c][s] || !(r->unrun[cpu][c] >> s & 1);
		r->unrun[cpu][c] = 0;
	}
	rc_fill(r);
}

void rc_synchronise(struct rc *r, unsigned int cpu)
{
	r->held[cpu] &= ~r->own[cpu];
	r->own[cpu] = 0;
	rc_fill(r);
}

rc_set rc_stale(const struct rc *r, unsigned int cpu)
{
	rc_set fresh = 0;

	for (unsigned int s = 0; s < RC_SPACES; s++)
		fresh |= derive(r, s, 0, true) & of_space(s);
	return r->held[cpu] & ~fresh;
}
