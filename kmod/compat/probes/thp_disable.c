// SPDX-License-Identifier: GPL-2.0
// variants: CRT_THP_DISABLE_TWO CRT_THP_DISABLE_ONE
#include <linux/mm.h>
#include <linux/sched/coredump.h>

bool probe(struct mm_struct *mm)
{
#ifdef CRT_THP_DISABLE_TWO
	return mm_flags_test(MMF_DISABLE_THP_COMPLETELY, mm) ||
	       mm_flags_test(MMF_DISABLE_THP_EXCEPT_ADVISED, mm);
#else
	return test_bit(MMF_DISABLE_THP, &mm->flags);
#endif
}
