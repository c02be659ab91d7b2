// SPDX-License-Identifier: Apache-2.0
/* A ring of processes; each reads from the one before and writes to the next. Argument: processes. */
#include "pipes.h"

#define MAX 64

static int count;
static int ring[MAX][2];
static int at = 0;

static void only(int id)
{
	for (int i = 0; i < count; i++) {
		if (i != id)
			close(ring[i][0]);
		if (i != (id + 1) % count)
			close(ring[i][1]);
	}
}

static int in(void)
{
	return ring[at][0];
}

static int out(void)
{
	return ring[(at + 1) % count][1];
}

static void member(void *arg)
{
	uint64_t token;

	at = (intptr_t)arg;
	only(at);
	/* Data which waits for the next one all the while. */
	pipes_put(out(), 100 + at, at);
	wl_child_ready();
	wl_wait();
	pipes_expect(in(), 100 + at - 1, at - 1, "data that waited");
	wl_read_all(in(), &token, sizeof(token));
	token = token * 31 + at;
	wl_write_all(out(), &token, sizeof(token));
	/* The ring is closed: when the one before ends, this is the end. */
	if (at > 1)
		expect(must(read(in(), &token, 1)) == 0, "member %d: more data than sent", at);
}

static void build(int argc, char **argv)
{
	count = wl_arg(argc, argv, 1, 4);
	expect(count > 1 && count <= MAX, "2 to %d processes", MAX);
	for (int i = 0; i < count; i++)
		must(pipe(ring[i]));
	for (intptr_t i = 1; i < count; i++)
		wl_child(member, (void *)i);
	only(0);
	pipes_put(out(), 100, 0);
}

static void check(void)
{
	uint64_t token = 5, want = 5, first;

	for (int i = 1; i < count; i++)
		want = want * 31 + i;
	wl_write_all(out(), &token, sizeof(token));
	pipes_expect(in(), 100 + count - 1, count - 1, "data that waited");
	wl_end_children(count - 1);
	wl_read_all(in(), &first, sizeof(first));
	expect(first == want, "the token came back as %llu, not %llu", (unsigned long long)first,
	       (unsigned long long)want);
	expect(must(read(in(), &token, 1)) == 0, "a writer is left somewhere");
}

static void spoil(void)
{
	pipes_put(out(), 8, 1);
}

const struct workload workload = { build, NULL, check, spoil };
