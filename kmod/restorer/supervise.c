// SPDX-License-Identifier: GPL-2.0
/*
 * SUPERVISE: the first process of a tree image sees all others through their
 * stages, or ends them all. When the tree runs it stands in for the root: see
 * attend.c.
 */
#include "supervise.h"

#define MAX_WATCHED	65536u
#define BATCH		16

/* What the supervisor gives the processes it has ended, to be gone. */
#define END_MSEC	10000

struct watched {
	__s32 pid;
	__s32 pidfd;		/* -1: gone already */
	bool dead;
	bool left;		/* by its program: no failure */
};

struct supervisor {
	struct restorer *r;
	int report_fd;		/* -1: all writers have closed theirs */
	int epoll_fd;
	int signal_fd;
	int upstream_fd;	/* a failure is told there, not on stderr */
	const struct crt_stage *stages;
	__u32 nr_stages;
	__u32 stage;		/* the one whose reports are being collected */
	__u32 done;
	bool released;		/* the last stage is passed */
	struct watched *watched;
	char *go_bytes;		/* MAX_WATCHED of them */
	__u32 nr_watched;
	__u32 nr_dead;
};

#define EVENT_REPORT	(~0ull)
#define EVENT_SIGNAL	(~1ull)

static void give_up(struct supervisor *s, int exit_code, int error,
		    const char *what) __attribute__((noreturn));

static long epoll_add(const struct supervisor *s, int fd, __u64 data)
{
	struct sys_epoll_event event = { POLLIN, data };

	return sys_4(NR_epoll_ctl, s->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Whether fd is readable (a pidfd: its process gone) within that time. */
static bool wait_readable(int fd, int msec)
{
	struct sys_pollfd pollfd = { fd, POLLIN, 0 };

	return sys_retry(sys_3(NR_poll, &pollfd, 1, msec)) > 0;
}

static void watch(struct supervisor *s, __s32 pid)
{
	struct watched *new = &s->watched[s->nr_watched];
	long ret;

	if (s->nr_watched && s->watched[0].pid == pid)
		return;		/* the root has been known from the start */
	if (s->nr_watched == MAX_WATCHED)
		give_up(s, 0, 0, "too many processes");
	ret = sys_2(NR_pidfd_open, pid, 0);
	if (ret < 0 && ret != -ESRCH)
		give_up(s, 0, -ret, "pidfd_open");
	new->pid = pid;
	new->pidfd = ret < 0 ? -1 : ret;
	new->dead = ret < 0;
	new->left = false;
	s->nr_dead += new->dead;
	if (!new->dead)
		ret = epoll_add(s, new->pidfd, s->nr_watched);
	s->nr_watched++;
	if (!new->dead && ret < 0)
		give_up(s, 0, -ret, "epoll_ctl");
}

static const char ended_text[] =
	"the processes ended while they were being restored";

static void kill_watched(const struct watched *watched)
{
	if (watched->pidfd >= 0)
		sys_4(NR_pidfd_send_signal, watched->pidfd, SIGKILL, NULL, 0);
}

/*
 * Ends all that was born. Without the stages' pipes those go whom nobody has
 * told of; the report pipe's end of file says that none is left.
 */
static void end_all(struct supervisor *s)
{
	struct crt_report reports[BATCH];
	__u32 i;
	long n;

	for (i = s->stage; i < s->nr_stages; i++)
		if (s->stages[i].go_fd >= 0)
			sys_1(NR_close, s->stages[i].go_fd);
	for (i = 0; i < s->nr_watched; i++)
		kill_watched(&s->watched[i]);
	while (s->report_fd >= 0 && wait_readable(s->report_fd, END_MSEC)) {
		n = sys_retry(sys_3(NR_read, s->report_fd, reports,
				    sizeof(reports)));
		if (n <= 0)
			break;
		for (i = 0; i < n / sizeof(reports[0]); i++) {
			long pidfd;

			if (reports[i].kind != CRT_REPORT_BORN)
				continue;
			pidfd = sys_2(NR_pidfd_open, reports[i].pid, 0);
			if (pidfd < 0)
				continue;
			sys_4(NR_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
			wait_readable(pidfd, END_MSEC);
			sys_1(NR_close, pidfd);
		}
	}
	for (i = 0; i < s->nr_watched; i++)
		if (s->watched[i].pidfd >= 0)
			wait_readable(s->watched[i].pidfd, END_MSEC);
	do {
		n = sys_4(NR_wait4, -1, NULL, WNOHANG, NULL);
	} while (n > 0);
}

static void give_up(struct supervisor *s, int exit_code, int error,
		    const char *what)
{
	char text[CRT_REPORT_TEXT];

	memcpy(text, what, strlen(what) + 1);
	end_all(s);
	s->r->report_fd = s->upstream_fd;
	fail(s->r, CRT_NO_OP, exit_code, error, text);
}

static void give_up_dead(struct supervisor *s, const struct watched *dead)
{
	char label[CRT_REPORT_TEXT];
	struct text text;

	text_init(&text, label, sizeof(label));
	text_add(&text, "pid ");
	text_add_number(&text, dead->pid);
	text_add(&text, ": ended while it was being restored");
	give_up(s, 0, 0, label);
}

/* The report pipe is read before anyone's end is judged. */
static void judge_dead(struct supervisor *s)
{
	__u32 i;

	for (i = 0; !s->released && s->nr_dead && i < s->nr_watched; i++)
		if (s->watched[i].dead && !s->watched[i].left)
			give_up_dead(s, &s->watched[i]);
}

/* Gives the word to go on to those who wait for it. */
static void go(struct supervisor *s, const struct crt_stage *stage, bool last)
{
	bool stop = s->r->options & (1u << CRT_OPTION_LEAVE_STOPPED);
	__u32 left = stage->count;
	int error = 0;

	if (stage->go_fd < 0)
		return;
	memset(s->go_bytes, last && stop ? CRT_GO_STOPPED : CRT_GO,
	       left < MAX_WATCHED ? left : MAX_WATCHED);
	while (left) {
		/*
		 * As a rule one write, which nothing interrupts as there is
		 * room: all processes get the word, or none.
		 */
		long n = left < MAX_WATCHED ? left : MAX_WATCHED;

		n = sys_retry(sys_3(NR_write, stage->go_fd, s->go_bytes, n));
		if (n <= 0) {
			error = -n;
			break;
		}
		left -= n;
	}
	sys_1(NR_close, stage->go_fd);
	/* When some have it, the ends of the others tell why. */
	if (left < stage->count || !left)
		return;
	/* Nobody reads any more: whose end it was is seen next, if not too late. */
	if (error == EPIPE && !last)
		return;
	if (error == EPIPE)
		give_up(s, 0, 0, ended_text);
	give_up(s, 0, error, "the processes cannot be told to continue");
}

/* Opens every stage whose reports are all there. */
static void advance(struct supervisor *s)
{
	while (s->stage < s->nr_stages &&
	       s->done >= s->stages[s->stage].count) {
		const struct crt_stage *stage = &s->stages[s->stage];

		s->done -= stage->count;
		s->stage++;
		if (s->stage == s->nr_stages)
			s->released = true;
		go(s, stage, s->released);
	}
	s->released = s->stage == s->nr_stages;
}

static void left(struct supervisor *s, __s32 pid)
{
	__u32 i;

	/* The newest: numbers of processes that have left come again. */
	for (i = s->nr_watched; i--; ) {
		if (s->watched[i].pid == pid && !s->watched[i].left) {
			s->watched[i].left = true;
			return;
		}
	}
}

static void take(struct supervisor *s, struct crt_report *message)
{
	message->text[CRT_REPORT_TEXT - 1] = '\0';
	switch ((int)message->kind) {
	case CRT_REPORT_BORN:
		watch(s, message->pid);
		break;
	case CRT_REPORT_DONE:
		s->done++;
		break;
	case CRT_REPORT_FAILED:
		give_up(s, message->exit_code, message->error,
			(const char *)message->text);
	case CRT_REPORT_WARNING:
		warnings_add(&s->r->warnings, (const char *)message->text,
			     message->error);
		break;
	case CRT_REPORT_ENDED:
		left(s, message->pid);
		break;
	}
}

/* Reads what is there. At end of file there is nobody left to write. */
static void read_reports(struct supervisor *s)
{
	struct crt_report reports[BATCH];
	long i, n;

	while (s->report_fd >= 0 && wait_readable(s->report_fd, 0)) {
		n = sys_retry(sys_3(NR_read, s->report_fd, reports,
				    sizeof(reports)));
		if (n <= 0) {
			sys_1(NR_close, s->report_fd);
			s->report_fd = -1;
			break;
		}
		for (i = 0; i < n / (long)sizeof(reports[0]); i++)
			take(s, &reports[i]);
	}
}

/* A signal to us during the restore: SIGTERM and its like call it off. */
static void read_signal(struct supervisor *s)
{
	__u32 info[32];		/* struct signalfd_siginfo: signo comes first */
	int sig;

	if (sys_3(NR_read, s->signal_fd, info, sizeof(info)) != sizeof(info))
		return;
	sig = info[0];
	end_all(s);
	print_error("called off by a signal, nothing is restored", 0);
	end_by_signal(sig);
}

static void handle_events(struct supervisor *s)
{
	struct sys_epoll_event events[BATCH];
	long i, n;

	n = sys_retry(sys_4(NR_epoll_wait, s->epoll_fd, events, BATCH, -1));
	for (i = 0; i < n; i++) {
		struct watched *watched;

		if (events[i].data == EVENT_SIGNAL)
			read_signal(s);
		if (events[i].data >= EVENT_SIGNAL)
			continue;
		watched = &s->watched[events[i].data];
		watched->dead = true;
		s->nr_dead++;
		sys_4(NR_epoll_ctl, s->epoll_fd, EPOLL_CTL_DEL,
		      watched->pidfd, NULL);
	}
	read_reports(s);
	advance(s);
	judge_dead(s);
}

static void see_through(struct supervisor *s)
{
	read_reports(s);
	advance(s);
	judge_dead(s);
	while (!s->released) {
		if (s->report_fd < 0)
			give_up(s, 0, 0, ended_text);
		handle_events(s);
	}
	/*
	 * The processes close the report pipe as the last thing before they go
	 * on as themselves: till then they may fail.
	 */
	while (s->report_fd >= 0) {
		wait_readable(s->report_fd, -1);
		read_reports(s);
	}
}

static void open_descriptors(struct supervisor *s)
{
	__u64 calling_off = SIGBIT(SIGINT) | SIGBIT(SIGTERM) | SIGBIT(SIGHUP) |
			    SIGBIT(SIGQUIT);
	struct sys_rlimit limit;
	long ret;

	calling_off &= ~signals_ignored();
	/* A pidfd for each process; the limit is ours alone by now. */
	if (!sys_4(NR_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit)) {
		limit.cur = limit.max;
		sys_4(NR_prlimit64, 0, RLIMIT_NOFILE, &limit, NULL);
	}
	ret = sys_6(NR_mmap, NULL,
		    MAX_WATCHED * (sizeof(struct watched) + 1),
		    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (MAP_FAILED_(ret))
		give_up(s, 0, -ret, "memory");
	s->watched = (struct watched *)ret;
	s->go_bytes = (char *)(s->watched + MAX_WATCHED);
	ret = sys_1(NR_epoll_create1, EPOLL_CLOEXEC);
	s->epoll_fd = ret;
	if (ret < 0)
		give_up(s, 0, -ret, "epoll_create1");
	ret = sys_4(NR_signalfd4, -1, &calling_off, sizeof(calling_off),
		    SFD_CLOEXEC | SFD_NONBLOCK);
	s->signal_fd = ret;
	if (ret < 0)
		give_up(s, 0, -ret, "signalfd4");
	ret = epoll_add(s, s->signal_fd, EVENT_SIGNAL);
	if (!ret && s->report_fd >= 0)
		ret = epoll_add(s, s->report_fd, EVENT_REPORT);
	if (ret < 0)
		give_up(s, 0, -ret, "epoll_ctl");
}

static bool is_needed(const struct supervisor *s, int fd)
{
	__u32 i;

	if (fd == s->report_fd || fd == s->upstream_fd)
		return true;
	for (i = 0; i < s->nr_stages; i++)
		if (fd == s->stages[i].go_fd)
			return true;
	return false;
}

/*
 * All but the standard descriptors and what we work with. A write end of the
 * report pipe would keep its end of file from us, an end of one of the tree's
 * pipes from others.
 */
static void close_others(struct supervisor *s)
{
	int highest = s->report_fd, fd;
	long ret;
	__u32 i;

	if (s->upstream_fd > highest)
		highest = s->upstream_fd;
	for (i = 0; i < s->nr_stages; i++)
		if (s->stages[i].go_fd > highest)
			highest = s->stages[i].go_fd;
	for (fd = 3; fd < highest; fd++)
		if (!is_needed(s, fd))
			sys_1(NR_close, fd);
	ret = sys_3(NR_close_range, highest < 2 ? 3 : highest + 1, ~0u, 0);
	if (ret < 0)
		give_up(s, 0, -ret, "close_range");
}

/* All went well: our own supervisor tells the warnings with its own. */
static void report_upstream(struct restorer *r, int fd)
{
	const struct warnings *warnings = &r->warnings;
	__u32 i;

	r->report_fd = fd;
	for (i = 0; i < warnings->nr; i++)
		report(r, CRT_REPORT_WARNING, CRT_NO_OP, 0,
		       warnings->list[i].error, warnings->list[i].text);
	report(r, CRT_REPORT_DONE, CRT_NO_OP, 0, 0, "");
}

void supervise(struct restorer *r, int report_fd,
	       const struct crt_stage *stages, __u32 nr_stages, __s32 root,
	       bool may_detach, int upstream_fd)
{
	bool detach = may_detach && (r->options & (1u << CRT_OPTION_DETACH));
	struct supervisor s;

	memset(&s, 0, sizeof(s));
	s.r = r;
	s.report_fd = report_fd;
	s.upstream_fd = upstream_fd;
	s.stages = stages;
	s.nr_stages = nr_stages;
	close_others(&s);
	r->report_fd = -1;
	open_descriptors(&s);
	watch(&s, root);
	see_through(&s);
	if (upstream_fd >= 0)
		report_upstream(r, upstream_fd);
	else
		warnings_print(&r->warnings);
	/* A pid namespace lives as long as its first process. */
	if (detach && getpid_now() != 1)
		exit_process(CRT_EXIT_OK);
	attend(root);
}
