// SPDX-License-Identifier: GPL-2.0
/* The notes of one thread: registers, xsave area, struct crt_thread. */

#include <linux/cred.h>
#include <linux/elfcore.h>
#include <uapi/linux/futex.h>

#include <linux/mm.h>
#include <linux/pid_namespace.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/rseq.h>
#include <linux/sched/cputime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include <asm/desc.h>
#include <asm/user_64.h>

#include "crtools.h"
#include "dump.h"

static const struct user_regset *crt_regset(struct task_struct *task,
					    unsigned int type)
{
	const struct user_regset_view *view = task_user_regset_view(task);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == type)
			return &view->regsets[i];
	return NULL;
}

static int crt_get_regset(struct task_struct *task, unsigned int type,
			  void *data, size_t size)
{
	const struct user_regset *regset = crt_regset(task, type);
	int ret;

	if (!regset)
		return -EIO;
	ret = regset_get(task, regset, size, data);
	if (ret < 0)
		return ret;
	return ret == size ? 0 : -EIO;
}

/*
 * Where the CPU had FSGSBASE, both are what the thread set. Where it had not, a
 * selector that is not 0 has the base of a segment, and a thread that can be
 * dumped has made none: crt_check_thread(), crt_check_mm().
 */
static u64 crt_segment_base(u16 selector, u64 base)
{
	return boot_cpu_has(X86_FEATURE_FSGSBASE) || !selector ? base : 0;
}

/*
 * The kernel's own way to the bases looks into the thread's LDT, by a pointer
 * to memory that a thread which was let go gives up when it ends.
 */
static int crt_get_registers(struct task_struct *task,
			     struct user_regs_struct *ret)
{
	const struct thread_struct *thread = &task->thread;
	int error;

	error = crt_get_regset(task, NT_PRSTATUS, ret,
			       offsetof(struct user_regs_struct, fs_base));
	ret->fs = READ_ONCE(thread->fsindex);
	ret->gs = READ_ONCE(thread->gsindex);
	ret->ds = thread->ds;
	ret->es = thread->es;
	ret->fs_base = crt_segment_base(ret->fs, thread->fsbase);
	ret->gs_base = crt_segment_base(ret->gs, thread->gsbase);
	return error;
}

/*
 * The FPU state of a thread that runs a guest of KVM is memory of the guest's,
 * which may go. One that was let go meanwhile must not be looked at.
 */
static int crt_get_fpu_regset(struct task_struct *task, unsigned int type,
			      void *data, size_t size)
{
	struct sighand_struct *sighand;
	unsigned long flags;
	int ret;

	sighand = crt_lock_sighand(task, &flags);
	if (!sighand)
		return -ESRCH;
	ret = crt_is_stopped(task) ? crt_get_regset(task, type, data, size) :
				     -EBUSY;
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return ret;
}

static bool crt_has_mempolicy(struct task_struct *task)
{
#ifdef CONFIG_NUMA
	return READ_ONCE(task->mempolicy);
#else
	return false;
#endif
}

/* Keys that end with the thread or the process; a session's are the caller's. */
static bool crt_has_keyrings(struct task_struct *task)
{
	bool ret = false;
#ifdef CONFIG_KEYS
	const struct cred *cred = get_task_cred(task);

	ret = cred->thread_keyring || cred->process_keyring;
	put_cred(cred);
#endif
	return ret;
}

/* What a thread may have that an image cannot hold. */
static int crt_check_thread(struct task_struct *task,
			    const struct task_struct *leader)
{
	u32 i;

	if (task_user_regset_view(task)->e_machine != EM_X86_64 ||
	    test_tsk_thread_flag(task, TIF_ADDR32))
		return -EOPNOTSUPP;
	if (task->seccomp.mode || task->thread.iopl_emul ||
	    test_tsk_thread_flag(task, TIF_IO_BITMAP))
		return -EOPNOTSUPP;
	for (i = 0; i < GDT_ENTRY_TLS_ENTRIES; i++)
		if (!desc_empty(&task->thread.tls_array[i]))
			return -EOPNOTSUPP;
	if (test_task_syscall_work(task, SYSCALL_USER_DISPATCH) ||
	    test_tsk_thread_flag(task, TIF_NOTSC) ||
	    test_tsk_thread_flag(task, TIF_NOCPUID))
		return -EOPNOTSUPP;
	/* PR_MCE_KILL, PR_SET_IO_FLUSHER. */
	if (task->flags & (PF_MCE_PROCESS | PF_MCE_EARLY | PF_LOCAL_THROTTLE))
		return -EOPNOTSUPP;
	if (task->personality != leader->personality ||
	    crt_has_mempolicy(task) || crt_has_keyrings(task))
		return -EOPNOTSUPP;
	return 0;
}

/*
 * A thread that was stopped inside a restartable sequence must not go on
 * there: it continues at the abort handler, as after any preemption.
 */
static int crt_abort_rseq(struct task_struct *task,
			  struct user_regs_struct *regs)
{
	u64 user = (unsigned long)crt_rseq_ptr(task);
	struct rseq_cs section;
	u64 address;
	u32 sig;

	if (!user)
		return 0;
	if (access_process_vm(task, user + offsetof(struct rseq, rseq_cs),
			      &address, sizeof(address),
			      FOLL_FORCE) != sizeof(address))
		return -EFAULT;
	if (!address)
		return 0;
	/* What follows is up to the program; the kernel would kill it. */
	if (access_process_vm(task, address, &section, sizeof(section),
			      FOLL_FORCE) != sizeof(section) ||
	    section.version ||
	    regs->ip - section.start_ip >= section.post_commit_offset ||
	    section.abort_ip - section.start_ip < section.post_commit_offset ||
	    section.abort_ip < sizeof(sig) || section.abort_ip >= TASK_SIZE_MAX)
		return 0;
	if (access_process_vm(task, section.abort_ip - sizeof(sig), &sig,
			      sizeof(sig), FOLL_FORCE) != sizeof(sig) ||
	    sig != crt_rseq_sig(task))
		return 0;
	regs->ip = section.abort_ip;
	return 0;
}

static int crt_write_prstatus(struct crt_dumper *dumper,
			      struct task_struct *task)
{
	struct pid_namespace *ns = crt_dump_pid_ns(dumper);
	struct elf_prstatus_common *common;
	struct elf_prstatus *note;
	u64 utime, stime;
	int ret;

	BUILD_BUG_ON(sizeof(note->pr_reg) != sizeof(struct user_regs_struct));
	note = crt_buf_note(&dumper->notes, "CORE", NT_PRSTATUS, sizeof(*note));
	if (!note)
		return dumper->notes.error;
	common = &note->common;
	common->pr_sigpend = task->pending.signal.sig[0];
	common->pr_sighold = task->blocked.sig[0];
	common->pr_pid = task_pid_nr_ns(task, ns);
	common->pr_ppid = task_ppid_nr_ns(task, ns);
	common->pr_pgrp = task_pgrp_nr_ns(task, ns);
	common->pr_sid = task_session_nr_ns(task, ns);
	task_cputime_adjusted(task, &utime, &stime);
	common->pr_utime = ns_to_kernel_old_timeval(utime);
	common->pr_stime = ns_to_kernel_old_timeval(stime);
	common->pr_cutime = ns_to_kernel_old_timeval(task->signal->cutime);
	common->pr_cstime = ns_to_kernel_old_timeval(task->signal->cstime);
	note->pr_fpvalid = 1;

	ret = crt_get_registers(task, (struct user_regs_struct *)&note->pr_reg);
	if (ret)
		return ret;
	return crt_abort_rseq(task, (struct user_regs_struct *)&note->pr_reg);
}

static int crt_write_fpregs(struct crt_dumper *dumper,
			    struct task_struct *task)
{
	const struct user_regset *regset = crt_regset(task, NT_PRFPREG);
	size_t size;
	void *desc;

	if (!regset)
		return -EOPNOTSUPP;
	size = regset->n * regset->size;
	desc = crt_buf_note(&dumper->notes, "CORE", NT_PRFPREG, size);
	if (!desc)
		return dumper->notes.error;
	return crt_get_fpu_regset(task, NT_PRFPREG, desc, size);
}

/* All threads have areas of the same size; CPUs without xsave have none. */
static int crt_write_xstate(struct crt_dumper *dumper,
			    struct task_struct *task)
{
	const struct user_regset *regset = crt_regset(task, NT_X86_XSTATE);
	size_t size;
	void *desc;

	if (!regset || !regset->active || regset->active(task, regset) <= 0)
		return 0;
	size = regset->n * regset->size;
	if (size > CRT_MAX_XSTATE)
		return -EOPNOTSUPP;
	desc = crt_buf_note(&dumper->notes, "LINUX", NT_X86_XSTATE, size);
	if (!desc)
		return dumper->notes.error;
	dumper->xstate_size = size;
	return crt_get_fpu_regset(task, NT_X86_XSTATE, desc, size);
}

static void crt_fill_signals(struct task_struct *task, struct crt_thread *to)
{
	to->sigmask = task->blocked.sig[0] &
		      ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	if (test_tsk_restore_sigmask(task)) {
		to->flags |= CRT_THR_RESTORE_SIGMASK;
		to->saved_sigmask = task->saved_sigmask.sig[0] &
				    ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	}
	if (task->signal->flags & SIGNAL_STOP_STOPPED)
		to->flags |= CRT_THR_STOPPED;
	to->altstack_sp = task->sas_ss_sp;
	to->altstack_size = task->sas_ss_size;
	to->altstack_flags = task->sas_ss_flags;
	if (!task->sas_ss_size)
		to->altstack_flags |= SS_DISABLE;
}

static void crt_fill_thread(struct crt_dumper *dumper,
			    struct task_struct *task, struct crt_thread *to)
{
	to->tid = task_pid_nr_ns(task, crt_dump_pid_ns(dumper));
	crt_fill_signals(task, to);
	to->rseq_ptr = (unsigned long)crt_rseq_ptr(task);
	if (to->rseq_ptr) {
		to->rseq_len = crt_rseq_len(task);
		to->rseq_sig = crt_rseq_sig(task);
	}
	to->robust_list = (unsigned long)crt_robust_list(task);
	if (to->robust_list)
		to->robust_list_len = sizeof(struct robust_list_head);
	to->clear_child_tid = (unsigned long)task->clear_child_tid;
	to->pdeath_signal = task->pdeath_signal;
	rcu_read_lock();
	to->securebits = __task_cred(task)->securebits;
	rcu_read_unlock();
	to->no_new_privs = task_no_new_privs(task);
	to->timer_slack_ns = task->timer_slack_ns;
	BUILD_BUG_ON(sizeof(to->comm) != TASK_COMM_LEN);
	strscpy_pad((char *)to->comm, task->comm, sizeof(to->comm));
}

static int crt_write_record(struct crt_dumper *dumper,
			    struct task_struct *task,
			    const struct crt_queue *queue)
{
	size_t size = queue->nr * sizeof(siginfo_t);
	struct crt_thread *note;

	note = crt_buf_own_note(&dumper->notes, CRT_NT_THREAD,
				sizeof(*note) + size);
	if (!note)
		return dumper->notes.error;
	note->nr_pending = queue->nr;
	memcpy(note + 1, dumper->siginfos.data +
			 queue->first * sizeof(siginfo_t), size);
	crt_fill_thread(dumper, task, note);
	return crt_dump_restart(dumper, task, note);
}

static char crt_state_name(u32 index)
{
	return index < 6 ? "RSDTZW"[index] : '.';
}

static int crt_write_psinfo(struct crt_dumper *dumper)
{
	struct task_struct *task = dumper->leader;
	struct pid_namespace *ns = crt_dump_pid_ns(dumper);
	const struct cred *cred;
	struct elf_prpsinfo *note;
	size_t size, i;
	int got;

	note = crt_buf_note(&dumper->notes, "CORE", NT_PRPSINFO, sizeof(*note));
	if (!note)
		return dumper->notes.error;
	note->pr_state = 3;
	note->pr_sname = crt_state_name(note->pr_state);
	note->pr_nice = task_nice(task);
	note->pr_flag = task->flags;
	rcu_read_lock();
	cred = __task_cred(task);
	note->pr_uid = from_kuid_munged(cred->user_ns, cred->uid);
	note->pr_gid = from_kgid_munged(cred->user_ns, cred->gid);
	rcu_read_unlock();
	note->pr_ppid = task_ppid_nr_ns(task, ns);
	note->pr_pid = task_tgid_nr_ns(task, ns);
	note->pr_pgrp = task_pgrp_nr_ns(task, ns);
	note->pr_sid = task_session_nr_ns(task, ns);
	BUILD_BUG_ON(sizeof(note->pr_fname) != TASK_COMM_LEN);
	strscpy_pad(note->pr_fname, task->comm, sizeof(note->pr_fname));

	size = min_t(u64, dumper->mm->arg_end - dumper->mm->arg_start,
		     sizeof(note->pr_psargs) - 1);
	got = access_process_vm(task, dumper->mm->arg_start, note->pr_psargs,
				size, FOLL_FORCE);
	for (i = 0; i + 1 < got; i++)
		if (!note->pr_psargs[i])
			note->pr_psargs[i] = ' ';
	return 0;
}

static int crt_write_siginfo(struct crt_dumper *dumper)
{
	if (!crt_buf_note(&dumper->notes, "CORE", NT_SIGINFO,
			  sizeof(siginfo_t)))
		return dumper->notes.error;
	return 0;
}

static int crt_write_auxv(struct crt_dumper *dumper)
{
	const unsigned long *auxv = dumper->mm->saved_auxv;
	size_t nr = 0, max = ARRAY_SIZE(dumper->mm->saved_auxv) - 1;
	void *desc;

	while (nr < max && auxv[nr] != AT_NULL)
		nr += 2;
	nr += 2;
	if (nr > 2 * CRT_MAX_AUXV)
		return -EOPNOTSUPP;
	desc = crt_buf_note(&dumper->notes, "CORE", NT_AUXV,
			    nr * sizeof(*auxv));
	if (!desc)
		return dumper->notes.error;
	memcpy(desc, auxv, nr * sizeof(*auxv));
	return 0;
}

/* Notes of the process that debuggers expect behind the first NT_PRSTATUS. */
static int crt_write_process(struct crt_dumper *dumper)
{
	int ret;

	ret = crt_write_psinfo(dumper);
	if (!ret)
		ret = crt_write_siginfo(dumper);
	if (!ret)
		ret = crt_write_auxv(dumper);
	if (!ret)
		ret = crt_dump_write_file_note(dumper);
	return ret;
}

int crt_dump_write_thread(struct crt_dumper *dumper, u32 index)
{
	struct task_struct *task = dumper->threads[index];
	int ret;

	ret = crt_check_thread(task, dumper->leader);
	if (!ret)
		ret = crt_write_prstatus(dumper, task);
	if (!ret && !index)
		ret = crt_write_process(dumper);
	if (!ret)
		ret = crt_write_record(dumper, task,
				       &dumper->queues[1 + index]);
	if (!ret)
		ret = crt_write_fpregs(dumper, task);
	if (!ret)
		ret = crt_write_xstate(dumper, task);
	return ret;
}
