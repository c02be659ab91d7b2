// SPDX-License-Identifier: GPL-2.0
/*
 * The threads' way out of the restorer.
 *
 * The first thread inherits a descriptor from the handler. Every thread ends
 * its restoring by CRT_IOC_COMMIT there and waits for the others. The last one
 * takes the restorer's mapping and the descriptor away; then each thread gets
 * its registers, signal mask and restart block by a piece of task work.
 *
 * The task work is queued as a signal would be (TWA_SIGNAL): the kernel runs
 * it on the way to user mode, right before it looks for signals and decides
 * whether the interrupted system call is restarted or answers EINTR. So both
 * happen as if the thread had never been away.
 */

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fdtable.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/task_work.h>
#include <linux/wait.h>

#include "binfmt.h"

/* What ptrace lets a debugger set. */
#define CRT_FLAGS_MASK							\
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
	 X86_EFLAGS_RF | X86_EFLAGS_AC)

struct crt_ctl_thread {
	struct callback_head work;
	struct crt_ctl *ctl;
	atomic_t used;
	struct crt_regs regs;
	struct crt_thread record;
};

struct crt_ctl {
	struct kref ref;	/* the file, and each piece of task work */
	struct pid *tgid;
	wait_queue_head_t wait;
	atomic_t arrived;
	bool go;
	atomic_t stop;		/* CRT_COMMIT_STOP was asked for */
	u64 base, size;		/* the restorer's mapping */
	u32 personality;
	u32 nr_threads;
	struct crt_ctl_thread threads[];
};

static void crt_ctl_release(struct kref *ref)
{
	struct crt_ctl *ctl = container_of(ref, struct crt_ctl, ref);

	put_pid(ctl->tgid);
	kvfree(ctl);
}

static void crt_commit_regs(struct pt_regs *regs, const struct crt_regs *from)
{
	regs->r15 = from->r15;
	regs->r14 = from->r14;
	regs->r13 = from->r13;
	regs->r12 = from->r12;
	regs->bp = from->bp;
	regs->bx = from->bx;
	regs->r11 = from->r11;
	regs->r10 = from->r10;
	regs->r9 = from->r9;
	regs->r8 = from->r8;
	regs->ax = from->ax;
	regs->cx = from->cx;
	regs->dx = from->dx;
	regs->si = from->si;
	regs->di = from->di;
	/* No call was interrupted: nothing to be restarted. */
	regs->orig_ax = (s64)from->orig_ax < 0 ? -1 : from->orig_ax;
	regs->ip = from->ip;
	regs->sp = from->sp;
	regs->flags = (from->flags & CRT_FLAGS_MASK) | X86_EFLAGS_IF |
		      X86_EFLAGS_FIXED;
	regs->cs = __USER_CS;
	regs->ss = __USER_DS;
}

static void crt_set_from_mask(sigset_t *set, u64 mask)
{
	BUILD_BUG_ON(sizeof(set->sig[0]) != sizeof(mask) || _NSIG_WORDS != 1);
	set->sig[0] = mask;
	sigdelsetmask(set, sigmask(SIGKILL) | sigmask(SIGSTOP));
}

static void crt_commit_signals(const struct crt_thread *record)
{
	sigset_t set;

	if (record->flags & CRT_THR_RESTORE_SIGMASK) {
		crt_set_from_mask(&current->saved_sigmask,
				  record->saved_sigmask);
		set_restore_sigmask();
	}
	crt_set_from_mask(&set, record->sigmask);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

/* Runs in each thread, on its way to user mode; or to its end, if killed. */
static void crt_commit_thread(struct callback_head *work)
{
	struct crt_ctl_thread *thread =
		container_of(work, struct crt_ctl_thread, work);
	struct crt_ctl *ctl = thread->ctl;

	crt_restart_set(&thread->record);
	crt_commit_signals(&thread->record);
	crt_commit_regs(current_pt_regs(), &thread->regs);
	current->personality = ctl->personality;

	kref_put(&ctl->ref, crt_ctl_release);
	/* crt_binfmt_exit() waits until this function is left. */
	module_put(THIS_MODULE);
}

static int crt_is_file(const void *file, struct file *other, unsigned int fd)
{
	return other == file ? fd + 1 : 0;
}

/*
 * Wherever it is: the program may have needed its number for something else.
 * Whoever shares the descriptors without being one of the threads can make new
 * ones all the time; that must not keep a killed process alive.
 */
static void crt_close_everywhere(const struct file *file)
{
	int fd;

	while (!fatal_signal_pending(current) &&
	       (fd = iterate_fd(current->files, 0, crt_is_file, file))) {
		close_fd(fd - 1);
		cond_resched();
	}
}

static void crt_ctl_open_barrier(struct crt_ctl *ctl, const struct file *file)
{
	/*
	 * While all are here: each passes get_signal() after its task work, and
	 * either takes this signal there or finds the stop that another began.
	 */
	if (atomic_read(&ctl->stop))
		kill_pid(ctl->tgid, SIGSTOP, 1);
	/* Nothing is left to return to: no one may be told of an error. */
	if (vm_munmap(ctl->base, ctl->size))
		force_sig(SIGKILL);
	crt_close_everywhere(file);
	WRITE_ONCE(ctl->go, true);
	wake_up_all(&ctl->wait);
}

static long crt_ctl_commit(struct file *file, unsigned long arg)
{
	struct crt_ctl *ctl = file->private_data;
	unsigned long index = arg & ~(unsigned long)CRT_COMMIT_STOP;
	struct crt_ctl_thread *thread;

	if (index >= ctl->nr_threads || task_tgid(current) != ctl->tgid)
		return -EINVAL;
	thread = &ctl->threads[index];
	if (atomic_xchg(&thread->used, 1))
		return -EINVAL;
	if (arg & CRT_COMMIT_STOP)
		atomic_set(&ctl->stop, 1);

	if (atomic_inc_return(&ctl->arrived) == ctl->nr_threads)
		crt_ctl_open_barrier(ctl, file);
	else if (wait_event_state(ctl->wait, READ_ONCE(ctl->go),
				  (TASK_KILLABLE | TASK_FREEZABLE)))
		return -EINTR;

	kref_get(&ctl->ref);
	__module_get(THIS_MODULE);
	init_task_work(&thread->work, crt_commit_thread);
	if (task_work_add(current, &thread->work, TWA_SIGNAL)) {
		/* Only an exiting thread has no task work any more. */
		module_put(THIS_MODULE);
		kref_put(&ctl->ref, crt_ctl_release);
		return -EINTR;
	}
	return 0;
}

static long crt_ctl_ioctl(struct file *file, unsigned int request,
			  unsigned long arg)
{
	if (request != CRT_IOC_COMMIT)
		return -ENOTTY;
	return crt_ctl_commit(file, arg);
}

static int crt_ctl_file_release(struct inode *inode, struct file *file)
{
	struct crt_ctl *ctl = file->private_data;

	kref_put(&ctl->ref, crt_ctl_release);
	return 0;
}

static const struct file_operations crt_ctl_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = crt_ctl_ioctl,
	.release = crt_ctl_file_release,
};

int crt_ctl_create(struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	u32 i, nr = image->header.nr_threads;
	struct crt_ctl *ctl;

	ctl = kvzalloc(struct_size(ctl, threads, nr), CRT_GFP_LARGE);
	if (!ctl)
		return -ENOMEM;
	kref_init(&ctl->ref);
	init_waitqueue_head(&ctl->wait);
	ctl->base = exec->layout.base;
	ctl->size = exec->layout.size;
	ctl->personality = image->mm.personality;
	ctl->nr_threads = nr;
	for (i = 0; i < nr; i++) {
		struct crt_ctl_thread *thread = &ctl->threads[i];

		thread->ctl = ctl;
		thread->regs = image->threads[i].regs;
		thread->record = image->threads[i].record;
	}

	exec->ctl_file = anon_inode_getfile("[crtools]", &crt_ctl_fops, ctl,
					    O_RDWR);
	if (IS_ERR(exec->ctl_file)) {
		int err = PTR_ERR(exec->ctl_file);

		exec->ctl_file = NULL;
		kref_put(&ctl->ref, crt_ctl_release);
		return err;
	}
	exec->ctl = ctl;
	return 0;
}

int crt_ctl_install(struct crt_exec *exec)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	/* Threads of the old program are gone by now, and so is their pid. */
	exec->ctl->tgid = get_pid(task_tgid(current));
	get_file(exec->ctl_file);
	fd_install(fd, exec->ctl_file);
	return fd;
}
