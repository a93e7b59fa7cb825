/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The fields of arm64 stage 1 entries, by granule and address size. The masks are of levels: with
 * leaves, with tables, with groups.
 */
#include "../format/arm64_fields.h"

static const struct pw_field pw_arm64_4k_field[] = {
	PW_A64_FIELDS_S1(0x7u, 0xeu, 0x7u),
	PW_A64_FIELDS_SH(0x7u, PW_A64_ATTRS1),
	PW_A64_FIELDS_4K(0xeu),
};

const struct pw_fields pw_arm64_4k_fields = {
	.field = pw_arm64_4k_field,
	.nr = sizeof(pw_arm64_4k_field) / sizeof(pw_arm64_4k_field[0]),
};

static const struct pw_field pw_arm64_4k_lpa2_field[] = {
	PW_A64_FIELDS_S1(0xfu, 0x1eu, 0x7u),
	PW_A64_FIELDS_4K_LPA2(0x1eu),
};

const struct pw_fields pw_arm64_4k_lpa2_fields = {
	.field = pw_arm64_4k_lpa2_field,
	.nr = sizeof(pw_arm64_4k_lpa2_field) / sizeof(pw_arm64_4k_lpa2_field[0]),
};

static const struct pw_field pw_arm64_16k_field[] = {
	PW_A64_FIELDS_S1(0x3u, 0xeu, 0x3u),
	PW_A64_FIELDS_SH(0x3u, PW_A64_ATTRS1),
	PW_A64_FIELDS_16K(0xeu),
};

const struct pw_fields pw_arm64_16k_fields = {
	.field = pw_arm64_16k_field,
	.nr = sizeof(pw_arm64_16k_field) / sizeof(pw_arm64_16k_field[0]),
};

static const struct pw_field pw_arm64_16k_lpa2_field[] = {
	PW_A64_FIELDS_S1(0x7u, 0xeu, 0x3u),
	PW_A64_FIELDS_16K_LPA2(0xeu),
};

const struct pw_fields pw_arm64_16k_lpa2_fields = {
	.field = pw_arm64_16k_lpa2_field,
	.nr = sizeof(pw_arm64_16k_lpa2_field) / sizeof(pw_arm64_16k_lpa2_field[0]),
};

static const struct pw_field pw_arm64_64k_field[] = {
	PW_A64_FIELDS_S1(0x3u, 0x6u, 0x3u),
	PW_A64_FIELDS_SH(0x3u, PW_A64_ATTRS1),
	PW_A64_FIELDS_64K(0x6u),
};

const struct pw_fields pw_arm64_64k_fields = {
	.field = pw_arm64_64k_field,
	.nr = sizeof(pw_arm64_64k_field) / sizeof(pw_arm64_64k_field[0]),
};

static const struct pw_field pw_arm64_64k_lpa_field[] = {
	PW_A64_FIELDS_S1(0x7u, 0x6u, 0x3u),
	PW_A64_FIELDS_SH(0x7u, PW_A64_ATTRS1),
	PW_A64_FIELDS_64K_LPA(0x6u),
};

const struct pw_fields pw_arm64_64k_lpa_fields = {
	.field = pw_arm64_64k_lpa_field,
	.nr = sizeof(pw_arm64_64k_lpa_field) / sizeof(pw_arm64_64k_lpa_field[0]),
};
