/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 1, 64K granule, 52-bit output addresses, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_fields.h"
#include "../format/arm64_s1_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_64k_lpa_direct, "arm64-64k-lpa (direct)", arm64_64k_lpa, direct, false);

static const struct pw_field pw_arm64_64k_lpa_field[] = {
	PW_A64_FIELDS_S1(0x7u, 0x6u, 0x3u),
	PW_A64_FIELDS_SH(0x7u, PW_A64_ATTRS1),
	PW_A64_FIELDS_64K_LPA(0x6u),
};

const struct pw_fields pw_arm64_64k_lpa_fields = {
	.field = pw_arm64_64k_lpa_field,
	.nr = sizeof(pw_arm64_64k_lpa_field) / sizeof(pw_arm64_64k_lpa_field[0]),
};
