// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The ports, frames and interrupts of the host that each domain may use, until it ends. */
public final class HardwareRights {
    private static final int PORTS = 0x1_0000;

    /** Ports that Xen keeps: the interrupt controllers and the interval timer. */
    private static final List<Range> KEPT_PORTS = List.of(new Range(0x20, 2), new Range(0xA0, 2), new Range(0x40, 4));

    /** Frames that Xen keeps: the I/O APIC and the local APIC. */
    private static final List<Range> KEPT_FRAMES = List.of(new Range(0xFEC00, 1), new Range(0xFEE00, 1));

    private final Map<Integer, TreeSet<String>> byDomain = new HashMap<>();

    private record Range(long first, long count) {
        private boolean overlaps(Range other) {
            return first < other.first + other.count && other.first < first + count;
        }

        private String words() {
            return "%x-%x".formatted(first, first + count - 1);
        }
    }

    private TreeSet<String> of(int domid) {
        return byDomain.computeIfAbsent(domid, id -> new TreeSet<>());
    }

    private static void change(TreeSet<String> rights, String right, long allow) {
        if (allow != 0) {
            rights.add(right);
        } else {
            rights.remove(right);
        }
    }

    /** {@code ioport_permission}. */
    public void permitPorts(int domid, long first, long count, long allow) {
        change(of(domid), "ports " + allowed(ports(first, count), KEPT_PORTS).words(), allow);
    }

    /** {@code ioport_mapping} of ports under their own numbers. */
    public void mapPorts(XenDomain domain, long guestFirst, long first, long count, long add) {
        require(domain.isHvm(), Errno.EOPNOTSUPP);
        String words = allowed(ports(first, count), KEPT_PORTS).words();
        require(of(domain.domid()).contains("ports " + words), Errno.EPERM);
        change(of(domain.domid()), "ports " + words + " at " + Long.toHexString(guestFirst), add);
    }

    private static Range ports(long first, long count) {
        require(count > 0 && first + count <= PORTS, Errno.EINVAL);
        return new Range(first, count);
    }

    /** {@code iomem_permission}. */
    public void permitFrames(int domid, long first, long count, long allow) {
        change(
                of(domid),
                "frames " + allowed(new Range(first, count), KEPT_FRAMES).words(),
                allow);
    }

    /** {@code memory_mapping}; without effect for a PV guest. */
    public void mapFrames(XenDomain domain, long gfn, long first, long count, long add) {
        Range range = allowed(new Range(first, count), KEPT_FRAMES);
        if (domain.isHvm()) {
            require(of(domain.domid()).contains("frames " + range.words()), Errno.EPERM);
            change(of(domain.domid()), "frames " + range.words() + " at " + Long.toHexString(gfn), add);
        }
    }

    /** {@code irq_permission}. */
    public void permitInterrupt(int domid, int interrupt, long allow) {
        change(of(domid), "interrupt " + interrupt, allow);
    }

    private static Range allowed(Range range, List<Range> kept) {
        require(kept.stream().noneMatch(range::overlaps), Errno.EPERM);
        return range;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }

    /** The rights of a domain: {@code ports 60-64}, {@code ports 60-64 at 60}, {@code frames a0-bf}, {@code interrupt 5}. */
    public List<String> words(int domid) {
        return List.copyOf(byDomain.getOrDefault(domid, new TreeSet<>()));
    }

    /** The domain has ended. */
    void domainDied(int domid) {
        byDomain.remove(domid);
    }
}
