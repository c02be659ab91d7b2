// SPDX-License-Identifier: GPL-2.0
/* Damage to threads, registers, xsave areas and restore programs. */
#include "mutate.h"

#define PRSTATUS_REGISTERS	112
#define XSAVE_HEADER		512
#define MXCSR			24

/* Places of struct user_regs_struct. */
enum { ORIG_AX = 15, IP = 16, CS = 17, FLAGS = 18, SP = 19, SS = 20, FS_BASE = 21,
       GS_BASE = 22, DS = 23, NR_REGISTERS = 27, AX = 10 };

void mutate_registers(struct image *image, struct rng *rng)
{
	static const uint64_t selectors[] = {
		0, 0x10, 0x18, 0x23, 0x2b, 0x33, 0x3b, 0x40, 0x7b, 0xff,
		0x10033, 0x100000033, ~0ull,
	};
	/* TF, IF, DF, IOPL, NT, RF, VM, AC, VIF, ID, and what is reserved. */
	static const uint64_t flags[] = {
		0, 0x100, 0x200, 0x400, 0x3000, 0x4000, 0x10000, 0x20000,
		0x40000, 0x80000, 0x200000, 0xffffffff, ~0ull, 0x8028,
	};
	static const int64_t restarts[] = { -512, -513, -514, -515, -516, -517, 0, -4 };
	const struct note *note = mutate_any_note(image, rng, NT_PRSTATUS);
	uint64_t at;

	if (!note || note->size < PRSTATUS_REGISTERS + 8 * NR_REGISTERS)
		return;
	at = note->desc + PRSTATUS_REGISTERS;
	switch (rng_below(rng, 7)) {
	case 0:
		put(image, at + 8 * (rng_one_in(rng, 2) ? CS : SS), uint64_t,
		    selectors[rng_below(rng, 13)]);
		break;
	case 1:
		put(image, at + 8 * (DS + rng_below(rng, 4)), uint64_t,
		    selectors[rng_below(rng, 13)]);
		break;
	case 2:
		put(image, at + 8 * FLAGS, uint64_t,
		    flags[rng_below(rng, 14)] | flags[rng_below(rng, 14)]);
		break;
	case 3:
		put(image, at + 8 * AX, int64_t, restarts[rng_below(rng, 8)]);
		put(image, at + 8 * ORIG_AX, uint64_t,
		    rng_one_in(rng, 2) ? rng_below(rng, 480) :
					 mutate_value(image, rng, 8, 219));
		break;
	case 4:
		at += 8 * (rng_one_in(rng, 2) ? IP : SP);
		put(image, at, uint64_t,
		    mutate_value(image, rng, 8, get(image, at, uint64_t)));
		break;
	case 5:
		at += 8 * (rng_one_in(rng, 2) ? FS_BASE : GS_BASE);
		put(image, at, uint64_t,
		    mutate_value(image, rng, 8, get(image, at, uint64_t)));
		break;
	default:
		mutate_word(image, rng, note->desc, note->size);
		break;
	}
}

void mutate_xstate(struct image *image, struct rng *rng)
{
	const struct note *note = mutate_any_note(image, rng, NT_X86_XSTATE);
	uint64_t at = image->header + offsetof(struct crt_header, xfeatures);

	if (!note || note->size < XSAVE_HEADER + 64)
		return;
	switch (rng_below(rng, 8)) {
	case 0:
		at = note->desc + MXCSR;
		put(image, at, uint32_t, rng_one_in(rng, 2) ?
		    get(image, at, uint32_t) ^ 1u << rng_below(rng, 32) : rng_next(rng));
		break;
	case 1:		/* xstate_bv */
		at = note->desc + XSAVE_HEADER;
		put(image, at, uint64_t, rng_one_in(rng, 2) ?
		    get(image, at, uint64_t) ^ 1ull << rng_below(rng, 20) :
		    mutate_value(image, rng, 8, 0));
		break;
	case 2:		/* xcomp_bv */
		put(image, note->desc + XSAVE_HEADER + 8, uint64_t,
		    rng_one_in(rng, 2) ? 1ull << 63 | rng_below(rng, 256) :
					 mutate_value(image, rng, 8, 0));
		break;
	case 3:		/* reserved */
		mutate_word(image, rng, note->desc + XSAVE_HEADER, 64);
		break;
	case 4:
		put(image, at, uint64_t, rng_one_in(rng, 2) ?
		    get(image, at, uint64_t) ^ 1ull << rng_below(rng, 20) :
		    mutate_value(image, rng, 8, 0));
		break;
	case 5:		/* the components behind */
		mutate_word(image, rng, note->desc + XSAVE_HEADER + 64,
			    note->size - XSAVE_HEADER - 64);
		break;
	default:
		mutate_word(image, rng, note->desc, note->size);
		break;
	}
}

void mutate_thread(struct image *image, struct rng *rng)
{
	const struct note *note = mutate_any_note(image, rng, CRT_NT_THREAD);
	uint32_t size;

	if (!note || note->size < sizeof(struct crt_thread))
		return;
	switch (rng_below(rng, 5)) {
	case 0:
		put(image, note->desc + offsetof(struct crt_thread, sigmask),
		    uint64_t, rng_one_in(rng, 2) ? ~0ull : rng_next(rng));
		break;
	case 1:
		put(image, note->desc + offsetof(struct crt_thread, flags),
		    uint32_t, rng_below(rng, 4));
		put(image, note->desc + offsetof(struct crt_thread, saved_sigmask),
		    uint64_t, rng_one_in(rng, 2) ? ~0ull : rng_next(rng));
		break;
	case 2:		/* of its siginfos: number, errno, code */
		size = note->size - sizeof(struct crt_thread);
		if (size >= CRT_SIGINFO_SIZE) {
			mutate_word(image, rng, note->desc + sizeof(struct crt_thread) +
				    rng_below(rng, size / CRT_SIGINFO_SIZE) * CRT_SIGINFO_SIZE,
				    16);
			break;
		}
		/* fall through */
	default:
		mutate_word(image, rng, note->desc, note->size);
		break;
	}
}

/* Everything in one: a block of that kind with anything in it. */
void mutate_restart(struct image *image, struct rng *rng)
{
	const struct note *note = mutate_any_note(image, rng, CRT_NT_THREAD);
	const struct note *status = mutate_any_note(image, rng, NT_PRSTATUS);
	struct crt_thread thread;

	if (!note || note->size < sizeof(thread) || !status ||
	    status->size < PRSTATUS_REGISTERS + 8 * NR_REGISTERS)
		return;
	thread = get(image, note->desc, struct crt_thread);
	thread.restart = rng_below(rng, 7);
	switch (rng_below(rng, 4)) {
	case 0:
		thread.restart_clock = rng_below(rng, 14);
		break;
	case 1:		/* CPU clocks: of pid or tid, three kinds */
		thread.restart_clock = (uint32_t)~rng_below(rng, 4) << 3 | rng_below(rng, 8);
		break;
	default:
		thread.restart_clock = mutate_value(image, rng, 4, 0);
		break;
	}
	thread.restart_type = rng_below(rng, 4);
	thread.restart_flags = mutate_value(image, rng, 4, rng_below(rng, 64));
	thread.restart_ptr = mutate_value(image, rng, 8, thread.restart_ptr);
	thread.restart_val = mutate_value(image, rng, 8, thread.restart_val);
	thread.restart_bitset = mutate_value(image, rng, 4, ~0u);
	thread.restart_has_timeout = rng_below(rng, 3);
	thread.restart_remaining_ns = rng_one_in(rng, 2) ? (int64_t)rng_below(rng, 3000000) :
		(int64_t)(mutate_value(image, rng, 8, 0) & INT64_MAX);
	put(image, note->desc, struct crt_thread, thread);
	/* ax -516 is what makes the kernel look at it, or 219 to call it. */
	if (!rng_one_in(rng, 4)) {
		put(image, status->desc + PRSTATUS_REGISTERS + 8 * AX, int64_t, -516);
		put(image, status->desc + PRSTATUS_REGISTERS + 8 * ORIG_AX, uint64_t, 35);
	}
}

static void mutate_operand(struct image *image, struct rng *rng, uint64_t at)
{
	struct crt_arg arg = get(image, at, struct crt_arg);

	arg.type = rng_below(rng, 8);
	switch (rng_below(rng, 4)) {
	case 0:
		arg.value = rng_below(rng, 64);
		break;
	case 1:
		arg.value = -rng_below(rng, 4) - 1;
		break;
	default:
		arg.value = mutate_value(image, rng, 8, arg.value);
		break;
	}
	put(image, at, struct crt_arg, arg);
}

void mutate_program(struct image *image, struct rng *rng)
{
	const struct note *note = image_note(image, CRT_NT_PROGRAM, 0);
	struct crt_op op;
	uint64_t at;
	uint32_t nr;

	if (!note || note->size < sizeof(struct crt_program))
		return;
	nr = (note->size - sizeof(struct crt_program)) / sizeof(op);
	if (nr > get(image, note->desc + offsetof(struct crt_program, nr_ops), uint32_t))
		nr = get(image, note->desc + offsetof(struct crt_program, nr_ops), uint32_t);
	if (!nr)
		return;
	at = note->desc + sizeof(struct crt_program) + rng_below(rng, nr) * sizeof(op);
	op = get(image, at, struct crt_op);
	switch (rng_below(rng, 8)) {
	case 0:
		op.code = rng_below(rng, CRT_OP_STAGE + 3);
		op.nr = rng_below(rng, 6);
		break;
	case 1:		/* any system call */
		op.code = CRT_OP_SYSCALL;
		op.flags = CRT_OPF_MAY_FAIL;
		op.nr = rng_below(rng, 470);
		break;
	case 2:
		op.skip = rng_below(rng, nr + 2);
		op.phase = rng_below(rng, 4);
		op.thread = rng_one_in(rng, 2) ? CRT_ALL_THREADS : rng_below(rng, 6);
		break;
	case 3:
		op.slot = rng_one_in(rng, 2) ? rng_below(rng, 6) : CRT_NO_SLOT;
		op.label = mutate_value(image, rng, 4, op.label);
		op.flags = rng_below(rng, 5);
		break;
	case 4:		/* the number of a descriptor of the restorer's own, COMMIT on it */
		op.code = CRT_OP_SYSCALL;
		op.flags = CRT_OPF_MAY_FAIL;
		op.nr = rng_one_in(rng, 2) ? 16 : rng_below(rng, 40);
		op.args[0] = (struct crt_arg){ CRT_ARG_IMM, 0, rng_below(rng, 20) };
		op.args[1] = (struct crt_arg){ CRT_ARG_IMM, 0, 0x6301 };
		op.args[2] = (struct crt_arg){ CRT_ARG_IMM, 0, rng_below(rng, 5) };
		break;
	case 5:
		mutate_word(image, rng, at, sizeof(op));
		return;
	default:
		put(image, at, struct crt_op, op);
		mutate_operand(image, rng, at + offsetof(struct crt_op, args) +
			       rng_below(rng, 6) * sizeof(struct crt_arg));
		return;
	}
	put(image, at, struct crt_op, op);
}
