# SPDX-License-Identifier: GPL-2.0
# What the restorer is built of and how: for Kbuild.include and the Makefile.

restorer-sources := entry.S start.c string.c report.c options.c interp.c fork.c \
	copy.c supervise.c attend.c process.c signals.c timers.c threads.c
restorer-headers := restorer.h fork.h supervise.h syscalls.h args.h offsets.h restorer.lds

# Freestanding, position-independent, without the FPU (its state is the
# image's from xrstor64 on), without anything that would want relocations.
restorer-flags := -std=gnu11 -O2 -fpie -ffreestanding -nostdinc \
	-fno-stack-protector -fno-jump-tables -fno-tree-switch-conversion \
	-fvisibility=hidden -fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -fno-strict-aliasing -fno-common \
	-fno-ident -m64 -mno-red-zone -mno-sse -mno-mmx -mno-avx \
	-mgeneral-regs-only -Wall -Wextra -Werror -Wmissing-prototypes \
	-Wno-unused-parameter
restorer-ldflags := -pie -nostdlib -Wl,--no-dynamic-linker -Wl,--build-id=none \
	-Wl,-z,noexecstack -Wl,--fatal-warnings
