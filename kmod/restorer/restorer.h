/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The restorer: position-independent user-mode code without data of its own
 * (the blob is mapped read and execute). All state is in struct restorer on
 * the first thread's stack; the other threads get its address.
 */
#ifndef CRTOOLS_RESTORER_H
#define CRTOOLS_RESTORER_H

#include <stdbool.h>
#include <stddef.h>
#include "crtools_format.h"
#include "args.h"
#include "syscalls.h"

#define CRT_MAX_WARNINGS	48u
#define CRT_WARNING_TEXT	100u

/* What was not restored and is not worth failing for; each text once. */
struct warnings {
	__u32 lock;
	__u32 nr;
	__u32 dropped;		/* further ones, no room */
	struct warning {
		__s32 error;
		char text[CRT_WARNING_TEXT];
	} list[CRT_MAX_WARNINGS];
};

/* How far all threads may go. */
#define CRT_RELEASED_ATTACH	1u	/* to what the kernel knows of them */
#define CRT_RELEASED_COMMIT	2u	/* to COMMIT */

struct restorer {
	const struct crt_args *args;
	const struct crt_program *program;	/* NULL: none */
	const struct crt_op *ops;
	const char *data;
	__u64 *slots;
	__s32 *tids;		/* of threads [0, nr_threads) now */
	__u32 options;		/* bit n: enum crt_option n */
	bool tree;		/* a tree image */
	bool first;		/* tree: never forked, failures go to stderr */
	bool new_pid;		/* the pid is not the dumped one */
	bool stop;		/* the process is to be stopped at COMMIT */
	__s32 report_fd;	/* -1: stderr */
	__u32 failed;		/* a thread is telling of its failure */
	__u32 turn;		/* futex: 1 a thread is at its THREAD part, 2 and others wait */
	__u32 finished;		/* futex: threads that did their THREAD part */
	__u32 released;		/* futex: CRT_RELEASED_* */
	__u32 attached;		/* futex: threads that the kernel knows */
	struct warnings warnings;
};

/* start.c; called by entry.S */
void crt_restorer_start(const struct crt_args *args)
	__attribute__((noreturn));

/* report.c */

/* Text under construction, always NUL-terminated; what is too long is cut. */
struct text {
	char *to;
	size_t size, len;
};

void text_init(struct text *text, char *to, size_t size);
void text_add(struct text *text, const char *s);
void text_add_number(struct text *text, long number);
/* The words for errno (positive). */
void text_add_error(struct text *text, int error);
/* "pid 812" of the dumped process, or "pid N" of a process of a tree. */
void text_add_process(struct text *text, const struct restorer *r);
void print_error(const char *what, int error);
bool warnings_add(struct warnings *warnings, const char *text, int error);
void warnings_print(const struct warnings *warnings);
/* One report to report_fd; a negative errno when it cannot be written. */
long report(const struct restorer *r, enum crt_report_kind kind,
	    __u64 op, int exit_code, int error, const char *text);
/* Reports and ends the process (all its threads). error: positive or 0. */
void fail(struct restorer *r, __u64 op, int exit_code, int error,
	  const char *text) __attribute__((noreturn));
/* fail for what no op stands for: "pid 812: what". */
void fail_own(struct restorer *r, int exit_code, long error,
	      const char *what) __attribute__((noreturn));
void warn(struct restorer *r, const char *text, int error);
void exit_process(int code) __attribute__((noreturn));

#define CRT_NO_OP	(~0ull)

/*
 * Between restorers only, beyond enum crt_report_kind: the writer leaves on
 * purpose, as its program says, and is not to be watched any more.
 */
#define CRT_REPORT_ENDED	((enum crt_report_kind)5)

/*
 * The byte that a stage's pipe carries: go on; go on, stopped by SIGSTOP when
 * restored (--leave-stopped; in the last stage).
 */
#define CRT_GO			1
#define CRT_GO_STOPPED		2

/* interp.c: the ops of a phase in their order; thread: index of the caller. */
void interpret(struct restorer *r, enum crt_phase phase, __u32 thread);
/* Checks the program's lengths; fails when they do not fit. */
void program_init(struct restorer *r);

/* copy.c */
long copy_range(int from, __u64 from_offset, __u64 length, int to,
		__u64 to_offset);

/* options.c */
void options_parse(struct restorer *r);
long image_dir_open(const struct crt_args *args);

/* supervise.c; stages: in data. Never returns. */
void supervise(struct restorer *r, int report_fd,
	       const struct crt_stage *stages, __u32 nr_stages, __s32 root,
	       bool may_detach, int upstream_fd) __attribute__((noreturn));

/* signals.c */
void signals_block(void);
/* A caller that ignores SIGCHLD leaves us unable to wait for anyone. */
void signals_await_children(void);
void signals_drain(void);
void signals_set_actions(struct restorer *r);
void signals_queue_process(struct restorer *r);
void signals_queue_thread(struct restorer *r,
			  const struct crt_thread *thread);

/* timers.c */
void timers_create(struct restorer *r);
void timers_arm(struct restorer *r);

/* process.c: what belongs to the process as a whole */
void vdso_map(struct restorer *r);
void protections_restore(struct restorer *r);
void process_restore(struct restorer *r);
void dumpable_restore(struct restorer *r);

/* threads.c: everything of a core image that comes after its PROCESS ops. */
void core_image_finish(struct restorer *r) __attribute__((noreturn));
/*
 * All but COMMIT itself, while a failure can still be told: between the word to
 * go on (STAGE) and the end of the report pipe. Done once.
 */
void threads_attach(struct restorer *r);

/* entry.S */
long crt_clone3(struct clone_args *args, size_t size,
		void (*start)(void *), void *argument);
/* xrstor64, then the COMMIT ioctl; returns its errno. */
long crt_commit(const struct crt_args *args,
		const struct crt_args_thread *thread, unsigned long argument);

/* string.c; gcc calls memcpy and its kin for structures */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
bool streq(const char *a, const char *b);

static inline const void *at(__u64 address)
{
	return (const void *)address;
}

static inline __s32 getpid_now(void)
{
	return sys_0(NR_getpid);
}

#endif
