// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of image_parse.c, image_check.c and image_program.c: a small
 * image that is right, and what must be said of it after one thing in it was
 * changed.
 *
 * The parser is compiled into the test, under names of its own, so that one
 * can be tested where the other is not loaded, or both are built in.
 */

#include <kunit/test.h>
#include <linux/crc32.h>
#include <linux/module.h>
#include <linux/sizes.h>

#define crt_image_check		crt_kunit_image_check
#define crt_image_free		crt_kunit_image_free
#define crt_image_meta_size	crt_kunit_image_meta_size
#define crt_image_parse		crt_kunit_image_parse
#define crt_program_check	crt_kunit_program_check

#include "../image_program.c"
#include "../image_check.c"
#include "../image_parse.c"

#include "image_build.h"

/* Parses what is there; frees what the parser made. */
static int parse_as_is(const struct image *image, u64 meta_size, u64 file_size)
{
	struct crt_image parsed;
	int err;

	err = crt_image_parse(image->data, meta_size, file_size, USER_SIZE,
			      &parsed);
	if (!err)
		crt_image_free(&parsed);
	return err;
}

static int parse(struct image *image)
{
	seal(image);
	return parse_as_is(image, META_SIZE, FILE_SIZE);
}

/* @field set to @value makes the parser say @wanted of image; it is put back. */
#define EXPECT_SAYS(wanted, field, value)				\
do {									\
	__auto_type at = &(field);					\
	__auto_type old = *at;						\
									\
	*at = value;							\
	KUNIT_EXPECT_EQ_MSG(test, parse(image), wanted, "%s", #field);	\
	*at = old;							\
	KUNIT_EXPECT_EQ(test, parse(image), 0);				\
} while (0)

#define EXPECT_BAD(field, value)	\
	EXPECT_SAYS(-CRT_ERR_CORRUPT, field, value)

static void test_good(struct kunit *test)
{
	struct image *image = test->priv;
	struct crt_image parsed;

	KUNIT_ASSERT_EQ(test, crt_image_parse(image->data, META_SIZE,
					      FILE_SIZE, USER_SIZE, &parsed),
			0);
	KUNIT_EXPECT_FALSE(test, crt_image_is_tree(&parsed));
	KUNIT_EXPECT_EQ(test, parsed.nr_vmas, 2);
	KUNIT_EXPECT_EQ(test, parsed.nr_files, 1);
	KUNIT_EXPECT_EQ(test, parsed.nr_runs, 1);
	KUNIT_EXPECT_EQ(test, parsed.runs[0].start, START);
	KUNIT_EXPECT_EQ(test, parsed.runs[0].offset, META_SIZE);
	KUNIT_EXPECT_EQ(test, parsed.runs[0].vma, 0);
	KUNIT_EXPECT_EQ(test, parsed.threads[0].regs.ip, START);
	KUNIT_EXPECT_STREQ(test, crt_image_path(&parsed, 0), PATH);
	KUNIT_EXPECT_PTR_EQ(test, parsed.program_desc.data,
			    (const u8 *)image->program);
	crt_image_free(&parsed);
}

static int read_image(void *context, void *buf, u32 size, u64 pos)
{
	const struct image *image = context;

	if (pos + size > META_SIZE)
		return -EIO;
	memcpy(buf, image->data + pos, size);
	return 0;
}

static void test_meta_size(struct kunit *test)
{
	struct image *image = test->priv;
	u64 size = 0;

	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image, FILE_SIZE,
						  &size), 0);
	KUNIT_EXPECT_EQ(test, size, META_SIZE);
	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image,
						  META_SIZE - 1, &size),
			-CRT_ERR_CORRUPT);
	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image, 63,
						  &size), -CRT_ERR_CORRUPT);
	image->header->meta_size = CRT_MAX_META + CRT_PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image, SZ_1G,
						  &size), -CRT_ERR_TOO_BIG);
	image->note->p_offset = U64_MAX - 8;
	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image, FILE_SIZE,
						  &size), -CRT_ERR_CORRUPT);
	image->ehdr->e_phoff = U64_MAX;
	KUNIT_EXPECT_EQ(test, crt_image_meta_size(read_image, image, FILE_SIZE,
						  &size), -CRT_ERR_CORRUPT);
}

static void test_elf(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_BAD(image->ehdr->e_ident[EI_MAG0], 0);
	EXPECT_BAD(image->ehdr->e_ident[CRT_IDENT_OFFSET], 0);
	EXPECT_BAD(image->ehdr->e_type, ET_EXEC);
	EXPECT_BAD(image->ehdr->e_phentsize, 1);
	EXPECT_BAD(image->ehdr->e_phnum, 0);
	EXPECT_BAD(image->ehdr->e_phoff, META_SIZE);
	EXPECT_BAD(image->ehdr->e_phoff, U64_MAX - 7);
	EXPECT_BAD(image->ehdr->e_phoff, 1);
	EXPECT_SAYS(-CRT_ERR_HOST, image->ehdr->e_machine, EM_386);
	EXPECT_SAYS(-CRT_ERR_HOST, image->ehdr->e_ident[EI_DATA], ELFDATA2MSB);
	/* The number is in a section header, and there is none. */
	image->ehdr->e_shoff = META_SIZE - 8;
	EXPECT_BAD(image->ehdr->e_phnum, PN_XNUM);
}

static void test_header(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_SAYS(-CRT_ERR_VERSION, image->header->format_major, 9);
	EXPECT_SAYS(-CRT_ERR_VERSION, image->header->note.version, 2);
	EXPECT_SAYS(-CRT_ERR_HOST, image->header->page_size, 16384);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->header->nr_threads,
		    CRT_MAX_THREADS + 1);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->header->xstate_size,
		    CRT_MAX_XSTATE + 1);
	EXPECT_BAD(image->header->nr_threads, 0);
	EXPECT_BAD(image->header->nr_threads, 2);
	EXPECT_BAD(image->header->meta_size, CRT_PAGE_SIZE);
	EXPECT_BAD(image->header->flags, 0x80);
	EXPECT_BAD(image->header->flags, CRT_HDR_TREE);
}

static void test_checksum(struct kunit *test)
{
	struct image *image = test->priv;

	image->data[META_SIZE - 1] ^= 1;
	KUNIT_EXPECT_EQ(test, parse_as_is(image, META_SIZE, FILE_SIZE),
			-CRT_ERR_CORRUPT);
	image->data[META_SIZE - 1] ^= 1;
	KUNIT_EXPECT_EQ(test, parse_as_is(image, META_SIZE, FILE_SIZE), 0);
	/* Page data was cut off. */
	KUNIT_EXPECT_EQ(test, parse_as_is(image, META_SIZE, FILE_SIZE - 1),
			-CRT_ERR_CORRUPT);
}

static void test_notes(struct kunit *test)
{
	struct image *image = test->priv;
	u32 *type = (u32 *)image->thread - 3;	/* n_type; then the name */
	u32 *size = type - 1;

	KUNIT_ASSERT_EQ(test, *type, CRT_NT_THREAD);
	EXPECT_BAD(image->note->p_filesz, META_SIZE);
	EXPECT_BAD(image->note->p_offset, U64_MAX - 8);
	EXPECT_BAD(image->thread->note.size, 8);
	EXPECT_SAYS(-CRT_ERR_VERSION, image->thread->note.version, 2);
	*type = CRT_NT_HEADER;		/* a second one */
	KUNIT_EXPECT_EQ(test, parse(image), -CRT_ERR_CORRUPT);
	*type = CRT_NT_MM + 0x100;	/* unknown, so no thread */
	KUNIT_EXPECT_EQ(test, parse(image), -CRT_ERR_CORRUPT);
	*type = CRT_NT_THREAD;
	*size = U32_MAX;
	KUNIT_EXPECT_EQ(test, parse(image), -CRT_ERR_CORRUPT);
}

static void test_thread(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_SAYS(-CRT_ERR_HOST, image->regs->cs, 0x23);
	EXPECT_SAYS(-CRT_ERR_HOST, image->regs->cs, 0x10);
	EXPECT_SAYS(-CRT_ERR_HOST, image->regs->ss, 0x18);
	EXPECT_SAYS(-CRT_ERR_HOST, image->regs->fs, 0x2b);
	EXPECT_BAD(image->regs->ip, USER_SIZE);
	EXPECT_BAD(image->regs->fs_base, U64_MAX);
	EXPECT_BAD(image->thread->tid, 0);
	EXPECT_BAD(image->thread->comm[15], 'x');
	EXPECT_BAD(image->thread->restart, CRT_RESTART_POLL + 1);
	EXPECT_BAD(image->thread->restart_remaining_ns, -1);
	EXPECT_BAD(image->thread->nr_pending, 1);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->thread->nr_pending, U32_MAX);
	/* Their size in bytes would be 0 in 32 bits. */
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->signals->nr_pending,
		    U32_MAX / 128 + 1);
}

static void test_vmas(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_BAD(image->vma[0].start, 0);
	EXPECT_BAD(image->vma[0].start, START + 1);
	EXPECT_BAD(image->vma[0].end, START);
	EXPECT_BAD(image->vma[0].end, START + 3 * CRT_PAGE_SIZE);
	EXPECT_BAD(image->vma[0].flags, CRT_VMA_SHARED);
	EXPECT_BAD(image->vma[0].flags, 1u << 31);
	EXPECT_BAD(image->vma[0].base, 77);
	EXPECT_BAD(image->vma[0].fd, 3);
	EXPECT_BAD(image->vma[1].end, USER_SIZE + CRT_PAGE_SIZE);
	EXPECT_BAD(image->vma[1].end, 0);
	EXPECT_BAD(image->vma[1].offset, U64_MAX - CRT_PAGE_SIZE + 1);
	EXPECT_BAD(image->vma[1].file, 1);
	EXPECT_BAD(image->vma[1].name_off, U32_MAX);
	EXPECT_BAD(image->vma[1].base, CRT_BASE_VDSO);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->vmas->nr_vmas, U32_MAX);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->vmas->strings_size, U32_MAX);
	EXPECT_BAD(image->vmas->nr_files, 2);
}

static void test_files(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_BAD(image->file->path_off, U32_MAX);
	EXPECT_BAD(image->file->path_len, 3);
	EXPECT_BAD(image->file->build_id_len, 21);
	EXPECT_BAD(image->file->flags, CRT_FILE_DELETED);
	EXPECT_BAD(image->path[0], 'b');
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->file->path_len, CRT_MAX_PATH);
	EXPECT_BAD(image->mm->exe, 1);
	EXPECT_BAD(image->mm->brk, USER_SIZE);
	EXPECT_BAD(image->mm->start_code, 1);
	EXPECT_BAD(image->mm->vdso_size, CRT_PAGE_SIZE);
}

static void test_loads(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_BAD(image->load->p_vaddr, START + 1);
	EXPECT_BAD(image->load->p_vaddr, START - CRT_PAGE_SIZE);
	EXPECT_BAD(image->load->p_vaddr, U64_MAX - CRT_PAGE_SIZE + 1);
	EXPECT_BAD(image->load->p_offset, 0);
	EXPECT_BAD(image->load->p_offset, FILE_SIZE);
	EXPECT_BAD(image->load->p_filesz, 2 * CRT_PAGE_SIZE);
	EXPECT_BAD(image->load->p_memsz, 4 * CRT_PAGE_SIZE);
	EXPECT_BAD(image->load->p_type, PT_NOTE);
}

static void test_program(struct kunit *test)
{
	struct image *image = test->priv;

	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->program->nr_ops, U32_MAX);
	EXPECT_SAYS(-CRT_ERR_TOO_BIG, image->program->nr_slots, U32_MAX);
	EXPECT_BAD(image->program->nr_ops, 2);
	EXPECT_BAD(image->program->data_size, 16);
	EXPECT_BAD(image->op->code, 0);
	EXPECT_BAD(image->op->code, CRT_OP_STAGE + 1);
	EXPECT_BAD(image->op->slot, 1);
	EXPECT_BAD(image->op->skip, 1);
	EXPECT_BAD(image->op->label, 8);
	EXPECT_BAD(image->op->phase, CRT_PHASE_COMMIT + 1);
	EXPECT_BAD(image->op->reserved, 1);
	EXPECT_BAD(image->op->args[0].type, CRT_ARG_NR_DIRFD);
	image->op->args[0].value = 9;
	EXPECT_BAD(image->op->args[0].type, CRT_ARG_DATA);
	EXPECT_BAD(image->op->args[0].type, CRT_ARG_SLOT_ADDR);
}

/* Whatever single byte changes: an answer, and nothing that KASAN would see. */
static void test_every_byte(struct kunit *test)
{
	struct image *image = test->priv;
	u32 i;

	for (i = 0; i < image->pos; i++) {
		u8 old = image->data[i];
		int err;

		image->data[i] ^= 0xff;
		err = parse(image);
		KUNIT_EXPECT_TRUE_MSG(test,
				      !err || err == -CRT_ERR_CORRUPT ||
				      err == -CRT_ERR_VERSION ||
				      err == -CRT_ERR_HOST ||
				      err == -CRT_ERR_TOO_BIG,
				      "byte %u: %d", i, err);
		image->data[i] = old;
	}
	KUNIT_EXPECT_EQ(test, parse(image), 0);
}

static struct kunit_case image_cases[] = {
	KUNIT_CASE(test_good),
	KUNIT_CASE(test_meta_size),
	KUNIT_CASE(test_elf),
	KUNIT_CASE(test_header),
	KUNIT_CASE(test_checksum),
	KUNIT_CASE(test_notes),
	KUNIT_CASE(test_thread),
	KUNIT_CASE(test_vmas),
	KUNIT_CASE(test_files),
	KUNIT_CASE(test_loads),
	KUNIT_CASE(test_program),
	KUNIT_CASE(test_every_byte),
	{}
};

static struct kunit_suite image_suite = {
	.name = "crtools_image",
	.init = image_init,
	.test_cases = image_cases,
};

kunit_test_suite(image_suite);

MODULE_DESCRIPTION("KUnit tests of the image parser of crtools");
MODULE_LICENSE("GPL");
