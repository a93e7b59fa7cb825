/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Records of a binary trace: struct pwm_step, little endian, 32 bytes each. The first is a header.
 */
#include "private.h"

#define VERSION 1

static const uint8_t magic[8] = { 'p', 'w', 't', 'r', 'a', 'c', 'e', '\n' };

static void put(uint8_t *p, uint64_t v, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get(const uint8_t *p, unsigned int bytes)
{
	uint64_t v = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

void pwm_put_header(uint8_t *record)
{
	__builtin_memset(record, 0, PWM_RECORD);
	__builtin_memcpy(record, magic, sizeof(magic));
	put(record + 8, VERSION, 4);
	put(record + 12, PWM_RECORD, 4);
}

int pwm_is_header(const uint8_t *record)
{
	if (__builtin_memcmp(record, magic, sizeof(magic)))
		return 0;
	return get(record + 8, 4) == VERSION && get(record + 12, 4) == PWM_RECORD ? 1 : -1;
}

void pwm_put_record(uint8_t *record, const struct pwm_step *s)
{
	record[0] = s->op;
	record[1] = s->cpu;
	put(record + 2, s->kind, 2);
	put(record + 4, s->site, 4);
	put(record + 8, s->a, 8);
	put(record + 16, s->b, 8);
	put(record + 24, s->c, 8);
}

int pwm_get_record(const uint8_t *record, struct pwm_step *s, const char **expected)
{
	s->op = record[0];
	s->cpu = record[1];
	s->kind = (uint16_t)get(record + 2, 2);
	s->site = (uint32_t)get(record + 4, 4);
	s->a = get(record + 8, 8);
	s->b = get(record + 16, 8);
	s->c = get(record + 24, 8);
	if (s->op == PWM_OP_NONE || s->op >= PWM_NR_OPS) {
		*expected = "an operation";
		return -1;
	}
	if (s->op == PWM_OP_SITE && s->kind > 24) {
		*expected = "at most 24 bytes of a site's name";
		return -1;
	}
	return 0;
}
