// SPDX-License-Identifier: GPL-2.0
// variants: CRT_RSEQ_STRUCT CRT_RSEQ_WITH_LEN CRT_RSEQ_FIXED_LEN
#include <linux/rseq.h>
#include <linux/sched.h>

u64 probe(struct task_struct *task)
{
#ifdef CRT_RSEQ_STRUCT
	return (u64)task->rseq.usrptr + task->rseq.len + task->rseq.sig;
#elif defined(CRT_RSEQ_WITH_LEN)
	return (u64)task->rseq + task->rseq_len + task->rseq_sig;
#else
	return (u64)task->rseq + sizeof(struct rseq) + task->rseq_sig;
#endif
}
