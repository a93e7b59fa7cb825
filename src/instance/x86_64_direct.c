/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* x86-64, 4-level and 5-level paging, entries are memory. */
#include <pagewalk/format.h>

#include "../format/x86_64.h"
#include "../instance.h"

PW_INSTANCE(pw_x86_64_direct, "x86-64 (direct)", x86_64, direct, false);
