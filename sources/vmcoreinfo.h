/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * VMCOREINFO: the lines with which a Linux kernel describes itself to dump tools.
 */
#ifndef PAGEWALK_SOURCES_VMCOREINFO_H
#define PAGEWALK_SOURCES_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * pw_vmcoreinfo_text - the value of a line KEY=value
 *
 * Copies at most @size - 1 bytes and a NUL; of several lines the first. Return: true when the line
 * is there; otherwise @out is as it was.
 */
bool pw_vmcoreinfo_text(const char *info, size_t len, const char *key, char *out, size_t size);

/*
 * pw_vmcoreinfo_number - the same as a number
 *
 * SYMBOL(x) and addresses are bare hexadecimal; NUMBER(x) is decimal, possibly negative, or
 * hexadecimal with 0x; so a key that begins with SYMBOL is read as hexadecimal. Return: true when
 * the line is there and holds a number; otherwise @value is as it was.
 */
bool pw_vmcoreinfo_number(const char *info, size_t len, const char *key, uint64_t *value);

#endif
