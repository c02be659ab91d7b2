// SPDX-License-Identifier: GPL-2.0
/*
 * The probes that add our entries to the folders of processes and threads.
 *
 * The kernel makes these folders from two constant tables, and two functions
 * walk a table that their caller passes in. We have them walk a table of
 * ours, so that everything else (inode, owner, security label, revalidation,
 * hidepid, namespaces) is the kernel's work:
 *
 *   lookup of one of our names     our table in place of the kernel's
 *   readdir behind the last entry  our table as a continuation of it
 *
 * A probe's handler cannot stay inside (stock.h) until the probed function
 * returns, so it enters and sends the caller to a function of ours with the
 * same arguments, which calls the probed one and leaves.
 */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_PID_ENTRIES_PROBED
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/magic.h>
#include <linux/stat.h>

unsigned long crt_tgid_table;
unsigned long crt_tid_table;

/* The registered entries, as the kernel wants them. */
static struct crt_pid_entry crt_table[CRT_MAX_ENTRIES];

static void crt_fill_table(void)
{
	unsigned int i;

	for (i = 0; i < crt_nr_entries; i++) {
		const struct proc_pid_entry *entry = &crt_entries[i];

		crt_table[i] = (struct crt_pid_entry){
			.name = entry->name,
			.len = strlen(entry->name),
			.mode = entry->mode,
			.iop = S_ISDIR(entry->mode) ? &crt_dir_iops : NULL,
			.op = entry,	/* which crt_entry_of() finds */
		};
	}
}

static bool crt_is_table(unsigned long table)
{
	return table == crt_tgid_table || table == crt_tid_table;
}

/* Lets the probed function's caller land in @func, which leaves again. */
static int crt_redirect(struct pt_regs *regs, const void *func)
{
	if (!crt_proc_enter())
		return 0;
	instruction_pointer_set(regs, (unsigned long)func);
	return 1;
}

static struct dentry *crt_pident_lookup(struct inode *dir,
					struct dentry *dentry)
{
	struct dentry *ret;

	ret = crt_call(proc_pident_lookup)(dir, dentry, crt_table,
					   crt_table + crt_nr_entries);
	crt_proc_leave();
	return ret;
}

static int crt_probe_lookup(struct kprobe *kp, struct pt_regs *regs)
{
	const struct dentry *dentry =
		(void *)regs_get_kernel_argument(regs, 1);
	unsigned long table = regs_get_kernel_argument(regs, 2);
	unsigned int i;

	if (!crt_is_table(table))
		return 0;
	for (i = 0; i < crt_nr_entries; i++) {
		if (dentry->d_name.len == crt_table[i].len &&
		    !memcmp(dentry->d_name.name, crt_table[i].name,
			    crt_table[i].len))
			return crt_redirect(regs, crt_pident_lookup);
	}
	return 0;
}

/*
 * The position counts entries from the kernel's table on, and the function
 * takes entry number (position - 2) of its table. A table that begins @nents
 * before ours makes both count on.
 */
static int crt_pident_readdir(struct file *file, struct dir_context *ctx,
			      const void *ents, unsigned int nents)
{
	unsigned long table = (unsigned long)crt_table;
	int ret;

	table -= nents * sizeof(struct crt_pid_entry);
	ret = crt_call(proc_pident_readdir)(file, ctx, (const void *)table,
					    nents + crt_nr_entries);
	crt_proc_leave();
	return ret;
}

static int crt_probe_readdir(struct kprobe *kp, struct pt_regs *regs)
{
	const struct dir_context *ctx =
		(void *)regs_get_kernel_argument(regs, 1);
	unsigned long table = regs_get_kernel_argument(regs, 2);
	unsigned int nents = regs_get_kernel_argument(regs, 3);

	if (!crt_is_table(table) || ctx->pos < nents + 2 ||
	    ctx->pos >= nents + 2 + crt_nr_entries)
		return 0;
	return crt_redirect(regs, crt_pident_readdir);
}

static int crt_probe_open(struct kprobe *kp, struct pt_regs *regs)
{
	const struct inode *inode = (void *)regs_get_kernel_argument(regs, 0);

	if (inode->i_sb->s_magic != PROC_SUPER_MAGIC || !crt_entry_of(inode))
		return 0;
	return crt_redirect(regs, crt_open);
}

/* The kernel wants one of those that change the instruction pointer. */
static void crt_probe_post(struct kprobe *kp, struct pt_regs *regs,
			   unsigned long flags)
{
}

static struct kprobe crt_lookup_probe = {
	.symbol_name = "proc_pident_lookup",
	.pre_handler = crt_probe_lookup,
	.post_handler = crt_probe_post,
};

static struct kprobe crt_readdir_probe = {
	.symbol_name = "proc_pident_readdir",
	.pre_handler = crt_probe_readdir,
	.post_handler = crt_probe_post,
};

static struct kprobe crt_open_probe = {
	.pre_handler = crt_probe_open,
	.post_handler = crt_probe_post,
};

static struct kprobe *crt_probes[] = {
	&crt_open_probe, &crt_lookup_probe, &crt_readdir_probe,
};

/* With ftrace switched off a probe is refused with a warning and a trace. */
static bool crt_ftrace_is_off(void)
{
	unsigned long addr = crt_find_symbol("ftrace_enabled");

	return addr && !READ_ONCE(*(int *)addr);
}

/*
 * Linux 7.2 says of a probe that it could not arm that it is registered
 * (__register_kprobe() in kernel/kprobes.c). Enabling one that is registered
 * and enabled changes nothing; any other is refused.
 */
static bool crt_is_registered(struct kprobe *probe)
{
	return !enable_kprobe(probe);
}

int crt_hook_init(const struct inode *inode)
{
	unsigned int i;
	int ret;

	if (crt_ftrace_is_off()) {
		pr_err("not loaded: the sysctl kernel.ftrace_enabled is 0\n");
		return -EOPNOTSUPP;
	}
	crt_fill_table();
	crt_open_probe.addr = (void *)inode->i_fop->open;
	ret = register_kprobes(crt_probes, ARRAY_SIZE(crt_probes));
	for (i = 0; !ret && i < ARRAY_SIZE(crt_probes); i++) {
		if (crt_is_registered(crt_probes[i]))
			continue;
		ret = -ENOMEM;
		crt_hook_exit();
	}
	if (ret)
		pr_err("not loaded: cannot probe fs/proc (%d)\n", ret);
	return ret;
}

/*
 * Taking a probe away takes memory, and one for which there was none stays
 * and loses its address (kernel/kprobes.c). It must not stay: again, then.
 */
void crt_hook_exit(void)
{
	kprobe_opcode_t *addrs[ARRAY_SIZE(crt_probes)];
	unsigned int i, nr = ARRAY_SIZE(crt_probes), failed;

	while (nr) {
		for (i = 0; i < nr; i++)
			addrs[i] = crt_probes[i]->addr;
		unregister_kprobes(crt_probes, nr);
		failed = 0;
		for (i = 0; i < nr; i++) {
			struct kprobe *probe = crt_probes[i];

			if (probe->addr)
				continue;
			probe->addr = addrs[i];
			if (crt_is_registered(probe))
				crt_probes[failed++] = probe;
		}
		nr = failed;
		if (nr)
			msleep(20);
	}
}
#endif
