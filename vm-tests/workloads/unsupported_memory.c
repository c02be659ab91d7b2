// SPDX-License-Identifier: Apache-2.0
/* Memory of a kind that a checkpoint may have to refuse. Argument: the kind. */
#include "unsupported.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>

/* Newer than the C library's headers. */
#define SYS_MSEAL 462
#define GUARD_INSTALL 102

#define PAGE 4096

static int fd = -1;
static char *map;

static void open_page(void)
{
	map = must((char *)mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	strcpy(map, "page");
	fd = must(open("/dev/null", O_RDWR));
}

static void check_page(void)
{
	expect(!strcmp(map, "page"), "contents");
	must(fcntl(fd, F_GETFD));
}

static void open_mseal(void)
{
	open_page();
	must(syscall(SYS_MSEAL, map, 3 * PAGE, 0));
}

static void check_mseal(void)
{
	check_page();
	expect(munmap(map, 3 * PAGE) == -1 && errno == EPERM, "it is not sealed");
}

static void open_guard(void)
{
	open_page();
	must(madvise(map + PAGE, PAGE, GUARD_INSTALL));
}

static void check_guard(void)
{
	check_page();
	/* The kernel cannot read from there either. */
	expect(write(fd, map, 1) == 1 && syscall(SYS_rt_sigpending, map + PAGE, 8) == -1 && errno == EFAULT,
	       "no guard");
}

static void open_pkey(void)
{
	open_page();
	must(pkey_mprotect(map, PAGE, PROT_READ | PROT_WRITE, must(pkey_alloc(0, 0))));
}

/* None is needed as long as nothing is touched. */
static void open_hugetlb(void)
{
	must((char *)mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0));
	fd = must(open("/dev/null", O_RDWR));
}

static void open_mempolicy(void)
{
	open_page();
	must(syscall(SYS_set_mempolicy, MPOL_PREFERRED, &(unsigned long){ 1 }, 64));
}

static void check_mempolicy(void)
{
	int mode;

	check_page();
	must(syscall(SYS_get_mempolicy, &mode, NULL, 0, NULL, 0));
	expect(mode == MPOL_PREFERRED, "the policy is %d", mode);
}

static void check_fd(void)
{
	must(fcntl(fd, F_GETFD));
}

const struct kind kinds[] = {
	{ "mseal", open_mseal, check_mseal },
	{ "guard", open_guard, check_guard },
	{ "pkey", open_pkey, check_page },
	{ "hugetlb", open_hugetlb, check_fd },
	{ "mempolicy", open_mempolicy, check_mempolicy },
	{ }
};

static void spoil(void)
{
	must(close(fd));
}

const struct workload workload = { build, NULL, check_kind, spoil };
