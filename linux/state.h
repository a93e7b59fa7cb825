/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the files of this folder share: the configuration, and how to reach tables. */
#ifndef PW_LINUX_STATE_H
#define PW_LINUX_STATE_H

#include <pagewalk/err.h>
#include <pagewalk/linux.h>

/* The errors of this layer, under the kernel's names. */
#define EINVAL 22
#define ENOMEM 12
#define EFAULT 14

/* Set by pw_linux_init(). */
extern struct pw_linux_config pw_linux;

/* Does the table that @entry points to lie in the environment's memory? */
bool pw_linux_table_ok(uint64_t entry);

/* Entries of kernel mappings owe a publish barrier: pay it, or leave it to lazy MMU mode. */
void pw_linux_queue_barriers(void);

/*
 * Link a new table: the store is ordered after those that filled it, so that no walker finds
 * garbage in it (rule A64-PUB-1), and owes a publish barrier like any table entry.
 */
void pw_linux_link(void *slot, uint64_t entry);

/* Assert that the mmap lock of @mm is held. */
void pw_linux_assert_locked(const struct mm_struct *mm, bool write);

/* Note that kernel translations of [start, end) are stale; pays outside lazy MMU mode. */
void pw_linux_stale(unsigned long start, unsigned long end);

#endif
