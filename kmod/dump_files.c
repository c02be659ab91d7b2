// SPDX-License-Identifier: GPL-2.0
/* The table of mapped files. */

#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/kdev_t.h>
#include <linux/path.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/stat.h>

#include "crtools.h"
#include "dump.h"

static struct crt_mapped *crt_mapped(struct crt_dumper *dumper)
{
	return (struct crt_mapped *)dumper->mapped.data;
}

static bool crt_same_file(struct file *a, struct file *b)
{
	return a == b || path_equal(file_user_path(a), file_user_path(b));
}

/* Returns the index; an error is in dumper->mapped.error. */
u32 crt_dump_add_file(struct crt_dumper *dumper, struct file *file, u32 flags)
{
	u32 hash = hash_ptr(file_user_path(file)->dentry, CRT_MAPPED_HASH_BITS);
	u32 nr = crt_buf_count(&dumper->mapped, sizeof(struct crt_mapped));
	struct crt_mapped *entry;
	u32 i;

	if (!dumper->mapped_hash) {
		size_t size = sizeof(u32) << CRT_MAPPED_HASH_BITS;

		crt_buf_init(&dumper->mapped,
			     CRT_MAX_FILES * sizeof(struct crt_mapped));
		dumper->mapped_hash = kvmalloc(size, CRT_GFP_LARGE);
		if (!dumper->mapped_hash) {
			dumper->mapped.error = -ENOMEM;
			return CRT_NO_FILE;
		}
		memset(dumper->mapped_hash, 0xff, size);
	}
	for (i = dumper->mapped_hash[hash]; i != CRT_NO_FILE;
	     i = crt_mapped(dumper)[i].next) {
		entry = &crt_mapped(dumper)[i];
		if (crt_same_file(entry->file, file)) {
			entry->flags |= flags;
			return i;
		}
	}
	entry = crt_buf_add(&dumper->mapped, sizeof(*entry));
	if (!entry)
		return CRT_NO_FILE;
	entry->file = get_file(file);
	entry->flags = flags;
	entry->next = dumper->mapped_hash[hash];
	dumper->mapped_hash[hash] = nr;
	return nr;
}

void crt_dump_free_files(struct crt_dumper *dumper)
{
	u32 nr = crt_buf_count(&dumper->mapped, sizeof(struct crt_mapped));
	u32 i;

	for (i = 0; i < nr; i++)
		fput(crt_mapped(dumper)[i].file);
	crt_buf_free(&dumper->mapped);
	crt_buf_free(&dumper->files);
	kvfree(dumper->mapped_hash);
	dumper->mapped_hash = NULL;
}

/* Puts the path into the strings. The kernel's word for deleted is cut off. */
static int crt_add_path(struct crt_dumper *dumper, struct crt_mapped *mapped,
			struct crt_file *entry, char *buffer)
{
	static const char deleted[] = " (deleted)";
	size_t len, tail = sizeof(deleted) - 1;
	char *path, *to;

	path = d_path(file_user_path(mapped->file), buffer,
		      CRT_MAX_PATH + tail);
	if (IS_ERR(path))
		return PTR_ERR(path);
	len = strlen(path);
	if ((mapped->flags & CRT_FILE_DELETED) && len > tail &&
	    !strcmp(path + len - tail, deleted))
		len -= tail;
	if (len >= CRT_MAX_PATH)
		return -ENAMETOOLONG;
	entry->path_off = dumper->strings.len;
	entry->path_len = len;
	to = crt_buf_add(&dumper->strings, len + 1);
	if (!to)
		return dumper->strings.error;
	memcpy(to, path, len);
	return 0;
}

static int crt_add_stat(struct crt_mapped *mapped, struct crt_file *entry)
{
	struct kstat stat;
	int ret;

	ret = vfs_getattr(file_user_path(mapped->file), &stat,
			  STATX_BASIC_STATS, AT_STATX_SYNC_AS_STAT);
	if (ret)
		return ret;
	entry->ino = stat.ino;
	entry->size = stat.size;
	entry->mtime_ns = timespec64_to_ns(&stat.mtime);
	entry->dev_major = MAJOR(stat.dev);
	entry->dev_minor = MINOR(stat.dev);
	entry->mode = stat.mode;
	entry->flags = mapped->flags;
	return 0;
}

static int crt_add_build_id(struct crt_mapped *mapped, struct crt_file *entry)
{
	int len = 0;

	if (mapped->flags & CRT_FILE_CHECK)
		len = crt_build_id(mapped->file, entry->build_id,
				   sizeof(entry->build_id));
	if (len < 0)
		return len;
	entry->build_id_len = len;
	return 0;
}

/* Asks the file systems, so no lock of the process may be held. */
int crt_dump_collect_files(struct crt_dumper *dumper)
{
	u32 nr = crt_buf_count(&dumper->mapped, sizeof(struct crt_mapped));
	char *buffer;
	int ret = 0;
	u32 i;

	if (dumper->mapped.error)
		return dumper->mapped.error;
	crt_buf_init(&dumper->files, CRT_MAX_FILES * sizeof(struct crt_file));
	buffer = kmalloc(CRT_MAX_PATH + 16, GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return -ENOMEM;
	for (i = 0; i < nr && !ret; i++) {
		struct crt_mapped *mapped = &crt_mapped(dumper)[i];
		struct crt_file *entry;

		if (fatal_signal_pending(current)) {
			ret = -EINTR;
			break;
		}
		entry = crt_buf_add(&dumper->files, sizeof(*entry));
		if (!entry) {
			ret = dumper->files.error;
			break;
		}
		ret = crt_add_stat(mapped, entry);
		if (!ret)
			ret = crt_add_path(dumper, mapped, entry, buffer);
		if (!ret)
			ret = crt_add_build_id(mapped, entry);
		cond_resched();
	}
	kfree(buffer);
	return ret;
}

/* Mappings of files that can be opened by name. */
static bool crt_in_file_note(const struct crt_vma *vma)
{
	return vma->base == CRT_BASE_FILE;
}

/*
 * NT_FILE as the kernel's core dumps have it: count, page size, then start,
 * end and page offset of each, then the names. Deleted files are left out, as
 * a debugger would look for them.
 */
int crt_dump_write_file_note(struct crt_dumper *dumper)
{
	const struct crt_vma *vmas = (void *)dumper->vmas.data;
	const struct crt_file *files = (void *)dumper->files.data;
	u32 nr = crt_buf_count(&dumper->vmas, sizeof(*vmas));
	size_t names = 0, count = 0;
	u64 *desc;
	char *to;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (!crt_in_file_note(&vmas[i]))
			continue;
		count++;
		names += files[vmas[i].file].path_len + 1;
	}
	desc = crt_buf_note(&dumper->notes, "CORE", NT_FILE,
			    (2 + 3 * count) * sizeof(u64) + names);
	if (!desc)
		return dumper->notes.error;
	*desc++ = count;
	*desc++ = PAGE_SIZE;
	to = (char *)(desc + 3 * count);
	for (i = 0; i < nr; i++) {
		const struct crt_file *file;

		if (!crt_in_file_note(&vmas[i]))
			continue;
		file = &files[vmas[i].file];
		*desc++ = vmas[i].start;
		*desc++ = vmas[i].end;
		*desc++ = vmas[i].offset >> PAGE_SHIFT;
		memcpy(to, dumper->strings.data + file->path_off,
		       file->path_len + 1);
		to += file->path_len + 1;
	}
	return 0;
}
