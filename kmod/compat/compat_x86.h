/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRT_COMPAT_X86_H
#define CRT_COMPAT_X86_H

#include <asm/vdso.h>

/* 6.16: apart from processor.h. */
#ifdef CRT_CPUID_API_H
#include <asm/cpuid/api.h>
#endif
#ifdef CRT_CPUID_IN_PROCESSOR_H
#include <asm/processor.h>
#endif

/* 6.15: as many pages before every vdso; 7.0: the image has another name. */
#ifdef CRT_VDSO_FIXED_VVAR
#include <asm/vdso/vsyscall.h>
#define crt_vvar_size(image)	((void)(image), __VDSO_PAGES * PAGE_SIZE)
#endif
#ifdef CRT_VDSO_SYM_VVAR
#define vdso64_image vdso_image_64
#define crt_vvar_size(image)	(-(image)->sym_vvar_start)
#endif

#endif
