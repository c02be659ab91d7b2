/* SPDX-License-Identifier: GPL-2.0 */
#ifndef CRTOOLS_RESTORER_SUPERVISE_H
#define CRTOOLS_RESTORER_SUPERVISE_H

#include "restorer.h"

/* attend.c: stands in for the restored root and ends as it ends. */
void attend(__s32 root) __attribute__((noreturn));
/* Dies of the signal, without a core dump; exit status 128 + sig if it cannot. */
void end_by_signal(int sig) __attribute__((noreturn));
/* Set of the signals that our caller had us ignore (nohup, say). */
__u64 signals_ignored(void);

#endif
