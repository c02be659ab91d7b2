/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_MM_H
#define CRT_COMPAT_MM_H

#include <linux/mm.h>

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

/* 6.6, 6.10, 6.11: these kinds of memory exist. */
#ifndef VM_SHADOW_STACK
#define VM_SHADOW_STACK	VM_NONE
#endif
#ifndef VM_SEALED
#define VM_SEALED	VM_NONE
#endif
#ifndef VM_DROPPABLE
#define VM_DROPPABLE	VM_NONE
#endif

#endif
