/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* the scrambled test format, entries are memory. */
#include <pagewalk/format.h>

#include "../format/fake.h"
#include "../instance.h"

PW_INSTANCE(pw_fake_direct, "fake (direct)", fake, direct, false);

const struct pw_fields pw_fake_fields = {
	.field = pw_fake_field,
	.nr = sizeof(pw_fake_field) / sizeof(pw_fake_field[0]),
};
