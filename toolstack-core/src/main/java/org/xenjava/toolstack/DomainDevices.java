// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.function.Supplier;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.device.pv.AttachedDisk;
import org.xenjava.toolstack.device.pv.AttachedNic;
import org.xenjava.toolstack.device.pv.DetachMode;
import org.xenjava.toolstack.device.pv.DiskBackend;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.XenFailures;
import org.xenjava.toolstack.store.DomainPaths;

/**
 * The disks and network cards of one domain, while it exists: got from {@link Domain#devices}. The guest's drivers
 * notice by themselves what comes and are asked for what is to go. Other toolstacks see the same devices, and theirs
 * are seen here. What is changed here is gone after a reboot, unless whoever builds the domain again changes its
 * configuration too.
 */
public final class DomainDevices {
    private final ToolstackContext context;
    private final Domain domain;

    DomainDevices(ToolstackContext context, Domain domain) {
        this.context = context;
        this.domain = domain;
    }

    /**
     * Attaches a disk ({@code xl block-attach}) and returns when dom0's back end waits for the guest.
     *
     * @return the disk as it is then
     * @throws ConfigException if this host or this domain cannot have it
     * @throws DeviceException if the domain has a disk there, or the back end does not take it; nothing is left then
     */
    public AttachedDisk attach(DiskConfig disk) {
        return exclusively("attaching disk " + disk.vdev() + " to " + domain, () -> {
            DomainType type = type();
            if (context.devices().backendOf(disk, type) == DiskBackend.QEMU
                    && context.deviceModels().process(domain.domid()).isEmpty()) {
                throw new ConfigException("disk " + disk.vdev() + ": only QEMU can serve it, and " + domain
                        + " has none; give it a raw image or a block device");
            }
            context.devices().attach(domain.domid(), type, disk);
            return disks().stream()
                    .filter(attached -> attached.number() == disk.number())
                    .findFirst()
                    .orElseThrow(this::gone);
        });
    }

    /**
     * Attaches a network card ({@code xl network-attach}), with an address of Xen's range if it has none.
     *
     * @return the card as it is when it has joined its bridge
     * @throws ConfigException if this host or this domain cannot have it
     * @throws DeviceException if the back end does not take it; nothing is left then
     */
    public AttachedNic attach(NicConfig nic) {
        return exclusively("attaching a network card to " + domain, () -> {
            type();
            NicConfig addressed = nic.mac().isPresent() ? nic : nic.withMac(MacAddress.random(context.random()));
            int devid = context.devices().attach(domain.domid(), addressed);
            return nics().stream()
                    .filter(attached -> attached.devid() == devid)
                    .findFirst()
                    .orElseThrow(this::gone);
        });
    }

    /**
     * Takes a disk away ({@code xl block-detach}); nothing happens if there is none there.
     *
     * @throws DeviceException if the guest keeps it and may
     */
    public void detach(VirtualDisk disk, DetachMode mode) {
        exclusively("detaching disk " + disk + " of " + domain, () -> {
            requireDomain();
            context.devices().detachDisk(domain.domid(), disk.number(), mode);
            return disk;
        });
    }

    /**
     * Takes a network card away ({@code xl network-detach}); nothing happens if there is none with that number.
     *
     * @param devid from 0
     * @throws DeviceException if the guest keeps it and may
     */
    public void detachNic(int devid, DetachMode mode) {
        exclusively("detaching network card " + devid + " of " + domain, () -> {
            requireDomain();
            context.devices().detachNic(domain.domid(), devid, mode);
            return devid;
        });
    }

    /** Its disks, by number; none if it is gone. */
    public List<AttachedDisk> disks() {
        return XenFailures.translating(
                "listing the disks of " + domain, () -> context.devices().disks(domain.domid()));
    }

    /** Its network cards, by number; none if it is gone. */
    public List<AttachedNic> nics() {
        return XenFailures.translating("listing the network cards of " + domain, () -> context.devices()
                .nics(domain.domid()));
    }

    private <T> T exclusively(String attempt, Supplier<T> work) {
        return context.exclusively(domain.domid(), () -> XenFailures.translating(attempt, work));
    }

    private void requireDomain() {
        if (!domain.exists()) {
            throw gone();
        }
    }

    private DomainType type() {
        requireDomain();
        return context.store()
                .read(new DomainPaths(domain.domid()).libxlType())
                .flatMap(DomainType::ofWord)
                .orElseThrow(() -> new ConfigException(domain + " is neither HVM nor PVH; only these are supported"));
    }

    private DomainGoneException gone() {
        return new DomainGoneException(domain + " is gone");
    }
}
