// SPDX-License-Identifier: GPL-2.0
// variants: CRT_CAN_MMAP_FILE CRT_F_OP_MMAP
#include <linux/fs.h>

bool probe(struct file *file)
{
#ifdef CRT_CAN_MMAP_FILE
	return can_mmap_file(file);
#else
	return file->f_op->mmap;
#endif
}
