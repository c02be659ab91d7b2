// SPDX-License-Identifier: Apache-2.0
/* States of dumpee that an image cannot hold. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dumpee.h"

static int sharer(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

void build_refused(const char *kind)
{
	if (!strcmp(kind, "uffd")) {
		struct uffdio_api api = { .api = UFFD_API };
		struct uffdio_register reg = {
			.mode = UFFDIO_REGISTER_MODE_MISSING,
		};
		int fd = syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

		reg.range.start = (unsigned long)anon(4);
		reg.range.len = 4 * PAGE;
		if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
		    ioctl(fd, UFFDIO_REGISTER, &reg))
			die("userfaultfd");
	} else if (!strcmp(kind, "hugetlb")) {
		touch(map(512, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0),
		      0, 1);
	} else if (!strcmp(kind, "secretmem")) {
		int fd = syscall(447 /* memfd_secret */, 0);

		if (fd < 0 || ftruncate(fd, PAGE))
			die("memfd_secret");
		map(1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	} else if (!strcmp(kind, "sysv")) {
		int id = shmget(IPC_PRIVATE, PAGE, 0600);
		void *memory = shmat(id, NULL, 0);

		if (id < 0 || memory == (void *)-1)
			die("shmat");
		shmctl(id, IPC_RMID, NULL);
	} else if (!strcmp(kind, "aio")) {
		unsigned long context = 0;

		if (syscall(SYS_io_setup, 8, &context))
			die("io_setup");
	} else if (!strcmp(kind, "io_uring")) {
		char params[120] = { 0 };
		int fd = syscall(425 /* io_uring_setup */, 4, params);

		if (fd < 0)
			die("io_uring_setup");
		map(1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	} else if (!strcmp(kind, "seccomp")) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			die("no_new_privs");
		struct { unsigned short len; void *filter; } program;
		struct { unsigned short code; unsigned char t, f; unsigned k; }
			allow = { 0x06, 0, 0, 0x7fff0000 };

		program.len = 1;
		program.filter = &allow;
		if (prctl(PR_SET_SECCOMP, 2, &program))
			die("seccomp");
	} else if (!strcmp(kind, "ldt")) {
		unsigned int entry[4] = { 0, 0, 1, 1 };

		if (syscall(SYS_modify_ldt, 1, entry, 16))
			die("modify_ldt");
	} else if (!strcmp(kind, "vm")) {
		if (clone(sharer, (char *)anon(16) + 16 * PAGE,
			  CLONE_VM | SIGCHLD, NULL) < 0)
			die("clone");
	} else {
		exit(2);
	}
}
