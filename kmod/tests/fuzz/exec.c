// SPDX-License-Identifier: GPL-2.0
/*
 * Executes damaged images as an ordinary user, in a virtual machine.
 *
 *   fuzz_exec [-v] [-j WORKERS] [-f FIRST] [-w FOLDER] SEED COUNT IMAGE...
 *   fuzz_exec -o FILE [-f NUMBER] SEED 1 IMAGE...
 *
 * Tries mutations number FIRST (0) and on until COUNT distinct ones have been
 * executed, in new folders below FOLDER (a tmpfs). What number N of a seed and
 * of these images is, follows from N alone: -o writes it to a file; -v names
 * those that were slow or killed by the handler. Must be
 * started by root: each worker's images are executed by an uid of their own,
 * so that whatever they do hits only themselves.
 *
 * An execve must answer a documented errno, or there is a new process, which
 * is left alone for RUN_MS and then killed. Everything else is a REPORT line,
 * and so is what is not as before in the end (watch.c), and a kind of mutation
 * or surroundings of which none was tried. Status 1 with reports.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mutant.h"
#include "watch.h"

#define FIRST_UID	3000
#define RUN_MS		80
#define KILL_MS		30000	/* from SIGKILL to the end */
#define WHOLE_MS	60000	/* an undamaged image's time, for each half of it */
#define SET_SIZE	(1u << 21)
#define WARM_UP		200	/* mutations before memory is looked at */
#define NOT_BY_CHANCE	40	/* expected of a kind; the rarest has 53 of 3000 */

static struct shared *shared;
static _Atomic uint64_t *seen;	/* SET_SIZE hashes */
static uint64_t seed;
static bool verbose;

static const int allowed[] = {
	EBADMSG, EPROTONOSUPPORT, EOPNOTSUPP, ESTALE, E2BIG,
	/* of files, memory limits and rights */
	ENOENT, EACCES, EPERM, ENOMEM, EBADF, ENOTDIR, EISDIR, ENAMETOOLONG,
	ELOOP, ETXTBSY, EINVAL, EIO, EOVERFLOW, ENODEV, ENXIO, EMFILE, EAGAIN,
};

static uint64_t now_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000ull + time.tv_nsec / 1000;
}

static void report(uint64_t number, const char *what, int detail)
{
	printf("REPORT mutation %lu of seed %lu: %s %d\n", number, seed, what, detail);
	fflush(stdout);
	shared->reports++;
}

static void choose_medium(struct medium *medium, struct rng *rng)
{
	medium->delay_us = rng_one_in(rng, 2) ? 0 : rng_below(rng, 3000);
	medium->fail_at = rng_one_in(rng, 3) ? 1 + rng_below(rng, 10) : 0;
	medium->change_at = rng_one_in(rng, 3) ? 1 + rng_below(rng, 8) : 0;
	medium->shrink_at = rng_one_in(rng, 4) ? 1 + rng_below(rng, 8) : 0;
	medium->direct = rng_one_in(rng, 2);
	medium->reads = 0;
}

static bool is_new(uint64_t hash)
{
	uint32_t i;

	for (i = hash % SET_SIZE;; i = (i + 1) % SET_SIZE) {
		uint64_t expected = 0;

		if (atomic_compare_exchange_strong(&seen[i], &expected, hash))
			return true;
		if (expected == hash)
			return false;
	}
}

static void limit(int what, uint64_t value)
{
	struct rlimit limit = { value, value };

	if (setrlimit(what, &limit))
		_exit(126);
}

static void become(unsigned int uid)
{
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		_exit(126);
}

static void child(const char *path, unsigned int uid, int told) __attribute__((noreturn));

static void child(const char *path, unsigned int uid, int told)
{
	char *argv[] = { (char *)path, NULL }, *envp[] = { "A=b", NULL };
	int null, error, i;

	setpgid(0, 0);
	told = fcntl(told, F_DUPFD_CLOEXEC, 60);
	null = open("/dev/null", O_RDWR);
	for (i = 0; i < 3; i++)
		dup2(null, i);
	syscall(SYS_close_range, 3, 59, 0);
	become(uid);
	files_hand_on();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, 768ull << 20);
	limit(RLIMIT_FSIZE, 4 << 20);
	limit(RLIMIT_NOFILE, 64);
	limit(RLIMIT_NPROC, 60);
	limit(RLIMIT_CPU, 4);
	execve(path, argv, envp);
	error = errno;
	(void)!write(told, &error, sizeof(error));
	_exit(127);
}

/* Nothing wrong, but worth a look. */
static void tell(uint64_t number, const char *what)
{
	if (verbose)
		printf("mutation %lu: %s\n", number, what);
	fflush(stdout);
}

/* Waits for descriptor @fd; false when it took too long. */
static bool await(int fd, int ms)
{
	struct pollfd poll_for = { fd, POLLIN, 0 };

	return poll(&poll_for, 1, ms) > 0;
}

static bool end_it(pid_t pid, int pidfd, uint64_t number)
{
	uint64_t begin = now_us();

	kill(pid, SIGKILL);
	if (!await(pidfd, KILL_MS)) {
		report(number, "cannot be killed: process", pid);
		return false;
	}
	begin = now_us() - begin;
	if (begin > shared->longest_kill_us)
		shared->longest_kill_us = begin;
	return true;
}

/* Whoever the new process started: all of the worker's uid. */
static void sweep(unsigned int uid, uint64_t number)
{
	uint64_t begin = now_us();
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0) {
		if (pid)
			continue;
		pid = fork();
		if (!pid) {
			become(uid);
			kill(-1, SIGKILL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		usleep(1000);
		if (now_us() - begin > KILL_MS * 1000ull) {
			report(number, "descendants cannot be killed, uid", uid);
			return;
		}
	}
}

static void check_errno(uint64_t number, const struct mutant *mutant, int error)
{
	const uint8_t *data = mutant->image.data;
	unsigned int i;

	if (error < 0 || error >= MAX_ERRNO)
		return report(number, "answered", error);
	shared->errors[error]++;
	/* No magic any more, or another file by now: not ours to answer. */
	if (error == ENOEXEC &&
	    (mutant->around != PLAIN || mutant->size < 16 ||
	     memcmp(data, ELFMAG, SELFMAG) ||
	     memcmp(data + CRT_IDENT_OFFSET, CRT_IDENT_MAGIC, CRT_IDENT_MAGIC_LEN)))
		return;
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		if (error == allowed[i])
			return;
	report(number, "answered", error);
}

/*
 * Returns the exit status if the execution was done within @exec_ms and the new
 * process ended by itself within @run_ms after that, else -1.
 */
static int execute(uint64_t number, const struct mutant *mutant, const char *path,
		   unsigned int uid, int exec_ms, int run_ms)
{
	int told[2], pidfd, error, got;
	siginfo_t info;
	int status = -1;
	bool ours = false;
	pid_t pid;

	if (pipe2(told, O_CLOEXEC))
		die("pipe");
	pid = fork();
	if (!pid)
		child(path, uid, told[1]);
	close(told[1]);
	if (pid < 0)
		die("fork");
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	got = -1;
	if (await(told[0], exec_ms))
		got = read(told[0], &error, sizeof(error));
	close(told[0]);
	if (got < 0) {
		shared->slow++;
		tell(number, "slow");
	}
	if (got == sizeof(error))
		check_errno(number, mutant, error);
	else if (!got)
		shared->executed++;
	if (got < 0 || !await(pidfd, run_ms)) {
		ours = true;
		if (!end_it(pid, pidfd, number)) {
			close(pidfd);
			return -1;
		}
	}
	close(pidfd);
	if (waitid(P_PID, pid, &info, WEXITED | __WALL))
		die("waitid");
	if (ours)
		shared->ended_by_us++;
	else if (got != sizeof(error) && info.si_code == CLD_EXITED)
		shared->exits[status = info.si_status & 0xff]++;
	else if (got != sizeof(error)) {
		shared->signals[info.si_status & 0x7f]++;
		if (info.si_status == SIGKILL)
			tell(number, "ended by the handler");
	}
	sweep(uid, number);
	return status;
}

/* Undamaged, each must come to its end: target.c's is 42, the tree image's 7. */
static void control(unsigned int uid)
{
	struct mutant mutant = { .around = PLAIN };
	unsigned int i;
	int status;

	for (i = 0; i < nr_templates; i++) {
		mutant.image = templates[i].image;
		mutant.size = templates[i].size;
		file_write("image", mutant.image.data, mutant.size, mutant.size, 0777);
		status = execute(i, &mutant, "image", uid, WHOLE_MS, WHOLE_MS);
		if (status != 42 && status != 7)
			report(i, "an undamaged image ended with status", status);
	}
}

static void one(uint64_t number, struct worker *worker, uint8_t *buffer,
		unsigned int uid)
{
	const char *path = "image";
	struct mutant mutant;

	mutant_make(seed, number, buffer, &mutant);
	shared->tried++;
	if (!is_new(mutant_hash(&mutant)))
		return;
	shared->distinct++;
	shared->around[mutant.around]++;
	if (mutant.what != NR_MUTATIONS)
		shared->classes[mutant.what]++;
	file_write("image", buffer, mutant.image.size < mutant.size ? mutant.image.size :
		   mutant.size, mutant.size, 0777);
	if (mutant.around == MEDIUM) {
		memcpy(worker->medium.data, buffer, mutant.image.size);
		worker->medium.size = mutant.size;
		choose_medium(&worker->medium, &mutant.rng);
		worker->medium.generation++;
		path = "slow/image";
	}
	if (mutant.around == RACE)
		worker->race = RACE_ON;
	execute(number, &mutant, path, uid, EXEC_MS, RUN_MS);
	if (mutant.around == RACE) {
		meddle_stop(&worker->race);
		files_mend(uid);
	}
}

static void work(struct worker *worker, uint64_t count, unsigned int uid)
	__attribute__((noreturn));

static void work(struct worker *worker, uint64_t count, unsigned int uid)
{
	uint8_t *buffer = mmap(NULL, MAX_IMAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t number;

	/* Orphans come to us; what they leave behind in System V IPC goes. */
	if (buffer == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) ||
	    unshare(CLONE_NEWIPC))
		die("worker");
	if (!shared->controlled++)
		control(uid);
	while (shared->distinct < count) {
		number = shared->next++;
		one(number, worker, buffer, uid);
		if (number % 5000 == 4999) {
			printf("%lu mutations, %lu distinct, %lu reports\n", number + 1,
			       shared->distinct, shared->reports);
			fflush(stdout);
		}
	}
	_exit(0);
}

static int start_worker(const char *folder, unsigned int index, uint64_t count,
			pid_t *helpers)
{
	struct worker *worker = &shared->workers[index];
	unsigned int uid = FIRST_UID + index;
	char name[64];
	pid_t pid;

	snprintf(name, sizeof(name), "%s/%u", folder, index);
	if (mkdir(name, 0755) || chdir(name) || mkdir("slow", 0755))
		die(name);
	files_make(uid);
	helpers[0] = medium_start("slow", &worker->medium);
	helpers[1] = fork();
	if (!helpers[1]) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		meddle(&worker->race);
	}
	pid = fork();
	if (!pid)
		work(worker, count, uid);
	return pid;
}

static void run(const char *folder, unsigned int workers, uint64_t count)
{
	pid_t pids[MAX_WORKERS], helpers[MAX_WORKERS][2];
	unsigned int i;

	if (mkdir(folder, 0755) || mount("fuzz", folder, "tmpfs", 0, "size=1g"))
		die(folder);
	for (i = 0; i < workers; i++)
		pids[i] = start_worker(folder, i, count, helpers[i]);
	for (i = 0; i < workers; i++) {
		int status;

		waitpid(pids[i], &status, 0);
		if (status)
			report(0, "a worker ended with status", status);
		kill(helpers[i][1], SIGKILL);
		waitpid(helpers[i][1], NULL, 0);
	}
	for (i = 0; i < workers; i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s/%u/slow", folder, i);
		if (umount2(name, MNT_DETACH))
			die(name);
		kill(helpers[i][0], SIGKILL);
		waitpid(helpers[i][0], NULL, 0);
	}
	if (chdir("/") || umount(folder) || rmdir(folder))
		die(folder);
}

/* None of a kind is no chance where so many were to be expected. */
static void check_kind(const char *name, uint64_t count, uint64_t expected)
{
	if (count || expected < NOT_BY_CHANCE)
		return;
	printf("REPORT none of %lu mutations: %s\n", shared->tried, name);
	shared->reports++;
}

static void check_kinds(void)
{
	const uint64_t around[] = {
		[RACE] = shared->tried * RACE_PERCENT / 100,
		[MEDIUM] = shared->tried * MEDIUM_PERCENT / 100,
		[PLAIN] = shared->tried * (100 - RACE_PERCENT - MEDIUM_PERCENT) / 100,
	};
	unsigned int i;

	for (i = 0; i < NR_SURROUNDINGS; i++)
		check_kind(surroundings_names[i], shared->around[i], around[i]);
	for (i = 0; i < NR_MUTATIONS; i++)
		check_kind(mutation_names[i], shared->classes[i],
			   mutation_expected(i, shared->tried));
}

int main(int argc, char **argv)
{
	const char *output = NULL, *folder = "/tmp/fuzz";
	unsigned int workers = 2;
	struct watch before, after;
	uint64_t count, first = 0, begin;
	int c;

	while ((c = getopt(argc, argv, "j:f:o:vw:")) > 0) {
		switch (c) {
		case 'j':
			workers = atoi(optarg);
			break;
		case 'f':
			first = strtoull(optarg, NULL, 0);
			break;
		case 'o':
			output = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'w':
			folder = optarg;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 3 || argc - optind > MAX_IMAGES || workers > MAX_WORKERS) {
		fprintf(stderr, "usage: fuzz_exec [-j WORKERS] [-f FIRST] [-w FOLDER] [-o FILE] SEED COUNT IMAGE...\n");
		return 2;
	}
	seed = strtoull(argv[optind++], NULL, 0);
	count = strtoull(argv[optind++], NULL, 0);
	while (optind < argc)
		template_load(argv[optind++]);
	if (output) {
		static uint8_t buffer[MAX_IMAGE];
		struct mutant mutant;

		mutant_make(seed, first, buffer, &mutant);
		file_write(output, buffer, mutant.image.size < mutant.size ?
			   mutant.image.size : mutant.size, mutant.size, 0755);
		return 0;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* All of it at once, so that no later use of it looks like a leak. */
	seen = mmap(NULL, SET_SIZE * sizeof(*seen), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED || seen == MAP_FAILED)
		die("mmap");
	shared->next = first;
	run(folder, workers, WARM_UP);
	watch_take(&before);
	begin = now_us();
	run(folder, workers, count);
	begin = (now_us() - begin) / 1000000;
	watch_take(&after);
	printf("seed %lu: %lu distinct of %lu mutations of %u images in %lu s\n", seed,
	       shared->distinct, shared->tried, nr_templates, begin);
	print_table(shared);
	check_kinds();
	shared->reports += watch_compare(&before, &after);
	printf("reports: %lu\n", shared->reports);
	return shared->reports != 0;
}
