// SPDX-License-Identifier: Apache-2.0
/*
 * A process group in the foreground of a controlling terminal: on SIGTERM it must
 * still have it, be in the foreground, and writes a line to it. The settings of
 * the terminal belong to the terminal; only what every terminal has is checked.
 */
#include "tree.h"

#include <sys/ioctl.h>
#include <termios.h>

static void child(void *arg)
{
	(void)arg;
	wl_child_ready();
	wl_wait();
	expect(isatty(1), "child: descriptor 1 is no terminal");
	expect(tcgetsid(1) == getsid(0), "child: the terminal is of session %d, not %d", tcgetsid(1), getsid(0));
	wl_write_all(1, "workload tty: child\n", 20);
}

static void expect_terminal(const char *when)
{
	struct termios termios;
	int fd;

	for (int i = 0; i < 3; i++)
		expect(isatty(i), "%s: descriptor %d is no terminal", when, i);
	fd = must(open("/dev/tty", O_RDWR | O_CLOEXEC));
	must(tcgetattr(fd, &termios));
	close(fd);
	expect(must(tcgetsid(0)) == getsid(0), "%s: the terminal is of session %d, not %d", when, tcgetsid(0),
	       getsid(0));
	expect(must(tcgetpgrp(0)) == getpgrp(), "%s: the terminal's foreground is %d, not %d", when, tcgetpgrp(0),
	       getpgrp());
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	expect_terminal("at start");
	wl_child(child, NULL);
}

static void check(void)
{
	expect_terminal("on SIGTERM");
	expect(isatty(0) && isatty(1), "no terminal");
	wl_write_all(1, "workload tty: here\n", 19);
	wl_end_children(1);
}

static void spoil(void)
{
	must(dup2(must(open("/dev/null", O_RDWR)), 0));
}

const struct workload workload = { build, NULL, check, spoil };
