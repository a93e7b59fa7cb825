/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The log as lines, their fields, and the rules of walks: "cb#k:action:ret=v", joined by ";".
 */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char **lines;
size_t nr_lines;

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long end;

	if (f && !fseek(f, 0, SEEK_END) && (end = ftell(f)) >= 0) {
		rewind(f);
		*size = (size_t)end;
		text = malloc(*size + 1);
		if (text && fread(text, 1, *size, f) != *size) {
			free(text);
			text = NULL;
		}
	}
	if (!text)
		perror(path);
	if (f)
		fclose(f);
	return text;
}

bool read_log(const char *dir)
{
	char path[4096], *text, *at;
	size_t size, i, room = 1;

	if (snprintf(path, sizeof(path), "%s/walks.log", dir) >= (int)sizeof(path))
		return false;
	text = read_file(path, &size);
	if (!text)
		return false;
	text[size] = '\0';
	for (i = 0; i < size; i++)
		room += text[i] == '\n';
	lines = calloc(room, sizeof(*lines));
	for (at = text; lines && at < text + size; at += strlen(at) + 1) {
		at[strcspn(at, "\n")] = '\0';
		lines[nr_lines++] = at;
	}
	/* a log that went through a system with other line ends; not before the lengths are used */
	for (i = 0; i < nr_lines; i++)
		lines[i][strcspn(lines[i], "\r")] = '\0';
	return lines != NULL;
}

bool field(const char *line, const char *key, char *out, size_t size)
{
	size_t n = strlen(key);
	const char *p = line;

	while ((p = strstr(p, key))) {
		if (p > line && p[-1] == ' ' && p[n] == '=') {
			snprintf(out, size, "%.*s", (int)strcspn(p + n + 1, " "), p + n + 1);
			return true;
		}
		p++;
	}
	return false;
}

uint64_t hex(const char *line, const char *key)
{
	char text[64];

	return field(line, key, text, sizeof(text)) ? strtoull(text, NULL, 16) : 0;
}

bool is_hex(const char *line, const char *key)
{
	char text[64];

	return field(line, key, text, sizeof(text)) && text[0] &&
	       text[strspn(text, "0123456789abcdef")] == '\0';
}

bool has_op(const char *ops, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = ops; (p = strstr(p, name)); p += n) {
		if ((p == ops || p[-1] == ',') && (p[n] == '\0' || p[n] == ','))
			return true;
	}
	return false;
}

/* ":action:ret=v", either or both; false: it says something else. */
static bool read_act(const char *p, struct act *act)
{
	static const char *const actions[] = { "subtree", "continue", "again" };
	bool good = *p == ':';

	while (good && *p == ':') {
		size_t i, n = strcspn(++p, ":");
		char *end;

		good = false;
		for (i = 0; i < 3; i++) {
			if (n != strlen(actions[i]) || strncmp(p, actions[i], n))
				continue;
			act->action = (int)i;
			good = true;
		}
		if (n == 5 && !strncmp(p, "split", n)) {
			act->split = true;
			good = true;
		} else if (!strncmp(p, "ret=", 4)) {
			act->ret = (int)strtol(p + 4, &end, 10);
			good = end == p + n && n > 4;
		}
		p += n;
	}
	return good;
}

/*
 * The part of a rule that *@p stands at: which callback, which call ("*": 0), what. 1: here it is,
 * and *@p stands at the next; 0: there is none; -1: it cannot be read.
 */
static int next_part(const char **p, char *callback, unsigned long *k, struct act *act)
{
	size_t n = strcspn(*p, ";");
	char part[128], what[128], number[16], *end;

	*act = (struct act){ 0, -1, false };
	if (!n || !strcmp(*p, "none"))
		return **p == ';' ? -1 : 0;
	if (n >= sizeof(part))
		return -1;
	snprintf(part, sizeof(part), "%.*s", (int)n, *p);
	*p += n + ((*p)[n] == ';');
	if (sscanf(part, "%31[a-z0-9_]#%15[0-9*]%127s", callback, number, what) != 3)
		return -1;
	*k = strcmp(number, "*") ? strtoul(number, &end, 10) : 0;
	if (strcmp(number, "*") && (*end || *k == 0))
		return -1;
	return read_act(what, act) ? 1 : -1;
}

bool rule_good(const char *rule)
{
	unsigned long k;
	char callback[32];
	struct act act;
	int r;

	while ((r = next_part(&rule, callback, &k, &act)) > 0)
		;
	return r == 0;
}

struct act rule_at(const char *rule, const char *callback, unsigned int k)
{
	struct act act = { 0, -1, false }, part;
	unsigned long which;
	char name[32];

	while (next_part(&rule, name, &which, &part) > 0) {
		if (strcmp(name, callback) || (which && which != k))
			continue;
		act.ret = part.ret;
		act.action = part.action >= 0 ? part.action : act.action;
		act.split |= part.split;
	}
	return act;
}
