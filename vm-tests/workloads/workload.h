/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame that every workload shares. A workload is one struct of functions;
 * main() is in workload.c. See README.md for the contract with the harness.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

struct workload {
	/* Makes the state. Damage found here is reported as a failure too. */
	void (*build)(int argc, char **argv);
	/*
	 * Optional. Waits in a place of the workload's own choice (a deep stack, a
	 * signal handler); must call wl_ready() and return after SIGTERM.
	 * Default: wl_ready(), then wl_wait().
	 */
	void (*run)(void);
	/* Verifies the state; calls wl_fail() when it does not hold. */
	void (*check)(void);
	/* With CR_DAMAGE set: spoils the state just before check(), which must notice. */
	void (*damage)(void);
};

extern const struct workload workload;

/* Set by the SIGTERM handler. */
extern volatile sig_atomic_t wl_term;
/* Called by the SIGTERM handler when set; must be async-signal-safe. */
extern void (*volatile wl_on_term)(void);
/* CR_PIDS=any: pids and tids may differ after a restore. */
extern bool wl_pids_any;
/* CR_EXE=any: /proc/self/exe may name the image after a restore. */
extern bool wl_exe_any;

void wl_ready(void);
/* Sleeps in sigsuspend() until SIGTERM. */
void wl_wait(void);
/* Lets SIGTERM reach the calling thread, for workloads that compute while they wait. */
void wl_unblock_term(void);

/* Reports FAIL at once and ends the process (and its descendants). */
void wl_fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* A line written below PASS. */
void wl_remark(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The state must hold. */
#define expect(cond, ...) \
	do { \
		if (!(cond)) \
			wl_fail(__VA_ARGS__); \
	} while (0)

/* The call must not return -1; yields its value. */
#define must(call) \
	({ \
		__typeof__(call) must_ret = (call); \
		if (must_ret == (__typeof__(must_ret))-1) \
			wl_fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(errno)); \
		must_ret; \
	})

/* For pthread_*() and other calls that return an error number. */
#define must_zero(call) \
	do { \
		int must_err = (call); \
		if (must_err) \
			wl_fail("%s:%d: %s: %s", __FILE__, __LINE__, #call, strerror(must_err)); \
	} while (0)

/* argv[i] as a number in 1..INT_MAX, or a default. */
int wl_arg(int argc, char **argv, int i, int dflt);

/* Bytes that depend on seed and on their offset. */
void wl_fill(void *buf, size_t len, uint64_t seed);
/* Fails, naming what, when buf does not hold what wl_fill() put there. */
void wl_expect_filled(const void *buf, size_t len, uint64_t seed, const char *what);
void wl_expect_zero(const void *buf, size_t len, const char *what);

/* A count that cannot be wrong unnoticed: x after n steps is known in O(log n). */
struct wl_counter {
	volatile uint64_t n, x;
	uint64_t seed;
};
void wl_counter_start(struct wl_counter *c, uint64_t seed);
void wl_counter_step(struct wl_counter *c);
void wl_counter_check(const struct wl_counter *c, const char *what);

/* An absolute name in a new folder of this run, below CR_DIR (default: cwd). Not freed. */
char *wl_path(const char *name);
void wl_write_all(int fd, const void *buf, size_t len);
void wl_read_all(int fd, void *buf, size_t len);
/* Makes a file of len pattern bytes. */
void wl_make_file(const char *path, size_t len, uint64_t seed);
/* Number in a "name:" line of /proc/self/status, or -1. */
long wl_status(const char *name);

/*
 * Children. wl_child() returns in the parent once the child has called
 * wl_child_ready() and waits. A child's body returns when its state holds.
 */
pid_t wl_child(void (*body)(void *), void *arg);
void wl_child_ready(void);
/* For a process forked by hand: makes it a child that tells by the pipe end fd that it is ready. */
void wl_adopt(int fd);
/* The other side: returns the child's pid once it is ready, and closes fd. */
pid_t wl_await_child(int fd);
/* SIGTERM to every child, wait, and fail unless all of them found their state good. */
void wl_end_children(int expected);
/* The children of the calling thread as /proc lists them; their number, or -1. */
int wl_children(pid_t *pids, int max);

#endif
