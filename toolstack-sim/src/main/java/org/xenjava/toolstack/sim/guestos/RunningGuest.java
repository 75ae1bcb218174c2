// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.guestos;

import java.time.Duration;
import java.util.List;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.GuestIdentity;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;

/** A running guest. Not safe for concurrent use: the caller holds the machine's lock. */
final class RunningGuest {
    private static final Duration SHUTDOWN_TIME = Duration.ofSeconds(1);
    private static final int POWER_OFF = 0;
    private static final int REBOOT = 1;
    private static final int SUSPEND = 2;
    private static final long RELOCATED_TO = 0xfc000;
    private static final int CHUNK_PAGES = 512;

    /** Nodes below its own that a toolstack lets a guest write. */
    private static final List<String> WRITABLE_NODES = List.of("data", "drivers", "feature", "attr", "error");

    private final SimulatedGuest guest;
    private final MovingMachine machine;
    private final GuestRam ram;
    private final Balloon balloon;
    private final VcpuHotplug vcpus;
    private final SteadyWriter writer;
    private final PvBackEnds backEnds;
    private long writes;

    RunningGuest(SimulatedGuest guest, GuestMachine machine) {
        this.guest = guest;
        this.machine = new MovingMachine(machine);
        this.ram = GuestRam.of(machine, guest.firmware());
        this.balloon = new Balloon(this.machine, guest.balloon(), ram);
        this.vcpus = new VcpuHotplug(this.machine);
        this.writer = new SteadyWriter(this.machine, ram);
        this.backEnds = new PvBackEnds(this.machine, guest.habits().contains(SimulatedGuest.Habit.HAMMERS_XENSTORE));
    }

    /**
     * Continues in another domain, into which the memory of this guest was restored.
     *
     * @param ballooned pages in the balloon when that memory was saved
     */
    void continueIn(GuestMachine restored, long ballooned) {
        balloon.setHeld(ballooned);
        machine.moveTo(restored);
        writer.compare();
    }

    /** Boots the firmware, then the operating system. */
    void boot() {
        if (machine.identity().kind() == GuestIdentity.Kind.HVM) {
            bootFirmware();
        }
        long left = guest.bootPages();
        for (GfnRange range : ram.without(0)) {
            long end = Math.min(range.end(), range.first() + left);
            machine.fill(new GfnRange(range.first(), end));
            left -= end - range.first();
        }
        if (guest.habits().contains(SimulatedGuest.Habit.REPLACES_A_PAGE_BY_SHARED_INFO)) {
            machine.mapSharedInfo(1);
        }
        if (hasPvDrivers()) {
            machine.receiveEvents();
            if (machine.identity().kind() == GuestIdentity.Kind.PV) {
                new PciFrontEnd(machine).start();
            }
            new PvFrontEnds(machine, guest.habits().contains(SimulatedGuest.Habit.KEEPS_ITS_DISKS)).start();
        }
        if (guest.habits().contains(SimulatedGuest.Habit.SERVES_DEVICES)) {
            backEnds.start();
        }
        balloon.setHeld(machine.absentPages());
        balloon.start();
        if (guest.habits().contains(SimulatedGuest.Habit.BRINGS_VCPUS_ONLINE)) {
            vcpus.start();
        }
        if (guest.habits().contains(SimulatedGuest.Habit.HAMMERS_XENSTORE)) {
            machine.betweenRequests(this::writeOwnNodes);
        }
        if (guest.habits().contains(SimulatedGuest.Habit.OBEYS_SHUTDOWN_REQUESTS)) {
            machine.watch("control/shutdown", this::shutDownIfAsked);
        }
    }

    private boolean hasPvDrivers() {
        return guest.balloon().family() != BalloonFamily.NONE
                || guest.habits().contains(SimulatedGuest.Habit.OBEYS_SHUTDOWN_REQUESTS);
    }

    private void bootFirmware() {
        machine.fill(new GfnRange(0x9f, 0xa0));
        machine.fill(new GfnRange(0xc0, 0x100));
        long top = ram.highestPfn();
        for (long i = 0; i < guest.firmware().relocatedPages(); i++) {
            machine.movePage(top - 1 - i, RELOCATED_TO + i);
        }
    }

    private void writeOwnNodes() {
        writes++;
        WRITABLE_NODES.forEach(node -> machine.write(node, Long.toString(writes)));
        if (guest.habits().contains(SimulatedGuest.Habit.SERVES_DEVICES)) {
            backEnds.writeStates();
        }
    }

    /** Reacts to the ACPI power button of an HVM guest. */
    void powerButtonPressed() {
        if (guest.habits().contains(SimulatedGuest.Habit.OBEYS_THE_POWER_BUTTON)) {
            machine.after(SHUTDOWN_TIME, () -> machine.shutDown(POWER_OFF));
        }
    }

    /** Reacts to ACPI's announcement of one more vCPU. */
    void vcpuAnnounced() {
        if (guest.habits().contains(SimulatedGuest.Habit.BRINGS_VCPUS_ONLINE)) {
            vcpus.startPlugged();
        }
    }

    private void shutDownIfAsked() {
        int reason =
                switch (machine.read("control/shutdown").orElse("")) {
                    case "poweroff", "halt" -> POWER_OFF;
                    case "reboot" -> REBOOT;
                    case "suspend" -> SUSPEND;
                    default -> -1;
                };
        if (reason >= 0) {
            machine.write("control/shutdown", "");
            machine.after(SHUTDOWN_TIME, () -> machine.shutDown(reason));
        }
    }

    /**
     * Fills all RAM that is not in the balloon, firmware's share included, with bytes that are not zero, from the bottom
     * up.
     *
     * @param except number of pages at the upper end to leave as they are
     */
    void load(long except) {
        for (GfnRange range : ram.without(balloon.heldPages() + except)) {
            for (long gfn = range.first(); gfn < range.end(); gfn += CHUNK_PAGES) {
                machine.fill(new GfnRange(gfn, Math.min(gfn + CHUNK_PAGES, range.end())));
            }
        }
    }

    /** Writes zeroes to that many pages at the upper end of the RAM that is not in the balloon, as freed memory. */
    void clear(long pages) {
        List<Long> gfns = ram.fromTop(balloon.heldPages(), balloon.heldPages() + pages);
        gfns.forEach(gfn -> machine.clear(new GfnRange(gfn, gfn + 1)));
    }

    /** Writes numbers to some of that many pages at the bottom of RAM, again and again. */
    void writeSteadily(int pages, Duration period) {
        writer.start(pages, period);
    }

    /** The pages that do not have what the guest last wrote there. */
    List<Long> lostWrites() {
        return writer.lost();
    }

    /** The number of pages in the balloon. */
    long balloonedPages() {
        return balloon.heldPages();
    }

    /** Whether the balloon driver reports that it has reached its target. */
    boolean saysBalloonIsDone() {
        return balloon.saysItIsDone();
    }
}
