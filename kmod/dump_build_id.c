// SPDX-License-Identifier: GPL-2.0
/* The build id of an ELF file. */

#include <linux/elf.h>
#include <linux/slab.h>

#include "crtools.h"
#include "dump.h"

/* NT_GNU_BUILD_ID, which the kernel's headers do not name. */
#define CRT_GNU_BUILD_ID	3

/* Looks for the GNU build id among the notes. Returns its length, or 0. */
static u32 crt_find_in_notes(const u8 *notes, size_t size, u8 *id, u32 max)
{
	while (size >= sizeof(struct elf64_note)) {
		struct elf64_note note;
		size_t name, desc;

		memcpy(&note, notes, sizeof(note));
		notes += sizeof(note);
		size -= sizeof(note);
		name = ALIGN((u64)note.n_namesz, 4);
		if (name > size)
			return 0;
		desc = ALIGN((u64)note.n_descsz, 4);
		if (desc > size - name)
			return 0;
		if (note.n_type == CRT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp(notes, "GNU", 4) && note.n_descsz <= max) {
			memcpy(id, notes + name, note.n_descsz);
			return note.n_descsz;
		}
		notes += name + desc;
		size -= name + desc;
	}
	return 0;
}

/*
 * Writes the build id to @id, which has room for @max bytes, and returns its
 * length, 0 if there is none, or an error: a file that cannot be read just now
 * is not one without a build id. The headers and notes must be in the first
 * page, where linkers put them.
 */
int crt_build_id(struct file *file, u8 *id, u32 max)
{
	const struct elf64_phdr *phdrs;
	const struct elf64_hdr *ehdr;
	loff_t pos = 0;
	ssize_t size;
	int ret = 0;
	u8 *data;
	u32 i;

	data = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!data)
		return -ENOMEM;
	size = kernel_read(file, data, PAGE_SIZE, &pos);
	/* Not all files can be read like this; with O_DIRECT some cannot. */
	if (size < 0 && size != -EINVAL && size != -EFAULT)
		ret = size;
	ehdr = (void *)data;
	if (size < (ssize_t)sizeof(*ehdr) ||
	    memcmp(ehdr->e_ident, ELFMAG, SELFMAG) ||
	    ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr->e_phentsize != sizeof(*phdrs) ||
	    ehdr->e_phoff != sizeof(*ehdr) ||
	    ehdr->e_phnum > (size - sizeof(*ehdr)) / sizeof(*phdrs))
		goto out;
	phdrs = (void *)(data + sizeof(*ehdr));
	for (i = 0; i < ehdr->e_phnum && !ret; i++) {
		if (phdrs[i].p_type != PT_NOTE || phdrs[i].p_offset >= size)
			continue;
		ret = crt_find_in_notes(data + phdrs[i].p_offset,
					min_t(u64, phdrs[i].p_filesz,
					      size - phdrs[i].p_offset),
					id, max);
	}
out:
	kfree(data);
	return ret;
}
