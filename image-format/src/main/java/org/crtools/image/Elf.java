// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

/** What the ELF specification and the kernel's elf.h call by these names, as far as images use it. */
final class Elf {
    static final int EI_CLASS = 4;
    static final int EI_DATA = 5;
    static final int EI_VERSION = 6;
    static final int MAGIC = 0x464c457f;
    static final int ELFCLASS64 = 2;
    static final int ELFDATA2LSB = 1;
    static final int EV_CURRENT = 1;
    static final int ET_CORE = 4;
    static final int EM_X86_64 = 62;
    static final int PN_XNUM = 0xffff;

    static final int EHDR_SIZE = 64;
    static final int E_TYPE = 16;
    static final int E_MACHINE = 18;
    static final int E_VERSION = 20;
    static final int E_PHOFF = 32;
    static final int E_SHOFF = 40;
    static final int E_EHSIZE = 52;
    static final int E_PHENTSIZE = 54;
    static final int E_PHNUM = 56;
    static final int E_SHENTSIZE = 58;
    static final int E_SHNUM = 60;

    static final int PHDR_SIZE = 56;
    static final int P_TYPE = 0;
    static final int P_FLAGS = 4;
    static final int P_OFFSET = 8;
    static final int P_VADDR = 16;
    static final int P_FILESZ = 32;
    static final int P_MEMSZ = 40;
    static final int P_ALIGN = 48;
    static final int PT_LOAD = 1;
    static final int PT_NOTE = 4;

    static final int SHDR_SIZE = 64;
    static final int SH_SIZE = 32;
    static final int SH_INFO = 44;

    static final int NHDR_SIZE = 12;
    static final int NOTE_ALIGN = 4;

    static final String CORE = "CORE";
    static final String LINUX = "LINUX";
    static final int NT_PRSTATUS = 1;
    static final int NT_FPREGSET = 2;
    static final int NT_X86_XSTATE = 0x202;

    /** sizeof(struct elf_prstatus) and the offsets of pr_pid and pr_reg in it. */
    static final int PRSTATUS_SIZE = 336;

    static final int PR_PID = 32;
    static final int PR_REG = 112;

    private Elf() {}

    static long alignUp(long value, long alignment) {
        return (value + alignment - 1) / alignment * alignment;
    }
}
