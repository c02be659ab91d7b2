// SPDX-License-Identifier: GPL-2.0
#include "harness.h"
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>

char folder[PATH_MAX];

/* Executed as "core-N.img" by an EXEC operation: N is the exit status. */
static int pretended_core_image(const char *name)
{
	return atoi(strrchr(name, '-') + 1);
}

/* Pids of our own, so that those that tests want are free. */
static void enter_namespace(void)
{
	int status = 0;
	pid_t first, pid;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		perror("these tests want root, for a pid namespace");
		exit(2);
	}
	first = fork();
	if (first) {
		waitpid(first, &status, 0);
		exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	if (mount("proc", "/proc", "proc", 0, NULL))
		exit(2);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	first = fork();
	if (!first)
		return;
	while ((pid = wait(&status)) != first)
		if (pid < 0)
			exit(2);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

int main(int argc, char **argv)
{
	static const struct test {
		const char *name;
		void (*run)(void);
	} tests[] = {
		{ "operations", test_ops },
		{ "copy", test_copy },
		{ "fork", test_fork },
		{ "supervise", test_supervise },
		{ "core", test_core },
	};
	char link[PATH_MAX + 32], self[PATH_MAX];
	ssize_t n;
	size_t i;

	if (strstr(argv[0], "core-"))
		return pretended_core_image(argv[0]);
	if (argc < 2) {
		fprintf(stderr, "usage: %s BLOB [TEST]\n", argv[0]);
		return 2;
	}
	enter_namespace();
	/* A hang is a failure; no test takes a fraction of it. */
	alarm(60);
	signal(SIGPIPE, SIG_IGN);
	blob_load(argv[1]);
	stpcpy(folder, "/tmp/crtools-restorer-XXXXXX");
	if (!mkdtemp(folder) || chdir(folder))
		return 2;
	chmod(folder, 0755);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n] = '\0';
	snprintf(link, sizeof(link), "%s/core-23.img", folder);
	if (symlink(self, link))
		return 2;
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int before = failures;

		if (argc > 2 && strcmp(argv[2], tests[i].name))
			continue;
		current_test = tests[i].name;
		tests[i].run();
		printf("%-12s %s\n", tests[i].name,
		       failures == before ? "ok" : "FAILED");
		fflush(stdout);
	}
	snprintf(link, sizeof(link), "rm -rf '%s'", folder);
	if (system(link))
		failures++;
	return failures ? 1 : 0;
}
