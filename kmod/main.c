// SPDX-License-Identifier: GPL-2.0
/* Load and unload of the module; what is loaded is described in crtools.h. */

#include "crtools.h"

static int __init crt_init(void)
{
	int ret;

	ret = crt_symbols_init();
	if (ret)
		return ret;
	ret = crt_proc_init();
	if (ret)
		return ret;
	/* Last: who executes an image meanwhile is not waited for by a failure. */
	crt_binfmt_init();
	return 0;
}

static void __exit crt_exit(void)
{
	crt_binfmt_exit();
	crt_proc_exit();
}

module_init(crt_init);
module_exit(crt_exit);

MODULE_DESCRIPTION("Checkpoints of processes as executable core files");
MODULE_LICENSE("GPL");
MODULE_VERSION(CRT_VERSION);
