/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* RISC-V, first stage, every access through the hooks. */
#include <pagewalk/format.h>

#include "../format/riscv64.h"
#include "../instance.h"

PW_INSTANCE(pw_riscv64_hooked, "riscv64 (hooked)", riscv64, hooked, true);
