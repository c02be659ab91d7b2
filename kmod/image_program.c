// SPDX-License-Identifier: GPL-2.0
/* Checking an image's restore program. */

#include "image_check.h"
#include "image_program.h"

static int crt_check_arg(const struct crt_program *program,
			 const struct crt_arg *arg)
{
	if (arg->reserved)
		return CRT_BAD;
	switch (arg->type) {
	case CRT_ARG_NONE:
	case CRT_ARG_IMM:
		return 0;
	case CRT_ARG_DATA:
		return arg->value <= program->data_size ? 0 : CRT_BAD;
	case CRT_ARG_SLOT:
	case CRT_ARG_SLOT_ADDR:
		return arg->value < program->nr_slots ? 0 : CRT_BAD;
	case CRT_ARG_OPTION:
		return arg->value <= CRT_OPTION_LEAVE_STOPPED ? 0 : CRT_BAD;
	default:
		return CRT_BAD;
	}
}

/* Bytes up to the last NUL: what starts in them is terminated. */
static u32 crt_labels_size(const char *data, u32 size)
{
	while (size && data[size - 1])
		size--;
	return size;
}

static int crt_check_op(const struct crt_program *program, u32 labels_size,
			const struct crt_op *op, u32 ops_left, u32 nr_threads)
{
	u32 i;
	int err;

	if (op->code < CRT_OP_SYSCALL || op->code > CRT_OP_STAGE ||
	    op->flags & ~(CRT_OPF_MAY_FAIL | CRT_OPF_WARN) ||
	    op->phase > CRT_PHASE_COMMIT || op->reserved)
		return CRT_BAD;
	if (!nr_threads && op->phase != CRT_PHASE_PROCESS)
		return CRT_BAD;
	if (op->phase == CRT_PHASE_THREAD && op->thread != CRT_ALL_THREADS &&
	    op->thread >= nr_threads)
		return CRT_BAD;
	if (op->slot != CRT_NO_SLOT && op->slot >= program->nr_slots)
		return CRT_BAD;
	if (op->skip > ops_left)
		return CRT_BAD;
	if (op->label != CRT_NO_LABEL && op->label >= labels_size)
		return CRT_BAD;
	if ((op->code == CRT_OP_EXPECT || op->code == CRT_OP_SKIP) &&
	    op->nr > CRT_CMP_MEM_EQ)
		return CRT_BAD;
	for (i = 0; i < ARRAY_SIZE(op->args); i++) {
		err = crt_check_arg(program, &op->args[i]);
		if (err)
			return err;
	}
	return 0;
}

int crt_program_check(const struct crt_desc *desc, u32 nr_threads)
{
	struct crt_program program;
	const u8 *ops = desc->data + sizeof(program);
	struct crt_op op;
	u32 i, labels_size;
	int err;

	if (desc->size < sizeof(program))
		return CRT_BAD;
	memcpy(&program, desc->data, sizeof(program));
	if (program.note.version != 1)
		return -CRT_ERR_VERSION;
	if (program.note.flags || program.note.size != desc->size)
		return CRT_BAD;
	if (program.nr_ops > CRT_MAX_OPS ||
	    program.nr_slots > CRT_MAX_SLOTS ||
	    program.data_size > CRT_MAX_DATA)
		return -CRT_ERR_TOO_BIG;
	if (desc->size != sizeof(program) + (u64)program.nr_ops * sizeof(op) +
			  program.data_size)
		return CRT_BAD;

	labels_size = crt_labels_size((const char *)ops +
				      (u64)program.nr_ops * sizeof(op),
				      program.data_size);
	for (i = 0; i < program.nr_ops; i++) {
		memcpy(&op, ops + (u64)i * sizeof(op), sizeof(op));
		err = crt_check_op(&program, labels_size, &op,
				   program.nr_ops - i - 1, nr_threads);
		if (err)
			return err;
	}
	return 0;
}
