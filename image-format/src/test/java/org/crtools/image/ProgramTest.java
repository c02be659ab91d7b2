// SPDX-License-Identifier: Apache-2.0
package org.crtools.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Building restore programs, and reading them as text. */
class ProgramTest {
    @Test
    void bodiesAreSkipped() {
        List<Op> ops = Samples.program().ops();
        assertEquals(OpCode.FORK, ops.get(1).code());
        assertEquals(6, ops.get(1).skip());
        assertEquals(OpCode.SKIP, ops.get(4).code());
        assertEquals(1, ops.get(4).skip());
        assertEquals(OpCode.SUPERVISE, ops.get(8).code());
    }

    @Test
    void equalDataAreStoredOnce() {
        ProgramBuilder builder = new ProgramBuilder();
        assertEquals(builder.text("/etc/passwd"), builder.text(ByteString.of("/etc/passwd")));
        assertEquals(
                builder.longs(1, 2),
                builder.bytes(ByteString.of(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0})));
        assertEquals(builder.ints(1, 0, 2, 0), builder.longs(1, 2));
        assertNotEquals(builder.room(8), builder.room(8));
        assertNotEquals(builder.room(8), builder.longs(0));
        assertEquals(0, builder.build().data().length() % 8);
    }

    @Test
    void labelsAndExitCodesEndWithTheirBody() {
        ProgramBuilder builder = new ProgramBuilder();
        builder.about("outer").failingWith(4);
        builder.fork(Arg.imm(0), body -> {
            body.about("inner").failingWith(5);
            body.exit(0);
        });
        builder.syscall(Syscall.GETPID);
        builder.syscall(Syscall.GETPID).label("own").exitCode(6);
        Program program = builder.build();
        assertEquals(
                List.of(4, 5, 4, 6), program.ops().stream().map(Op::exitCode).toList());
        assertEquals(
                List.of("outer", "inner", "outer", "own"),
                program.ops().stream()
                        .map(op -> program.label(op).orElseThrow().toString())
                        .toList());
    }

    @Test
    void phases() {
        ProgramBuilder builder = new ProgramBuilder();
        builder.syscall(Syscall.GETPID);
        builder.thread(3, body -> body.syscall(Syscall.SETGID, 5));
        builder.allThreads(body -> body.syscall(Syscall.SETUID, 5));
        builder.commit(body -> body.stage(Arg.imm(7)));
        builder.syscall(Syscall.GETPID);
        Program program = builder.build();
        assertEquals(
                List.of(Phase.PROCESS, Phase.THREAD, Phase.THREAD, Phase.COMMIT, Phase.PROCESS),
                program.ops().stream().map(Op::phase).toList());
        assertEquals(3, program.ops().get(1).thread());
        assertEquals(Format.CRT_ALL_THREADS, program.ops().get(2).thread());
        assertEquals(
                """
                process:
                 0  getpid()
                thread 3:
                 1  setgid(5)
                every thread:
                 2  setuid(5)
                commit:
                 3  stage(7)
                process:
                 4  getpid()
                """,
                ProgramPrinter.print(program));
    }

    @Test
    void printed() {
        assertEquals(
                """
                process:
                 0  image_dir() = $1                                                    # image folder
                 1  fork(pid=812, flags=0, report=900) = $0                             # pid 812 (or warn) (exit 10)
                 2    setsid()                                                          # pid 812 (exit 10)
                 3    openat(AT_FDCWD, "/tmp/a log", O_WRONLY|O_APPEND, 0)              # pid 812 fd 7: /tmp/a log (exit 9)
                 4    unless option NEW_PIDS != 0                                       # pid 812 (exit 10)
                 5      expect $0 == 812                                                # pid 812 (exit 10)
                 6    stage(901)                                                        # pid 812 (exit 10)
                 7    exec($1, "core-812.img")                                          # pid 812 (exit 10)
                 8  supervise(reports=899, stages=[{go=902, count=1}], root=$0, detachable=1) # pid 812 (exit 10)
                """,
                ProgramPrinter.print(Samples.program()));
    }

    @Test
    void printedOperands() {
        ProgramBuilder builder = new ProgramBuilder();
        int slot = builder.slots(2);
        builder.syscall(Syscall.OPENAT, Arg.imm(-100), builder.text("/a\nb\"\\"), Arg.imm(02002101), Arg.imm(0644))
                .into(slot)
                .mayFail();
        builder.syscall(Syscall.PIPE2, Arg.slotAddress(slot + 1), Arg.imm(04000));
        builder.syscall(Syscall.FCNTL, Arg.slot(slot), Arg.imm(4), Arg.imm(0x800));
        builder.syscall(Syscall.MMAP, 0x7f00_0000_0000L, 8192, 3, 0x32, -1, 0);
        builder.syscall(Syscall.KILL, 812, 19);
        builder.syscall(Syscall.UNSHARE, 0x30000000);
        builder.syscall(Syscall.PRCTL, builder.longs(1), Arg.imm(1));
        builder.write(Arg.imm(5), ByteString.of("x".repeat(40)));
        builder.copy(Arg.imm(5), 0, -1, Arg.imm(6), -1);
        builder.expectSame(builder.room(16), builder.longs(1, 2), 16);
        builder.set(slot, Arg.imm(-1));
        builder.ifOption(TreeOption.DETACH, body -> body.exit(0));
        assertEquals(
                """
                process:
                  0  openat(AT_FDCWD, "/a\\nb\\"\\\\", O_WRONLY|O_CREAT|O_APPEND|O_CLOEXEC, 0644) = $0 # (may fail)
                  1  pipe2(&$1, O_NONBLOCK)
                  2  fcntl($0, F_SETFL, O_NONBLOCK)
                  3  mmap(0x7f0000000000, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0x0)
                  4  kill(812, SIGSTOP)
                  5  unshare(CLONE_NEWUSER|CLONE_NEWPID)
                  6  prctl(data+8, 1)
                  7  write(5, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"..., 40)
                  8  copy(5, 0, -1, 6, -1)
                  9  expect memory data+56 == data+72 for 16 bytes
                 10  set -1 = $0
                 11  unless option DETACH == 0
                 12    exit_group(0)
                """,
                ProgramPrinter.print(builder.build()));
    }

    /** With the option the body runs in a child; without it the fork alone is left out. */
    @Test
    void forkThatDependsOnAnOption() {
        ProgramBuilder builder = new ProgramBuilder();
        builder.forkIfOption(TreeOption.NEW_PIDNS, Arg.imm(0x20000000), Arg.imm(-1), body -> {
            body.syscall(Syscall.SETSID);
            body.exit(0);
        });
        builder.supervise(Arg.imm(5), List.of(), Arg.imm(2), false, Arg.imm(6));
        assertEquals(
                """
                process:
                 0  unless option NEW_PIDNS == 0
                 1    fork(pid=0, flags=CLONE_NEWPID, report=-1)
                 2    setsid()
                 3    exit_group(0)
                 4  supervise(reports=5, stages=[], root=2, detachable=0, upstream=6)
                """,
                ProgramPrinter.print(builder.build()));
    }

    @Test
    void unknownCallIsShownByNumber() {
        Op op = new Op(OpCode.SYSCALL, 0, 9999, -1, -1, 0, Phase.PROCESS, 0, 0, Collections.nCopies(Op.ARGS, Arg.NONE));
        assertEquals(
                "process:\n 0  syscall_9999()\n",
                ProgramPrinter.print(new Program(0, -1, List.of(op), ByteString.EMPTY)));
        assertEquals(Optional.empty(), Syscall.of(-1));
        assertEquals(Optional.of(Syscall.OPENAT), Syscall.of(257));
    }

    @Test
    void capsOfPrograms() {
        Program tooManySlots = new Program(Format.CRT_MAX_SLOTS + 1, -1, List.of(), ByteString.EMPTY);
        ImageBuilder builder = new ImageBuilder(Header.tree(0, 0, 0, 1, "6.1"));
        assertThrows(ImageTooBig.class, () -> builder.program(tooManySlots));
    }

    @Test
    void namesThatAreNoText() {
        assertEquals(
                "a\\377b", ByteString.of(new byte[] {'a', (byte) 0xff, 'b'}).toString());
        assertEquals("ä\\001", ByteString.of("ä\u0001").toString());
    }
}
