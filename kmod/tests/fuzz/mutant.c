// SPDX-License-Identifier: GPL-2.0
/* From a seed and a number to a damaged image. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mutant.h"

struct template templates[MAX_IMAGES];
unsigned int nr_templates;

/*
 * Not stopped, as an image with a program would be if its process was, and not
 * asleep for longer than the test waits.
 */
static void make_lively(struct image *image)
{
	uint64_t at;
	uint32_t i;

	for (i = 0; i < image->nr_notes; i++) {
		if (image->notes[i].type != CRT_NT_THREAD)
			continue;
		at = image->notes[i].desc + offsetof(struct crt_thread, flags);
		put(image, at, uint32_t, get(image, at, uint32_t) & ~CRT_THR_STOPPED);
		at = image->notes[i].desc + offsetof(struct crt_thread, restart_remaining_ns);
		if (get(image, at, int64_t) > 2000000)
			put(image, at, int64_t, 2000000);
	}
	image_repair(image);
}

void template_load(const char *name)
{
	struct template *to = &templates[nr_templates++];
	struct image image;
	struct stat stat;
	uint8_t *data;
	int fd;

	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat))
		die(name);
	data = malloc(stat.st_size);
	if (!data || read(fd, data, stat.st_size) != stat.st_size)
		die(name);
	close(fd);
	if (!image_read(&image, data, stat.st_size)) {
		fprintf(stderr, "%s: no image\n", name);
		exit(2);
	}
	to->data = image_prepare(&image, &to->size);
	if (!to->data || to->size > MAX_IMAGE ||
	    !image_read(&to->image, to->data, to->size)) {
		fprintf(stderr, "%s: cannot be prepared\n", name);
		exit(2);
	}
	make_lively(&to->image);
	free(data);
}

/* Puts the path of the file that changes into every file's record. */
static void name_mapped(struct image *image, struct rng *rng)
{
	static const char path[] = "/proc/self/cwd/mapped";
	const struct note *note = image_note(image, CRT_NT_VMAS, 0);
	struct crt_vmas head;
	struct crt_file file;
	uint64_t at;
	uint32_t i;

	if (!note)
		return;
	head = get(image, note->desc, struct crt_vmas);
	memcpy(image->data + note->desc + note->size - SPARE_STRINGS, path, sizeof(path));
	at = note->desc + sizeof(head) + (uint64_t)head.nr_vmas * sizeof(struct crt_vma);
	for (i = 0; i < head.nr_files; i++, at += sizeof(file)) {
		file = get(image, at, struct crt_file);
		if (file.flags & CRT_FILE_DELETED || rng_one_in(rng, 3))
			continue;
		file.path_off = head.strings_size - SPARE_STRINGS;
		file.path_len = sizeof(path) - 1;
		file.size = MAPPED_SIZE;
		file.build_id_len = 0;
		put(image, at, struct crt_file, file);
	}
	image_repair(image);
}

void mutant_make(uint64_t seed, uint64_t number, uint8_t *buffer,
		 struct mutant *ret)
{
	struct rng rng = { seed * 0x9e3779b97f4a7c15ull + number * 0x632be59bd9b4e019ull };
	const struct template *from = &templates[rng_below(&rng, nr_templates)];
	uint32_t choice = rng_below(&rng, 100);

	memcpy(buffer, from->data, from->size);
	ret->image = from->image;
	ret->image.data = buffer;
	ret->size = from->size;
	ret->what = NR_MUTATIONS;
	ret->around = choice < RACE_PERCENT ? RACE :
		      choice < RACE_PERCENT + MEDIUM_PERCENT ? MEDIUM : PLAIN;
	if (ret->around == RACE)
		name_mapped(&ret->image, &rng);
	/* Where the surroundings do harm, the image need not be damaged too. */
	if (ret->around == PLAIN || rng_one_in(&rng, 3))
		ret->what = mutate(&ret->image, &rng, &ret->size);
	ret->rng = rng;
	if (ret->around != PLAIN)
		rng_next(&ret->rng);
}

uint64_t mutant_hash(const struct mutant *mutant)
{
	uint64_t hash = mutant->size ^ (uint64_t)mutant->around << 56, word, i;

	/* Other bytes or other surroundings, which the rest of the numbers make. */
	if (mutant->around != PLAIN)
		hash ^= mutant->rng.state;
	for (i = 0; i + 8 <= mutant->image.size && i < mutant->size; i += 8) {
		word = get(&mutant->image, i, uint64_t);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
	}
	return hash ? hash : 1;
}
