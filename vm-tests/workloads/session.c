// SPDX-License-Identifier: Apache-2.0
/*
 * Sessions: a child that leads one, with a group of its own inside; a child that
 * stayed in the old session while its parent left; and an orphan whose parent
 * ended, which came to the root as child subreaper.
 */
#include "tree.h"

#include <sys/prctl.h>

static struct identity me;

static void wait_and_check(int children)
{
	me = tree_identity();
	wl_child_ready();
	wl_wait();
	tree_expect_identity(&me);
	wl_end_children(children);
}

static void in_own_group(void *arg)
{
	(void)arg;
	must(setpgid(0, 0));
	wait_and_check(0);
}

static void plain(void *arg)
{
	(void)arg;
	wait_and_check(0);
}

static void leader(void *arg)
{
	(void)arg;
	must(setsid());
	wl_child(in_own_group, NULL);
	wl_child(plain, NULL);
	wait_and_check(2);
}

static void stayer(void *arg)
{
	(void)arg;
	me = tree_identity();
	/* The parent leaves for a session and a group of its own in a moment. */
	me.parent_sid = me.parent_pgid = -1;
	wl_child_ready();
	wl_wait();
	tree_expect_identity(&me);
}

/* Its child stays in the session that it leaves. */
static void leaver(void *arg)
{
	(void)arg;
	wl_child(stayer, NULL);
	must(setsid());
	wait_and_check(1);
}

/* A daemon's start: the middle process ends, the orphan is neither leader nor in the root's session. */
static void orphan(void *arg)
{
	(void)arg;
	while (getppid() != *(pid_t *)arg)
		usleep(1000);
	wait_and_check(0);
}

static pid_t root;

static void build(int argc, char **argv)
{
	int status, sync[2];
	pid_t pid;

	(void)argc;
	(void)argv;
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	root = getpid();
	wl_child(leader, NULL);
	wl_child(leaver, NULL);
	/* The middle process cannot wait for its orphan's word: the root does. */
	must(pipe2(sync, O_CLOEXEC));
	pid = must(fork());
	if (!pid) {
		must(setsid());
		pid = must(fork());
		if (pid)
			_exit(0);
		close(sync[0]);
		wl_adopt(sync[1]);
		orphan(&root);
		_exit(0);
	}
	must(waitpid(pid, &status, 0));
	close(sync[1]);
	wl_await_child(sync[0]);
}

static void check(void)
{
	int on;

	must(prctl(PR_GET_CHILD_SUBREAPER, &on));
	expect(on, "the root is no child subreaper any more");
	wl_end_children(3);
}

static void spoil(void)
{
	pid_t kids[8];

	must(wl_children(kids, 8));
	must(kill(kids[2], SIGKILL));
}

const struct workload workload = { build, NULL, check, spoil };
