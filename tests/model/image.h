/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Memory of a small machine: 64-bit words by address, absent ones read as zero. And a model on it
 * that collects its verdicts.
 */
#ifndef PW_TESTS_IMAGE_H
#define PW_TESTS_IMAGE_H

#include <pagewalk/model.h>
#include <stdbool.h>

#define IMAGE_SLOTS    (1u << 16)
#define STAGE_VERDICTS 64u

struct stage {
	struct pwm *m;
	void *mem;
	struct pwm_config cfg;
	uint64_t key[IMAGE_SLOTS], val[IMAGE_SLOTS];
	uint32_t used[4096], nr_used; /* slots to clear */
	struct pwm_verdict verdict[STAGE_VERDICTS];
	uint32_t nr_verdicts;
	uint64_t random; /* of the chooser */
};

uint64_t image_read(void *ctx, uint64_t pa);
void image_write(void *ctx, uint64_t pa, uint64_t val);

/* Empty memory and a model as @cfg says, hooks aside. */
bool stage_open(struct stage *s, const struct pwm_config *cfg);
void stage_close(struct stage *s);
/* A step, and what it does to memory. 0 or -1. */
int stage_step(struct stage *s, const struct pwm_step *step);
bool stage_has(const struct stage *s, const char *rule);

#endif
