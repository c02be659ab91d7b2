// SPDX-License-Identifier: GPL-2.0
/* The memory map of an image: struct crt_vmas and struct crt_mm. */

#include <linux/crc32.h>
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/mmu_context.h>
#include <linux/ptrace.h>
#include <linux/sched/coredump.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "crtools.h"
#include "dump.h"

/* Private to fs/aio.c. */
#define CRT_AIO_RING_MAGIC	0xa10a10a1

static const struct {
	vm_flags_t vm;
	u32 flag;
} crt_vma_flags[] = {
	{ VM_READ, CRT_VMA_READ },
	{ VM_WRITE, CRT_VMA_WRITE },
	{ VM_EXEC, CRT_VMA_EXEC },
	{ VM_MAYSHARE, CRT_VMA_SHARED },
	{ VM_GROWSDOWN, CRT_VMA_GROWSDOWN },
	{ VM_NORESERVE, CRT_VMA_NORESERVE },
	{ VM_LOCKED, CRT_VMA_LOCKED },
	{ VM_LOCKONFAULT, CRT_VMA_LOCKONFAULT },
	{ VM_DONTCOPY, CRT_VMA_DONTFORK },
	{ VM_DONTDUMP, CRT_VMA_DONTDUMP },
	{ VM_WIPEONFORK, CRT_VMA_WIPEONFORK },
	{ VM_HUGEPAGE, CRT_VMA_HUGEPAGE },
	{ VM_NOHUGEPAGE, CRT_VMA_NOHUGEPAGE },
	{ VM_MERGEABLE, CRT_VMA_MERGEABLE },
	{ VM_SEQ_READ, CRT_VMA_SEQ_READ },
	{ VM_RAND_READ, CRT_VMA_RAND_READ },
	{ VM_ACCOUNT, CRT_VMA_ACCOUNT },
	{ VM_DROPPABLE, CRT_VMA_DROPPABLE },
};

static u32 crt_translate_flags(struct vm_area_struct *vma)
{
	u32 ret = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(crt_vma_flags); i++)
		if (vma->vm_flags & crt_vma_flags[i].vm)
			ret |= crt_vma_flags[i].flag;
	if ((vma->vm_flags & VM_MAYSHARE) && (vma->vm_flags & VM_MAYWRITE))
		ret |= CRT_VMA_MAYWRITE;
	if (vma->vm_start <= vma->vm_mm->start_stack &&
	    vma->vm_end >= vma->vm_mm->start_stack)
		ret |= CRT_VMA_STACK;
	return ret;
}

/* The name of a mapping that the kernel itself made, or NULL. */
static const char *crt_special_name(struct vm_area_struct *vma)
{
	if (vma->vm_file || !vma->vm_ops || !vma->vm_ops->name)
		return NULL;
	return vma->vm_ops->name(vma);
}

static bool crt_is_vdso(struct crt_dumper *dumper, struct vm_area_struct *vma)
{
	const char *name = crt_special_name(vma);

	if (!name || (strncmp(name, "[vvar", 5) && strcmp(name, "[vdso]")))
		return false;
	if (!dumper->vdso_base)
		dumper->vdso_base = vma->vm_start;
	if (!strcmp(name, "[vdso]")) {
		dumper->vdso_code = vma->vm_start;
		dumper->vdso_end = vma->vm_end;
	}
	return true;
}

/* Only the key that the kernel gives execute-only memory by itself. */
static bool crt_has_own_pkey(struct vm_area_struct *vma)
{
	return vma_pkey(vma) &&
	       (vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) != VM_EXEC;
}

/* What an image cannot hold. */
static int crt_check_vma(struct vm_area_struct *vma)
{
	struct inode *inode;

	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_SEALED | VM_SYNC))
		return -EOPNOTSUPP;
	/* Private memory is looked at page by page. */
	if (vma->vm_flags & VM_MAYBE_GUARD && vma->vm_flags & VM_MAYSHARE)
		return -EOPNOTSUPP;
	if (vma_policy(vma))
		return -EOPNOTSUPP;
	if (VM_SHADOW_STACK && (vma->vm_flags & VM_SHADOW_STACK))
		return -EOPNOTSUPP;
	if (userfaultfd_armed(vma) || is_vm_hugetlb_page(vma) ||
	    crt_has_own_pkey(vma))
		return -EOPNOTSUPP;
	if (vma_is_anonymous(vma))
		return 0;
	/* Other mappings of the kernel: uprobes and such. */
	if (!vma->vm_file)
		return -EOPNOTSUPP;

	inode = file_inode(vma->vm_file);
	switch (inode->i_sb->s_magic) {
	case ANON_INODE_FS_MAGIC:
	case CRT_AIO_RING_MAGIC:
	case HUGETLBFS_MAGIC:
	case SECRETMEM_MAGIC:
		return -EOPNOTSUPP;
	}
	return S_ISREG(inode->i_mode) ? 0 : -EOPNOTSUPP;
}

/*
 * Files that no path leads to. Objects of the kernel's own tmpfs mount have
 * names that tell what they are; System V shared memory is among them.
 */
static int crt_file_flags(struct file *file, u32 *ret)
{
	struct dentry *dentry = file_user_path(file)->dentry;
	const char *name = dentry->d_name.name;

	*ret = 0;
	/* The kernel's own objects are roots, for which d_unlinked() is false. */
	if (!d_unlinked(dentry) && d_inode(dentry)->i_nlink)
		return 0;
	*ret = CRT_FILE_DELETED;
	if (dentry->d_sb->s_magic != TMPFS_MAGIC ||
	    !(dentry->d_sb->s_flags & SB_KERNMOUNT))
		return 0;
	if (!strncmp(name, "memfd:", 6))
		*ret |= CRT_FILE_MEMFD;
	else if (!strcmp(name, "dev/zero"))
		*ret |= CRT_FILE_SHMEM;
	else
		return -EOPNOTSUPP;
	return 0;
}

static int crt_set_file(struct crt_dumper *dumper, struct vm_area_struct *vma,
			struct crt_vma *entry)
{
	u32 flags;
	int ret;

	ret = crt_file_flags(vma->vm_file, &flags);
	if (ret)
		return ret;
	if (!flags) {
		entry->base = CRT_BASE_FILE;
		if (!(vma->vm_flags & VM_MAYSHARE))
			flags |= CRT_FILE_CHECK;
	} else {
		entry->base = vma->vm_flags & VM_MAYSHARE ? CRT_BASE_SHMEM :
							    CRT_BASE_ANON;
	}
	entry->offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	entry->file = crt_dump_add_file(dumper, vma->vm_file, flags);
	return dumper->mapped.error;
}

static void crt_set_name(struct crt_dumper *dumper, struct vm_area_struct *vma,
			 struct crt_vma *entry)
{
	struct anon_vma_name *name;
	size_t len;
	char *text;

	name = anon_vma_name(vma);
	if (!name)
		return;
	len = strlen(name->name);
	entry->name_off = dumper->strings.len;
	entry->name_len = len;
	text = crt_buf_add(&dumper->strings, len + 1);
	if (text)
		memcpy(text, name->name, len);
}

static int crt_add_vma(struct crt_dumper *dumper, struct vm_area_struct *vma)
{
	struct crt_vma entry = {
		.start = vma->vm_start,
		.end = vma->vm_end,
		.flags = crt_translate_flags(vma),
		.base = CRT_BASE_ANON,
		.file = CRT_NO_FILE,
		.fd = -1,
	};
	struct crt_vma *added;
	int ret;

	if (crt_is_vdso(dumper, vma)) {
		entry.base = CRT_BASE_VDSO;
	} else {
		ret = crt_check_vma(vma);
		if (!ret && !vma_is_anonymous(vma))
			ret = crt_set_file(dumper, vma, &entry);
		if (ret)
			return ret;
		crt_set_name(dumper, vma, &entry);
	}
	added = crt_buf_add(&dumper->vmas, sizeof(entry));
	if (!added)
		return dumper->vmas.error;
	*added = entry;
	return crt_dump_collect_pages(dumper, vma, &entry);
}

/* Segments of its own, by modify_ldt(). */
static bool crt_has_ldt(struct mm_struct *mm)
{
#ifdef CONFIG_MODIFY_LDT_SYSCALL
	return READ_ONCE(mm->context.ldt);
#else
	return false;
#endif
}

/* Keys that nothing is mapped with yet; 0 is everybody's. */
static bool crt_has_pkeys(struct mm_struct *mm)
{
#ifdef CONFIG_X86_INTEL_MEMORY_PROTECTION_KEYS
	u32 keys = READ_ONCE(mm->context.pkey_allocation_map) & ~1u;
	s16 of_kernel = READ_ONCE(mm->context.execute_only_pkey);

	if (of_kernel > 0)
		keys &= ~(1u << of_kernel);
	return keys;
#else
	return false;
#endif
}

/* Addresses with bits that do not count: linear address masking. */
static bool crt_has_masked_addresses(struct mm_struct *mm)
{
#ifdef CONFIG_ADDRESS_MASKING
	return READ_ONCE(mm->context.lam_cr3_mask);
#else
	return false;
#endif
}

/* What the process as a whole has and an image cannot hold. */
static int crt_check_mm(struct mm_struct *mm)
{
	/* With probes, the code has breakpoints that are not the program's. */
	if (crt_has_ldt(mm) || crt_has_pkeys(mm) ||
	    crt_has_masked_addresses(mm) || mm_flags_test(MMF_HAS_UPROBES, mm))
		return -EOPNOTSUPP;
	return 0;
}

int crt_dump_collect_mm(struct crt_dumper *dumper)
{
	VMA_ITERATOR(vmi, dumper->mm, 0);
	struct vm_area_struct *vma;
	struct file *exe;
	int ret = 0;

	crt_buf_init(&dumper->loads,
		     CRT_MAX_PHDRS * sizeof(struct elf64_phdr));
	crt_buf_init(&dumper->vmas, CRT_MAX_VMAS * sizeof(struct crt_vma));
	crt_buf_init(&dumper->strings, CRT_MAX_STRINGS);

	ret = crt_check_mm(dumper->mm);
	if (ret)
		return ret;
	if (mmap_read_lock_killable(dumper->mm))
		return -EINTR;
	for_each_vma(vmi, vma) {
		ret = crt_add_vma(dumper, vma);
		if (ret)
			break;
		cond_resched();
	}
	mmap_read_unlock(dumper->mm);
	if (ret)
		return ret;

	dumper->exe = CRT_NO_FILE;
	exe = crt_call(get_mm_exe_file)(dumper->mm);
	if (exe) {
		u32 flags;

		if (!crt_file_flags(exe, &flags))
			dumper->exe = crt_dump_add_file(dumper, exe, flags);
		fput(exe);
	}
	return crt_dump_collect_files(dumper);
}

void crt_dump_free_mm(struct crt_dumper *dumper)
{
	crt_buf_free(&dumper->loads);
	crt_buf_free(&dumper->vmas);
	crt_buf_free(&dumper->strings);
	crt_dump_free_files(dumper);
}

static int crt_vdso_crc(struct crt_dumper *dumper, u32 *ret)
{
	size_t size = dumper->vdso_end - dumper->vdso_code;
	void *data;
	int got;

	if (!dumper->vdso_code)
		return 0;
	if (size > 0x100000)
		return -EOPNOTSUPP;
	data = kvmalloc(size, CRT_GFP_LARGE);
	if (!data)
		return -ENOMEM;
	got = access_process_vm(dumper->leader, dumper->vdso_code, data, size,
				FOLL_FORCE);
	if (got == size)
		*ret = ~crc32_le(~0, data, size);
	kvfree(data);
	return got == size ? 0 : -EIO;
}

static const struct {
	int state;
	u32 flag;
} crt_membarriers[] = {
	{ MEMBARRIER_STATE_GLOBAL_EXPEDITED, CRT_MB_GLOBAL_EXPEDITED },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED, CRT_MB_PRIVATE_EXPEDITED },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_SYNC_CORE,
	  CRT_MB_PRIVATE_SYNC_CORE },
	{ MEMBARRIER_STATE_PRIVATE_EXPEDITED_RSEQ, CRT_MB_PRIVATE_RSEQ },
};

int crt_dump_write_mm(struct crt_dumper *dumper)
{
	struct mm_struct *mm = dumper->mm;
	int barriers = atomic_read(&mm->membarrier_state);
	struct crt_mm *note;
	size_t i;

	note = crt_buf_own_note(&dumper->notes, CRT_NT_MM, sizeof(*note));
	if (!note)
		return dumper->notes.error;

	spin_lock(&mm->arg_lock);
	note->start_code = mm->start_code;
	note->end_code = mm->end_code;
	note->start_data = mm->start_data;
	note->end_data = mm->end_data;
	note->start_brk = mm->start_brk;
	note->brk = mm->brk;
	note->start_stack = mm->start_stack;
	note->arg_start = mm->arg_start;
	note->arg_end = mm->arg_end;
	note->env_start = mm->env_start;
	note->env_end = mm->env_end;
	spin_unlock(&mm->arg_lock);

	if (dumper->vdso_code) {
		note->vdso_base = dumper->vdso_base;
		note->vdso_size = dumper->vdso_end - dumper->vdso_base;
		note->vdso_code = dumper->vdso_code;
	}
	note->exe = dumper->exe;
	note->personality = dumper->leader->personality;
	note->dumpable = crt_dumpable(dumper->leader, mm);
	note->thp_disable = crt_thp_disable(mm);
	for (i = 0; i < ARRAY_SIZE(crt_membarriers); i++)
		if (barriers & crt_membarriers[i].state)
			note->membarrier |= crt_membarriers[i].flag;
	/* As the arguments of mlockall(): MCL_FUTURE, MCL_ONFAULT. */
	if (mm->def_flags & VM_LOCKED)
		note->mlock_future = mm->def_flags & VM_LOCKONFAULT ? 6 : 2;
	note->child_subreaper = dumper->leader->signal->is_child_subreaper;
	note->mdwe = crt_mdwe(mm);
	note->memory_merge = mm_flags_test(MMF_VM_MERGE_ANY, mm);
	return crt_vdso_crc(dumper, &note->vdso_crc);
}

int crt_dump_write_vmas(struct crt_dumper *dumper)
{
	size_t padded = ALIGN(dumper->strings.len, 8);
	struct crt_vmas *note;
	u8 *to;

	note = crt_buf_own_note(&dumper->notes, CRT_NT_VMAS,
				sizeof(*note) + dumper->vmas.len +
				dumper->files.len + padded);
	if (!note)
		return dumper->notes.error;
	note->nr_vmas = crt_buf_count(&dumper->vmas, sizeof(struct crt_vma));
	note->nr_files = crt_buf_count(&dumper->files, sizeof(struct crt_file));
	note->strings_size = padded;
	to = (u8 *)(note + 1);
	memcpy(to, dumper->vmas.data, dumper->vmas.len);
	to += dumper->vmas.len;
	memcpy(to, dumper->files.data, dumper->files.len);
	to += dumper->files.len;
	memcpy(to, dumper->strings.data, dumper->strings.len);
	return 0;
}
