/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* RISC-V, first stage, entries are memory. */
#include <pagewalk/format.h>

#include "../format/riscv64.h"
#include "../instance.h"

PW_INSTANCE(pw_riscv64_direct, "riscv64 (direct)", riscv64, direct, false);
