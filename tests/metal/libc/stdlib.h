/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the engine's tests take from <stdlib.h>, for guests; hosted.c has it. */
#ifndef PW_TESTS_METAL_STDLIB_H
#define PW_TESTS_METAL_STDLIB_H

#include <stddef.h>

void *malloc(size_t size);
void *aligned_alloc(size_t align, size_t size); /* @align: 4096 at most */
void free(void *ptr);
void qsort(void *base, size_t nr, size_t size, int (*compare)(const void *, const void *));
void abort(void) __attribute__((noreturn));

#endif
