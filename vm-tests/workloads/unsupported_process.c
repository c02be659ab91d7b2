// SPDX-License-Identifier: Apache-2.0
/*
 * Processes that share or have what most do not, and what a checkpoint may have
 * to refuse. Argument: the kind. Each checks that it still holds.
 */
#include "unsupported.h"

#include <asm/ldt.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define HIGH_FD 77

static pid_t child;
static pthread_t thread;
static volatile bool ready, stop;
/* Damage: threads drop what is their own. A uid or filter cannot be dropped; it counts as lost. */
static volatile bool give_up;

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
	must(waitpid(child, NULL, __WALL));
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

/* setns() and unshare() are of the calling thread alone. */
static void *own_ns(void *arg)
{
	char name[64] = "";

	must(unshare(CLONE_NEWUTS));
	must(sethostname("thread", 6));
	ready = true;
	while (!stop)
		usleep(5000);
	must(gethostname(name, sizeof(name)));
	return give_up || strcmp(name, "thread") ? "the thread's own namespace is gone" : arg;
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

static void thread_ns(void)
{
	start(own_ns);
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

/* Field 38 of /proc/PID/stat (proc(5)); the name has no blanks. */
static int exit_signal(void)
{
	char path[64], word[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", child);
	f = fopen(path, "re");
	expect(f, "%s: %s", path, strerror(errno));
	for (int i = 0; i < 38; i++)
		expect(fscanf(f, "%63s", word) == 1, "%s is short", path);
	fclose(f);
	return atoi(word);
}

/* A child whose end is told by another signal than SIGCHLD. */
static void other_signal(void)
{
	bool *up = must((bool *)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

	must(signal(SIGUSR2, SIG_IGN) == SIG_ERR ? -1 : 0);
	child = must(clone(wait_for_end, (char *)up + 65536 - 64, SIGUSR2, (void *)up));
	while (!*(volatile bool *)up)
		usleep(1000);
}

static void check_other_signal(void)
{
	expect(exit_signal() == SIGUSR2, "the exit signal is %d", exit_signal());
}

static void make_child(void (*body)(bool *up))
{
	bool *up = must((bool *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

	child = must(fork());
	if (!child) {
		must(prctl(PR_SET_PDEATHSIG, SIGKILL));
		body(up);
		for (;;)
			pause();
	}
	while (!*(volatile bool *)up)
		usleep(1000);
}

static void be_traced(bool *up)
{
	must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
	*up = true;
}

static void traced(void)
{
	make_child(be_traced);
}

static long status_of_child(const char *field)
{
	char path[64], line[256];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", child);
	f = fopen(path, "re");
	expect(f, "%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			value = atol(line + strlen(field));
	fclose(f);
	return value;
}

static void check_traced(void)
{
	expect(status_of_child("TracerPid:") == getpid(), "nobody traces it");
}

static void *outlive(void *arg)
{
	/* The main thread is a zombie as soon as it can be. */
	usleep(50000);
	*(volatile bool *)arg = true;
	for (;;)
		pause();
	return arg;
}

static void end_main(bool *up)
{
	pthread_t other;

	must_zero(pthread_create(&other, NULL, outlive, up));
	syscall(SYS_exit, 0);
}

static void main_ended(void)
{
	make_child(end_main);
}

static void check_main_ended(void)
{
	expect(status_of_child("Threads:") == 2, "%ld threads", status_of_child("Threads:"));
}

static void ldt(void)
{
	struct user_desc entry = {
		.entry_number = 1, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1,
	};

	must(syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)));
}

static void check_ldt(void)
{
	char entries[64];

	expect(!give_up && must(syscall(SYS_modify_ldt, 0, entries, sizeof(entries))) > 0, "no segment");
}

/* The port of power-on self tests: a byte written there does nothing. */
static void ports(void)
{
	must(ioperm(0x80, 1, 1));
}

static void check_ports(void)
{
	expect(!give_up, "the port is gone");
	outb(0, 0x80);
}

static char *folder;

static void deleted_cwd(void)
{
	folder = wl_path("folder");
	must(mkdir(folder, 0700));
	must(chdir(folder));
	must(rmdir(folder));
}

static void check_deleted_cwd(void)
{
	char path[256];

	expect(!give_up && !getcwd(path, sizeof(path)) && errno == ENOENT, "the working directory is another one");
}

/* The hierarchy is mounted for a moment only. */
static void with_cgroups(void (*what)(const char *mounted))
{
	char *mounted = wl_path("cgroups");

	mkdir(mounted, 0700);
	must(mount("none", mounted, "cgroup2", 0, NULL));
	what(mounted);
	must(umount(mounted));
}

static char *cgroup_of(const char *mounted)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/crtools-workload-%d", mounted, getpid());
	return path;
}

static void put_child_into_cgroup(const char *mounted)
{
	char procs[4200];
	int fd;

	must(mkdir(cgroup_of(mounted), 0700));
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", cgroup_of(mounted));
	fd = must(open(procs, O_WRONLY));
	must(dprintf(fd, "%d", child));
	close(fd);
}

static void remove_cgroup(const char *mounted)
{
	must(rmdir(cgroup_of(mounted)));
}

static void be_there(bool *up)
{
	*up = true;
}

static void cgroup(void)
{
	make_child(be_there);
	with_cgroups(put_child_into_cgroup);
}

/* An empty one can be removed: the child must be in it, and nobody else. */
static void check_cgroup(void)
{
	end_child();
	child = 0;
	with_cgroups(remove_cgroup);
	expect(!give_up, "lost");
}

const struct kind kinds[] = {
	{ "shared_files", shared_files, check_shared_files },
	{ "shared_fs", shared_fs, check_shared_fs },
	{ "shared_vm", shared_vm, check_shared_vm },
	{ "shared_handlers", shared_handlers, check_shared_handlers },
	{ "thread_files", thread_files, check_thread },
	{ "thread_fs", thread_fs, check_thread },
	{ "thread_creds", thread_creds, check_thread },
	{ "thread_ns", thread_ns, check_thread },
	{ "exit_signal", other_signal, check_other_signal },
	{ "traced", traced, check_traced },
	{ "main_ended", main_ended, check_main_ended },
	{ "ldt", ldt, check_ldt },
	{ "ioperm", ports, check_ports },
	{ "deleted_cwd", deleted_cwd, check_deleted_cwd },
	{ "cgroup", cgroup, check_cgroup },
	{ "seccomp", seccomp, check_seccomp },
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
