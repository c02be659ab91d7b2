// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer's target: the execve handler's parser, in user space. Its mutator
 * knows images (mutate.c) beside the bytes that libFuzzer changes itself, and
 * makes the checksum right again most times. CRT_PLAIN_MUTATOR in the
 * environment: libFuzzer's alone.
 *
 * An input of whole pages is metadata, with UNSEEN bytes of page data behind
 * it, which the parser never reads; any other is a file that ends there.
 *
 * Most of a corpus are images that are refused, each for another reason; what
 * is damaged further is refused for the same. So every other input comes from
 * an undamaged one again: those in the folder that CRT_SEEDS names.
 *
 *   fuzz_parse --seed FROM TO    writes the metadata of the image FROM to TO,
 *                                with room in it for what mutations add
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "mutate.h"
#include "../../image_parse.h"

#define TASK_SIZE	0x7ffffffff000ull
#define UNSEEN		(16ull << 20)
#define MAX_SEEDS	64
#define MAX_SEED	(1u << 20)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct source {
	const uint8_t *data;
	uint64_t size;
};

static struct source seeds[MAX_SEEDS];
static unsigned int nr_seeds;

static int read_source(void *context, void *buf, u32 size, u64 pos)
{
	const struct source *source = context;

	if (pos > source->size || size > source->size - pos)
		return -CRT_ERR_CORRUPT;
	memcpy(buf, source->data + pos, size);
	return 0;
}

static void wrong(const char *what)
{
	fprintf(stderr, "accepted, though %s\n", what);
	abort();
}

static void check_desc(const struct crt_image *image, const struct crt_desc *desc)
{
	uint64_t at = desc->data - image->meta;

	if (desc->data && (at > image->header.meta_size ||
			   desc->size > image->header.meta_size - at))
		wrong("a note lies outside");
}

/* What the rest of the handler relies on. */
static void check(const struct crt_image *image, uint64_t file_size)
{
	uint64_t end = 0, i;

	check_desc(image, &image->header_desc);
	check_desc(image, &image->mm_desc);
	check_desc(image, &image->vmas_desc);
	check_desc(image, &image->signals_desc);
	check_desc(image, &image->timers_desc);
	check_desc(image, &image->program_desc);
	check_desc(image, &image->auxv_desc);
	for (i = 0; i < image->nr_vmas; i++) {
		const struct crt_vma *vma = &image->vmas[i];

		if (vma->start < end || vma->end <= vma->start ||
		    vma->end > TASK_SIZE || (vma->start | vma->end) % CRT_PAGE_SIZE)
			wrong("a VMA is out of order");
		end = vma->end;
		if (vma->file != CRT_NO_FILE && vma->file >= image->nr_files)
			wrong("a VMA's file does not exist");
		if (vma->base == CRT_BASE_FILE && !*crt_image_path(image, vma->file))
			wrong("a VMA's file has no path");
	}
	for (i = 0; i < image->nr_files; i++)
		if (strlen(crt_image_path(image, i)) != image->files[i].path_len)
			wrong("a path is not as long as it says");
	for (i = 0; i < image->nr_runs; i++) {
		const struct crt_run *run = &image->runs[i];

		if (run->vma >= image->nr_vmas ||
		    run->start < image->vmas[run->vma].start ||
		    run->size > image->vmas[run->vma].end - run->start ||
		    run->offset > file_size || run->size > file_size - run->offset)
			wrong("page data lies outside");
	}
	for (i = 0; i < image->header.nr_threads; i++) {
		check_desc(image, &image->threads[i].desc);
		check_desc(image, &image->threads[i].xstate);
		if (!image->threads[i].desc.data ||
		    image->threads[i].regs.ip >= TASK_SIZE ||
		    image->threads[i].xstate.size != image->header.xstate_size)
			wrong("a thread is not complete");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source source = { data, size };
	struct crt_image image;
	u64 meta_size, file_size = size;
	u8 *meta;

	if (size % CRT_PAGE_SIZE == 0)
		file_size += UNSEEN;
	if (crt_image_meta_size(read_source, &source, file_size, &meta_size) ||
	    meta_size > size)
		return 0;
	/* Of the exact size, so that every step beyond is seen. */
	meta = malloc(meta_size);
	memcpy(meta, data, meta_size);
	if (!crt_image_parse(meta, meta_size, file_size, TASK_SIZE, &image)) {
		check(&image, file_size);
		crt_image_free(&image);
	}
	free(meta);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
			       unsigned int seed)
{
	struct rng rng = { seed };
	struct image image;
	uint64_t wanted;

	if (getenv("CRT_PLAIN_MUTATOR"))
		return LLVMFuzzerMutate(data, size, max_size);
	if (nr_seeds && rng_one_in(&rng, 2)) {
		const struct source *from = &seeds[rng_below(&rng, nr_seeds)];

		if (from->size <= max_size) {
			memcpy(data, from->data, from->size);
			size = from->size;
		}
	}
	if (!image_read(&image, data, size))
		return LLVMFuzzerMutate(data, size, max_size);
	if (!rng_one_in(&rng, 4)) {
		mutate(&image, &rng, &wanted);
		return wanted < size ? wanted : size;
	}
	size = LLVMFuzzerMutate(data, size, max_size);
	if (image_read(&image, data, size))
		image_repair(&image);
	return size;
}

static int write_seed(const char *from, const char *to)
{
	static uint8_t data[64 << 20];
	struct image image;
	uint64_t size, made_size;
	uint8_t *made;
	FILE *file;

	file = fopen(from, "rb");
	if (!file)
		return 1;
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	if (!image_read(&image, data, size))
		return 1;
	made = image_prepare(&image, &made_size);
	if (!made || !image_read(&image, made, made_size))
		return 1;
	file = fopen(to, "wb");
	if (!file || fwrite(made, 1, image.meta_size, file) != image.meta_size)
		return 1;
	free(made);
	return fclose(file);
}

static void read_seeds(const char *name)
{
	DIR *folder = opendir(name);
	struct dirent *entry;
	char path[4096];
	FILE *file;

	while (folder && (entry = readdir(folder)) && nr_seeds < MAX_SEEDS) {
		uint8_t *data = malloc(MAX_SEED);

		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "rb");
		if (!data || !file) {
			free(data);
			continue;
		}
		seeds[nr_seeds++] = (struct source){ data, fread(data, 1, MAX_SEED, file) };
		fclose(file);
	}
	if (folder)
		closedir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (getenv("CRT_SEEDS"))
		read_seeds(getenv("CRT_SEEDS"));
	if (*argc == 4 && !strcmp((*argv)[1], "--seed"))
		exit(write_seed((*argv)[2], (*argv)[3]));
	return 0;
}
