// SPDX-License-Identifier: Apache-2.0
/* Advice that stays with a mapping: fork, huge pages, merging, core dumps. */
#include "mem.h"

#include <sys/wait.h>

#define PAGES 8

struct advice {
	const char *flag;
	int advice;
	char *area;
	bool there;
};

/* Flags as in the VmFlags line of smaps; a kernel may be built without some. */
static struct advice advices[] = {
	{ .flag = "dc", .advice = MADV_DONTFORK },
	{ .flag = "wf", .advice = MADV_WIPEONFORK },
	{ .flag = "hg", .advice = MADV_HUGEPAGE },
	{ .flag = "nh", .advice = MADV_NOHUGEPAGE },
	{ .flag = "mg", .advice = MADV_MERGEABLE },
	{ .flag = "dd", .advice = MADV_DONTDUMP },
	{ .flag = "sr", .advice = MADV_SEQUENTIAL },
	{ .flag = "rr", .advice = MADV_RANDOM },
};

#define ADVICES (sizeof(advices) / sizeof(advices[0]))

static bool has_flag(const char *p, const char *flag)
{
	unsigned long start, end;
	char line[1024], want[8];
	bool here = false, found = false;
	FILE *smaps = fopen("/proc/self/smaps", "re");

	expect(smaps, "/proc/self/smaps: %s", strerror(errno));
	snprintf(want, sizeof(want), " %s", flag);
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (unsigned long)p >= start && (unsigned long)p < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, want) != NULL;
	}
	fclose(smaps);
	return found;
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < ADVICES; i++) {
		struct advice *a = &advices[i];

		/* With a gap behind each, so that they do not look like one. */
		a->area = mem_map((PAGES + 1) * PAGE, RW, ANON, -1, 0);
		must(munmap(a->area + PAGES * PAGE, PAGE));
		wl_fill(a->area, PAGES * PAGE, i + 1);
		a->there = madvise(a->area, PAGES * PAGE, a->advice) == 0;
		expect(a->there || errno == EINVAL, "madvise %s: %s", a->flag, strerror(errno));
		a->there = has_flag(a->area, a->flag);
	}
	expect(advices[0].there && advices[1].there && advices[5].there, "the kernel does not show VmFlags");
}

static void check(void)
{
	int status;
	pid_t pid;

	for (size_t i = 0; i < ADVICES; i++) {
		struct advice *a = &advices[i];

		wl_expect_filled(a->area, PAGES * PAGE, i + 1, a->flag);
		expect(has_flag(a->area, a->flag) == a->there, "flag %s was %d", a->flag, a->there);
	}
	pid = must(fork());
	if (!pid) {
		if (mem_readable(advices[0].area))
			_exit(2);
		for (size_t i = 0; i < PAGES * PAGE; i++)
			if (advices[1].area[i])
				_exit(3);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	expect(status != 2 << 8, "MADV_DONTFORK memory is in a child");
	expect(status != 3 << 8, "MADV_WIPEONFORK memory is not wiped in a child");
	expect(status == 0, "child: wait status %#x", status);
}

static void spoil(void)
{
	must(madvise(advices[0].area, PAGES * PAGE, MADV_DOFORK));
}

const struct workload workload = { build, NULL, check, spoil };
