/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Litmus sequences: files of steps and of what may follow from them. Lines of tests/litmus:
 *
 *	snippet NAME ... end		lines that "use NAME" puts in
 *	test NAME LABEL			LABEL: published, manual, derived, good or bad; for the
 *					last two NAME is a rule's ID, perhaps with :MORE behind it
 *	config KEY VALUE		before the first step
 *	a step of pagewalk-trace(5)
 *	allowed CPU VA FLAGS RESULT	an access may, or must not, have this result
 *	forbidden CPU VA FLAGS RESULT	RESULT: fault, or pa=ADDRESS; FLAGS as r, wx, r+dep
 *	expect [once] ID... | none	every rule that was broken, and no other, since the test
 *					began; without such a line: none. once: by one verdict
 *					each
 *	end
 *
 * Several of them may stand on a line with ; between them.
 *
 * A derived one kills a mutant of the model that no other sequence kills (which, is in
 * tests/mutants/needed.txt; tools/mutants --needed finds it), or "Stays:" in the comment right
 * before it says why it is here. tests/mutants/needed.py sees to that.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../harness/harness.h"
#include "image.h"

#define MAX_SNIPPETS 64
#define MAX_LINES    64
#define MAX_RULES    160

static struct snippet {
	char name[32];
	char *line[MAX_LINES];
	int nr;
} snippets[MAX_SNIPPETS];
static int nr_snippets;

static struct stage stage;
static struct pwm_config cfg;
static const char *file_name;
static char test_name[96], test_label[24];
static bool opened, in_test, expected, broken;
static unsigned int nr_tests, nr_by_arch[PWM_NR_ARCHES], nr_by_label[5];
static unsigned char has_good[MAX_RULES], has_bad[MAX_RULES];

static const char *const labels[] = { "published", "manual", "derived", "good", "bad" };

static void complain(const char *what, const char *line)
{
	printf("%s: %s: %s: %s\n", file_name, test_name, what, line);
	broken = true;
}

static void open_stage(void)
{
	if (opened)
		return;
	cfg.features |= PWM_PLAY;
	opened = stage_open(&stage, &cfg);
	if (!opened)
		complain("no model", "");
}

static void verdicts_text(char *buf, size_t len)
{
	size_t at = 0;

	buf[0] = 0;
	for (uint32_t i = 0; i < stage.nr_verdicts && i < STAGE_VERDICTS && at < len; i++)
		at += (size_t)snprintf(buf + at, len - at, "%s%s", i ? " " : "",
				       stage.verdict[i].rule->id);
}

/* The words behind "expect", and the verdicts: the same set? */
static void expect(char *words)
{
	char got[1024], line[1536];
	unsigned int wanted = 0, met = 0;
	bool once = !strncmp(words, "once ", 5);
	char *save = NULL;

	if (once)
		words += 5;
	expected = true;
	open_stage();
	verdicts_text(got, sizeof(got));
	snprintf(line, sizeof(line), "wanted '%s', got '%s'", words, got);
	for (char *w = strtok_r(words, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
		if (!strcmp(w, "none"))
			break;
		wanted++;
		if (!pwm_rule_find(w, strlen(w)))
			complain("no such rule", w);
		for (uint32_t i = 0; i < stage.nr_verdicts && i < STAGE_VERDICTS; i++)
			met += !strcmp(stage.verdict[i].rule->id, w);
		if (!stage_has(&stage, w))
			complain("verdicts", line);
	}
	if (met != stage.nr_verdicts || (once && wanted != stage.nr_verdicts))
		complain("verdicts", line);
}

static uint32_t access_flags(const char *s)
{
	uint32_t flags = 0;

	for (; *s && *s != '+'; s++)
		flags |= *s == 'r' ? PWM_R : *s == 'w' ? PWM_W : *s == 'x' ? PWM_X : PWM_USER;
	if (!strcmp(s, "+dep"))
		flags |= PWM_DEP;
	return flags;
}

static void outcome(const char *line, bool allowed)
{
	struct pwm_outcome out[32];
	char flags[16], result[32];
	unsigned long long va;
	unsigned int cpu;
	uint32_t n;
	bool seen = false;

	open_stage();
	if (sscanf(line, "%u %llx %15s %31s", &cpu, &va, flags, result) != 4) {
		complain("expected: CPU VA FLAGS RESULT", line);
		return;
	}
	n = pwm_outcomes(stage.m, cpu, va, access_flags(flags), out, 32);
	for (uint32_t i = 0; i < n && i < 32; i++) {
		if (!strcmp(result, "fault"))
			seen |= out[i].fault != 0;
		else
			seen |= !out[i].fault && out[i].pa == strtoull(result + 3, NULL, 16);
	}
	if (seen != allowed)
		complain(allowed ? "must be allowed" : "must be forbidden", line);
}

static void begin(char *words)
{
	char label[24] = "";

	if (sscanf(words, "%95s %23s", test_name, label) != 2) {
		complain("expected: test NAME LABEL", words);
		return;
	}
	snprintf(test_label, sizeof(test_label), "%s", label);
	memset(&cfg, 0, sizeof(cfg));
	cfg.size = sizeof(cfg);
	cfg.nr_cpus = 4;
	cfg.max_unclean = 2048;
	cfg.max_tables = 64;
	opened = false;
	in_test = true;
	expected = false;
	broken = false;
}

static void count(void)
{
	bool known = false;

	nr_tests++;
	nr_by_arch[cfg.arch]++;
	for (unsigned int i = 0; i < 5; i++) {
		if (strcmp(test_label, labels[i]))
			continue;
		nr_by_label[i]++;
		known = true;
	}
	if (!known)
		complain("no such label", test_label);
	if (strcmp(test_label, "good") && strcmp(test_label, "bad"))
		return;
	for (uint32_t i = 0; pwm_rule_at(i) && i < MAX_RULES; i++) {
		const char *id = pwm_rule_at(i)->id;
		size_t n = strlen(id);

		if (strncmp(test_name, id, n) || (test_name[n] && test_name[n] != ':'))
			continue;
		if (!strcmp(test_label, "good")) {
			has_good[i] = 1;
			if (stage.nr_verdicts)
				complain("a good program has verdicts", id);
		} else {
			has_bad[i] = 1;
			if (!stage_has(&stage, id))
				complain("a bad program does not break its rule", id);
		}
		return;
	}
	complain("no such rule", test_name);
}

static void finish(void)
{
	char none[] = "none";

	open_stage();
	if (!expected)
		expect(none);
	count();
	if (!EXPECT(!broken))
		printf("  in %s: test %s\n", file_name, test_name);
	stage_close(&stage);
	in_test = false;
}

static void one(char *line);

static void use(const char *name)
{
	for (int i = 0; i < nr_snippets; i++) {
		if (strcmp(snippets[i].name, name))
			continue;
		for (int k = 0; k < snippets[i].nr; k++) {
			char copy[256];

			snprintf(copy, sizeof(copy), "%s", snippets[i].line[k]);
			one(copy);
		}
		return;
	}
	complain("no such snippet", name);
}

static void step(const char *line)
{
	const char *site, *wanted;
	struct pwm_step s;
	size_t len;
	int got = pwm_parse_line(cfg.arch, line, strlen(line), &s, &site, &len, &wanted);

	if (got < 0) {
		complain(wanted, line);
		return;
	}
	if (!got)
		return;
	if (s.op == PWM_OP_CONFIG) {
		if (opened)
			complain("config behind a step", line);
		if (s.kind == PWM_KEY_FEATURES)
			s.a |= cfg.features;
		pwm_config_set(&cfg, s.kind, s.a);
		return;
	}
	open_stage();
	if (opened && stage_step(&stage, &s))
		complain("the model refuses", line);
}

static void one(char *line)
{
	while (*line == ' ' || *line == '\t')
		line++;
	for (char *end = line + strlen(line); end > line && (end[-1] == ' ' || end[-1] == '\t');)
		*--end = 0;
	if (!strncmp(line, "use ", 4))
		use(line + 4);
	else if (!strncmp(line, "expect ", 7))
		expect(line + 7);
	else if (!strncmp(line, "allowed ", 8))
		outcome(line + 8, true);
	else if (!strncmp(line, "forbidden ", 10))
		outcome(line + 10, false);
	else
		step(line);
}

static void many(char *line)
{
	char *save = NULL;

	for (char *p = strtok_r(line, ";", &save); p; p = strtok_r(NULL, ";", &save))
		one(p);
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "r");
	struct snippet *into = NULL;
	char line[1024];

	file_name = path;
	if (!EXPECT(f != NULL))
		return;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n#")] = 0;
		if (!strncmp(line, "snippet ", 8) && nr_snippets < MAX_SNIPPETS) {
			into = &snippets[nr_snippets++];
			snprintf(into->name, sizeof(into->name), "%.31s", line + 8);
		} else if (into && !strcmp(line, "end")) {
			into = NULL;
		} else if (into) {
			char *save = NULL;

			for (char *p = strtok_r(line, ";", &save); p;
			     p = strtok_r(NULL, ";", &save))
				if (into->nr < MAX_LINES)
					into->line[into->nr++] = strdup(p);
		} else if (!strncmp(line, "test ", 5)) {
			begin(line + 5);
		} else if (!strcmp(line, "end") && in_test) {
			finish();
		} else if (in_test) {
			many(line);
		} else if (line[strspn(line, " \t")]) {
			printf("%s: outside a test: %s\n", path, line);
			EXPECT(false);
		}
	}
	fclose(f);
	EXPECT(!in_test);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_all(void)
{
	char *names[64], path[512];
	int n = 0;
	DIR *d = opendir("tests/litmus");

	if (!EXPECT(d != NULL))
		return;
	for (struct dirent *e = readdir(d); e && n < 64; e = readdir(d))
		if (strstr(e->d_name, ".lit"))
			names[n++] = strdup(e->d_name);
	closedir(d);
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "tests/litmus/%s", names[i]);
		read_file(path);
		free(names[i]);
	}
	for (int i = 0; i < nr_snippets; i++)
		for (int k = 0; k < snippets[i].nr; k++)
			free(snippets[i].line[k]);
}

/* No rule without a program that keeps it and one that breaks it. */
static void check_programs(void)
{
	uint32_t i, lacking = 0;

	for (i = 0; pwm_rule_at(i) && i < MAX_RULES; i++) {
		if (!has_good[i] || !has_bad[i]) {
			printf("%s: no %s program\n", pwm_rule_at(i)->id,
			       !has_good[i] ? !has_bad[i] ? "good and no bad" : "good" : "bad");
			lacking++;
		}
	}
	EXPECT_EQ(lacking, 0);
	EXPECT(i > 100);
}

TEST(litmus)
{
	read_all();
	printf("%u sequences: arm64 %u, x86 %u, RISC-V %u; published %u, manual %u, derived %u, "
	       "good %u, bad %u\n",
	       nr_tests, nr_by_arch[PWM_ARM64], nr_by_arch[PWM_X86], nr_by_arch[PWM_RISCV],
	       nr_by_label[0], nr_by_label[1], nr_by_label[2], nr_by_label[3], nr_by_label[4]);
	check_programs();
	EXPECT(nr_by_arch[PWM_ARM64] >= 100);
	EXPECT(nr_by_arch[PWM_X86] >= 30);
	EXPECT(nr_by_arch[PWM_RISCV] >= 30);
}
