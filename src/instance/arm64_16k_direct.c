/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* arm64 stage 1, 16K granule, entries are memory. */
#include <pagewalk/format.h>

#include "../format/arm64_s1_formats.h"
#include "../instance.h"

PW_INSTANCE(pw_arm64_16k_direct, "arm64-16k (direct)", arm64_16k, direct, false);
