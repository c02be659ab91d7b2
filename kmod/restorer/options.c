// SPDX-License-Identifier: GPL-2.0
/* The command line of an image, and the folder it is in. */
#include "restorer.h"

#define USAGE_TREE	"usage: IMAGE [-d|--detach] [--new-pids] " \
			"[--new-pidns] [--leave-stopped]\n"
#define HELP_TREE	"Restores the process tree that this image was made " \
			"of, and ends as its root ends.\n" USAGE_TREE \
			"  -d, --detach     leave the tree alone once it runs\n" \
			"  --new-pids       take any process ids\n" \
			"  --new-pidns      restore into a pid namespace of its own\n" \
			"  --leave-stopped  stop the restored processes\n"
#define USAGE_CORE	"usage: IMAGE (a core image takes no options)\n"
#define HELP_CORE	"Lets the process that this image was made of go on.\n" \
			USAGE_CORE

static void print(int fd, const char *text)
{
	sys_3(NR_write, fd, text, strlen(text));
}

static int option_of(const char *word)
{
	if (streq(word, "-d") || streq(word, "--detach"))
		return CRT_OPTION_DETACH;
	if (streq(word, "--new-pids"))
		return CRT_OPTION_NEW_PIDS;
	if (streq(word, "--new-pidns"))
		return CRT_OPTION_NEW_PIDNS;
	if (streq(word, "--leave-stopped"))
		return CRT_OPTION_LEAVE_STOPPED;
	return 0;
}

void options_parse(struct restorer *r)
{
	const char *word = at(r->args->argv);
	char line[256];
	struct text text;
	__u32 i;
	int option;

	for (i = 0; i < r->args->argc; i++, word += strlen(word) + 1) {
		if (!i)
			continue;
		if (streq(word, "--help") || streq(word, "-h")) {
			print(1, r->tree ? HELP_TREE : HELP_CORE);
			exit_process(CRT_EXIT_OK);
		}
		option = r->tree ? option_of(word) : 0;
		if (option) {
			r->options |= 1u << option;
			continue;
		}
		text_init(&text, line, sizeof(line));
		text_add(&text, "unknown option ");
		text_add(&text, word);
		print_error(line, 0);
		print(2, r->tree ? USAGE_TREE : USAGE_CORE);
		exit_process(CRT_EXIT_USAGE);
	}
}

static bool starts_with(const char *s, const char *start)
{
	for (; *start; s++, start++)
		if (*s != *start)
			return false;
	return true;
}

/* "/dev/fd/7" or "/proc/self/fd/7" and nothing behind the number. */
static bool is_fd_link(const char *path)
{
	if (starts_with(path, "/dev/fd/"))
		path += 8;
	else if (starts_with(path, "/proc/self/fd/"))
		path += 14;
	else
		return false;
	while (*path >= '0' && *path <= '9')
		path++;
	return !*path;
}

/* O_PATH descriptor of the folder that holds the image, or negative errno. */
long image_dir_open(const struct crt_args *args)
{
	const char *path = at(args->image_path);
	char folder[CRT_MAX_PATH];
	size_t length = 0, slash = 0;
	long ret;

	if (is_fd_link(path)) {
		ret = sys_3(NR_readlink, path, folder, sizeof(folder) - 1);
		if (ret < 0)
			return ret;
		folder[ret] = '\0';
	} else {
		if (strlen(path) >= sizeof(folder))
			return -36;	/* ENAMETOOLONG */
		memcpy(folder, path, strlen(path) + 1);
	}
	for (; folder[length]; length++)
		if (folder[length] == '/')
			slash = length + 1;
	if (slash)
		folder[slash] = '\0';
	else
		memcpy(folder, ".", 2);
	return sys_4(NR_openat, AT_FDCWD, folder,
		     O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}
