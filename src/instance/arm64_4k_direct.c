/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 1, 4K granule, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_fields.h"
#include "../format/arm64_s1_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_4k_direct, "arm64-4k (direct)", arm64_4k, direct, false);

static const struct pw_field pw_arm64_4k_field[] = {
	PW_A64_FIELDS_S1(0x7u, 0xeu, 0x7u),
	PW_A64_FIELDS_SH(0x7u, PW_A64_ATTRS1),
	PW_A64_FIELDS_4K(0xeu),
};

const struct pw_fields pw_arm64_4k_fields = {
	.field = pw_arm64_4k_field,
	.nr = sizeof(pw_arm64_4k_field) / sizeof(pw_arm64_4k_field[0]),
};
