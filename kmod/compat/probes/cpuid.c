// SPDX-License-Identifier: GPL-2.0
// variants: CRT_CPUID_API_H CRT_CPUID_IN_PROCESSOR_H
#ifdef CRT_CPUID_API_H
#include <asm/cpuid/api.h>
#else
#include <asm/processor.h>
#endif

void probe(unsigned int *regs)
{
	cpuid_count(0xd, 0, &regs[0], &regs[1], &regs[2], &regs[3]);
}
