// SPDX-License-Identifier: GPL-2.0
/*
 * The interpreter of the restore program. The program is data with the rights
 * of whoever executes it; its offsets are checked for clean errors only.
 */
#include "restorer.h"
#include "fork.h"

static void program_bad(struct restorer *r) __attribute__((noreturn));

static void program_bad(struct restorer *r)
{
	fail_own(r, CRT_EXIT_CORRUPT, 0, "its restore program is damaged");
}

void program_init(struct restorer *r)
{
	const struct crt_program *program = at(r->args->program);
	__u64 size = r->args->program_size;

	if (!program)
		return;
	if (size < sizeof(*program) ||
	    program->nr_ops > CRT_MAX_OPS ||
	    program->nr_slots > CRT_MAX_SLOTS ||
	    program->data_size > CRT_MAX_DATA ||
	    size < sizeof(*program) +
		   program->nr_ops * sizeof(struct crt_op) +
		   program->data_size)
		program_bad(r);
	r->program = program;
	r->ops = (const void *)(program + 1);
	r->data = (const void *)(r->ops + program->nr_ops);
	if (!r->tree)
		r->report_fd = program->report_fd;
}

static __u64 operand(struct restorer *r, __u32 pc, int i)
{
	const struct crt_arg *arg = &r->ops[pc].args[i];

	switch ((enum crt_arg_type)arg->type) {
	case CRT_ARG_NONE:
		return 0;
	case CRT_ARG_IMM:
		return arg->value;
	case CRT_ARG_DATA:
		if (arg->value > r->program->data_size)
			program_bad(r);
		return (__u64)r->data + arg->value;
	case CRT_ARG_SLOT:
	case CRT_ARG_SLOT_ADDR:
		if (arg->value >= r->program->nr_slots)
			program_bad(r);
		if (arg->type == CRT_ARG_SLOT_ADDR)
			return (__u64)&r->slots[arg->value];
		return __atomic_load_n(&r->slots[arg->value],
				       __ATOMIC_ACQUIRE);
	case CRT_ARG_OPTION:
		return arg->value < 32 && (r->options & (1u << arg->value));
	case CRT_ARG_NR_DIRFD:
		break;
	}
	program_bad(r);
}

static void store(struct restorer *r, __u32 pc, __u64 value)
{
	__u32 slot = r->ops[pc].slot;

	if (slot == CRT_NO_SLOT)
		return;
	if (slot >= r->program->nr_slots)
		program_bad(r);
	__atomic_store_n(&r->slots[slot], value, __ATOMIC_RELEASE);
}

static bool has_label(const struct restorer *r, __u32 pc)
{
	return r->ops[pc].label < r->program->data_size;
}

/* The op's label, or words made up for an op without one. */
static void label_of(const struct restorer *r, __u32 pc, struct text *text)
{
	if (has_label(r, pc)) {
		text_add(text, r->data + r->ops[pc].label);
		return;
	}
	text_add_process(text, r);
	text_add(text, ": operation ");
	text_add_number(text, pc);
}

/* An op that did not do its work: pass over, warn or end, as its flags say. */
static void op_failed(struct restorer *r, __u32 pc, int exit_code, long error)
{
	const struct crt_op *op = &r->ops[pc];
	char label[CRT_REPORT_TEXT];
	struct text text;

	if (op->flags & CRT_OPF_MAY_FAIL)
		return;
	text_init(&text, label, sizeof(label));
	label_of(r, pc, &text);
	if (op->flags & CRT_OPF_WARN) {
		warn(r, label, error);
		return;
	}
	if (op->exit_code)
		exit_code = op->exit_code;
	/* The file is there, but the caller may not have it. */
	if (exit_code == CRT_EXIT_CHANGED && (error == EACCES || error == EPERM))
		exit_code = CRT_EXIT_PERMISSION;
	fail(r, pc, exit_code, error, label);
}

static bool compare(struct restorer *r, __u32 pc)
{
	__u64 a = operand(r, pc, 0), b = operand(r, pc, 1);

	switch ((enum crt_cmp)r->ops[pc].nr) {
	case CRT_CMP_EQ:
		return a == b;
	case CRT_CMP_NE:
		return a != b;
	case CRT_CMP_LT:
		return (__s64)a < (__s64)b;
	case CRT_CMP_GE:
		return (__s64)a >= (__s64)b;
	case CRT_CMP_MEM_EQ:
		return !memcmp(at(a), at(b), operand(r, pc, 2));
	}
	program_bad(r);
}

/* The supervisor need not watch a process that leaves because it should. */
static void leave(struct restorer *r, int code) __attribute__((noreturn));

static void leave(struct restorer *r, int code)
{
	if (r->tree && !code)
		report(r, CRT_REPORT_ENDED, CRT_NO_OP, code, 0, "");
	exit_process(code);
}

static void op_syscall(struct restorer *r, __u32 pc)
{
	const struct crt_op *op = &r->ops[pc];
	__u64 args[6];
	long ret;
	int i;

	for (i = 0; i < 6; i++)
		args[i] = operand(r, pc, i);
	if (op->nr == NR_exit_group)
		leave(r, args[0]);
	ret = syscall6(op->nr, args[0], args[1], args[2], args[3], args[4],
		       args[5]);
	store(r, pc, ret);
	if (CRT_IS_ERROR(ret))
		op_failed(r, pc, 0, -ret);
}

/* Answers true in the child. */
static bool op_fork(struct restorer *r, __u32 pc)
{
	const struct crt_op *op = &r->ops[pc];
	__u64 report_to = operand(r, pc, 2);
	struct fork_wish wish = {
		.pid = operand(r, pc, 0),
		.flags = operand(r, pc, 1),
		.may_differ = op->flags & CRT_OPF_WARN,
		.report_fd = op->args[2].type == CRT_ARG_NONE ?
			     -1 : (__s32)report_to,
	};
	bool denied = false;
	__s32 pid;
	long ret;

	if (r->options & (1u << CRT_OPTION_NEW_PIDS) &&
	    !(wish.flags & CLONE_NEWPID))
		wish.pid = 0;
	ret = fork_process(r, &wish, &pid, &denied);
	/* In a new pid namespace the child's own number is another one. */
	if (ret >= 0 && !(ret == 0 && (wish.flags & CLONE_NEWPID)))
		store(r, pc, pid);
	if (ret < 0) {
		store(r, pc, ret);
		fail_fork(r, pc, wish.pid, ret);
	}
	if (denied && ret > 0)
		op_failed(r, pc, 0, EPERM);
	return ret == 0;
}

static void op_stage(struct restorer *r, __u32 pc)
{
	unsigned char go = 0;
	long n;

	if (report(r, CRT_REPORT_DONE, pc, 0, 0, "") < 0)
		exit_process(CRT_EXIT_FAILED);
	n = sys_retry(sys_3(NR_read, operand(r, pc, 0), &go, 1));
	/* The supervisor has given up and knows why, or is gone. */
	if (!n)
		exit_process(CRT_EXIT_FAILED);
	if (n < 0) {
		op_failed(r, pc, 0, -n);
		exit_process(CRT_EXIT_FAILED);
	}
	if (go == CRT_GO_STOPPED)
		r->stop = true;
	store(r, pc, go);
}

static void op_write(struct restorer *r, __u32 pc)
{
	__u64 from = operand(r, pc, 1), left = operand(r, pc, 2);
	long ret = 0;

	while (left) {
		ret = sys_retry(sys_3(NR_write, operand(r, pc, 0), from,
				      left));
		if (ret <= 0)
			break;
		from += ret;
		left -= ret;
	}
	store(r, pc, ret);
	if (left)
		op_failed(r, pc, ret == -ENOSPC ? CRT_EXIT_NO_SPACE : 0,
			  ret < 0 ? -ret : EIO);
}

static void op_result(struct restorer *r, __u32 pc, long ret)
{
	store(r, pc, ret);
	if (ret < 0)
		op_failed(r, pc, ret == -ENOSPC ? CRT_EXIT_NO_SPACE : 0, -ret);
}

static void op_supervise(struct restorer *r, __u32 pc)
{
	__u64 nr_stages = operand(r, pc, 2);
	const struct crt_arg *upstream = &r->ops[pc].args[5];

	if (nr_stages > CRT_MAX_OPS)
		program_bad(r);
	supervise(r, operand(r, pc, 0), at(operand(r, pc, 1)), nr_stages,
		  operand(r, pc, 3), operand(r, pc, 4),
		  upstream->type == CRT_ARG_NONE ?
		  -1 : (__s32)operand(r, pc, 5));
}

void interpret(struct restorer *r, enum crt_phase phase, __u32 thread)
{
	__u32 end = r->program ? r->program->nr_ops : 0;
	bool forked = false;
	__u32 pc;

	for (pc = 0; pc < end; pc++) {
		const struct crt_op *op = &r->ops[pc];

		if (op->phase != phase ||
		    (phase == CRT_PHASE_THREAD &&
		     op->thread != CRT_ALL_THREADS && op->thread != thread))
			continue;
		if (op->skip > end - pc - 1)
			program_bad(r);
		switch ((enum crt_op_code)op->code) {
		case CRT_OP_SYSCALL:
			op_syscall(r, pc);
			break;
		case CRT_OP_FORK:
			if (op_fork(r, pc)) {
				end = pc + 1 + op->skip;
				forked = true;
			} else {
				pc += op->skip;
			}
			break;
		case CRT_OP_EXEC:
			op_failed(r, pc, 0, exec_image(r, pc,
						       operand(r, pc, 0),
						       at(operand(r, pc, 1))));
			break;
		case CRT_OP_EXPECT:
			if (!compare(r, pc))
				op_failed(r, pc, 0, 0);
			break;
		case CRT_OP_SET:
			store(r, pc, operand(r, pc, 0));
			break;
		case CRT_OP_IMAGE_DIR:
			op_result(r, pc, image_dir_open(r->args));
			break;
		case CRT_OP_SUPERVISE:
			op_supervise(r, pc);
			break;
		case CRT_OP_WRITE:
			op_write(r, pc);
			break;
		case CRT_OP_COPY:
			op_result(r, pc, copy_range(operand(r, pc, 0),
						    operand(r, pc, 1),
						    operand(r, pc, 2),
						    operand(r, pc, 3),
						    operand(r, pc, 4)));
			break;
		case CRT_OP_SKIP:
			if (compare(r, pc))
				pc += op->skip;
			break;
		case CRT_OP_STAGE:
			op_stage(r, pc);
			if (phase == CRT_PHASE_COMMIT)
				threads_attach(r);
			break;
		default:
			program_bad(r);
		}
	}
	if (forked)
		leave(r, CRT_EXIT_OK);
}
