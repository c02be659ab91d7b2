// SPDX-License-Identifier: Apache-2.0
/*
 * Holds one thing of a kind that a checkpoint may have to refuse: descriptors of
 * events, special memory, locks. Argument: the kind.
 */
#include "unsupported.h"

#include <fcntl.h>
#include <libgen.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

static int fd = -1, second = -1;
static char *map;
static char *path;

static void open_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x1234 };

	second = must(eventfd(1, 0));
	fd = must(epoll_create1(EPOLL_CLOEXEC));
	must(epoll_ctl(fd, EPOLL_CTL_ADD, second, &event));
}

static void check_epoll(void)
{
	struct epoll_event event;

	expect(must(epoll_wait(fd, &event, 1, 1000)) == 1 && event.data.u64 == 0x1234, "no event");
}

static void open_eventfd(void)
{
	fd = must(eventfd(0, EFD_NONBLOCK));
	must(eventfd_write(fd, 4711));
}

static void check_eventfd(void)
{
	eventfd_t value;

	must(eventfd_read(fd, &value));
	expect(value == 4711, "the value was 4711, is %llu", (unsigned long long)value);
}

static void open_timerfd(void)
{
	struct itimerspec spec = { .it_value.tv_sec = 5000, .it_interval.tv_sec = 7 };

	fd = must(timerfd_create(CLOCK_MONOTONIC, 0));
	must(timerfd_settime(fd, 0, &spec, NULL));
}

static void check_timerfd(void)
{
	struct itimerspec spec;

	must(timerfd_gettime(fd, &spec));
	expect(spec.it_value.tv_sec > 4000 && spec.it_interval.tv_sec == 7, "%ld s left",
	       (long)spec.it_value.tv_sec);
}

static void open_signalfd(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	must(sigprocmask(SIG_BLOCK, &set, NULL));
	fd = must(signalfd(-1, &set, SFD_NONBLOCK));
	must(raise(SIGUSR1));
}

static void check_signalfd(void)
{
	struct signalfd_siginfo info;

	wl_read_all(fd, &info, sizeof(info));
	expect(info.ssi_signo == SIGUSR1, "signal %u", info.ssi_signo);
}

static void open_inotify(void)
{
	path = wl_path("watched");
	wl_make_file(path, 10, 1);
	fd = must(inotify_init1(IN_NONBLOCK));
	must(inotify_add_watch(fd, path, IN_MODIFY));
}

static void check_inotify(void)
{
	char event[256];

	wl_make_file(path, 10, 2);
	must(read(fd, event, sizeof(event)));
}

static void open_fanotify(void)
{
	path = wl_path("watched");
	wl_make_file(path, 10, 1);
	fd = must(fanotify_init(FAN_CLASS_NOTIF | FAN_NONBLOCK, O_RDONLY));
	must(fanotify_mark(fd, FAN_MARK_ADD, FAN_MODIFY, AT_FDCWD, path));
}

static void check_open(void)
{
	must(fcntl(fd, F_GETFD));
}

static void open_io_uring(void)
{
	struct io_uring_params params = { 0 };

	fd = must(syscall(SYS_io_uring_setup, 8, &params));
	map = must((char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
				IORING_OFF_SQ_RING));
}

static void check_io_uring(void)
{
	must(syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0));
}

static void open_pidfd(void)
{
	fd = must(syscall(SYS_pidfd_open, getpid(), 0));
}

static void check_pidfd(void)
{
	must(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
}

static void open_secretmem(void)
{
	fd = must(syscall(SYS_memfd_secret, 0));
	must(ftruncate(fd, 4096));
	map = must((char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	strcpy(map, "secret");
}

static void check_secretmem(void)
{
	expect(!strcmp(map, "secret"), "contents");
}

static void open_userfaultfd(void)
{
	fd = must(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY));
}

static aio_context_t aio;

static void open_aio(void)
{
	must(syscall(SYS_io_setup, 8, &aio));
	/* A descriptor for damage and flags alone. */
	fd = must(open("/dev/null", O_RDWR));
}

static void check_aio(void)
{
	struct io_event event;

	must(syscall(SYS_io_getevents, aio, 0, 1, &event, &(struct timespec){ 0 }));
	must(fcntl(fd, F_GETFD));
}

static void open_sysv_shm(void)
{
	int id = must(shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600));

	map = must((char *)shmat(id, NULL, 0));
	must(shmctl(id, IPC_RMID, NULL));
	strcpy(map, "shared");
	fd = must(open("/dev/null", O_RDWR));
}

static void check_sysv_shm(void)
{
	expect(!strcmp(map, "shared"), "contents");
	must(fcntl(fd, F_GETFD));
}

static void open_locked(void)
{
	path = wl_path("locked");
	wl_make_file(path, 100, 1);
	fd = must(open(path, O_RDWR));
}

static void open_flock(void)
{
	open_locked();
	must(flock(fd, LOCK_EX));
}

static void check_flock(void)
{
	int other = must(open(path, O_RDWR));

	must(fcntl(fd, F_GETFD));
	expect(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK, "the lock is gone");
	close(other);
}

static void open_ofd_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };

	open_locked();
	must(fcntl(fd, F_OFD_SETLK, &lock));
}

static void check_ofd_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 15, .l_len = 1 };
	int other = must(open(path, O_RDWR));

	must(fcntl(fd, F_GETFD));
	must(fcntl(other, F_OFD_GETLK, &lock));
	expect(lock.l_type == F_WRLCK && lock.l_start == 10 && lock.l_len == 20, "the lock is gone");
	close(other);
}

static void open_posix_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };

	open_locked();
	must(fcntl(fd, F_SETLK, &lock));
}

static void check_posix_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 15, .l_len = 1 };

	/* A lock of this process does not stand in its own way, but in that of an open file. */
	must(fcntl(fd, F_OFD_GETLK, &lock));
	expect(lock.l_type == F_WRLCK && lock.l_start == 10 && lock.l_len == 20, "the lock is gone");
}

/* The kernel shows it to be the child's alone, who did not open the file. */
static void lock_in_child(void *arg)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };

	(void)arg;
	must(fcntl(fd, F_SETLK, &lock));
	wl_child_ready();
	wl_wait();
}

static void open_child_lock(void)
{
	open_locked();
	wl_child(lock_in_child, NULL);
}

static void check_child_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 15, .l_len = 1 };

	must(fcntl(fd, F_GETLK, &lock));
	expect(lock.l_type == F_WRLCK && lock.l_start == 10 && lock.l_len == 20, "the lock is gone");
	wl_end_children(1);
}

/* The mapping keeps what was locked. */
static void open_mapped_lock(void)
{
	open_flock();
	map = must((char *)mmap(NULL, 100, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	/* A descriptor for damage alone. */
	fd = must(open("/dev/null", O_RDWR));
}

static void check_mapped_lock(void)
{
	must(fcntl(fd, F_GETFD));
	check_flock();
}

static void open_lease(void)
{
	open_locked();
	must(fcntl(fd, F_SETLEASE, F_WRLCK));
}

static void check_lease(void)
{
	expect(must(fcntl(fd, F_GETLEASE)) == F_WRLCK, "the lease is gone");
}

static void open_pty(void)
{
	fd = must(posix_openpt(O_RDWR | O_NOCTTY));
	must(unlockpt(fd));
	second = must(open(ptsname(fd), O_RDWR | O_NOCTTY));
}

static void check_pty(void)
{
	char buf[8] = "";

	wl_write_all(fd, "ping\n", 5);
	wl_read_all(second, buf, 5);
	expect(!strcmp(buf, "ping\n"), "received %s", buf);
}

static void open_mqueue(void)
{
	char name[64];

	snprintf(name, sizeof(name), "/crtools-workload-%d", getpid());
	fd = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL));
	must(mq_unlink(name));
	must(mq_send(fd, "ping", 5, 3));
}

static void check_mqueue(void)
{
	char buf[65536];
	unsigned int priority;

	must(mq_receive(fd, buf, sizeof(buf), &priority));
	expect(priority == 3 && !strcmp(buf, "ping"), "the message is gone");
}

static void open_owner(void)
{
	int ends[2];

	must(pipe(ends));
	fd = ends[0];
	second = ends[1];
	must(fcntl(fd, F_SETOWN, getpid()));
}

static void open_async(void)
{
	open_owner();
	must(fcntl(fd, F_SETSIG, SIGRTMIN));
	must(fcntl(fd, F_SETFL, O_ASYNC));
}

static void check_owner(void)
{
	expect(must(fcntl(fd, F_GETOWN)) == getpid(), "it has another owner");
}

static volatile sig_atomic_t told;

static void tell(int sig)
{
	(void)sig;
	told = 1;
}

static void open_dnotify(void)
{
	path = wl_path("file");
	fd = must(open(dirname(strdup(path)), O_RDONLY | O_DIRECTORY));
	must(signal(SIGRTMIN, tell) == SIG_ERR ? -1 : 0);
	must(fcntl(fd, F_SETSIG, SIGRTMIN));
	must(fcntl(fd, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
}

static void check_dnotify(void)
{
	wl_make_file(path, 10, 1);
	expect(told, "no signal of the new file");
}

static void open_block(void)
{
	static const char *const names[] = { "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && fd < 0; i++)
		fd = open(names[i], O_RDONLY);
	expect(fd >= 0, "no block device: %s", strerror(errno));
}

static void open_device(void)
{
	fd = must(open("/dev/kmsg", O_WRONLY));
}

static void open_process_folder(void)
{
	fd = must(open("/proc/self", O_RDONLY | O_DIRECTORY));
}

static void open_process_path(void)
{
	fd = must(open("/proc/self/task", O_PATH));
}

static void check_process_folder(void)
{
	must(faccessat(fd, "../self", F_OK, 0));
}

static void open_unwritten(void)
{
	path = wl_path("unwritten");
	must(mkfifo(path, 0600));
	fd = must(open(path, O_RDONLY | O_NONBLOCK));
}

/* Not even a writer that came and went: poll(2) would tell. */
static void check_unwritten(void)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };

	expect(must(poll(&waiting, 1, 0)) == 0, "events %#x", waiting.revents);
}

static void open_folderless(void)
{
	path = wl_path("folder/name");
	must(mkdir(wl_path("folder"), 0700));
	wl_make_file(path, 10, 1);
	fd = must(open(path, O_RDWR));
	must(link(path, wl_path("elsewhere")));
	must(unlink(path));
	must(rmdir(wl_path("folder")));
}

static void check_folderless(void)
{
	struct stat st;

	must(fstat(fd, &st));
	expect(st.st_nlink == 1, "%d links", (int)st.st_nlink);
}

const struct kind kinds[] = {
	{ "epoll", open_epoll, check_epoll },
	{ "eventfd", open_eventfd, check_eventfd },
	{ "timerfd", open_timerfd, check_timerfd },
	{ "signalfd", open_signalfd, check_signalfd },
	{ "inotify", open_inotify, check_inotify },
	{ "fanotify", open_fanotify, check_open },
	{ "io_uring", open_io_uring, check_io_uring },
	{ "pidfd", open_pidfd, check_pidfd },
	{ "secretmem", open_secretmem, check_secretmem },
	{ "userfaultfd", open_userfaultfd, check_open },
	{ "aio", open_aio, check_aio },
	{ "sysv_shm", open_sysv_shm, check_sysv_shm },
	{ "flock", open_flock, check_flock },
	{ "ofd_lock", open_ofd_lock, check_ofd_lock },
	{ "posix_lock", open_posix_lock, check_posix_lock },
	{ "child_lock", open_child_lock, check_child_lock },
	{ "mapped_lock", open_mapped_lock, check_mapped_lock },
	{ "lease", open_lease, check_lease },
	{ "pty", open_pty, check_pty },
	{ "mqueue", open_mqueue, check_mqueue },
	{ "owner", open_owner, check_owner },
	{ "async", open_async, check_owner },
	{ "dnotify", open_dnotify, check_dnotify },
	{ "block", open_block, check_open },
	{ "device", open_device, check_open },
	{ "process_folder", open_process_folder, check_process_folder },
	{ "process_path", open_process_path, check_open },
	{ "unwritten", open_unwritten, check_unwritten },
	{ "folderless", open_folderless, check_folderless },
	{ }
};

static void spoil(void)
{
	if (map)
		memset(map, 0, 7);
	must(close(fd));
}

const struct workload workload = { build, NULL, check_kind, spoil };
