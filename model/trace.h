/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The words of a trace: names.c.
 */
#ifndef PWM_TRACE_H
#define PWM_TRACE_H

#include "text.h"

struct flag_name {
	const char *name;
	uint32_t bit;
};

extern const char *const pwm_barrier_names[PWM_NR_BARRIERS];
extern const char *const pwm_tlbi_names[PWM_NR_TLBI];
extern const char *const pwm_op_names[PWM_NR_OPS];
extern const char *const pwm_half_names[PWM_NR_HALVES];
extern const char *const pwm_sysreg_names[PWM_NR_SYSREGS];
extern const char *const pwm_promise_names[PWM_NR_PROMISES];
extern const char *const pwm_lazy_names[PWM_NR_LAZY];
extern const char *const pwm_arch_names[PWM_NR_ARCHES];
extern const char *const pwm_key_names[PWM_NR_KEYS];
/* ended by a NULL name */
extern const struct flag_name pwm_feature_names[];
extern const struct flag_name pwm_store_flags[];
extern const struct flag_name pwm_access_flags[];
extern const struct flag_name pwm_contract_flags[];

#endif
