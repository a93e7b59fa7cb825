/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* The fields of x86-64 entries. */
#include "../format/x86_64.h"

const struct pw_fields pw_x86_64_fields = {
	.field = pw_x86_64_field,
	.nr = sizeof(pw_x86_64_field) / sizeof(pw_x86_64_field[0]),
};
