// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.units.PodCounters;

/** The lab's small Linux guest, driven over its console. */
final class LabGuest {
    /** Pages that count as owned and are no RAM: special and ACPI pages. */
    private static final int NOT_RAM = 17;

    static final Duration BOOT = Duration.ofMinutes(4);
    private static final Duration ANSWER = Duration.ofMinutes(2);

    private final GuestConsole console;

    LabGuest(String name, String tty) {
        this.console = new GuestConsole(name, tty);
    }

    /** A configuration of it: PVH, the distribution's bzImage. */
    static DomainConfig.Builder config(String name, long memoryMib, long maxMemoryMib) {
        return DomainConfig.builder(name)
                .kernel(Dom0.GUESTS.resolve("vmlinuz"))
                .ramdisk(Dom0.GUESTS.resolve("initrd.gz"))
                .commandLine("console=hvc0 quiet")
                .memoryMib(memoryMib)
                .maxMemoryMib(maxMemoryMib);
    }

    /** The same guest for xl. */
    static Path xlConfig(String name, long memoryMib, long maxMemoryMib) {
        try {
            Path file = Files.createTempFile(name, ".cfg");
            Files.writeString(
                    file,
                    """
                    name="%s"
                    type="pvh"
                    kernel="%s/vmlinuz"
                    ramdisk="%s/initrd.gz"
                    extra="console=hvc0 quiet"
                    memory=%d
                    maxmem=%d
                    vcpus=1
                    on_crash="preserve"
                    """
                            .formatted(name, Dom0.GUESTS, Dom0.GUESTS, memoryMib, maxMemoryMib));
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void awaitReady() {
        try {
            console.await("GUEST READY", 0, BOOT);
        } catch (AssertionError e) {
            throw new SilentGuestError(e);
        }
    }

    /** Types a command and returns what the console showed until the guest's OK. */
    String say(String command) {
        int from = console.length();
        console.type(command);
        return console.await("GUEST OK", from, ANSWER);
    }

    /**
     * Waits until the balloon has reached its target: the domain owns what was asked for and what is no RAM, and no
     * entry is without a page. Patience begins anew with every page that the driver frees: how fast it is depends on
     * the machine and on the size of the guest.
     */
    static PodCounters awaitSettled(Domain domain, Xenctrl xenctrl) {
        long pages = domain.memory().status().size().toPages().count() + NOT_RAM;
        PodCounters now = xenctrl.memory().podTarget(domain.domid());
        while (now.totPages() > pages || now.debt() > 0) {
            PodCounters last = now;
            now = Dom0.await("a page less than " + last + " of " + domain + ", on its way to " + pages, BOOT, () -> {
                PodCounters next = xenctrl.memory().podTarget(domain.domid());
                return next.equals(last) ? Optional.empty() : Optional.of(next);
            });
        }
        return now;
    }
}
