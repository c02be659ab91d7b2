// SPDX-License-Identifier: GPL-2.0
// variants: CRT_SHMEM_VMA_FLAGS CRT_SHMEM_LEGACY_FLAGS
#include <linux/mm.h>
#include <linux/shmem_fs.h>

struct file *probe(void)
{
#ifdef CRT_SHMEM_VMA_FLAGS
	return shmem_file_setup("", 0, legacy_to_vma_flags(VM_NORESERVE));
#else
	unsigned long flags = VM_NORESERVE;

	return shmem_file_setup("", 0, flags);
#endif
}
