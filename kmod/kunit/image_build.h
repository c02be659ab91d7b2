/* SPDX-License-Identifier: GPL-2.0 */
/* A small image that is right, built in memory. Included by one file only. */
#ifndef CRT_KUNIT_IMAGE_BUILD_H
#define CRT_KUNIT_IMAGE_BUILD_H

#define META_SIZE	(4 * CRT_PAGE_SIZE)
#define FILE_SIZE	(META_SIZE + CRT_PAGE_SIZE)
#define USER_SIZE	0x7ffffffff000ull
#define START		0x10000ull
#define PATH		"/bin/true"

/* Where things stand in the metadata; filled in as it is written. */
struct image {
	u8 *data;
	u32 pos;
	struct elf64_hdr *ehdr;
	struct elf64_phdr *note, *load;
	struct crt_header *header;
	u8 *prstatus;
	struct crt_regs *regs;
	struct crt_thread *thread;
	struct crt_mm *mm;
	struct crt_vmas *vmas;
	struct crt_vma *vma;
	struct crt_file *file;
	char *path;
	struct crt_signals *signals;
	struct crt_program *program;
	struct crt_op *op;
};

static void *image_note(struct image *image, const char *name, u32 type,
			u32 size)
{
	struct elf64_note nhdr = {
		.n_namesz = strlen(name) + 1,
		.n_descsz = size,
		.n_type = type,
	};
	void *ret;

	memcpy(image->data + image->pos, &nhdr, sizeof(nhdr));
	image->pos += sizeof(nhdr);
	memcpy(image->data + image->pos, name, nhdr.n_namesz);
	image->pos += ALIGN(nhdr.n_namesz, 4);
	ret = image->data + image->pos;
	image->pos += ALIGN(size, 4);
	return ret;
}

static void *image_ours(struct image *image, u32 type, u32 size)
{
	struct crt_note *ret = image_note(image, CRT_NOTE_NAME, type, size);

	ret->version = 1;
	ret->size = size;
	return ret;
}

static void image_elf(struct image *image)
{
	struct elf64_hdr *ehdr = (void *)image->data;

	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	memcpy(ehdr->e_ident + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC,
	       CRT_IDENT_MAGIC_LEN);
	ehdr->e_type = ET_CORE;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_ehsize = sizeof(*ehdr);
	ehdr->e_phentsize = sizeof(struct elf64_phdr);
	ehdr->e_phoff = sizeof(*ehdr);
	ehdr->e_phnum = 2;

	image->ehdr = ehdr;
	image->note = (void *)(ehdr + 1);
	image->load = image->note + 1;
	image->note->p_type = PT_NOTE;
	image->pos = sizeof(*ehdr) + 2 * sizeof(struct elf64_phdr);
	image->note->p_offset = image->pos;
	image->load->p_type = PT_LOAD;
	image->load->p_vaddr = START;
	image->load->p_offset = META_SIZE;
	image->load->p_filesz = CRT_PAGE_SIZE;
	image->load->p_memsz = CRT_PAGE_SIZE;
}

static void image_header(struct image *image)
{
	struct crt_header *header;

	header = image_ours(image, CRT_NT_HEADER, sizeof(*header));
	header->format_major = CRT_FORMAT_MAJOR;
	header->meta_size = META_SIZE;
	header->page_size = CRT_PAGE_SIZE;
	header->nr_threads = 1;
	header->pid = 1;
	image->header = header;
}

static void image_thread(struct image *image)
{
	/* struct elf_prstatus, in which the registers are at 112. */
	image->prstatus = image_note(image, "CORE", NT_PRSTATUS, 336);
	image->regs = (void *)(image->prstatus + 112);
	image->regs->cs = 0x33;
	image->regs->ss = 0x2b;
	image->regs->ip = START;
	image->thread = image_ours(image, CRT_NT_THREAD, sizeof(*image->thread));
	image->thread->tid = 1;
}

/* One anonymous mapping, and one of PATH behind it. */
static void image_memory(struct image *image)
{
	const u32 strings = ALIGN(sizeof(PATH), 8);
	struct crt_vma *vma;

	image->mm = image_ours(image, CRT_NT_MM, sizeof(*image->mm));
	image->mm->exe = 0;
	image->vmas = image_ours(image, CRT_NT_VMAS, sizeof(*image->vmas) +
				 2 * sizeof(*vma) + sizeof(struct crt_file) +
				 strings);
	image->vmas->nr_vmas = 2;
	image->vmas->nr_files = 1;
	image->vmas->strings_size = strings;

	vma = (void *)(image->vmas + 1);
	vma[0].start = START;
	vma[0].end = START + 2 * CRT_PAGE_SIZE;
	vma[0].flags = CRT_VMA_READ | CRT_VMA_WRITE;
	vma[0].base = CRT_BASE_ANON;
	vma[0].file = CRT_NO_FILE;
	vma[0].fd = -1;
	vma[1].start = vma[0].end;
	vma[1].end = vma[1].start + CRT_PAGE_SIZE;
	vma[1].flags = CRT_VMA_READ;
	vma[1].base = CRT_BASE_FILE;
	vma[1].file = 0;
	vma[1].fd = -1;
	image->vma = vma;

	image->file = (void *)(vma + 2);
	image->file->path_len = strlen(PATH);
	image->path = (void *)(image->file + 1);
	strscpy(image->path, PATH, strings);
}

static void image_program(struct image *image)
{
	image->program = image_ours(image, CRT_NT_PROGRAM,
				    sizeof(*image->program) +
				    sizeof(*image->op) + 8);
	image->program->nr_ops = 1;
	image->program->nr_slots = 1;
	image->program->data_size = 8;
	image->program->report_fd = -1;
	image->op = (void *)(image->program + 1);
	image->op->code = CRT_OP_SYSCALL;
	image->op->slot = CRT_NO_SLOT;
	image->op->label = CRT_NO_LABEL;
	image->op->args[0].type = CRT_ARG_IMM;
}

static void seal(struct image *image)
{
	image->header->meta_crc = 0;
	image->header->meta_crc = ~crc32_le(~0u, image->data, META_SIZE);
}

static int image_init(struct kunit *test)
{
	struct image *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->data = kunit_kzalloc(test, META_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, image->data);
	image_elf(image);
	image_header(image);
	image_thread(image);
	image_memory(image);
	image->signals = image_ours(image, CRT_NT_SIGNALS,
				    sizeof(*image->signals));
	image_program(image);
	image->note->p_filesz = image->pos - image->note->p_offset;
	KUNIT_ASSERT_LE(test, image->pos, META_SIZE);
	seal(image);
	test->priv = image;
	return 0;
}

#endif
