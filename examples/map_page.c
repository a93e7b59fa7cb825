/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * The model under somebody else's page-table code.
 *
 * map_page() below is thirty lines as they stand in many a hobby kernel: walk down, add a table
 * where there is none, write the entry. It works in an emulator. The model says what real CPUs may
 * make of it: the new table is linked before its contents can be seen, the new mapping is used
 * before it can be seen, and mapping another page at the same address leaves the old translation
 * in the TLB. With @careful the missing lines are there, and the model is content.
 *
 * What an instrumented kernel needs: one call before each store to a table, one beside each
 * barrier and TLBI, and a promise when a function returns.
 */
#include <pagewalk/model.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE	4096u
#define NR_PAGE 16u
#define VALID	1ull
#define TABLE	3ull
#define ATTRS	0x0060000000000f03ull /* a page: AF, inner shareable, read-write, no execute, nG */
#define ADDRESS 0x0000fffffffff000ull

static uint64_t *memory; /* page 0 is the root */
static unsigned int used = 1;
static struct pwm *model;
static int careful, verdicts;

#define HERE() pwm_set_site(model, pwm_site(model, __FILE__, __LINE__))

static uint64_t read_memory(void *ctx, uint64_t pa)
{
	(void)ctx;
	return pa < (uint64_t)NR_PAGE * PAGE ? memory[pa / 8] : 0;
}

static void verdict(void *ctx, const struct pwm_verdict *v)
{
	char text[2048];

	(void)ctx;
	verdicts++;
	pwm_report(model, v, text, sizeof(text), NULL, NULL);
	puts(text);
}

/* What a kernel has as inline assembly. */
static void write_entry(uint64_t pa, uint64_t val)
{
	pwm_store(model, 0, pa, val, PWM_PLAIN);
	memory[pa / 8] = val;
}

static void dsb_ishst(void)
{
	pwm_barrier(model, 0, PWM_DSB_ISHST);
}

static void isb(void)
{
	pwm_barrier(model, 0, PWM_ISB);
}

static void flush_page(uint64_t va)
{
	pwm_tlbi(model, 0, PWM_VALE1 | PWM_IS, va, 1);
	pwm_barrier(model, 0, PWM_DSB_ISH);
	isb();
}

static void map_page(uint64_t va, uint64_t pa)
{
	uint64_t table = 0, entry;
	int level;

	for (level = 3; level > 0; level--) {
		entry = table + 8 * (va >> (12 + 9 * level) & 511);
		if (!(memory[entry / 8] & VALID)) {
			uint64_t new = (uint64_t)used++ *PAGE;
			unsigned int i;

			for (i = 0; i < 512; i++)
				HERE(), write_entry(new + 8ull * i, 0);
			if (careful)
				dsb_ishst(); /* the table before the link */
			HERE(), write_entry(entry, new | TABLE);
		}
		table = memory[entry / 8] & ADDRESS;
	}
	entry = table + 8 * (va >> 12 & 511);
	if (careful && (memory[entry / 8] & VALID)) {
		HERE(), write_entry(entry, 0); /* break before make */
		dsb_ishst();
		flush_page(va);
	}
	HERE(), write_entry(entry, pa | ATTRS);
	if (careful) {
		dsb_ishst(); /* walkers see it, and this CPU forgets that it was not there */
		isb();
	}
	HERE(), pwm_contract(model, 0, PWM_MAP | PWM_NOFAULT, va, va + PAGE - 1);
}

static int try(int with_care)
{
	struct pwm_config cfg = { .size = sizeof(cfg),
				  .arch = PWM_ARM64,
				  .nr_cpus = 2,
				  .read = read_memory,
				  .verdict = verdict };
	size_t len = pwm_size(&cfg);
	void *mem = malloc(len);

	memset(memory, 0, (size_t)NR_PAGE * PAGE);
	used = 1;
	verdicts = 0;
	careful = with_care;
	model = mem ? pwm_init(mem, len, &cfg) : NULL;
	if (!model) {
		fprintf(stderr, "map_page: no memory\n");
		exit(1);
	}
	pwm_root(model, 0, PWM_LOWER, 0, 1);
	isb();
	map_page(0x400000, 0x80000000);
	map_page(0x401000, 0x80001000);
	map_page(0x400000, 0x80002000); /* another page at the same address */
	free(mem);
	return verdicts;
}

int main(void)
{
	int naive, mended;

	memory = calloc(NR_PAGE, PAGE);
	if (!memory)
		return 1;
	naive = try(0);
	mended = try(1);
	printf("map_page() as it was: %d findings; with its barriers: %d\n", naive, mended);
	free(memory);
	return naive == 0 || mended != 0;
}
