/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* The fields of RISC-V entries; the last row is the first stage's alone. */
#include "../format/riscv64.h"

const struct pw_fields pw_riscv64_fields = { pw_rv_fields, PW_RV_NR_FIELDS };

const struct pw_fields pw_riscv64_g_fields = { pw_rv_fields, PW_RV_NR_FIELDS - 1u };
