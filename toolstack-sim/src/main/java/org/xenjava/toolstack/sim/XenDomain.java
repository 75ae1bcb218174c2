// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.HostMemory.Frames;

/** One domain, as Xen sees it: plain state, with the rules in the classes that handle hypercalls. */
final class XenDomain {
    private static final int MAX_PAUSE_COUNT = 255;

    final int domid;
    byte[] handle;
    final boolean hvm;
    final int createFlags;
    final int emulationFlags;
    final int maxVcpus;
    final DomainMemory memory;
    final EventChannels eventChannels;
    final HvmParams params = new HvmParams();
    final GrantTable grants;

    /** Heap pages that Xen keeps for the domain and that do not count as its own. */
    final List<Frames> overhead = new ArrayList<>();

    /** Pages for its page tables. */
    final List<Frames> pagingPool = new ArrayList<>();

    /** vCPUs that are up. */
    final BitSet onlineVcpus = new BitSet();

    /** Ids of its I/O request servers. */
    final BitSet ioreqServers = new BitSet();

    /** Save records that were loaded into it. */
    final Map<HvmContext.RecordId, byte[]> hvmRecords = new HashMap<>();

    byte[] memoryMap = new byte[0];

    /** The event channel of a monitor's ring, if a monitor is attached. */
    OptionalInt monitorPort = OptionalInt.empty();

    private boolean vcpusAllocated;
    private int pauseCount = 1;
    private boolean creationFinished;
    private OptionalInt shutdownReason = OptionalInt.empty();
    private boolean dead;

    XenDomain(
            int domid,
            byte[] handle,
            int createFlags,
            boolean hvm,
            int emulationFlags,
            int maxVcpus,
            DomainMemory memory,
            EventChannels eventChannels,
            GrantTable grants) {
        this.domid = domid;
        this.handle = handle.clone();
        this.createFlags = createFlags;
        this.hvm = hvm;
        this.emulationFlags = emulationFlags;
        this.maxVcpus = maxVcpus;
        this.memory = memory;
        this.eventChannels = eventChannels;
        this.grants = grants;
    }

    /** Machine frame of the page that it shares with Xen. */
    long sharedInfoFrame() {
        return overhead.get(0).first();
    }

    /** Pages for its page tables. */
    long pagingPoolPages() {
        return pagingPool.stream().mapToLong(Frames::count).sum();
    }

    /** vCPUs that exist: none until max_vcpus was called. */
    int vcpus() {
        return vcpusAllocated ? maxVcpus : 0;
    }

    void allocateVcpus() {
        vcpusAllocated = true;
    }

    boolean isPaused() {
        return pauseCount > 0;
    }

    /** False if it is paused too often already. */
    boolean pause() {
        if (pauseCount >= MAX_PAUSE_COUNT) {
            return false;
        }
        pauseCount++;
        return true;
    }

    /** False if it is not paused. */
    boolean unpause() {
        if (pauseCount == 0) {
            return false;
        }
        pauseCount--;
        creationFinished |= pauseCount == 0;
        return true;
    }

    /** Whether it was ever unpaused. */
    boolean isCreationFinished() {
        return creationFinished;
    }

    /** Why it shut down, if it did. */
    OptionalInt shutdownReason() {
        return shutdownReason;
    }

    /** The first reason stays. */
    boolean shutDown(int reason) {
        if (shutdownReason.isPresent()) {
            return false;
        }
        shutdownReason = OptionalInt.of(reason);
        return true;
    }

    boolean isDead() {
        return dead;
    }

    void die() {
        dead = true;
    }

    /** Whether its vCPUs can run. */
    boolean isRunning() {
        return !isPaused() && shutdownReason.isEmpty() && !memory.dying() && !onlineVcpus.isEmpty();
    }
}
