// SPDX-License-Identifier: GPL-2.0
/* Memory that grows while the metadata of an image are made. */

#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "crtools.h"
#include "dump.h"

void crt_buf_init(struct crt_buf *buf, size_t max)
{
	memset(buf, 0, sizeof(*buf));
	buf->max = max;
}

void crt_buf_free(struct crt_buf *buf)
{
	kvfree(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->room = 0;
}

int crt_buf_reserve(struct crt_buf *buf, size_t size)
{
	size_t want, room;
	u8 *data;

	if (buf->error)
		return buf->error;
	if (check_add_overflow(buf->len, size, &want) || want > buf->max) {
		buf->error = -E2BIG;
		return buf->error;
	}
	if (want <= buf->room)
		return 0;

	room = clamp(2 * buf->room, (size_t)PAGE_SIZE, buf->max);
	room = max(room, want);
	data = kvmalloc(room, CRT_GFP_LARGE);
	if (!data) {
		buf->error = -ENOMEM;
		return buf->error;
	}
	if (buf->len)
		memcpy(data, buf->data, buf->len);
	kvfree(buf->data);
	buf->data = data;
	buf->room = room;
	return 0;
}

void *crt_buf_add(struct crt_buf *buf, size_t size)
{
	void *ret;

	if (crt_buf_reserve(buf, size))
		return NULL;
	ret = buf->data + buf->len;
	memset(ret, 0, size);
	buf->len += size;
	return ret;
}

void *crt_buf_note(struct crt_buf *buf, const char *name, u32 type,
		   size_t size)
{
	size_t name_size = strlen(name) + 1;
	size_t name_room = ALIGN(name_size, 4);
	struct elf64_note *note;

	if (size > CRT_MAX_META) {
		buf->error = -E2BIG;
		return NULL;
	}
	note = crt_buf_add(buf, sizeof(*note) + name_room + ALIGN(size, 4));
	if (!note)
		return NULL;
	note->n_namesz = name_size;
	note->n_descsz = size;
	note->n_type = type;
	memcpy(note + 1, name, name_size);
	return (u8 *)(note + 1) + name_room;
}

void *crt_buf_own_note(struct crt_buf *buf, u32 type, size_t size)
{
	struct crt_note *note = crt_buf_note(buf, CRT_NOTE_NAME, type, size);

	if (!note)
		return NULL;
	note->version = 1;
	note->size = size;
	return note;
}
