// SPDX-License-Identifier: GPL-2.0
// variants: CRT_MM_FLAGS_FUNCTIONS CRT_MM_FLAGS_WORD
#include <linux/mm.h>
#include <linux/sched/coredump.h>

bool probe(struct mm_struct *mm)
{
#ifdef CRT_MM_FLAGS_FUNCTIONS
	return mm_flags_test(MMF_HAS_UPROBES, mm);
#else
	return test_bit(MMF_HAS_UPROBES, &mm->flags);
#endif
}
