// SPDX-License-Identifier: GPL-2.0
// variants: CRT_COND_ACQUIRES_ONLY CRT_COND_LOCK
#include <linux/spinlock.h>

#ifdef CRT_COND_ACQUIRES_ONLY
#ifdef __cond_lock
#error "the older mark of locks"
#endif
bool probe(spinlock_t *lock) __cond_acquires(true, lock);
#else
bool probe(spinlock_t *lock)
{
	return __cond_lock(lock, true);
}
#endif
