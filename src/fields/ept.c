/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* The fields of EPT entries. */
#include "../format/ept.h"

const struct pw_fields pw_ept_fields = {
	.field = pw_ept_field,
	.nr = sizeof(pw_ept_field) / sizeof(pw_ept_field[0]),
};
