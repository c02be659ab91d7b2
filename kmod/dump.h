/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by dump*.c only: how an image of a stopped process is made.
 *
 * Opening the file builds the whole metadata (struct crt_dumper lives only
 * that long); page data are fetched from the process as they are read.
 */
#ifndef CRT_DUMP_H
#define CRT_DUMP_H

#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <crtools_format.h>

#include "symbols.h"

/* What changes when a thread runs; compared to notice that one did. */
struct crt_run_count {
	u64 switches;		/* never falls */
	u32 threads;		/* that live */
};

/*
 * One open file. It holds the structures mm and leader, not the memory and
 * not the process.
 *
 * loads are the PT_LOAD headers inside the metadata. They are sorted by
 * p_offset as well; those without data have the p_offset of what follows.
 */
struct crt_dump {
	struct mm_struct *mm;
	struct task_struct *leader;
	struct crt_run_count ran;
	void *meta;
	size_t meta_size;
	const struct elf64_phdr *loads;
	u32 nr_loads;
	loff_t size;
};

/* Growing memory. An error sticks, so it can be looked at after many adds. */
struct crt_buf {
	u8 *data;
	size_t len;
	size_t room;
	size_t max;		/* more than that is -E2BIG */
	int error;
};

/* One mapped file while the image is made, sorted by first appearance. */
struct crt_mapped {
	struct file *file;	/* a reference */
	u32 flags;		/* CRT_FILE_* */
	u32 next;		/* of the same hash */
};

#define CRT_MAPPED_HASH_BITS	12

/* One moment on all clocks, ns. */
struct crt_now {
	u64 real;
	u64 mono;
	u64 boot;
	u64 tai;
};

/* Where the siginfos of one queue are in crt_dumper.siginfos. */
struct crt_queue {
	u32 first;
	u32 nr;
};

struct crt_dumper {
	struct crt_dump *dump;
	struct mm_struct *mm;		/* mm_users raised */
	struct task_struct *leader;
	struct pid *pid;		/* the leader's: a reference */
	struct task_struct **threads;	/* references, the leader first */
	u32 nr_threads;
	struct crt_now now;

	/* signals.c: queues[0] is the process's, queues[1 + i] thread i's. */
	struct crt_queue *queues;
	struct crt_buf siginfos;
	struct crt_buf timers;		/* struct crt_posix_timer[] */
	struct crt_itimer itimer[3];
	struct task_cputime times;	/* of all threads, of that moment */
	struct crt_sigaction actions[CRT_NSIG];

	/* mm.c, pages.c */
	struct crt_buf loads;		/* struct elf64_phdr[] */
	struct crt_buf vmas;		/* struct crt_vma[] */
	struct crt_buf mapped;		/* struct crt_mapped[] */
	struct crt_buf files;		/* struct crt_file[] */
	struct crt_buf strings;
	u32 *mapped_hash;
	u32 exe;
	u64 vdso_base;
	u64 vdso_code;
	u64 vdso_end;

	struct crt_buf notes;
	u32 xstate_size;
};

/* dump_buf.c */
void crt_buf_init(struct crt_buf *buf, size_t max);
void crt_buf_free(struct crt_buf *buf);
/* Makes room for @size more bytes. May sleep. Returns 0 or the sticky error. */
int crt_buf_reserve(struct crt_buf *buf, size_t size);
/* Appends @size zero bytes. Returns them (until the next add), or NULL. */
void *crt_buf_add(struct crt_buf *buf, size_t size);
/* Appends an ELF note with @size zero bytes as its content, which it returns. */
void *crt_buf_note(struct crt_buf *buf, const char *name, u32 type,
		   size_t size);
/* The same for a note named CRTOOLS, with struct crt_note filled in. */
void *crt_buf_own_note(struct crt_buf *buf, u32 type, size_t size);

static inline u32 crt_buf_count(const struct crt_buf *buf, size_t size)
{
	return buf->len / size;
}

/*
 * dump_live.c: is the process stopped, and has it been since?
 *
 * crt_live_open() gathers the threads; -EBUSY if one of them is not stopped
 * where it can be dumped, -EACCES if the caller may not attach to it,
 * -EOPNOTSUPP for what will never be. It waits for threads that are on their
 * way off the CPU.
 * crt_live_check() returns 0, -ESTALE if a thread ran, came or went since, or
 * -ESRCH if there is none any more. Both answer -ERESTARTSYS to a signal.
 * crt_is_stopped() is of one thread; it stays so under the siglock, unless it
 * is the older freezer's doing.
 */
int crt_live_open(struct crt_dumper *dumper);
void crt_live_close(struct crt_dumper *dumper);
int crt_live_check(const struct crt_dump *dump);
bool crt_is_stopped(struct task_struct *task);

/*
 * Where the process's own pids count. Not from a task: one that is killed
 * meanwhile has no pid any more, and its namespace may go.
 */
static inline struct pid_namespace *
crt_dump_pid_ns(const struct crt_dumper *dumper)
{
	return ns_of_pid(dumper->pid);
}

/* As lock_task_sighand(), which modules cannot call. NULL: it is dead. */
static inline struct sighand_struct *
crt_lock_sighand(struct task_struct *task, unsigned long *flags)
{
	struct sighand_struct *ret;

	ret = crt_call(lock_task_sighand)(task, flags);
	(void)crt_cond_lock(&ret->siglock, ret);
	return ret;
}

/* dump_signals.c: queues, actions and timers of one moment. */
int crt_dump_collect_signals(struct crt_dumper *dumper);
void crt_dump_free_signals(struct crt_dumper *dumper);
int crt_dump_write_signals(struct crt_dumper *dumper);

/* dump_timers.c: to be called under the siglock; no more than @max. */
u32 crt_dump_count_timers(struct signal_struct *sig);
void crt_dump_sample_timers(struct crt_dumper *dumper);
int crt_dump_write_timers(struct crt_dumper *dumper);
int crt_dump_cpu_clock(struct crt_dumper *dumper, struct pid *pid, u32 which,
		       bool thread, u64 *ret);

/* dump_mm.c, dump_files.c: the memory map. */
int crt_dump_collect_mm(struct crt_dumper *dumper);
void crt_dump_free_mm(struct crt_dumper *dumper);
int crt_dump_write_mm(struct crt_dumper *dumper);
int crt_dump_write_vmas(struct crt_dumper *dumper);
u32 crt_dump_add_file(struct crt_dumper *dumper, struct file *file,
		      u32 flags);
int crt_dump_collect_files(struct crt_dumper *dumper);
void crt_dump_free_files(struct crt_dumper *dumper);
int crt_dump_write_file_note(struct crt_dumper *dumper);
int crt_build_id(struct file *file, u8 *id, u32 max);

/*
 * dump_pages.c
 *
 * crt_dump_collect_pages() adds the PT_LOADs of one VMA (mmap_lock held).
 * crt_dump_fetch() takes references of up to @nr pages from @addr on and
 * returns their number, or an error if there is not one.
 */
int crt_dump_collect_pages(struct crt_dumper *dumper,
			   struct vm_area_struct *vma,
			   const struct crt_vma *entry);
long crt_dump_fetch(struct crt_dump *dump, const struct elf64_phdr *load,
		    unsigned long addr, struct page **pages, long nr);

/* dump_threads.c, dump_restart.c */
int crt_dump_write_thread(struct crt_dumper *dumper, u32 index);
int crt_dump_restart(struct crt_dumper *dumper, struct task_struct *task,
		     struct crt_thread *thread);

/* dump_meta.c: everything put together. */
int crt_dump_build(struct crt_dumper *dumper);

#endif
