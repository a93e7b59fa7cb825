/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * Random changes of live tables, each followed by questions to the machine: may this access be
 * made, and where does it lead? What pw_translate() says of the tables has to be the machine's
 * answer.
 */
#ifndef PW_TESTS_METAL_OPS_H
#define PW_TESTS_METAL_OPS_H

#include "metal.h"

/* What there is to play with, and how to ask. A board fills one in. */
struct metal_space {
	struct pw_table *live; /* the tables that the machine walks, with a reshaper */
	uint64_t va;	       /* addresses of nobody else; aligned to a leaf of level 2 */
	uint64_t pa;	       /* what they are mapped to, in the same order; aligned to level 1 */
	uint64_t pa_first;     /* memory that may be asked about, closed; */
	uint64_t pa_last;      /* at least eight leaves of level 1 from @pa on */
	uint64_t big_pa;       /* a leaf of level 2 that holds all of it, at @va + 2 of its size; */
	bool has_big;	       /* if there is one */
	bool contiguous;       /* groups can be formed */
	bool ages;	       /* hardware sets accessed and dirty: entries may lack them */
	const uint32_t *perms; /* sets of rights that an entry can give */
	uint32_t nr_perms;
	uint32_t holds; /* rights that there are bits for; 0: all */
	uint32_t asks;	/* PW_PERM_*: accesses that ask() can answer for */
	struct pw_attr attr;

	/* One access, of one PW_PERM_*; true: it may be made, and *@pa is where. */
	bool (*ask)(uint64_t va, uint32_t perm, uint64_t *pa);
	/* A read as supervisor, of the word that every page begins with; false: a fault. Sees what
	   is cached, also where ask() looks at tables. */
	bool (*load)(uint64_t va, uint64_t *pa);
	/* What is cached stays cached until it is invalidated: by QEMU, not by every machine. */
	bool keeps;

	uint32_t (*nr_free)(void); /* pages left for tables */
};

/* Changes until so many comparisons were made; all of it is unmapped in the end. */
void metal_random_changes(const struct metal_space *s, uint64_t checks);

/* A page is mapped elsewhere behind the machine's back: it reads the old one until it is told. */
void metal_staleness(const struct metal_space *s);

#endif
