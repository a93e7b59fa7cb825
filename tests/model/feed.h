/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The executor of a world's architecture, whose instructions go to the model: CPU 0 carries plans
 * out, and CPU 1 is asked where an invalidation is local (x86-64, RISC-V).
 */
#ifndef PW_TESTS_MODEL_FEED_H
#define PW_TESTS_MODEL_FEED_H

#include <pagewalk/model.h>

#include "../env/env.h"

/* What the model has to know about the world. @features: PWM_*, beside those that follow from it */
void feed_config(const struct world *w, uint32_t features, struct pwm_config *cfg);

/* @caps: of the architecture's executor. Both CPUs have the world's root loaded. */
void feed_open(struct pwm *m, const struct world *w, uint32_t caps);
/* The same world again, after another one. */
void feed_use(struct pwm *m, const struct world *w);
void feed_run(const struct pw_plan *plan);
struct pw_arm64_executor *feed_arm64(void);
/* x86-64: what runs plans does so from another PCID than the world's. */
void feed_from_another_pcid(void);

/* Does the end of a batch owe a barrier? Where new entries need none, the model is not told. */
bool feed_has_lazy(void);

/* enum pwm_regime of what is promised about the world */
uint32_t feed_regime(void);

#endif
