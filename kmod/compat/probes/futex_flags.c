// SPDX-License-Identifier: GPL-2.0
// variants: CRT_FUTEX_FLAGS_SIZED CRT_FUTEX_FLAGS_PLAIN
#include <uapi/linux/futex.h>

#ifdef CRT_FUTEX_FLAGS_SIZED
int probe = FUTEX2_SIZE_MASK;
#else
int probe = FUTEX_32;	/* its name before */
#endif
