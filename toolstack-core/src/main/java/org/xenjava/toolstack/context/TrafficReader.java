// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.context;

import java.util.List;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.device.DeviceModels;
import org.xenjava.toolstack.device.QemuDiskTraffic;
import org.xenjava.toolstack.device.QemuProcess;
import org.xenjava.toolstack.device.view.AttachedDisk;
import org.xenjava.toolstack.device.view.AttachedNic;
import org.xenjava.toolstack.device.view.DomainTraffic;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.store.StoreClient;
import org.xenjava.toolstack.xenctrl.lib.ControlDomain;

/** Adds up the counters of a domain's devices that domain 0's kernel keeps. */
public final class TrafficReader {
    private static final Logger LOG = LoggerFactory.getLogger(TrafficReader.class);
    private static final QemuDiskTraffic NO_TRAFFIC = new QemuDiskTraffic(0, 0, 0, 0);
    private static final int SECTOR_BYTES = 512;
    private static final Pattern INTERFACE = Pattern.compile("[\\w.:-]{1,15}");

    private final StoreClient store;
    private final ControlDomain system;
    private final DeviceModels deviceModels;
    private final int domid;

    /**
     * Names a domain.
     *
     * @param context reads xenstore and domain 0's counters
     * @param domid number of the domain
     */
    public TrafficReader(HostContext context, int domid) {
        this.store = context.store();
        this.system = context.controlDomain();
        this.deviceModels = context.deviceModels();
        this.domid = domid;
    }

    /**
     * Reads the counters.
     *
     * @param disks the domain's disks
     * @param nics the domain's network cards
     * @return the sums
     */
    public DomainTraffic read(List<AttachedDisk> disks, List<AttachedNic> nics) {
        QemuDiskTraffic qemu = ofQemu(disks);
        long sent = 0;
        long received = 0;
        for (AttachedNic nic : nics) {
            if (nic.backendDomid() != 0) {
                continue;
            }
            // The guest's sending is the back end's receiving.
            String statistics = "class/net/" + link(nic) + "/statistics/";
            sent += system.counter(statistics + "rx_bytes");
            received += system.counter(statistics + "tx_bytes");
        }
        return new DomainTraffic(
                nics.size(),
                sent,
                received,
                disks.size(),
                sum(disks, "oo_req"),
                sum(disks, "rd_req") + qemu.reads(),
                sum(disks, "wr_req") + qemu.writes(),
                sum(disks, "rd_sect") + qemu.readBytes() / SECTOR_BYTES,
                sum(disks, "wr_sect") + qemu.writtenBytes() / SECTOR_BYTES);
    }

    /** The traffic of the disks that QEMU serves, the emulated ends of blkback's disks included. */
    private QemuDiskTraffic ofQemu(List<AttachedDisk> disks) {
        if (disks.isEmpty()) {
            return NO_TRAFFIC;
        }
        try {
            return deviceModels.process(domid).map(QemuProcess::diskTraffic).orElse(NO_TRAFFIC);
        } catch (DeviceModelException e) {
            LOG.debug("the traffic of the disks of domain {} in QEMU is not known: {}", domid, e.getMessage());
            return NO_TRAFFIC;
        }
    }

    private String link(AttachedNic nic) {
        String standard = "vif" + domid + "." + nic.devid();
        return store.read(nic.backPath() + "/vifname")
                .filter(name -> INTERFACE.matcher(name).matches() && !name.startsWith("."))
                .orElse(standard);
    }

    private long sum(List<AttachedDisk> disks, String counter) {
        return disks.stream()
                .mapToLong(disk -> system.counter(
                        "bus/xen-backend/devices/vbd-" + domid + "-" + disk.number() + "/statistics/" + counter))
                .sum();
    }
}
