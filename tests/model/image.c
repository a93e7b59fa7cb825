/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <stdlib.h>
#include <string.h>

#include "image.h"

static uint32_t slot_of(struct stage *s, uint64_t pa)
{
	uint32_t i = (uint32_t)((pa >> 3) * 0x9e3779b97f4a7c15ull >> 48) & (IMAGE_SLOTS - 1);

	while (s->key[i] && s->key[i] != pa + 1)
		i = (i + 1) & (IMAGE_SLOTS - 1);
	return i;
}

uint64_t image_read(void *ctx, uint64_t pa)
{
	struct stage *s = ctx;

	return s->val[slot_of(s, pa)];
}

void image_write(void *ctx, uint64_t pa, uint64_t val)
{
	struct stage *s = ctx;
	uint32_t i = slot_of(s, pa);

	if (!s->key[i]) {
		if (s->nr_used == sizeof(s->used) / sizeof(s->used[0]))
			abort();
		s->used[s->nr_used++] = i;
		s->key[i] = pa + 1;
	}
	s->val[i] = val;
}

static void collect(void *ctx, const struct pwm_verdict *v)
{
	struct stage *s = ctx;

	if (s->nr_verdicts < STAGE_VERDICTS)
		s->verdict[s->nr_verdicts] = *v;
	s->nr_verdicts++;
}

static uint32_t choose(void *ctx, uint32_t n)
{
	struct stage *s = ctx;

	s->random = s->random * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(s->random >> 33) % n;
}

bool stage_open(struct stage *s, const struct pwm_config *cfg)
{
	size_t len;

	while (s->nr_used) {
		uint32_t i = s->used[--s->nr_used];

		s->key[i] = 0;
		s->val[i] = 0;
	}
	s->nr_verdicts = 0;
	s->cfg = *cfg;
	s->cfg.ctx = s;
	s->cfg.read = image_read;
	s->cfg.write = image_write;
	s->cfg.verdict = collect;
	s->cfg.choose = choose;
	len = pwm_size(&s->cfg);
	if (!len)
		return false;
	s->mem = malloc(len);
	s->m = pwm_init(s->mem, len, &s->cfg);
	return s->m != NULL;
}

void stage_close(struct stage *s)
{
	free(s->mem);
	s->mem = NULL;
}

int stage_step(struct stage *s, const struct pwm_step *step)
{
	int err = pwm_take(s->m, step);
	uint64_t at;

	if (err)
		return err;
	if (step->op == PWM_OP_STORE || step->op == PWM_OP_SNAPSHOT)
		image_write(s, step->a, step->b);
	for (at = 0; step->op == PWM_OP_ZERO && at + 8 <= step->b; at += 8)
		image_write(s, step->a + at, 0);
	return 0;
}

bool stage_has(const struct stage *s, const char *rule)
{
	for (uint32_t i = 0; i < s->nr_verdicts && i < STAGE_VERDICTS; i++)
		if (!strcmp(s->verdict[i].rule->id, rule))
			return true;
	return false;
}
