// SPDX-License-Identifier: Apache-2.0
/* Time through the vdso, all the while; promised on the same boot only. */
#include "workload.h"

#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>
#include <time.h>

static unsigned long vdso;
static unsigned long calls;
static bool spoiled;

static int64_t ns(const struct timespec *t)
{
	return t->tv_sec * 1000000000ll + t->tv_nsec;
}

static int64_t by_syscall(clockid_t clock)
{
	struct timespec t;

	must(syscall(SYS_clock_gettime, clock, &t));
	return ns(&t);
}

static int64_t by_libc(clockid_t clock)
{
	struct timespec t;

	must(clock_gettime(clock, &t));
	return ns(&t);
}

static void compare(void)
{
	static const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME };
	struct timeval tv;
	int64_t real, low, high;

	for (int i = 0; i < 3; i++) {
		int64_t before = by_syscall(clocks[i]);
		int64_t mid = by_libc(clocks[i]) + (spoiled ? 1000000000000ll : 0);
		int64_t after = by_syscall(clocks[i]);

		/* The wall clock may be set under us; the others never run backwards. */
		if (clocks[i] != CLOCK_REALTIME || spoiled)
			expect(before <= mid && mid <= after, "clock %d: %lld not between %lld and %lld", clocks[i],
			       (long long)mid, (long long)before, (long long)after);
	}
	low = by_syscall(CLOCK_REALTIME);
	must(gettimeofday(&tv, NULL));
	high = by_syscall(CLOCK_REALTIME);
	real = tv.tv_sec * 1000000000ll + tv.tv_usec * 1000ll;
	if (low <= high)
		expect(real + 1000 >= low && real <= high, "gettimeofday() is off");
	expect(time(NULL) >= low / 1000000000 - 1, "time() is off");
	expect(sched_getcpu() >= 0, "sched_getcpu(): %s", strerror(errno));
	calls++;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	vdso = getauxval(AT_SYSINFO_EHDR);
	expect(vdso, "no vdso");
	compare();
}

static void run(void)
{
	wl_ready();
	wl_unblock_term();
	while (!wl_term)
		compare();
}

static void check(void)
{
	unsigned long start, end;
	char line[512];
	bool found = false;
	FILE *maps;

	compare();
	expect(calls > 1, "never called");
	expect(!memcmp((void *)vdso, "\177ELF", 4), "no ELF header where auxv says the vdso is");
	maps = fopen("/proc/self/maps", "re");
	expect(maps, "/proc/self/maps: %s", strerror(errno));
	while (fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start == vdso && strstr(line, "[vdso]"))
			found = true;
	fclose(maps);
	expect(found, "/proc/self/maps has no [vdso] at %#lx", vdso);
}

static void spoil(void)
{
	spoiled = true;
}

const struct workload workload = { build, run, check, spoil };
