// SPDX-License-Identifier: Apache-2.0
/* States of dumpee that an image cannot hold. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
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

/* A personality that the other threads do not have. */
static void *other_person(void *ready)
{
	if (syscall(SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */) < 0)
		die("personality");
	sem_post(ready);
	for (;;)
		pause();
	return NULL;
}

/* What one system call sets. False for another kind. */
static bool build_attribute(const char *kind)
{
	unsigned long node = 1;
	long ret = 0;

	if (!strcmp(kind, "policy")) {
		ret = syscall(SYS_set_mempolicy, 2 /* MPOL_BIND */, &node, 64);
	} else if (!strcmp(kind, "policy_of_memory")) {
		ret = syscall(SYS_mbind, anon(4), 4 * PAGE, 2, &node, 64, 0);
	} else if (!strcmp(kind, "keyring")) {
		/* KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, make it */
		ret = syscall(SYS_keyctl, 0, -2, 1);
	} else if (!strcmp(kind, "dispatch")) {
		static char selector;	/* SYSCALL_DISPATCH_FILTER_ALLOW */

		ret = prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0, &selector);
	} else if (!strcmp(kind, "tsc")) {
		ret = prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
	} else if (!strcmp(kind, "pkey")) {
		ret = syscall(SYS_pkey_alloc, 0, 0);
	} else if (!strcmp(kind, "mce")) {
		ret = prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	} else if (!strcmp(kind, "io_flusher")) {
		ret = prctl(57 /* PR_SET_IO_FLUSHER */, 1, 0, 0, 0);
	} else if (!strcmp(kind, "guard_shared")) {
		ret = madvise(map(4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
			      PAGE, 102 /* MADV_GUARD_INSTALL */);
	} else if (!strcmp(kind, "personality")) {
		pthread_t thread;
		sem_t ready;

		sem_init(&ready, 0, 0);
		if (pthread_create(&thread, NULL, other_person, &ready))
			die("pthread_create");
		sem_wait(&ready);
	} else {
		return false;
	}
	if (ret < 0)
		die(kind);
	return true;
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
	} else if (!build_attribute(kind)) {
		exit(2);
	}
}
