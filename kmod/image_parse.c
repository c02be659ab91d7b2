// SPDX-License-Identifier: GPL-2.0
/*
 * Reading an image's metadata: ELF and its notes, one by one. Whether they
 * agree with each other is checked in image_check.c, the program in
 * image_program.c.
 */

#include "image_check.h"
#include "image_parse.h"
#include "image_program.h"

/* struct elf_prstatus of x86-64: where the registers stand in it, its size. */
#define CRT_PRSTATUS_REGS	112
#define CRT_PRSTATUS_SIZE	336

/* Bytes summed up in one go. */
#define CRT_CRC_STEP		0x100000u

struct crt_note_at {
	u32 type;
	bool ours;		/* named CRT_NOTE_NAME */
	struct crt_desc desc;
	u64 next;
};

static bool crt_is_image(const struct elf64_hdr *ehdr)
{
	return !memcmp(ehdr->e_ident, ELFMAG, SELFMAG) &&
	       !memcmp(ehdr->e_ident + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC,
		       CRT_IDENT_MAGIC_LEN);
}

static int crt_check_ehdr(const struct elf64_hdr *ehdr)
{
	if (!crt_is_image(ehdr))
		return CRT_BAD;
	if (ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_ident[EI_DATA] != ELFDATA2LSB ||
	    ehdr->e_machine != EM_X86_64)
		return -CRT_ERR_HOST;
	if (ehdr->e_ident[EI_VERSION] != EV_CURRENT ||
	    ehdr->e_type != ET_CORE || ehdr->e_version != EV_CURRENT ||
	    ehdr->e_ehsize != sizeof(struct elf64_hdr) ||
	    ehdr->e_phentsize != sizeof(struct elf64_phdr))
		return CRT_BAD;
	return 0;
}

static int crt_check_versions(const struct crt_header *header)
{
	if (header->format_major != CRT_FORMAT_MAJOR ||
	    header->note.version != 1)
		return -CRT_ERR_VERSION;
	if (header->note.size != sizeof(*header))
		return CRT_BAD;
	if (header->page_size != CRT_PAGE_SIZE)
		return -CRT_ERR_HOST;
	return 0;
}

int crt_image_meta_size(crt_read_fn read, void *context, u64 file_size,
			u64 *ret)
{
	struct {
		struct elf64_note nhdr;
		char name[sizeof(CRT_NOTE_NAME)];
	} note;
	struct crt_header header;
	struct elf64_hdr ehdr;
	struct elf64_phdr phdr;
	int err;

	if (file_size < sizeof(ehdr))
		return CRT_BAD;
	err = read(context, &ehdr, sizeof(ehdr), 0);
	if (err)
		return err;
	err = crt_check_ehdr(&ehdr);
	if (err)
		return err;

	if (!crt_within(ehdr.e_phoff, sizeof(phdr), file_size))
		return CRT_BAD;
	err = read(context, &phdr, sizeof(phdr), ehdr.e_phoff);
	if (err)
		return err;
	if (phdr.p_type != PT_NOTE ||
	    !crt_within(phdr.p_offset, sizeof(note) + sizeof(header),
			file_size))
		return CRT_BAD;
	err = read(context, &note, sizeof(note), phdr.p_offset);
	if (err)
		return err;
	if (note.nhdr.n_type != CRT_NT_HEADER ||
	    note.nhdr.n_namesz != sizeof(CRT_NOTE_NAME) ||
	    memcmp(note.name, CRT_NOTE_NAME, sizeof(CRT_NOTE_NAME)))
		return CRT_BAD;
	err = read(context, &header, sizeof(header),
		   phdr.p_offset + sizeof(note));
	if (err)
		return err;

	err = crt_check_versions(&header);
	if (err)
		return err;
	if (!header.meta_size || !IS_ALIGNED(header.meta_size, CRT_PAGE_SIZE))
		return CRT_BAD;
	if (header.meta_size > CRT_MAX_META)
		return -CRT_ERR_TOO_BIG;
	if (header.meta_size > file_size)
		return CRT_BAD;
	*ret = header.meta_size;
	return 0;
}

/* The metadata's CRC, with the field that holds it taken as zero. */
static int crt_meta_crc(const u8 *meta, u64 meta_size, const u8 *header,
			u32 *ret)
{
	const u8 *field = header + offsetof(struct crt_header, meta_crc);
	const u8 *pos = field + sizeof(u32), *end = meta + meta_size;
	const u32 zero = 0;
	u32 crc;
	int err;

	crc = crt_crc32_le(~0u, meta, field - meta);
	crc = crt_crc32_le(crc, (const u8 *)&zero, sizeof(zero));
	while (pos < end) {
		u64 size = end - pos;

		if (size > CRT_CRC_STEP)
			size = CRT_CRC_STEP;
		crc = crt_crc32_le(crc, pos, size);
		pos += size;
		err = crt_pause();
		if (err)
			return err;
	}
	*ret = ~crc;
	return 0;
}

/* The note at @pos of the note segment that ends at @end. */
static int crt_note_read(const u8 *meta, u64 pos, u64 end,
			 struct crt_note_at *ret)
{
	struct elf64_note nhdr;
	u64 name, desc;

	if (!crt_within(pos, sizeof(nhdr), end))
		return CRT_BAD;
	memcpy(&nhdr, meta + pos, sizeof(nhdr));
	name = pos + sizeof(nhdr);
	desc = name + ALIGN((u64)nhdr.n_namesz, 4);
	if (!crt_within(desc, nhdr.n_descsz, end))
		return CRT_BAD;
	ret->type = nhdr.n_type;
	ret->ours = nhdr.n_namesz == sizeof(CRT_NOTE_NAME) &&
		    !memcmp(meta + name, CRT_NOTE_NAME, nhdr.n_namesz);
	ret->desc.data = meta + desc;
	ret->desc.size = nhdr.n_descsz;
	ret->next = desc + ALIGN((u64)nhdr.n_descsz, 4);
	if (ret->next > end)
		ret->next = end;
	return 0;
}

/* Copies the fixed part of a CRTOOLS note and checks its head. */
static int crt_note_head(const struct crt_desc *desc, void *ret, u32 size)
{
	struct crt_note head;

	if (desc->size < size)
		return CRT_BAD;
	memcpy(&head, desc->data, sizeof(head));
	if (head.version != 1)
		return -CRT_ERR_VERSION;
	if (head.flags || head.size != desc->size)
		return CRT_BAD;
	memcpy(ret, desc->data, size);
	return 0;
}

static int crt_check_siginfos(const struct crt_desc *desc, u32 head_size,
			      u32 nr)
{
	u32 i;
	s32 signo;

	if (nr > CRT_MAX_PENDING)
		return -CRT_ERR_TOO_BIG;
	if (desc->size != head_size + nr * CRT_SIGINFO_SIZE)
		return CRT_BAD;
	for (i = 0; i < nr; i++) {
		memcpy(&signo, desc->data + head_size + i * CRT_SIGINFO_SIZE,
		       sizeof(signo));
		if (signo < 1 || signo > (s32)CRT_NSIG)
			return CRT_BAD;
	}
	return 0;
}

static int crt_parse_header(struct crt_image *image, u64 meta_size,
			    const struct crt_note_at *note)
{
	struct crt_header *header = &image->header;
	u32 crc;
	int err;

	if (!note->ours || note->type != CRT_NT_HEADER)
		return CRT_BAD;
	err = crt_note_head(&note->desc, header, sizeof(*header));
	if (err)
		return err;
	err = crt_check_versions(header);
	if (err)
		return err;
	if (header->meta_size != meta_size)
		return CRT_BAD;
	err = crt_meta_crc(image->meta, meta_size, note->desc.data, &crc);
	if (err)
		return err;
	if (crc != header->meta_crc)
		return CRT_BAD;
	if (header->nr_threads > CRT_MAX_THREADS ||
	    header->xstate_size > CRT_MAX_XSTATE)
		return -CRT_ERR_TOO_BIG;
	if (header->flags & ~(CRT_HDR_TREE | CRT_HDR_KEEP_TIDS))
		return CRT_BAD;
	if (crt_image_is_tree(image) != !header->nr_threads)
		return CRT_BAD;
	image->header_desc = note->desc;

	image->threads = crt_table_alloc(header->nr_threads,
					 sizeof(*image->threads));
	return image->threads ? 0 : -ENOMEM;
}

static int crt_parse_prstatus(const struct crt_note_at *note,
			      struct crt_image_thread *ret)
{
	if (note->desc.size != CRT_PRSTATUS_SIZE)
		return CRT_BAD;
	memcpy(&ret->regs, note->desc.data + CRT_PRSTATUS_REGS,
	       sizeof(ret->regs));
	return 0;
}

static int crt_parse_thread(const struct crt_note_at *note,
			    struct crt_image_thread *ret)
{
	const struct crt_thread *record = &ret->record;
	int err;

	if (ret->desc.data)
		return CRT_BAD;
	err = crt_note_head(&note->desc, &ret->record, sizeof(ret->record));
	if (err)
		return err;
	ret->desc = note->desc;
	if (record->tid <= 0 || record->restart > CRT_RESTART_POLL ||
	    record->restart_remaining_ns < 0 ||
	    record->flags & ~(CRT_THR_RESTORE_SIGMASK | CRT_THR_STOPPED) ||
	    record->comm[sizeof(record->comm) - 1])
		return CRT_BAD;
	return crt_check_siginfos(&note->desc, sizeof(*record),
				  record->nr_pending);
}

static int crt_parse_timers(const struct crt_desc *desc)
{
	struct crt_timers timers;
	int err;

	err = crt_note_head(desc, &timers, sizeof(timers));
	if (err)
		return err;
	if (timers.nr_posix > CRT_MAX_TIMERS)
		return -CRT_ERR_TOO_BIG;
	if (timers.reserved ||
	    desc->size != sizeof(timers) +
			  timers.nr_posix * sizeof(struct crt_posix_timer))
		return CRT_BAD;
	return 0;
}

static int crt_parse_signals(const struct crt_desc *desc)
{
	struct {
		struct crt_note note;
		u32 nr_pending;
	} head;	/* the start of struct crt_signals, which is large */
	int err;

	err = crt_note_head(desc, &head, sizeof(head));
	if (err)
		return err;
	return crt_check_siginfos(desc, sizeof(struct crt_signals),
				  head.nr_pending);
}

static int crt_parse_vmas(struct crt_image *image, const struct crt_desc *desc)
{
	struct crt_vmas head;
	const u8 *pos = desc->data + sizeof(head);
	u64 size;
	int err;

	err = crt_note_head(desc, &head, sizeof(head));
	if (err)
		return err;
	if (head.nr_vmas > CRT_MAX_VMAS || head.nr_files > CRT_MAX_FILES ||
	    head.strings_size > CRT_MAX_STRINGS)
		return -CRT_ERR_TOO_BIG;
	size = sizeof(head) + (u64)head.nr_vmas * sizeof(struct crt_vma) +
	       (u64)head.nr_files * sizeof(struct crt_file) +
	       head.strings_size;
	if (head.reserved || desc->size != size)
		return CRT_BAD;

	/* Copied, as the tables need not be aligned in the metadata. */
	image->vmas = crt_table_alloc(head.nr_vmas, sizeof(*image->vmas));
	image->files = crt_table_alloc(head.nr_files, sizeof(*image->files));
	if (!image->vmas || !image->files)
		return -ENOMEM;
	image->nr_vmas = head.nr_vmas;
	image->nr_files = head.nr_files;
	image->strings_size = head.strings_size;
	memcpy(image->vmas, pos, head.nr_vmas * sizeof(*image->vmas));
	pos += head.nr_vmas * sizeof(*image->vmas);
	memcpy(image->files, pos, head.nr_files * sizeof(*image->files));
	pos += head.nr_files * sizeof(*image->files);
	image->strings = (const char *)pos;
	return 0;
}

/* Stores the first of its kind; a second one is an error. */
static int crt_keep(struct crt_desc *slot, const struct crt_note_at *note)
{
	if (slot->data)
		return CRT_BAD;
	*slot = note->desc;
	return 0;
}

static int crt_parse_ours(struct crt_image *image,
			  const struct crt_note_at *note,
			  struct crt_image_thread *thread)
{
	int err;

	switch (note->type) {
	case CRT_NT_HEADER:
		return CRT_BAD;
	case CRT_NT_THREAD:
		return thread ? crt_parse_thread(note, thread) : CRT_BAD;
	case CRT_NT_MM:
		err = crt_keep(&image->mm_desc, note);
		if (err)
			return err;
		err = crt_note_head(&note->desc, &image->mm,
				    sizeof(image->mm));
		if (err)
			return err;
		return note->desc.size == sizeof(image->mm) ? 0 : CRT_BAD;
	case CRT_NT_VMAS:
		err = crt_keep(&image->vmas_desc, note);
		return err ? err : crt_parse_vmas(image, &note->desc);
	case CRT_NT_SIGNALS:
		err = crt_keep(&image->signals_desc, note);
		return err ? err : crt_parse_signals(&note->desc);
	case CRT_NT_TIMERS:
		err = crt_keep(&image->timers_desc, note);
		return err ? err : crt_parse_timers(&note->desc);
	case CRT_NT_PROGRAM:
		err = crt_keep(&image->program_desc, note);
		return err ? err : crt_program_check(&note->desc,
						     image->header.nr_threads);
	default:
		return 0;	/* of no use here, or of a later minor */
	}
}

static int crt_parse_notes(struct crt_image *image, const struct elf64_phdr *phdr)
{
	u64 meta_size = image->header.meta_size;
	u64 pos = phdr->p_offset, end = pos + phdr->p_filesz;
	struct crt_image_thread *thread = NULL;
	struct crt_note_at note;
	u32 nr_threads = 0;
	int err;

	err = crt_note_read(image->meta, pos, end, &note);
	if (err)
		return err;
	err = crt_parse_header(image, meta_size, &note);
	if (err)
		return err;

	for (pos = note.next; pos < end; pos = note.next) {
		err = crt_note_read(image->meta, pos, end, &note);
		if (err)
			return err;
		if (note.ours) {
			err = crt_parse_ours(image, &note, thread);
		} else if (note.type == NT_PRSTATUS) {
			if (nr_threads == image->header.nr_threads)
				return CRT_BAD;
			thread = &image->threads[nr_threads++];
			err = crt_parse_prstatus(&note, thread);
		} else if (note.type == NT_X86_XSTATE) {
			err = thread ? crt_keep(&thread->xstate, &note) :
				       CRT_BAD;
		} else if (note.type == NT_AUXV) {
			err = crt_keep(&image->auxv_desc, &note);
		}
		if (err)
			return err;
	}
	return nr_threads == image->header.nr_threads ? 0 : CRT_BAD;
}

/* e_phnum is 16 bits wide: larger numbers are in section header 0. */
static int crt_nr_phdrs(const struct crt_image *image, const struct elf64_hdr *ehdr,
			u32 *ret)
{
	struct elf64_shdr shdr;

	*ret = ehdr->e_phnum;
	if (*ret != PN_XNUM)
		return 0;
	if (!crt_within(ehdr->e_shoff, sizeof(shdr), image->header.meta_size))
		return CRT_BAD;
	memcpy(&shdr, image->meta + ehdr->e_shoff, sizeof(shdr));
	*ret = shdr.sh_info;
	return 0;
}

int crt_image_parse(const u8 *meta, u64 meta_size, u64 file_size,
		    u64 task_size, struct crt_image *ret)
{
	struct crt_image *image = ret;
	const struct elf64_phdr *table;
	struct elf64_hdr ehdr;
	struct elf64_phdr phdr;
	int err;

	memset(image, 0, sizeof(*image));
	image->meta = meta;
	image->file_size = file_size;
	image->header.meta_size = meta_size;

	if (meta_size < sizeof(ehdr) || meta_size > file_size)
		return CRT_BAD;
	memcpy(&ehdr, meta, sizeof(ehdr));
	err = crt_check_ehdr(&ehdr);
	if (err)
		return err;
	err = crt_nr_phdrs(image, &ehdr, &image->nr_phdrs);
	if (err)
		return err;
	if (image->nr_phdrs > CRT_MAX_PHDRS)
		return -CRT_ERR_TOO_BIG;
	if (!image->nr_phdrs || !IS_ALIGNED(ehdr.e_phoff, 8) ||
	    !crt_within(ehdr.e_phoff, (u64)image->nr_phdrs * sizeof(phdr),
			meta_size))
		return CRT_BAD;
	table = (const struct elf64_phdr *)(meta + ehdr.e_phoff);
	memcpy(&phdr, table, sizeof(phdr));
	if (phdr.p_type != PT_NOTE ||
	    !crt_within(phdr.p_offset, phdr.p_filesz, meta_size))
		return CRT_BAD;

	err = crt_parse_notes(image, &phdr);
	if (!err)
		err = crt_image_check(image, table, task_size);
	if (err)
		crt_image_free(image);
	return err;
}

void crt_image_free(struct crt_image *image)
{
	crt_table_free(image->threads);
	crt_table_free(image->vmas);
	crt_table_free(image->files);
	crt_table_free(image->runs);
	memset(image, 0, sizeof(*image));
}
