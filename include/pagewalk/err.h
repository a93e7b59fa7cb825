/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Errors: 0 or one of these negative numbers. The values are the asm-generic errno numbers, so a
 * kernel can pass them on; they are pinned by a test and only ever added to.
 *
 * An error always means that nothing was changed, unless a function's comment says otherwise.
 * Mistakes of the caller that no return value could make safe go to the environment's assert hook;
 * bad table contents are data and come back with their location (struct pw_result).
 *
 * Stability: unstable until 1.0.
 */
#ifndef PAGEWALK_ERR_H
#define PAGEWALK_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* name, value, one line of text */
#define PW_ERRORS(E)                                                                             \
	E(PW_EPERM, -1, "policy forbids it (writable and executable)")                           \
	E(PW_ENOENT, -2, "a hole in the range, under PW_STRICT")                                 \
	E(PW_EAGAIN, -11, "somebody else changed the range meanwhile")                           \
	E(PW_ENOMEM, -12, "the environment had no table page left")                              \
	E(PW_EFAULT, -14, "a table lies outside the environment's memory")                       \
	E(PW_EBUSY, -16, "break-before-make is needed or a block is covered in part")            \
	E(PW_EEXIST, -17, "something else is mapped there already")                              \
	E(PW_EINVAL, -22, "misaligned, empty, wrapping or non-canonical range, or unknown bits") \
	E(PW_EDOM, -33, "a reserved encoding in a table")                                        \
	E(PW_ERANGE, -34, "beyond the format's reach")                                           \
	E(PW_ELOOP, -40, "a table that contains itself")                                         \
	E(PW_EOPNOTSUPP, -95, "the format cannot express it")

enum pw_err {
#define PW_ERR_ENUM(name, value, text) name = (value),
	PW_ERRORS(PW_ERR_ENUM)
#undef PW_ERR_ENUM
		PW_OK = 0
};

/*
 * pw_strerror - the one-line text of an error
 * @err: a value of enum pw_err
 *
 * Context: any; touches nothing.
 * Return: a constant string; "unknown error" for a value that is none of ours. Never NULL.
 */
const char *pw_strerror(int err);

/*
 * pw_errname - the enumerator's name, "PW_EINVAL" and the like
 * @err: a value of enum pw_err
 *
 * Context: any; touches nothing.
 * Return: a constant string; "PW_E?" for a value that is none of ours. Never NULL.
 */
const char *pw_errname(int err);

#ifdef __cplusplus
}
#endif
#endif
