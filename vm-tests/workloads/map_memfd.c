// SPDX-License-Identifier: Apache-2.0
/* memfds: sealed and not, mapped and not, one known by its mapping alone. */
#include "mem.h"

#define PAGES 8
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static int open_fd, sealed_fd, unmapped_fd;
static char *open_map, *sealed_map, *private_map, *only_mapped;

static int filled(const char *name, unsigned int flags, uint64_t seed)
{
	static char buf[PAGES * PAGE];
	int fd = must(memfd_create(name, flags));

	wl_fill(buf, sizeof(buf), seed);
	wl_write_all(fd, buf, sizeof(buf));
	return fd;
}

static void build(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	open_fd = filled("open one", MFD_CLOEXEC | MFD_ALLOW_SEALING, 1);
	open_map = mem_map(PAGES * PAGE, RW, MAP_SHARED, open_fd, 0);
	private_map = mem_map(PAGES * PAGE, RW, MAP_PRIVATE, open_fd, 0);
	wl_fill(private_map + PAGE, PAGE, 10);
	sealed_fd = filled("sealed one", MFD_ALLOW_SEALING, 2);
	must(fcntl(sealed_fd, F_ADD_SEALS, SEALS));
	sealed_map = mem_map(PAGES * PAGE, PROT_READ, MAP_SHARED, sealed_fd, 0);
	unmapped_fd = filled("", 0, 3);
	must(lseek(unmapped_fd, 100, SEEK_SET));
	fd = filled("only mapped", 0, 4);
	only_mapped = mem_map(PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	close(fd);
}

static void expect_name(int fd, const char *want)
{
	char path[64], name[256] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(readlink(path, name, sizeof(name) - 1));
	expect(!strcmp(name, want), "fd %d was %s, is %s", fd, want, name);
}

static void check(void)
{
	static char buf[PAGES * PAGE];

	wl_expect_filled(open_map, PAGES * PAGE, 1, "mapping");
	wl_expect_filled(private_map + PAGE, PAGE, 10, "private mapping's copy");
	wl_expect_filled(sealed_map, PAGES * PAGE, 2, "sealed mapping");
	wl_expect_filled(only_mapped, PAGES * PAGE, 4, "memfd without a descriptor");
	wl_fill(open_map + 2 * PAGE, PAGE, 5);
	must(pread(open_fd, buf, PAGE, 2 * PAGE));
	wl_expect_filled(buf, PAGE, 5, "page read through the descriptor");
	expect(!memcmp(private_map + 2 * PAGE, buf, PAGE), "page in the private mapping");
	expect(must(fcntl(sealed_fd, F_GET_SEALS)) == SEALS, "seals were %#x, are %#x", SEALS,
	       fcntl(sealed_fd, F_GET_SEALS));
	expect(must(fcntl(open_fd, F_GET_SEALS)) == 0, "an unsealed memfd has seals");
	expect(must(fcntl(unmapped_fd, F_GET_SEALS)) == F_SEAL_SEAL, "a memfd that cannot be sealed can be");
	expect(pwrite(sealed_fd, "x", 1, 0) == -1 && errno == EPERM, "a sealed memfd can be written");
	expect(must(fcntl(open_fd, F_GETFD)) == FD_CLOEXEC && must(fcntl(sealed_fd, F_GETFD)) == 0, "FD_CLOEXEC");
	expect(must(lseek(unmapped_fd, 0, SEEK_CUR)) == 100, "position");
	must(pread(unmapped_fd, buf, sizeof(buf), 0));
	wl_expect_filled(buf, sizeof(buf), 3, "unmapped memfd");
	expect_name(open_fd, "/memfd:open one (deleted)");
	expect_name(unmapped_fd, "/memfd: (deleted)");
}

static void spoil(void)
{
	only_mapped[PAGE] ^= 1;
}

const struct workload workload = { build, NULL, check, spoil };
