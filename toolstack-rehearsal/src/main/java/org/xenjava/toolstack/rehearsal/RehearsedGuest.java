// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.rehearsal;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.Toolstack;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.error.OperationTimeoutException;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.pod.PodStatus;
import org.xenjava.toolstack.process.ProcessIdentity;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.sim.guest.GuestHandle;
import org.xenjava.toolstack.sim.guest.SimulatedGuest;
import org.xenjava.toolstack.xenctrl.units.Pages;

/**
 * A guest on a simulated machine of its own, from its creation to the end of its load, in the machine's virtual time.
 */
final class RehearsedGuest implements AutoCloseable {
    /** The memory that a small Linux uses after its boot: 16 MiB. */
    private static final long BOOT_PAGES = 4096;

    private static final long DOM0_PAGES = 393_216;

    /** Memory for Xen itself, and for page tables and vCPUs of any guest: 1 GiB. */
    private static final long ROOM_PAGES = 1 << 18;

    /** The driver is done when the counters have not changed for this time. */
    private static final Duration QUIET = Duration.ofMillis(500);

    private static final Duration BALLOON_TIMEOUT = Duration.ofHours(1);
    private static final Duration LOOK_EVERY = Duration.ofMillis(100);

    /** The pace of the load, about that of the simulated balloon drivers: 200 MiB a second. */
    private static final Duration TIME_PER_PAGE = Duration.ofNanos(20_000);

    /** The number of samples of the boot and of the load, each: enough for a chart. */
    private static final long SAMPLES = 64;

    private static final long PAGES_PER_STEP = 512;

    private final SimulatedXen xen;
    private final Toolstack toolstack;
    private final PolicyTerms terms;
    private final GuestDriver driver;
    private final Pages maxMemory;
    private final Domain domain;
    private final PodStatus built;

    /** Creates the guest and leaves it paused. */
    RehearsedGuest(
            DomainConfig config, PodPolicy policy, PolicyTerms terms, GuestDriver driver, BackedBoot backedBoot) {
        this.terms = terms;
        this.driver = driver;
        maxMemory = config.maxMemory().toPages();
        SimulatedGuest inside = SimulatedGuest.with(driver.behaviour()).fillingAtBoot(BOOT_PAGES);
        xen = SimulatedXen.builder()
                .dom0Pages(DOM0_PAGES)
                .hostPages(DOM0_PAGES + ROOM_PAGES + maxMemory.count())
                .guests(identity -> inside)
                .build();
        toolstack = Toolstack.options()
                .podPolicy(policy)
                .backedBoot(backedBoot)
                .clock(xen.clock())
                .processIdentity(ProcessIdentity.named("rehearsal"))
                .open(xen.host());
        try {
            domain = toolstack.create(config);
            built = domain.pod().status();
        } catch (RuntimeException e) {
            toolstack.close();
            throw e;
        }
    }

    /** Boots the guest, lets it balloon, and then fills its memory at once. */
    RehearsalTrial run() {
        boot(LOOK_EVERY, sample -> {});
        Pages ballooned = ballooned();
        PodStatus settled = domain.pod().status();
        if (runs()) {
            inside().load();
        }
        return trial(ballooned, settled);
    }

    /** Boots the guest, lets it balloon, and then fills its memory in steps, with samples of the counters. */
    RehearsalTimeline record() {
        List<RehearsalSample> samples = new ArrayList<>();
        long scale = 1 + maxMemory.count() / (SAMPLES * PAGES_PER_STEP);
        long pages = PAGES_PER_STEP * scale;
        boot(TIME_PER_PAGE.multipliedBy(pages), samples::add);
        Pages ballooned = ballooned();
        PodStatus settled = domain.pod().status();
        Duration loadBegins = now();
        for (long left = maxMemory.minus(ballooned).count(); left > 0 && runs(); ) {
            long step = Math.min(left, pages);
            left -= step;
            inside().loadExcept(left);
            xen.advance(TIME_PER_PAGE.multipliedBy(step));
            samples.add(sample());
        }
        return new RehearsalTimeline(trial(ballooned, settled), samples, loadBegins);
    }

    /** Lets the guest run until its driver is done. */
    private void boot(Duration step, Consumer<RehearsalSample> observer) {
        domain.unpause();
        observer.accept(sample());
        Duration lastChange = now();
        RehearsalSample last = sample();
        while (runs() && now().minus(lastChange).compareTo(QUIET) < 0) {
            xen.advance(step);
            RehearsalSample next = sample();
            observer.accept(next);
            if (!next.counters().equals(last.counters()) || !inside().saysBalloonIsDone()) {
                lastChange = now();
            }
            last = next;
            if (now().compareTo(BALLOON_TIMEOUT) > 0) {
                throw new OperationTimeoutException("the balloon driver (" + driver.name()
                        + ") of the rehearsed guest did not finish within one hour");
            }
        }
    }

    private RehearsalSample sample() {
        return new RehearsalSample(now(), domain.pod().status().counters());
    }

    private Duration now() {
        return Duration.between(Instant.EPOCH, xen.clock().instant());
    }

    private boolean runs() {
        return domain.status().shutdownReason().isEmpty();
    }

    private GuestHandle inside() {
        return xen.guest(domain.domid()).orElseThrow();
    }

    private Pages ballooned() {
        return Pages.of(inside().balloonedPages());
    }

    private RehearsalTrial trial(Pages ballooned, PodStatus settled) {
        return new RehearsalTrial(
                terms,
                driver,
                Pages.of(Math.max(0, built.debtPages())),
                ballooned,
                settled,
                runs() ? Optional.empty() : Optional.of(lastWords()));
    }

    private String lastWords() {
        return xen.console()
                .lines()
                .filter(line -> line.contains("out of PoD memory"))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalStateException("the guest shut down without a crash by Xen: " + xen.console()));
    }

    @Override
    public void close() {
        toolstack.close();
    }
}
