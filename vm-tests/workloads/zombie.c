// SPDX-License-Identifier: Apache-2.0
/* Children that ended and were not waited for: by exit code, by signals, one of them a group leader. */
#include "tree.h"

#include <sys/resource.h>

struct dead {
	int code, signal;
	pid_t pid;
};

static struct dead dead[] = {
	{ .code = 0 },
	{ .code = 7 },
	{ .code = 255 },
	{ .signal = SIGKILL },
	{ .signal = SIGUSR1 },
	{ .signal = SIGSEGV },
};

#define DEAD ((int)(sizeof(dead) / sizeof(dead[0])))

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int i = 0; i < DEAD; i++) {
		siginfo_t info;

		dead[i].pid = must(fork());
		if (!dead[i].pid) {
			if (i % 2)
				must(setpgid(0, 0));
			must(setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }));
			if (dead[i].signal)
				kill(getpid(), dead[i].signal);
			_exit(dead[i].code);
		}
		must(waitid(P_PID, dead[i].pid, &info, WEXITED | WNOWAIT));
	}
}

static void check(void)
{
	bool found[DEAD] = { false };
	pid_t kids[64];

	expect(wl_children(kids, 64) == DEAD, "%d children, expected %d", wl_children(kids, 64), DEAD);
	for (int n = 0; n < DEAD; n++) {
		int status, i;
		pid_t pid = must(waitpid(-1, &status, WNOHANG));

		expect(pid > 0, "a child is alive again");
		for (i = 0; i < DEAD; i++)
			if (!found[i] && (wl_pids_any || dead[i].pid == pid) &&
			    (status & 0xff7f) == (dead[i].code << 8 | dead[i].signal))
				break;
		expect(i < DEAD, "pid %d: unexpected wait status %#x", pid, status);
		found[i] = true;
	}
	expect(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, "one child too many");
}

static void spoil(void)
{
	must(waitpid(dead[2].pid, NULL, 0));
}

const struct workload workload = { build, NULL, check, spoil };
