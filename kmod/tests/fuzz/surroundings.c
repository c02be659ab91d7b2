// SPDX-License-Identifier: GPL-2.0
/* Files for mutated images to name, and their changing meanwhile. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mutant.h"

void die(const char *what)
{
	perror(what);
	exit(2);
}

void file_write(const char *name, const void *data, uint64_t size,
		uint64_t length, unsigned int mode)
{
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    ftruncate(fd, length) || fchmod(fd, mode))
		die(name);
	close(fd);
}

void files_make(unsigned int uid)
{
	struct sockaddr_un address = { AF_UNIX, "socket" };
	char page[4096] = "some bytes";
	int fd;

	mkfifo("fifo", 0666);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("socket");
	close(fd);
	if (symlink("loop", "loop") || symlink("missing", "dangling") ||
	    symlink("image", "link"))
		die("symlink");
	file_write("sparse", page, sizeof(page), 1ull << 40, 0666);
	file_write("empty", page, 0, 0, 0666);
	file_write("byte", page, 1, 1, 0666);
	file_write("unreadable", page, sizeof(page), 8192, 0333);
	file_write("readonly", page, sizeof(page), 8192, 0444);
	files_mend(uid);
	if (chown("readonly", uid, uid) || chown(".", uid, uid))
		die("chown");
}

void files_mend(unsigned int uid)
{
	static uint8_t bytes[MAPPED_SIZE];

	memset(bytes, 0xc3, sizeof(bytes));
	file_write("mapped", bytes, sizeof(bytes), sizeof(bytes), 0666);
	file_write("other", templates[0].data, templates[0].size, templates[0].size, 0755);
	if (chown("mapped", uid, uid))
		die("chown");
}

void files_hand_on(void)
{
	int fds[12], i, ends[2];

	/* While files are changed they may be a FIFO. */
	fds[0] = open("mapped", O_RDONLY | O_NONBLOCK);
	fds[1] = open("mapped", O_RDWR | O_NONBLOCK);
	fds[2] = memfd_create("fuzz", MFD_ALLOW_SEALING);
	if (!ftruncate(fds[2], 65536))
		fcntl(fds[2], F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK);
	fds[3] = memfd_create("fuzz", 0);
	fds[4] = open(".", O_RDONLY);
	fds[5] = open("/dev/zero", O_RDWR);
	fds[6] = open("image", O_RDONLY | O_NONBLOCK);
	fds[7] = open("/proc/self/maps", O_RDONLY);
	fds[8] = open("mapped", O_PATH);
	fds[9] = open("mapped", O_WRONLY | O_NONBLOCK);
	if (pipe(ends))
		_exit(125);
	fds[10] = ends[0];
	fds[11] = open("sparse", O_RDWR);
	/* Opened from the lowest free one up: in order, and to be kept. */
	for (i = 0; i < 12; i++)
		if (fds[i] >= 0)
			fcntl(fds[i], F_SETFD, 0);
}

static void change(const char *name, struct rng *rng)
{
	char page[4096] = "";
	int fd;

	switch (rng_below(rng, 7)) {
	case 0:
		(void)!truncate(name, rng_below(rng, 9) * 8192);
		break;
	case 1:
		(void)!truncate(name, 1 + rng_below(rng, 65536));
		break;
	case 2:
		fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		memset(page, rng_next(rng), sizeof(page));
		(void)!pwrite(fd, page, sizeof(page), rng_below(rng, 16) * 4096);
		close(fd);
		break;
	case 3:		/* another, under the same name */
		file_write("new", page, rng_below(rng, 4096), 65536, 0777);
		(void)!rename("new", name);
		break;
	case 4:
		unlink("new");
		(void)!mkfifo("new", 0666);
		(void)!rename("new", name);
		break;
	case 5:
		unlink("new");
		(void)!symlink("other", "new");
		(void)!rename("new", name);
		break;
	default:
		unlink(name);
		break;
	}
}

void meddle(_Atomic enum race *race)
{
	struct rng rng = { 1 };

	for (;;) {
		enum race ending = RACE_ENDING;

		if (*race != RACE_ON) {
			atomic_compare_exchange_strong(race, &ending, RACE_OFF);
			usleep(300);
			continue;
		}
		change(rng_one_in(&rng, 3) ? "image" : "mapped", &rng);
		usleep(rng_below(&rng, 200));
	}
}

void meddle_stop(_Atomic enum race *race)
{
	*race = RACE_ENDING;
	while (*race != RACE_OFF)
		usleep(100);
}
