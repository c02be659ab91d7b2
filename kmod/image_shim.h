/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What image_*.c need of the kernel, and its counterpart for tests/fuzz/
 * in user space (built with -DCRT_USER_SPACE -D__KERNEL__, the second for the
 * types of crtools_format.h).
 */
#ifndef CRT_IMAGE_SHIM_H
#define CRT_IMAGE_SHIM_H

#ifndef CRT_USER_SPACE

#include <linux/align.h>
#include <linux/crc32.h>
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#define crt_crc32_le(crc, data, size)	crc32_le(crc, data, size)
#define crt_table_alloc(nr, size)					\
	kvcalloc(nr, size, GFP_KERNEL_ACCOUNT | __GFP_NOWARN)
#define crt_table_free(table)		kvfree(table)

/* Between the steps of long work. -EINTR: the caller was killed. */
static inline int crt_pause(void)
{
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

#else

#include <errno.h>
#include <linux/elf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define u8	__u8
#define u16	__u16
#define u32	__u32
#define u64	__u64
#define s32	__s32
#define s64	__s64

#define ALIGN(x, a)		crt_align(x, a)
#define IS_ALIGNED(x, a)	(((x) & ((u64)(a) - 1)) == 0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof(*(a)))
#define crt_table_free(table)	free(table)

static inline u64 crt_align(u64 x, u64 to)
{
	return (x + to - 1) & ~(to - 1);
}

static inline int crt_pause(void)
{
	return 0;
}

static inline void *crt_table_alloc(size_t nr, size_t size)
{
	return calloc(nr ? nr : 1, size);
}

/* zlib inverts before and after, the kernel's function does not. */
static inline u32 crt_crc32_le(u32 crc, const void *data, size_t size)
{
	return ~(u32)crc32_z(~crc, data, size);
}

#endif

#endif
