// SPDX-License-Identifier: Apache-2.0
/*
 * N threads: a third count, the others are blocked in a condition variable, in
 * pthread_mutex_lock() (a futex wait) or in a system call that returns at once.
 * Each has TLS, a stack pattern, a tid and a robust list of its own; one holds a
 * robust mutex.
 */
#include "workload.h"

#include <pthread.h>

#define MAX_THREADS 4096
#define STACK_WORDS 256

enum kind { COUNTING, ON_CONDITION, ON_MUTEX, IN_SYSCALLS, KINDS };

struct worker {
	pthread_t thread;
	pid_t tid;
	int index;
	struct wl_counter counter;
};

static struct worker workers[MAX_THREADS];
static int count;
static volatile int ready_count;
static volatile bool stop;
static __thread uint64_t tls_word = 0x1234;
static __thread unsigned char tls_block[200];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static int through_gate;
static pthread_mutex_t robust;
static pthread_t robust_holder;
static pid_t robust_owner, robust_owner_now;
static volatile int robust_held;

/* What the kernel has of the calling thread, set_robust_list(2). */
struct robust_list {
	void *head;
	size_t size;
};

static struct robust_list robust_list(void)
{
	struct robust_list list;

	must(syscall(SYS_get_robust_list, 0, &list.head, &list.size));
	return list;
}

static void expect_robust_list(struct robust_list was, const char *who)
{
	struct robust_list is = robust_list();

	expect(is.head == was.head && is.size == was.size, "robust list of %s: was %p (%zu), is %p (%zu)", who,
	       was.head, was.size, is.head, is.size);
}

static void wait_as(struct worker *w)
{
	switch ((enum kind)(w->index % KINDS)) {
	case COUNTING:
		__atomic_add_fetch(&ready_count, 1, __ATOMIC_SEQ_CST);
		/* Hundreds of spinning threads would only slow the others down. */
		do {
			for (int i = 0; i < 1000; i++)
				wl_counter_step(&w->counter);
			if (count > 32)
				usleep(200000);
		} while (!stop);
		break;
	case ON_CONDITION:
		pthread_mutex_lock(&mutex);
		__atomic_add_fetch(&ready_count, 1, __ATOMIC_SEQ_CST);
		while (!stop)
			pthread_cond_wait(&condition, &mutex);
		pthread_mutex_unlock(&mutex);
		break;
	case ON_MUTEX:
		__atomic_add_fetch(&ready_count, 1, __ATOMIC_SEQ_CST);
		pthread_mutex_lock(&gate);
		through_gate++;
		pthread_mutex_unlock(&gate);
		break;
	case IN_SYSCALLS:
	case KINDS:
		__atomic_add_fetch(&ready_count, 1, __ATOMIC_SEQ_CST);
		do {
			expect(syscall(SYS_getuid) == getuid(), "getuid() changed");
			wl_counter_step(&w->counter);
			if (count > 32)
				usleep(200000);
		} while (!stop);
		break;
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;
	volatile uint64_t stack[STACK_WORDS];
	struct robust_list list = robust_list();

	w->tid = syscall(SYS_gettid);
	tls_word = 0x1000000 + w->index;
	memset(tls_block, w->index, sizeof(tls_block));
	for (int i = 0; i < STACK_WORDS; i++)
		stack[i] = (uint64_t)w->index << 32 | i;
	wl_counter_start(&w->counter, w->index + 1);

	wait_as(w);

	expect(tls_word == 0x1000000ull + w->index, "thread %d: TLS word is %#llx", w->index,
	       (unsigned long long)tls_word);
	for (size_t i = 0; i < sizeof(tls_block); i++)
		expect(tls_block[i] == (unsigned char)w->index, "thread %d: TLS block", w->index);
	for (int i = 0; i < STACK_WORDS; i++)
		expect(stack[i] == ((uint64_t)w->index << 32 | i), "thread %d: stack word %d", w->index, i);
	expect(pthread_equal(pthread_self(), w->thread), "thread %d: pthread_self()", w->index);
	expect_robust_list(list, "a thread");
	if (!wl_pids_any)
		expect(syscall(SYS_gettid) == w->tid, "thread %d: tid was %d, is %d", w->index, w->tid,
		       (int)syscall(SYS_gettid));
	if (w->index % KINDS == COUNTING || w->index % KINDS == IN_SYSCALLS)
		wl_counter_check(&w->counter, "thread's counter");
	return arg;
}

/* Ends without unlocking: the kernel must walk the robust list, and tell the next owner. */
static void *hold_robust(void *arg)
{
	struct robust_list list;

	pthread_mutex_lock(&robust);
	list = robust_list();
	expect(list.head, "a held robust mutex and no robust list");
	robust_owner = syscall(SYS_gettid);
	robust_held = 1;
	while (!stop)
		usleep(10000);
	robust_owner_now = syscall(SYS_gettid);
	expect_robust_list(list, "the mutex's owner");
	return arg;
}

static void build(int argc, char **argv)
{
	pthread_mutexattr_t robust_attr;
	pthread_attr_t attr;

	count = wl_arg(argc, argv, 1, 8);
	expect(count <= MAX_THREADS, "at most %d threads", MAX_THREADS);
	pthread_mutexattr_init(&robust_attr);
	must_zero(pthread_mutexattr_setrobust(&robust_attr, PTHREAD_MUTEX_ROBUST));
	/* musl tells the kernel of no others. */
	must_zero(pthread_mutexattr_setpshared(&robust_attr, PTHREAD_PROCESS_SHARED));
	must_zero(pthread_mutex_init(&robust, &robust_attr));
	pthread_attr_init(&attr);
	must_zero(pthread_attr_setstacksize(&attr, 128 * 1024));
	must_zero(pthread_create(&robust_holder, &attr, hold_robust, NULL));
	pthread_mutex_lock(&gate);
	for (int i = 0; i < count; i++) {
		workers[i].index = i;
		must_zero(pthread_create(&workers[i].thread, &attr, work, &workers[i]));
	}
	while (ready_count < count || !robust_held)
		usleep(1000);
}

static void check(void)
{
	int err;

	expect(wl_status("Threads") == count + 2, "%ld threads, expected %d", wl_status("Threads"),
	       count + 2);
	pthread_mutex_lock(&mutex);
	stop = true;
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	must_zero(pthread_mutex_unlock(&gate));
	for (int i = 0; i < count; i++)
		must_zero(pthread_join(workers[i].thread, NULL));
	expect(through_gate == (count + KINDS - 1 - ON_MUTEX) / KINDS, "%d threads passed the mutex",
	       through_gate);
	must_zero(pthread_join(robust_holder, NULL));
	/* With another tid the kernel rightly does not take the dead thread for the owner; musl does. */
	err = pthread_mutex_trylock(&robust);
	expect(err == EOWNERDEAD || (robust_owner_now != robust_owner && err == EBUSY), "robust mutex: %s",
	       strerror(err));
}

static void spoil(void)
{
	workers[0].counter.x ^= 1;
	workers[count - 1].index ^= 4;
}

const struct workload workload = { build, NULL, check, spoil };
