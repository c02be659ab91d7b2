// SPDX-License-Identifier: GPL-2.0
/* COPY: bytes from one descriptor to another, holes kept. */
#include "restorer.h"

#define TO_END		(~0ull)
#define AT_POSITION	(~0ull)
#define BUFFER_SIZE	65536ul

struct copy {
	int from, to;
	__u64 to_offset;	/* AT_POSITION: where it stands */
	__u64 buffer;		/* mapped when first wanted */
};

static long buffer_get(struct copy *copy)
{
	long ret;

	if (copy->buffer)
		return 0;
	ret = sys_6(NR_mmap, NULL, BUFFER_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (MAP_FAILED_(ret))
		return ret;
	copy->buffer = ret;
	return 0;
}

static long write_out(struct copy *copy, __u64 size)
{
	__u64 from = copy->buffer;
	long ret;

	while (size) {
		if (copy->to_offset == AT_POSITION)
			ret = sys_retry(sys_3(NR_write, copy->to, from, size));
		else
			ret = sys_retry(sys_4(NR_pwrite64, copy->to, from,
					      size, copy->to_offset));
		if (ret <= 0)
			return ret ? ret : -EIO;
		if (copy->to_offset != AT_POSITION)
			copy->to_offset += ret;
		from += ret;
		size -= ret;
	}
	return 0;
}

/* [*offset, end) of the source, by way of the buffer. */
static long copy_slow(struct copy *copy, __u64 *offset, __u64 end)
{
	long ret = buffer_get(copy);

	while (!ret && *offset < end) {
		__u64 size = end - *offset;

		if (size > BUFFER_SIZE)
			size = BUFFER_SIZE;
		ret = sys_retry(sys_4(NR_pread64, copy->from, copy->buffer,
				      size, *offset));
		if (ret <= 0)
			return ret ? ret : -ENODATA;
		*offset += ret;
		ret = write_out(copy, ret);
	}
	return ret;
}

/* The kernel copies where it can: neither call moves a file position. */
static long copy_data(struct copy *copy, __u64 offset, __u64 end)
{
	while (copy->to_offset != AT_POSITION && offset < end) {
		long ret = sys_6(NR_copy_file_range, copy->from, &offset,
				 copy->to, &copy->to_offset, end - offset, 0);

		if (ret == -EINTR)
			continue;
		if (ret <= 0)
			break;
	}
	return copy_slow(copy, &offset, end);
}

/* A range of a file into a file, data by data; what is between stays a hole. */
static long copy_sparse(struct copy *copy, __u64 offset, __u64 end)
{
	__u64 start = offset, target = copy->to_offset;
	struct sys_stat stat;
	long ret = 0;

	while (offset < end) {
		long data = sys_3(NR_lseek, copy->from, offset, SEEK_DATA);
		long hole;

		if (data == -ENXIO || data >= (long)end)
			break;
		hole = data < 0 ? data :
		       sys_3(NR_lseek, copy->from, data, SEEK_HOLE);
		if (data < 0 || hole < 0) {
			/* No such thing as holes there. */
			data = offset;
			hole = end;
		}
		if (hole > (long)end)
			hole = end;
		copy->to_offset = target + (data - start);
		ret = copy_data(copy, data, hole);
		if (ret < 0)
			return ret;
		offset = hole;
	}
	/* A hole at the end makes no size by itself. */
	target += end - start;
	ret = sys_2(NR_fstat, copy->to, &stat);
	if (ret < 0)
		return ret;
	if ((stat.mode & S_IFMT) == S_IFREG && stat.size < (long)target)
		ret = sys_2(NR_ftruncate, copy->to, target);
	return ret;
}

/* A pipe that cannot take all answers EAGAIN instead of waiting for ever. */
static long copy_to_pipe(struct copy *copy, __u64 offset, __u64 end)
{
	long flags = sys_2(NR_fcntl, copy->to, F_GETFL);
	long ret, back;

	if (flags < 0)
		return flags;
	ret = sys_3(NR_fcntl, copy->to, F_SETFL, flags | O_NONBLOCK);
	if (ret < 0)
		return ret;
	ret = copy_slow(copy, &offset, end);
	back = sys_3(NR_fcntl, copy->to, F_SETFL, flags);
	return ret < 0 ? ret : back;
}

long copy_range(int from, __u64 from_offset, __u64 length, int to,
		__u64 to_offset)
{
	struct copy copy = { from, to, to_offset, 0 };
	struct sys_stat source, target;
	long position, ret;
	__u64 end;

	ret = sys_2(NR_fstat, from, &source);
	if (!ret)
		ret = sys_2(NR_fstat, to, &target);
	if (ret < 0)
		return ret;
	end = length == TO_END ? (__u64)source.size : from_offset + length;
	/* SEEK_DATA moves the source's position: put it back. */
	position = sys_3(NR_lseek, from, 0, SEEK_CUR);
	if ((__s64)from_offset > (__s64)end)
		ret = length == TO_END ? 0 : -EINVAL;
	else if (end > (__u64)source.size && (source.mode & S_IFMT) == S_IFREG)
		ret = -ENODATA;
	else if ((target.mode & S_IFMT) == S_IFIFO)
		ret = copy_to_pipe(&copy, from_offset, end);
	else if (to_offset == AT_POSITION)
		ret = copy_data(&copy, from_offset, end);
	else
		ret = copy_sparse(&copy, from_offset, end);
	if (position >= 0) {
		position = sys_3(NR_lseek, from, position, SEEK_SET);
		if (position < 0 && ret >= 0)
			ret = position;
	}
	if (copy.buffer)
		sys_2(NR_munmap, copy.buffer, BUFFER_SIZE);
	return ret;
}
