/* SPDX-License-Identifier: GPL-2.0 */
/* The restorer inside the module. */

	.section .rodata, "a", @progbits
	.balign 4096
	.globl crt_restorer_blob
crt_restorer_blob:
	.incbin CRT_RESTORER_BIN
	.globl crt_restorer_blob_end
crt_restorer_blob_end:

	.section .note.GNU-stack, "", @progbits
