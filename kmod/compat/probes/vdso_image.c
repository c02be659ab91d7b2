// SPDX-License-Identifier: GPL-2.0
// variants: CRT_VDSO_FIXED_VVAR CRT_VDSO_SYM_VVAR
#include <linux/mm.h>
#include <asm/vdso.h>
#ifdef CRT_VDSO_FIXED_VVAR
#include <asm/vdso/vsyscall.h>
#endif

unsigned long probe(const struct vdso_image *image)
{
#ifdef CRT_VDSO_FIXED_VVAR
	return (image == &vdso64_image) + __VDSO_PAGES * PAGE_SIZE;
#else
	return (image == &vdso_image_64) - image->sym_vvar_start;
#endif
}
