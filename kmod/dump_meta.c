// SPDX-License-Identifier: GPL-2.0
/* The metadata of an image put together: ELF headers and notes. */

#include <linux/crc32.h>
#include <linux/elf.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/utsname.h>
#include <linux/uuid.h>

#include <asm/fpu/xcr.h>

#include "crtools.h"
#include "dump.h"

static void crt_sample_clocks(struct crt_now *now)
{
	now->real = ktime_get_real_ns();
	now->mono = ktime_get_ns();
	now->boot = ktime_get_boottime_ns();
	now->tai = ktime_get_clocktai_ns();
}

/* What is not known yet is filled in at the end. */
static int crt_write_header(struct crt_dumper *dumper)
{
	struct crt_header *note;

	note = crt_buf_own_note(&dumper->notes, CRT_NT_HEADER, sizeof(*note));
	if (!note)
		return dumper->notes.error;
	note->format_major = CRT_FORMAT_MAJOR;
	note->format_minor = CRT_FORMAT_MINOR;
	note->page_size = CRT_PAGE_SIZE;
	generate_random_uuid(note->id);
	note->created_ns = dumper->now.real;
	note->monotonic_ns = dumper->now.mono;
	note->boottime_ns = dumper->now.boot;
	note->nr_threads = dumper->nr_threads;
	note->pid = task_tgid_nr_ns(dumper->leader,
				    crt_dump_pid_ns(dumper));
	BUILD_BUG_ON(sizeof(note->release) < __NEW_UTS_LEN);
	strscpy_pad((char *)note->release, init_uts_ns.name.release,
		    sizeof(note->release));
	return 0;
}

static int crt_write_notes(struct crt_dumper *dumper)
{
	u32 i;
	int ret;

	ret = crt_write_header(dumper);
	for (i = 0; i < dumper->nr_threads && !ret; i++) {
		ret = crt_dump_write_thread(dumper, i);
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	if (!ret)
		ret = crt_dump_write_mm(dumper);
	if (!ret)
		ret = crt_dump_write_vmas(dumper);
	if (!ret)
		ret = crt_dump_write_signals(dumper);
	if (!ret)
		ret = crt_dump_write_timers(dumper);
	return ret;
}

/* Gives the runs their places in the file; those without data the next one. */
static u64 crt_place_loads(struct elf64_phdr *loads, u32 nr, u64 pos)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		if (loads[i].p_filesz >= CRT_HUGE_RUN)
			pos += (loads[i].p_vaddr - pos) & (CRT_HUGE_ALIGN - 1);
		loads[i].p_offset = pos;
		pos += loads[i].p_filesz;
	}
	return pos;
}

static void crt_fill_ehdr(struct elf64_hdr *ehdr, u32 nr_phdrs)
{
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(ehdr->e_ident + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC,
	       CRT_IDENT_MAGIC_LEN);
	ehdr->e_type = ET_CORE;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(struct elf64_phdr);
	ehdr->e_phnum = min_t(u32, nr_phdrs, PN_XNUM);
}

/* With too many program headers their number is in a section header. */
static void crt_fill_shdr(struct elf64_hdr *ehdr, struct elf64_shdr *shdr,
			  u64 offset, u32 nr_phdrs)
{
	ehdr->e_shoff = offset;
	ehdr->e_shentsize = sizeof(*shdr);
	ehdr->e_shnum = 1;
	shdr->sh_size = 1;
	shdr->sh_info = nr_phdrs;
}

static u32 crt_crc(const u8 *data, size_t size)
{
	u32 crc = ~0;

	while (size) {
		size_t part = min_t(size_t, size, SZ_1M);

		crc = crc32_le(crc, data, part);
		data += part;
		size -= part;
		cond_resched();
	}
	return ~crc;
}

/* ELF header, PT_NOTE, PT_LOADs, notes, a section header if it must be. */
static int crt_assemble(struct crt_dumper *dumper)
{
	u32 nr_loads = crt_buf_count(&dumper->loads, sizeof(struct elf64_phdr));
	size_t notes_at, shdr_at, size;
	struct crt_dump *dump = dumper->dump;
	struct crt_header *header;
	struct elf64_phdr *phdrs;
	struct elf64_hdr *ehdr;

	if (nr_loads + 1 > CRT_MAX_PHDRS)
		return -E2BIG;
	notes_at = sizeof(*ehdr) + (nr_loads + 1) * sizeof(*phdrs);
	shdr_at = ALIGN(notes_at + dumper->notes.len, 8);
	size = shdr_at;
	if (nr_loads + 1 >= PN_XNUM)
		size += sizeof(struct elf64_shdr);
	size = ALIGN(size, CRT_PAGE_SIZE);
	if (size > CRT_MAX_META)
		return -E2BIG;
	dump->meta = kvzalloc(size, CRT_GFP_LARGE);
	if (!dump->meta)
		return -ENOMEM;
	dump->meta_size = size;

	ehdr = dump->meta;
	phdrs = (void *)(ehdr + 1);
	crt_fill_ehdr(ehdr, nr_loads + 1);
	if (nr_loads + 1 >= PN_XNUM)
		crt_fill_shdr(ehdr, dump->meta + shdr_at, shdr_at,
			      nr_loads + 1);
	phdrs[0].p_type = PT_NOTE;
	phdrs[0].p_offset = notes_at;
	phdrs[0].p_filesz = dumper->notes.len;
	phdrs[0].p_align = 4;
	memcpy(phdrs + 1, dumper->loads.data, dumper->loads.len);
	dump->loads = phdrs + 1;
	dump->nr_loads = nr_loads;
	dump->size = crt_place_loads(phdrs + 1, nr_loads, size);
	memcpy(dump->meta + notes_at, dumper->notes.data, dumper->notes.len);

	/* The first note, behind its own header and name. */
	header = dump->meta + notes_at + sizeof(struct elf64_note) +
		 ALIGN(sizeof(CRT_NOTE_NAME), 4);
	header->meta_size = size;
	header->xstate_size = dumper->xstate_size;
	if (dumper->xstate_size)
		header->xfeatures = xgetbv(XCR_XFEATURE_ENABLED_MASK);
	header->meta_crc = crt_crc(dump->meta, size);
	return 0;
}

int crt_dump_build(struct crt_dumper *dumper)
{
	int ret;

	crt_buf_init(&dumper->notes, CRT_MAX_META);
	crt_sample_clocks(&dumper->now);
	ret = crt_dump_collect_signals(dumper);
	if (!ret)
		ret = crt_dump_collect_mm(dumper);
	if (!ret)
		ret = crt_write_notes(dumper);
	if (!ret)
		ret = crt_assemble(dumper);
	crt_buf_free(&dumper->notes);
	crt_dump_free_mm(dumper);
	crt_dump_free_signals(dumper);
	return ret;
}
