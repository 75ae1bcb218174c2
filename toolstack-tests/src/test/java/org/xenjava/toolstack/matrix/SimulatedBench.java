// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.xl.XlConfigReader;
import org.xenjava.toolstack.pod.DomainLock;
import org.xenjava.toolstack.pod.GuardListener;
import org.xenjava.toolstack.pod.PodGuard;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.BalloonDriver;
import org.xenjava.toolstack.sim.guest.BalloonFamily;
import org.xenjava.toolstack.sim.guest.HaltingKernel;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;

/** A simulated machine for one cell; all time is the machine's. */
final class SimulatedBench implements Bench {
    private static final Duration ENOUGH_TO_BALLOON = Duration.ofSeconds(5);
    private static final Duration PASS = Duration.ofSeconds(1);

    private final Cell cell;
    private final SimulatedXen machine;
    private final Toolstack toolstack;
    private final XenLibraries guardsOwn;
    private Optional<PodGuard> guard = Optional.empty();

    /** On the release that the matrix was measured on. */
    SimulatedBench(Cell cell) {
        this(cell, new XenRelease(4, 17));
    }

    SimulatedBench(Cell cell, XenRelease release) {
        this.cell = cell;
        machine = SimulatedXen.builder()
                .release(release.major(), release.minor())
                .guests(identity -> SimulatedGuest.with(driver(cell.driver())))
                .build();
        toolstack = Toolstack.options()
                .podPolicy(cell.column().policy())
                .backedBoot(cell.column().backedBoot())
                .clock(machine.clock())
                .open(machine.host());
        guardsOwn = machine.connect();
    }

    /** The lab's guest gives back static-max less video RAM less target, and looks at its target once. */
    private static BalloonDriver driver(Driver driver) {
        return driver.shortfall().isPresent()
                ? BalloonDriver.of(BalloonFamily.WINDOWS)
                        .sticky()
                        .stoppingShortBy(driver.shortfall().getAsLong())
                : BalloonDriver.of(BalloonFamily.NONE);
    }

    @Override
    public Domain create() {
        try {
            Path program = Files.write(Files.createTempFile("matrix", ".elf"), HaltingKernel.elf());
            try {
                // Nothing is installed on this machine.
                String bios = cell.type() == DomainType.HVM ? "bios_path_override=\"" + program + "\"" : "";
                return toolstack.create(XlConfigReader.parse(cell.config(program, bios), cell.toString())
                        .config());
            } finally {
                Files.delete(program);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void guard(GuardListener listener) {
        guard = Optional.of(new PodGuard(
                Xenctrl.open(guardsOwn),
                new StoreClient(guardsOwn.store()),
                ProcessIdentity.named("guard"),
                cell.guardPolicy(),
                listener,
                DomainLock.NONE));
    }

    @Override
    public void boot(Domain domain) {
        domain.unpause();
        for (Duration time = Duration.ZERO; time.compareTo(ENOUGH_TO_BALLOON) < 0; time = time.plus(PASS)) {
            pass();
        }
        if (!machine.guest(domain.domid()).orElseThrow().saysBalloonIsDone()) {
            throw new AssertionError(cell + ": still at it after " + ENOUGH_TO_BALLOON);
        }
    }

    @Override
    public void pass() {
        guard.ifPresent(watching -> watching.tick(machine.clock().instant()));
        machine.advance(PASS);
    }

    @Override
    public void load(Domain domain) {
        machine.guest(domain.domid()).orElseThrow().load();
    }

    @Override
    public String console() {
        return machine.console();
    }

    @Override
    public void close() {
        guardsOwn.close();
        toolstack.close();
    }
}
