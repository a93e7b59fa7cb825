/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * A hypervisor whose vCPUs map what they fault on, each by itself: no lock around the guest's
 * second-stage tables, in which neighbouring pages are different vCPUs'. Then a balloon takes all
 * of it away again, the same way.
 *
 * What shared mode (<pagewalk/shared.h>) wants of its caller is all here: hooks that several
 * threads may be in, a count beside each table, a grace period before a table is used again, and
 * another try when a table was just coming or going.
 */
#include <pagewalk/pagewalk.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_VCPUS  4u
#define PAGE	  4096ull
#define PA_BASE	  0x80000000ull /* of the tables */
#define NR_FRAMES 64u
#define GUEST	  0x40000000ull /* IPA of the guest's memory, mapped one to one */
#define NR_PAGES  4096u		/* 16 MiB of it */

static struct {
	pthread_mutex_t lock;
	char *frames;
	uint64_t users[NR_FRAMES];
	unsigned int free[NR_FRAMES], nr_free;	       /* frames to be had */
	unsigned int unlinked[NR_FRAMES], nr_unlinked; /* until nobody looks any more */
	uint64_t nr_plans;
	struct pw_env env;
	struct pw_executor exec;
	struct pw_table pt;
} vm = { .lock = PTHREAD_MUTEX_INITIALIZER };

static unsigned int frame_of(struct pw_pa pa)
{
	return (unsigned int)((pa.v - PA_BASE) / PAGE);
}

static void *get_table(void *ctx, struct pw_pa *pa)
{
	void *virt = NULL;

	(void)ctx;
	pthread_mutex_lock(&vm.lock);
	if (vm.nr_free) {
		unsigned int i = vm.free[--vm.nr_free];

		*pa = pw_pa_of(PA_BASE + i * PAGE);
		virt = vm.frames + i * PAGE;
		vm.users[i] = 0;
	}
	pthread_mutex_unlock(&vm.lock);
	return virt;
}

/* A page that was not needed: nobody knows it. */
static void put_table(void *ctx, struct pw_pa pa, void *virt)
{
	(void)ctx;
	(void)virt;
	pthread_mutex_lock(&vm.lock);
	vm.free[vm.nr_free++] = frame_of(pa);
	pthread_mutex_unlock(&vm.lock);
}

/* A table that was unlinked: another vCPU may still be looking at it, or at its count. */
static void free_after_grace(void *ctx, const struct pw_env *env, struct pw_pa pa, void *virt)
{
	(void)ctx;
	(void)env;
	(void)virt;
	pthread_mutex_lock(&vm.lock);
	vm.unlinked[vm.nr_unlinked++] = frame_of(pa);
	pthread_mutex_unlock(&vm.lock);
}

/* Here a grace period is over when all vCPUs were stopped. A kernel has RCU. */
static unsigned int grace_period(void)
{
	unsigned int nr = vm.nr_unlinked;

	while (vm.nr_unlinked)
		vm.free[vm.nr_free++] = vm.unlinked[--vm.nr_unlinked];
	return nr;
}

static uint64_t *table_users(void *ctx, struct pw_pa pa)
{
	(void)ctx;
	return &vm.users[frame_of(pa)];
}

/* On a machine: dsb, tlbi ipas2e1is, dsb, tlbi vmalle1is, dsb, isb (platform/arm64). */
static void run(void *ctx, const struct pw_plan *plan)
{
	(void)ctx;
	(void)plan;
	__atomic_add_fetch(&vm.nr_plans, 1, __ATOMIC_RELAXED);
}

static int vm_init(void)
{
	struct pw_table_config cfg = {
		.size = sizeof(cfg),
		.flags = PW_TABLE_LIVE,
		.instance = &pw_arm64_s2_4k_direct,
		.reshaper = &pw_arm64_s2_4k_direct_reshaper,
		.env = &vm.env,
		.exec = &vm.exec,
		.root = { PA_BASE },
		.va_bits = 39,
	};

	vm.frames = aligned_alloc(PAGE, NR_FRAMES * PAGE);
	if (!vm.frames)
		return PW_ENOMEM;
	memset(vm.frames, 0, PAGE); /* the root is frame 0 */
	for (unsigned int i = NR_FRAMES - 1; i; i--)
		vm.free[vm.nr_free++] = i;
	vm.env = (struct pw_env){ .size = sizeof(vm.env),
				  .phys_offset = (uint64_t)(uintptr_t)vm.frames - PA_BASE,
				  .get_table = get_table,
				  .put_table = put_table,
				  .table_users = table_users };
	vm.exec = (struct pw_executor){ .size = sizeof(vm.exec),
					.run = run,
					.free_after_grace = free_after_grace };
	return pw_table_init(&vm.pt, &cfg);
}

struct vcpu {
	pthread_t thread;
	unsigned int me;
	bool balloon;
	uint64_t pages, tables;
	int err;
};

/* One page, now: a table that is being linked or unlinked right here is worth another try. */
static int change(struct vcpu *v, uint64_t ipa)
{
	static const struct pw_attr attr = { .perm = PW_PERM_R | PW_PERM_W | PW_PERM_X,
					     .flags = PW_ATTR_VALID | PW_ATTR_ACCESSED,
					     .memtype = PW_MEM_NORMAL,
					     .share = PW_SHARE_INNER };
	struct pw_range page = pw_range_len(ipa, PAGE);
	struct pw_result res;
	int err;

	do {
		err = v->balloon ? pw_unmap_shared(&vm.pt, page, 0, NULL, &res) :
				   pw_map_shared(&vm.pt, page, pw_pa_of(ipa), &attr, 0, NULL, &res);
		v->pages += res.nr_entries;
		v->tables += res.nr_tables;
	} while (err == PW_EAGAIN);
	return err;
}

static void *vcpu_loop(void *arg)
{
	struct vcpu *v = arg;

	for (unsigned int i = v->me; i < NR_PAGES && !v->err; i += NR_VCPUS)
		v->err = change(v, GUEST + i * PAGE);
	return NULL;
}

static int all_vcpus(bool balloon)
{
	struct vcpu vcpu[NR_VCPUS] = { 0 };
	uint64_t pages = 0, tables = 0;
	int err = 0;

	for (unsigned int i = 0; i < NR_VCPUS; i++) {
		vcpu[i].me = i;
		vcpu[i].balloon = balloon;
		if (pthread_create(&vcpu[i].thread, NULL, vcpu_loop, &vcpu[i]))
			return 1;
	}
	for (unsigned int i = 0; i < NR_VCPUS; i++) {
		pthread_join(vcpu[i].thread, NULL);
		pages += vcpu[i].pages;
		tables += vcpu[i].tables;
		err = err ? err : vcpu[i].err;
	}
	printf("%s: %s, %llu pages, %llu tables %s\n", balloon ? "balloon" : "faults",
	       err ? pw_strerror(err) : "done", (unsigned long long)pages,
	       (unsigned long long)tables, balloon ? "unlinked" : "linked");
	return err;
}

int main(void)
{
	int err = vm_init();

	if (!err)
		err = all_vcpus(false);
	if (!err)
		err = all_vcpus(true);
	if (err) {
		fprintf(stderr, "vcpu_faults: %s\n", pw_strerror(err));
		return 1;
	}
	printf("after the grace period: %u tables to be used again\n", grace_period());
	free(vm.frames);
	return 0;
}
