// SPDX-License-Identifier: GPL-2.0
/*
 * A file system with one file, which is slow, fails or lies: the user's side
 * of FUSE (linux/fuse.h), as far as execve(2) and mmap(2) need it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "exec.h"

#define MAX_READ	(128u << 10)

static int device;

static void answer(uint64_t unique, int error, const void *data, size_t size)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + (error ? 0 : size), .error = -error,
		.unique = unique,
	};
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)data, size } };

	/* ENOENT: whoever asked was killed. */
	(void)!writev(device, parts, error || !size ? 1 : 2);
}

static bool shrunk(const struct medium *medium)
{
	return medium->shrink_at && medium->reads >= medium->shrink_at;
}

static void fill_attr(const struct medium *medium, uint64_t node,
		      struct fuse_attr *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ino = node;
	ret->nlink = 1;
	ret->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0777;
	ret->size = node == FUSE_ROOT_ID || shrunk(medium) ? 0 : medium->size;
	ret->blksize = 4096;
}

static void serve_read(struct medium *medium, uint64_t unique,
		       const struct fuse_read_in *in)
{
	static uint8_t buffer[MAX_READ];
	uint32_t number = ++medium->reads;
	uint64_t size = in->size, i;

	if (medium->delay_us)
		usleep(medium->delay_us);
	if (medium->fail_at && number >= medium->fail_at)
		return answer(unique, EIO, NULL, 0);
	if (in->offset >= medium->size || shrunk(medium))
		return answer(unique, 0, NULL, 0);
	if (size > MAX_READ)
		size = MAX_READ;
	if (size > medium->size - in->offset)
		size = medium->size - in->offset;
	memset(buffer, 0, size);
	if (in->offset < MAX_IMAGE)
		memcpy(buffer, medium->data + in->offset,
		       size < MAX_IMAGE - in->offset ? size : MAX_IMAGE - in->offset);
	if (medium->change_at && number >= medium->change_at)
		for (i = number % 61; i < size; i += 61)
			buffer[i] ^= number;
	answer(unique, 0, buffer, size);
}

static void serve_init(uint64_t unique, const struct fuse_init_in *in)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = in->max_readahead, .max_write = 4096,
		.max_background = 16, .congestion_threshold = 12, .time_gran = 1,
	};

	answer(unique, 0, &out, sizeof(out));
}

static void serve(struct medium *medium, const struct fuse_in_header *in)
{
	const void *body = in + 1;
	struct fuse_entry_out entry;
	struct fuse_attr_out attr;
	struct fuse_open_out opened;

	switch (in->opcode) {
	case FUSE_INIT:
		return serve_init(in->unique, body);
	case FUSE_LOOKUP:
		if (strcmp(body, "image"))
			return answer(in->unique, ENOENT, NULL, 0);
		memset(&entry, 0, sizeof(entry));
		entry.nodeid = FUSE_ROOT_ID + medium->generation;
		fill_attr(medium, entry.nodeid, &entry.attr);
		return answer(in->unique, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		memset(&attr, 0, sizeof(attr));
		fill_attr(medium, in->nodeid, &attr.attr);
		return answer(in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		memset(&opened, 0, sizeof(opened));
		opened.open_flags = medium->direct ? FOPEN_DIRECT_IO : 0;
		return answer(in->unique, 0, &opened, sizeof(opened));
	case FUSE_READ:
		return serve_read(medium, in->unique, body);
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		return answer(in->unique, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;		/* want no answer */
	default:
		return answer(in->unique, ENOSYS, NULL, 0);
	}
}

int medium_start(const char *folder, struct medium *medium)
{
	static _Alignas(8) char request[FUSE_MIN_READ_BUFFER + MAX_READ];
	char options[128];
	pid_t pid;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		die("/dev/fuse");
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", device);
	if (mount("fuzz", folder, "fuse", MS_NODEV, options))
		die(folder);
	pid = fork();
	if (pid) {
		close(device);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		ssize_t size = read(device, request, sizeof(request));

		if (size > 0)
			serve(medium, (void *)request);
		else if (errno != EINTR && errno != ENOENT && errno != EAGAIN)
			_exit(0);
	}
}
