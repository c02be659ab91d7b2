// SPDX-License-Identifier: GPL-2.0
/*
 * Parses damaged copies of an image, on this machine and without the module.
 *
 *   gcc -g -O1 -fsanitize=address,undefined -fno-sanitize=alignment \
 *       -DCRT_USER_SPACE -D__KERNEL__ -I.. -I../../image-format/include \
 *       fuzz_image.c ../image_parse.c ../image_program.c -lz -o fuzz_image
 *   ./fuzz_image IMAGE [ROUNDS [SEED]]
 */
#include <stdio.h>

#include "../image_parse.h"

static const u64 values[] = {
	0, 1, 4, 0xff, 0x1000, 0x7fff, 0xffff, 0x7fffffff, 0x80000000,
	0xffffffff, 0x7ffffffff000, 0x7fffffffffffffff, ~0ull, ~0xfffull,
};

static u64 seed;

static u64 random_below(u64 end)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (seed >> 24) % end;
}

struct source {
	const u8 *data;
	u64 size;
};

static int read_source(void *context, void *buf, u32 size, u64 pos)
{
	const struct source *source = context;

	if (pos > source->size || size > source->size - pos)
		return -CRT_ERR_CORRUPT;
	memcpy(buf, source->data + pos, size);
	return 0;
}

static void damage(u8 *data, u64 size)
{
	u64 n = 1 + random_below(3), pos;
	u32 width;

	while (n--) {
		switch (random_below(3)) {
		case 0:
			data[random_below(size)] ^= 1 << random_below(8);
			break;
		case 1:
			data[random_below(size)] = random_below(256);
			break;
		default:
			width = 1 << (1 + random_below(3));
			pos = random_below(size / width) * width;
			memcpy(data + pos,
			       &values[random_below(sizeof(values) / 8)],
			       width);
			break;
		}
	}
}

/* Makes the checksum right again, if the header is still where it was. */
static void repair(u8 *data, u64 meta_size, u64 header)
{
	u32 crc = 0;

	memcpy(data + header + offsetof(struct crt_header, meta_crc), &crc, 4);
	crc = crc32_z(0, data, meta_size);
	memcpy(data + header + offsetof(struct crt_header, meta_crc), &crc, 4);
}

static int parse(const u8 *data, u64 size, u64 file_size)
{
	struct source source = { data, size };
	struct crt_image image;
	u64 meta_size;
	u8 *meta;
	int err;

	err = crt_image_meta_size(read_source, &source, file_size, &meta_size);
	if (err)
		return err;
	if (meta_size > size)
		return -CRT_ERR_CORRUPT;
	/* Of the exact size, so that the sanitizer sees every step beyond. */
	meta = malloc(meta_size);
	memcpy(meta, data, meta_size);
	err = crt_image_parse(meta, meta_size, file_size, 0x7ffffffff000,
			      &image);
	if (!err)
		crt_image_free(&image);
	free(meta);
	return err;
}

int main(int argc, char **argv)
{
	u64 size, meta_size, i, rounds = argc > 2 ? atol(argv[2]) : 100000;
	u64 count[256] = {};
	struct source source;
	struct elf64_phdr phdr;
	struct elf64_hdr ehdr;
	u8 *data, *copy;
	FILE *file;
	int err;

	seed = argc > 3 ? atol(argv[3]) : 1;
	file = argc > 1 ? fopen(argv[1], "rb") : NULL;
	if (!file) {
		fprintf(stderr, "usage: fuzz_image IMAGE [ROUNDS [SEED]]\n");
		return 2;
	}
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	data = malloc(size);
	copy = malloc(size);
	if (fread(data, 1, size, file) != size)
		return 2;
	fclose(file);

	source = (struct source){ data, size };
	err = crt_image_meta_size(read_source, &source, size, &meta_size);
	if (!err)
		err = parse(data, size, size);
	if (err) {
		fprintf(stderr, "the undamaged image: error %d\n", -err);
		return 1;
	}
	memcpy(&ehdr, data, sizeof(ehdr));
	memcpy(&phdr, data + ehdr.e_phoff, sizeof(phdr));
	for (i = 0; i < rounds; i++) {
		u64 cut = random_below(20) ? size : random_below(size);

		memcpy(copy, data, meta_size);
		damage(copy, meta_size);
		if (random_below(10))
			repair(copy, meta_size, phdr.p_offset + 20);
		count[(u8)-parse(copy, cut, cut)]++;
	}
	free(data);
	free(copy);
	for (i = 0; i < 256; i++)
		if (count[i])
			printf("%s: %llu\n", i ? strerror(i) : "accepted",
			       (unsigned long long)count[i]);
	return 0;
}
