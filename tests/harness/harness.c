/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
#include "harness.h"

#define MAX_NOTES 20
#define MAX_SHOWN 8 /* failed expectations printed for each test */

struct harness harness = { .seed = 1, .seconds = 20 };

static struct {
	const char *name; /* of the test */
	uint64_t failures;
	uint64_t random;
	struct {
		const char *name;
		uint64_t value;
	} note[MAX_NOTES];
	unsigned int nr_notes;
} now;

void harness_put_dec(uint64_t v)
{
	char text[21];
	char *p = &text[20];

	*p = '\0';
	do
		*--p = (char)('0' + v % 10);
	while (v /= 10);
	harness.put(p);
}

void harness_put_hex(uint64_t v)
{
	char text[19] = "0x";
	char *p = &text[2];

	for (unsigned int shift = 64; shift; shift -= 4)
		if (shift == 4 || v >> (shift - 4))
			*p++ = "0123456789abcdef"[v >> (shift - 4) & 0xf];
	*p = '\0';
	harness.put(text);
}

void harness_note(const char *name, uint64_t value)
{
	unsigned int i = 0;

	while (i < now.nr_notes && now.note[i].name != name)
		i++;
	if (i == MAX_NOTES)
		return;
	now.note[i].name = name;
	now.note[i].value = value;
	if (i == now.nr_notes)
		now.nr_notes++;
}

uint64_t harness_failures(void)
{
	return now.failures;
}

/* The start of a report; false when this test has said enough. */
static bool report(const char *file, int line, const char *text)
{
	if (++now.failures > MAX_SHOWN)
		return false;
	harness.put(file);
	harness.put(":");
	harness_put_dec((uint64_t)line);
	harness.put(": ");
	harness.put(now.name);
	harness.put(": ");
	harness.put(text);
	return true;
}

static void put_notes(void)
{
	for (unsigned int i = 0; i < now.nr_notes; i++) {
		harness.put(i ? ", " : "  [");
		harness.put(now.note[i].name);
		harness.put(" ");
		harness_put_hex(now.note[i].value);
	}
	harness.put(now.nr_notes ? "]\n" : "\n");
}

bool harness_expect(bool ok, const char *file, int line, const char *text)
{
	if (!ok && report(file, line, text))
		put_notes();
	return ok;
}

bool harness_expect_eq(uint64_t got, uint64_t want, const char *file, int line,
		       const char *got_text, const char *want_text)
{
	if (got == want || !report(file, line, got_text))
		return got == want;
	harness.put(" is ");
	harness_put_hex(got);
	harness.put(", not ");
	harness.put(want_text);
	harness.put(" = ");
	harness_put_hex(want);
	put_notes();
	return false;
}

/* splitmix64 */
uint64_t harness_random(void)
{
	uint64_t z = now.random += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t harness_below(uint64_t n)
{
	return harness_random() % n;
}

static bool run_one(const struct test *test)
{
	now = (__typeof__(now)){ .name = test->name, .random = harness.seed };
	test->run();
	if (!now.failures)
		return true;
	harness.put("FAIL ");
	harness.put(test->name);
	harness.put(": ");
	harness_put_dec(now.failures);
	harness.put(" expectations failed; again with: ");
	harness.put(harness.program ? harness.program : "");
	harness.put(" --seed ");
	harness_put_dec(harness.seed);
	harness.put(" ");
	harness.put(test->name);
	harness.put("\n");
	return false;
}

int harness_run(const struct test *tests, size_t nr)
{
	uint64_t passed = 0, failed = 0;

	for (size_t i = 0; i < nr; i++) {
		if (harness.wanted && !harness.wanted(tests[i].name))
			continue;
		if (run_one(&tests[i]))
			passed++;
		else
			failed++;
	}
	if (!passed && !failed) {
		harness.put("no such test\n");
		failed = 1;
	}
	harness_put_dec(passed);
	harness.put(" passed, ");
	harness_put_dec(failed);
	harness.put(" failed\n");
	return failed != 0;
}

int harness_main(void)
{
	return harness_run(__start_pw_tests, harness_nr_tests());
}
