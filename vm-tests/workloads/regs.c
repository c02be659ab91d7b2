// SPDX-License-Identifier: Apache-2.0
/*
 * Every register that a program owns: the 16 general ones (the stack pointer
 * too), flags, gs base, and all that xsave covers, each with a known pattern.
 * The loop that waits is one jump through memory, which uses no register and
 * no flag; the SIGTERM handler (on an altstack) turns the jump elsewhere.
 */
#include "workload.h"

#include <cpuid.h>
#include <sys/mman.h>

#define X87 (1u << 0)
#define SSE (1u << 1)
#define AVX (1u << 2)
#define PKRU (1u << 9)
/* x87, SSE, AVX, three of AVX-512, PKRU; tile data needs a permission first. */
#define WANTED (7u | 7u << 5 | PKRU)
/* Carry, parity, adjust, sign, direction, overflow. */
#define FLAGS 0xc95ul
#define FLAGS_MASK 0xcd5ul
#define GS_BASE 0x123456789000ul

#define AREA 16384

/* Order: rax rbx rcx rdx rsi rdi rbp rsp r8..r15 */
uint64_t regs_in[16], regs_out[16], regs_flags_in = FLAGS, regs_flags_out;
uint64_t regs_caller_sp;
uint32_t regs_xmask;
unsigned char regs_area_in[AREA] __attribute__((aligned(64)));
unsigned char regs_area_out[AREA] __attribute__((aligned(64)));
void *regs_jump;
void regs_spin(void);
extern char regs_loop[], regs_done[];

__asm__(".text\n"
	".globl regs_spin, regs_loop, regs_done\n"
	".type regs_spin, @function\n"
	"regs_spin:\n"
	"	push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
	"	mov %rsp, regs_caller_sp(%rip)\n"
	"	mov regs_xmask(%rip), %eax\n"
	"	xor %edx, %edx\n"
	"	xrstor64 regs_area_in(%rip)\n"
	"	push regs_flags_in(%rip)\n"
	"	popfq\n"
	"	mov regs_in+0(%rip), %rax\n"
	"	mov regs_in+8(%rip), %rbx\n"
	"	mov regs_in+16(%rip), %rcx\n"
	"	mov regs_in+24(%rip), %rdx\n"
	"	mov regs_in+32(%rip), %rsi\n"
	"	mov regs_in+40(%rip), %rdi\n"
	"	mov regs_in+48(%rip), %rbp\n"
	"	mov regs_in+56(%rip), %rsp\n"
	"	mov regs_in+64(%rip), %r8\n"
	"	mov regs_in+72(%rip), %r9\n"
	"	mov regs_in+80(%rip), %r10\n"
	"	mov regs_in+88(%rip), %r11\n"
	"	mov regs_in+96(%rip), %r12\n"
	"	mov regs_in+104(%rip), %r13\n"
	"	mov regs_in+112(%rip), %r14\n"
	"	mov regs_in+120(%rip), %r15\n"
	"regs_loop:\n"
	"	pause\n"
	"	jmp *regs_jump(%rip)\n"
	"regs_done:\n"
	"	mov %rax, regs_out+0(%rip)\n"
	"	mov %rbx, regs_out+8(%rip)\n"
	"	mov %rcx, regs_out+16(%rip)\n"
	"	mov %rdx, regs_out+24(%rip)\n"
	"	mov %rsi, regs_out+32(%rip)\n"
	"	mov %rdi, regs_out+40(%rip)\n"
	"	mov %rbp, regs_out+48(%rip)\n"
	"	mov %rsp, regs_out+56(%rip)\n"
	"	mov %r8, regs_out+64(%rip)\n"
	"	mov %r9, regs_out+72(%rip)\n"
	"	mov %r10, regs_out+80(%rip)\n"
	"	mov %r11, regs_out+88(%rip)\n"
	"	mov %r12, regs_out+96(%rip)\n"
	"	mov %r13, regs_out+104(%rip)\n"
	"	mov %r14, regs_out+112(%rip)\n"
	"	mov %r15, regs_out+120(%rip)\n"
	"	mov regs_caller_sp(%rip), %rsp\n"
	"	pushfq\n"
	"	pop regs_flags_out(%rip)\n"
	"	mov regs_xmask(%rip), %eax\n"
	"	xor %edx, %edx\n"
	"	xsave64 regs_area_out(%rip)\n"
	"	cld\n"
	"	emms\n"
	"	fninit\n"
	"	pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n"
	"	ret\n"
	".size regs_spin, .-regs_spin\n");

static const char *const names[16] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
				       "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15" };
static uint32_t pkru_before;

static void end_spin(void)
{
	regs_jump = regs_done;
}

static void component(unsigned int i, unsigned int *offset, unsigned int *size)
{
	unsigned int a, b, c, d;

	__cpuid_count(0xd, i, a, b, c, d);
	*size = a;
	*offset = b;
}

static void put16(unsigned int at, uint16_t v)
{
	memcpy(regs_area_in + at, &v, sizeof(v));
}

static void put32(unsigned int at, uint32_t v)
{
	memcpy(regs_area_in + at, &v, sizeof(v));
}

static void fill_area(void)
{
	uint64_t bv = regs_xmask;

	memcpy(regs_area_in + 512, &bv, sizeof(bv));
	put16(0, 0x0e7f);	/* control: round to zero, double precision, all masked */
	put16(2, 0x1d00 | 0x20);	/* status: top of stack 3, condition codes, precision flag */
	regs_area_in[4] = 0xff;	/* eight registers in use */
	put32(24, 0x7f80 | 0x15);	/* MXCSR: round to zero, all masked, some flags */
	for (int i = 0; i < 8; i++) {
		wl_fill(regs_area_in + 32 + 16 * i, 8, 100 + i);
		regs_area_in[32 + 16 * i + 7] |= 0x80;
		put16(32 + 16 * i + 8, 0x3fff + i);
	}
	wl_fill(regs_area_in + 160, 256, 200);
	for (unsigned int i = 2; i < 9; i++) {
		unsigned int offset, size;

		if (!(regs_xmask & 1u << i))
			continue;
		component(i, &offset, &size);
		expect(offset + size <= AREA, "xsave area too large");
		wl_fill(regs_area_in + offset, size, 300 + i);
	}
	if (regs_xmask & PKRU) {
		unsigned int offset, size;

		component(9, &offset, &size);
		put32(offset, 0x55515554);
	}
}

static void build(int argc, char **argv)
{
	unsigned int a, b, c, d, low, high;
	stack_t stack = { .ss_size = 65536 };

	(void)argc;
	(void)argv;
	__cpuid(1, a, b, c, d);
	expect(c & 1u << 27, "the CPU has no xsave");
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	regs_xmask = low & WANTED;
	if (regs_xmask & PKRU)
		__asm__ volatile("rdpkru" : "=a"(pkru_before), "=d"(d) : "c"(0));
	fill_area();
	wl_fill(regs_in, sizeof(regs_in), 1);
	stack.ss_sp = must(mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	must(sigaltstack(&stack, NULL));
	must(syscall(SYS_arch_prctl, 0x1001, GS_BASE));
	regs_jump = regs_loop;
	wl_on_term = end_spin;
}

static void run(void)
{
	wl_ready();
	wl_unblock_term();
	regs_spin();
	if (regs_xmask & PKRU)
		__asm__ volatile("wrpkru" : : "a"(pkru_before), "c"(0), "d"(0));
}

static void compare(const char *what, unsigned int at, unsigned int len)
{
	for (unsigned int i = at; i < at + len; i++)
		expect(regs_area_in[i] == regs_area_out[i], "%s: byte %u was %#x, is %#x", what, i - at,
		       regs_area_in[i], regs_area_out[i]);
}

static void check(void)
{
	static const char *const components[] = { "x87", "xmm", "ymm", "bndregs", "bndcsr",
						  "opmask", "zmm high", "zmm 16-31", "pt", "pkru" };
	uint64_t base;

	for (int i = 0; i < 16; i++)
		expect(regs_in[i] == regs_out[i], "%s was %#llx, is %#llx", names[i],
		       (unsigned long long)regs_in[i], (unsigned long long)regs_out[i]);
	expect((regs_flags_out & FLAGS_MASK) == FLAGS, "flags were %#lx, are %#llx", FLAGS,
	       (unsigned long long)regs_flags_out);
	compare("x87 control word", 0, 2);
	compare("x87 status word", 2, 2);
	compare("x87 tag word", 4, 1);
	compare("MXCSR", 24, 4);
	for (int i = 0; i < 8; i++)
		compare("x87 stack", 32 + 16 * i, 10);
	compare("xmm", 160, 256);
	for (unsigned int i = 2; i < 10; i++) {
		unsigned int offset, size;

		if (!(regs_xmask & 1u << i))
			continue;
		component(i, &offset, &size);
		compare(components[i], offset, i == 9 ? 4 : size);
	}
	must(syscall(SYS_arch_prctl, 0x1004, &base));
	expect(base == GS_BASE, "gs base was %#lx, is %#llx", GS_BASE, (unsigned long long)base);
}

static void spoil(void)
{
	regs_area_out[160 + 16 * 15] ^= 1;
}

const struct workload workload = { build, run, check, spoil };
