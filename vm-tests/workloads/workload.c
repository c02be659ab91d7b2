// SPDX-License-Identifier: Apache-2.0
#include "workload.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>

volatile sig_atomic_t wl_term;
void (*volatile wl_on_term)(void);
bool wl_pids_any;
bool wl_exe_any;

/* Copies, not getenv() pointers: the state under test may include the environment. */
static char result_path[PATH_MAX];
static char ready_path[PATH_MAX];
static char base_dir[PATH_MAX];
static char name[64];
static char remarks[4096];
static bool damage;
static bool is_child;
static int child_ready_fd = -1;

#define MAX_CHILDREN 1024
static pid_t made[MAX_CHILDREN];
static int made_count;

static void put(int fd, const char *s)
{
	size_t len = strlen(s);

	while (len) {
		ssize_t n = write(fd, s, len);

		if (n <= 0)
			return;
		s += n;
		len -= n;
	}
}

/* A result that stands is kept: the first failure is the cause of the others. */
static void publish(const char *path, const char *text, bool keep_old)
{
	char tmp[PATH_MAX + 32];
	int fd;

	snprintf(tmp, sizeof(tmp), "%s.%d.tmp", path, (int)syscall(SYS_gettid));
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	put(fd, text);
	close(fd);
	if (keep_old) {
		if (link(tmp, path) && errno == EEXIST)
			errno = 0;
		unlink(tmp);
	} else {
		rename(tmp, path);
	}
}

static void report(const char *text)
{
	char path[PATH_MAX + 16];
	struct stat st;

	if (!result_path[0]) {
		put(STDOUT_FILENO, text);
		return;
	}
	if (stat(result_path, &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(path, sizeof(path), "%s/%d", result_path, (int)syscall(SYS_getpid));
	else
		snprintf(path, sizeof(path), "%s", result_path);
	publish(path, text, true);
}

static int children_in(const char *path, pid_t *pids, int max)
{
	char buf[16384];
	ssize_t len = 0, n;
	int fd, count = 0;
	char *p, *end;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
	close(fd);
	buf[len] = 0;
	for (p = buf; count < max; p = end) {
		pid_t child = strtol(p, &end, 10);

		if (end == p)
			break;
		pids[count++] = child;
	}
	return count;
}

int wl_children(pid_t *pids, int max)
{
	return children_in("/proc/thread-self/children", pids, max);
}

static void kill_descendants(pid_t pid, int depth)
{
	pid_t kids[MAX_CHILDREN];
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	n = children_in(path, kids, MAX_CHILDREN);
	for (int i = 0; i < n; i++) {
		if (depth < 8)
			kill_descendants(kids[i], depth + 1);
		kill(kids[i], SIGKILL);
	}
}

void wl_fail(const char *fmt, ...)
{
	char text[1024] = "FAIL: ";
	size_t len = strlen(text);
	va_list ap;

	if (is_child)
		len += snprintf(text + len, sizeof(text) - len, "child %d: ", (int)syscall(SYS_getpid));
	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - len - 1, fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	strcat(text, "\n");
	report(text);
	kill_descendants(syscall(SYS_getpid), 0);
	_exit(1);
}

void wl_remark(const char *fmt, ...)
{
	size_t len = strlen(remarks);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(remarks + len, sizeof(remarks) - len, fmt, ap);
	va_end(ap);
}

static void on_term(int sig)
{
	(void)sig;
	wl_term = 1;
	if (wl_on_term)
		wl_on_term();
}

static void term_mask(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	must(sigprocmask(how, &set, NULL));
}

void wl_unblock_term(void)
{
	term_mask(SIG_UNBLOCK);
}

void wl_wait(void)
{
	sigset_t mask;

	must(sigprocmask(SIG_BLOCK, NULL, &mask));
	sigdelset(&mask, SIGTERM);
	while (!wl_term)
		sigsuspend(&mask);
}

void wl_ready(void)
{
	char text[32];

	if (!ready_path[0]) {
		put(STDOUT_FILENO, "ready\n");
		return;
	}
	snprintf(text, sizeof(text), "%d\n", (int)syscall(SYS_getpid));
	publish(ready_path, text, false);
}

static void remember(char *to, const char *env)
{
	const char *value = getenv(env);

	if (!value || !value[0])
		return;
	if (value[0] != '/' || strlen(value) >= PATH_MAX - 32) {
		fprintf(stderr, "%s: %s must be an absolute name\n", name, env);
		exit(2);
	}
	strcpy(to, value);
}

static bool env_is(const char *env, const char *value)
{
	const char *v = getenv(env);

	return v && !strcmp(v, value);
}

int wl_arg(int argc, char **argv, int i, int dflt)
{
	char *end;
	long v;

	if (i >= argc)
		return dflt;
	v = strtol(argv[i], &end, 0);
	expect(end != argv[i] && !*end && v > 0 && v <= INT_MAX, "argument %d: not a positive number", i);
	return v;
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');
	struct sigaction sa = { .sa_handler = on_term, .sa_flags = SA_ONSTACK };
	struct stat st;
	pid_t pid;

	snprintf(name, sizeof(name), "%s", slash ? slash + 1 : argv[0]);
	remember(result_path, "CR_RESULT");
	remember(ready_path, "CR_READY");
	remember(base_dir, "CR_DIR");
	if (!base_dir[0])
		must(getcwd(base_dir, sizeof(base_dir)) ? 0 : -1);
	wl_pids_any = env_is("CR_PIDS", "any");
	wl_exe_any = env_is("CR_EXE", "any");
	damage = getenv("CR_DAMAGE") != NULL;
	if (result_path[0] && stat(result_path, &st) == 0 && !S_ISDIR(st.st_mode))
		unlink(result_path);

	term_mask(SIG_BLOCK);
	must(sigaction(SIGTERM, &sa, NULL));
	pid = syscall(SYS_getpid);

	workload.build(argc, argv);
	if (workload.run) {
		workload.run();
	} else {
		wl_ready();
		wl_wait();
	}
	if (damage)
		workload.damage();
	workload.check();
	if (!wl_pids_any)
		expect(syscall(SYS_getpid) == pid, "pid was %d, is %d", pid, (int)syscall(SYS_getpid));

	char text[sizeof(remarks) + 8];

	snprintf(text, sizeof(text), "PASS\n%s", remarks);
	report(text);
	_exit(0);
}

/* One round of a 64-bit mixer; offset and seed give the word. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 33)) * 0xff51afd7ed558ccdull;
	z = (z ^ (z >> 29)) * 0xc4ceb9fe1a85ec53ull;
	return z ^ (z >> 32);
}

static uint64_t pattern_word(uint64_t seed, size_t i)
{
	return mix(seed * 0x9e3779b97f4a7c15ull + i + 1) | 1;
}

void wl_fill(void *buf, size_t len, uint64_t seed)
{
	unsigned char *p = buf;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t w = pattern_word(seed, i / 8);

		memcpy(p + i, &w, len - i < 8 ? len - i : 8);
	}
}

void wl_expect_filled(const void *buf, size_t len, uint64_t seed, const char *what)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i += 8) {
		uint64_t w = pattern_word(seed, i / 8);

		if (memcmp(p + i, &w, len - i < 8 ? len - i : 8))
			wl_fail("%s: bytes at offset %zu of %zu differ", what, i, len);
	}
}

void wl_expect_zero(const void *buf, size_t len, const char *what)
{
	const unsigned char *p = buf;

	for (size_t i = 0; i < len; i++)
		if (p[i])
			wl_fail("%s: byte at offset %zu of %zu is %#x, not zero", what, i, len, p[i]);
}

#define STEP_MUL 6364136223846793005ull
#define STEP_ADD 1442695040888963407ull

void wl_counter_start(struct wl_counter *c, uint64_t seed)
{
	c->seed = seed;
	c->n = 0;
	c->x = seed;
}

void wl_counter_step(struct wl_counter *c)
{
	c->x = c->x * STEP_MUL + STEP_ADD;
	c->n++;
}

/* Jumps an affine generator ahead by squaring. Call while the counter is at rest. */
void wl_counter_check(const struct wl_counter *c, const char *what)
{
	uint64_t mul = 1, add = 0, m = STEP_MUL, a = STEP_ADD;

	for (uint64_t n = c->n; n; n >>= 1) {
		if (n & 1) {
			mul *= m;
			add = add * m + a;
		}
		a *= m + 1;
		m *= m;
	}
	expect(c->x == c->seed * mul + add, "%s: wrong checksum after %llu steps", what,
	       (unsigned long long)c->n);
	expect(c->n, "%s: never counted", what);
}

char *wl_path(const char *leaf)
{
	static char dir[PATH_MAX + 80];
	char *path;

	if (!dir[0]) {
		snprintf(dir, sizeof(dir), "%s/%s.XXXXXX", base_dir, name);
		must(mkdtemp(dir) ? 0 : -1);
	}
	path = malloc(strlen(dir) + strlen(leaf) + 2);
	sprintf(path, "%s/%s", dir, leaf);
	return path;
}

void wl_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len) {
		ssize_t n = must(write(fd, p, len));

		p += n;
		len -= n;
	}
}

void wl_read_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len) {
		ssize_t n = must(read(fd, p, len));

		expect(n > 0, "fd %d: end of file, %zu bytes short", fd, len);
		p += n;
		len -= n;
	}
}

void wl_make_file(const char *path, size_t len, uint64_t seed)
{
	int fd = must(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	char *buf = malloc(len);

	wl_fill(buf, len, seed);
	wl_write_all(fd, buf, len);
	free(buf);
	close(fd);
}

long wl_status(const char *field)
{
	char line[256];
	size_t len = strlen(field);
	long value = -1;
	FILE *f = fopen("/proc/self/status", "re");

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, field, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	fclose(f);
	return value;
}

void wl_adopt(int fd)
{
	if (child_ready_fd >= 0)
		close(child_ready_fd);
	is_child = true;
	child_ready_fd = fd;
	made_count = 0;
}

pid_t wl_await_child(int fd)
{
	pid_t pid;

	expect(read(fd, &pid, sizeof(pid)) == sizeof(pid), "a child ended before it was ready");
	close(fd);
	expect(made_count < MAX_CHILDREN, "more than %d children", MAX_CHILDREN);
	made[made_count++] = pid;
	return pid;
}

pid_t wl_child(void (*body)(void *), void *arg)
{
	int sync[2];

	must(pipe2(sync, O_CLOEXEC));
	if (!must(fork())) {
		close(sync[0]);
		wl_adopt(sync[1]);
		body(arg);
		_exit(0);
	}
	close(sync[1]);
	return wl_await_child(sync[0]);
}

void wl_child_ready(void)
{
	pid_t pid = syscall(SYS_getpid);

	wl_write_all(child_ready_fd, &pid, sizeof(pid));
	close(child_ready_fd);
	child_ready_fd = -1;
}

void wl_end_children(int expected)
{
	int n = made_count;
	pid_t pid;

	/* With other pids, /proc tells them; else it is not asked: it may be of another pid namespace. */
	if (wl_pids_any)
		n = wl_children(made, MAX_CHILDREN);
	expect(n == expected, "%d children, expected %d", n, expected);
	for (int i = 0; i < n; i++)
		must(kill(made[i], SIGTERM));
	for (int i = 0; i < n; i++) {
		int status;

		do
			pid = waitpid(made[i], &status, 0);
		while (pid < 0 && errno == EINTR);
		expect(pid == made[i], "waitpid(%d): %s", made[i], strerror(errno));
		expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child %d: wait status %#x", pid, status);
	}
	pid = waitpid(-1, NULL, WNOHANG);
	expect(pid == -1 && errno == ECHILD, "one child too many");
}
