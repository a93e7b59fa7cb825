/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A world (tests/env) whose stores, barriers and invalidations go to the model: the environment's
 * hooks and an executor (feed.h), and the engine's functions with their contracts around them. Any
 * verdict is a failed expectation, with the report printed.
 *
 * Two CPUs have the tables loaded. CPU 0 makes the changes.
 */
#ifndef PW_TESTS_MODEL_WATCH_H
#define PW_TESTS_MODEL_WATCH_H

#include <pagewalk/model.h>

#include "../env/env.h"

/* @w: opened hooked and live, nothing mapped. @features: PWM_* */
bool watch_open(struct world *w, uint32_t features);
/* @caps: of the executor of the world's architecture; see feed.h */
bool watch_open_with(struct world *w, uint32_t features, uint32_t caps);
void watch_close(void);
struct pwm *watch_model(void);
/* Plans go to the model through it. */
struct pw_arm64_executor *watch_executor(void);
uint32_t watch_verdicts(void);
/* Every rule that was broken, in words. */
const char *watch_rules(void);
/* Verdicts are counted, not failed: for tests that want one. */
void watch_tolerate(bool tolerate);

/* Verdicts of @rule that say no more than "either translation may be used" are none: where a size
   changes in place, and the program lives with that. */
void watch_either(const char *rule);

/* A load of what may fault from now on, still on its way; not in a batch. */
void watch_load_before(struct pw_range range);

/* The engine's functions; with @g and lazy mode on, what they promise is promised by the flush. */
int watch_map(struct world *w, struct pw_range range, struct pw_pa pa, const struct pw_attr *attr,
	      uint32_t flags, struct pw_gather *g);
int watch_unmap(struct world *w, struct pw_range range, uint32_t flags, struct pw_gather *g);
int watch_protect(struct world *w, struct pw_range range, const struct pw_change *change,
		  struct pw_gather *g);
/* To its end, with a budget for each call. */
int watch_split(struct world *w, struct pw_range range, uint64_t budget, uint32_t flags,
		struct pw_gather *g);
/* To its end; PW_EBUSY when something was left as it is. */
int watch_collapse(struct world *w, struct pw_range range, uint32_t flags, struct pw_gather *g);
/* Lazy mode begins and ends: the model is told, and all that was deferred is promised now. */
void watch_lazy_begin(struct world *w, struct pw_gather *g);
void watch_lazy_end(struct world *w, struct pw_gather *g);

#endif
