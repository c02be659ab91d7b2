// SPDX-License-Identifier: GPL-2.0
/* The entries of the module in /proc/PID/ and /proc/PID/task/TID/. */

#include <linux/err.h>
#include <linux/stat.h>

#include "crtools.h"
#include "proc.h"

static const struct proc_pid_entry crt_proc_table[] = {
	{
		.name = "dump",
		.mode = S_IFREG | 0600,
		.fop = &crt_dump_fops,
	}, {
		.name = "mfd",
		.mode = S_IFDIR | 0500,
		.fop = &crt_mfd_dir_fops,
		.lookup = crt_mfd_lookup,
		.link_path = crt_mfd_link_path,
	},
};

static struct proc_pid_entries *crt_registered;

int crt_proc_init(void)
{
	crt_registered = proc_register_pid_entries(crt_proc_table,
						   ARRAY_SIZE(crt_proc_table));
	return PTR_ERR_OR_ZERO(crt_registered);
}

void crt_proc_exit(void)
{
	proc_unregister_pid_entries(crt_registered);
}
