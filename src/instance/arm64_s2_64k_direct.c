/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 2, 64K granule, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_fields.h"
#include "../format/arm64_s2_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_s2_64k_direct, "arm64-s2-64k (direct)", arm64_s2_64k, direct, false);

static const struct pw_field pw_arm64_s2_64k_field[] = {
	PW_A64_FIELDS_S2(0x3u, 0x6u, 0x3u),
	PW_A64_FIELDS_SH(0x3u, PW_A64_ATTRS2),
	PW_A64_FIELDS_64K(0x6u),
};

const struct pw_fields pw_arm64_s2_64k_fields = {
	.field = pw_arm64_s2_64k_field,
	.nr = sizeof(pw_arm64_s2_64k_field) / sizeof(pw_arm64_s2_64k_field[0]),
};
