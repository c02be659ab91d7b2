// SPDX-License-Identifier: GPL-2.0
/* FORK and EXEC of the interpreter. */
#include "fork.h"

static bool write_file(const char *path, const char *content)
{
	long fd = sys_4(NR_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);
	long ret;

	if (fd < 0)
		return false;
	ret = sys_3(NR_write, fd, content, strlen(content));
	sys_1(NR_close, fd);
	return ret == (long)strlen(content);
}

static bool map_id(const char *path, __u32 id)
{
	char line[48];
	struct text text;

	text_init(&text, line, sizeof(line));
	text_add_number(&text, id);
	text_add(&text, " ");
	text_add_number(&text, id);
	text_add(&text, " 1");
	return write_file(path, line);
}

/*
 * In a new user namespace the caller stays who he is: his own ids map onto
 * themselves, which needs no right (user_namespaces(7)).
 */
static void map_ids(struct restorer *r, __u32 uid, __u32 gid)
{
	write_file("/proc/self/setgroups", "deny");
	if (!map_id("/proc/self/uid_map", uid) ||
	    !map_id("/proc/self/gid_map", gid))
		fail_own(r, CRT_EXIT_PERMISSION, 0,
			 "cannot map its user into a new user namespace");
}

/*
 * As if the child had said it: nothing can come between birth and report. A
 * child that the supervisor does not know of could end unnoticed, and all
 * would wait for it: better the parent ends.
 */
static void report_born(struct restorer *r, int fd, __s32 pid)
{
	struct crt_report message;
	long ret;

	memset(&message, 0, sizeof(message));
	message.kind = CRT_REPORT_BORN;
	message.pid = pid;
	message.op = CRT_NO_OP;
	ret = sys_retry(sys_3(NR_write, fd, &message, sizeof(message)));
	if (ret != sizeof(message))
		fail_own(r, 0, ret, "cannot tell of a new process");
}

long fork_process(struct restorer *r, const struct fork_wish *wish,
		  __s32 *pid, bool *denied)
{
	__u32 uid = sys_0(NR_geteuid), gid = sys_0(NR_getegid);
	__s32 wanted = wish->pid;
	struct clone_args clone;
	long ret;

	memset(&clone, 0, sizeof(clone));
	clone.flags = wish->flags;
	clone.exit_signal = SIGCHLD;
	if (wanted) {
		clone.set_tid = (__u64)&wanted;
		clone.set_tid_size = 1;
	}
	/* Without a stack of its own the child goes on here, on its copy. */
	ret = sys_2(NR_clone3, &clone, sizeof(clone));
	if (ret == -EPERM && wanted && wish->may_differ) {
		clone.set_tid = 0;
		clone.set_tid_size = 0;
		ret = sys_2(NR_clone3, &clone, sizeof(clone));
		*denied = ret >= 0;
	}
	if (ret < 0)
		return ret;
	if (ret) {
		*pid = ret;
		if (wish->report_fd >= 0)
			report_born(r, wish->report_fd, ret);
		return ret;
	}
	*pid = getpid_now();
	r->first = false;
	if (wish->report_fd >= 0)
		r->report_fd = wish->report_fd;
	else if (r->report_fd < 0)
		memset(&r->warnings, 0, sizeof(r->warnings));
	if (wish->flags & CLONE_NEWUSER)
		map_ids(r, uid, gid);
	return 0;
}

void fail_fork(struct restorer *r, __u32 pc, __s32 wanted, long error)
{
	const struct crt_op *op = &r->ops[pc];
	char label[CRT_REPORT_TEXT];
	struct text text;
	int exit_code = op->exit_code;

	text_init(&text, label, sizeof(label));
	/* The label may be that of the warning, about pids as such. */
	text_add(&text, "pid ");
	text_add_number(&text, wanted);
	if (error == -EEXIST) {
		text_add(&text, " is taken (--new-pids takes others)");
		fail(r, pc, CRT_EXIT_PID_TAKEN, 0, label);
	}
	if (!exit_code && error == -EPERM)
		exit_code = CRT_EXIT_PERMISSION;
	text_add(&text, ": fork");
	fail(r, pc, exit_code, -error, label);
}

struct exec_failure {
	unsigned char error, exit_code;
	char words[94];
};

/* What execve answers for an image, CRT_ERR_*, in words. */
static const struct exec_failure exec_failures[] = {
	{ CRT_ERR_CORRUPT, CRT_EXIT_CORRUPT, " is damaged or cut off" },
	{ CRT_ERR_VERSION, CRT_EXIT_CORRUPT,
	  " is in another version of the image format" },
	{ CRT_ERR_HOST, CRT_EXIT_HOST,
	  " is of another kind of machine (processor, page size or vdso)" },
	{ CRT_ERR_CHANGED, CRT_EXIT_CHANGED,
	  ": a file that it maps has changed since the dump" },
	{ CRT_ERR_TOO_BIG, CRT_EXIT_CORRUPT,
	  " is damaged: a count in it is over its limit" },
	{ ENOENT, CRT_EXIT_CHANGED, " or a file that it maps is missing" },
	{ ENOEXEC, CRT_EXIT_NO_MODULE,
	  " is not taken: the kernel module crtools is not loaded" },
	{ EACCES, CRT_EXIT_PERMISSION,
	  " or a file that it maps: Permission denied" },
	{ EPERM, CRT_EXIT_PERMISSION,
	  " or a file that it maps: Operation not permitted" },
};

long exec_image(struct restorer *r, __u32 pc, int folder, const char *name)
{
	const char *const argv[] = { name, NULL };
	const char *const envp[] = { NULL };
	const struct crt_op *op = &r->ops[pc];
	char label[CRT_REPORT_TEXT];
	struct text text;
	size_t i;
	long ret;

	ret = sys_5(NR_execveat, folder, name, argv, envp, 0);
	if (op->flags & (CRT_OPF_MAY_FAIL | CRT_OPF_WARN))
		return -ret;
	for (i = 0; i < sizeof(exec_failures) / sizeof(exec_failures[0]); i++) {
		const struct exec_failure *failure = &exec_failures[i];

		if (failure->error != -ret)
			continue;
		text_init(&text, label, sizeof(label));
		text_add(&text, name);
		text_add(&text, failure->words);
		fail(r, pc, failure->exit_code, 0, label);
	}
	return -ret;
}
