/* SPDX-License-Identifier: GPL-2.0 */
/*
 * execve() of an image, between these files:
 *
 *   binfmt.c         the order of it all
 *   image_*.c        what the image says (pure)
 *   binfmt_check.c   whether this machine and this caller can have it so
 *   binfmt_files.c   the files to be mapped, opened with the caller's rights
 *   binfmt_args.c    what the restorer is handed
 *   map.c            VMAs and their contents
 *   commit.c         the threads' way out of the restorer
 *   restart.c        system calls that restart_syscall(2) continues
 *
 * Everything that can fail for another reason than lack of memory is done
 * before begin_new_exec().
 */
#ifndef CRT_BINFMT_H
#define CRT_BINFMT_H

#include <linux/binfmts.h>
#include <linux/fs.h>
#include <linux/types.h>

#include "crtools.h"
#include "image_parse.h"
#include "restorer/args.h"

/* The restorer's mapping; addresses of the new process. */
struct crt_layout {
	u64 base, size;
	u64 text_size;		/* page multiples */
	u64 data, data_size;
	u64 stacks;
};

struct crt_ctl;

/* One execve. All pointers are owned by it and freed by crt_exec_free(). */
struct crt_exec {
	struct linux_binprm *bprm;	/* borrowed */
	u8 *meta;
	struct crt_image image;
	struct crt_layout layout;
	struct file **vma_files;	/* for each VMA what to map, or NULL */
	struct file *exe;		/* to be /proc/PID/exe, or NULL */
	struct file *ctl_file;
	struct crt_ctl *ctl;		/* lives as long as ctl_file */
	char *argv;			/* CRT_MAX_ARGV_BYTES */
	u32 argv_size, argc;
	struct crt_fill *fill;
};

/* binfmt_check.c */
void crt_check_init(void);
int crt_check_host(const struct crt_exec *exec);
int crt_check_limits(const struct crt_exec *exec);

/* binfmt_files.c: fills in vma_files and exe. */
int crt_files_open(struct crt_exec *exec);
void crt_files_close(struct crt_exec *exec);

/*
 * binfmt_args.c: crt_layout_plan() finds a place for the restorer's mapping,
 * crt_args_write() fills it in the new process; *argv is where that got the
 * command line.
 */
int crt_layout_plan(struct crt_exec *exec);
int crt_args_copy_argv(struct crt_exec *exec);
int crt_args_write(const struct crt_exec *exec, int ctl_fd, u64 *argv);
u64 crt_args_main_stack(const struct crt_exec *exec);

/*
 * Memory objects of the kernel have no limit of space: ENOSPC stands for lack
 * of memory there (mm/shmem.c).
 */
static inline int crt_shmem_error(int error)
{
	return error == -ENOSPC ? -ENOMEM : error;
}

/* map.c: buffers, made while failing is allowed; then VMAs and contents. */
bool crt_is_mapped_writable(const struct crt_vma *vma);
int crt_map_prepare(struct crt_exec *exec);
void crt_map_unprepare(struct crt_exec *exec);
int crt_map_all(const struct crt_exec *exec);
/* Writes @size bytes to @to of the current mm, whatever its protection. */
int crt_map_poke(u64 to, const void *from, size_t size);

/* commit.c */
int crt_ctl_create(struct crt_exec *exec);
/* Installs the file; returns the descriptor, or a negative errno. */
int crt_ctl_install(struct crt_exec *exec);

/* restart.c */
int crt_restart_check(const struct crt_thread *record);
/* Sets current's restart block; @record was checked. */
void crt_restart_set(const struct crt_thread *record);

#endif
