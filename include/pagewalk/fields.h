/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Facts about the entries of a format: which field stands where, and who says so. For tools that
 * print entries, and for tests that compare a format's code with its manual; nothing in the engine
 * reads them, and a link that does not name a table does not pay for it.
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_FIELDS_H
#define PAGEWALK_FIELDS_H

#include <pagewalk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* where a field stands: struct pw_field.in */
#define PW_IN_LEAF  0x1u
#define PW_IN_TABLE 0x2u

struct pw_field {
	const char *name; /* the manual's */
	uint8_t first;	  /* bits, closed, first <= last */
	uint8_t last;
	uint8_t in;	    /* PW_IN_* */
	uint8_t levels;	    /* bit l: in entries of level l */
	uint32_t attr;	    /* PW_ATTR_* or 0: the flag that it is (inverted or not) */
	const char *source; /* manual and section */
};

struct pw_fields {
	const struct pw_field *field;
	size_t nr;
};

/* Naming one links it. */
extern const struct pw_fields pw_fake_fields;
extern const struct pw_fields pw_arm64_4k_fields;
extern const struct pw_fields pw_arm64_4k_lpa2_fields;
extern const struct pw_fields pw_arm64_16k_fields;
extern const struct pw_fields pw_arm64_16k_lpa2_fields;
extern const struct pw_fields pw_arm64_64k_fields;
extern const struct pw_fields pw_arm64_64k_lpa_fields;
extern const struct pw_fields pw_arm64_s2_4k_fields;
extern const struct pw_fields pw_arm64_s2_4k_lpa2_fields;
extern const struct pw_fields pw_arm64_s2_16k_fields;
extern const struct pw_fields pw_arm64_s2_16k_lpa2_fields;
extern const struct pw_fields pw_arm64_s2_64k_fields;
extern const struct pw_fields pw_arm64_s2_64k_lpa_fields;
extern const struct pw_fields pw_x86_64_fields;
extern const struct pw_fields pw_ept_fields;
/* RISC-V, first stage and G-stage */
extern const struct pw_fields pw_riscv64_fields;
extern const struct pw_fields pw_riscv64_g_fields;

#ifdef __cplusplus
}
#endif
#endif
