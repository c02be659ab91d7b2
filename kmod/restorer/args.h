/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the execve handler hands to the restorer: one block at the start of the
 * restorer's data mapping. Addresses are those of the new process.
 *
 * The restorer's mapping, from restorer_base up, restorer_size bytes in all:
 *
 *   text    the blob, read and execute
 *   data    struct crt_args, strings, notes (copies of the image's records and
 *           of the program), slots and thread ids, read and write
 *   stacks  nr_threads (at least 1) of CRT_RESTORER_STACK bytes each
 */
#ifndef CRTOOLS_RESTORER_ARGS_H
#define CRTOOLS_RESTORER_ARGS_H

#include "crtools_format.h"

/* Bytes of one thread's stack: a struct crt_report, little else. */
#define CRT_RESTORER_STACK	8192u
/* The first thread interprets the program: it has more. */
#define CRT_RESTORER_MAIN_STACK	65536u

/* argv of the execve that started the image; options of a tree image. */
#define CRT_MAX_ARGV_BYTES	65536u
#define CRT_MAX_ARGV		256u

struct crt_args_thread {
	__u64 record;		/* struct crt_thread, its siginfos behind it */
	__u64 xstate;		/* xsave area, 64-byte aligned, 0: none */
	__u64 fs_base;
	__u64 gs_base;
	__u64 stack_top;	/* 16-byte aligned */
};

struct crt_args {
	__u64 restorer_base;
	__u64 restorer_size;
	__s32 ctl_fd;		/* COMMIT goes there; -1 in a tree image */
	__u32 hdr_flags;	/* CRT_HDR_* */
	__u32 nr_threads;	/* 0 in a tree image */
	__u32 argc;
	__u64 image_path;	/* NUL-terminated, as given to execve */
	__u64 argv;		/* argc strings, one after the other */
	__u64 header;		/* struct crt_header */
	__u64 mm;		/* struct crt_mm; 0 in a tree image */
	__u64 vmas;		/* struct crt_vmas and its tables; 0 there too */
	__u64 signals;		/* struct crt_signals and queue; 0 there too */
	__u64 timers;		/* struct crt_timers; 0: none */
	__u64 program;		/* struct crt_program, 8-byte aligned; 0: none */
	__u64 program_size;	/* bytes */
	__u64 xfeatures;	/* requested-feature bitmap of xrstor64 */
	__u64 threads;		/* struct crt_args_thread[nr_threads] */
	/* Zeroed: __u64[nr_slots of the program] and __s32[nr_threads]. */
	__u64 scratch;		/* 0 in a tree image */
};

/*
 * The thread of index arg is done with user-mode restoring: waits in the
 * module for all others, then goes on as the image's thread. Never returns to
 * the restorer; fails with EINVAL (index used twice or out of range) or EINTR
 * (killed). With CRT_COMMIT_STOP in arg (every thread of the process has it or
 * none) the process gets SIGSTOP once its state is in place.
 * (Spelt as a number: the restorer is built without any system header.)
 */
#define CRT_IOC_COMMIT		0x6301u	/* _IO('c', 1) */
#define CRT_COMMIT_STOP		0x80000000u

/*
 * Entry: crt_restorer_start(struct crt_args *), on the first thread's stack,
 * %rdi the block, every signal blocked, FPU state initial. Offset 0 of the
 * blob. The handler gives VMAs their final protection and contents; the
 * restorer maps the vdso and does all that system calls can do.
 */

#endif
