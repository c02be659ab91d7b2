// SPDX-License-Identifier: Apache-2.0
/*
 * A process group in the foreground of a controlling terminal: on SIGTERM it must
 * still have it, be in the foreground with the terminal as it has set it, and
 * writes a line to it.
 */
#include "tree.h"

#include <sys/ioctl.h>
#include <termios.h>

/* Another way to the same terminal, which the shell's descriptors must not become. */
#define OWN_FLAGS (O_RDONLY | O_NONBLOCK)

static struct termios original;
static int own;

static void child(void *arg)
{
	(void)arg;
	wl_child_ready();
	wl_wait();
	expect(isatty(1), "child: descriptor 1 is no terminal");
	expect(tcgetsid(1) == getsid(0), "child: the terminal is of session %d, not %d", tcgetsid(1), getsid(0));
	wl_write_all(1, "workload tty: child\n", 20);
}

/* No echo, no lines, an end-of-file character of its own; output stays as it was. */
static void own_settings(struct termios *termios)
{
	termios->c_lflag &= ~(ECHO | ICANON);
	termios->c_cc[VEOF] = 0x1a;
	termios->c_cc[VMIN] = 3;
}

static void expect_terminal(const char *when)
{
	int fd;

	for (int i = 0; i < 3; i++)
		expect(isatty(i), "%s: descriptor %d is no terminal", when, i);
	fd = must(open("/dev/tty", O_RDWR | O_CLOEXEC));
	close(fd);
	expect(must(tcgetsid(0)) == getsid(0), "%s: the terminal is of session %d, not %d", when, tcgetsid(0),
	       getsid(0));
	expect(must(tcgetpgrp(0)) == getpgrp(), "%s: the terminal's foreground is %d, not %d", when, tcgetpgrp(0),
	       getpgrp());
}

static void build(int argc, char **argv)
{
	struct termios termios;

	(void)argc;
	(void)argv;
	expect_terminal("at start");
	must(tcgetattr(0, &original));
	termios = original;
	own_settings(&termios);
	must(tcsetattr(0, TCSANOW, &termios));
	own = must(open("/dev/tty", OWN_FLAGS));
	wl_child(child, NULL);
}

static void check(void)
{
	struct termios termios, wanted;

	expect_terminal("on SIGTERM");
	must(tcgetattr(0, &termios));
	wanted = termios;
	own_settings(&wanted);
	expect(!memcmp(&termios, &wanted, sizeof(wanted)), "the terminal's settings are other ones");
	must(tcsetattr(0, TCSANOW, &original));
	expect(isatty(own), "descriptor %d is no terminal", own);
	expect((must(fcntl(own, F_GETFL)) & (O_ACCMODE | O_NONBLOCK)) == OWN_FLAGS, "flags were %#x, are %#x",
	       OWN_FLAGS, fcntl(own, F_GETFL));
	expect((must(fcntl(0, F_GETFL)) & (O_ACCMODE | O_NONBLOCK)) == O_RDWR, "flags of input are %#x",
	       fcntl(0, F_GETFL));
	expect(isatty(0) && isatty(1), "no terminal");
	wl_write_all(1, "workload tty: here\n", 19);
	wl_end_children(1);
}

static void spoil(void)
{
	must(dup2(must(open("/dev/null", O_RDWR)), 0));
}

const struct workload workload = { build, NULL, check, spoil };
