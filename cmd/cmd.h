/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the subcommands share: options, the opened address space, output.
 */
#ifndef PAGEWALK_CMD_H
#define PAGEWALK_CMD_H

#include <pagewalk/fields.h>
#include <pagewalk/pagewalk.h>

#include <stdio.h>

#include "../sources/registers.h"
#include "../sources/source.h"
#include "../sources/vmcoreinfo.h"

/* Exit status, of every subcommand. */
enum {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* findings, addresses that are not mapped, a change that was refused */
	EXIT_USAGE = 2,
	EXIT_SOURCE = 3, /* the source cannot be read */
};

enum output_format { FORMAT_TEXT, FORMAT_PTDUMP, FORMAT_JSON };

struct arch; /* arch.h */

/* A register that an option gave. */
struct given_reg {
	const struct arch *arch;
	unsigned int reg;
	uint64_t value;
};

#define MAX_GIVEN 32u

struct options {
	const char *command;
	const char *source;
	char **args; /* what follows SOURCE */
	int nr_args;

	const struct arch *arch; /* --arch, or NULL */
	bool raw;
	uint64_t raw_base;
	const char *registers, *new_registers;
	bool has_cpu, has_new_cpu;
	unsigned int cpu, new_cpu;
	struct given_reg given[MAX_GIVEN];
	unsigned int nr_given;
	bool kernel, user; /* which halves were asked for; both false: all there are */
	enum output_format format;
	bool has_range;
	struct pw_range range;
	bool has_phys;
	struct pw_range phys; /* of physical addresses */
	bool holes;
	bool sizes;
	bool header;
	unsigned int max_rows; /* 0: all */
	const char *only;
	bool list;
	const char *output;
	bool force;
	int verbose; /* -1 with --quiet */
};

/* options.c: 0, or an exit status (EXIT_FINE after --help) to leave with. */
struct command;
int options_parse(const struct command *cmd, int argc, char **argv, struct options *o, bool *leave);
/* A number: decimal, or hexadecimal with 0x. */
bool parse_number(const char *text, uint64_t *value);
bool parse_address(const char *text, size_t len, uint64_t *value);
/* A-B (B not included, 0 for the top) or A+LEN with K, M, G, T; not empty. */
bool parse_range(const char *text, struct pw_range *range);
#define RANGE_WANTED \
	"A-B or A+LEN (addresses hexadecimal, B above A; LEN in bytes, or with K, M, G, T)"

/* A subcommand. */
struct command {
	const char *name;
	const char *usage;   /* behind the name */
	const char *summary; /* one line */
	const char *help;
	const char *options; /* which options, by the letters of options.c */
	int (*run)(const struct options *o);
	bool no_source;	  /* works without a source */
	bool two_sources; /* and the second is args[0] */
};

extern const struct command cmd_dump;
extern const struct command cmd_translate;
extern const struct command cmd_check;
extern const struct command cmd_diff;
extern const struct command cmd_protect;
extern const struct command cmd_replay;
extern const struct command cmd_rules;

/* memory.c: how the library reaches a source's tables. */
struct memory;
/* Writable: changes go to private copies, made in pieces of @unit bytes (a power of two). */
struct memory *memory_new(struct pw_source *s, bool writable, uint32_t unit);
void memory_free(struct memory *m);
const struct pw_env *memory_env(const struct memory *m);
/* Pages that were written, for pw_source_write_copy(); free() the result. */
struct pw_patch *memory_patches(const struct memory *m, size_t *nr);

/*
 * A hostile dump can make few tables look like very many (each entry leading to the same table
 * below). No system has so many runs; who meets them says so and stops.
 */
#define MAX_RUNS (1ull << 24)

/* space.c: an opened source and the tables in it. */
enum half_state {
	HALF_UNKNOWN, /* no root */
	HALF_EMPTY,   /* the kernel's own root: known, but nobody lives in this half */
	HALF_KNOWN,
};

struct half {
	enum half_state state;
	const char *name; /* "kernel" or "user" */
	const struct arch *arch;
	char from[96];	  /* where the root was learnt */
	char shape[32];	  /* what the architecture adds to its name: "4K granule" */
	bool types_known; /* what the indexes of memory types mean */
	bool has_share;	  /* one for all: entries have no room for it */
	uint32_t share;	  /* enum pw_share */
	const struct pw_fields *fields;
	bool missing;	 /* the root is known, and not in the dump */
	bool lost;	 /* there is a root, and it is of no use: that was said */
	const char *off; /* the control that switches walks of this half off, if one does */
	struct memory *memory;
	struct pw_table_config cfg;
	pw_lookup_fn *lookup; /* of cfg.instance */
	struct pw_table pt;
};

struct space {
	struct pw_source *source;
	const struct arch *arch;
	size_t nr_said;	     /* of the source's warnings */
	struct half half[2]; /* 0 user, 1 kernel: the address's bit 63 */
};

/* 0, or an exit status with the reason on stderr. */
int space_open(const struct options *o, struct space *sp);
/* Says what came up meanwhile; EXIT_SOURCE where memory in the dump could not be read, else 0. */
int space_close(const struct options *o, struct space *sp);
/* Does this half take part? Asked for and known, or nothing asked for and known. */
bool space_wants(const struct options *o, const struct space *sp, unsigned int half);
/* Says that this half's root is not known. Returns the exit status for it. */
int space_no_root(const struct options *o, const struct space *sp, unsigned int half);
/* EXIT_SOURCE where a half that takes part is not in the dump, else 0. */
int space_missing(const struct options *o, const struct space *sp);
/* 0 where a half that takes part has some of @o->range; else says why not: the exit status. */
int space_check_range(const struct options *o, const struct space *sp);
/* The pages of @o->range in this half; false when there are none. */
bool space_range(const struct options *o, const struct half *h, struct pw_range *range);

/* output.c: a buffer that is written when it is full, and at the end. */
void out_text(const char *s);
void out_bytes(const char *s, size_t len);
void out_char(char c);
void out_hex(uint64_t v, unsigned int digits); /* at least @digits, no 0x */
void out_dec(uint64_t v, unsigned int width);
void out_size(uint64_t first, uint64_t last,
	      unsigned int width); /* 4K, 2M: the largest exact unit */
void out_flush(void);
/* Standard output takes no more, for this reason: says so and leaves. */
_Noreturn void out_failed(int err);
/* A message on stderr: "pagewalk: ..." */
__attribute__((format(printf, 1, 2))) void complain(const char *fmt, ...);

struct repeat;

/* attrs.c: a run in words. */
const char *level_name(const struct half *h, unsigned int level);
void out_perm(uint32_t perm);
const char *memtype_name(const struct half *h, const struct pw_attr *attr);
/* What there is to say of it, a word at a time, each with a space before it. */
void attr_words(const struct half *h, const struct pw_attr *attr, void (*each)(const char *word));
void out_attr_words(const struct half *h, const struct pw_attr *attr);
/* The fields of an entry, as the manual names them. */
void out_fields(const struct half *h, const struct pw_step *s);
void out_run(const struct half *h, const struct pw_run *run);
void out_bad(const struct half *h, const struct pw_run *run);
/* The same page @times in a row, beginning with @run. */
void out_same_page(const struct half *h, const struct pw_run *run, uint64_t times);
void out_repeat(const struct half *h, const struct repeat *r);
/* What tables these are, a line; what a row's columns are; both, as comments. */
void out_space(const struct half *h);
void out_columns(void);
void out_space_header(const struct half *h);
/* After MAX_RUNS runs: says so. Returns the exit status for it. */
int out_too_many(const struct options *o, const struct half *h);

/* repeat.c: tables that are reached again and again, where they look like very many. */
struct repeat {
	struct pw_range span; /* @times entries of @level, all of which lead to what */
	struct pw_range of;   /* is here, before them */
	uint64_t times;
	unsigned int level;
};

struct repeats {
	struct repeat *list; /* in address order */
	size_t nr;
};

/* What there is in @range: free with repeats_free(). */
void repeats_find(const struct half *h, struct pw_range range, struct repeats *found);
void repeats_free(struct repeats *r);

/*
 * What was found where, in address order, for when tables are met again. Of no use, and free, where
 * nothing repeats itself.
 */
struct found {
	uint64_t first;
	uint64_t findings, ranges;
};

struct tally {
	struct found *list;
	size_t nr;
	bool on;
};

/* False: there was no memory, it is off now. */
bool tally_add(struct tally *t, struct found f);
/* The sum of what was found in @range. */
struct found tally_of(const struct tally *t, struct pw_range range);

/* @range in order: what to go through, and what is a repetition; false stops. */
struct visitor {
	bool (*runs)(void *ctx, struct pw_range part);
	bool (*repeat)(void *ctx, const struct repeat *r);
};
void repeats_visit(const struct repeats *r, struct pw_range range, const struct visitor *v,
		   void *ctx);

/* ptdump.c */
int dump_ptdump(const struct options *o, const struct space *sp);

/* ledger.c: what a change costs in barriers and invalidations, three ways. */
int ledger(const struct options *o, struct space *sp, unsigned int half, struct pw_range range,
	   const struct pw_change *change);

#endif
