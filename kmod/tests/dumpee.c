// SPDX-License-Identifier: Apache-2.0
/*
 * Processes to be dumped. usage: dumpee STATE
 *
 * Builds one state, writes lines "NAME VALUE" that describe it, "ready", and
 * waits for ever (with "wake", until its standard input ends).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "dumpee.h"

void die(const char *what)
{
	perror(what);
	exit(77);
}

void tell(const char *name, unsigned long value)
{
	printf("%s %lu\n", name, value);
}

static void ready(void)
{
	puts("ready");
	fflush(stdout);
}

void *map(size_t pages, int prot, int flags, int fd, off_t offset)
{
	void *ret = mmap(NULL, pages * PAGE, prot, flags, fd, offset);

	if (ret == MAP_FAILED)
		die("mmap");
	return ret;
}

void *anon(size_t pages)
{
	return map(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		   -1, 0);
}

void touch(void *memory, size_t page, size_t count)
{
	for (size_t i = 0; i < count; i++)
		memset((char *)memory + (page + i) * PAGE, 'A' + (page + i) % 26,
		       PAGE);
}

/* Threads that have their names. */
static _Atomic int named;

static void take_name(const char *name)
{
	prctl(PR_SET_NAME, name);
	named++;
}

static void await_named(int nr)
{
	while (named < nr)
		usleep(1000);
	named = 0;
}

static void *sleeper(void *marker)
{
	volatile unsigned long local = (unsigned long)marker;
	char name[16];

	snprintf(name, sizeof(name), "sleeper %lu", local);
	take_name(name);
	for (;;)
		pause();
	return NULL;
}

static void build_threads(int nr)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (long i = 1; i <= nr; i++)
		if (pthread_create(&thread, &attr, sleeper, (void *)i))
			die("pthread_create");
	await_named(nr);
}

static sem_t may_end;

/* Has gone to sleep so often that nobody else has. */
static void *often_asleep(void *arg)
{
	struct timespec moment = { .tv_nsec = 1000000 };

	for (int i = 0; i < 300; i++)
		nanosleep(&moment, NULL);
	take_name("often asleep");
	while (sem_wait(&may_end))
		;
	return arg;
}

static void wake_up(int signo)
{
	(void)signo;
}

/*
 * Two threads. After SIGUSR1 the second one ends and another takes its place;
 * this one then spins, so that a debugger can let it take single steps.
 */
static void build_exchange(void)
{
	pthread_t thread;

	sem_init(&may_end, 0, 0);
	signal(SIGUSR1, wake_up);
	if (pthread_create(&thread, NULL, often_asleep, NULL))
		die("pthread_create");
	await_named(1);
	ready();
	pause();
	sem_post(&may_end);
	pthread_join(thread, NULL);
	build_threads(1);
	ready();
	for (;;)
		__asm__ volatile("pause");
}

/* Interrupted calls that restart_syscall() continues. */
static void *sleep_mono(void *arg)
{
	struct timespec ts = { .tv_sec = 1000 }, left;

	take_name("mono");
	clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &left);
	return arg;
}

static void *sleep_boot(void *arg)
{
	struct timespec ts = { .tv_sec = 2000 }, left;

	take_name("boot");
	clock_nanosleep(CLOCK_BOOTTIME, 0, &ts, &left);
	return arg;
}

static void *sleep_cpu(void *arg)
{
	struct timespec ts = { .tv_sec = 3000 };

	take_name("cpu");
	syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &ts, NULL);
	return arg;
}

static void *sleep_poll(void *arg)
{
	take_name("poll");
	poll(arg, 1, 4000000);
	return arg;
}

static int futex_word = 99;

static void *sleep_futex(void *arg)
{
	struct timespec ts = { .tv_sec = 5000 };

	take_name("futex");
	syscall(SYS_futex, &futex_word, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 99,
		&ts, NULL, 0);
	return arg;
}

/* All other threads are in the calls they were made for. */
static void await_asleep(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *task;

	while ((task = readdir(tasks))) {
		char path[64], text[512], *state;
		int fd, tid = atoi(task->d_name);

		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		while (tid && tid != getpid()) {
			fd = open(path, O_RDONLY);
			text[read(fd, text, sizeof(text) - 1)] = '\0';
			close(fd);
			state = strrchr(text, ')');
			if (state && state[2] == 'S')
				break;
			usleep(1000);
		}
	}
	closedir(tasks);
}

static void build_sleeps(void)
{
	static void *(*const kinds[])(void *) = {
		sleep_mono, sleep_boot, sleep_cpu, sleep_poll, sleep_futex,
	};
	static struct pollfd fds = { .events = POLLIN };
	pthread_t thread;
	int pipes[2];

	if (pipe(pipes))
		die("pipe");
	fds.fd = pipes[0];
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (pthread_create(&thread, NULL, kinds[i], &fds))
			die("pthread_create");
	await_named(sizeof(kinds) / sizeof(*kinds));
	await_asleep();
	tell("pollfds", (unsigned long)&fds);
	tell("futex", (unsigned long)&futex_word);
}

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)info, (void)context;
}

static timer_t new_timer(clockid_t clock, int notify, int signo, long value,
			 long first, long interval)
{
	struct sigevent event = { .sigev_notify = notify, .sigev_signo = signo };
	struct itimerspec spec = {
		.it_value.tv_sec = first, .it_interval.tv_sec = interval,
	};
	timer_t timer;

	event.sigev_value.sival_int = value;
	if (notify == SIGEV_THREAD_ID)
		event._sigev_un._tid = gettid();
	if (timer_create(clock, &event, &timer) ||
	    timer_settime(timer, 0, &spec, NULL))
		die("timer");
	return timer;
}

static void build_signals(void)
{
	struct sigaction action = {
		.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART,
	};
	stack_t stack = { .ss_sp = anon(16), .ss_size = 16 * PAGE };
	struct itimerval real = {
		.it_value.tv_sec = 500, .it_interval.tv_sec = 7,
	};
	struct itimerval prof = { .it_value.tv_sec = 900 };
	sigset_t blocked;

	sigaddset(&action.sa_mask, SIGHUP);
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigaltstack(&stack, NULL);
	tell("altstack", (unsigned long)stack.ss_sp);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	for (int i = 0; i < 3; i++)
		sigqueue(getpid(), SIGRTMIN + 1, (union sigval){ .sival_int = 70 + i });
	kill(getpid(), SIGUSR2);
	syscall(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	setitimer(ITIMER_REAL, &real, NULL);
	setitimer(ITIMER_PROF, &prof, NULL);
	new_timer(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 2, 11, 600, 0);
	new_timer(CLOCK_REALTIME, SIGEV_THREAD_ID, SIGRTMIN + 3, 12, 700, 5);
	new_timer(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1, 13, 800, 0);
	new_timer(CLOCK_MONOTONIC, SIGEV_NONE, 0, 14, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_TIMERSLACK, 123456);
	prctl(PR_SET_NAME, "the \xff name");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	personality(ADDR_COMPAT_LAYOUT);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0);
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0);
	mlockall(MCL_FUTURE);
}

/* Spins inside a restartable sequence of its own, for ever. */
static void build_rseq(void)
{
	extern const unsigned int __rseq_size;
	extern const ptrdiff_t __rseq_offset;
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;

	if (!__rseq_size)
		die("rseq");
	ready();
	__asm__ volatile(".pushsection .data, \"aw\"\n\t"
			 ".balign 32\n\t"
			 "8: .long 0, 0\n\t"
			 ".quad 1f, 2f - 1f, 4f\n\t"
			 ".popsection\n\t"
			 "0: leaq 8b(%%rip), %%rax\n\t"
			 "movq %%rax, 8(%0)\n\t"
			 "1: pause\n\t"
			 "jmp 1b\n\t"
			 "2:\n\t"
			 ".byte 0x0f, 0xb9, 0x3d\n\t"
			 ".long 0x53053053\n\t"
			 ".globl rseq_aborted\n\t"
			 "rseq_aborted:\n\t"
			 "4: jmp 0b\n\t"
			 : : "r"(area) : "rax", "memory");
}

/* Registers with known content: two patterns, a segment; spinning in user mode. */
static void build_spin(void)
{
	static uint8_t pattern[32] __attribute__((aligned(32)));

	for (int i = 0; i < 32; i++)
		pattern[i] = 0x10 + i;
	ready();
	__asm__ volatile("movdqa (%0), %%xmm7\n\t"
			 "movabs $0x1122334455667788, %%r12\n\t"
			 "movabs $0x99aabbccddeeff00, %%r13\n\t"
			 "mov $0x2b, %%eax\n\t"
			 "mov %%eax, %%gs\n\t"
			 "1: pause\n\t"
			 "jmp 1b\n\t"
			 : : "r"(pattern) : "rax", "xmm7", "r12", "r13");
}

int main(int argc, char **argv)
{
	const char *state = argc > 1 ? argv[1] : "";

	if (!strcmp(state, "anon"))
		build_anon();
	else if (!strcmp(state, "files"))
		build_files();
	else if (!strcmp(state, "zero_pages"))
		build_zero_pages(argv[2]);
	else if (!strcmp(state, "map"))
		map(1, PROT_READ, MAP_PRIVATE, open(argv[2], O_RDONLY), 0);
	else if (!strcmp(state, "threads"))
		build_threads(atoi(argv[2]));
	else if (!strcmp(state, "exchange"))
		build_exchange();
	else if (!strcmp(state, "sleeps"))
		build_sleeps();
	else if (!strcmp(state, "signals"))
		build_signals();
	else if (!strcmp(state, "spin"))
		build_spin();
	else if (!strcmp(state, "rseq"))
		build_rseq();
	else if (!strcmp(state, "big"))
		touch(anon(atoi(argv[2]) * 256ul), 0, atoi(argv[2]) * 256ul);
	else if (!strcmp(state, "refused"))
		build_refused(argv[2]);
	else if (*state)
		return 2;
	ready();
	for (;;)
		pause();
}
