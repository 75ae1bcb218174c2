// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xenjava.toolstack.xenctrl.lib.XenHost.BootLoaderRun;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScripts;

/** Boot loaders of this machine; a run needs root, namespaces and a loop device. */
@Timeout(60)
class HostBootLoadersTest {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    @TempDir
    Path files;

    /** Keeps the calls and runs nothing. */
    private static final class Calls implements HotplugScripts {
        private final List<HotplugScript> scripts = new ArrayList<>();

        @Override
        public Optional<String> refusal(String path) {
            return path.endsWith("/writable") ? Optional.of("only root may change it") : Optional.empty();
        }

        @Override
        public Optional<String> run(HotplugScript script) {
            scripts.add(script);
            return Optional.empty();
        }

        @Override
        public Optional<String> run(BootLoaderRun run) {
            throw new AssertionError("the boot loader runs as a script");
        }
    }

    private BootLoaderRun call(String program, String... arguments) {
        return new BootLoaderRun(program, "4.17", List.of(arguments), "/dev/vg/web", files.resolve("run"), LIMIT);
    }

    private Path program(String name, String text) throws IOException {
        Path file = Files.writeString(files.resolve(name), "#!/bin/sh\n" + text + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aBootLoaderRunsInNamespacesOfItsOwnAndPygrubAsksNobody() throws IOException {
        Calls calls = new Calls();
        String pygrub = program("pygrub", "").toString();
        assertEquals(Optional.empty(), new HostBootLoaders(calls).run(call(pygrub, "--offset=1")));
        HotplugScript script = calls.scripts.get(0);
        assertEquals("timeout", script.path());
        assertTrue(script.arguments()
                .containsAll(List.of("unshare", "--mount", "--net", "--pid", "--mount-proc", "--kill-child")));
        List<String> words = script.arguments();
        assertEquals(List.of(pygrub, "-q", "--offset=1"), words.subList(words.size() - 3, words.size()));
        assertEquals(Map.of(), script.environment());

        String other = program("other", "").toString();
        new HostBootLoaders(calls).run(call(other));
        assertFalse(calls.scripts.get(1).arguments().contains("-q"));
    }

    @Test
    void aProgramThatIsMissingOrThatOthersCanChangeIsNotRun() throws IOException {
        Calls calls = new Calls();
        String missing = new HostBootLoaders(calls).run(call("xenjava-none")).orElseThrow();
        assertTrue(missing.startsWith("there is no program /usr/lib/xen-4.17/bin/xenjava-none, /usr/libexec"), missing);
        String writable = program("writable", "").toString();
        assertEquals(Optional.of("only root may change it"), new HostBootLoaders(calls).run(call(writable)));
        assertEquals(List.of(), calls.scripts);
    }

    /** What {@code /proc/self/status} and the files of the machine show to a boot loader, and what it may name. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            $out/k            | ''
            /etc/passwd       | status 1: it names /etc/passwd, which is outside of its directory
            $out/../../result | is outside of its directory
            $out/link         | is outside of its directory
            $out/empty        | is empty
            """)
    void aBootLoaderHasNoRightsAndNamesOnlyItsOwnFiles(String kernel, String failure) throws IOException {
        assumeTrue(isAbleToRun(), "no root, namespaces or loop devices");
        Path disk = Files.writeString(files.resolve("disk"), "disk".repeat(256));
        Path loader = program(
                "loader",
                """
                for word; do
                    case $word in
                        --output=*) result=${word#*=} ;;
                        --output-directory=*) out=${word#*=} ;;
                    esac
                    disk=$word
                done
                grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' /proc/self/status >$out/k
                head -c 8 "$disk" >>$out/k
                chmod 0666 "$disk" 2>/dev/null && echo changed >>$out/k
                (echo x >"$disk") 2>/dev/null && echo written >>$out/k
                (echo x >"${0%%/*}/x") 2>/dev/null && echo written >>$out/k
                [ "$(ls /proc | grep -c '^[0-9]')" -lt 20 ] || echo others >>$out/k
                : >$out/empty
                cat /etc/shadow >/dev/null 2>&1 && echo read >>$out/k
                ln -s /etc/shadow $out/link
                printf 'kernel %%s\\0args a=1 b\\0' "%s" >$result
                """
                        .formatted(kernel));
        Path run = Files.createDirectory(files.resolve("run"));
        openToOthers();
        Optional<String> result = new HostScripts()
                .run(new BootLoaderRun(loader.toString(), "4.17", List.of(), disk.toString(), run, LIMIT));
        if (failure.isEmpty()) {
            assertEquals(Optional.empty(), result);
            String seen = Files.readString(run.resolve(BootLoaderRun.KERNEL)).replaceAll("\\s+", " ");
            assertTrue(seen.matches("Uid: (2099\\d{6}) \\1 \\1 \\1 CapEff: 0000000000000000 .*"), seen);
            assertTrue(seen.endsWith("CapBnd: 0000000000000000 NoNewPrivs: 1 diskdisk"), seen);
            assertEquals("a=1 b", Files.readString(run.resolve(BootLoaderRun.ARGUMENTS)));
        } else {
            assertTrue(result.orElse("").contains(failure), result.toString());
            assertFalse(Files.exists(run.resolve(BootLoaderRun.KERNEL)));
        }
        assertEquals("disk".repeat(256), Files.readString(disk));
    }

    /** The boot loader's user reaches its program and its directory. */
    private void openToOthers() throws IOException {
        Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwx--x--x"));
    }

    private boolean isAbleToRun() throws IOException {
        Path probe = program(
                "probe",
                "losetup --find && unshare --mount --net --pid --mount-proc --fork sh -c"
                        + " 'mount -t tmpfs x /mnt && mknod /mnt/x b 7 0 && setpriv --reuid=1 true'");
        return new HostScripts()
                .run(new HotplugScript(probe.toString(), List.of(), Map.of(), Duration.ofSeconds(20)))
                .isEmpty();
    }
}
