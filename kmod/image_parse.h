/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading an image's metadata: everything that can be said about an image
 * without looking at this machine or at the process that executes it.
 *
 * Pure functions over one private copy of the metadata. Every error is one of
 * CRT_ERR_* (negative), or -ENOMEM, or what the reader callback returned.
 */
#ifndef CRT_IMAGE_PARSE_H
#define CRT_IMAGE_PARSE_H

#include "image_shim.h"
#include "crtools_format.h"

/* pr_reg of NT_PRSTATUS: struct user_regs_struct of x86-64. */
struct crt_regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	u64 ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
	u64 fs_base, gs_base, ds, es, fs, gs;
};

/* A note as it stands in the metadata; desc may be aligned to 4 only. */
struct crt_desc {
	const u8 *data;		/* NULL: the image has no such note */
	u32 size;
};

struct crt_image_thread {
	struct crt_regs regs;
	struct crt_thread record;
	struct crt_desc desc;	/* record and its siginfos */
	struct crt_desc xstate;
};

/* A PT_LOAD with data, and the VMA it lies in. */
struct crt_run {
	u64 start;
	u64 size;
	u64 offset;		/* in the file */
	u32 vma;
};

struct crt_image {
	const u8 *meta;
	u64 file_size;
	struct crt_header header;
	struct crt_mm mm;
	u32 nr_vmas, nr_files, nr_runs, nr_phdrs, strings_size;
	struct crt_vma *vmas;
	struct crt_file *files;
	const char *strings;	/* in meta */
	struct crt_run *runs;
	struct crt_image_thread *threads;
	struct crt_desc header_desc, mm_desc, vmas_desc, signals_desc;
	struct crt_desc timers_desc, program_desc, auxv_desc;
};

/* Reads exactly @size bytes of the image at @pos. 0 or a negative errno. */
typedef int (*crt_read_fn)(void *context, void *buf, u32 size, u64 pos);

/*
 * How many bytes of metadata there are to be read, from a few small reads.
 * Nothing is trusted later but *ret, which is at most CRT_MAX_META and at
 * most @file_size.
 */
int crt_image_meta_size(crt_read_fn read, void *context, u64 file_size,
			u64 *ret);

/*
 * Parses and checks @meta of @meta_size bytes, which must stay unchanged and
 * allocated until crt_image_free(). @task_size is the end of the user address
 * space. *ret needs crt_image_free() only when 0 is returned.
 */
int crt_image_parse(const u8 *meta, u64 meta_size, u64 file_size,
		    u64 task_size, struct crt_image *ret);
void crt_image_free(struct crt_image *image);

/* The path of a mapped file, NUL-terminated. */
static inline const char *crt_image_path(const struct crt_image *image,
					 u32 file)
{
	return image->strings + image->files[file].path_off;
}

static inline bool crt_image_is_tree(const struct crt_image *image)
{
	return image->header.flags & CRT_HDR_TREE;
}

/* PT_LOAD data is laid over these; all others have their content already. */
static inline bool crt_vma_takes_data(const struct crt_vma *vma)
{
	switch (vma->base) {
	case CRT_BASE_ANON:
	case CRT_BASE_SHMEM:
		return true;
	case CRT_BASE_FILE:
	case CRT_BASE_FD:
		return !(vma->flags & CRT_VMA_SHARED);
	default:
		return false;
	}
}

#endif
