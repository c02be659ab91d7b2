/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before every source file of the module. The sources are written
 * for the newest kernel; what older ones lack is added here, each difference
 * found by a probe (see README) and noted with the kernel that changed it.
 */
#ifndef CRT_COMPAT_H
#define CRT_COMPAT_H

/* Here, because it must come before the first header of the kernel. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#ifndef CRT_COMPAT_PROBING
#include "config.h"

/* One header per subsystem. */
#include "compat_fs.h"
#include "compat_mm.h"
#include "compat_sched.h"
#include "compat_futex.h"
#include "compat_x86.h"
#include "compat_proc.h"
#endif

#endif
