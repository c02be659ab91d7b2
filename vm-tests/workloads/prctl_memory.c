// SPDX-License-Identifier: Apache-2.0
/* What prctl() sets for the memory of the process; what the kernel or the rights do not have is left out. */
#include "mem.h"

#include <sys/prctl.h>

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#define REFUSE_EXEC_GAIN 1

static bool denies, merges;
static char *code, *data;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	code = mem_map(PAGE, RW, ANON, -1, 0);
	data = mem_map(4 * PAGE, RW, ANON, -1, 0);
	wl_fill(code, PAGE, 1);
	wl_fill(data, 4 * PAGE, 2);
	/* Was written to before: such memory is mapped writable first when it comes back. */
	must(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
	merges = !prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
	expect(merges || errno == EINVAL || errno == EPERM, "PR_SET_MEMORY_MERGE: %s", strerror(errno));
	denies = !prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0);
	expect(denies || errno == EINVAL, "PR_SET_MDWE: %s", strerror(errno));
}

static void check(void)
{
	wl_expect_filled(code, PAGE, 1, "code");
	wl_expect_filled(data, 4 * PAGE, 2, "data");
	mem_expect_perms(code, "r-xp", "code");
	if (merges)
		expect(must(prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)) == 1, "memory is not merged any more");
	if (!denies)
		return;
	expect(must(prctl(PR_GET_MDWE, 0, 0, 0, 0)) == REFUSE_EXEC_GAIN, "PR_GET_MDWE has changed");
	expect(mprotect(data, PAGE, PROT_READ | PROT_EXEC) && errno == EACCES, "written memory could become code");
}

static void spoil(void)
{
	data[0] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
