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

bool read_log(const char *dir)
{
	char path[4096], *text, *next;
	size_t size, i, room = 1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/walks.log", dir);
	f = fopen(path, "r");
	if (!f || fseek(f, 0, SEEK_END)) {
		perror(path);
		return false;
	}
	size = (size_t)ftell(f);
	rewind(f);
	text = malloc(size + 1);
	if (!text || fread(text, 1, size, f) != size)
		return false;
	text[size] = '\0';
	fclose(f);
	for (i = 0; i < size; i++)
		room += text[i] == '\n';
	lines = calloc(room, sizeof(*lines));
	for (text = strtok_r(text, "\n", &next); text && lines; text = strtok_r(NULL, "\n", &next))
		lines[nr_lines++] = text;
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

static void read_act(const char *p, struct act *act)
{
	for (p = strchr(p, ':'); p; p = strchr(p + 1, ':')) {
		if (!strncmp(p, ":ret=", 5))
			act->ret = atoi(p + 5);
		else if (!strncmp(p, ":again", 6))
			act->action = ACTION_AGAIN;
		else if (!strncmp(p, ":continue", 9))
			act->action = ACTION_CONTINUE;
		else if (!strncmp(p, ":subtree", 8))
			act->action = ACTION_SUBTREE;
		else if (!strncmp(p, ":split", 6))
			act->split = true;
	}
}

struct act rule_at(const char *rule, const char *callback, unsigned int k)
{
	struct act act = { 0, -1, false };
	const char *p = rule;

	while (*p && strcmp(p, "none")) {
		size_t n = strcspn(p, ";");
		char part[128], *call;

		snprintf(part, sizeof(part), "%.*s", (int)n, p);
		p += n + (p[n] == ';');
		call = strchr(part, '#');
		if (!call)
			continue;
		*call++ = '\0';
		if (!strcmp(part, callback) &&
		    (*call == '*' || (unsigned int)strtoul(call, NULL, 10) == k))
			read_act(call, &act);
	}
	return act;
}
