// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;

/** Boot loaders of this machine; a run needs root, namespaces and a loop device. */
@Timeout(60)
class HostBootLoadersTest {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final long MOST_BYTES = 1 << 20;
    private static final List<Path> MEMORY_GROUPS =
            List.of(Path.of("/sys/fs/cgroup/memory"), Path.of("/sys/fs/cgroup"));

    @TempDir
    Path files;

    /** Keeps the calls and runs nothing. */
    private static final class Calls {
        private final List<HotplugScript> scripts = new ArrayList<>();

        HostBootLoaders loaders() {
            return new HostBootLoaders(this::refusal, this::run);
        }

        Optional<String> refusal(String path) {
            return path.endsWith("/writable") ? Optional.of("only root may change it") : Optional.empty();
        }

        Optional<String> run(HotplugScript script) {
            scripts.add(script);
            return Optional.empty();
        }
    }

    private BootLoaderRun call(String program, String... arguments) {
        return run(program, Path.of("/dev/vg/web"), LIMIT, arguments);
    }

    private BootLoaderRun run(String program, Path disk, Duration limit, String... arguments) {
        Path directory = files.resolve("run");
        return new BootLoaderRun(program, "4.17", List.of(arguments), disk.toString(), directory, MOST_BYTES, limit);
    }

    private Path program(String name, String text) throws IOException {
        Path file = Files.writeString(files.resolve(name), "#!/bin/sh\n" + text + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void pygrubAsksNobodyAndAnotherBootLoaderGetsItsArgumentsOnly() throws IOException {
        Calls calls = new Calls();
        String pygrub = program("pygrub", "").toString();
        assertEquals(Optional.empty(), calls.loaders().run(call(pygrub, "--offset=1")));
        HotplugScript script = calls.scripts.get(0);
        List<String> words = script.arguments();
        assertEquals(List.of(pygrub, "-q", "--offset=1"), words.subList(words.size() - 3, words.size()));
        assertEquals(Map.of(), script.environment());

        String other = program("other", "").toString();
        calls.loaders().run(call(other));
        assertFalse(calls.scripts.get(1).arguments().contains("-q"));
    }

    @Test
    void aProgramThatIsMissingOrThatOthersCanChangeIsNotRun() throws IOException {
        Calls calls = new Calls();
        String missing = calls.loaders().run(call("xenjava-none")).orElseThrow();
        assertTrue(missing.startsWith("there is no program /usr/lib/xen-4.17/bin/xenjava-none, /usr/libexec"), missing);
        String writable = program("writable", "").toString();
        assertEquals(Optional.of("only root may change it"), calls.loaders().run(call(writable)));
        assertEquals(List.of(), calls.scripts);
    }

    /** The rest of a boot loader that names a kernel, and a ramdisk unless that is empty. */
    private static String naming(String kernel, String ramdisk) {
        String second = ramdisk.isEmpty() ? "" : "ramdisk " + ramdisk + "\\0";
        return """
                for word; do
                    case $word in
                        --output=*) result=${word#*=} ;;
                        --output-directory=*) out=${word#*=} ;;
                    esac
                    disk=$word
                done
                [ -f "$result" ] || exit 3
                printf 'kernel %s\\0%sargs a=1 b\\0' >"$result"
                """
                .formatted(kernel, second);
    }

    private Optional<String> runOn(Path disk, String text) throws IOException {
        Files.createDirectories(files.resolve("run"));
        return new HostScripts().run(run(program("loader", text).toString(), disk, LIMIT), () -> false);
    }

    private String found() throws IOException {
        return Files.readString(files.resolve("run").resolve(BootLoaderRun.KERNEL))
                .replaceAll("\\s+", " ");
    }

    /** What a boot loader that its guest has taken over sees of this machine, and can do to its disk. */
    private static final String ATTACK =
            """
            grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status >$out/k
            head -c 8 "$disk" >>$out/k
            note() {
                "$@" >/dev/null 2>&1 && echo "$*" >>$out/k
            }
            note chmod u+rw "$disk"
            note chmod 0666 "$disk"
            note dd if=/dev/zero of="$disk" bs=512 count=1 conv=notrunc
            note grep -x java /proc/%d/comm
            note cat /etc/passwd
            note ls %s
            note ls /run
            note ls /sys
            note mkdir /tmp/x
            note mkdir /dev/shm
            note unshare --user true
            note ipcmk --shmem 4096
            (head -c 900000 /dev/zero >$out/a && head -c 900000 /dev/zero >$out/b) 2>/dev/null && full=no
            rm -f $out/a $out/b
            [ "$full" != no ] || echo "two files" >>$out/k
            """;

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void aBootLoaderSeesOnlyProgramsAndItsDiskAndCannotWriteTheDisk(boolean isBlockDevice) throws Exception {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path image = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        String disk = isBlockDevice ? output("losetup", "--find", "--show", image.toString()) : image.toString();
        try {
            String attack = ATTACK.formatted(ProcessHandle.current().pid(), image);
            assertEquals(Optional.empty(), runOn(Path.of(disk), naming("/out/k", "") + attack));
        } finally {
            if (isBlockDevice) {
                output("losetup", "--detach", disk);
            }
        }
        assertTrue(
                found().matches("Uid: (209[5-9]\\d{6}) \\1 \\1 \\1 CapEff: 0{16} CapBnd: 0{16} NoNewPrivs: 1 diskdisk"),
                found());
        assertEquals("a=1 b", Files.readString(files.resolve("run").resolve(BootLoaderRun.ARGUMENTS)));
        assertEquals("disk".repeat(256), Files.readString(image));
        assertEquals("", output("losetup", "--associated", image.toString()));
    }

    @Test
    void eachRunHasAUserOfItsOwn() throws IOException {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        String text = naming("/out/k", "") + "id -u >$out/k";
        assertEquals(Optional.empty(), runOn(disk, text));
        String first = found();
        try (Stream<Path> left = Files.list(files.resolve("run"))) {
            for (Path path : left.toList()) {
                Files.delete(path);
            }
        }
        assertEquals(Optional.empty(), runOn(disk, text));
        assertNotEquals(first, found());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            /etc/ld.so.cache   | it names /etc/ld.so.cache, which is outside of its directory
            /out/link          | it names /out/link, which is no file of its own
            /out/up/dev/null   | it names /out/up/dev/null, which is no file of its own
            /out/pipe          | it names /out/pipe, which is no file of its own
            /out/empty         | it names /out/empty, which is empty
            /out/secret        | /out/secret cannot be copied
            """)
    void aFileThatIsNotItsOwnOrCannotBeCopiedIsAnError(String ramdisk, String failure) throws IOException {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        String files =
                """
                echo kernel >$out/k
                ln -s /etc/ld.so.cache $out/link
                ln -s / $out/up
                mkfifo $out/pipe
                : >$out/empty
                echo secret >$out/secret
                chmod 0 $out/secret
                """;
        String result = runOn(disk, naming("/out/k", ramdisk) + files).orElse("");
        assertTrue(result.endsWith(failure), result);
    }

    @Test
    void aCancellationEndsABootLoaderAndItsChildren() throws Exception {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        Path loader = program("loader", "trap '' TERM; sleep 7654 & sleep 7655");
        Files.createDirectory(files.resolve("run"));
        BootLoaderRun run = run(loader.toString(), disk, LIMIT);
        assertThrows(OperationCancelledException.class, () -> new HostScripts()
                .run(run, () -> isRunning(loader.toString())));
        long start = System.nanoTime();
        while (isRunning(loader.toString()) || isRunning("sleep 765")) {
            assertTrue(System.nanoTime() - start < LIMIT.toNanos(), "the boot loader runs on");
            Thread.sleep(20);
        }
        assertEquals("", output("losetup", "--associated", disk.toString()));
    }

    /** A process of this machine, but for the shells and helpers that start a boot loader. */
    private static boolean isRunning(String command) {
        return ProcessHandle.allProcesses()
                .map(process -> process.info().commandLine().orElse(""))
                .anyMatch(line -> line.contains(command) && !line.contains("xenjava-boot"));
    }

    /** With either version of control groups, whichever this machine has. */
    @Test
    void aRunHasAMemoryControlGroupOfItsOwn() throws IOException {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        assumeTrue(MEMORY_GROUPS.stream().anyMatch(HostBootLoadersTest::hasMemory), "no control groups for memory");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        assertEquals(Optional.empty(), runOn(disk, "cat /proc/self/cgroup >/out/kernel\n" + naming("/out/kernel", "")));
        assertTrue(found().contains("/xenjava-boot-"), found());
        for (Path parent : MEMORY_GROUPS) {
            try (Stream<Path> groups = Files.exists(parent) ? Files.list(parent) : Stream.of()) {
                String number = found().replaceAll("(?s).*/xenjava-boot-([0-9]+).*", "$1");
                assertTrue(groups.noneMatch(group -> group.endsWith("xenjava-boot-" + number)), parent.toString());
            }
        }
    }

    /** The second version has memory only if its parent lets its children have it. */
    private static boolean hasMemory(Path parent) {
        try {
            Path enabled = parent.resolve("cgroup.subtree_control");
            return Files.exists(enabled)
                    ? Files.readString(enabled).contains("memory")
                    : Files.exists(parent.resolve("memory.limit_in_bytes"));
        } catch (IOException e) {
            return false;
        }
    }

    /** Ends the JVM's own limit, as a kill of the JVM does: only the run itself has a limit. */
    @Test
    void aRunEndsAfterItsLimitWithoutTheJvm() throws IOException {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        Files.createDirectory(files.resolve("run"));
        HostBootLoaders loaders = new HostBootLoaders(program -> Optional.empty(), script -> new HostScripts()
                .run(new HotplugScript(script.path(), script.arguments(), script.environment(), LIMIT)));
        String loader = program("loader", "sleep 7656").toString();
        // One second, with the time that the JVM has to end the run itself.
        String result = loaders.run(run(loader, disk, Duration.ofSeconds(-4))).orElse("");
        assertTrue(result.startsWith("status 137"), result);
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.strip();
    }

    private boolean isAbleToRun() throws IOException {
        Path probe = program(
                "probe",
                "losetup --find && unshare --mount --net --pid --fork sh -c"
                        + " 'mount -t tmpfs x /mnt && mknod /mnt/x b 7 0 && setpriv --reuid=1 true'");
        return new HostScripts()
                .run(new HotplugScript(probe.toString(), List.of(), Map.of(), Duration.ofSeconds(20)))
                .isEmpty();
    }
}
