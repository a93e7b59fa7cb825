/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Addresses and ranges, and the few compiler attributes every public header uses.
 *
 * An address is a one-member struct, so that a virtual address cannot be passed where a physical
 * one is meant. Ranges are closed: @first and @last both belong to the range, which makes the last
 * byte of the address space an ordinary place (a half-open range that ends at 2^64 cannot be
 * written down). Everything is in bytes unless a name ends in _lg2 (a power of two), _pages, or
 * starts with nr_ (a count).
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_TYPES_H
#define PAGEWALK_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if UINTPTR_MAX != UINT64_MAX
#error "pagewalk needs a 64-bit host: a table entry is one 64-bit single-copy-atomic access"
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define PW_VERSION_MAJOR 0
#define PW_VERSION_MINOR 1
#define PW_VERSION_PATCH 0

#if defined(__GNUC__) || defined(__clang__)
/* The result carries an error or a debt (maintenance still owed): ignoring it is a bug. */
#define PW_MUST_CHECK __attribute__((warn_unused_result))
#else
#define PW_MUST_CHECK
#endif

/* The most levels any format has; also the depth of every walk's explicit stack. */
#define PW_MAX_LEVELS 6u

/* A virtual address (input address of a stage 1 translation, or of a stage 2 one: see pw_ipa). */
struct pw_va {
	uint64_t v;
};

/* A physical address (output address). */
struct pw_pa {
	uint64_t v;
};

/* An intermediate physical address: the input of stage 2. */
struct pw_ipa {
	uint64_t v;
};

/* A closed range of virtual addresses: @first <= @last, both inside. */
struct pw_range {
	struct pw_va first;
	struct pw_va last;
};

static inline struct pw_va pw_va_of(uint64_t v)
{
	struct pw_va a = { v };

	return a;
}

static inline struct pw_pa pw_pa_of(uint64_t v)
{
	struct pw_pa a = { v };

	return a;
}

/* The closed range from @first to @last. */
static inline struct pw_range pw_range_of(uint64_t first, uint64_t last)
{
	struct pw_range r = { { first }, { last } };

	return r;
}

/*
 * The closed range of @len bytes from @first. @len is at least 1; a @len of 0 gives the (invalid)
 * range that ends before it starts, which every function refuses with PW_EINVAL, and so does a
 * length that wraps past 2^64 - 1.
 */
static inline struct pw_range pw_range_len(uint64_t first, uint64_t len)
{
	return pw_range_of(first, first + len - 1);
}

#ifdef __cplusplus
}
#endif
#endif
