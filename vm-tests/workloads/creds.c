// SPDX-License-Identifier: Apache-2.0
/*
 * Credentials: starts as root and gives up, each child in a way of its own:
 * all ids different, few capabilities, ordinary user with groups, no groups.
 */
#include "tree.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>

#define GROUPS 40

struct creds {
	uid_t uid[4];
	gid_t gid[4];
	int count;
	gid_t groups[GROUPS];
	struct __user_cap_data_struct caps[2];
	uint64_t bounding, ambient;
	int securebits, no_new_privs, dumpable;
};

static struct creds before;

static void look(struct creds *c)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	memset(c, 0, sizeof(*c));
	must(getresuid(&c->uid[0], &c->uid[1], &c->uid[2]));
	must(getresgid(&c->gid[0], &c->gid[1], &c->gid[2]));
	c->uid[3] = setfsuid(-1);
	c->gid[3] = setfsgid(-1);
	c->count = must(getgroups(GROUPS, c->groups));
	must(syscall(SYS_capget, &header, c->caps));
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			c->bounding |= 1ull << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			c->ambient |= 1ull << cap;
	}
	c->securebits = must(prctl(PR_GET_SECUREBITS));
	c->no_new_privs = must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	c->dumpable = must(prctl(PR_GET_DUMPABLE));
}

static void compare(void)
{
	static const char *const kinds[] = { "real", "effective", "saved", "file system" };
	struct creds now;

	look(&now);
	for (int i = 0; i < 4; i++) {
		expect(now.uid[i] == before.uid[i], "%s uid was %u, is %u", kinds[i], before.uid[i], now.uid[i]);
		expect(now.gid[i] == before.gid[i], "%s gid was %u, is %u", kinds[i], before.gid[i], now.gid[i]);
	}
	expect(now.count == before.count, "%d groups were %d", now.count, before.count);
	expect(!memcmp(now.groups, before.groups, sizeof(now.groups)), "groups differ");
	for (int i = 0; i < 2; i++) {
		expect(now.caps[i].effective == before.caps[i].effective, "effective capabilities were %x, are %x",
		       before.caps[i].effective, now.caps[i].effective);
		expect(now.caps[i].permitted == before.caps[i].permitted, "permitted capabilities were %x, are %x",
		       before.caps[i].permitted, now.caps[i].permitted);
		expect(now.caps[i].inheritable == before.caps[i].inheritable,
		       "inheritable capabilities were %x, are %x", before.caps[i].inheritable,
		       now.caps[i].inheritable);
	}
	expect(now.bounding == before.bounding, "bounding set was %llx, is %llx",
	       (unsigned long long)before.bounding, (unsigned long long)now.bounding);
	expect(now.ambient == before.ambient, "ambient set was %llx, is %llx",
	       (unsigned long long)before.ambient, (unsigned long long)now.ambient);
	expect(now.securebits == before.securebits, "securebits were %#x, are %#x", before.securebits,
	       now.securebits);
	expect(now.no_new_privs == before.no_new_privs, "no_new_privs is %d", now.no_new_privs);
	expect(now.dumpable == before.dumpable, "dumpable was %d, is %d", before.dumpable, now.dumpable);
}

static void set_caps(uint32_t permitted, uint32_t effective, uint32_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { effective, permitted, inheritable } };

	must(syscall(SYS_capset, &header, data));
}

static void all_different(void)
{
	must(setgroups(3, (gid_t[]){ 5, 6, 70000 }));
	must(setresgid(1001, 1002, 1003));
	setfsgid(1004);
	must(setresuid(2001, 2002, 0));
	setfsuid(2001);
}

#define BIT(cap) (1u << (cap))

static void few_capabilities(void)
{
	must(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT, 0, 0, 0));
	must(prctl(PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP));
	must(setgroups(0, NULL));
	must(setresgid(3000, 3000, 3000));
	must(setresuid(3000, 3000, 3000));
	set_caps(BIT(CAP_CHOWN) | BIT(CAP_NET_ADMIN) | BIT(CAP_KILL), BIT(CAP_KILL),
		 BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_ADMIN));
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0));
}

static void ordinary(void)
{
	gid_t groups[GROUPS];

	for (int i = 0; i < GROUPS; i++)
		groups[i] = 100 + 3 * i;
	must(setgroups(GROUPS, groups));
	must(setresgid(1000, 1000, 1000));
	must(setresuid(1000, 1000, 1000));
	/* Else the process's own /proc entries belong to root. */
	must(prctl(PR_SET_DUMPABLE, 1));
}

static void no_way_back(void)
{
	must(setgroups(1, (gid_t[]){ 65534 }));
	must(setresgid(65534, 65534, 65534));
	must(setresuid(65534, 65534, 65534));
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void (*const kinds[])(void) = { all_different, few_capabilities, ordinary, no_way_back };

#define KINDS ((int)(sizeof(kinds) / sizeof(kinds[0])))

static void child(void *arg)
{
	kinds[(intptr_t)arg]();
	look(&before);
	wl_child_ready();
	wl_wait();
	compare();
}

static void build(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	expect(geteuid() == 0, "needs root");
	for (intptr_t i = 0; i < KINDS; i++)
		wl_child(child, (void *)i);
	must(setgroups(2, (gid_t[]){ 10, 20 }));
	must(setresgid(0, 33, 0));
	look(&before);
}

static void check(void)
{
	compare();
	wl_end_children(KINDS);
}

static void spoil(void)
{
	must(setgroups(1, (gid_t[]){ 10 }));
}

const struct workload workload = { build, NULL, check, spoil };
