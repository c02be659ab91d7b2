/* SPDX-License-Identifier: Apache-2.0 */
/* Between races.c and the processes it dumps, races_targets.c. */
#ifndef RACES_H
#define RACES_H

#include <sys/types.h>

#define TARGETS 7

/* What each does until running() says no. */
extern void (*const targets[TARGETS])(void);

/*
 * At the beginning of a page. One of the targets has two, of which it counts
 * first the one, then the other: a dump with any other difference than 0 or 1
 * has memory of different moments.
 */
struct counter {
	unsigned long mark, count;
};
#define MARK_OF_FIRST 0x9d3c51e8a7b2460fUL
#define MARK_OF_SECOND 0x41f7b06ce28d935aUL

/* The two counters of struct counter, as a dump has them. */
struct pair {
	unsigned long first, second;
	int found;
};

void find_pair(struct pair *pair, const char *piece, size_t length, off_t offset);

/* Executes this program again, with "execute-again" and the deadline. */
void target_executes(void);

/* Counts the two of struct counter, and calls has_counted() each time. */
void target_counts(void);
void has_counted(void);

extern char self[4096];	/* this program */
extern double deadline;
int running(void);
/* Notes a failure, which fails the test. */
void wrong(const char *what, int error);
/* As fork(); the child ends with its parent. */
pid_t child(void);

#endif
