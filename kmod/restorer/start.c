// SPDX-License-Identifier: GPL-2.0
/* The way through the restorer, from the handler's block to the end. */
#include "restorer.h"
#include "offsets.h"

#define MUST_BE(condition)	extern char must_be[(condition) ? 1 : -1]

MUST_BE(offsetof(struct crt_args, ctl_fd) == OFFSET_CTL_FD);
MUST_BE(offsetof(struct crt_args, xfeatures) == OFFSET_XFEATURES);
MUST_BE(offsetof(struct crt_args_thread, xstate) == OFFSET_THREAD_XSTATE);
MUST_BE(CRT_IOC_COMMIT == COMMIT_REQUEST);
MUST_BE(sizeof(struct crt_op) == 128);
/* So a pipe holds whole reports only. */
MUST_BE(sizeof(struct crt_report) == 256);

/* The slots of a tree's program are those of all its processes. */
static void slots_share(struct restorer *r)
{
	__u64 size = r->program ? r->program->nr_slots * sizeof(__u64) : 0;
	long ret;

	if (!size)
		return;
	ret = sys_6(NR_mmap, NULL, size, PROT_READ | PROT_WRITE,
		    MAP_ANONYMOUS | MAP_SHARED, -1, 0);
	if (MAP_FAILED_(ret))
		fail_own(r, 0, ret, "memory");
	r->slots = (__u64 *)ret;
}

void crt_restorer_start(const struct crt_args *args)
{
	const struct crt_header *header = at(args->header);
	struct restorer r;

	memset(&r, 0, sizeof(r));
	r.args = args;
	r.tree = args->hdr_flags & CRT_HDR_TREE;
	r.first = true;
	r.report_fd = -1;
	signals_block();
	options_parse(&r);
	program_init(&r);
	if (r.tree) {
		signals_await_children();
		slots_share(&r);
	} else {
		/* First, so that nothing of ours can be in its place. */
		vdso_map(&r);
		protections_restore(&r);
		r.new_pid = getpid_now() != header->pid;
		r.slots = (__u64 *)at(args->scratch);
		r.tids = (__s32 *)(r.slots +
				   (r.program ? r.program->nr_slots : 0));
	}
	if (!r.tree && !args->nr_threads)
		fail_own(&r, CRT_EXIT_CORRUPT, 0, "no thread");
	interpret(&r, CRT_PHASE_PROCESS, 0);
	if (r.tree) {
		warnings_print(&r.warnings);
		exit_process(CRT_EXIT_OK);
	}
	core_image_finish(&r);
}
