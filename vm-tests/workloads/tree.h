/* SPDX-License-Identifier: Apache-2.0 */
/* What the workloads with many processes share. */
#ifndef TREE_H
#define TREE_H

#include "workload.h"

#include <fcntl.h>
#include <sys/wait.h>

/*
 * Who a process is. With CR_PIDS=any the numbers may be others, but what was
 * equal must be equal: "leads its session", "is in its parent's group", ...
 */
struct identity {
	pid_t pid, ppid, pgid, sid, parent_pgid, parent_sid;
};

static inline struct identity __attribute__((unused)) tree_identity(void)
{
	pid_t ppid = getppid();

	return (struct identity){
		.pid = syscall(SYS_getpid),
		.ppid = ppid,
		.pgid = getpgid(0),
		.sid = getsid(0),
		.parent_pgid = getpgid(ppid),
		.parent_sid = getsid(ppid),
	};
}

static inline void __attribute__((unused)) tree_expect_identity(const struct identity *was)
{
	struct identity now = tree_identity();

	if (!wl_pids_any) {
		expect(now.pid == was->pid, "pid was %d, is %d", was->pid, now.pid);
		expect(now.ppid == was->ppid, "parent was %d, is %d", was->ppid, now.ppid);
		expect(now.pgid == was->pgid, "process group was %d, is %d", was->pgid, now.pgid);
		expect(now.sid == was->sid, "session was %d, is %d", was->sid, now.sid);
	}
	expect((now.pid == now.sid) == (was->pid == was->sid), "leads its session: now %d", now.pid == now.sid);
	expect((now.pid == now.pgid) == (was->pid == was->pgid), "leads its group: now %d", now.pid == now.pgid);
	expect((now.sid == now.parent_sid) == (was->sid == was->parent_sid), "in its parent's session: now %d",
	       now.sid == now.parent_sid);
	expect((now.pgid == now.parent_pgid) == (was->pgid == was->parent_pgid), "in its parent's group: now %d",
	       now.pgid == now.parent_pgid);
}

static inline void __attribute__((unused)) tree_expect_comm(const char *who, const char *want)
{
	char path[64], now[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/comm", who);
	fd = must(open(path, O_RDONLY | O_CLOEXEC));
	must(read(fd, now, sizeof(now) - 1));
	close(fd);
	now[strcspn(now, "\n")] = 0;
	expect(!strcmp(now, want), "comm of %s was %s, is %s", who, want, now);
}

#endif
