/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/* What the engine's tests take from <string.h>, for guests; mem.c and hosted.c have it. */
#ifndef PW_TESTS_METAL_STRING_H
#define PW_TESTS_METAL_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t nr);
void *memset(void *to, int val, size_t nr);
int memcmp(const void *a, const void *b, size_t nr);
int strcmp(const char *a, const char *b);
char *strstr(const char *text, const char *part);

#endif
