/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 The pagewalk authors */
/*
 * What the model costs: steps a second on a table of 262,144 entries of which a thousand are
 * unclean all the time, and memory by unclean entries.
 *
 *	model time [STEPS]		in check mode, as calls
 *	model write FILE [STEPS]	the same steps as a binary trace, for pagewalk replay
 *	model check TOOL		both are as fast, and as small, as is promised; or it fails
 *
 * The steps are an unmap of a page, its barrier, its TLBI and completion, and the page mapped
 * again, here and there in the table, with a batch of a thousand open unmaps on one side of it.
 * What counts is the processor's time: what else the machine does is not the model's matter.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pagewalk/model.h>

#define TABLES	512u
#define ENTRIES (TABLES * 512u)
#define ROOT	0x10000ull
#define LEVEL2	0x11000ull
#define LEVEL1	0x12000ull
#define LEAVES	0x100000ull
#define UNCLEAN 1000u

#define PER_SECOND 2e6	/* steps, at least */
#define PER_ENTRY  512u /* bytes, at most */
#define TRIES	   3u	/* the best counts */

static uint64_t *leaf, level1[512];

static uint64_t read_memory(void *ctx, uint64_t pa)
{
	(void)ctx;
	if (pa >= LEAVES && pa < LEAVES + (uint64_t)ENTRIES * 8)
		return leaf[(pa - LEAVES) / 8];
	if (pa >= LEVEL1 && pa < LEVEL1 + 4096)
		return level1[(pa - LEVEL1) / 8];
	return pa == ROOT ? LEVEL2 | 3 : pa == LEVEL2 ? LEVEL1 | 3 : 0;
}

static uint64_t page(uint32_t i)
{
	return 0x0060000000000f03ull | (uint64_t)(0x100000 + i) << 12;
}

static uint64_t verdicts;

static void verdict(void *ctx, const struct pwm_verdict *v)
{
	(void)ctx, (void)v;
	verdicts++;
}

/* Where steps go: the model, or a file. */
static struct pwm *m;
static FILE *out;

static void give(struct pwm_step s)
{
	uint8_t record[PWM_RECORD];

	if (out) {
		pwm_put_record(record, &s);
		fwrite(record, 1, sizeof(record), out);
		return;
	}
	pwm_take(m, &s);
	if (s.op == PWM_OP_STORE)
		leaf[(s.a - LEAVES) / 8] = s.b;
}

static void store(uint32_t i, uint64_t val)
{
	give((struct pwm_step){ .op = PWM_OP_STORE, .a = LEAVES + i * 8ull, .b = val });
}

static void barrier(unsigned int kind)
{
	give((struct pwm_step){ .op = PWM_OP_BARRIER, .kind = (uint16_t)kind });
}

static void begin(void)
{
	uint32_t i;

	if (out) {
		give((struct pwm_step){ .op = PWM_OP_CONFIG, .kind = PWM_KEY_CPUS, .a = 2 });
		give((struct pwm_step){ .op = PWM_OP_SNAPSHOT, .a = ROOT, .b = LEVEL2 | 3 });
		give((struct pwm_step){ .op = PWM_OP_SNAPSHOT, .a = LEVEL2, .b = LEVEL1 | 3 });
		for (i = 0; i < 512; i++)
			give((struct pwm_step){
				.op = PWM_OP_SNAPSHOT, .a = LEVEL1 + i * 8ull, .b = level1[i] });
		for (i = 0; i < ENTRIES; i++)
			give((struct pwm_step){
				.op = PWM_OP_SNAPSHOT, .a = LEAVES + i * 8ull, .b = page(i) });
	}
	for (i = 0; i < 2; i++)
		give((struct pwm_step){ .op = PWM_OP_ROOT,
					.cpu = (uint8_t)i,
					.kind = PWM_LOWER,
					.a = ROOT,
					.b = 1 });
	barrier(PWM_ISB);
	for (i = 0; i < UNCLEAN; i++)
		store(i * 7, 0);
	barrier(PWM_DSB_ISHST);
}

/* Six steps. */
static void round_of(uint32_t n)
{
	uint32_t i = UNCLEAN * 7 + (n * 2654435761u >> 8) % (ENTRIES - UNCLEAN * 7);

	store(i, 0);
	barrier(PWM_DSB_ISHST);
	give((struct pwm_step){
		.op = PWM_OP_TLBI, .kind = PWM_VALE1 | PWM_IS, .a = i | (uint64_t)1 << 48 });
	barrier(PWM_DSB_ISH);
	barrier(PWM_ISB);
	store(i, page(i));
	/* the other CPU takes an interrupt now and then */
	if (n % 64 == 0)
		give((struct pwm_step){ .op = PWM_OP_BARRIER, .cpu = 1, .kind = PWM_EXCEPTION });
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes of an entry that is not clean: all that the size of the model depends on, but tables. */
static uint32_t bytes_of_entry(struct pwm_config cfg)
{
	size_t less;

	cfg.max_unclean = 1000;
	less = pwm_size(&cfg);
	cfg.max_unclean = 2000;
	return (uint32_t)((pwm_size(&cfg) - less) / 1000);
}

static int run_time(uint64_t steps, double *per_second)
{
	struct pwm_config cfg = {
		.size = sizeof(cfg), .nr_cpus = 2, .read = read_memory, .verdict = verdict
	};
	struct pwm_stats s;
	uint64_t done = 0;
	double start;
	void *mem = malloc(pwm_size(&cfg));
	uint32_t n;

	m = pwm_init(mem, pwm_size(&cfg), &cfg);
	if (!m)
		return 1;
	begin();
	start = seconds();
	for (n = 0; done < steps; n++, done += 6)
		round_of(n);
	start = seconds() - start;
	pwm_get_stats(m, &s);
	printf("%llu steps in %.2f s: %.2f million a second; %u unclean, %llu findings\n",
	       (unsigned long long)done, start, (double)done / start / 1e6, s.unclean,
	       (unsigned long long)verdicts);
	*per_second = (double)done / start;
	if (s.overflows || s.forgotten)
		return 1;
	printf("memory: %u bytes an unclean entry, none for a clean one\n", bytes_of_entry(cfg));
	free(mem);
	return verdicts != 0;
}

static int run_write(const char *name, uint64_t steps)
{
	uint8_t header[PWM_RECORD];
	uint64_t done;
	uint32_t n;

	out = fopen(name, "wb");
	if (!out)
		return 1;
	pwm_put_header(header);
	fwrite(header, 1, sizeof(header), out);
	begin();
	for (n = 0, done = 0; done < steps; n++, done += 6)
		round_of(n);
	return fclose(out) != 0;
}

/* What the tool's processor time says of a trace; 0: it failed. */
static double replay_speed(const char *tool, const char *trace, uint64_t records)
{
	struct rusage before, after;
	int status = 1;
	pid_t pid;

	getrusage(RUSAGE_CHILDREN, &before);
	pid = fork();
	if (!pid) {
		execl(tool, tool, "replay", "-q", trace, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		return 0;
	getrusage(RUSAGE_CHILDREN, &after);
	return (double)records / ((double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) +
				  (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
				  (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
				  (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6);
}

static uint32_t passed, failed;

static void promise(const char *what, bool kept)
{
	printf("%s: %s\n", kept ? "ok" : "FAIL", what);
	if (kept)
		passed++;
	else
		failed++;
}

/* Every page is mapped. */
static void fill(void)
{
	uint32_t i;

	for (i = 0; i < ENTRIES; i++)
		leaf[i] = page(i);
	for (i = 0; i < 512; i++)
		level1[i] = (LEAVES + i * 4096ull) | 3;
}

static int run_check(const char *tool)
{
	struct pwm_config cfg = { .size = sizeof(cfg), .nr_cpus = 2, .read = read_memory };
	const uint64_t steps = 2000000;
	char trace[4096]; /* beside the tool */
	double best = 0, speed = 0;
	bool good = true;
	int fd = -1;
	uint32_t i;

	if (snprintf(trace, sizeof(trace), "%s.trace-XXXXXX", tool) < (int)sizeof(trace))
		fd = mkstemp(trace);
	for (i = 0; i < TRIES; i++) {
		fill();
		good &= !run_time(steps, &speed);
		best = speed > best ? speed : best;
	}
	promise("nothing is found, and nothing overflows", good);
	promise("two million steps a second", best >= PER_SECOND);
	promise("memory by unclean entries", bytes_of_entry(cfg) <= PER_ENTRY);
	fill();
	good = fd >= 0 && !run_write(trace, steps);
	for (i = 0, best = 0; good && i < TRIES; i++) {
		speed = replay_speed(tool, trace, steps);
		best = speed > best ? speed : best;
	}
	printf("replay of a binary trace: %.2f million records a second\n", best / 1e6);
	promise("two million records a second from a binary trace", best >= PER_SECOND);
	if (fd >= 0) {
		close(fd);
		unlink(trace);
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}

int main(int argc, char **argv)
{
	double speed;
	int err = 2;

	leaf = calloc((size_t)ENTRIES, sizeof(*leaf));
	if (!leaf)
		return 1;
	fill();
	if (argc >= 2 && !strcmp(argv[1], "time"))
		err = run_time(argc > 2 ? strtoull(argv[2], NULL, 10) : 6000000, &speed);
	else if (argc >= 3 && !strcmp(argv[1], "write"))
		err = run_write(argv[2], argc > 3 ? strtoull(argv[3], NULL, 10) : 6000000);
	else if (argc >= 3 && !strcmp(argv[1], "check"))
		err = run_check(argv[2]);
	else
		fprintf(stderr, "usage: model time [STEPS] | write FILE [STEPS] | check TOOL\n");
	free(leaf);
	return err;
}
