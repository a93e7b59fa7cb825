/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* The fields of the fake format's entries. */
#include "../format/fake.h"

const struct pw_fields pw_fake_fields = {
	.field = pw_fake_field,
	.nr = sizeof(pw_fake_field) / sizeof(pw_fake_field[0]),
};
