/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What metal_probe() is asked and answers; for trap.S as well as for C.
 */
#ifndef PW_TESTS_METAL_X86_TRAPS_H
#define PW_TESTS_METAL_X86_TRAPS_H

/* The access: a read, or */
#define METAL_WRITE 1
#define METAL_FETCH 2
#define METAL_USER  4 /* at CPL 3 */
#define METAL_AC    8 /* with EFLAGS.AC set, as supervisor */

#define METAL_NO_FAULT 0xffff

#endif
