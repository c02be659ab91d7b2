// SPDX-License-Identifier: Apache-2.0
/* States of dumpee that are about memory. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dumpee.h"

static int new_file(const char *path, size_t pages)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char data[PAGE];

	if (fd < 0)
		die(path);
	for (size_t i = 0; i < pages; i++) {
		memset(data, 'a' + i % 26, PAGE);
		if (write(fd, data, PAGE) != (ssize_t)PAGE)
			die("write");
	}
	return fd;
}

/* Every other page, so that there are gaps. */
void build_anon(void)
{
	char *memory = anon(64);
	volatile char sink;

	for (int i = 0; i < 64; i += 4)
		touch(memory, i, 1);
	for (int i = 1; i < 64; i += 4)
		sink = memory[i * PAGE];	/* the zero page */
	(void)sink;
	tell("anon", (unsigned long)memory);

	/* Pages that hold nothing but zeros, huge and small ones. */
	memory = anon(2048);
	madvise(memory, 1024 * PAGE, MADV_HUGEPAGE);
	madvise(memory + 1024 * PAGE, 1024 * PAGE, MADV_NOHUGEPAGE);
	memset(memory, 0, 2048 * PAGE);
	memory[700 * PAGE + 4095] = 1;
	memory[1500 * PAGE + 4095] = 1;
	tell("zeros", (unsigned long)memory);

	memory = anon(10);
	touch(memory, 2, 3);
	mprotect(memory, 10 * PAGE, PROT_NONE);
	tell("none", (unsigned long)memory);

	memory = map(16384, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	touch(memory, 5000, 1);
	tell("sparse", (unsigned long)memory);

	memory = anon(4096);
	madvise(memory, 4096 * PAGE, MADV_HUGEPAGE);
	touch(memory, 0, 4096);
	tell("huge", (unsigned long)memory);

	memory = map(8, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0);
	touch(memory, 7, 1);
	tell("growsdown", (unsigned long)memory);

	memory = anon(4);
	madvise(memory, PAGE, MADV_DONTFORK);
	madvise(memory + PAGE, PAGE, MADV_DONTDUMP);
	madvise(memory + 2 * PAGE, PAGE, MADV_WIPEONFORK);
	touch(memory, 0, 4);
	tell("advised", (unsigned long)memory);
	prctl(PR_SET_VMA, 0 /* ANON_NAME */, memory + 3 * PAGE, PAGE,
	      "a name of ours");

	memory = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE,
		     open("/dev/zero", O_RDWR), 0);
	touch(memory, 1, 1);
	tell("devzero", (unsigned long)memory);

	memory = anon(4);
	touch(memory, 0, 4);
	if (mlock(memory, 4 * PAGE))
		die("mlock");
	tell("locked", (unsigned long)memory);
}

void build_files(void)
{
	int fd = new_file("plain.data", 16);
	char *memory;

	memory = map(16, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memory[3 * PAGE] = 'X';
	memory[9 * PAGE] = 'X';
	tell("private", (unsigned long)memory);
	memory = map(16, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memory[5 * PAGE] = 'Y';
	tell("shared", (unsigned long)memory);
	memory = map(8, PROT_READ, MAP_SHARED, open("plain.data", O_RDONLY),
		     4 * PAGE);
	tell("readonly", (unsigned long)memory);

	fd = new_file("gone.data", 10);
	unlink("gone.data");
	memory = map(12, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
	memory[2 * PAGE] = 'Z';
	tell("gone_private", (unsigned long)memory);
	memory = map(12, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	tell("gone_shared", (unsigned long)memory);

	memory = map(32, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	touch(memory, 4, 2);
	touch(memory, 20, 1);
	tell("shmem", (unsigned long)memory);

	fd = memfd_create("of ours", 0);
	if (fd < 0 || ftruncate(fd, 20 * PAGE))
		die("memfd");
	memory = map(20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	touch(memory, 7, 2);
	tell("memfd", (unsigned long)memory);
	memory = map(20, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	memory[0] = 'Q';
	tell("memfd_private", (unsigned long)memory);

	/* The kernel cannot read all of these itself. */
	fd = open("plain.data", O_RDONLY | O_DIRECT);
	if (fd >= 0)
		map(16, PROT_READ, MAP_PRIVATE, fd, 0);

	/* Another name for the first one: no hole, no byte of it counts twice. */
	fd = new_file("odd \n name\xff", 2);
	memory = map(2, PROT_READ, MAP_PRIVATE, fd, 0);
	tell("odd", (unsigned long)memory);
}

/*
 * Zeros over a file's bytes for which the process has no memory of its own: a
 * page that KSM may take, and one from userfaultfd. "zero" shows which page
 * the kernel uses.
 */
void build_zero_pages(const char *on_tmpfs)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage zero = { 0 };
	char *memory = anon(1);
	volatile char sink = *memory;
	int fd;

	(void)sink;
	tell("zero", (unsigned long)memory);

	memory = map(16, PROT_READ | PROT_WRITE, MAP_PRIVATE, new_file("ksm.data", 16), 0);
	memset(memory + 5 * PAGE, 0, PAGE);
	if (madvise(memory, 16 * PAGE, MADV_MERGEABLE))
		die("madvise");
	tell("ksm", (unsigned long)memory);

	memory = map(16, PROT_READ | PROT_WRITE, MAP_PRIVATE, new_file(on_tmpfs, 16), 0);
	fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	reg.range.start = (unsigned long)memory;
	reg.range.len = 16 * PAGE;
	zero.range.start = reg.range.start + 7 * PAGE;
	zero.range.len = PAGE;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &reg) ||
	    ioctl(fd, UFFDIO_ZEROPAGE, &zero) ||
	    ioctl(fd, UFFDIO_UNREGISTER, &reg.range))
		die("userfaultfd");
	close(fd);
	tell("uffd", (unsigned long)memory);
}
