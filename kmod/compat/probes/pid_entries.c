// SPDX-License-Identifier: GPL-2.0
// variants: CRT_PID_ENTRIES_REGISTERED CRT_PID_ENTRIES_PROBED
#ifdef CRT_PID_ENTRIES_REGISTERED
#include <linux/proc_pid_entries.h>

struct proc_pid_entries *probe(const struct proc_pid_entry *table)
{
	return proc_register_pid_entries(table, 1);
}
#else
#include <linux/proc_fs.h>

int probe;	/* any other kernel */
#endif
