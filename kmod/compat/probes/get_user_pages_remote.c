// SPDX-License-Identifier: GPL-2.0
// variants: CRT_GUP_WITHOUT_VMAS CRT_GUP_WITH_VMAS
#include <linux/mm.h>

long probe(struct mm_struct *mm, struct page **pages, int *locked)
{
#ifdef CRT_GUP_WITHOUT_VMAS
	return get_user_pages_remote(mm, 0, 1, 0, pages, locked);
#else
	return get_user_pages_remote(mm, 0, 1, 0, pages, NULL, locked);
#endif
}
