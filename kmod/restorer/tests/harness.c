// SPDX-License-Identifier: GPL-2.0
#include "harness.h"
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>

const char *current_test;
int failures;
int life_pipe[2] = { -1, -1 };

static char *blob;
static size_t blob_size;

void check_failed(const char *file, int line, const char *what,
		  const struct result *result)
{
	failures++;
	fprintf(stderr, "%s:%d: %s: not so: %s\n", file, line, current_test,
		what);
	if (result)
		fprintf(stderr, "   status %#x, stderr: %s\n", result->status,
			result->err);
}

void program_begin(struct program *p)
{
	memset(p, 0, sizeof(*p));
	p->head.nr_slots = 64;
	p->head.report_fd = -1;
}

__u32 data_bytes(struct program *p, const void *from, size_t size)
{
	__u32 at = p->head.data_size;

	if (at + size + 8 > MAX_DATA)
		abort();
	memcpy(p->data + at, from, size);
	p->head.data_size = (at + size + 7) & ~7u;
	return at;
}

__u32 data_text(struct program *p, const char *text)
{
	return data_bytes(p, text, strlen(text) + 1);
}

struct crt_op *add(struct program *p, int code, int nr, __u32 slot,
		   const char *label, const struct crt_arg args[6])
{
	struct crt_op *op = &p->ops[p->head.nr_ops++];

	if (p->head.nr_ops > MAX_OPS)
		abort();
	op->code = code;
	op->nr = nr;
	op->slot = slot;
	op->label = label ? data_text(p, label) : CRT_NO_LABEL;
	op->thread = CRT_ALL_THREADS;
	memcpy(op->args, args, sizeof(op->args));
	return op;
}

__u32 fork_begin(struct program *p, __u32 slot, int wanted, int report_fd)
{
	OP(p, CRT_OP_FORK, 0, slot, NULL, IMM(wanted), IMM(0), IMM(report_fd));
	return p->head.nr_ops - 1;
}

void fork_end(struct program *p, __u32 fork)
{
	p->ops[fork].skip = p->head.nr_ops - 1 - fork;
}

void exit_op(struct program *p, int code)
{
	SYS(p, NO, NULL, SYS_exit_group, IMM(code));
}

void blob_load(const char *path)
{
	struct stat stat;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &stat)) {
		perror(path);
		exit(2);
	}
	blob_size = stat.st_size;
	blob = malloc(blob_size);
	if (read(fd, blob, blob_size) != (ssize_t)blob_size)
		exit(2);
	close(fd);
}

#define PAGE(n)		(((n) + 4095) & ~4095ul)

/* As the handler lays it out: text, data, stacks. */
static void enter(const struct run *how)
{
	struct {
		struct crt_args args;
		struct crt_header header;
		struct program program;
		__u64 scratch[128];
		char path[PATH_MAX];
		char argv[4096];
	} *block;
	size_t text = PAGE(blob_size), data = PAGE(sizeof(*block));
	size_t size = text + data + CRT_RESTORER_MAIN_STACK;
	char *base = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *words, *program;
	int i;

	if (base == MAP_FAILED)
		_exit(99);
	memcpy(base, blob, blob_size);
	if (mprotect(base, text, PROT_READ | PROT_EXEC))
		_exit(99);
	block = (void *)(base + text);
	block->args = how->args;
	if (!block->args.header) {
		block->args.header = (__u64)&block->header;
		block->args.hdr_flags = CRT_HDR_TREE;
		block->args.ctl_fd = -1;
	} else {
		block->args.scratch = (__u64)block->scratch;
	}
	block->args.restorer_base = (__u64)base;
	block->args.restorer_size = size;
	stpcpy(block->path, how->image_path ? how->image_path :
	       "./tree.img");
	block->args.image_path = (__u64)block->path;
	words = block->argv;
	block->args.argv = (__u64)words;
	block->args.argc = 1;
	words = stpcpy(words, "./tree.img") + 1;
	for (i = 0; how->argv && how->argv[i]; i++, block->args.argc++)
		words = stpcpy(words, how->argv[i]) + 1;
	if (how->program) {
		const struct crt_program *head = &how->program->head;

		program = (char *)&block->program;
		block->args.program = (__u64)program;
		block->args.program_size = sizeof(*head) +
			head->nr_ops * sizeof(struct crt_op) + head->data_size;
		program = mempcpy(program, head, sizeof(*head));
		program = mempcpy(program, how->program->ops,
				  head->nr_ops * sizeof(struct crt_op));
		memcpy(program, how->program->data, head->data_size);
	}
	if (how->before)
		how->before(how->before_argument);
	asm volatile("mov %0, %%rsp\n\tjmp *%1"
		     : : "r" (base + size), "r" (base), "D" (&block->args)
		     : "memory");
	__builtin_unreachable();
}

static void drain(int fd, char *to, size_t size)
{
	size_t got = strlen(to);
	ssize_t n;

	while (got < size - 1 && (n = read(fd, to + got, size - 1 - got)) > 0)
		got += n;
	to[got] = '\0';
}

void run(const struct run *how, struct result *result)
{
	int err[2], out[2];
	pid_t pid;

	memset(result, 0, sizeof(*result));
	if (pipe2(err, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		abort();
	pid = fork();
	if (!pid) {
		dup2(err[1], 2);
		dup2(out[1], 1);
		close(err[0]);
		close(err[1]);
		close(out[0]);
		close(out[1]);
		if (life_pipe[0] >= 0)
			close(life_pipe[0]);
		if (how->as_nobody && (setgid(65534) || setuid(65534) ||
				       prctl(PR_SET_DUMPABLE, 1)))
			_exit(99);
		enter(how);
	}
	close(err[1]);
	close(out[1]);
	if (life_pipe[1] >= 0) {
		close(life_pipe[1]);
		life_pipe[1] = -1;
	}
	if (how->during)
		how->during(pid, how->during_argument);
	while (waitpid(pid, &result->status, 0) < 0 && errno == EINTR)
		;
	/* What was printed is in the pipes by now; others may hold them. */
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	drain(err[0], result->err, sizeof(result->err));
	drain(out[0], result->out, sizeof(result->out));
	close(err[0]);
	close(out[0]);
}

void run_program(const struct program *p, struct result *result)
{
	struct run how = { .program = p };

	run(&how, result);
}

void run_options(const struct program *p, struct result *result,
		 const char *option1, const char *option2)
{
	const char *const argv[] = { option1, option2, NULL };
	struct run how = { .program = p, .argv = argv };

	run(&how, result);
}

void life_begin(void)
{
	if (life_pipe[0] >= 0)
		close(life_pipe[0]);
	if (pipe(life_pipe))
		abort();
}

bool life_over(void)
{
	struct pollfd pollfd = { life_pipe[0], POLLIN, 0 };

	return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & POLLHUP);
}

void life_wait(void)
{
	char byte;

	while (read(life_pipe[0], &byte, 1) > 0)
		;
}
