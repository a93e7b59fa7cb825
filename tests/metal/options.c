/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The guest's command line: words like "checks=100000 seed=7", names of extensions and of
 * deviations.
 */
#include "metal.h"

#include "../harness/harness.h"

uint64_t metal_checks = 10000;

static const char *line = "";

/* The number behind @name in @text, which begins there; false: another word, or no number. */
static bool number(const char *text, const char *name, uint64_t *val)
{
	uint64_t v = 0;

	for (; *name; name++, text++)
		if (*text != *name)
			return false;
	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		v = v * 10 + (uint64_t)(*text - '0');
	*val = v;
	return true;
}

/* The word behind this one; the last one is empty. */
static const char *next_word(const char *text)
{
	while (*text && *text != ' ')
		text++;
	while (*text == ' ')
		text++;
	return text;
}

static uint64_t now_ms(void)
{
	static uint64_t now;

	return now++;
}

void metal_options(const char *text)
{
	line = text;
	harness.now_ms = now_ms;
	for (; *text; text = next_word(text))
		(void)(number(text, "checks=", &metal_checks) ||
		       number(text, "seconds=", &harness.seconds) ||
		       number(text, "seed=", &harness.seed));
}

bool metal_word(const char *name)
{
	for (const char *word = line; *word; word = next_word(word)) {
		size_t i = 0;

		while (name[i] && word[i] == name[i])
			i++;
		if (!name[i] && (!word[i] || word[i] == ' '))
			return true;
	}
	return false;
}

bool metal_deviates(const char *name)
{
	return metal_word(name);
}
