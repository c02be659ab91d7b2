// SPDX-License-Identifier: GPL-2.0
/*
 * execve() of an image: the order of it all.
 *
 * Until begin_new_exec() a bad image is an error of execve and its caller
 * lives. After it only memory can lack; then the process dies by SIGKILL.
 */

#include <linux/binfmts.h>
#include <linux/elf.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/personality.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include <asm/elf.h>

#include "binfmt.h"

/* Bits of the image's personality that shape the new address space. */
#define CRT_LAYOUT_BITS	(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT)

/* The usual distance between the stack and what mmap(2) places below it. */
#define CRT_STACK_ROOM	0x8000000ull

static int crt_read(void *context, void *buf, u32 size, u64 pos)
{
	struct file *file = context;
	loff_t at = pos;
	u32 done = 0;

	while (done < size) {
		ssize_t ret = kernel_read(file, buf + done, size - done, &at);

		if (ret < 0)
			return ret;
		if (!ret)
			return -CRT_ERR_CORRUPT;
		done += ret;
	}
	return 0;
}

/* Takes a copy of the metadata; it is read once and only the copy is used. */
static int crt_exec_read(struct crt_exec *exec)
{
	struct file *file = exec->bprm->file;
	u64 file_size = i_size_read(file_inode(file)), meta_size;
	int err;

	/* What the restorer sets must not undo what would_dump() does. */
	err = file_permission(file, MAY_READ);
	if (err)
		return err;
	err = crt_image_meta_size(crt_read, file, file_size, &meta_size);
	if (err)
		return err;
	exec->meta = kvmalloc(meta_size, CRT_GFP_LARGE);
	if (!exec->meta)
		return -ENOMEM;
	err = crt_read(file, exec->meta, meta_size, 0);
	if (err)
		return err;
	return crt_image_parse(exec->meta, meta_size, file_size,
			       TASK_SIZE_MAX, &exec->image);
}

static int crt_check_fd_room(void)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	put_unused_fd(fd);
	return 0;
}

/* Everything that may fail. */
static int crt_exec_prepare(struct crt_exec *exec)
{
	int err;

	err = crt_exec_read(exec);
	if (err)
		return err;
	err = crt_check_host(exec);
	if (err)
		return err;
	err = crt_layout_plan(exec);
	if (err)
		return err;
	err = crt_check_limits(exec);
	if (err)
		return err;
	err = crt_files_open(exec);
	if (err)
		return err;
	err = crt_check_fd_room();
	if (err)
		return err;
	err = crt_ctl_create(exec);
	if (err)
		return err;
	err = crt_map_prepare(exec);
	if (err)
		return err;
	exec->argv = kvmalloc(CRT_MAX_ARGV_BYTES, CRT_GFP_LARGE);
	return exec->argv ? 0 : -ENOMEM;
}

static void crt_exec_free(struct crt_exec *exec)
{
	if (!exec)
		return;
	crt_files_close(exec);
	if (exec->ctl_file)
		fput(exec->ctl_file);
	crt_map_unprepare(exec);
	crt_image_free(&exec->image);
	kvfree(exec->argv);
	kvfree(exec->meta);
	kfree(exec);
}

/*
 * The old program is gone after this. An image gives no rights, whatever its
 * mode and capabilities are: they are taken from a file that has none, by the
 * way binfmt_misc takes them from a script.
 */
static int crt_exec_begin(struct crt_exec *exec)
{
	struct linux_binprm *bprm = exec->bprm;

	bprm->executable = get_file(exec->ctl_file);
	bprm->execfd_creds = 1;
	return begin_new_exec(bprm);
}

static int crt_exec_empty_mm(struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	int err;

	crt_call(set_personality_64bit)();
	if (!crt_image_is_tree(image)) {
		current->personality &= ~CRT_LAYOUT_BITS;
		current->personality |= image->mm.personality &
					CRT_LAYOUT_BITS;
	}
	if (!(current->personality & ADDR_NO_RANDOMIZE) &&
	    READ_ONCE(*crt_variable(randomize_va_space)))
		current->flags |= PF_RANDOMIZE;
	setup_new_exec(exec->bprm);
	set_binfmt(crt_variable(elf_format));

	err = crt_args_copy_argv(exec);
	if (err)
		return err;
	return vm_munmap(0, TASK_SIZE);
}

/* New mappings are not to be placed where the stack is going to grow. */
static void crt_set_mmap_base(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	struct mm_struct *mm = current->mm;
	u64 room = max_t(u64, CRT_STACK_ROOM,
			 exec->bprm->rlim_stack.rlim_cur);
	u32 i;

	for (i = 0; i < image->nr_vmas; i++) {
		const struct crt_vma *vma = &image->vmas[i];

		if (!(vma->flags & CRT_VMA_STACK) || vma->end <= room ||
		    mm->mmap_base < vma->end - room || mm->mmap_base > vma->end)
			continue;
		mm->mmap_base = PAGE_ALIGN(vma->end - room);
	}
}

static void crt_set_mm_core(const struct crt_exec *exec)
{
	const struct crt_image *image = &exec->image;
	const struct crt_mm *from = &image->mm;
	struct mm_struct *mm = current->mm;
	u32 auxv_size = min_t(u32, image->auxv_desc.size,
			      sizeof(mm->saved_auxv) -
			      2 * sizeof(mm->saved_auxv[0]));

	crt_set_mmap_base(exec);
	spin_lock(&mm->arg_lock);
	mm->start_code = from->start_code;
	mm->end_code = from->end_code;
	mm->start_data = from->start_data;
	mm->end_data = from->end_data;
	mm->start_brk = from->start_brk;
	mm->brk = from->brk;
	mm->start_stack = from->start_stack;
	mm->arg_start = from->arg_start;
	mm->arg_end = from->arg_end;
	mm->env_start = from->env_start;
	mm->env_end = from->env_end;
	spin_unlock(&mm->arg_lock);

	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	memcpy(mm->saved_auxv, image->auxv_desc.data, auxv_size);

	/* Busy for writing, say: then the image stays what was executed. */
	if (exec->exe)
		crt_call(set_mm_exe_file)(mm, exec->exe);
}

/* A tree image: its command line is what it was started with. */
static void crt_set_mm_tree(const struct crt_exec *exec, u64 argv)
{
	struct mm_struct *mm = current->mm;

	spin_lock(&mm->arg_lock);
	mm->arg_start = argv;
	mm->arg_end = argv + exec->argv_size;
	mm->env_start = mm->arg_end;
	mm->env_end = mm->arg_end;
	mm->start_stack = crt_args_main_stack(exec);
	spin_unlock(&mm->arg_lock);
}

static void crt_block_signals(void)
{
	sigset_t set;

	sigfillset(&set);
	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static int crt_exec_finish(struct crt_exec *exec)
{
	bool tree = crt_image_is_tree(&exec->image);
	struct pt_regs *regs = current_pt_regs();
	int ctl_fd = -1, err;
	u64 argv;

	err = crt_exec_empty_mm(exec);
	if (err)
		return err;
	err = crt_map_all(exec);
	if (err)
		return err;
	if (!tree) {
		ctl_fd = crt_ctl_install(exec);
		if (ctl_fd < 0)
			return ctl_fd;
	}
	err = crt_args_write(exec, ctl_fd, &argv);
	if (err)
		return err;
	if (tree)
		crt_set_mm_tree(exec, argv);
	else
		crt_set_mm_core(exec);
	crt_block_signals();

	ELF_PLAT_INIT(regs, 0);
	finalize_exec(exec->bprm);
	start_thread(regs, exec->layout.base, crt_args_main_stack(exec));
	regs->di = exec->layout.data;
	return 0;
}

static int crt_load_binary(struct linux_binprm *bprm)
{
	struct crt_exec *exec;
	int err;

	if (memcmp(bprm->buf, ELFMAG, SELFMAG) ||
	    memcmp(bprm->buf + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC,
		   CRT_IDENT_MAGIC_LEN))
		return -ENOEXEC;
	/* As the interpreter of binfmt_misc: it wants a descriptor handed on. */
	if (bprm->executable || bprm->have_execfd)
		return -EINVAL;

	exec = kzalloc(sizeof(*exec), GFP_KERNEL_ACCOUNT);
	if (!exec)
		return -ENOMEM;
	exec->bprm = bprm;
	err = crt_exec_prepare(exec);
	if (!err)
		err = crt_exec_begin(exec);
	if (!err) {
		err = crt_exec_finish(exec);
		if (err)
			force_sig(SIGKILL);
	}
	crt_exec_free(exec);
	/* A shell would read the image as a script. */
	return err == -ENOEXEC ? -CRT_ERR_CORRUPT : err;
}

static struct linux_binfmt crt_format = {
	.module = THIS_MODULE,
	.load_binary = crt_load_binary,
};

void crt_binfmt_init(void)
{
	crt_check_init();
	/* Before ELF's own, which takes no core files but might one day. */
	insert_binfmt(&crt_format);
}

void crt_binfmt_exit(void)
{
	unregister_binfmt(&crt_format);
	/* Task work dropped its reference; it may still be about to return. */
	synchronize_rcu_tasks();
}
