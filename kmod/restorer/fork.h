/* SPDX-License-Identifier: GPL-2.0 */
/* FORK and EXEC of the interpreter. */
#ifndef CRTOOLS_RESTORER_FORK_H
#define CRTOOLS_RESTORER_FORK_H

#include "restorer.h"

struct fork_wish {
	__s32 pid;		/* wanted, 0: any */
	__u64 flags;		/* CLONE_* beside the exit signal */
	bool may_differ;	/* without the right to choose: any pid */
	__s32 report_fd;	/* where the child's BORN report goes, -1: none */
};

/*
 * Like fork: 0 in the child, the pid or a negative errno in the parent. Both
 * get the child's pid as they see it. denied: the pid is not the wanted one.
 */
long fork_process(struct restorer *r, const struct fork_wish *wish,
		  __s32 *pid, bool *denied);
void fail_fork(struct restorer *r, __u32 pc, __s32 wanted, long error)
	__attribute__((noreturn));

/*
 * Answers (the positive errno) only when execveat failed for a reason that
 * has no sentence of its own, else ends the process with that sentence.
 */
long exec_image(struct restorer *r, __u32 pc, int folder, const char *name);

#endif
