// SPDX-License-Identifier: Apache-2.0
/*
 * Signal handlers with all flags, a thread that stands in a handler on its
 * altstack, and pending blocked signals (queued real-time ones with values),
 * of the process and of single threads.
 */
#include "workload.h"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

#define NSIG_KERNEL 64
#define QUEUED 5

static struct kernel_action before[NSIG_KERNEL + 1];
static stack_t altstack;
static volatile bool in_handler;
static pid_t queued_by;
static sigset_t mask_before;

struct other {
	pthread_t thread;
	pid_t tid;
	volatile bool ready;
	stack_t stack;
};
static struct other other;
static volatile bool stop;

static void get_action(int sig, struct kernel_action *action)
{
	must(syscall(SYS_rt_sigaction, sig, NULL, action, 8));
}

/* The system call: glibc turns SI_TKILL into SI_USER. Takes a pending signal, or fails at once. */
static int take(const sigset_t *set, siginfo_t *info)
{
	struct timespec zero = { 0 };

	return syscall(SYS_rt_sigtimedwait, set, info, &zero, 8);
}

static void plain(int sig)
{
	(void)sig;
}

static void with_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
}

static bool on_altstack(const void *p)
{
	const char *base = altstack.ss_sp;

	return (const char *)p >= base && (const char *)p < base + altstack.ss_size;
}

static void stay(int sig)
{
	char here[512];
	stack_t now;

	(void)sig;
	wl_fill(here, sizeof(here), 5);
	expect(on_altstack(here), "the handler does not run on the altstack");
	in_handler = true;
	wl_ready();
	wl_wait();
	in_handler = false;
	wl_expect_filled(here, sizeof(here), 5, "altstack in use");
	must(sigaltstack(NULL, &now));
	expect(now.ss_flags & SS_ONSTACK, "the altstack is not known to be in use");
	expect(now.ss_sp == altstack.ss_sp && now.ss_size == altstack.ss_size, "altstack moved");
}

static void set(int sig, void (*handler)(int), void (*info)(int, siginfo_t *, void *), int flags,
		int masked)
{
	struct sigaction sa = { .sa_flags = flags };

	sigemptyset(&sa.sa_mask);
	if (masked)
		sigaddset(&sa.sa_mask, masked);
	if (flags & SA_SIGINFO)
		sa.sa_sigaction = info;
	else
		sa.sa_handler = handler;
	must(sigaction(sig, &sa, NULL));
}

static void *other_thread(void *arg)
{
	stack_t now;
	sigset_t set;
	siginfo_t info;

	other.stack.ss_size = 32768;
	other.stack.ss_sp = must(mmap(NULL, other.stack.ss_size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(sigaltstack(&other.stack, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN + 2);
	sigaddset(&set, SIGURG);
	must_zero(pthread_sigmask(SIG_BLOCK, &set, NULL));
	other.tid = syscall(SYS_gettid);
	other.ready = true;
	while (!stop)
		usleep(5000);
	must(sigaltstack(NULL, &now));
	expect(now.ss_sp == other.stack.ss_sp && now.ss_size == other.stack.ss_size && now.ss_flags == 0,
	       "altstack of the second thread");
	for (int i = 0; i < 2; i++) {
		sigemptyset(&set);
		sigaddset(&set, i ? SIGRTMIN + 2 : SIGUSR2);
		expect(take(&set, &info) > 0, "signal pending for the second thread is lost");
		expect(info.si_code == (i ? SI_QUEUE : SI_TKILL), "si_code %d of the thread's signal", info.si_code);
		if (i)
			expect(info.si_value.sival_int == 4711, "value of the thread's signal");
	}
	return arg;
}

static void queue_to_thread(pid_t tid, int sig, int value)
{
	siginfo_t info = { 0 };

	info.si_signo = sig;
	info.si_code = SI_QUEUE;
	info.si_pid = getpid();
	info.si_uid = getuid();
	info.si_value.sival_int = value;
	must(syscall(SYS_rt_tgsigqueueinfo, getpid(), tid, sig, &info));
}

static void build(int argc, char **argv)
{
	sigset_t set_of;

	(void)argc;
	(void)argv;
	altstack.ss_size = 65536;
	altstack.ss_sp = must(mmap(NULL, altstack.ss_size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(sigaltstack(&altstack, NULL));
	set(SIGUSR1, stay, NULL, SA_ONSTACK, SIGHUP);
	set(SIGHUP, plain, NULL, SA_RESTART, SIGINT);
	set(SIGINT, NULL, with_info, SA_SIGINFO | SA_NODEFER, 0);
	set(SIGQUIT, plain, NULL, SA_RESETHAND, SIGRTMIN + 3);
	set(SIGCHLD, plain, NULL, SA_NOCLDSTOP | SA_NOCLDWAIT, 0);
	set(SIGSEGV, NULL, with_info, SA_SIGINFO | SA_ONSTACK, SIGUSR2);
	set(SIGPIPE, SIG_IGN, NULL, 0, 0);
	set(SIGXFSZ, SIG_IGN, NULL, 0, 0);
	set(SIGRTMIN + 4, NULL, with_info, SA_SIGINFO | SA_RESTART, SIGRTMIN + 5);

	must_zero(pthread_create(&other.thread, NULL, other_thread, NULL));
	while (!other.ready)
		usleep(1000);
	/* After the first pthread_create(), which installs a handler of the libc's own. */
	for (int i = 1; i <= NSIG_KERNEL; i++)
		get_action(i, &before[i]);

	sigemptyset(&set_of);
	sigaddset(&set_of, SIGUSR2);
	sigaddset(&set_of, SIGWINCH);
	sigaddset(&set_of, SIGALRM);
	sigaddset(&set_of, SIGURG);
	sigaddset(&set_of, SIGRTMIN + 1);
	sigaddset(&set_of, SIGRTMIN + 2);
	must(sigprocmask(SIG_BLOCK, &set_of, NULL));
	queued_by = getpid();
	must_zero(pthread_kill(pthread_self(), SIGUSR2));
	/* Of the process; both threads block them. */
	must(kill(queued_by, SIGURG));
	must(sigqueue(queued_by, SIGRTMIN + 2, (union sigval){ .sival_int = 815 }));
	for (int i = 0; i < QUEUED; i++)
		queue_to_thread(queued_by, SIGRTMIN + 1, 100 + i);
	must_zero(pthread_kill(other.thread, SIGUSR2));
	queue_to_thread(other.tid, SIGRTMIN + 2, 4711);
}

static void run(void)
{
	/* The mask as it is inside the handler is part of the state. */
	must(sigprocmask(SIG_BLOCK, NULL, &mask_before));
	must(raise(SIGUSR1));
}

static void check(void)
{
	sigset_t now, set_of;
	siginfo_t info;
	stack_t stack;

	for (int i = 1; i <= NSIG_KERNEL; i++) {
		struct kernel_action action;

		get_action(i, &action);
		expect(action.handler == before[i].handler, "signal %d: handler", i);
		expect(action.flags == before[i].flags, "signal %d: flags were %#lx, are %#lx", i, before[i].flags,
		       action.flags);
		expect(action.mask == before[i].mask, "signal %d: mask was %#lx, is %#lx", i, before[i].mask,
		       action.mask);
		expect(action.restorer == before[i].restorer, "signal %d: restorer", i);
	}
	must(sigprocmask(SIG_BLOCK, NULL, &now));
	for (int i = 1; i <= NSIG_KERNEL; i++)
		expect(sigismember(&now, i) == sigismember(&mask_before, i), "signal %d: blocked is now %d", i,
		       sigismember(&now, i));
	must(sigaltstack(NULL, &stack));
	expect(stack.ss_sp == altstack.ss_sp && stack.ss_size == altstack.ss_size && !stack.ss_flags,
	       "altstack after the handler");

	sigemptyset(&set_of);
	sigaddset(&set_of, SIGUSR2);
	expect(take(&set_of, &info) == SIGUSR2, "pending SIGUSR2 is lost");
	expect(info.si_code == SI_TKILL, "SIGUSR2: si_code %d", info.si_code);
	expect(take(&set_of, &info) == -1, "SIGUSR2 is pending twice");
	sigemptyset(&set_of);
	sigaddset(&set_of, SIGURG);
	expect(take(&set_of, &info) == SIGURG, "pending SIGURG of the process is lost");
	expect(info.si_code == SI_USER && info.si_pid == queued_by && info.si_uid == getuid(),
	       "SIGURG: siginfo");
	sigemptyset(&set_of);
	sigaddset(&set_of, SIGRTMIN + 1);
	for (int i = 0; i < QUEUED; i++) {
		expect(take(&set_of, &info) == SIGRTMIN + 1, "queued signal %d is lost", i);
		expect(info.si_value.sival_int == 100 + i, "queued signal %d has value %d", i,
		       info.si_value.sival_int);
		expect(info.si_code == SI_QUEUE && info.si_pid == queued_by, "queued signal %d: siginfo", i);
	}
	expect(take(&set_of, &info) == -1, "one queued signal too many");
	sigemptyset(&set_of);
	sigaddset(&set_of, SIGRTMIN + 2);
	expect(take(&set_of, &info) == SIGRTMIN + 2 && info.si_value.sival_int == 815,
	       "queued signal of the process is lost");
	stop = true;
	must_zero(pthread_join(other.thread, NULL));
}

static void spoil(void)
{
	sigset_t set_of;

	sigemptyset(&set_of);
	sigaddset(&set_of, SIGRTMIN + 1);
	must(take(&set_of, NULL));
}

const struct workload workload = { build, run, check, spoil };
