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
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.device.plan.ConfinementMeasure;
import org.xenjava.toolstack.device.plan.QemuAbilities;
import org.xenjava.toolstack.device.plan.QemuFiles;
import org.xenjava.toolstack.xenctrl.lib.jna.JnaHostProcesses;

/** Programs in QEMU's place that refuse arguments, as QEMU's versions and builds do. */
@Timeout(60)
class QemuTrialsTest {
    private static final String REFUSE = "case \"$*\" in *%s*) echo \"qemu: %s\"; exit 1;; esac\n";
    private static final String START = "read line; read line; exit 0\n";

    @TempDir
    private Path directory = Path.of("/");

    private QemuTrials trials() {
        return new QemuTrials(
                QemuProcesses.below(directory, JnaHostProcesses.open()),
                new QemuFiles(directory.resolve("run"), directory.resolve("log")));
    }

    private Path qemu(String script) throws IOException {
        Path program = directory.resolve("qemu");
        Files.deleteIfExists(program);
        Files.writeString(program, "#!/bin/sh\necho \"$*\" >> " + directory.resolve("starts") + "\n" + script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        return program;
    }

    private long starts() throws IOException {
        try (var lines = Files.lines(directory.resolve("starts"))) {
            return lines.count();
        }
    }

    private static String refusing(String argument, String words) {
        return REFUSE.formatted(argument, words);
    }

    @Test
    void theArgumentsThatWorkAreFoundByStarting() throws IOException {
        Path old = qemu(refusing("-run-with", "invalid option") + START);
        assertEquals(
                QemuAbilities.Drop.CHROOT_AND_RUNAS, trials().abilities(old).drop());

        Path recent = qemu(refusing("-runas", "invalid option") + START);
        QemuAbilities abilities = trials().abilities(recent);
        assertEquals(QemuAbilities.Drop.RUN_WITH, abilities.drop());
        assertTrue(abilities.measures().contains(ConfinementMeasure.OWN_USER));
        assertFalse(Files.exists(directory.resolve("run/qemu-root-trial")));
    }

    @Test
    void aProgramThatCannotDropItsRightsIsLimitedOnly() throws IOException {
        assumeTrue(System.getProperty("user.name").equals("root"), "only root can unshare without a user namespace");
        Path program = qemu(refusing("-run", "invalid option") + START);

        assertFalse(trials().abilities(program).measures().contains(ConfinementMeasure.XEN_RESTRICTION));
        assertTrue(trials().abilities(program).measures().contains(ConfinementMeasure.LIMITS));
    }

    @Test
    void aProgramIsTriedOnceUntilItIsReplaced() throws IOException {
        Path program = qemu(START);
        trials().abilities(program);
        assertEquals(1, starts());
        trials().abilities(program);
        trials().abilities(program);
        assertEquals(1, starts(), "another process reads the result from its file");

        Path replaced = qemu("# another\n" + START);
        trials().abilities(replaced);
        assertEquals(2, starts());
    }

    @Test
    void aRestrictionThatFailedTwiceIsNotTriedAgain() throws IOException {
        Path program = qemu(START);
        trials().abilities(program);
        trials().restrictionFailed(program);
        assertTrue(trials().abilities(program).measures().contains(ConfinementMeasure.XEN_RESTRICTION));
        trials().restrictionFailed(program);

        assertFalse(trials().abilities(program).measures().contains(ConfinementMeasure.XEN_RESTRICTION));
    }

    @Test
    void aRestrictionThatFailedForAMomentIsForgotten() throws IOException {
        Path program = qemu(START);
        trials().abilities(program);
        trials().restrictionFailed(program);
        trials().restrictionWorks(program);
        trials().restrictionFailed(program);

        assertTrue(trials().abilities(program).measures().contains(ConfinementMeasure.XEN_RESTRICTION));
    }

    @Test
    void aQemuWithoutDesIsRefusedWithItsOwnMessage() throws IOException {
        Path program = qemu(refusing("password=on", "Cipher backend does not support DES algorithm") + START);
        assertEquals(
                Optional.of("qemu: Cipher backend does not support DES algorithm"),
                trials().vncPasswordRefusal(program));

        assertEquals(Optional.empty(), trials().vncPasswordRefusal(qemu("# with DES\n" + START)));
    }
}
