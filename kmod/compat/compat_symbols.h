/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How to use what symbols.h lists, which includes this at its end. No released
 * kernel gives it all to modules: the second patch of kernel-patches/ does,
 * and stock/symbols.c looks it up on kernels without it.
 *
 *   crt_call(name)(arguments)   calls the function
 *   crt_function(name)          its address, to be stored or compared with
 *   crt_function_exists(name)   false for an optional one that is not there
 *   crt_variable(name)          the address of a variable
 */
#ifndef CRT_COMPAT_SYMBOLS_H
#define CRT_COMPAT_SYMBOLS_H

#ifdef CRT_SYMBOLS_EXPORTED
#define crt_call(name)		name
#define crt_function(name)	name
#define crt_function_exists(name)	((void)(name), true)
#define crt_variable(name)	(&(name))

static inline int crt_symbols_init(void)
{
	return 0;
}
#endif

#ifdef CRT_SYMBOLS_LOOKED_UP
#include <linux/static_call.h>

/*
 * Functions are called through static calls: the call instruction is patched
 * to go straight to the function. An indirect call would fault on CPUs with
 * IBT, because the kernel overwrites the ENDBR of functions whose address it
 * never takes.
 */
#define CRT_SYMBOL(name)	DECLARE_STATIC_CALL(crt_##name, name)
#include "symbols_list.h"
#undef CRT_SYMBOL

struct crt_variables {
	struct linux_binfmt *elf_format;
	const unsigned int *mxcsr_feature_mask;
	const int *randomize_va_space;
	const int *sysctl_max_map_count;
	const struct vdso_image *vdso64_image;
};

extern struct crt_variables crt_variables;

#define crt_call(name)		static_call(crt_##name)
#define crt_function(name)	static_call_query(crt_##name)
#define crt_function_exists(name)	(!!crt_function(name))
#define crt_variable(name)	(crt_variables.name)

/*
 * Looks up all of them. Nothing is held afterwards, so there is no exit.
 * Returns 0, or -ENOENT after naming the missing one in the log.
 */
int crt_symbols_init(void);
#endif

#endif
