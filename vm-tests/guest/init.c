// SPDX-License-Identifier: Apache-2.0
/*
 * The guest's process 1: loads the modules of the initrd, mounts the root file
 * system, unpacks the second disk into it, runs /.vm/command with its output on
 * virtio-serial ports, reaps orphans, and reports how it ended on a port of its
 * own. Static, so that it lives on when the initrd is out of sight.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULES "/modules"
#define ROOT "/root"
#define KMEMLEAK "/sys/kernel/debug/kmemleak"
#define EXIT_PORT 0xf4 /* isa-debug-exit of the machine */

static int control = -1;

/* Says one line to the host: "exit 3", "taint 0", "error ...". */
static void __attribute__((format(printf, 1, 2))) tell(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "init: %s\n", line);
	if (control >= 0)
		dprintf(control, "%s\n", line);
}

static void __attribute__((noreturn)) leave(void)
{
	sync();
	if (!iopl(3))
		outl(0, EXIT_PORT);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static void __attribute__((noreturn)) die(const char *what)
{
	tell("error %s: %s", what, strerror(errno));
	leave();
}

static void mount_at(const char *source, const char *target, const char *type,
		     unsigned long flags, const char *options)
{
	mkdir(target, 0755);
	if (mount(source, target, type, flags, options) && errno != EBUSY)
		die(target);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "init: %s: %s\n", path, strerror(errno));
	close(fd);
}

static long read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return atol(text);
}

static void load_modules(void)
{
	struct dirent **list;
	int i, fd, n = scandir(MODULES, &list, NULL, alphasort);
	char path[512];

	for (i = 0; i < n; i++) {
		if (list[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), MODULES "/%s", list[i]->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			die(path);
		close(fd);
	}
}

/* Opens the virtio-serial port the machine calls NAME. */
static int open_port(const char *name, int flags)
{
	struct dirent *entry;
	char path[300], text[64];
	DIR *dir = opendir("/sys/class/virtio-ports");
	int fd, found = -1;
	ssize_t n;

	while (dir && found < 0 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
		if (n <= 0)
			continue;
		text[n - 1] = 0;
		if (strcmp(text, name))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		found = open(path, flags | O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* A disk may show up a moment after its driver is loaded. */
static void wait_for(const char *path)
{
	int i;

	for (i = 0; access(path, F_OK); i++) {
		if (i == 5000)
			die(path);
		usleep(1000);
	}
}

static void mount_all(void)
{
	mount_at("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755");
	mount_at("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
	mount_at("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_at("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	mount_at("debugfs", "/sys/kernel/debug", "debugfs", 0, "mode=700");
	/* Kernels that trace nothing have no such folder. */
	if (!access("/sys/kernel/tracing", F_OK))
		mount_at("tracefs", "/sys/kernel/tracing", "tracefs", 0, "mode=700");
	if (symlink("/proc/self/fd", "/dev/fd") || symlink("/proc/self/fd/0", "/dev/stdin") ||
	    symlink("/proc/self/fd/1", "/dev/stdout") || symlink("/proc/self/fd/2", "/dev/stderr"))
		fprintf(stderr, "init: /dev/fd: %s\n", strerror(errno));
}

static void settle(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request))
		die("lo");
	close(fd);
	if (sethostname("guest", 5))
		die("hostname");
	write_file("/proc/sys/kernel/printk_ratelimit", "0");
	write_file("/proc/sys/kernel/core_pattern", "/tmp/core.%p");
	write_file("/proc/sys/kernel/hung_task_timeout_secs", "60");
	write_file("/proc/sys/kernel/modprobe", "/sbin/modprobe");
	write_file("/proc/sys/vm/oom_dump_tasks", "0");
	klogctl(8, NULL, 8); /* the console shows every message from here on */
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 0);
	setenv("LANG", "C.UTF-8", 1);
	if (chdir("/root"))
		die("/root");
}

/* Starts ARGV with the three descriptors; with a terminal in a session of its own on it. */
static pid_t start(char *const argv[], int in, int out, int err, int terminal)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return pid;
	setsid();
	if (terminal && ioctl(in, TIOCSCTTY, 1))
		_exit(126);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

/* Waits for PID and buries everybody else who dies meanwhile; returns a shell's exit code. */
static int reap(pid_t pid)
{
	int status;
	pid_t dead;

	for (;;) {
		dead = wait(&status);
		if (dead < 0 && errno == EINTR)
			continue;
		if (dead < 0)
			die("wait");
		if (dead == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static int run(char *const argv[], int out, int err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return reap(start(argv, null, out, err, 0));
}

static void unpack(const char *disk)
{
	char *argv[] = { "/bin/tar", "-C", "/", "--no-overwrite-dir", "--numeric-owner", "-xpf",
			 (char *)disk, NULL };

	if (run(argv, 2, 2))
		die("cannot unpack the files put in");
}

static void bring_back(void)
{
	char *argv[] = { "/bin/sh", "/.vm/get", NULL };
	int port = open_port("get", O_WRONLY);

	if (access("/.vm/get", F_OK))
		return;
	if (port < 0)
		die("port get");
	if (run(argv, port, 2))
		tell("error cannot bring back the files");
	close(port);
}

/*
 * Where the kernel looks for memory leaks: has it look, puts what it found on
 * the console and says how many there are. It reports what nothing has pointed
 * to in two scans and what is older than five seconds, hence the pause.
 */
static void look_for_leaks(void)
{
	char text[1 << 16];
	int console = open("/dev/console", O_WRONLY | O_CLOEXEC), leaks;
	long found = 0;
	ssize_t n;

	if (access(KMEMLEAK, F_OK))
		return;
	sleep(6);
	write_file(KMEMLEAK, "scan");
	write_file(KMEMLEAK, "scan");
	leaks = open(KMEMLEAK, O_RDONLY | O_CLOEXEC);
	if (leaks < 0 || console < 0)
		die(KMEMLEAK);
	/* A read ends with a report's end. */
	while ((n = read(leaks, text, sizeof(text) - 1)) > 0) {
		text[n] = 0;
		for (const char *at = text; (at = strstr(at, "unreferenced object")); at++)
			found++;
		if (write(console, text, n) != n)
			die("console");
	}
	close(leaks);
	close(console);
	if (n < 0)
		die(KMEMLEAK);
	tell("leaks %ld", found);
	if (found)
		tell("error the kernel found %ld memory leaks", found);
}

int main(void)
{
	char *argv[] = { "/bin/sh", "/.vm/command", NULL };
	int console, out, err, code, terminal;
	long taint;

	mount_at("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	console = open("/dev/console", O_RDWR | O_CLOEXEC);
	if (console >= 0) {
		dup2(console, 0);
		dup2(console, 1);
		dup2(console, 2);
	}
	load_modules();
	wait_for("/dev/vda");
	wait_for("/dev/vdb");
	mount_at("/dev/vda", ROOT, "ext4", 0, "noinit_itable");
	if (umount2("/dev", MNT_DETACH) || chdir(ROOT) || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		die(ROOT);
	mount_all();
	control = open_port("control", O_WRONLY);
	if (control < 0)
		die("port control");
	mount_at("/dev/vdc", "/lib/modules", "ext4", MS_RDONLY, NULL);
	settle();
	unpack("/dev/vdb");
	terminal = !access("/.vm/tty", F_OK);
	if (terminal) {
		out = open("/dev/hvc0", O_RDWR | O_CLOEXEC);
		err = out;
	} else {
		out = open_port("out", O_WRONLY);
		err = open_port("err", O_WRONLY);
	}
	if (out < 0 || err < 0)
		die("output ports");
	/* What the kernel lost on its way up is not the command's. */
	write_file(KMEMLEAK, "scan");
	write_file(KMEMLEAK, "clear");
	taint = read_number("/proc/sys/kernel/tainted");
	tell("boot %ld", taint);
	if (terminal)
		code = reap(start(argv, out, out, out, 1));
	else
		code = run(argv, out, err);
	bring_back();
	look_for_leaks();
	tell("taint %ld", read_number("/proc/sys/kernel/tainted") & ~taint);
	tell("exit %d", code);
	leave();
}
