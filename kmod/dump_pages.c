// SPDX-License-Identifier: GPL-2.0
/* Which pages of a process are in its image, and their content. */

#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagewalk.h>

#include "crtools.h"
#include "dump.h"

/* State while the pages of one VMA are looked at. */
struct crt_walk {
	struct crt_buf *loads;
	size_t first;		/* len of loads before this VMA */
	unsigned long end;	/* of the last run, 0: none yet */
	u32 flags;		/* p_flags */
	bool anonymous;		/* whatever is mapped counts, unless it is zero */
};

static void crt_add_load(struct crt_walk *walk, unsigned long start, u64 mem,
			 u64 data)
{
	struct elf64_phdr *load = crt_buf_add(walk->loads, sizeof(*load));

	if (!load)
		return;
	load->p_type = PT_LOAD;
	load->p_flags = walk->flags;
	load->p_vaddr = start;
	load->p_memsz = mem;
	load->p_filesz = data;
	load->p_align = CRT_PAGE_SIZE;
}

/* Under a page table lock, so there must be room for a new load. */
static void crt_add_pages(struct crt_walk *walk, unsigned long start,
			  unsigned long end)
{
	if (start == walk->end && walk->loads->len > walk->first) {
		struct elf64_phdr *load = (void *)(walk->loads->data +
						   walk->loads->len);

		load--;
		load->p_memsz += end - start;
		load->p_filesz += end - start;
	} else {
		crt_add_load(walk, start, end - start, end - start);
	}
	walk->end = end;
}

static bool crt_is_own_page(struct crt_walk *walk, struct page *page)
{
	return walk->anonymous || PageAnon(page);
}

/* Most pages are found not to be zero by their first bytes. */
static bool crt_is_zero(struct page *page)
{
	const void *data = kmap_local_page(page);
	bool ret;

	ret = !*(const u64 *)data && !memchr_inv(data, 0, PAGE_SIZE);
	kunmap_local(data);
	return ret;
}

/* A page that must be in the image; zeros need not be. */
static bool crt_is_wanted(struct crt_walk *walk, struct page *page)
{
	return crt_is_own_page(walk, page) &&
	       !(walk->anonymous && crt_is_zero(page));
}

/* Not present: swapped out, being moved, or a marker. */
static int crt_is_own_leaf(struct crt_walk *walk, softleaf_t entry)
{
	if (softleaf_is_swap(entry))
		return true;
	if (softleaf_has_pfn(entry))
		return crt_is_own_page(walk, softleaf_to_page(entry));
	/* Guard regions and poisoned pages: there is no way to tell of them. */
	return -EOPNOTSUPP;
}

static int crt_walk_pte(pte_t *ptep, unsigned long addr, unsigned long next,
			struct mm_walk *mm_walk)
{
	struct crt_walk *walk = mm_walk->private;
	pte_t pte = ptep_get(ptep);
	int own;

	if (pte_none(pte))
		return 0;
	if (!pte_present(pte)) {
		own = crt_is_own_leaf(walk, softleaf_from_pte(pte));
		if (own < 0)
			return own;
	} else if (pte_special(pte)) {
		/*
		 * The zero page. Over a file it is there in place of a page
		 * that was written: KSM or userfaultfd put it there.
		 */
		own = !walk->anonymous && is_zero_pfn(pte_pfn(pte));
	} else {
		own = crt_is_wanted(walk, pfn_to_page(pte_pfn(pte)));
	}
	if (own)
		crt_add_pages(walk, addr, addr + PAGE_SIZE);
	return 0;
}

/* Large parts of huge pages are often untouched. */
static void crt_add_huge(struct crt_walk *walk, struct page *page,
			 unsigned long addr, unsigned long end)
{
	for (; addr < end; addr += PAGE_SIZE, page++)
		if (crt_is_wanted(walk, page))
			crt_add_pages(walk, addr, addr + PAGE_SIZE);
}

/*
 * Huge pages are looked at here, as the walk would split them; for the others
 * crt_walk_pte() is called next, which cannot allocate.
 */
static int crt_walk_pmd(pmd_t *pmdp, unsigned long addr, unsigned long next,
			struct mm_walk *mm_walk)
{
	struct crt_walk *walk = mm_walk->private;
	struct page *page = NULL;
	bool own = false;
	spinlock_t *lock;	/* of the page table */
	pmd_t pmd;
	int ret;

	ret = crt_buf_reserve(walk->loads, (PTRS_PER_PTE + 1) *
					   sizeof(struct elf64_phdr));
	if (ret)
		return ret;
	if (fatal_signal_pending(current))
		return -EINTR;
	cond_resched();

	lock = pmd_lock(mm_walk->mm, pmdp);
	pmd = *pmdp;
	if (pmd_none(pmd)) {
		mm_walk->action = ACTION_CONTINUE;
	} else if (!pmd_present(pmd)) {
		/* The huge page is being moved. */
		softleaf_t entry = softleaf_from_pmd(pmd);

		mm_walk->action = ACTION_CONTINUE;
		own = softleaf_has_pfn(entry) &&
		      PageAnon(softleaf_to_page(entry));
	} else if (pmd_trans_huge(pmd)) {
		mm_walk->action = ACTION_CONTINUE;
		page = pfn_to_page(pmd_pfn(pmd));
		/* The huge zero page is not anonymous. */
		if (PageAnon(page))
			get_page(page);
		else
			page = NULL;
	}
	spin_unlock(lock);
	if (own)
		crt_add_pages(walk, addr, next);
	if (page) {
		crt_add_huge(walk, page + ((addr & ~PMD_MASK) >> PAGE_SHIFT), addr, next);
		put_page(page);
	}
	return 0;
}

static const struct mm_walk_ops crt_walk_ops = {
	.pmd_entry = crt_walk_pmd,
	.pte_entry = crt_walk_pte,
	CRT_WALK_READ_LOCKED
};

/* Pages that the VMA itself owns. */
static int crt_own_pages(struct crt_walk *walk, struct vm_area_struct *vma,
			 unsigned long start, unsigned long end)
{
	if (start == end || vma->vm_flags & VM_MAYSHARE)
		return 0;
	return crt_call(walk_page_range)(vma->vm_mm, start, end, &crt_walk_ops,
					 walk);
}

/*
 * The next pages that exist in the mapped file: [*start, *end) from *start on,
 * or nothing, *start being @max. Those of tmpfs are in memory or swapped out;
 * of others all that the file has.
 */
static void crt_file_pages(struct vm_area_struct *vma, unsigned long *start,
			   unsigned long *end, unsigned long max)
{
	struct address_space *mapping = vma->vm_file->f_mapping;
	loff_t base = (loff_t)vma->vm_pgoff << PAGE_SHIFT;
	loff_t pos = base + (*start - vma->vm_start);
	loff_t last = base + (max - vma->vm_start);
	loff_t hole;

	last = round_up(min(last, i_size_read(mapping->host)), PAGE_SIZE);
	hole = last;
	if (pos < last && mapping->host->i_sb->s_magic == TMPFS_MAGIC) {
		pos = crt_call(mapping_seek_hole_data)(mapping, pos, last,
						       SEEK_DATA);
		if (pos >= 0 && pos < last)
			hole = crt_call(mapping_seek_hole_data)(mapping, pos,
								last, SEEK_HOLE);
	}
	if (pos < 0 || pos >= last || hole <= pos) {
		*start = max;
		*end = max;
		return;
	}
	*start = vma->vm_start + (round_down(pos, PAGE_SIZE) - base);
	*end = vma->vm_start + (round_up(min(hole, last), PAGE_SIZE) - base);
}

/* A file that will not be there: its pages as well as the VMA's own. */
static int crt_all_pages(struct crt_walk *walk, struct vm_area_struct *vma)
{
	unsigned long pos = vma->vm_start, start, end;
	int ret = 0;

	while (pos < vma->vm_end && !ret) {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		start = pos;
		crt_file_pages(vma, &start, &end, vma->vm_end);
		ret = crt_own_pages(walk, vma, pos, start);
		if (!ret && start < end)
			crt_add_pages(walk, start, end);
		pos = end;
	}
	return ret;
}

int crt_dump_collect_pages(struct crt_dumper *dumper,
			   struct vm_area_struct *vma,
			   const struct crt_vma *entry)
{
	struct crt_walk walk = {
		.loads = &dumper->loads,
		.first = dumper->loads.len,
		.anonymous = vma_is_anonymous(vma),
	};
	int ret = 0;

	if (vma->vm_flags & VM_READ)
		walk.flags |= PF_R;
	if (vma->vm_flags & VM_WRITE)
		walk.flags |= PF_W;
	if (vma->vm_flags & VM_EXEC)
		walk.flags |= PF_X;

	/* Debuggers read the ELF headers of [vdso]; its restore ignores them. */
	if (entry->base == CRT_BASE_VDSO) {
		if (vma->vm_start == dumper->vdso_code)
			crt_add_pages(&walk, vma->vm_start, vma->vm_end);
	} else if (entry->base == CRT_BASE_SHMEM ||
		   (entry->base == CRT_BASE_ANON &&
		    entry->file != CRT_NO_FILE)) {
		ret = crt_all_pages(&walk, vma);
	} else if (!(vma->vm_flags & VM_DROPPABLE)) {
		ret = crt_own_pages(&walk, vma, vma->vm_start, vma->vm_end);
	}
	if (ret)
		return ret;
	if (walk.loads->len == walk.first)
		crt_add_load(&walk, vma->vm_start,
			     vma->vm_end - vma->vm_start, 0);
	return walk.loads->error;
}

long crt_dump_fetch(struct crt_dump *dump, const struct elf64_phdr *load,
		    unsigned long addr, struct page **pages, long nr)
{
	/* As a debugger reads: memory without access, too. */
	unsigned int flags = load->p_flags & PF_R ? 0 : FOLL_FORCE;
	int locked = 1;
	long ret;

	if (mmap_read_lock_killable(dump->mm))
		return -EINTR;
	ret = get_user_pages_remote(dump->mm, addr, nr, flags, pages, &locked);
	if (locked)
		mmap_read_unlock(dump->mm);
	return ret ?: -EFAULT;
}
