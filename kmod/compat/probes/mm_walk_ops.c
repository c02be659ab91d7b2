// SPDX-License-Identifier: GPL-2.0
// variants: CRT_WALK_LOCK_NAMED CRT_WALK_LOCK_UNNAMED
#include <linux/pagewalk.h>

const struct mm_walk_ops probe = {
#ifdef CRT_WALK_LOCK_NAMED
	.walk_lock = PGWALK_RDLOCK,
#else
	.pte_entry = NULL,
#endif
};
