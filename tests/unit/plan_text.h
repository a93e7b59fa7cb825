/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What a printer printed, to compare with. */
#ifndef PW_TESTS_PLAN_TEXT_H
#define PW_TESTS_PLAN_TEXT_H

#include <stdbool.h>

static char plan_text[8192];
static unsigned int plan_text_len, plan_text_nr;

static inline void plan_text_clear(void)
{
	plan_text_len = 0;
	plan_text_nr = 0;
	plan_text[0] = '\0';
}

static inline void plan_text_put(void *ctx, const char *line)
{
	(void)ctx;
	plan_text_nr++;
	while (*line && plan_text_len < sizeof(plan_text) - 1)
		plan_text[plan_text_len++] = *line++;
	plan_text[plan_text_len] = '\0';
}

static inline unsigned int plan_text_lines(void)
{
	return plan_text_nr;
}

/* NULL: whatever it is. */
static inline bool plan_text_is(const char *want)
{
	const char *got = plan_text;

	if (!want)
		return true;
	while (*want && *want == *got) {
		want++;
		got++;
	}
	return *want == *got;
}

#endif
