/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 1, 64K granule, 52-bit output addresses, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_s1_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_64k_lpa_direct, "arm64-64k-lpa (direct)", arm64_64k_lpa, direct, false);
