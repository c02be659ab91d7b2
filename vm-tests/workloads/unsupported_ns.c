// SPDX-License-Identifier: Apache-2.0
/* Is in a namespace of its own, which a checkpoint may have to refuse. Argument: the kind. */
#include "unsupported.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static ino_t namespace;
static const char *namespace_path;
/* Damage: a namespace cannot be left again; it counts as lost. */
static bool lost;

static ino_t inode(void)
{
	struct stat st;

	must(stat(namespace_path, &st));
	return st.st_ino;
}

static void enter(int flag, const char *path)
{
	ino_t before;

	namespace_path = path;
	before = inode();
	must(unshare(flag));
	namespace = inode();
	expect(namespace != before, "the namespace is the same");
}

static void ns_uts(void)
{
	enter(CLONE_NEWUTS, "/proc/self/ns/uts");
	must(sethostname("workload", 8));
}

static void ns_mnt(void)
{
	enter(CLONE_NEWNS, "/proc/self/ns/mnt");
}

static void ns_net(void)
{
	enter(CLONE_NEWNET, "/proc/self/ns/net");
}

static void ns_ipc(void)
{
	enter(CLONE_NEWIPC, "/proc/self/ns/ipc");
}

static void ns_cgroup(void)
{
	enter(CLONE_NEWCGROUP, "/proc/self/ns/cgroup");
}

static void ns_user(void)
{
	enter(CLONE_NEWUSER, "/proc/self/ns/user");
}

static void ns_time(void)
{
	enter(CLONE_NEWTIME, "/proc/self/ns/time_for_children");
}

/* Of the children to come. There is no link to it before the first is there. */
static void ns_pid(void)
{
	must(unshare(CLONE_NEWPID));
}

static void check_ns_pid(void)
{
	pid_t pid = must(fork());
	int status;

	if (!pid)
		_exit(getpid());
	must(waitpid(pid, &status, 0));
	expect(!lost && WIFEXITED(status) && WEXITSTATUS(status) == 1, "another pid namespace");
}

static void check_namespace(void)
{
	expect(!lost && inode() == namespace, "another namespace");
}

const struct kind kinds[] = {
	{ "ns_uts", ns_uts, check_namespace },
	{ "ns_mnt", ns_mnt, check_namespace },
	{ "ns_net", ns_net, check_namespace },
	{ "ns_ipc", ns_ipc, check_namespace },
	{ "ns_cgroup", ns_cgroup, check_namespace },
	{ "ns_user", ns_user, check_namespace },
	{ "ns_pid", ns_pid, check_ns_pid },
	{ "ns_time", ns_time, check_namespace },
	{ }
};

static void spoil(void)
{
	lost = true;
}

const struct workload workload = { build, NULL, check_kind, spoil };
