/* SPDX-License-Identifier: Apache-2.0 */
/* Between races.c and the processes it dumps, races_targets.c. */
#ifndef RACES_H
#define RACES_H

#include <sys/types.h>

#define TARGETS 7

/* What each does until running() says no. */
extern void (*const targets[TARGETS])(void);

/* Executes this program again, with "execute-again" and the deadline. */
void target_executes(void);

extern char self[4096];	/* this program */
extern double deadline;
int running(void);
/* Notes a failure, which fails the test. */
void wrong(const char *what, int error);
/* As fork(); the child ends with its parent. */
pid_t child(void);

#endif
