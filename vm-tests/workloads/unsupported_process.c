// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that share or have what most do not, and what a checkpoint may have
 * to refuse. Argument: the kind. Each checks that it still holds.
 */
#include "unsupported.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HIGH_FD 77

static pid_t child;
static pthread_t thread;
static volatile bool ready, stop;
/* Damage: threads drop what is their own. A uid or filter cannot be dropped; it counts as lost. */
static volatile bool give_up;
static ino_t namespace;
static const char *namespace_path;

/* Another task that only waits; killed with its creator. */
static int wait_for_end(void *arg)
{
	must(prctl(PR_SET_PDEATHSIG, SIGKILL));
	*(volatile bool *)arg = true;
	for (;;)
		pause();
}

/* A process, not a thread, which shares what flags say. */
static void share(int flags)
{
	volatile bool *up = must((bool *)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
					      -1, 0));

	child = must(clone(wait_for_end, (char *)up + 65536 - 64, flags | SIGCHLD, (void *)up));
	while (!*up)
		usleep(1000);
}

static void end_child(void)
{
	must(kill(child, SIGKILL));
	must(waitpid(child, NULL, 0));
}

static long kcmp(int type)
{
	return must(syscall(SYS_kcmp, getpid(), child, type, 0, 0));
}

/* Types of kcmp(): 1 memory, 2 descriptors, 3 working directory and umask, 4 signal handlers. */
static void shared_files(void)
{
	share(CLONE_FILES);
}

static void check_shared_files(void)
{
	expect(kcmp(2) == 0, "the descriptors are no longer shared");
}

static void shared_fs(void)
{
	share(CLONE_FS);
}

static void check_shared_fs(void)
{
	expect(kcmp(3) == 0, "the working directory is no longer shared");
}

static void shared_vm(void)
{
	share(CLONE_VM);
}

static void check_shared_vm(void)
{
	expect(kcmp(1) == 0, "the memory is no longer shared");
}

static void shared_handlers(void)
{
	share(CLONE_VM | CLONE_SIGHAND);
}

static void check_shared_handlers(void)
{
	expect(kcmp(4) == 0, "the signal handlers are no longer shared");
}

static void *own_files(void *arg)
{
	must(unshare(CLONE_FILES));
	must(dup2(must(open("/dev/null", O_RDONLY)), HIGH_FD));
	ready = true;
	while (!stop)
		usleep(5000);
	if (give_up)
		close(HIGH_FD);
	expect(fcntl(HIGH_FD, F_GETFD) == 0, "the thread's own descriptor is gone");
	return arg;
}

static void *own_fs(void *arg)
{
	char now[16] = "";

	must(unshare(CLONE_FS));
	must(chdir("/proc"));
	ready = true;
	while (!stop)
		usleep(5000);
	if (give_up)
		must(chdir("/"));
	must(getcwd(now, sizeof(now)) ? 0 : -1);
	expect(!strcmp(now, "/proc"), "the thread's own working directory is %s", now);
	return arg;
}

/* The system call changes the calling thread alone. */
static void *own_creds(void *arg)
{
	must(syscall(SYS_setresuid, 1000, 1000, 1000));
	ready = true;
	while (!stop)
		usleep(5000);
	/* This uid may not write the result: the main thread does. */
	return give_up || syscall(SYS_getuid) != 1000 ? "the thread's own uid is gone" : arg;
}

static void start(void *(*body)(void *))
{
	must_zero(pthread_create(&thread, NULL, body, NULL));
	while (!ready)
		usleep(1000);
}

static void thread_files(void)
{
	start(own_files);
}

static void thread_fs(void)
{
	start(own_fs);
}

static void thread_creds(void)
{
	start(own_creds);
}

static void check_thread(void)
{
	void *reason;

	stop = true;
	must_zero(pthread_join(thread, &reason));
	expect(!reason, "%s", (char *)reason);
	expect(fcntl(HIGH_FD, F_GETFD) == -1, "the thread's own descriptor is everybody's");
	expect(syscall(SYS_getuid) == getuid(), "uid");
}

/* getpriority() gives EDOM by the filter, and nothing else changes. */
static void seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

static void check_seccomp(void)
{
	expect(!give_up && must(prctl(PR_GET_SECCOMP)) == SECCOMP_MODE_FILTER, "the filter is gone");
	expect(syscall(SYS_getpriority, 0, 0) == -1 && errno == EDOM, "the filter does nothing");
}

static ino_t inode(void)
{
	struct stat st;

	must(stat(namespace_path, &st));
	return st.st_ino;
}

static void enter(int flag, const char *path)
{
	ino_t before;

	namespace_path = path;
	before = inode();
	must(unshare(flag));
	namespace = inode();
	expect(namespace != before, "the namespace is the same");
}

static void ns_uts(void)
{
	enter(CLONE_NEWUTS, "/proc/self/ns/uts");
	must(sethostname("workload", 8));
}

static void ns_mnt(void)
{
	enter(CLONE_NEWNS, "/proc/self/ns/mnt");
}

static void ns_net(void)
{
	enter(CLONE_NEWNET, "/proc/self/ns/net");
}

static void ns_ipc(void)
{
	enter(CLONE_NEWIPC, "/proc/self/ns/ipc");
}

static void ns_cgroup(void)
{
	enter(CLONE_NEWCGROUP, "/proc/self/ns/cgroup");
}

static void check_namespace(void)
{
	expect(inode() == namespace, "another namespace");
}

const struct kind kinds[] = {
	{ "shared_files", shared_files, check_shared_files },
	{ "shared_fs", shared_fs, check_shared_fs },
	{ "shared_vm", shared_vm, check_shared_vm },
	{ "shared_handlers", shared_handlers, check_shared_handlers },
	{ "thread_files", thread_files, check_thread },
	{ "thread_fs", thread_fs, check_thread },
	{ "thread_creds", thread_creds, check_thread },
	{ "seccomp", seccomp, check_seccomp },
	{ "ns_uts", ns_uts, check_namespace },
	{ "ns_mnt", ns_mnt, check_namespace },
	{ "ns_net", ns_net, check_namespace },
	{ "ns_ipc", ns_ipc, check_namespace },
	{ "ns_cgroup", ns_cgroup, check_namespace },
	{ }
};

static void check(void)
{
	check_kind();
	if (child)
		end_child();
}

static void spoil(void)
{
	namespace++;
	give_up = true;
	if (child) {
		end_child();
		child = must(fork());
		if (!child)
			for (;;)
				pause();
	}
}

const struct workload workload = { build, NULL, check, spoil };
