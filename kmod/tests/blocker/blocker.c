// SPDX-License-Identifier: GPL-2.0
/*
 * Stands where a probe of the module belongs, as a live patch would: while it
 * is loaded, none that may change where a call goes can be armed there
 * (Documentation/trace/ftrace-uses.rst, FTRACE_OPS_FL_IPMODIFY).
 */
#include <linux/ftrace.h>
#include <linux/module.h>

static void blocker_called(unsigned long ip, unsigned long parent,
			   struct ftrace_ops *ops, struct ftrace_regs *regs)
{
}

static struct ftrace_ops blocker_ops = {
	.func = blocker_called,
	.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY,
};

static char blocker_place[] = "proc_pident_lookup";

static int __init blocker_init(void)
{
	int ret = ftrace_set_filter(&blocker_ops, blocker_place,
				    strlen(blocker_place), 1);

	if (!ret)
		ret = register_ftrace_function(&blocker_ops);
	if (ret)
		ftrace_free_filter(&blocker_ops);
	return ret;
}

static void __exit blocker_exit(void)
{
	unregister_ftrace_function(&blocker_ops);
	ftrace_free_filter(&blocker_ops);
}

module_init(blocker_init);
module_exit(blocker_exit);
MODULE_DESCRIPTION("Takes a place of a probe");
MODULE_LICENSE("GPL");
