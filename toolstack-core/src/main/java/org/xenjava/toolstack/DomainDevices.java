// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.create.StoredConfig;
import org.xenjava.toolstack.device.pv.AttachedDisk;
import org.xenjava.toolstack.device.pv.AttachedNic;
import org.xenjava.toolstack.device.pv.DetachMode;
import org.xenjava.toolstack.device.pv.DiskBackend;
import org.xenjava.toolstack.error.Attempt;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceException;
import org.xenjava.toolstack.error.DomainGoneException;
import org.xenjava.toolstack.error.translation.XenFailures;
import org.xenjava.toolstack.operation.Undo;
import org.xenjava.toolstack.store.DomainPaths;

/**
 * The disks and network cards of one domain, while it exists: got from {@link Domain#devices}. The guest's drivers
 * notice by themselves what comes and are asked for what is to go. Other toolstacks see the same devices, and theirs
 * are seen here. What is changed here is changed in {@link Domain#config} too, so it outlives a reboot.
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
            if (hasDisk(disk.number())) {
                throw new DeviceException("attaching disk " + disk.vdev() + " to " + domain
                        + ": it has a disk there already; detach that first");
            }
            Undo.onFailure(
                    () -> {
                        change(config -> without(config, disk.number(), Stream.of(disk)));
                        context.devices().attach(domain.domid(), type, disk);
                        return disk;
                    },
                    () -> change(config -> without(config, disk.number(), Stream.of())));
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
     * @throws DeviceException if the domain has that address, or the back end does not take it; nothing is left then
     */
    public AttachedNic attach(NicConfig nic) {
        return exclusively("attaching a network card to " + domain, () -> {
            DomainType type = type();
            NicConfig addressed = nic.mac().isPresent() ? nic : nic.withMac(MacAddress.random(context.random()));
            MacAddress mac = addressed.mac().orElseThrow();
            if (nics().stream().anyMatch(attached -> attached.mac().equals(mac.text()))) {
                throw new DeviceException(
                        "attaching a network card to " + domain + ": it has one with the address " + mac + " already");
            }
            // Only a build gives an HVM guest emulated cards, so the next one is not to make one of this.
            NicConfig kept = type == DomainType.HVM ? addressed.withType(NicConfig.Type.VIF) : addressed;
            int devid = Undo.onFailure(
                    () -> {
                        change(config -> without(config, mac, Stream.of(kept)));
                        return context.devices().attach(domain.domid(), addressed);
                    },
                    () -> change(config -> without(config, mac, Stream.of())));
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
            Optional<DomainConfig> before = stored();
            change(config -> without(config, disk.number(), Stream.of()));
            Undo.onFailure(
                    () -> {
                        context.devices().detachDisk(domain.domid(), disk.number(), mode);
                        return disk;
                    },
                    () -> before.filter(config -> hasDisk(disk.number())).ifPresent(this::restore));
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
            Optional<DomainConfig> before = stored();
            nics().stream()
                    .filter(nic -> nic.devid() == devid && !nic.mac().isEmpty())
                    .map(nic -> new MacAddress(nic.mac()))
                    .forEach(mac -> change(config -> without(config, mac, Stream.of())));
            Undo.onFailure(
                    () -> {
                        context.devices().detachNic(domain.domid(), devid, mode);
                        return devid;
                    },
                    () -> before.filter(config -> nics().stream().anyMatch(nic -> nic.devid() == devid))
                            .ifPresent(this::restore));
            return devid;
        });
    }

    /** Its disks, by number; none if it is gone. */
    public List<AttachedDisk> disks() {
        return XenFailures.translating(
                Attempt.on(domain.domid(), domain.uuid(), "listing the disks of " + domain),
                () -> context.devices().disks(domain.domid()));
    }

    /** Its network cards, by number; none if it is gone. */
    public List<AttachedNic> nics() {
        return XenFailures.translating(
                Attempt.on(domain.domid(), domain.uuid(), "listing the network cards of " + domain),
                () -> context.devices().nics(domain.domid()));
    }

    private boolean hasDisk(int number) {
        return disks().stream().anyMatch(attached -> attached.number() == number);
    }

    private Optional<DomainConfig> stored() {
        return StoredConfig.read(context.store().direct(), new DomainPaths(domain.domid()).storedConfig());
    }

    /** What could not be detached is still the guest's. */
    private void restore(DomainConfig before) {
        change(config ->
                config.toBuilder().disks(before.disks()).nics(before.nics()).build());
    }

    private static DomainConfig without(DomainConfig config, int number, Stream<DiskConfig> instead) {
        Stream<DiskConfig> others = config.disks().stream().filter(disk -> disk.number() != number);
        return config.toBuilder().disks(Stream.concat(others, instead).toList()).build();
    }

    private static DomainConfig without(DomainConfig config, MacAddress mac, Stream<NicConfig> instead) {
        Stream<NicConfig> others =
                config.nics().stream().filter(nic -> !nic.mac().equals(Optional.of(mac)));
        return config.toBuilder().nics(Stream.concat(others, instead).toList()).build();
    }

    /** Changes what the domain is built from the next time, if this library built it. */
    private void change(UnaryOperator<DomainConfig> change) {
        String path = new DomainPaths(domain.domid()).storedConfig();
        context.store().inTransaction(transaction -> StoredConfig.read(transaction, path)
                .map(before -> {
                    DomainConfig after = change.apply(before);
                    if (!after.equals(before)) {
                        transaction.remove(path);
                        StoredConfig.write(transaction, path, after);
                    }
                    return after;
                }));
    }

    private <T> T exclusively(String attempt, Supplier<T> work) {
        return context.exclusively(
                domain.domid(),
                () -> XenFailures.translating(Attempt.on(domain.domid(), domain.uuid(), attempt), work));
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
