// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xenjava.toolstack.xenctrl.lib.XenHost.HotplugScript;

@Timeout(30)
class HostScriptsTest {
    @TempDir
    Path directory;

    private final HostScripts scripts = new HostScripts();

    private Path script(String text, String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("script"), "#!/bin/sh\n" + text + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    private Optional<String> run(String text, Duration limit) throws IOException {
        Path file = script(text, "rwxr-xr-x");
        Map<String, String> environment =
                Map.of("vif", "vif1.0", "OUT", directory.resolve("out").toString());
        return scripts.run(new HotplugScript(file.toString(), List.of("online", "type_if=vif"), environment, limit));
    }

    @Test
    void aScriptHasItsArgumentsItsVariablesAndNothingOfOurs() throws IOException {
        assertEquals(
                Optional.empty(),
                run("echo \"$0 $1 $2 $vif ${HOME-none}\" > $OUT; cat >> $OUT", Duration.ofSeconds(20)));
        assertEquals(
                directory.resolve("script") + " online type_if=vif vif1.0 none\n",
                Files.readString(directory.resolve("out")));
    }

    @Test
    void aFailureSaysTheStatusAndTheLastLineWithoutControlCharacters() throws IOException {
        assertEquals(
                Optional.of("status 3: no \\x1bbridge"),
                run("echo first; printf 'no \\033bridge\\n' >&2; exit 3", Duration.ofSeconds(20)));
    }

    @Test
    void muchOutputDoesNotStopTheScript() throws IOException {
        assertEquals(Optional.empty(), run("head -c 1000000 /dev/zero", Duration.ofSeconds(20)));
    }

    @Test
    void aScriptThatHangsEndsWithItsChildren() throws Exception {
        assertEquals(
                Optional.of("the script did not end within 1 s"),
                run("sleep 1234 & echo $! > $OUT; wait", Duration.ofSeconds(1)));
        awaitEndOfChild();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void aScriptThatEndsTakesItsChildrenAlong(int status) throws Exception {
        assertEquals(
                status == 0 ? Optional.empty() : Optional.of("status " + status),
                run("sleep 1234 & echo $! > $OUT; exit " + status, Duration.ofSeconds(20)));
        awaitEndOfChild();
    }

    @Test
    void aScriptThatIgnoresSigtermIsKilledWithItsChildren() throws Exception {
        assertEquals(
                Optional.of("the script did not end within 1 s"),
                run("trap '' TERM; sleep 1234 & echo $! > $OUT; wait; sleep 1234", Duration.ofSeconds(1)));
        awaitEndOfChild();
    }

    private void awaitEndOfChild() throws Exception {
        long child = Long.parseLong(Files.readString(directory.resolve("out")).strip());
        for (int tries = 0; ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false) && tries < 100; tries++) {
            Thread.sleep(50);
        }
        assertFalse(ProcessHandle.of(child).map(ProcessHandle::isAlive).orElse(false));
    }

    @Test
    void onlyAnExecutableFileThatNobodyElseCanChangeIsRun() throws IOException {
        assertEquals(Optional.empty(), scripts.refusal(script("", "rwxr-xr-x").toString()));
        assertTrue(scripts.refusal(script("", "rwxrwxrwx").toString())
                .orElseThrow()
                .contains("writable for others"));
        assertTrue(scripts.refusal(script("", "rw-r--r--").toString())
                .orElseThrow()
                .contains("not executable"));
        assertTrue(scripts.refusal("/etc/xen/scripts/none").orElseThrow().contains("there is no file"));
    }
}
