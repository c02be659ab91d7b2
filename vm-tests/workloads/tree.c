// SPDX-License-Identifier: Apache-2.0
/*
 * A tree of processes: every process down to DEPTH levels below the root has
 * WIDTH children; each checks its numbers and its own memory. Every second child
 * leads a process group, which its younger sibling joins. Arguments: DEPTH WIDTH.
 */
#include "tree.h"

static int depth, width;
static int level;
static pid_t group;
static struct identity me;
static unsigned char *mine;
#define MINE 5000

static void grow(void);

static void body(void *arg)
{
	int index = (intptr_t)arg;

	level++;
	if (index % 2 == 0)
		must(setpgid(0, 0));
	else
		must(setpgid(0, group));
	grow();
	wl_child_ready();
	wl_wait();
	tree_expect_identity(&me);
	wl_expect_filled(mine, MINE, me.pid, "memory");
	wl_end_children(level < depth ? width : 0);
}

static void grow(void)
{
	me = tree_identity();
	mine = malloc(MINE);
	wl_fill(mine, MINE, me.pid);
	group = 0;
	if (level == depth)
		return;
	for (intptr_t i = 0; i < width; i++) {
		pid_t pid = wl_child(body, (void *)i);

		if (i % 2 == 0)
			group = pid;
	}
}

static void build(int argc, char **argv)
{
	depth = wl_arg(argc, argv, 1, 2);
	width = wl_arg(argc, argv, 2, 3);
	grow();
}

static void check(void)
{
	struct identity now = tree_identity();

	/* Whose child the root is, and in which session, is the caller's matter. */
	if (!wl_pids_any)
		expect(now.pid == me.pid, "pid was %d, is %d", me.pid, now.pid);
	wl_expect_filled(mine, MINE, me.pid, "memory");
	wl_end_children(width);
}

static void spoil(void)
{
	pid_t kids[1024];

	must(wl_children(kids, 1024));
	must(kill(kids[0], SIGKILL));
}

const struct workload workload = { build, NULL, check, spoil };
