/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* the scrambled test format, entries are memory. */
#include <pagewalk/format.h>

#include "../format/fake.h"
#include "../instance.h"

PW_INSTANCE(pw_fake_direct, "fake (direct)", fake, direct, false);
