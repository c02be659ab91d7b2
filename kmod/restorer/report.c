// SPDX-License-Identifier: GPL-2.0
/* Failures and warnings: how they are worded and where they are told. */
#include "restorer.h"

/* An array of arrays: pointers would be relocations. */
static const struct error_word {
	short error;
	char word[46];
} error_words[] = {
	{ 1, "Operation not permitted" },
	{ 2, "No such file or directory" },
	{ 3, "No such process" },
	{ 4, "Interrupted system call" },
	{ 5, "Input/output error" },
	{ 6, "No such device or address" },
	{ 7, "Argument list too long" },
	{ 8, "Exec format error" },
	{ 9, "Bad file descriptor" },
	{ 10, "No child processes" },
	{ 11, "Resource temporarily unavailable" },
	{ 12, "Cannot allocate memory" },
	{ 13, "Permission denied" },
	{ 14, "Bad address" },
	{ 16, "Device or resource busy" },
	{ 17, "File exists" },
	{ 18, "Invalid cross-device link" },
	{ 19, "No such device" },
	{ 20, "Not a directory" },
	{ 21, "Is a directory" },
	{ 22, "Invalid argument" },
	{ 23, "Too many open files in system" },
	{ 24, "Too many open files" },
	{ 25, "Inappropriate ioctl for device" },
	{ 26, "Text file busy" },
	{ 27, "File too large" },
	{ 28, "No space left on device" },
	{ 29, "Illegal seek" },
	{ 30, "Read-only file system" },
	{ 31, "Too many links" },
	{ 32, "Broken pipe" },
	{ 33, "Numerical argument out of domain" },
	{ 34, "Numerical result out of range" },
	{ 35, "Resource deadlock avoided" },
	{ 36, "File name too long" },
	{ 38, "Function not implemented" },
	{ 39, "Directory not empty" },
	{ 40, "Too many levels of symbolic links" },
	{ 61, "No data available" },
	{ 74, "Bad message" },
	{ 75, "Value too large for defined data type" },
	{ 87, "Too many users" },
	{ 88, "Socket operation on non-socket" },
	{ 92, "Protocol not available" },
	{ 93, "Protocol not supported" },
	{ 95, "Operation not supported" },
	{ 97, "Address family not supported by protocol" },
	{ 98, "Address already in use" },
	{ 99, "Cannot assign requested address" },
	{ 101, "Network is unreachable" },
	{ 107, "Transport endpoint is not connected" },
	{ 110, "Connection timed out" },
	{ 111, "Connection refused" },
	{ 116, "Stale file handle" },
	{ 122, "Disk quota exceeded" },
};

void text_init(struct text *text, char *to, size_t size)
{
	text->to = to;
	text->size = size;
	text->len = 0;
	to[0] = '\0';
}

void text_add(struct text *text, const char *s)
{
	while (*s && text->len + 1 < text->size)
		text->to[text->len++] = *s++;
	text->to[text->len] = '\0';
}

void text_add_number(struct text *text, long number)
{
	unsigned long n = number < 0 ? -(unsigned long)number : (unsigned long)number;
	char digits[24];
	int i = sizeof(digits);

	digits[--i] = '\0';
	do {
		digits[--i] = '0' + n % 10;
		n /= 10;
	} while (n);
	if (number < 0)
		digits[--i] = '-';
	text_add(text, digits + i);
}

void text_add_error(struct text *text, int error)
{
	size_t i;

	for (i = 0; i < sizeof(error_words) / sizeof(error_words[0]); i++) {
		if (error_words[i].error == error) {
			text_add(text, error_words[i].word);
			return;
		}
	}
	text_add(text, "error ");
	text_add_number(text, error);
}

void text_add_process(struct text *text, const struct restorer *r)
{
	const struct crt_header *header = at(r->args->header);

	text_add(text, "pid ");
	text_add_number(text, r->tree || !header ? getpid_now() : header->pid);
}

static void write_all(int fd, const char *from, size_t size)
{
	while (size) {
		long n = sys_retry(sys_3(NR_write, fd, from, size));

		if (n <= 0)
			return;
		from += n;
		size -= n;
	}
}

void print_error(const char *what, int error)
{
	char line[512];
	struct text text;

	/* Two bytes fewer, for the newline of a line that was cut. */
	text_init(&text, line, sizeof(line) - 1);
	text_add(&text, "crtools: ");
	text_add(&text, what);
	if (error) {
		text_add(&text, ": ");
		text_add_error(&text, error);
	}
	line[text.len++] = '\n';
	write_all(2, line, text.len);
}

static void lock(__u32 *word)
{
	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE))
		asm volatile("pause");
}

static void unlock(__u32 *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

/* Answers whether the text is a new one. */
bool warnings_add(struct warnings *warnings, const char *what, int error)
{
	char cut[CRT_WARNING_TEXT];
	struct text text;
	bool new = true;
	__u32 i;

	text_init(&text, cut, sizeof(cut));
	text_add(&text, what);
	lock(&warnings->lock);
	for (i = 0; new && i < warnings->nr; i++)
		new = !streq(warnings->list[i].text, cut);
	if (new && warnings->nr < CRT_MAX_WARNINGS) {
		warnings->list[warnings->nr].error = error;
		memcpy(warnings->list[warnings->nr].text, cut, sizeof(cut));
		warnings->nr++;
	} else if (new) {
		warnings->dropped++;
	}
	unlock(&warnings->lock);
	return new;
}

static bool lacks_rights(const struct warning *warning)
{
	return warning->error == EPERM || warning->error == EACCES;
}

/* One line: what rights were missing for, then the rest. */
void warnings_print(const struct warnings *warnings)
{
	char line[CRT_MAX_WARNINGS * 64];
	struct text text;
	bool rights, any = false;
	__u32 i;

	if (!warnings->nr)
		return;
	text_init(&text, line, sizeof(line) - 1);
	text_add(&text, "crtools: ");
	for (rights = true; ; rights = false) {
		bool begun = false;

		for (i = 0; i < warnings->nr; i++) {
			const struct warning *warning = &warnings->list[i];

			if (lacks_rights(warning) != rights)
				continue;
			if (begun)
				text_add(&text, ", ");
			else
				text_add(&text, rights ?
					 "not restored (missing rights): " :
					 any ? "; not restored: " :
					 "not restored: ");
			begun = true;
			any = true;
			text_add(&text, warning->text);
			if (!rights && warning->error) {
				text_add(&text, " (");
				text_add_error(&text, warning->error);
				text_add(&text, ")");
			}
		}
		if (!rights)
			break;
	}
	if (warnings->dropped) {
		text_add(&text, " and ");
		text_add_number(&text, warnings->dropped);
		text_add(&text, " more");
	}
	line[text.len++] = '\n';
	write_all(2, line, text.len);
}

long report(const struct restorer *r, enum crt_report_kind kind,
	    __u64 op, int exit_code, int error, const char *what)
{
	struct crt_report message;
	struct text text;

	if (r->report_fd < 0)
		return -EBADF;
	memset(&message, 0, sizeof(message));
	message.kind = kind;
	message.pid = getpid_now();
	message.exit_code = exit_code;
	message.error = error;
	message.op = op;
	text_init(&text, (char *)message.text, sizeof(message.text));
	text_add(&text, what);
	return sys_retry(sys_3(NR_write, r->report_fd, &message,
			       sizeof(message)));
}

void exit_process(int code)
{
	for (;;)
		sys_1(NR_exit_group, code);
}

void fail(struct restorer *r, __u64 op, int exit_code, int error,
	  const char *what)
{
	if (!exit_code)
		exit_code = CRT_EXIT_FAILED;
	/* One failure is told; the others end with the process. */
	while (__atomic_exchange_n(&r->failed, 1, __ATOMIC_ACQUIRE))
		sys_3(NR_poll, NULL, 0, -1);
	/* No pipe, or it is closed already. A pipe that nobody reads: silence. */
	if (report(r, CRT_REPORT_FAILED, op, exit_code, error, what) == -EBADF)
		print_error(what, error);
	exit_process(exit_code);
}

void fail_own(struct restorer *r, int exit_code, long error,
	      const char *what)
{
	char label[CRT_REPORT_TEXT];
	struct text text;

	text_init(&text, label, sizeof(label));
	text_add_process(&text, r);
	text_add(&text, ": ");
	text_add(&text, what);
	fail(r, CRT_NO_OP, exit_code, error < 0 ? -error : error, label);
}

void warn(struct restorer *r, const char *text, int error)
{
	if (warnings_add(&r->warnings, text, error))
		report(r, CRT_REPORT_WARNING, CRT_NO_OP, 0, error, text);
}
