// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.processor.CpuShare;
import org.xenjava.toolstack.progress.Cancellation;
import org.xenjava.toolstack.progress.MigrationListener;
import org.xenjava.toolstack.progress.MigrationProgress;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.progress.MigrationRates;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.stream.RecordWriter;
import org.xenjava.toolstack.stream.SaveStreamWriter;
import org.xenjava.toolstack.stream.StreamRecord;
import org.xenjava.toolstack.stream.XlHeader;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Scheduler;

/**
 * Copies of a guest that writes 40 MiB/s over a link of 20 MiB/s. All time is virtual: that of the guest passes while the link
 * takes bytes.
 */
class ThrottledCopyTest {
    private static final long BYTES_PER_SECOND = 20 << 20;
    private static final long SECOND_NANOS = 1_000_000_000;
    private static final Duration OUTAGE = Duration.ofMinutes(1);
    private static final String NODE = "/tool/xenjava/saves/throttle";

    private final TestHost host = TestHost.create();
    private Domain domain = start(1000);
    private int capDuringOutage = -1;
    private final StoreClient store = new StoreClient(host.observer.store());
    private final List<MigrationProgress> seen = new ArrayList<>();

    /** @param pages that the guest writes in each period; a thousand are a quarter of all */
    private Domain start(int pages) {
        Domain guest = host.toolstack.create(TestHost.guest("web", 20, 20).build());
        guest.unpause();
        host.xen.advance(Duration.ofMinutes(1));
        host.xen.guest(guest.domid()).orElseThrow().writeSteadily(pages, Duration.ofMillis(25));
        return guest;
    }

    @AfterEach
    void close() {
        host.close();
    }

    private final class Link implements WritableByteChannel {
        @Override
        public int write(ByteBuffer bytes) {
            int size = bytes.remaining();
            bytes.position(bytes.limit());
            host.xen.advance(Duration.ofNanos(size * SECOND_NANOS / BYTES_PER_SECOND));
            return size;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // The link stays.
        }
    }

    private final class VirtualTime implements SharedPace.Time {
        @Override
        public long nanos() {
            return Duration.between(Instant.EPOCH, host.xen.clock().instant()).toNanos();
        }

        @Override
        public void sleep(long nanos) {
            host.xen.advance(Duration.ofNanos(nanos));
        }
    }

    private VcpuThrottle throttle() {
        return new VcpuThrottle(host.xenctrl, store, domain.domid(), Scheduler.CREDIT2, 1, NODE);
    }

    private void copy(Optional<VcpuThrottle> throttle, MigrationListener listener) throws IOException {
        copy(throttle, listener, SaveStreamWriter::new);
    }

    private void copy(
            Optional<VcpuThrottle> throttle,
            MigrationListener listener,
            Function<WritableByteChannel, RecordWriter> writer)
            throws IOException {
        SharedPace pace = new SharedPace(OptionalLong.empty(), new VirtualTime());
        CopySettings settings =
                new CopySettings(OptionalLong.empty(), Optional.of(Duration.ofMillis(60)), false, throttle);
        FrameSource frames = SavedState.of(host.xenctrl, domain.domid(), DomainType.PVH, KiB.ofMiB(20))
                .frames();
        PageSender pages = new PageSender(
                host.xenctrl, domain.domid(), frames, writer.apply(pace.over(new Link())), new Cancellation());
        try (WriteLog log = new WriteLog(host.xenctrl, domain.domid(), frames.end(), settings::endThrottle)) {
            new LiveCopy(pages, log, listener, domain.domid(), pace, settings)
                    .run(KiB.ofMiB(20), () -> host.xenctrl.domains().pause(domain.domid()));
        }
    }

    @Test
    void aGuestThatWritesFasterThanTheLinkConvergesOnlyIfItIsSlowedDown() throws IOException {
        assertThrows(DomainStateException.class, () -> copy(Optional.empty(), seen::add));
        assertEquals(30, seen.get(seen.size() - 1).pass());
        seen.clear();
        copy(Optional.of(throttle()), seen::add);
        MigrationProgress last = seen.get(seen.size() - 1);
        assertEquals(Phase.SUSPENDED, last.phase());
        assertTrue(last.pass() < 12, last.toString());
        assertTrue(last.toCopy().count() <= 307, last.toString());
        assertEquals(OptionalInt.empty(), seen.get(0).cap());
        int lowest = last.cap().orElseThrow();
        assertTrue(lowest >= 5 && lowest <= 25, last.toString());
        assertEquals(new CpuShare(256, 0), domain.processors().share());
        assertEquals(Optional.empty(), store.read(NODE));
    }

    /** A link that is lost once, for a minute. */
    private final class LostOnce implements RecordWriter {
        private final SaveStreamWriter writer;
        private final BooleanSupplier isDue;
        private long outage;
        private Runnable lost = () -> {};
        private Runnable replaced = () -> {};

        private LostOnce(WritableByteChannel channel, BooleanSupplier isDue) {
            writer = new SaveStreamWriter(channel);
            this.isDue = isDue;
        }

        @Override
        public void aroundOutages(Runnable whenLost, Runnable whenReplaced) {
            lost = whenLost;
            replaced = whenReplaced;
        }

        @Override
        public void header(XlHeader header) throws IOException {
            writer.header(header);
        }

        @Override
        public void write(StreamRecord record) throws IOException {
            writer.write(record);
            if (outage == 0 && isDue.getAsBoolean()) {
                lost.run();
                capDuringOutage = domain.processors().share().cap();
                host.xen.advance(OUTAGE);
                outage = OUTAGE.toNanos();
                replaced.run();
            }
        }

        @Override
        public long storedPages() {
            return writer.storedPages();
        }

        @Override
        public long outageNanos() {
            return outage;
        }
    }

    /** The time without a link would make the link look too slow for the rest. */
    @Test
    void anOutageTellsNothingAboutTheRateOfTheLink() throws IOException {
        domain.destroy();
        domain = start(20);
        copy(Optional.of(throttle()), seen::add, channel -> new LostOnce(channel, () -> true));
        MigrationRates first = seen.stream()
                .flatMap(progress -> progress.rates().stream())
                .findFirst()
                .orElseThrow();
        assertTrue(first.sent() > BYTES_PER_SECOND / 2, first.toString());
        // The guest has written all of its memory meanwhile, and is not slow.
        assertTrue(seen.stream().allMatch(progress -> progress.cap().isEmpty()), seen.toString());
    }

    @Test
    void aGuestHasItsOwnCapWhileThereIsNoLink() throws IOException {
        domain.processors().setShare(new CpuShare(300, 80));
        MigrationListener listener = progress -> {
            seen.add(progress);
            progress.cap()
                    .ifPresent(
                            cap -> assertEquals(cap, domain.processors().share().cap()));
        };
        copy(
                Optional.of(throttle()),
                listener,
                channel ->
                        new LostOnce(channel, () -> domain.processors().share().cap() == 40));
        assertEquals(80, capDuringOutage);
        assertTrue(seen.stream().anyMatch(progress -> progress.cap().equals(OptionalInt.of(20))), seen.toString());
        assertEquals(new CpuShare(300, 80), domain.processors().share());
    }

    /** The cap of the guest is halved, and only as long as the rest does not become smaller. */
    @Test
    void aCapOfTheUserIsLoweredAndRestored() throws IOException {
        domain.processors().setShare(new CpuShare(300, 80));
        copy(Optional.of(throttle()), seen::add);
        List<Integer> caps = seen.stream()
                .flatMap(progress -> progress.cap().stream().boxed())
                .distinct()
                .toList();
        assertEquals(List.of(40, 20), caps.subList(0, 2));
        assertEquals(new CpuShare(300, 80), domain.processors().share());
    }

    @Test
    void aCapThatSomebodyElseSetsMeanwhileStays() {
        MigrationListener listener = progress -> {
            if (progress.cap().isPresent()) {
                domain.processors().setShare(new CpuShare(256, 77));
            }
        };
        var e = assertThrows(DomainStateException.class, () -> copy(Optional.of(throttle()), listener));
        assertTrue(e.getMessage().contains("was changed while its migration slowed it down"), e.getMessage());
        assertEquals(new CpuShare(256, 77), domain.processors().share());
    }

    @Test
    void noCapIsLowerThanFivePercent() {
        VcpuThrottle throttle = throttle();
        for (int i = 0; i < 10; i++) {
            throttle.slowDown();
        }
        assertEquals(5, domain.processors().share().cap());
        assertEquals(Optional.of("0 50 25 12 6 5"), store.read(NODE));
        throttle.close();
        domain.processors().setShare(new CpuShare(256, 3));
        throttle.slowDown();
        assertEquals(OptionalInt.empty(), throttle.cap());
        assertEquals(3, domain.processors().share().cap());
    }

    /** The process is killed between the record and the call, or behind both. */
    @Test
    void anotherProcessRestoresTheCapFromTheRecord() {
        store.direct().write(NODE, "70 35 17");
        for (int cap : new int[] {70, 35, 17}) {
            domain.processors().setShare(new CpuShare(256, cap));
            store.direct().write(NODE, "70 35 17");
            VcpuThrottle.restore(host.xenctrl, store, domain.domid(), NODE);
            assertEquals(new CpuShare(256, 70), domain.processors().share());
            assertEquals(Optional.empty(), store.read(NODE));
        }
    }

    @ParameterizedTest
    @EnumSource
    void onlyCreditAndCredit2HaveCaps(Scheduler scheduler) {
        if (scheduler == Scheduler.CREDIT || scheduler == Scheduler.CREDIT2) {
            assertEquals(scheduler, VcpuThrottle.withCaps(Optional.of(scheduler)));
            return;
        }
        var e = assertThrows(DomainStateException.class, () -> VcpuThrottle.withCaps(Optional.of(scheduler)));
        assertTrue(e.getMessage().contains("the scheduler " + scheduler.word() + " of its pool"), e.getMessage());
    }
}
