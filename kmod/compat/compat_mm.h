/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_MM_H
#define CRT_COMPAT_MM_H

#include <linux/mm.h>
#include <linux/sched/coredump.h>
#include <linux/swap.h>

/* 6.5: the parameter vmas is gone. */
#ifdef CRT_GUP_WITH_VMAS
#define get_user_pages_remote(mm, start, nr, flags, pages, locked) \
	get_user_pages_remote(mm, start, nr, flags, pages, NULL, locked)
#endif

/* 6.5: walks say which lock they are under. */
#ifdef CRT_WALK_LOCK_NAMED
#define CRT_WALK_READ_LOCKED .walk_lock = PGWALK_RDLOCK,
#endif
#ifdef CRT_WALK_LOCK_UNNAMED
#define CRT_WALK_READ_LOCKED
#endif

/* 7.0: the flags of a mapping have a type of their own. */
#ifdef CRT_SHMEM_LEGACY_FLAGS
#define legacy_to_vma_flags(flags) (flags)
#endif

/* 6.19: what is in a page table and not present has a type of its own. */
#ifdef CRT_SOFTLEAF
#include <linux/leafops.h>
#endif
#ifdef CRT_SWP_ENTRY
#include <linux/swapops.h>
#define softleaf_t			swp_entry_t
#define softleaf_from_pte(pte)		pte_to_swp_entry(pte)
#define softleaf_from_pmd(pmd)		pmd_to_swp_entry(pmd)
#define softleaf_is_swap(entry)		(!non_swap_entry(entry))
#define softleaf_has_pfn(entry)		is_pfn_swap_entry(entry)
#define softleaf_to_page(entry)		pfn_swap_entry_to_page(entry)
#endif

/* 6.18: "except where advised" was added. As PR_GET_THP_DISABLE has it. */
#ifdef CRT_THP_DISABLE_TWO
static inline int crt_thp_disable(const struct mm_struct *mm)
{
	if (mm_flags_test(MMF_DISABLE_THP_COMPLETELY, mm))
		return 1;
	return mm_flags_test(MMF_DISABLE_THP_EXCEPT_ADVISED, mm) ? 3 : 0;
}
#endif
#ifdef CRT_THP_DISABLE_ONE
static inline int crt_thp_disable(const struct mm_struct *mm)
{
	return test_bit(MMF_DISABLE_THP, &mm->flags);
}
#endif

/* 6.18: functions for the flags of a process's memory. */
#ifdef CRT_MM_FLAGS_WORD
#define mm_flags_test(flag, mm)	test_bit(flag, &(mm)->flags)
#endif

/* 6.4: PR_SET_MEMORY_MERGE. */
#ifndef MMF_VM_MERGE_ANY
#define MMF_VM_MERGE_ANY	30
#endif

/* 6.3, 6.7: "memory deny write execute", as PR_GET_MDWE has it. */
static inline u32 crt_mdwe(const struct mm_struct *mm)
{
	u32 ret = 0;

#ifdef MMF_HAS_MDWE
	if (mm_flags_test(MMF_HAS_MDWE, mm))
		ret |= 1;
#endif
#ifdef MMF_HAS_MDWE_NO_INHERIT
	if (mm_flags_test(MMF_HAS_MDWE_NO_INHERIT, mm))
		ret |= 2;
#endif
	return ret;
}

/* 6.6, 6.10, 6.11, 6.19: these kinds of memory exist. */
#ifndef VM_SHADOW_STACK
#define VM_SHADOW_STACK	VM_NONE
#endif
#ifndef VM_SEALED
#define VM_SEALED	VM_NONE
#endif
#ifndef VM_DROPPABLE
#define VM_DROPPABLE	VM_NONE
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE	0x08
#endif
#ifndef VM_MAYBE_GUARD
#define VM_MAYBE_GUARD	VM_NONE
#endif

#endif
