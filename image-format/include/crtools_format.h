/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/*
 * The image format of crtools: the one definition that the kernel module, the
 * restorer and (field by field, checked by a test) the Java tools share.
 *
 * An image is an ELF64 little-endian ET_CORE file:
 *
 *   [0, meta_size)   ELF header, program headers, one PT_NOTE with all notes
 *   [meta_size, …)   page data, named by the PT_LOAD program headers
 *
 * e_ident[EI_PAD..] holds CRT_IDENT_MAGIC. The first note is CRT_NT_HEADER.
 * Standard notes (name "CORE", NT_X86_XSTATE: "LINUX") stand where gdb wants
 * them; everything else is in notes named CRT_NOTE_NAME. Every desc of such a
 * note starts with struct crt_note. FORMAT.md holds the grammar.
 *
 * Fixed-width little-endian fields, naturally aligned, no implicit padding.
 */
#ifndef CRTOOLS_FORMAT_H
#define CRTOOLS_FORMAT_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint8_t __u8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef uint64_t __u64;
typedef int32_t __s32;
typedef int64_t __s64;
#endif

#define CRT_FORMAT_MAJOR	1	/* readers refuse another major */
#define CRT_FORMAT_MINOR	0	/* additions an older reader may ignore */

#define CRT_IDENT_OFFSET	9	/* EI_PAD */
#define CRT_IDENT_MAGIC		"CRTOOLS"	/* 7 bytes, no NUL */
#define CRT_IDENT_MAGIC_LEN	7
#define CRT_NOTE_NAME		"CRTOOLS"	/* n_namesz 8, with its NUL */
#define CRT_PAGE_SIZE		4096u

/*
 * Page data runs of at least CRT_HUGE_RUN bytes have file offset congruent to
 * address modulo CRT_HUGE_ALIGN; all others are page aligned and packed.
 */
#define CRT_HUGE_ALIGN		0x200000u
#define CRT_HUGE_RUN		0x400000u

/* Caps: a larger value in an image is an error, a larger process is refused. */
#define CRT_MAX_META		0x10000000u	/* bytes of metadata (256 MiB) */
#define CRT_MAX_PHDRS		0x200000u	/* PN_XNUM rules above 0xfffe */
#define CRT_MAX_THREADS		0x8000u
#define CRT_MAX_VMAS		0x40000u
#define CRT_MAX_FILES		0x40000u	/* mapped files */
#define CRT_MAX_STRINGS		0x4000000u	/* bytes of one string table */
#define CRT_MAX_PATH		4096u		/* bytes with NUL */
#define CRT_MAX_PENDING		0x10000u	/* queued signals, a queue */
#define CRT_MAX_TIMERS		0x8000u
#define CRT_MAX_XSTATE		0x8000u		/* bytes of one xsave area */
#define CRT_MAX_AUXV		64u		/* pairs */
#define CRT_MAX_OPS		0x100000u	/* operations of a program */
#define CRT_MAX_SLOTS		0x10000u
#define CRT_MAX_DATA		0x4000000u	/* bytes of a program's data */

/* Types of CRTOOLS notes; far from any standard type, as gdb looks at types. */
#define CRT_NT_HEADER		0x43525401u	/* struct crt_header */
#define CRT_NT_MM		0x43525402u	/* struct crt_mm */
#define CRT_NT_VMAS		0x43525403u	/* struct crt_vmas + tables */
#define CRT_NT_SIGNALS		0x43525404u	/* struct crt_signals + queue */
#define CRT_NT_THREAD		0x43525405u	/* struct crt_thread + queue */
#define CRT_NT_TIMERS		0x43525406u	/* struct crt_timers + table */
#define CRT_NT_PROGRAM		0x43525407u	/* struct crt_program + ops */
#define CRT_NT_CHECKSUM		0x43525408u	/* struct crt_checksum + table */
#define CRT_NT_MODEL		0x43525409u	/* struct crt_note + UTF-8 JSON */

/* Starts the desc of every CRTOOLS note. */
struct crt_note {
	__u16 version;		/* of this note's layout, 1 */
	__u16 flags;		/* 0, reserved */
	__u32 size;		/* bytes of the whole desc, this struct included */
};

#define CRT_HDR_TREE		0x1u	/* tree image: no memory, no threads */
/* Threads get their tids back; without the right to: new ones, with a warning. */
#define CRT_HDR_KEEP_TIDS	0x2u

struct crt_header {
	struct crt_note note;
	__u16 format_major;
	__u16 format_minor;
	__u32 flags;		/* CRT_HDR_* */
	__u64 meta_size;	/* bytes from 0 that are metadata, page multiple */
	__u32 meta_crc;		/* CRC-32 (zlib) of [0, meta_size), this field 0 */
	__u32 page_size;	/* CRT_PAGE_SIZE */
	__u8 id[16];		/* unique, random */
	__u64 created_ns;	/* CLOCK_REALTIME of the dump */
	__u64 monotonic_ns;	/* CLOCK_MONOTONIC of the dump */
	__u64 boottime_ns;	/* CLOCK_BOOTTIME of the dump */
	__u64 xfeatures;	/* XCR0 bits that the xsave areas were made under */
	__u32 xstate_size;	/* bytes of each NT_X86_XSTATE desc, 0: none */
	__u32 nr_threads;
	__s32 pid;		/* tgid as the process itself saw it */
	__u32 reserved;
	__u8 release[64];	/* uname -r, NUL padded */
};

/* No file: in crt_vma.file and crt_mm.exe. */
#define CRT_NO_FILE		0xffffffffu

struct crt_mm {
	struct crt_note note;
	__u64 start_code, end_code;
	__u64 start_data, end_data;
	__u64 start_brk, brk;
	__u64 start_stack;
	__u64 arg_start, arg_end;
	__u64 env_start, env_end;
	__u64 vdso_base;	/* lowest address of [vvar]/[vdso], 0: none */
	__u64 vdso_size;	/* bytes up to the end of [vdso] */
	__u64 vdso_code;	/* address of [vdso] itself */
	__u32 vdso_crc;		/* CRC-32 of the [vdso] pages */
	__u32 exe;		/* index of the program in the file table */
	__u32 personality;
	__u32 dumpable;		/* PR_GET_DUMPABLE: 0, 1 or 2 */
	__u32 thp_disable;	/* PR_GET_THP_DISABLE */
	__u32 membarrier;	/* registrations, CRT_MB_* */
	__u32 mlock_future;	/* MCL_FUTURE 2, with MCL_ONFAULT 6 */
	__u32 child_subreaper;	/* PR_GET_CHILD_SUBREAPER */
	__u32 mdwe;		/* PR_GET_MDWE */
	__u32 memory_merge;	/* PR_GET_MEMORY_MERGE */
};

#define CRT_MB_GLOBAL_EXPEDITED		0x1u
#define CRT_MB_PRIVATE_EXPEDITED	0x2u
#define CRT_MB_PRIVATE_SYNC_CORE	0x4u
#define CRT_MB_PRIVATE_RSEQ		0x8u

/* Where a VMA's pages come from before the PT_LOAD data is laid over them. */
enum crt_base {
	CRT_BASE_ANON = 0,	/* zero pages, private */
	CRT_BASE_SHMEM = 1,	/* zero pages, a new MAP_SHARED|MAP_ANONYMOUS object */
	CRT_BASE_FILE = 2,	/* the file in the file table, opened by its path */
	CRT_BASE_FD = 3,	/* descriptor `fd` that execve's caller left open */
	CRT_BASE_VDSO = 4,	/* [vvar], [vvar_vclock], [vdso]: mapped anew */
};

/* crt_vma.flags: protection, sharing, advice. */
#define CRT_VMA_READ		0x1u
#define CRT_VMA_WRITE		0x2u
#define CRT_VMA_EXEC		0x4u
#define CRT_VMA_SHARED		0x8u
#define CRT_VMA_GROWSDOWN	0x10u
#define CRT_VMA_NORESERVE	0x20u
#define CRT_VMA_LOCKED		0x40u
#define CRT_VMA_LOCKONFAULT	0x80u
#define CRT_VMA_DONTFORK	0x100u
#define CRT_VMA_DONTDUMP	0x200u
#define CRT_VMA_WIPEONFORK	0x400u
#define CRT_VMA_HUGEPAGE	0x800u
#define CRT_VMA_NOHUGEPAGE	0x1000u
#define CRT_VMA_MERGEABLE	0x2000u
#define CRT_VMA_SEQ_READ	0x4000u
#define CRT_VMA_RAND_READ	0x8000u
#define CRT_VMA_MAYWRITE	0x10000u	/* shared: the file was open for writing */
#define CRT_VMA_STACK		0x20000u	/* holds start_stack */
#define CRT_VMA_ACCOUNT		0x40000u	/* counted; private read-only: was writable */
#define CRT_VMA_DROPPABLE	0x80000u	/* MAP_DROPPABLE; an image never has its contents */

struct crt_vma {
	__u64 start, end;	/* page aligned, ascending, not overlapping */
	__u64 offset;		/* bytes into the file, page aligned */
	__u32 flags;		/* CRT_VMA_* */
	__u32 base;		/* enum crt_base */
	/* Index or CRT_NO_FILE; also told for ANON and SHMEM with a deleted file. */
	__u32 file;
	__s32 fd;		/* CRT_BASE_FD: the descriptor, else -1 */
	__u32 name_off;		/* prctl(PR_SET_VMA) name in the strings, */
	__u32 name_len;		/* 0: none; without NUL */
};

#define CRT_FILE_DELETED	0x1u	/* no path leads to it */
#define CRT_FILE_SHMEM		0x2u	/* anonymous shared memory of the kernel */
#define CRT_FILE_MEMFD		0x4u
#define CRT_FILE_HUGETLB	0x8u
#define CRT_FILE_CHECK		0x10u	/* size (and build id) must be unchanged */

struct crt_file {
	__u64 ino;
	__u64 size;		/* bytes */
	__u64 mtime_ns;
	__u32 dev_major, dev_minor;
	__u32 mode;		/* st_mode */
	__u32 flags;		/* CRT_FILE_* */
	__u32 path_off;		/* into the strings, NUL-terminated there; */
	__u32 path_len;		/* without NUL, any bytes but NUL */
	__u32 build_id_len;	/* 0 to 20 */
	__u8 build_id[20];
};

/* desc: this, vmas[nr_vmas], files[nr_files], strings[strings_size] */
struct crt_vmas {
	struct crt_note note;
	__u32 nr_vmas;
	__u32 nr_files;
	__u32 strings_size;	/* padded to 8 */
	__u32 reserved;
};

#define CRT_SIGINFO_SIZE	128u
#define CRT_NSIG		64u

struct crt_sigaction {		/* as rt_sigaction(2) takes it on x86-64 */
	__u64 handler;
	__u64 flags;
	__u64 restorer;
	__u64 mask;
};

/* desc: this, siginfo[nr_pending] of CRT_SIGINFO_SIZE bytes each */
struct crt_signals {
	struct crt_note note;
	__u32 nr_pending;	/* queued to the process as a whole, in order */
	__u32 reserved;
	struct crt_sigaction actions[CRT_NSIG];	/* signal n at n - 1 */
};

/* The interrupted call that restart_syscall(2) would continue. */
enum crt_restart {
	CRT_RESTART_NONE = 0,
	CRT_RESTART_NANOSLEEP = 1,	/* hrtimer_nanosleep_restart */
	CRT_RESTART_ALARM_NANOSLEEP = 2,	/* alarm_timer_nsleep_restart */
	CRT_RESTART_CPU_NANOSLEEP = 3,	/* posix_cpu_nsleep_restart */
	CRT_RESTART_FUTEX = 4,		/* futex_wait_restart */
	CRT_RESTART_POLL = 5,		/* do_restart_poll */
};

#define CRT_THR_RESTORE_SIGMASK	0x1u	/* saved_sigmask goes back on return */
#define CRT_THR_STOPPED		0x2u	/* group-stopped (SIGSTOP and kin) */

/*
 * One for each thread, the leader first, each after its NT_PRSTATUS.
 * Registers are in NT_PRSTATUS, raw as ptrace shows them (orig_rax, -ERESTART…
 * in rax), but a thread inside an rseq critical section is at its abort_ip.
 * desc: this, siginfo[nr_pending]
 */
struct crt_thread {
	struct crt_note note;
	__s32 tid;		/* as the process itself saw it */
	__u32 flags;		/* CRT_THR_* */
	__u64 sigmask;		/* bit n-1: signal n blocked */
	__u64 saved_sigmask;
	__u64 altstack_sp, altstack_size;
	__u32 altstack_flags;	/* as sigaltstack(2) takes them */
	__u32 rseq_len;		/* 0: not registered */
	__u64 rseq_ptr;
	__u32 rseq_sig;
	__u32 nr_pending;	/* queued to this thread, in order */
	__u64 robust_list;	/* head, 0: none */
	__u64 robust_list_len;
	__u64 clear_child_tid;
	__u32 restart;		/* enum crt_restart */
	__u32 restart_clock;	/* clockid of NANOSLEEP kinds */
	__u32 restart_type;	/* NANOSLEEP: 1: rmtp is a timespec to be written */
	__u32 restart_flags;	/* FUTEX: flags; POLL: nfds */
	__u64 restart_ptr;	/* NANOSLEEP: rmtp; FUTEX: uaddr; POLL: ufds */
	__u64 restart_val;	/* FUTEX: val */
	__u32 restart_bitset;	/* FUTEX */
	__u32 restart_has_timeout;	/* POLL and FUTEX */
	__s64 restart_remaining_ns;	/* at monotonic_ns of the header */
	__u32 pdeath_signal;
	__u32 securebits;
	__u32 no_new_privs;
	__u32 timer_slack_hi;	/* reserved, 0 */
	__u64 timer_slack_ns;
	__u8 comm[16];		/* NUL padded */
};

struct crt_itimer {
	__u64 value_ns;		/* until it fires, 0: not armed */
	__u64 interval_ns;
};

struct crt_posix_timer {
	__s32 id;
	__s32 clock;		/* clockid_t */
	__s32 notify;		/* SIGEV_SIGNAL, SIGEV_NONE or SIGEV_THREAD_ID (4) */
	__s32 signo;
	__u64 value;		/* sigev_value */
	__s32 tid;		/* SIGEV_THREAD_ID */
	__s32 overrun;
	__u64 value_ns;		/* until it fires, 0: not armed */
	__u64 interval_ns;
};

/* desc: this, posix[nr_posix] */
struct crt_timers {
	struct crt_note note;
	__u32 nr_posix;
	__u32 reserved;
	struct crt_itimer itimer[3];	/* ITIMER_REAL, VIRTUAL, PROF */
};

/*
 * Written by crtools after the dump; a plain copy of the dump file has none.
 * desc: this, crc[nr]: CRC-32 of the file bytes of each PT_LOAD, in order
 */
struct crt_checksum {
	struct crt_note note;
	__u32 nr;
	__u32 reserved;
};

/*
 * The restore program: data that the restorer interprets.
 *
 * desc: this, ops[nr_ops], data[data_size]
 *
 * Ops run in their order. In a core image they run in three phases: PROCESS
 * ops by the first thread before the others exist; THREAD ops by the thread
 * with that index (CRT_ALL_THREADS: each); COMMIT ops by the first thread when
 * all have finished theirs. The threads then meet in the module and the
 * process goes on. In a tree image all ops are PROCESS ops.
 *
 * Slots are 64-bit variables. In a tree image all its processes share one set
 * (a pid or descriptor number written by one is read by another); a core image
 * has its own.
 */
struct crt_program {
	struct crt_note note;
	__u32 nr_ops;
	__u32 nr_slots;
	__u32 data_size;	/* padded to 8 */
	__s32 report_fd;	/* failures go there as crt_report; -1: stderr */
};

enum crt_op_code {
	/* result = syscall(nr, args…); negative results fail (see flags). */
	CRT_OP_SYSCALL = 1,
	/*
	 * clone3 without sharing; args[0]: wanted pid or 0 for any, args[1]:
	 * further clone flags. The child runs the next `skip` ops, which end
	 * it (EXEC or exit_group); the parent goes on after them. result: the
	 * child's pid, stored by both (in a new pid namespace by the parent
	 * only). The child starts with a BORN report, which its parent writes,
	 * when args[2] is a descriptor (>= 0); its failures go there from then
	 * on. With CLONE_NEWUSER its user and group map onto themselves. A pid
	 * that is taken is an error (exit CRT_EXIT_PID_TAKEN); one that the
	 * caller may not choose (EPERM) is a warning with CRT_OPF_WARN, and any
	 * pid is taken; so it is, silently, with option NEW_PIDS.
	 */
	CRT_OP_FORK = 2,
	/* execveat(args[0] dirfd, args[1] path, {path, NULL}, {NULL}, 0). */
	CRT_OP_EXEC = 3,
	/* Fail unless args[0] <cmp> args[1]; `nr` is enum crt_cmp. */
	CRT_OP_EXPECT = 4,
	/* result = args[0] */
	CRT_OP_SET = 5,
	/* result = descriptor (O_PATH) of the folder that holds this image. */
	CRT_OP_IMAGE_DIR = 6,
	/*
	 * Tree image: see the others through. args[0]: report pipe (read end),
	 * args[1]: struct crt_stage table in data, args[2]: its entries, args[3]:
	 * slot value with the root's pid, args[4]: 1: the tree may be detached
	 * (option -d of the image). For each stage: collect `count` DONE
	 * reports, then write `count` bytes to go_fd. A FAILED report or a
	 * death before the last stage ends all. Then wait for the root and
	 * end as it ended (or exit 0 at once when detached; process 1 of a
	 * pid namespace stays for as long as anyone lives there). args[5]: the
	 * report pipe of an outer supervisor, which then tells failures and
	 * warnings and gets a DONE; or none. First closes all descriptors but
	 * 0 to 2 and those named here. The others close the report pipe as the
	 * last thing that may fail: its end of file ends the restore.
	 */
	CRT_OP_SUPERVISE = 7,
	/* write all of data [args[1], +args[2]) to args[0]. */
	CRT_OP_WRITE = 8,
	/*
	 * Copy args[2] bytes (all to its end: ~0) from descriptor args[0] at
	 * offset args[1] to descriptor args[3] at offset args[4] (~0: its
	 * position, for pipes), holes kept.
	 */
	CRT_OP_COPY = 9,
	/* Skip `skip` ops when args[0] <cmp> args[1]; `nr` is enum crt_cmp. */
	CRT_OP_SKIP = 10,
	/*
	 * A CRT_REPORT_DONE report to report_fd, then read one byte (the
	 * result) from args[0], the other end of the stage's go_fd; end of
	 * file: exit silently. 1: go on; 2: the same, stopped at COMMIT (the
	 * last stage, option LEAVE_STOPPED).
	 */
	CRT_OP_STAGE = 11,
};

enum crt_cmp {
	CRT_CMP_EQ = 0,
	CRT_CMP_NE = 1,
	CRT_CMP_LT = 2,		/* signed */
	CRT_CMP_GE = 3,		/* signed */
	CRT_CMP_MEM_EQ = 4,	/* args[0], args[1]: pointers, args[2]: bytes */
};

enum crt_arg_type {
	CRT_ARG_NONE = 0,
	CRT_ARG_IMM = 1,	/* value */
	CRT_ARG_DATA = 2,	/* address of data + value */
	CRT_ARG_SLOT = 3,	/* content of slot value */
	CRT_ARG_SLOT_ADDR = 4,	/* address of slot value */
	/* 1 if the image was started with option number `value` (enum crt_option) */
	CRT_ARG_OPTION = 5,
	CRT_ARG_NR_DIRFD = 6,	/* reserved */
};

/* Options given on the command line of a tree image: ./tree.img -d … */
enum crt_option {
	CRT_OPTION_DETACH = 1,		/* -d, --detach */
	CRT_OPTION_NEW_PIDS = 2,	/* --new-pids */
	CRT_OPTION_NEW_PIDNS = 3,	/* --new-pidns */
	CRT_OPTION_LEAVE_STOPPED = 4,	/* --leave-stopped */
};

enum crt_phase {
	CRT_PHASE_PROCESS = 0,
	CRT_PHASE_THREAD = 1,
	CRT_PHASE_COMMIT = 2,
};

#define CRT_ALL_THREADS		0xffffffffu
#define CRT_NO_SLOT		0xffffffffu
#define CRT_NO_LABEL		0xffffffffu

#define CRT_OPF_MAY_FAIL	0x1u	/* the result is only stored */
#define CRT_OPF_WARN		0x2u	/* a failure is told (once a label), not fatal */

struct crt_arg {
	__u32 type;		/* enum crt_arg_type */
	__u32 reserved;
	__u64 value;
};

struct crt_op {
	__u16 code;		/* enum crt_op_code */
	__u16 flags;		/* CRT_OPF_* */
	__u32 nr;		/* SYSCALL: number; EXPECT, SKIP: enum crt_cmp */
	__u32 slot;		/* result goes there, or CRT_NO_SLOT */
	/* data offset of a NUL-terminated "pid 812 fd 7: pipe", or CRT_NO_LABEL */
	__u32 label;
	__u32 skip;		/* FORK, SKIP */
	__u16 phase;		/* enum crt_phase */
	__u16 exit_code;	/* of the tree image when this op fails; 0 is 1 */
	__u32 thread;		/* THREAD phase: index or CRT_ALL_THREADS */
	__u32 reserved;
	struct crt_arg args[6];
};

struct crt_stage {
	__s32 go_fd;
	__u32 count;
};

/* One atomic write to the report pipe each. */
enum crt_report_kind {
	CRT_REPORT_BORN = 1,
	CRT_REPORT_DONE = 2,
	CRT_REPORT_FAILED = 3,
	CRT_REPORT_WARNING = 4,
};

#define CRT_REPORT_TEXT		232u

struct crt_report {
	__u32 kind;		/* enum crt_report_kind */
	__s32 pid;		/* of the writer, by getpid() */
	__u32 exit_code;	/* FAILED */
	__s32 error;		/* errno, 0: none */
	__u64 op;		/* index of the operation */
	__u8 text[CRT_REPORT_TEXT];	/* NUL-terminated */
};

/* What execve answers for a bad image; never ENOEXEC: a shell would run it. */
#define CRT_ERR_CORRUPT		74	/* EBADMSG: damaged or truncated */
#define CRT_ERR_VERSION		93	/* EPROTONOSUPPORT: another format major */
#define CRT_ERR_HOST		95	/* EOPNOTSUPP: CPU, page size, vdso, arch */
#define CRT_ERR_CHANGED		116	/* ESTALE: a mapped file is not the same */
#define CRT_ERR_TOO_BIG		7	/* E2BIG: over a cap */

/* Exit codes of the crtools command and of tree images. */
#define CRT_EXIT_OK		0
#define CRT_EXIT_FAILED		1
#define CRT_EXIT_USAGE		2
#define CRT_EXIT_UNSUPPORTED	3	/* a resource that cannot be captured */
#define CRT_EXIT_PERMISSION	4
#define CRT_EXIT_CORRUPT	5	/* image damaged, truncated, other version */
#define CRT_EXIT_HOST		6	/* image of another kind of machine */
#define CRT_EXIT_NO_MODULE	7
#define CRT_EXIT_NO_PROCESS	8	/* process gone, or it will not stop */
#define CRT_EXIT_CHANGED	9	/* a file is missing or changed */
#define CRT_EXIT_PID_TAKEN	10
#define CRT_EXIT_NO_SPACE	11

#endif
