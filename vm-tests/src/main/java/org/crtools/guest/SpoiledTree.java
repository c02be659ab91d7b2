// SPDX-License-Identifier: Apache-2.0
package org.crtools.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.crtools.guest.ProgramFault.Expected;
import org.crtools.guest.SavedTree.Way;
import org.crtools.image.Image;
import org.crtools.image.ImageBuilder;
import org.crtools.image.ImageException;
import org.crtools.image.ImageReader;
import org.crtools.image.ImageWriter;
import org.crtools.image.Program;

/** A checkpoint of a small tree, to be spoiled in one place at a time, and what must come of its restores. */
public final class SpoiledTree implements AutoCloseable {

    private static final int FAILED = 1;
    private static final int KILLED = 137;
    private static final int TERMINATED = 143;
    private static final int HIGHEST_CODE = 11;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Workload workload;
    private final SavedTree saved;
    private final int processes;
    private final ProcView view;
    private final Map<Long, Long> before;
    private final long said;
    private Surroundings surroundings;

    /** Dumps a workload. */
    public SpoiledTree(String program, String... arguments) {
        workload = Workload.of(program).arguments(arguments).start();
        processes = workload.tree().size();
        workload.awaitRest();
        view = ProcView.of(workload.pid());
        said = workload.outputSize();
        saved = SavedTree.dump(workload.pid(), workload.folder().resolve("checkpoint"), false);
        Command.of("touch", trace().toString(), paused().toString(), pausedOut().toString())
                .run()
                .ok();
        // What the first restore makes once (a log of the tools, classes) is no trace of a failure.
        workload.restoredAs(saved.restore(Way.JAVA));
        workload.kill();
        before = Processes.all();
        surroundings = Surroundings.now();
    }

    public SavedTree saved() {
        return saved;
    }

    /** A file for strace(1), which is there from the start. */
    public Path trace() {
        return workload.folder().resolve("trace");
    }

    private Path paused() {
        return saved.folder().resolve("paused.img");
    }

    private Path pausedOut() {
        return workload.folder().resolve("paused.out");
    }

    /** The core images, that of the root first. */
    public List<Path> cores() {
        try (var files = Files.list(saved.folder())) {
            return files.filter(file -> file.getFileName().toString().startsWith("core-"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The tree image and all core images. */
    public List<Path> images() {
        List<Path> images = new ArrayList<>(List.of(saved.tree()));
        images.addAll(cores());
        return images;
    }

    public static Image read(Path image) {
        try (FileChannel channel = FileChannel.open(image, StandardOpenOption.READ)) {
            return ImageReader.read(channel);
        } catch (IOException | ImageException e) {
            throw new AssertionError(image.toString(), e);
        }
    }

    /** Puts another program into an image. */
    public static void write(Path path, Image image, Program program) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            Image changed = new ImageBuilder(image).program(program).build();
            if (image.isTree()) {
                ImageWriter.write(channel, changed);
            } else {
                ImageWriter.writeMetadata(channel, changed, image.header().metaSize());
            }
        } catch (IOException | ImageException e) {
            throw new AssertionError(path.toString(), e);
        }
    }

    /** Does something while an image has another program; then it is put right again. */
    public static void with(Path path, Image image, Program program, Runnable what) {
        try {
            write(path, image, program);
            what.run();
        } finally {
            write(path, image, image.program().orElseThrow());
        }
    }

    /** Restores with each of the faults in one of the images, which is put right again. */
    public void run(Path path, Image image, List<ProgramFault> faults, FaultCount count) {
        for (ProgramFault fault : faults) {
            injectIfCome(path.getFileName() + ": " + fault.what(), count, () -> {
                Witness.reset();
                with(path, image, fault.program(), () -> judge(fault.expected(), saved.tryRestore(Way.IMAGE)));
                return wasComeTo(fault);
            });
        }
    }

    private static boolean wasComeTo(ProgramFault fault) {
        boolean come = Witness.hasSeen();
        if (fault.isCertain() && !come) {
            throw new AssertionError("the restore did not come to it");
        }
        return come;
    }

    /** Injects a fault that fails itself if it is not come to. */
    public void inject(String what, FaultCount count, Runnable fault) {
        injectIfCome(what, count, () -> {
            fault.run();
            return true;
        });
    }

    /**
     * Injects a fault, which tells whether it was come to. What one that comes out wrong leaves behind is not held against
     * the next.
     */
    public void injectIfCome(String what, FaultCount count, BooleanSupplier fault) {
        count.injectIfCome(what, () -> {
            try {
                return fault.getAsBoolean();
            } catch (AssertionError | RuntimeException wrong) {
                Processes.kill(SavedTree.newSince(before));
                surroundings = Surroundings.now();
                throw wrong;
            }
        });
    }

    /**
     * Restores, and while that is stopped at the fault's place, once more by the program without the fault; both must come
     * back. Where the first does not come to that place it comes back before the second. Returns whether it came to it.
     */
    public boolean runBeside(Image image, Program program, ProgramFault pause) {
        Witness.reset();
        // An image of its own, as one that is being executed cannot be written.
        copy(saved.tree(), paused());
        write(paused(), image, pause.program());
        Command.of("truncate", "-s", "0", pausedOut().toString()).run().ok();
        Process first = Command.of(paused().toString(), "-d", "--new-pids").start(pausedOut(), pausedOut());
        Processes.await(
                "the first restore to stop or to end",
                LIMIT,
                () -> !first.isAlive() || !stopped().isEmpty());
        with(
                saved.tree(),
                image,
                program,
                () -> NotRestored.assertAllowed(
                        saved.tryRestore(Way.IMAGE, "--new-pids").ok(), false, false));
        if (!stopped().isEmpty()) {
            Processes.signal("CONT", stopped());
        }
        Processes.await("the end of the first restore", LIMIT, () -> !first.isAlive());
        String said = Command.of("cat", pausedOut().toString()).run().ok().out();
        if (first.exitValue() != 0 || !said.isEmpty()) {
            throw new AssertionError("the restore that was interrupted: exit code " + first.exitValue() + "\n" + said);
        }
        awaitProcesses(2 * processes);
        killIt();
        return wasComeTo(pause);
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Long> stopped() {
        return SavedTree.newSince(before).stream()
                .filter(pid ->
                        Processes.stat(pid).stream().findFirst().orElse("").equals("T"))
                .toList();
    }

    /** What must have come of a restore is there, and then nothing of it any more. */
    public void judge(Expected expected, Command.Result result) {
        if (expected instanceof ProgramFault.Refused refused) {
            result.expect(refused.code());
            assertSentence(result.err(), refused.words());
            assertNothing();
        } else if (expected instanceof ProgramFault.Warned warned) {
            result.ok();
            NotRestored.assertDocumented(result.err());
            assertSentence(result.err(), warned.words());
            assertNearlyBack();
        } else if (expected instanceof ProgramFault.Named named) {
            if (result.code() == 0) {
                assertBackAsTold(result);
                return;
            }
            result.expect(FAILED);
            assertSentence(result.err(), named.words());
            removeName();
            assertNothing();
        } else if (expected instanceof ProgramFault.Late) {
            Processes.await("the restore to come to the operation", LIMIT, Witness::hasSeen);
            killIt();
        } else if (expected instanceof ProgramFault.Dead) {
            result.expect(KILLED);
            assertNothing();
        } else if (result.code() == 0) {
            assertBackAsTold(result);
        } else {
            if (result.code() > HIGHEST_CODE && result.code() != KILLED && result.code() != TERMINATED) {
                throw new AssertionError("exit code " + result.code() + "\n" + result.err());
            }
            if (result.code() != KILLED) {
                assertSentence(result.err(), "");
            }
            assertNothing();
        }
    }

    private static void assertSentence(String said, String words) {
        if (!said.startsWith("crtools: ") || said.lines().count() != 1) {
            throw new AssertionError("not one sentence: " + said);
        }
        if (!said.contains(words)) {
            throw new AssertionError("not a word of '" + words + "' in: " + said);
        }
    }

    /** Nothing is left of a restore that failed. */
    public void assertNothing() {
        surroundings.awaitSame();
    }

    /** All of the tree is back; then it is killed and nothing is left. */
    public void assertBack() {
        SavedTree.awaitSame(view, workload.pid(), SavedTree.EXPLAINED);
        killIt();
    }

    /** All of it is back, or the one line says what is not. */
    private void assertBackAsTold(Command.Result result) {
        if (result.err().isEmpty()) {
            assertBack();
        } else {
            NotRestored.assertDocumented(result.err());
            assertNearlyBack();
        }
    }

    /** The same of a tree that lacks what one operation was there for. */
    private void assertNearlyBack() {
        awaitProcesses(processes);
        killIt();
    }

    private void awaitProcesses(int number) {
        // Their pids may be what could not be restored.
        Processes.await(
                number + " processes",
                LIMIT,
                () -> SavedTree.newSince(before).stream()
                                .filter(pid -> !isStrace(pid))
                                .count()
                        == number);
    }

    private static boolean isStrace(long pid) {
        return new String(Processes.read(pid, "cmdline"), StandardCharsets.ISO_8859_1).startsWith("strace");
    }

    /** Removes the one name that a kill has left of an unlinked file. */
    private void removeName() {
        Command.shell("rm " + workload.folder() + "/mixed.*/.crtools-????????-*")
                .run()
                .ok();
    }

    /** Whatever is there goes. */
    public void killIt() {
        Processes.kill(SavedTree.newSince(before));
        surroundings.awaitSame();
    }

    /** Ends what is there, and cuts what it said of faults in calls of its own: its output is a file of the checkpoint. */
    public void silence() {
        Processes.kill(SavedTree.newSince(before));
        workload.cutOutput(said);
    }

    /** Whether all of the tree is as it was, and no more in the restorer. */
    public boolean looksBack() {
        return view.unexplained(ProcView.of(workload.pid()), SavedTree.EXPLAINED)
                .isEmpty();
    }

    public boolean isBack() {
        return Processes.lives(workload.pid());
    }

    /** Numbers from 1 to an end, both included: all, or as many as are wanted, spread evenly. */
    public static List<Integer> some(int end, int most) {
        int number = Math.min(end, most);
        return IntStream.rangeClosed(1, number)
                .mapToObj(i -> number == 1 ? end : 1 + (int) ((long) (i - 1) * (end - 1) / (number - 1)))
                .toList();
    }

    /** The same of a list. */
    public static <T> List<T> some(List<T> all, int most) {
        return some(all.size(), most).stream()
                .map(number -> all.get(number - 1))
                .toList();
    }

    /** At the very end, after all that was done to it, the checkpoint is as good as ever. */
    @Override
    public void close() {
        workload.restoredAs(saved.restore(Way.IMAGE));
        workload.assertPasses();
        workload.close();
        // To another tree its files would be something left behind.
        Command.of("rm", "-r", workload.folder().toString()).run().ok();
    }
}
