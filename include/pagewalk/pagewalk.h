/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Everything but the kernel vocabulary (linux.h) and the architectures' own parts (arm64.h,
 * riscv.h).
 */
#ifndef PAGEWALK_PAGEWALK_H
#define PAGEWALK_PAGEWALK_H

#include <pagewalk/attr.h>
#include <pagewalk/change.h>
#include <pagewalk/env.h>
#include <pagewalk/err.h>
#include <pagewalk/executor.h>
#include <pagewalk/format.h>
#include <pagewalk/gather.h>
#include <pagewalk/iter.h>
#include <pagewalk/plan.h>
#include <pagewalk/shared.h>
#include <pagewalk/table.h>
#include <pagewalk/translate.h>
#include <pagewalk/types.h>

#endif
