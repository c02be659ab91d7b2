/* SPDX-License-Identifier: GPL-2.0 */
/* Where user mode begins, and the two steps that C cannot write. */

#include "offsets.h"

	.section .text.entry, "ax", @progbits
	.globl crt_restorer_entry
crt_restorer_entry:
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	crt_restorer_start
	ud2

	.text

/*
 * long crt_clone3(args, size, start, argument)
 * The child has a stack of its own and begins in start(argument), which must
 * not return.
 */
	.globl crt_clone3
	.hidden crt_clone3
crt_clone3:
	movq	%rdx, %r8
	movq	%rcx, %r9
	movl	$435, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	ret
1:	xorl	%ebp, %ebp
	movq	%r9, %rdi
	call	*%r8
	ud2

/*
 * long crt_commit(struct crt_args *, struct crt_args_thread *, argument)
 * From xrstor64 on nothing touches the FPU; the ioctl returns only to fail.
 */
	.globl crt_commit
	.hidden crt_commit
crt_commit:
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	movq	%rdi, %rbx
	movq	%rsi, %r12
	movq	%rdx, %r13
	movq	OFFSET_THREAD_XSTATE(%r12), %rcx
	testq	%rcx, %rcx
	jz	1f
	movl	OFFSET_XFEATURES(%rbx), %eax
	movl	OFFSET_XFEATURES+4(%rbx), %edx
	xrstor64 (%rcx)
1:	movl	OFFSET_CTL_FD(%rbx), %edi
	movl	$COMMIT_REQUEST, %esi
	movq	%r13, %rdx
	movl	$16, %eax
	syscall
	popq	%r13
	popq	%r12
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
