// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.device.plan.HardwarePlan;
import org.xenjava.toolstack.device.plan.HardwarePlan.FrameRange;
import org.xenjava.toolstack.device.plan.HardwarePlan.PortRange;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;
import org.xenjava.toolstack.xenctrl.PassthroughCalls;
import org.xenjava.toolstack.xenctrl.PassthroughCalls.Access;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * Lets a new domain use ports, memory and interrupts of the host, in libxl's order (libxl_create.c). Xen withdraws all of it
 * when the domain ends.
 */
public final class HardwareAccess {
    private static final Logger LOG = LoggerFactory.getLogger(HardwareAccess.class);
    private static final int FRAME_BITS = 12;

    private final Xenctrl xenctrl;

    public HardwareAccess(Xenctrl xenctrl) {
        this.xenctrl = xenctrl;
    }

    /**
     * Grants everything of a plan.
     *
     * @throws DeviceException if Xen keeps a port, a frame or an interrupt from domain 0, or the host lacks it
     */
    public void grant(int domid, DomainType type, HardwarePlan plan) {
        plan.memory().forEach(this::requireNoRam);
        PassthroughCalls calls = xenctrl.passthrough();
        for (PortRange range : plan.ports()) {
            refusable("ioports " + range, () -> {
                calls.permitPorts(domid, range.first(), range.count(), Access.ALLOWED);
                if (type != DomainType.PV) {
                    calls.mapPorts(domid, range.first(), range.count());
                }
            });
        }
        for (int interrupt : plan.interrupts()) {
            refusable("irqs " + interrupt, () -> {
                calls.mapInterrupt(domid, interrupt);
                calls.permitInterrupt(domid, interrupt, Access.ALLOWED);
            });
        }
        for (FrameRange range : plan.memory()) {
            refusable("iomem " + range, () -> {
                calls.permitMemory(domid, range.first(), range.count(), Access.ALLOWED);
                if (type != DomainType.PV) {
                    calls.mapMemory(domid, range.gfn(), range.first(), range.count());
                }
            });
        }
        LOG.info("domain {} may use {}", domid, String.join(", ", plan.lines()));
    }

    /** Xen would map RAM that it uses itself, or that another domain has. */
    private void requireNoRam(FrameRange range) {
        for (MemoryMapEntry entry : xenctrl.memory().machineMemoryMap()) {
            long first = entry.address() >>> FRAME_BITS;
            long end = (entry.end() + (1L << FRAME_BITS) - 1) >>> FRAME_BITS;
            boolean overlaps = range.first() < end && range.first() + range.count() > first;
            if (overlaps && entry.type() == MemoryMapEntry.Type.RAM) {
                throw new DeviceException("iomem " + range + ": the host has RAM there, which Xen or other domains use;"
                        + " only memory of devices can be given to a guest");
            }
        }
    }

    private static void refusable(String what, Runnable grant) {
        try {
            grant.run();
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EPERM)) {
                throw new DeviceException(
                        what
                                + ": Xen keeps it, or a part of it, from domain 0, which can give no other domain more than"
                                + " it may use itself (EPERM)",
                        e);
            }
            if (e.errno().equals(Errno.EINVAL)
                    || e.errno().equals(Errno.EBUSY)
                    || e.errno().equals(Errno.EEXIST)) {
                throw new DeviceException(
                        what + ": the host lacks it, or a part of it is given twice ("
                                + e.errno().symbol() + ")",
                        e);
            }
            throw e;
        }
    }
}
