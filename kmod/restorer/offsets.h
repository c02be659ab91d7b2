/* SPDX-License-Identifier: GPL-2.0 */
/* What entry.S knows of args.h; compared with it at compile time in start.c. */
#ifndef CRTOOLS_RESTORER_OFFSETS_H
#define CRTOOLS_RESTORER_OFFSETS_H

#define OFFSET_CTL_FD		16
#define OFFSET_XFEATURES	104
#define OFFSET_THREAD_XSTATE	8
#define COMMIT_REQUEST		0x6301

#endif
