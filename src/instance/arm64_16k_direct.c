/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 1, 16K granule, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_fields.h"
#include "../format/arm64_s1_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_16k_direct, "arm64-16k (direct)", arm64_16k, direct, false);

static const struct pw_field pw_arm64_16k_field[] = {
	PW_A64_FIELDS_S1(0x3u, 0xeu, 0x3u),
	PW_A64_FIELDS_SH(0x3u, PW_A64_ATTRS1),
	PW_A64_FIELDS_16K(0xeu),
};

const struct pw_fields pw_arm64_16k_fields = {
	.field = pw_arm64_16k_field,
	.nr = sizeof(pw_arm64_16k_field) / sizeof(pw_arm64_16k_field[0]),
};
