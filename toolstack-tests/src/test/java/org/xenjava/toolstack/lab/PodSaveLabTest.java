// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainSaving.Afterwards;
import org.xenjava.toolstack.ShutdownReason;
import org.xenjava.toolstack.error.PodDebtException;
import org.xenjava.toolstack.lab.Dom0.Output;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Guests of 8 MiB with a maxmem of 16 MiB are saved and migrated, with entries that lack pages and without. */
@Tag("shares-host")
class PodSaveLabTest extends LabFixture {
    private static final int MEMORY_MIB = 8;
    private static final int MAX_MEMORY_MIB = 16;
    /** The library gives it 256 pages of slack. */
    private static final long DEBT = (MAX_MEMORY_MIB - MEMORY_MIB) * 256 - 256;

    /** xl gives a PVH guest no slack. */
    private static final long XL_DEBT = (MAX_MEMORY_MIB - MEMORY_MIB) * 256;

    /** The first frames behind the guest's kernel. */
    private static final long FIRST = 512;

    private static final long FEW = 64;

    /** They lie in three superpages, which are all that the cache of a guest of xl has. */
    private static final long MANY = 1500;

    @TempDir
    Path files;

    private Path file;
    private Path script;

    @BeforeEach
    void prepare() throws IOException {
        file = files.resolve("guest.save");
        script = Files.writeString(files.resolve("here"), "#!/bin/sh\nshift\nexec \"$@\"\n");
        assertTrue(script.toFile().setExecutable(true));
    }

    private Domain guest(String name, long written, boolean settled) {
        return waiting(
                toolstack.create(
                        PodGuest.config(name, MEMORY_MIB, MAX_MEMORY_MIB).build()),
                written,
                settled);
    }

    private Domain xlsGuest(String name, long written, boolean settled) {
        Dom0.xl(
                "create",
                "-p",
                PodGuest.xlConfig(name, MEMORY_MIB, MAX_MEMORY_MIB).toString());
        return waiting(named(name), written, settled);
    }

    private Domain waiting(Domain domain, long written, boolean settled) {
        PodGuest guest = PodGuest.boot(domain);
        guest.write(FIRST, written);
        if (settled) {
            guest.balloon(0);
        }
        report(domain.name(), domain);
        guest.awaitSuspend(FIRST, FEW);
        return domain;
    }

    /** Its data is there, and it survives it if all its memory is filled. */
    private void verify(PodGuest guest, long written) {
        guest.awaitResumed("elsewhere");
        guest.verify(FIRST, written);
        guest.fill();
    }

    private Domain report(String name) {
        report(name, named(name));
        return named(name);
    }

    @Test
    void aSettledGuestIsSavedAndMigrated() throws IOException {
        Domain saved = guest("settled-save", FEW, true);
        saved.saving().save(file, Afterwards.DESTROY);
        toolstack.restore(file, CreateListener.NONE, new Cancellation()).unpause();
        verify(PodGuest.running(report("settled-save")), FEW);

        LabPipes.migrate(toolstack, guest("settled-move", FEW, true), MigrationProtocol.OWN);
        verify(PodGuest.moved(report("settled-move")), FEW);
    }

    @Test
    void aGuestWithDebtIsRefusedUntilItIsCovered() throws IOException {
        Domain saved = guest("debt-save", MANY, false);
        PodDebtException refused =
                assertThrows(PodDebtException.class, () -> saved.saving().save(file, Afterwards.DESTROY));
        assertEquals(DEBT, refused.debtPages());
        assertTrue(Files.notExists(file));
        assertEquals(Pages.of(DEBT), saved.pod().cover(Pages.of(DEBT)));
        saved.saving().save(file, Afterwards.DESTROY);
        toolstack.restore(file, CreateListener.NONE, new Cancellation()).unpause();
        verify(PodGuest.running(report("debt-save")), MANY);

        Domain moved = guest("debt-move", MANY, false);
        refused = assertThrows(PodDebtException.class, () -> LabPipes.migrate(toolstack, moved, MigrationProtocol.OWN));
        assertEquals(DEBT, refused.debtPages());
        assertEquals(Pages.of(DEBT), moved.pod().cover(Pages.of(DEBT)));
        LabPipes.migrate(toolstack, moved, MigrationProtocol.OWN);
        verify(PodGuest.moved(report("debt-move")), MANY);
    }

    /** The reason for the refusal: {@code xl save} and {@code xl migrate} lose such a guest. */
    @Test
    void xlLosesAGuestWithDebt() {
        xlsGuest("xl-settled", FEW, true);
        assertEquals(0, xl("save", "xl-settled", file.toString()).status());
        assertEquals(0, xl("restore", file.toString()).status());
        verify(PodGuest.running(report("xl-settled")), FEW);

        xlsGuest("xl-save", FEW, false);
        assertEquals(0, xl("save", "xl-save", file.toString()).status());
        assertNotEquals(0, xl("restore", file.toString()).status());
        assertTrue(toolstack.find("xl-save").isEmpty(), "xl restore has failed");
        // The file is whole.
        toolstack.restore(file, CreateListener.NONE, new Cancellation()).unpause();
        verify(PodGuest.running(report("xl-save")), FEW);

        Domain moved = xlsGuest("xl-move", MANY, false);
        assertEquals(XL_DEBT, xenctrl.memory().podTarget(moved.domid()).debt());
        assertNotEquals(
                0, xl("migrate", "-s", script.toString(), "xl-move", "here").status());
        assertEquals(Optional.of(ShutdownReason.CRASH), moved.status().shutdownReason());
    }

    private static Output xl(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "xl";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Output output = Dom0.run(command);
        Dom0.report("$ " + String.join(" ", command) + " -> " + output.status() + "; "
                + output.text().strip());
        return output;
    }
}
