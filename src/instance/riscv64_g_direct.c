/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* RISC-V, G-stage, entries are memory. */
#include <pagewalk/format.h>

#include "../format/riscv64.h"
#include "../instance.h"

PW_INSTANCE(pw_riscv64_g_direct, "riscv64-g (direct)", riscv64_g, direct, false);
