// SPDX-License-Identifier: GPL-2.0
/* What belongs to the process as a whole and system calls can set. */
#include "restorer.h"

/*
 * The kernel takes the address for a wish (arch/x86/entry/vdso/vma.c), and
 * answers the size: whether the wish came true is seen at the old place.
 * Nothing else of the image is there.
 */
void vdso_map(struct restorer *r)
{
	const struct crt_mm *mm = at(r->args->mm);
	unsigned char resident;
	long ret;

	if (!mm || !mm->vdso_base)
		return;
	ret = sys_2(NR_arch_prctl, ARCH_MAP_VDSO_64, mm->vdso_base);
	if (ret < 0)
		fail_own(r, CRT_EXIT_HOST, ret, "vdso");
	ret = sys_3(NR_mincore, mm->vdso_code, CRT_PAGE_SIZE, &resident);
	if (ret < 0)
		fail_own(r, CRT_EXIT_HOST, ret, "vdso at its old address");
}

/* The handler leaves these writable, which is how the kernel accounts them. */
void protections_restore(struct restorer *r)
{
	const struct crt_vmas *vmas = at(r->args->vmas);
	const struct crt_vma *vma;
	__u32 i;

	if (!vmas)
		return;
	vma = (const void *)(vmas + 1);
	for (i = 0; i < vmas->nr_vmas; i++, vma++) {
		/* CRT_VMA_READ, WRITE and EXEC are PROT_* themselves. */
		__u32 prot = vma->flags & 7;
		long ret;

		if (!(vma->flags & CRT_VMA_ACCOUNT) ||
		    vma->flags & (CRT_VMA_SHARED | CRT_VMA_WRITE))
			continue;
		ret = sys_3(NR_mprotect, vma->start, vma->end - vma->start,
			    prot);
		if (ret < 0)
			fail_own(r, CRT_EXIT_FAILED, ret, "protection");
	}
}

static void membarrier_register(struct restorer *r, __u32 registered)
{
	/* Commands of membarrier(2) by the bit of CRT_MB_*. */
	static const unsigned short commands[] = { 1 << 2, 1 << 4, 1 << 6,
						   1 << 8 };
	__u32 i;
	long ret;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (!(registered & (1u << i)))
			continue;
		ret = sys_3(NR_membarrier, commands[i], 0, 0);
		if (ret < 0)
			warn(r, "membarrier registration", -ret);
	}
}

static void names_restore(struct restorer *r)
{
	const struct crt_vmas *vmas = at(r->args->vmas);
	const struct crt_vma *vma;
	const char *strings;
	__u32 i;
	long ret;

	if (!vmas)
		return;
	vma = (const void *)(vmas + 1);
	strings = (const char *)(vma + vmas->nr_vmas) +
		  vmas->nr_files * sizeof(struct crt_file);
	for (i = 0; i < vmas->nr_vmas; i++, vma++) {
		char name[81];
		__u32 length = vma->name_len;

		if (!length)
			continue;
		if (length > sizeof(name) - 1)
			length = sizeof(name) - 1;
		memcpy(name, strings + vma->name_off, length);
		name[length] = '\0';
		ret = sys_5(NR_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME,
			    vma->start, vma->end - vma->start, name);
		if (ret < 0)
			warn(r, "names of memory areas", -ret);
	}
}

/* AMX tiles of a thread need a permission that the process asks for. */
static void tiles_permit(struct restorer *r)
{
	const struct crt_args_thread *threads = at(r->args->threads);
	__u32 i;

	for (i = 0; i < r->args->nr_threads; i++) {
		const __u64 *header = at(threads[i].xstate + 512);
		long ret;

		if (!threads[i].xstate ||
		    !(*header & (1ull << XFEATURE_XTILEDATA)))
			continue;
		ret = sys_2(NR_arch_prctl, ARCH_REQ_XCOMP_PERM,
			    XFEATURE_XTILEDATA);
		if (ret < 0)
			fail_own(r, CRT_EXIT_HOST, ret, "AMX tiles");
		return;
	}
}

/* Nothing that comes after this makes memory executable. */
static void mdwe_restore(struct restorer *r, __u32 wanted)
{
	long now = sys_5(NR_prctl, PR_GET_MDWE, 0, 0, 0, 0);
	long ret;

	if (now < 0)
		now = 0;	/* a kernel that does not know it */
	if (now == wanted)
		return;
	ret = sys_5(NR_prctl, PR_SET_MDWE, wanted, 0, 0, 0);
	/* It cannot be taken back: the caller's stays. */
	if (ret < 0 && now)
		warn(r, "denied write and execute", -ret);
	else if (ret < 0)
		fail_own(r, CRT_EXIT_HOST, ret, "denied write and execute");
}

void process_restore(struct restorer *r)
{
	const struct crt_mm *mm = at(r->args->mm);
	long ret;

	tiles_permit(r);
	if (!mm)
		return;
	ret = sys_2(NR_prctl, PR_SET_CHILD_SUBREAPER,
		    mm->child_subreaper ? 1 : 0);
	if (ret < 0)
		fail_own(r, 0, ret, "child subreaper");
	/* The first bit is the setting, the others its flags. */
	ret = sys_5(NR_prctl, PR_SET_THP_DISABLE, mm->thp_disable & 1,
		    mm->thp_disable & ~1, 0, 0);
	if (ret < 0 && mm->thp_disable)
		warn(r, "huge page setting", -ret);
	membarrier_register(r, mm->membarrier);
	names_restore(r);
	if (mm->mlock_future) {
		ret = sys_1(NR_mlockall, mm->mlock_future);
		if (ret < 0)
			warn(r, "locking of future memory", -ret);
	}
	if (mm->memory_merge) {
		ret = sys_5(NR_prctl, PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
		if (ret < 0)
			warn(r, "merging of memory", -ret);
	}
	mdwe_restore(r, mm->mdwe);
}

/*
 * After the credentials, as setting those sets it too. 2 cannot be asked for:
 * the nearest is 0, unless the kernel has given 2 already.
 */
void dumpable_restore(struct restorer *r)
{
	const struct crt_mm *mm = at(r->args->mm);
	long now = sys_1(NR_prctl, PR_GET_DUMPABLE);
	long ret;

	if (!mm || now == mm->dumpable)
		return;
	ret = sys_2(NR_prctl, PR_SET_DUMPABLE, mm->dumpable == 1);
	if (ret < 0)
		warn(r, "dumpable flag", -ret);
}
