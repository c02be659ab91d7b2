// SPDX-License-Identifier: Apache-2.0
/*
 * Files without a name: unlinked ones (one opened twice, one with its folder, some that their owner may only read), one
 * with another hard link, O_TMPFILE; one of the latter that has got a name since.
 */
#include "files.h"

#include <sys/mman.h>

#define LENGTH 300000

static int gone, gone_again, linked, tmp, empty, sparse, homeless, named, strict, strict_again, strict_memory;
static char *sibling;

static int make(const char *name, uint64_t seed)
{
	char *path = wl_path(name);

	wl_make_file(path, LENGTH, seed);
	return must(open(path, O_RDWR));
}

/* What their owner opened for writing, and may now open for reading only. */
static void build_strict(const char *buf)
{
	char *path = wl_path("strict");

	strict = must(open(path, O_RDWR | O_CREAT, 0400));
	wl_write_all(strict, buf, LENGTH);
	strict_again = must(open(path, O_RDONLY));
	must(unlink(path));
	strict_memory = must(memfd_create("strict", 0));
	wl_write_all(strict_memory, buf, LENGTH);
	must(fchmod(strict_memory, 0400));
}

static void build(int argc, char **argv)
{
	static char buf[LENGTH];
	char *dir = strdup(wl_path(""));
	char link_path[64];

	(void)argc;
	(void)argv;
	gone = make("gone", 1);
	gone_again = must(open(wl_path("gone"), O_RDONLY | O_CLOEXEC));
	must(unlink(wl_path("gone")));
	/* A new file took the name. */
	wl_make_file(wl_path("gone"), 10, 9);
	must(lseek(gone, 1000, SEEK_SET));
	must(lseek(gone_again, 2000, SEEK_SET));

	linked = make("linked", 2);
	sibling = wl_path("sibling");
	must(link(wl_path("linked"), sibling));
	must(unlink(wl_path("linked")));

	dir[strlen(dir) - 1] = 0;
	tmp = must(open(dir, O_TMPFILE | O_RDWR, 0640));
	wl_fill(buf, LENGTH, 3);
	wl_write_all(tmp, buf, LENGTH);

	named = must(open(dir, O_TMPFILE | O_RDWR, 0640));
	wl_write_all(named, buf, LENGTH);
	snprintf(link_path, sizeof(link_path), "/proc/self/fd/%d", named);
	must(linkat(AT_FDCWD, link_path, AT_FDCWD, wl_path("named"), AT_SYMLINK_FOLLOW));

	must(mkdir(wl_path("folder"), 0700));
	must(mkdir(wl_path("folder/of it"), 0700));
	homeless = make("folder/of it/homeless", 3);
	must(unlink(wl_path("folder/of it/homeless")));
	must(rmdir(wl_path("folder/of it")));
	must(rmdir(wl_path("folder")));

	build_strict(buf);

	empty = must(open(wl_path("empty"), O_RDWR | O_CREAT, 0600));
	must(unlink(wl_path("empty")));

	sparse = must(open(wl_path("sparse"), O_RDWR | O_CREAT, 0600));
	must(unlink(wl_path("sparse")));
	must(ftruncate(sparse, 1l << 30));
	must(pwrite(sparse, buf, 4096, 512 << 20));
}

static void expect_contents(int fd, uint64_t seed, const char *what)
{
	static char buf[LENGTH];
	struct stat st;

	must(fstat(fd, &st));
	expect(st.st_size == LENGTH, "%s: size is %ld", what, (long)st.st_size);
	expect(must(pread(fd, buf, LENGTH, 0)) == LENGTH, "%s: short read", what);
	wl_expect_filled(buf, LENGTH, seed, what);
}

static void check_strict(void)
{
	struct stat st;
	char byte;

	expect_contents(strict, 3, "unlinked file for reading only");
	expect_contents(strict_again, 3, "the same, opened again");
	expect_contents(strict_memory, 3, "memfd for reading only");
	must(fstat(strict, &st));
	expect((st.st_mode & 07777) == 0400, "unlinked file for reading only: mode %o", st.st_mode);
	must(fstat(strict_memory, &st));
	expect((st.st_mode & 07777) == 0400, "memfd for reading only: mode %o", st.st_mode);
	must(pwrite(strict, "!", 1, 7));
	must(pread(strict_again, &byte, 1, 7));
	expect(byte == '!', "the two descriptors are of two files");
	must(pwrite(strict_memory, "!", 1, 7));
	expect(write(strict_again, "!", 1) == -1 && errno == EBADF, "a descriptor for reading can be written");
}

static void check(void)
{
	struct stat st, other;
	char bytes[4096];

	expect_contents(gone, 1, "unlinked file");
	expect_contents(gone_again, 1, "unlinked file opened twice");
	files_expect_position(gone, 1000);
	files_expect_position(gone_again, 2000);
	files_expect_cloexec(gone_again, true);
	must(fstat(gone, &st));
	expect(st.st_nlink == 0, "the unlinked file has %d links", (int)st.st_nlink);
	must(pwrite(gone, "changed", 7, 5));
	must(pread(gone_again, bytes, 7, 5));
	expect(!memcmp(bytes, "changed", 7), "the two descriptors are of two files");
	must(stat(wl_path("gone"), &st));
	expect(st.st_size == 10, "the new file of the same name was touched");

	expect_contents(linked, 2, "file with another link");
	must(fstat(linked, &st));
	must(stat(sibling, &other));
	expect(st.st_ino == other.st_ino && st.st_dev == other.st_dev, "the other link is of another file");
	expect(st.st_nlink == 1, "%d links, expected 1", (int)st.st_nlink);

	expect_contents(tmp, 3, "O_TMPFILE file");
	must(fstat(tmp, &st));
	expect((st.st_mode & 07777) == 0640 && st.st_nlink == 0, "O_TMPFILE file: mode %o, %d links", st.st_mode,
	       (int)st.st_nlink);
	expect_contents(named, 3, "O_TMPFILE file that got a name");
	must(fstat(named, &st));
	must(stat(wl_path("named"), &other));
	expect(st.st_ino == other.st_ino && st.st_dev == other.st_dev, "the name is of another file");
	expect_contents(homeless, 3, "unlinked file without a folder");
	check_strict();
	must(fstat(empty, &st));
	expect(st.st_size == 0, "empty file: size is %ld", (long)st.st_size);
	must(fstat(sparse, &st));
	expect(st.st_size == 1l << 30, "sparse file: size is %ld", (long)st.st_size);
	expect(st.st_blocks < 2048, "sparse file: %ld blocks", (long)st.st_blocks);
	must(pread(sparse, bytes, 4096, 512 << 20));
	wl_expect_filled(bytes, 4096, 3, "sparse file");
}

static void spoil(void)
{
	must(pwrite(tmp, "x", 1, LENGTH - 1));
}

const struct workload workload = { build, NULL, check, spoil };
