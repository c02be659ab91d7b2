// SPDX-License-Identifier: GPL-2.0
/* Taking an image apart and putting it together with more room in it. */
#include <stdlib.h>

#include "image.h"

#define ALIGN4(x)	(((x) + 3) & ~3ull)
#define ALIGN8(x)	(((x) + 7) & ~7ull)
#define PAGES(x)	(((x) + CRT_PAGE_SIZE - 1) & ~(uint64_t)(CRT_PAGE_SIZE - 1))
#define NEW_OPS		6u
#define NEW_DATA	128u

static uint32_t crc_table[256];

static void __attribute__((constructor)) crc_init(void)
{
	uint32_t i, bit, crc;

	for (i = 0; i < 256; i++) {
		for (crc = i, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		crc_table[i] = crc;
	}
}

void image_repair(struct image *image)
{
	uint64_t field = image->header + offsetof(struct crt_header, meta_crc);
	uint32_t crc = ~0u;
	uint64_t i;

	put(image, field, uint32_t, 0);
	for (i = 0; i < image->meta_size; i++)
		crc = crc >> 8 ^ crc_table[(crc ^ image->data[i]) & 0xff];
	put(image, field, uint32_t, ~crc);
}

bool image_read(struct image *image, uint8_t *data, uint64_t size)
{
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	uint64_t pos;

	memset(image, 0, sizeof(*image));
	image->data = data;
	image->size = size;
	if (size < sizeof(ehdr) + sizeof(phdr))
		return false;
	ehdr = get(image, 0, Elf64_Ehdr);
	if (memcmp(ehdr.e_ident + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC,
		   CRT_IDENT_MAGIC_LEN) || ehdr.e_phoff != sizeof(ehdr) ||
	    ehdr.e_phnum == PN_XNUM)
		return false;
	phdr = get(image, ehdr.e_phoff, Elf64_Phdr);
	image->nr_phdrs = ehdr.e_phnum;
	image->notes_start = phdr.p_offset;
	image->notes_end = phdr.p_offset + phdr.p_filesz;
	if (image->notes_end > size || image->notes_end < phdr.p_offset ||
	    phdr.p_offset < ehdr.e_phoff + image->nr_phdrs * sizeof(phdr))
		return false;
	for (pos = phdr.p_offset; pos + sizeof(Elf64_Nhdr) <= image->notes_end;) {
		struct note *note = &image->notes[image->nr_notes];
		Elf64_Nhdr nhdr = get(image, pos, Elf64_Nhdr);

		if (++image->nr_notes == MAX_NOTES)
			return false;
		note->type = nhdr.n_type;
		note->start = pos;
		note->desc = pos + sizeof(nhdr) + ALIGN4((uint64_t)nhdr.n_namesz);
		note->size = nhdr.n_descsz;
		pos = note->desc + ALIGN4((uint64_t)nhdr.n_descsz);
		if (pos > image->notes_end)
			return false;
		note->ours = nhdr.n_namesz == sizeof(CRT_NOTE_NAME) &&
			     !memcmp(data + note->start + sizeof(nhdr),
				     CRT_NOTE_NAME, sizeof(CRT_NOTE_NAME));
	}
	if (!image->nr_notes || image->notes[0].type != CRT_NT_HEADER ||
	    image->notes[0].size != sizeof(struct crt_header))
		return false;
	image->header = image->notes[0].desc;
	image->meta_size = get(image, image->header +
			       offsetof(struct crt_header, meta_size), uint64_t);
	return image->meta_size <= size && image->notes_end <= image->meta_size;
}

const struct note *image_note(const struct image *image, uint32_t type,
			      uint32_t index)
{
	uint32_t i;

	for (i = 0; i < image->nr_notes; i++)
		if (image->notes[i].type == type && !index--)
			return &image->notes[i];
	return NULL;
}

uint32_t image_count(const struct image *image, uint32_t type)
{
	uint32_t i, n = 0;

	for (i = 0; i < image->nr_notes; i++)
		n += image->notes[i].type == type;
	return n;
}

/* Harmless by itself: getpid(2), slots set and compared. */
static void program_write(uint8_t *to, uint32_t size)
{
	struct crt_program program = {
		.note = { 1, 0, size }, .nr_ops = NEW_OPS, .nr_slots = 4,
		.data_size = NEW_DATA, .report_fd = -1,
	};
	uint32_t i;

	memset(to, 0, size);
	memcpy(to, &program, sizeof(program));
	for (i = 0; i < NEW_OPS; i++) {
		struct crt_op op = {
			.code = i % 3 == 0 ? CRT_OP_SYSCALL :
				i % 3 == 1 ? CRT_OP_SET : CRT_OP_EXPECT,
			.nr = i % 3 == 0 ? 39 : 0, .slot = i % 4,
			.label = CRT_NO_LABEL, .phase = i / 2,
			.thread = CRT_ALL_THREADS,
		};

		if (i % 3) {
			op.args[0] = (struct crt_arg){ CRT_ARG_IMM, 0, i };
			op.args[1] = (struct crt_arg){ CRT_ARG_IMM, 0, i };
		}
		memcpy(to + sizeof(program) + i * sizeof(op), &op, sizeof(op));
	}
	memcpy(to + size - NEW_DATA, "label", 6);
}

/* Returns what follows the note. */
static uint8_t *note_write(uint8_t *to, uint32_t type, uint32_t size)
{
	Elf64_Nhdr nhdr = { sizeof(CRT_NOTE_NAME), size, type };

	memcpy(to, &nhdr, sizeof(nhdr));
	memcpy(to + sizeof(nhdr), CRT_NOTE_NAME, sizeof(CRT_NOTE_NAME));
	return to + sizeof(nhdr) + sizeof(CRT_NOTE_NAME);
}

/* The string table is the end of that note. */
static uint8_t *vmas_write(uint8_t *to, const struct image *image,
			   const struct note *note)
{
	struct crt_vmas head = get(image, note->desc, struct crt_vmas);
	uint32_t size = note->size + SPARE_STRINGS;

	head.note.size = size;
	head.strings_size += SPARE_STRINGS;
	to = note_write(to, CRT_NT_VMAS, size);
	memcpy(to, image->data + note->desc, note->size);
	memset(to + note->size, 0, SPARE_STRINGS);
	memcpy(to, &head, sizeof(head));
	return to + ALIGN4((uint64_t)size);
}

uint8_t *image_prepare(const struct image *image, uint64_t *ret_size)
{
	uint32_t program = sizeof(struct crt_program) +
			   NEW_OPS * sizeof(struct crt_op) + NEW_DATA;
	uint64_t meta = PAGES(image->notes_end + SPARE_STRINGS + SPARE_NOTES +
			      program + 64);
	uint64_t data_size = image->size - image->meta_size;
	uint8_t *data = calloc(1, meta + data_size), *to;
	struct image made = { .data = data, .header = image->header,
			      .meta_size = meta };
	Elf64_Phdr phdr;
	uint32_t i;

	if (!data)
		return NULL;
	memcpy(data, image->data, image->notes_start);
	to = data + image->notes_start;
	for (i = 0; i < image->nr_notes; i++) {
		const struct note *note = &image->notes[i];
		uint64_t end = note->desc + ALIGN4((uint64_t)note->size);

		if (note->ours && note->type == CRT_NT_VMAS) {
			to = vmas_write(to, image, note);
			continue;
		}
		memcpy(to, image->data + note->start, end - note->start);
		to += end - note->start;
	}
	if (!image_note(image, CRT_NT_PROGRAM, 0)) {
		to = note_write(to, CRT_NT_PROGRAM, program);
		program_write(to, program);
		to += program;
	}
	memcpy(data + meta, image->data + image->meta_size, data_size);

	put(&made, image->header + offsetof(struct crt_header, meta_size),
	    uint64_t, meta);
	for (i = 0; i < image->nr_phdrs; i++) {
		uint64_t at = sizeof(Elf64_Ehdr) + i * sizeof(phdr);

		phdr = get(&made, at, Elf64_Phdr);
		if (!i)
			phdr.p_filesz = to - data - image->notes_start;
		else if (phdr.p_filesz)
			phdr.p_offset += meta - image->meta_size;
		put(&made, at, Elf64_Phdr, phdr);
	}
	image_repair(&made);
	*ret_size = meta + data_size;
	return data;
}
