// SPDX-License-Identifier: GPL-2.0
/* Lookup of what symbols.h lists, on kernels that do not export it. */

#include "crtools.h"
#include "stock.h"

#ifdef CRT_SYMBOLS_LOOKED_UP
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/stringify.h>

#define CRT_SYMBOL(name)	DEFINE_STATIC_CALL_NULL(crt_##name, name)
#include "symbols_list.h"
#include "stock_symbols_list.h"
#undef CRT_SYMBOL

struct crt_variables crt_variables __ro_after_init;

/* Declared by the kernel's kallsyms.h, but not exported to modules. */
DEFINE_STATIC_CALL_NULL(crt_kallsyms_lookup_name, kallsyms_lookup_name);

/*
 * A kprobe may be placed on a function that is not exported, and it knows its
 * address; that is how the lookup function itself is found.
 */
static unsigned long __init crt_find_lookup(void)
{
	struct kprobe kp = {
		.symbol_name = "kallsyms_lookup_name",
		.flags = KPROBE_FLAG_DISABLED,	/* only for its address */
	};
	char name[KSYM_SYMBOL_LEN];
	unsigned long addr, offset;
	char *plus;

	if (register_kprobe(&kp))
		return 0;
	addr = (unsigned long)kp.addr;
	unregister_kprobe(&kp);

	/* The probe sits behind the ENDBR, where the kernel has one. */
	sprint_symbol(name, addr);
	plus = strstr(name, "+0x");
	if (!plus || sscanf(plus, "+0x%lx/", &offset) != 1)
		return 0;
	return addr - offset;
}

unsigned long crt_find_symbol(const char *name)
{
	return static_call(crt_kallsyms_lookup_name)(name);
}

unsigned long crt_symbol(const char *name)
{
	unsigned long addr = crt_find_symbol(name);

	if (!addr)
		pr_err("not loaded: this kernel has no symbol %s\n", name);
	return addr;
}

static void * __init crt_symbol_or(const char *name, int *ret)
{
	void *addr = (void *)crt_symbol(name);

	if (!addr)
		*ret = -ENOENT;
	return addr;
}

int __init crt_symbols_init(void)
{
	unsigned long addr = crt_find_lookup();
	int ret = 0;

	if (!addr) {
		pr_err("not loaded: kallsyms_lookup_name not found, kprobes are needed\n");
		return -ENOENT;
	}
	static_call_update(crt_kallsyms_lookup_name, (void *)addr);

#define CRT_SYMBOL(name)						\
	static_call_update(crt_##name, crt_symbol_or(__stringify(name), &ret))
#define CRT_SYMBOL_OPTIONAL(name)					\
	static_call_update(crt_##name, (void *)crt_find_symbol(__stringify(name)))
#include "symbols_list.h"
#include "stock_symbols_list.h"
#undef CRT_SYMBOL

	crt_variables.elf_format = crt_symbol_or("elf_format", &ret);
	crt_variables.mxcsr_feature_mask =
		crt_symbol_or("mxcsr_feature_mask", &ret);
	crt_variables.randomize_va_space =
		crt_symbol_or("randomize_va_space", &ret);
	crt_variables.sysctl_max_map_count =
		crt_symbol_or("sysctl_max_map_count", &ret);
	crt_variables.vdso64_image =
		crt_symbol_or(__stringify(vdso64_image), &ret);
	return ret;
}
#endif
