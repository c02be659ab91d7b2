// SPDX-License-Identifier: Apache-2.0
/* Devices that every machine has. */
#include "files.h"

static int null_fd, zero_fd, urandom_fd, full_fd, random_fd;

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	null_fd = must(open("/dev/null", O_RDWR | O_APPEND));
	zero_fd = must(open("/dev/zero", O_RDONLY | O_CLOEXEC));
	urandom_fd = must(open("/dev/urandom", O_RDONLY | O_NONBLOCK));
	random_fd = must(open("/dev/random", O_RDONLY));
	full_fd = must(open("/dev/full", O_WRONLY));
}

static void check(void)
{
	unsigned char buf[256];
	bool varied = false;

	files_expect_flags(null_fd, O_RDWR | O_APPEND);
	files_expect_flags(zero_fd, O_RDONLY);
	files_expect_flags(urandom_fd, O_RDONLY | O_NONBLOCK);
	files_expect_flags(full_fd, O_WRONLY);
	files_expect_cloexec(zero_fd, true);
	files_expect_cloexec(null_fd, false);
	files_expect_name(null_fd, "/dev/null");
	files_expect_name(zero_fd, "/dev/zero");
	files_expect_name(urandom_fd, "/dev/urandom");
	files_expect_name(random_fd, "/dev/random");
	files_expect_name(full_fd, "/dev/full");
	expect(read(null_fd, buf, 1) == 0, "/dev/null: not at its end");
	expect(write(null_fd, buf, 200) == 200, "/dev/null: write");
	memset(buf, 1, sizeof(buf));
	wl_read_all(zero_fd, buf, sizeof(buf));
	wl_expect_zero(buf, sizeof(buf), "/dev/zero");
	wl_read_all(urandom_fd, buf, sizeof(buf));
	for (size_t i = 1; i < sizeof(buf); i++)
		varied |= buf[i] != buf[0];
	expect(varied, "/dev/urandom: all bytes are the same");
	expect(write(full_fd, "x", 1) == -1 && errno == ENOSPC, "/dev/full: %s", strerror(errno));
}

static void spoil(void)
{
	must(dup3(null_fd, zero_fd, O_CLOEXEC));
}

const struct workload workload = { build, NULL, check, spoil };
