/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runs the restorer's blob on this machine without the module: builds programs
 * and the handler's block by hand, maps all in a forked process and jumps in.
 */
#ifndef CRTOOLS_RESTORER_TESTS_HARNESS_H
#define CRTOOLS_RESTORER_TESTS_HARNESS_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The C library's headers have these types, too, otherwise spelt. */
#include <linux/types.h>
#define __KERNEL__
#include "crtools_format.h"
#include "args.h"
#undef __KERNEL__

#define MAX_OPS		512
#define MAX_DATA	65536

struct program {
	struct crt_program head;
	struct crt_op ops[MAX_OPS];
	char data[MAX_DATA];
};

#define IMM(v)		{ CRT_ARG_IMM, 0, (__u64)(v) }
#define DATA(v)		{ CRT_ARG_DATA, 0, (v) }
#define SLOT(v)		{ CRT_ARG_SLOT, 0, (v) }
#define ADDR(v)		{ CRT_ARG_SLOT_ADDR, 0, (v) }
#define OPTION(v)	{ CRT_ARG_OPTION, 0, (v) }
#define NONE		{ CRT_ARG_NONE, 0, 0 }

void program_begin(struct program *p);
__u32 data_bytes(struct program *p, const void *from, size_t size);
__u32 data_text(struct program *p, const char *text);
struct crt_op *add(struct program *p, int code, int nr, __u32 slot,
		   const char *label, const struct crt_arg args[6]);

#define OP(p, code, nr, slot, label, ...)				\
	add(p, code, nr, slot, label, ((struct crt_arg[6]) { __VA_ARGS__ }))
#define SYS(p, slot, label, nr, ...)					\
	OP(p, CRT_OP_SYSCALL, nr, slot, label, __VA_ARGS__)
#define NO	CRT_NO_SLOT

/* FORK: the ops added between the two belong to the child. */
__u32 fork_begin(struct program *p, __u32 slot, int wanted, int report_fd);
void fork_end(struct program *p, __u32 fork);
void exit_op(struct program *p, int code);

struct result {
	int status;		/* of waitpid */
	char err[16384];	/* what came on stderr */
	char out[16384];
};

struct run {
	const struct program *program;	/* NULL: none */
	const char *image_path;
	const char *const *argv;	/* NULL-terminated; NULL: no options */
	struct crt_args args;		/* a core image's; data as they stand */
	bool as_nobody;
	void (*before)(void *argument);		/* in the process, before the jump */
	void *before_argument;
	void (*during)(pid_t pid, void *argument);	/* in the test, while it runs */
	void *during_argument;
};

void blob_load(const char *path);
void run(const struct run *how, struct result *result);
void run_program(const struct program *p, struct result *result);
void run_options(const struct program *p, struct result *result,
		 const char *option1, const char *option2);

/* Everyone who lives holds its write end: at end of file all have gone. */
extern int life_pipe[2];
void life_begin(void);
/* Whether all are gone, now. */
bool life_over(void);
/* Waits for it. */
void life_wait(void);

extern const char *current_test;
extern int failures;
void check_failed(const char *file, int line, const char *what,
		  const struct result *result);
#define CHECK(condition, result)					\
	do {								\
		if (!(condition))					\
			check_failed(__FILE__, __LINE__, #condition,	\
				     result);				\
	} while (0)

#define CHECK_SAYS(got, line)						\
	do {								\
		const struct result *says_ = (got);			\
									\
		CHECK(!strcmp(says_->err, line), says_);		\
	} while (0)

static inline bool exited(const struct result *result, int code)
{
	return WIFEXITED(result->status) &&
	       WEXITSTATUS(result->status) == code;
}

extern char folder[PATH_MAX];	/* of this run, removed at the end */

void test_ops(void);
void test_copy(void);
void test_fork(void);
void test_supervise(void);
void test_core(void);

#endif
