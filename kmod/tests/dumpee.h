/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of dumpee share. */
#ifndef DUMPEE_H
#define DUMPEE_H

#include <stddef.h>
#include <sys/types.h>

#define PAGE 4096ul

/* Ends with 77: this kernel does not have it. */
void die(const char *what) __attribute__((noreturn));

void *map(size_t pages, int prot, int flags, int fd, off_t offset);
void *anon(size_t pages);
/* Writes to @count pages from number @page on. */
void touch(void *memory, size_t page, size_t count);

/* Writes the line "NAME VALUE". */
void tell(const char *name, unsigned long value);

/* dumpee_memory.c; @on_tmpfs: the path of a new file on a tmpfs. */
void build_anon(void);
void build_files(void);
void build_zero_pages(const char *on_tmpfs);

/* dumpee_refused.c: what an image cannot hold; ends with 2 if @kind is none. */
void build_refused(const char *kind);

#endif
