// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.HostMemoryException;
import org.xenjava.toolstack.error.KernelImageException;
import org.xenjava.toolstack.error.OperationCancelledException;
import org.xenjava.toolstack.error.ToolstackException;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.CreateStep;

/** Operations that fail report the failure once and clearly, and leave nothing behind: the fixture checks that after each test. */
@Tag("shares-host")
class FailureLabTest extends LabFixture {
    private void assertFails(Class<? extends ToolstackException> type, DomainConfig config, String words) {
        long free = freePages();
        ToolstackException e = assertThrows(type, () -> toolstack.create(config));
        Dom0.report(type.getSimpleName() + ": " + e.getMessage());
        assertTrue(e.getMessage().contains(words), e.getMessage());
        assertEquals(0, e.getSuppressed().length);
        Dom0.await(
                "the memory", Duration.ofMinutes(1), () -> freePages() >= free ? Optional.of(free) : Optional.empty());
    }

    @Test
    void aGuestLargerThanTheHostFailsAtTheClaim() {
        long hostMib = freePages() / 256;
        assertFails(
                HostMemoryException.class,
                LabGuest.config("huge", hostMib + 100, hostMib + 4096).build(),
                "nothing was taken");
        assertFails(
                HostMemoryException.class,
                LabGuest.config("huge", hostMib + 100, hostMib + 100).build(),
                "nothing was taken");
    }

    @Test
    void aBrokenKernelIsRefused() throws IOException {
        Path broken = Files.createTempFile("broken", ".kernel");
        byte[] kernel = Files.readAllBytes(Dom0.GUESTS.resolve("vmlinuz"));
        Arrays.fill(kernel, kernel.length / 2, kernel.length / 2 + 4096, (byte) 0);
        Files.write(broken, kernel);
        assertFails(
                KernelImageException.class,
                LabGuest.config("broken", 256, 512).kernel(broken).build(),
                "kernel");
        Files.delete(broken);
        assertFails(
                KernelImageException.class,
                LabGuest.config("missing", 256, 512).kernel(broken).build(),
                "does not exist");
    }

    @Test
    void aNameOrUuidThatExistsIsRefused() {
        Domain first = toolstack.create(LabGuest.config("twin", 64, 128).build());
        assertFails(
                DomainExistsException.class, LabGuest.config("twin", 64, 128).build(), "domid " + first.domid());
        assertFails(
                DomainExistsException.class,
                LabGuest.config("other", 64, 128).uuid(first.uuid()).build(),
                first.uuid().toString());
    }

    @Test
    void aCancelledBuildIsUndone() {
        Cancellation cancellation = new Cancellation();
        CreateListener cancelLate = progress -> {
            if (progress.step() == CreateStep.LOAD_IMAGE) {
                cancellation.cancel();
            }
        };
        DomainConfig config = LabGuest.config("cancelled", 256, 512).build();
        assertThrows(OperationCancelledException.class, () -> toolstack.create(config, cancelLate, cancellation));
        assertNothingLeft();
    }

    @Test
    void aBuildWhoseProcessIsKilledIsCleanedUpByTheNextOpen() throws Exception {
        Process builder = Dom0.startJava(StoppedBuild.class);
        try {
            assertEquals(StoppedBuild.STOPPED, builder.inputReader().readLine());
        } finally {
            builder.destroyForcibly().waitFor();
        }
        assertTrue(Dom0.xenstoreTree().contains("/tool/xenjava/builds/"));
        long left = xenctrl.domains().list().size();
        Toolstack.open().close();
        Dom0.report("killed in mid-build: " + left + " domains before the next open, "
                + xenctrl.domains().list().size() + " after");
        assertEquals(2, left);
        assertNothingLeft();
    }

    /** A process that stops in mid-build, to be killed there. */
    static final class StoppedBuild {
        static final String STOPPED = "stopped in mid-build";

        private StoppedBuild() {}

        public static void main(String[] args) {
            Toolstack toolstack = Toolstack.open();
            toolstack.create(
                    LabGuest.config("killed", 128, 256).build(),
                    progress -> {
                        if (progress.step() == CreateStep.SEED_GRANT_TABLE) {
                            System.out.println(STOPPED);
                            Dom0.sleep(Duration.ofMinutes(10));
                        }
                    },
                    new Cancellation());
        }
    }
}
