/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include <pagewalk/err.h>

const char *pw_strerror(int err)
{
	switch (err) {
#define CASE(name, value, text) \
	case name:              \
		return text;
		PW_ERRORS(CASE)
#undef CASE
	case PW_OK:
		return "success";
	default:
		return "unknown error";
	}
}

const char *pw_errname(int err)
{
	switch (err) {
#define CASE(name, value, text) \
	case name:              \
		return #name;
		PW_ERRORS(CASE)
#undef CASE
	case PW_OK:
		return "PW_OK";
	default:
		return "PW_E?";
	}
}

const char *pw_strbug(unsigned int bug)
{
	switch (bug) {
#define BUG_TEXT(name, value, text) \
	case name:                  \
		return text;
		PW_BUGS(BUG_TEXT)
#undef BUG_TEXT
	default:
		return "unknown";
	}
}
