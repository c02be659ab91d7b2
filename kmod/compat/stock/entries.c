// SPDX-License-Identifier: GPL-2.0
/* Makes entries appear under /proc/PID/ and vanish. */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/err.h>
#include <linux/mount.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/stat.h>
#include <linux/wait.h>

struct file_system_type *crt_proc_fs_type;
const struct proc_pid_entry *crt_entries;
unsigned int crt_nr_entries;

/* Those inside; not module references, which make rmmod fail. */
static struct percpu_ref crt_inside;
static bool crt_empty;
static DECLARE_WAIT_QUEUE_HEAD(crt_emptied);

/* Only the task that loads the module may come in before it is loaded. */
static bool crt_live;
static struct task_struct *crt_loader;

bool crt_proc_enter(void)
{
	/* With the release in proc_register_pid_entries(): all is set up. */
	if (!smp_load_acquire(&crt_live) && READ_ONCE(crt_loader) != current)
		return false;
	return percpu_ref_tryget_live(&crt_inside);
}

void crt_proc_leave(void)
{
	percpu_ref_put(&crt_inside);
}

const struct proc_pid_entry *crt_entry_of(const struct inode *inode)
{
	const struct proc_pid_entry *entry = crt_proc_inode(inode)->op;

	return entry >= crt_entries && entry < crt_entries + crt_nr_entries ?
		       entry : NULL;
}

static void crt_all_left(struct percpu_ref *ref)
{
	WRITE_ONCE(crt_empty, true);
	wake_up(&crt_emptied);
}

static void crt_close(void)
{
	percpu_ref_kill(&crt_inside);
	/* Someone may wait for a slow disk in there: no hung task, then. */
	wait_event_idle(crt_emptied, READ_ONCE(crt_empty));
}

/* Undoes crt_proc_start(). */
static void crt_proc_stop(void)
{
	crt_hook_exit();
	crt_close();
	crt_proc_purge();
	/*
	 * Lookups that still saw an inode's operations: in RCU mode first,
	 * then those about to enter or to return from one of ours. The last
	 * one to leave may have been an RCU callback.
	 */
	synchronize_rcu();
	synchronize_rcu_tasks();
	rcu_barrier();
}

/* Hooks in, with a proc file system of our own to look at. */
static int crt_proc_start(struct vfsmount *mnt)
{
	struct inode *inode;
	int ret;

	inode = crt_call(proc_pid_make_inode)(mnt->mnt_sb, current,
					      S_IFREG | 0400);
	if (!inode)
		return -ENOMEM;
	ret = crt_proc_check_layout(inode);
	if (!ret)
		ret = crt_hook_init(inode);
	iput(inode);
	if (ret)
		return ret;

	WRITE_ONCE(crt_loader, current);
	ret = crt_proc_check_entries(mnt);
	WRITE_ONCE(crt_loader, NULL);
	if (ret)
		crt_proc_stop();
	return ret;
}

struct proc_pid_entries *
proc_register_pid_entries(const struct proc_pid_entry *table, unsigned int nr)
{
	struct vfsmount *mnt;
	int ret;

	if (nr > CRT_MAX_ENTRIES)
		return ERR_PTR(-E2BIG);
	crt_entries = table;
	crt_nr_entries = nr;
	crt_proc_fs_type = get_fs_type("proc");	/* built in: never put */
	if (!crt_proc_fs_type) {
		pr_err("not loaded: this kernel has no proc file system\n");
		return ERR_PTR(-ENOENT);
	}
	ret = percpu_ref_init(&crt_inside, crt_all_left, 0, GFP_KERNEL);
	if (ret)
		return ERR_PTR(ret);
	mnt = kern_mount(crt_proc_fs_type);
	if (IS_ERR(mnt)) {
		ret = PTR_ERR(mnt);
		pr_err("not loaded: cannot mount a proc file system (%d)\n",
		       ret);
		goto err_ref;
	}
	ret = crt_proc_start(mnt);
	kern_unmount(mnt);
	if (ret)
		goto err_ref;
	/* With the acquire in crt_proc_enter(). */
	smp_store_release(&crt_live, true);
	return NULL;		/* the only one */

err_ref:
	percpu_ref_exit(&crt_inside);
	return ERR_PTR(ret);
}

void proc_unregister_pid_entries(struct proc_pid_entries *entries)
{
	crt_proc_stop();
	percpu_ref_exit(&crt_inside);
}
#endif
