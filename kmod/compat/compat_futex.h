/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_FUTEX_H
#define CRT_COMPAT_FUTEX_H

#include <linux/types.h>

/* crt_thread.restart_flags of CRT_RESTART_FUTEX, the same on every kernel. */
#define CRT_FUTEX_SHARED	0x1u
#define CRT_FUTEX_REALTIME	0x2u

/* FLAGS_* of kernel/futex/futex.h; 6.7: other values, the size among them. */
#ifdef CRT_FUTEX_FLAGS_SIZED
#define CRT_KFUTEX_BASE		0x0002u
#define CRT_KFUTEX_SHARED	0x0010u
#define CRT_KFUTEX_CLOCKRT	0x0020u
#define CRT_KFUTEX_TIMEOUT	0x0040u
#endif
#ifdef CRT_FUTEX_FLAGS_PLAIN
#define CRT_KFUTEX_BASE		0x00u
#define CRT_KFUTEX_SHARED	0x01u
#define CRT_KFUTEX_CLOCKRT	0x02u
#define CRT_KFUTEX_TIMEOUT	0x04u
#endif

static inline bool crt_futex_flags_valid(u32 flags)
{
	return !(flags & ~(CRT_FUTEX_SHARED | CRT_FUTEX_REALTIME));
}

static inline u32 crt_futex_flags_to_kernel(u32 flags, bool timeout)
{
	return CRT_KFUTEX_BASE |
	       (flags & CRT_FUTEX_SHARED ? CRT_KFUTEX_SHARED : 0) |
	       (flags & CRT_FUTEX_REALTIME ? CRT_KFUTEX_CLOCKRT : 0) |
	       (timeout ? CRT_KFUTEX_TIMEOUT : 0);
}

static inline u32 crt_futex_flags_to_image(u32 flags)
{
	return (flags & CRT_KFUTEX_SHARED ? CRT_FUTEX_SHARED : 0) |
	       (flags & CRT_KFUTEX_CLOCKRT ? CRT_FUTEX_REALTIME : 0);
}

static inline bool crt_futex_flags_has_timeout(u32 flags)
{
	return flags & CRT_KFUTEX_TIMEOUT;
}

#endif
