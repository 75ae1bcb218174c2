// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.handover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.DomainMigration;
import org.xenjava.toolstack.error.DomainExistsException;
import org.xenjava.toolstack.error.MigrationException;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.migrate.MigrationProtocol;
import org.xenjava.toolstack.progress.CreateListener;
import org.xenjava.toolstack.progress.MemoryComparison;
import org.xenjava.toolstack.progress.MigrationProgress.Phase;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** Migrations whose memory is compared at the end ({@code --debug}), or whose domid is kept ({@code -D}). */
@ParameterizedClass
@EnumSource(
        value = MigrationProtocol.class,
        names = {"XL", "OWN", "OWN_COMPRESSED"})
@Timeout(120)
class ComparedMigrationTest {
    private static final long BEHIND_THE_WRITER = 5000;

    private final TwoHosts hosts;
    private final List<MemoryComparison> comparisons = new CopyOnWriteArrayList<>();

    ComparedMigrationTest(MigrationProtocol protocol) {
        hosts = TwoHosts.create().using(protocol);
        hosts.receiverListener = new CreateListener() {
            @Override
            public void onProgress(Progress progress) {
                // The result of the comparison matters.
            }

            @Override
            public void onMemoryCompared(MemoryComparison comparison) {
                comparisons.add(comparison);
            }
        };
    }

    @AfterEach
    void close() {
        hosts.close();
    }

    private byte[] page(int domid, long gfn) {
        try (MappedPages mapped = foreign(domid, Protection.READ, gfn)) {
            byte[] content = new byte[Pages.BYTES];
            mapped.bytes().get(content);
            return content;
        }
    }

    private void fill(int domid, long gfn, byte[] content) {
        try (MappedPages mapped = foreign(domid, Protection.READ_WRITE, gfn)) {
            mapped.bytes().put(content);
        }
    }

    private MappedPages foreign(int domid, Protection protection, long gfn) {
        return hosts.source.xenctrl.libraries().foreignMemory().map(domid, protection, new long[] {gfn});
    }

    private long owned(int domid) {
        return hosts.source.xenctrl.domains().info(domid).orElseThrow().totPages();
    }

    @Test
    void theMemoryOfAGuestThatWritesAllTheTimeIsTheSameOnBothHosts() {
        Domain domain = hosts.start(20, 20);
        long owned = owned(domain.domid());
        hosts.wishes = DomainMigration::comparing;
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a comparison"));
        assertEquals(List.of(new MemoryComparison(owned, 0, List.of())), comparisons);
    }

    @Test
    void aMigrationWithoutAWishForItComparesNothing() {
        hosts.start(20, 20);
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertEquals(List.of(), comparisons);
    }

    /** A page of zeroes gets content and the other way, behind the guest's back once it is suspended and copied. */
    @Test
    void pagesThatChangeAfterTheLastPassAreReportedAndNotTaken() {
        Domain domain = hosts.start(20, 20);
        int domid = domain.domid();
        Set<Long> changed = new TreeSet<>();
        hosts.wishes = DomainMigration::comparing;
        hosts.listener = progress -> {
            if (progress.phase() == Phase.COMPARING && changed.isEmpty()) {
                long written = 0;
                while (ByteBuffer.wrap(page(domid, written)).equals(ByteBuffer.allocate(Pages.BYTES))) {
                    written++;
                }
                fill(domid, written, new byte[Pages.BYTES]);
                byte[] other = page(domid, BEHIND_THE_WRITER);
                other[7]++;
                fill(domid, BEHIND_THE_WRITER, other);
                changed.addAll(List.of(written, BEHIND_THE_WRITER));
            }
        };
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a difference"));
        assertEquals(1, comparisons.size());
        assertEquals(2, comparisons.get(0).different());
        assertEquals(new ArrayList<>(changed), comparisons.get(0).firstFrames());
    }

    /** The numbers of the first domains of a host are given to others. */
    private Domain startBehindOthers() {
        for (int i = 0; i < 2; i++) {
            hosts.source
                    .toolstack
                    .create(TestHost.guest("other" + i, 20, 20).build())
                    .destroy();
        }
        return hosts.start(20, 20);
    }

    @Test
    void aGuestKeepsItsDomid() {
        Domain domain = startBehindOthers();
        assertTrue(domain.domid() > 1);
        hosts.wishes = DomainMigration::keepingDomid;
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertSame(hosts.target, hosts.assertOneRuns("a migration"));
        assertEquals(
                domain.domid(),
                hosts.target.toolstack.find(TwoHosts.ID).orElseThrow().domid());
    }

    @Test
    void aGuestWithoutThatWishGetsAnyDomid() {
        startBehindOthers();
        assertEquals(List.of(), hosts.migrate(new TestCable()));
        assertEquals(1, hosts.target.toolstack.find(TwoHosts.ID).orElseThrow().domid());
    }

    @Test
    void aGuestWhoseDomidIsTakenIsRefusedBeforeItsMemoryIsSent() {
        Domain domain = hosts.start(20, 20);
        Domain other =
                hosts.target.toolstack.create(TestHost.guest("other", 20, 20).build());
        assertEquals(domain.domid(), other.domid());
        hosts.wishes = DomainMigration::keepingDomid;
        TestCable cable = new TestCable();
        List<Throwable> failures = hosts.migrate(cable);
        assertInstanceOf(MigrationException.class, failures.get(0), failures.toString());
        assertInstanceOf(DomainExistsException.class, failures.get(1), failures.toString());
        String refusal = "domid " + domain.domid() + ", which the guest is to keep, is used by domain 'other'";
        assertTrue(failures.get(1).getMessage().contains(refusal), failures.toString());
        if (hosts.protocol != MigrationProtocol.XL) {
            assertTrue(failures.get(0).getMessage().contains(refusal), failures.toString());
        }
        assertSame(hosts.source, hosts.assertOneRuns("a refusal"));
        assertEquals(other.domid(), hosts.target.toolstack.domains().get(1).domid());
    }
}
