/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A small test harness that needs no C library, so that the same tests run in a bare guest.
 *
 *     TEST(name)
 *     {
 *             EXPECT(cond);
 *             EXPECT_EQ(got, wanted);
 *     }
 *
 * TEST() puts the function into a section of its own: whatever test files are linked together are
 * one list, and no test can be forgotten. harness_main() runs the list and ends with the line
 * "N passed, N failed"; in programs, harness_host.c calls it. An expectation that fails does not
 * end the test.
 */
#ifndef PW_TESTS_HARNESS_H
#define PW_TESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	void (*run)(void);
	const char *name;
};

#define TEST(name_)                                                                          \
	static void name_(void);                                                             \
	static const struct test pw_test_##name_                                             \
		__attribute__((used, section("pw_tests"), aligned(16))) = { name_, #name_ }; \
	static void name_(void)

/* Both give the condition back: if (!EXPECT(p)) return; */
#define EXPECT(cond) harness_expect(!!(cond), __FILE__, __LINE__, #cond)
#define EXPECT_EQ(got, want) \
	harness_expect_eq((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got, #want)

bool harness_expect(bool ok, const char *file, int line, const char *text);
bool harness_expect_eq(uint64_t got, uint64_t want, const char *file, int line,
		       const char *got_text, const char *want_text);

/*
 * What a loop is at: printed with each failed expectation of this test. @name is a constant; a
 * second note of the same name replaces the first.
 */
void harness_note(const char *name, uint64_t value);

/* Expectations that failed in the running test so far. */
uint64_t harness_failures(void);

/* Pseudo-random numbers, the same for the same --seed; each test starts from the seed. */
uint64_t harness_random(void);
uint64_t harness_below(uint64_t n); /* 0 to n - 1 */

struct harness {
	void (*put)(const char *text);	  /* where output goes; set before harness_main() */
	bool (*wanted)(const char *name); /* NULL: run every test */
	uint64_t (*now_ms)(void);	  /* milliseconds, any origin; NULL: no clock */
	const char *program;		  /* for the replay command */
	uint64_t seed;			  /* of harness_random() */
	uint64_t seconds;		  /* a hint for tests that can run for any time */
};

extern struct harness harness;

/* Text and numbers to harness.put(). */
void harness_put_dec(uint64_t v);
void harness_put_hex(uint64_t v);

/* Every TEST() that is linked in: [0] to [harness_nr_tests() - 1]. */
extern const struct test __start_pw_tests[] __attribute__((weak));
extern const struct test __stop_pw_tests[] __attribute__((weak));

static inline size_t harness_nr_tests(void)
{
	return (size_t)(__stop_pw_tests - __start_pw_tests);
}

/* Run a list, or all. Return: an exit status, 0 or 1. */
int harness_run(const struct test *tests, size_t nr);
int harness_main(void);

#endif
