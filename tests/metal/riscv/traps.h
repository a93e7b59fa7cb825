/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What metal_probe() is asked and answers; for assembly as well as for C.
 */
#ifndef PW_TESTS_METAL_RISCV_TRAPS_H
#define PW_TESTS_METAL_RISCV_TRAPS_H

/* The access: a load, or */
#define METAL_WRITE 1
#define METAL_FETCH 2
#define METAL_USER  4 /* with the rights of U-mode */
#define METAL_MPRV  8 /* made by M-mode with mstatus.MPRV; no fetches */

/* Causes of exceptions; privileged specification, "Supervisor Cause (scause) Register". */
#define METAL_USER_CALL	       8
#define METAL_SUPERVISOR_CALL  9
#define METAL_FETCH_PAGE_FAULT 12
#define METAL_LOAD_PAGE_FAULT  13
#define METAL_STORE_PAGE_FAULT 15

#define METAL_NO_FAULT 0xff

#endif
