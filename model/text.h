/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Text into a buffer that may be too short; and the names of steps.
 */
#ifndef PWM_TEXT_H
#define PWM_TEXT_H

#include "private.h"

struct text {
	char *buf;
	size_t len, at;
};

void pwm_put_text(struct text *t, const char *s);
void pwm_put_hex(struct text *t, uint64_t v);
void pwm_put_dec(struct text *t, uint64_t v);
size_t pwm_text_end(struct text *t);

/* trace.c: "dsb ishst", "tlbi vae1is", "contract unmap" */
const char *pwm_step_name(uint32_t arch, uint32_t op, uint32_t kind);

#endif
