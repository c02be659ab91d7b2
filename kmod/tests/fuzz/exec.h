/* SPDX-License-Identifier: GPL-2.0 */
/* What the processes of the fuzzer of execve(2) share. */
#ifndef FUZZ_EXEC_H
#define FUZZ_EXEC_H

#include <stdatomic.h>
#include <stdint.h>

#include "mutate.h"

#define MAX_WORKERS	8
#define MAX_ERRNO	136
#define EXEC_MS		1000	/* then it is killed: slow, yet no report */
/* Bytes of a prepared image. */
#define MAX_IMAGE	(4u << 20)
/* Of the file "mapped". */
#define MAPPED_SIZE	65536u

/* Under which circumstances a mutation is executed. */
enum surroundings {
	PLAIN,		/* from a file of its own on a tmpfs */
	RACE,		/* files change all the while, see meddle() */
	MEDIUM,		/* from a slow, failing or lying file system */
	NR_SURROUNDINGS
};

/* What is wrong with the medium; of the file @data. */
struct medium {
	_Atomic uint64_t generation;	/* a new file for each */
	uint64_t size;			/* of the file, as it says */
	uint32_t delay_us;		/* of each read */
	uint32_t fail_at;		/* EIO from this read on; 0: never */
	uint32_t change_at;		/* other bytes from this read on */
	uint32_t shrink_at;		/* size 0 from this read on */
	bool direct;			/* not through the page cache */
	_Atomic uint32_t reads;
	uint8_t data[MAX_IMAGE];
};

enum race { RACE_OFF, RACE_ON, RACE_ENDING };

struct worker {
	_Atomic enum race race;
	struct medium medium;
};

struct shared {
	_Atomic uint64_t next, distinct, tried, reports, controlled;
	_Atomic uint64_t classes[NR_MUTATIONS], around[NR_SURROUNDINGS];
	_Atomic uint64_t errors[MAX_ERRNO], exits[256], signals[128];
	_Atomic uint64_t executed, ended_by_us, slow;
	_Atomic uint64_t longest_kill_us;
	struct worker workers[MAX_WORKERS];
};

/*
 * medium.c: mounts on @folder a file system (FUSE) with one file "image", and
 * serves it in a process of its own until that is killed. Returns its pid.
 */
int medium_start(const char *folder, struct medium *medium);

/* surroundings.c: files in the current folder that mutated paths lead to. */
void files_make(unsigned int uid);
/* Those that meddle() changes, as they were. */
void files_mend(unsigned int uid);
/* Descriptors 3 and up, which mutated VMAs name; called in the new process. */
void files_hand_on(void);
/*
 * Changes "mapped" and "image" while *race is RACE_ON, for ever. When
 * meddle_stop() returns it has ceased to.
 */
void meddle(_Atomic enum race *race) __attribute__((noreturn));
void meddle_stop(_Atomic enum race *race);

/* Writes @size bytes, then makes it @length long. */
void file_write(const char *name, const void *data, uint64_t size,
		uint64_t length, unsigned int mode);

extern const char *const surroundings_names[NR_SURROUNDINGS];

/* table.c: five lines on stdout, which fuzz-long.sh reads. */
void print_table(const struct shared *shared);

void die(const char *what) __attribute__((noreturn));

#endif
