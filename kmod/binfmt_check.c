// SPDX-License-Identifier: GPL-2.0
/* Whether this machine can run an image, and the caller's limits allow it. */

#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/seccomp.h>
#include <linux/security.h>

#include <asm/fpu/types.h>
#include <asm/fpu/xcr.h>
#include <asm/fpu/xstate.h>
#include <asm/processor.h>
#include <asm/vdso.h>

#include "binfmt.h"

/* Regions: the restorer's three, and one for each VMA that is split. */
#define CRT_SPARE_MAPS	8

static u32 crt_vdso_crc;

void crt_check_init(void)
{
	const struct vdso_image *vdso = crt_variable(vdso64_image);

	crt_vdso_crc = ~crc32_le(~0u, vdso->data, vdso->size);
}

/* The code that the program may be in the middle of, or has addresses of. */
static int crt_check_vdso(const struct crt_mm *mm)
{
	const struct vdso_image *vdso = crt_variable(vdso64_image);
	u64 vvar_size = crt_vvar_size(vdso);

	if (!mm->vdso_base)
		return 0;
	if (mm->vdso_crc != crt_vdso_crc ||
	    mm->vdso_code - mm->vdso_base != vvar_size ||
	    mm->vdso_size != vvar_size + vdso->size)
		return -CRT_ERR_HOST;
	return 0;
}

/*
 * The handler sets it, so a filter does not see the system call that the
 * caller would need.
 */
static int crt_check_personality(const struct crt_mm *mm)
{
	if (seccomp_mode(&current->seccomp) != SECCOMP_MODE_DISABLED &&
	    mm->personality != current->personality)
		return -EPERM;
	return 0;
}

/* Bytes of an xsave area that holds the components @features. */
static u32 crt_xstate_needs(u64 features)
{
	u32 eax, ebx, ecx, edx, ret = FXSAVE_SIZE + XSAVE_HDR_SIZE;
	unsigned int i;

	for (i = 2; i < 63; i++) {
		if (!(features & BIT_ULL(i)))
			continue;
		cpuid_count(0xd, i, &eax, &ebx, &ecx, &edx);
		ret = max(ret, eax + ebx);
	}
	return ret;
}

/* XRSTOR of the area must not fault. */
static int crt_check_xstate(const struct crt_header *header,
			    const struct crt_desc *xstate)
{
	struct {
		u64 xstate_bv, xcomp_bv, reserved[6];
	} head;
	u32 mxcsr;
	u32 i;

	memcpy(&mxcsr, xstate->data + offsetof(struct fxregs_state, mxcsr),
	       sizeof(mxcsr));
	memcpy(&head, xstate->data + FXSAVE_SIZE, sizeof(head));
	if (head.xstate_bv & ~header->xfeatures || head.xcomp_bv)
		return -CRT_ERR_CORRUPT;
	for (i = 0; i < ARRAY_SIZE(head.reserved); i++)
		if (head.reserved[i])
			return -CRT_ERR_CORRUPT;
	if (mxcsr & ~READ_ONCE(*crt_variable(mxcsr_feature_mask)))
		return -CRT_ERR_HOST;
	return 0;
}

static int crt_check_fpu(const struct crt_image *image)
{
	const struct crt_header *header = &image->header;
	u32 i;
	int err;

	if (!boot_cpu_has(X86_FEATURE_OSXSAVE) ||
	    header->xfeatures & ~xgetbv(XCR_XFEATURE_ENABLED_MASK))
		return -CRT_ERR_HOST;
	if (header->xstate_size < FXSAVE_SIZE + XSAVE_HDR_SIZE ||
	    header->xstate_size < crt_xstate_needs(header->xfeatures))
		return -CRT_ERR_HOST;
	for (i = 0; i < header->nr_threads; i++) {
		err = crt_check_xstate(header, &image->threads[i].xstate);
		if (err)
			return err;
	}
	return 0;
}

int crt_check_host(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	u32 i;
	int err;

	if (crt_image_is_tree(image))
		return 0;
	err = crt_check_vdso(&image->mm);
	if (!err)
		err = crt_check_personality(&image->mm);
	if (!err)
		err = crt_check_fpu(image);
	for (i = 0; i < image->header.nr_threads && !err; i++)
		err = crt_restart_check(&image->threads[i].record);
	return err;
}

static bool crt_over(u64 bytes, unsigned int limit)
{
	return bytes > rlimit(limit);
}

int crt_check_limits(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	const struct crt_layout *layout = &exec->layout;
	u64 total = layout->size, data = layout->size, locked = 0;
	u32 i;
	int err;

	for (i = 0; i < image->nr_vmas; i++) {
		const struct crt_vma *vma = &image->vmas[i];
		bool write = crt_is_mapped_writable(vma);
		u64 size = vma->end - vma->start;

		total += size;
		/* As is_data_mapping() of the kernel has it. */
		if (write && !(vma->flags & (CRT_VMA_SHARED | CRT_VMA_GROWSDOWN)))
			data += size;
		if (write && vma->flags & CRT_VMA_EXEC &&
		    crt_mdwe(current->mm))
			return -EACCES;
		if (vma->flags & (CRT_VMA_LOCKED | CRT_VMA_LOCKONFAULT))
			locked += size;
		if (vma->flags & CRT_VMA_GROWSDOWN &&
		    crt_over(size, RLIMIT_STACK))
			return -ENOMEM;
		err = crt_call(security_mmap_addr)(vma->start);
		if (err)
			return err;
	}
	if (crt_over(total, RLIMIT_AS) || crt_over(data, RLIMIT_DATA))
		return -ENOMEM;
	if (locked && crt_over(locked, RLIMIT_MEMLOCK) &&
	    !capable(CAP_IPC_LOCK))
		return -ENOMEM;
	if (image->nr_vmas + CRT_SPARE_MAPS >
	    READ_ONCE(*crt_variable(sysctl_max_map_count)))
		return -ENOMEM;
	return 0;
}
