/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * replay: what the model says of a trace, pagewalk-trace(5), text or binary.
 *
 * The model keeps differences only, so the memory that a trace speaks of is kept here: pages by
 * address. What is malformed ends the replay, for whatever follows means something else. So does an
 * interrupt, and an error in reading; what was found until then is told.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pagewalk/model.h>

#include "cmd.h"

#define PROGRESS 2000000u
#define BATCH	 4096u
#define BUCKETS	 (1u << 16)
#define MAX_SITE 4095u /* bytes of a name */

#define SITE_TOO_LONG "at most 4095 bytes of a site's name"

struct page {
	struct page *next;
	uint64_t number;
	uint64_t word[512];
};

/* Findings of one kind from one place in the code: one report for all of them. */
struct told {
	const struct pwm_rule *rule; /* NULL: free */
	uint32_t store, maintenance, trigger;
	uint64_t more;
};

struct replay {
	const struct options *o;
	const char *name;
	struct pwm_config cfg;
	struct pwm *m;
	void *mem;
	struct page *bucket[BUCKETS], *last;
	char **site; /* names, from 1 */
	uint32_t nr_sites, max_sites;
	uint32_t *site_hash, site_mask;
	char shown[MAX_SITE + 1]; /* a site's name, for a terminal */
	struct told *told;	  /* places of findings, by hash */
	uint32_t nr_told, told_mask;
	uint64_t records, findings, reports;
	bool progress;
};

/* Memory --------------------------------------------------------------------------------------- */

static struct page *page_of(struct replay *r, uint64_t pa, bool make)
{
	uint64_t number = pa >> 12;
	struct page **b = &r->bucket[number * 0x9e3779b97f4a7c15ull >> 48 & (BUCKETS - 1)], *p;

	if (r->last && r->last->number == number)
		return r->last;
	for (p = *b; p && p->number != number; p = p->next)
		;
	if (!p && make) {
		p = calloc(1, sizeof(*p));
		if (!p) {
			complain("out of memory");
			exit(EXIT_SOURCE);
		}
		p->number = number;
		p->next = *b;
		*b = p;
	}
	if (p)
		r->last = p;
	return p;
}

static uint64_t read_word(void *ctx, uint64_t pa)
{
	const struct page *p = page_of(ctx, pa, false);

	return p ? p->word[pa >> 3 & 511] : 0;
}

static void write_word(struct replay *r, uint64_t pa, uint64_t val)
{
	page_of(r, pa, true)->word[pa >> 3 & 511] = val;
}

/* Sites ---------------------------------------------------------------------------------------- */

static uint32_t hash_text(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		complain("out of memory");
		exit(EXIT_SOURCE);
	}
	return p;
}

/* NULL, or what was expected. */
static const char *set_site(struct replay *r, uint32_t number, const char *s, size_t len)
{
	size_t old = r->site && number < r->max_sites && r->site[number] ? strlen(r->site[number]) :
									   0;

	if (old + len > MAX_SITE)
		return SITE_TOO_LONG;
	if (number >= r->max_sites) {
		uint32_t max = (number | 1023) + 1;

		r->site = grow(r->site, max * sizeof(*r->site));
		memset(r->site + r->max_sites, 0, (max - r->max_sites) * sizeof(*r->site));
		r->max_sites = max;
	}
	/* a binary trace gives a long name in pieces */
	r->site[number] = grow(r->site[number], old + len + 1);
	memcpy(r->site[number] + old, s, len);
	r->site[number][old + len] = 0;
	return NULL;
}

/* The number of a site that a line of text names. */
static uint32_t intern(struct replay *r, const char *s, size_t len)
{
	uint32_t i;

	if (r->nr_sites * 2 >= r->site_mask) {
		uint32_t n, mask = r->site_mask ? r->site_mask * 2 + 1 : 1023;

		free(r->site_hash);
		r->site_hash = grow(NULL, (mask + 1) * sizeof(*r->site_hash));
		memset(r->site_hash, 0, (mask + 1) * sizeof(*r->site_hash));
		r->site_mask = mask;
		for (n = 1; n <= r->nr_sites; n++) {
			i = hash_text(r->site[n], strlen(r->site[n])) & mask;
			while (r->site_hash[i])
				i = (i + 1) & mask;
			r->site_hash[i] = n;
		}
	}
	i = hash_text(s, len) & r->site_mask;
	for (; r->site_hash[i]; i = (i + 1) & r->site_mask)
		if (strlen(r->site[r->site_hash[i]]) == len &&
		    !memcmp(r->site[r->site_hash[i]], s, len))
			return r->site_hash[i];
	r->site_hash[i] = ++r->nr_sites;
	(void)set_site(r, r->nr_sites, s, len);
	return r->nr_sites;
}

static const char *site_name(void *ctx, uint32_t site)
{
	struct replay *r = ctx;
	const char *name = site < r->max_sites ? r->site[site] : NULL;
	size_t i;

	if (!name)
		return NULL;
	/* a name comes from whoever made the trace, and is no command to a terminal */
	for (i = 0; name[i]; i++)
		r->shown[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
	r->shown[i] = 0;
	return r->shown;
}

/* Verdicts ------------------------------------------------------------------------------------- */

static struct told *told_at(const struct replay *r, const struct told *t)
{
	uint64_t h = ((uintptr_t)t->rule ^ (uint64_t)t->store << 40 ^
		      (uint64_t)t->maintenance << 20 ^ t->trigger) *
		     0x9e3779b97f4a7c15ull;
	uint32_t i = (uint32_t)(h >> 32) & r->told_mask;

	while (r->told[i].rule &&
	       (r->told[i].rule != t->rule || r->told[i].store != t->store ||
		r->told[i].maintenance != t->maintenance || r->told[i].trigger != t->trigger))
		i = (i + 1) & r->told_mask;
	return &r->told[i];
}

static void told_grow(struct replay *r)
{
	struct told *old = r->told;
	uint32_t i, nr = old ? r->told_mask + 1 : 0;

	r->told_mask = nr ? nr * 2 - 1 : 255;
	r->told = grow(NULL, (r->told_mask + 1) * sizeof(*r->told));
	memset(r->told, 0, (r->told_mask + 1) * sizeof(*r->told));
	for (i = 0; i < nr; i++)
		if (old[i].rule)
			*told_at(r, &old[i]) = old[i];
	free(old);
}

/* The same mistake at the same place was reported already. Without places nothing is the same. */
static bool told_before(struct replay *r, const struct pwm_verdict *v)
{
	struct told t = { .rule = v->rule,
			  .store = v->store.site,
			  .maintenance = v->maintenance.site,
			  .trigger = v->trigger.site };
	struct told *at;

	if (!t.store && !t.trigger)
		return false;
	if (r->nr_told * 2 >= r->told_mask)
		told_grow(r);
	at = told_at(r, &t);
	if (at->rule) {
		at->more++;
		return true;
	}
	*at = t;
	r->nr_told++;
	return false;
}

static void verdict(void *ctx, const struct pwm_verdict *v)
{
	struct replay *r = ctx;
	char text[4096 + 4 * MAX_SITE];

	r->findings++;
	if (r->o->verbose < 0 || told_before(r, v))
		return;
	r->reports++;
	if (r->o->max_rows && r->reports > r->o->max_rows)
		return;
	pwm_report(r->m, v, text, sizeof(text), site_name, r);
	out_text(text);
	out_char('\n');
}

static bool open_model(struct replay *r)
{
	size_t len;

	if (r->m)
		return true;
	len = pwm_size(&r->cfg);
	r->mem = len ? malloc(len) : NULL;
	r->m = r->mem ? pwm_init(r->mem, len, &r->cfg) : NULL;
	return r->m != NULL;
}

/* One record; NULL, or what was expected. */
static const char *take(struct replay *r, const struct pwm_step *s)
{
	uint64_t at;

	r->records++;
	if (r->progress && r->records % PROGRESS == 0)
		fprintf(stderr, "pagewalk: %lu records, %lu findings\n", (unsigned long)r->records,
			(unsigned long)r->findings);
	if (s->op == PWM_OP_CONFIG) {
		if (r->m)
			return "no config behind the first step";
		return pwm_config_set(&r->cfg, s->kind, s->a) ? "a value that makes sense" : NULL;
	}
	if (s->op == PWM_OP_SITE) {
		char text[24];

		for (at = 0; at < 24; at++)
			text[at] = (char)((at < 8 ? s->a : at < 16 ? s->b : s->c) >> at % 8 * 8);
		if (s->site > 1u << 24)
			return "a site below 2^24";
		return set_site(r, s->site, text, s->kind);
	}
	if (!open_model(r))
		return "a configuration that makes sense, and memory for it";
	if (pwm_take(r->m, s))
		return pwm_refused(r->m);
	if (s->op == PWM_OP_STORE || s->op == PWM_OP_SNAPSHOT)
		write_word(r, s->a, s->b);
	for (at = 0; s->op == PWM_OP_ZERO && at + 8 <= s->b; at += 8)
		write_word(r, s->a + at, 0);
	return NULL;
}

/* Reading -------------------------------------------------------------------------------------- */

static volatile sig_atomic_t stopped_by;

static void stop(int sig)
{
	stopped_by = sig;
}

/* Without SA_RESTART, so that waiting for a pipe ends as well. */
static void stop_on_signals(void)
{
	struct sigaction a = { .sa_handler = stop };

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
}

static int malformed(const struct replay *r, const char *unit, unsigned long n, const char *want)
{
	out_flush();
	complain("%s: %s %lu: expected %s; nothing from there on was read", r->name, unit, n, want);
	return EXIT_SOURCE;
}

/* After the last record that there was: 0, or why there may be more. */
static int ended(const struct replay *r, FILE *f, int error)
{
	out_flush();
	if (stopped_by) {
		complain("%s: interrupted; nothing behind record %lu was read", r->name,
			 (unsigned long)r->records);
		return 128 + stopped_by;
	}
	if (!ferror(f))
		return 0;
	complain("%s: %s; nothing behind record %lu was read", r->name, strerror(error),
		 (unsigned long)r->records);
	return EXIT_SOURCE;
}

static const char *wrong_site(const char *site, size_t len)
{
	if (len > MAX_SITE)
		return SITE_TOO_LONG;
	return memchr(site, 0, len) ? "a site's name without bytes of 0" : NULL;
}

static int read_text(struct replay *r, FILE *f)
{
	unsigned long number = 1; /* the header was the first */
	const char *site, *want = NULL;
	char *line = NULL;
	size_t size = 0, site_len;
	struct pwm_step s;
	ssize_t len;
	int got, status = 0, error;

	while (!status && !stopped_by && (len = getline(&line, &size, f)) >= 0) {
		number++;
		/* cut short, 0xfff is 0xf; but an interrupt is no cut */
		if (line[len - 1] != '\n') {
			if (!stopped_by && !ferror(f))
				status = malformed(r, "line", number, "the end of the line");
			break;
		}
		len--;
		got = pwm_parse_line(r->cfg.arch, line, (size_t)len, &s, &site, &site_len, &want);
		if (got > 0) {
			want = site ? wrong_site(site, site_len) : NULL;
			if (site && !want)
				s.site = intern(r, site, site_len);
			want = want ? want : take(r, &s);
		}
		if (got < 0 || (got > 0 && want))
			status = malformed(r, "line", number, want);
	}
	error = errno;
	free(line);
	return status ? status : ended(r, f, error);
}

static int read_binary(struct replay *r, FILE *f)
{
	static uint8_t batch[BATCH * PWM_RECORD];
	unsigned long number = 1;
	const char *want;
	struct pwm_step s;
	size_t got, i;

	while (!stopped_by && (got = fread(batch, 1, sizeof(batch), f)) > 0) {
		int error = errno;

		for (i = 0; i + PWM_RECORD <= got; i += PWM_RECORD) {
			number++;
			want = NULL;
			if (!pwm_get_record(batch + i, &s, &want))
				want = take(r, &s);
			if (want)
				return malformed(r, "record", number, want);
		}
		if (got < sizeof(batch) && (stopped_by || ferror(f)))
			return ended(r, f, error);
		if (got % PWM_RECORD)
			return malformed(r, "record", number + 1, "32 bytes, not the end of file");
	}
	return ended(r, f, errno);
}

static int read_trace(struct replay *r, FILE *f)
{
	static const char header[] = "pagewalk-trace 1\n";
	const size_t len = sizeof(header) - 2; /* but for the end of the line */
	uint8_t first[PWM_RECORD];
	size_t got = fread(first, 1, len + 1, f);

	if (got == len + 1 && !memcmp(first, header, len)) {
		if (first[len] == '\r')
			first[len] = (uint8_t)getc(f);
		if (first[len] == '\n')
			return read_text(r, f);
	}
	got += fread(first + got, 1, PWM_RECORD - got, f);
	if (stopped_by || ferror(f))
		return ended(r, f, errno);
	if (got == PWM_RECORD && pwm_is_header(first) == 1)
		return read_binary(r, f);
	if (got == PWM_RECORD && pwm_is_header(first) < 0)
		return malformed(r, "record", 1, "a binary trace of version 1");
	return malformed(r, "line", 1, "'pagewalk-trace 1', or a binary trace's header");
}

/* What was not reported, because a finding like it was. */
static void more_like_these(struct replay *r)
{
	uint32_t i;

	for (i = 0; r->told && i <= r->told_mask; i++) {
		const struct told *t = &r->told[i];
		uint32_t site = t->store ? t->store : t->trigger;
		const char *name = site_name(r, site);

		if (!t->rule || !t->more)
			continue;
		out_text(t->rule->id);
		out_text(t->store ? ", changed at " : ", noticed at ");
		out_text(name ? name : "?");
		out_text(": ");
		out_dec(t->more, 0);
		out_text(" more like this\n");
	}
}

static void summary(struct replay *r)
{
	struct pwm_stats st = { 0 };

	if (r->m)
		pwm_get_stats(r->m, &st);
	more_like_these(r);
	out_dec(r->records, 0);
	out_text(" records, ");
	out_dec(r->findings, 0);
	out_text(" findings; at most ");
	out_dec(st.max_unclean, 0);
	out_text(" unclean entries\n");
}

static void release(struct replay *r)
{
	uint32_t i;

	for (i = 0; i < BUCKETS; i++) {
		while (r->bucket[i]) {
			struct page *p = r->bucket[i];

			r->bucket[i] = p->next;
			free(p);
		}
	}
	for (i = 0; i < r->max_sites; i++)
		free(r->site[i]);
	free(r->told);
	free(r->site);
	free(r->site_hash);
	free(r->mem);
	free(r);
}

static int finish(struct replay *r, int status)
{
	struct pwm_stats st = { 0 };

	summary(r);
	if (r->m)
		pwm_get_stats(r->m, &st);
	if (!status && st.overflows) {
		out_flush();
		complain("%s: more unclean entries or tables than the model has room for, or "
			 "compares at one store: the result is incomplete",
			 r->name);
		status = EXIT_SOURCE;
	}
	if (!status)
		status = r->findings ? EXIT_FINDINGS : EXIT_FINE;
	release(r);
	return status;
}

static int run_replay(const struct options *o)
{
	bool standard = !strcmp(o->source, "-");
	FILE *f = standard ? stdin : fopen(o->source, "rb");
	struct replay *r;
	int status;

	if (o->nr_args) {
		complain("replay: '%s' is too much: one trace at a time", o->args[0]);
		if (f && !standard)
			fclose(f);
		return EXIT_USAGE;
	}
	if (!f) {
		complain("%s: %s", o->source, strerror(errno));
		return EXIT_SOURCE;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		complain("out of memory");
		return EXIT_SOURCE;
	}
	r->o = o;
	r->name = standard ? "standard input" : o->source;
	r->progress = o->verbose > 0 || (o->verbose == 0 && isatty(2));
	r->cfg = (struct pwm_config){ .size = sizeof(r->cfg),
				      .nr_cpus = 8,
				      .max_unclean = 1u << 17,
				      .max_tables = 1u << 16,
				      .max_spaces = 1u << 12,
				      .ctx = r,
				      .read = read_word,
				      .verdict = verdict };
	stop_on_signals();
	status = read_trace(r, f);
	if (!standard)
		fclose(f);
	return finish(r, status);
}

const struct command cmd_replay = {
	.name = "replay",
	.usage = "[options] TRACE",
	.summary = "Say which barrier or invalidation is missing in a trace.",
	.help = "TRACE is text or binary, see pagewalk-trace(5); - is standard input. Each finding "
		"is a\n"
		"report; the rules are in pagewalk-rules(1). Exit status 1: there are any.\n",
	.options = "nvq",
	.run = run_replay,
};
