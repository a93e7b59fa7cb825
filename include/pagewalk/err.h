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

/* A precondition that the caller, or somebody beside it, broke: struct pw_env.assert_fail. */
#define PW_BUGS(B)                                                                           \
	B(PW_BUG_COMMIT, 1, "a change that the check had allowed failed in its commit")      \
	B(PW_BUG_FOREIGN_CHANGE, 2, "somebody else wrote an entry in exclusive mode")        \
	B(PW_BUG_LAZY_DEPTH, 3, "lazy MMU mode was enabled or paused 2^32 times")            \
	B(PW_BUG_LAZY_DISABLE, 4, "lazy MMU mode was disabled without enable")               \
	B(PW_BUG_LAZY_RESUME, 5, "lazy MMU mode was resumed without pause")                  \
	B(PW_BUG_STALE_RANGE, 6, "a stale range that is none: regime, ends, size or before") \
	B(PW_BUG_LOST_TABLE, 7, "a freed table in the queue went out of reach")

enum pw_bug {
#define PW_BUG_ENUM(name, value, text) name = (value),
	PW_BUGS(PW_BUG_ENUM)
#undef PW_BUG_ENUM
		PW_NR_BUGS
};

/*
 * pw_strbug - the one-line text of a broken precondition
 * @bug: a value of enum pw_bug
 *
 * Context: any; touches nothing.
 * Return: a constant string; "unknown" for a value that is none of ours. Never NULL.
 */
const char *pw_strbug(unsigned int bug);

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
