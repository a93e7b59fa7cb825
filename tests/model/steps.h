/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A model of a test program's own, and steps for it as a trace has them.
 */
#ifndef PW_TESTS_STEPS_H
#define PW_TESTS_STEPS_H

#include <stdio.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

static struct stage stage;

static inline bool open_with(struct pwm_config cfg)
{
	cfg.size = sizeof(cfg);
	if (!cfg.nr_cpus)
		cfg.nr_cpus = 2;
	if (!cfg.max_unclean)
		cfg.max_unclean = 256;
	if (!cfg.max_tables)
		cfg.max_tables = 64;
	cfg.features |= PWM_PLAY;
	return EXPECT(stage_open(&stage, &cfg));
}

/* Steps as in a trace, with ; between them. */
static inline void run(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, ";"), site_len;
		const char *site, *wanted;
		struct pwm_step s;

		if (!EXPECT_EQ(pwm_parse_line(stage.cfg.arch, text, len, &s, &site, &site_len,
					      &wanted),
			       1) ||
		    !EXPECT_EQ(stage_step(&stage, &s), 0))
			printf("  %.*s\n", (int)len, text);
		text += len + (text[len] != 0);
	}
}

/* Every verdict so far is of this rule, and there are so many. */
static inline void told(const char *rule, uint32_t nr)
{
	EXPECT_EQ(stage.nr_verdicts, nr);
	for (uint32_t i = 0; i < stage.nr_verdicts && i < STAGE_VERDICTS; i++)
		if (!EXPECT(!strcmp(stage.verdict[i].rule->id, rule)))
			printf("  %s and not %s\n", stage.verdict[i].rule->id, rule);
}

/* Four levels at 0x10000 to 0x13000, two pages. */
static inline void tables(void)
{
	run("snapshot 0 0x10000 0x11003; snapshot 0 0x11000 0x12003; snapshot 0 0x12000 0x13003;"
	    "snapshot 0 0x13000 0x0060000000080f03; snapshot 0 0x13008 0x0060000000081f03;"
	    "root 0 lower 0x10000 1; isb 0");
}

#endif
