/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* Intel's EPT, 4 and 5 levels, entries are memory. */
#include <pagewalk/format.h>

#include "../format/ept.h"
#include "../instance.h"

PW_INSTANCE(pw_ept_direct, "ept (direct)", ept, direct, false);
