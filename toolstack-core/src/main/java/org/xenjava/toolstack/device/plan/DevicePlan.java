// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.error.DeviceModelException;
import org.xenjava.toolstack.memory.MemoryPlan;

/**
 * All devices of a guest, decided before the guest exists.
 *
 * @param disks in the order of the configuration
 * @param nics in the order of the configuration
 * @param others the devices beside disks and network cards, which QEMU serves, in the order of the configuration
 * @param pci PCI devices of the host, in the order of the configuration
 * @param usb USB controllers for devices of the host, and these devices
 * @param hardware ports, memory and interrupts of the host that belong to no PCI device
 * @param qemu the QEMU that the guest needs: every HVM guest, and a PVH guest with a device that only QEMU can serve
 */
public record DevicePlan(
        List<DiskPlan> disks,
        List<NicPlan> nics,
        List<QemuDevicePlan> others,
        List<PciPlan> pci,
        UsbPlan usb,
        HardwarePlan hardware,
        Optional<QemuPlan> qemu) {
    /**
     * Copies the lists, so that the record is immutable.
     *
     * @param disks in the order of the configuration
     * @param nics in the order of the configuration
     * @param others the devices beside disks and network cards, which QEMU serves, in the order of the configuration
     * @param pci PCI devices of the host, in the order of the configuration
     * @param usb USB controllers for devices of the host, and these devices
     * @param hardware ports, memory and interrupts of the host that belong to no PCI device
     * @param qemu the QEMU that the guest needs: every HVM guest, and a PVH guest with a device that only QEMU can
     *     serve
     */
    public DevicePlan {
        disks = List.copyOf(disks);
        nics = List.copyOf(nics);
        others = List.copyOf(others);
        pci = List.copyOf(pci);
    }

    /**
     * Plans the devices, and asks the host about each file once.
     *
     * @throws ConfigException if the host cannot serve a device
     * @throws DeviceModelException if the guest needs QEMU and the host has none, or one that cannot serve the guest
     */
    public static DevicePlan of(DomainConfig config, MemoryPlan memory, HostInventory host) {
        HostInventory askedOnce = new AskedOnce(host);
        try {
            List<DiskPlan> disks = config.disks().stream()
                    .map(disk -> DiskPlan.of(disk, config.type(), diskBus(config), askedOnce))
                    .toList();
            List<NicPlan> nics = new ArrayList<>();
            for (NicConfig nic : config.nics()) {
                nics.add(NicPlan.of(nic, nic.devidAt(nics.size()), nic.typeIn(config.type()), askedOnce));
            }
            List<QemuDevicePlan> others = QemuDevices.of(config, askedOnce);
            List<PciPlan> pci = config.pciDevices().stream()
                    .map(device -> PciPlan.of(device, askedOnce).builtInto(config))
                    .toList();
            boolean needed = config.type() == DomainType.HVM
                    || !others.isEmpty()
                    || disks.stream().anyMatch(disk -> disk.backend() == DiskBackend.QEMU);
            return new DevicePlan(
                    disks,
                    nics,
                    others,
                    pci,
                    UsbPlan.of(config, askedOnce),
                    HardwarePlan.of(config),
                    needed ? Optional.of(qemu(config, memory, disks, nics, others, host)) : Optional.empty());
        } catch (ConfigException e) {
            throw new ConfigException("domain " + config.name() + ": " + e.getMessage(), e);
        }
    }

    private static QemuPlan qemu(
            DomainConfig config,
            MemoryPlan memory,
            List<DiskPlan> disks,
            List<NicPlan> nics,
            List<QemuDevicePlan> others,
            HostInventory host) {
        Path program = host.deviceModel(config.deviceModel().program());
        GuestScreen.of(config)
                .flatMap(GraphicsConfig::vnc)
                .filter(vnc -> vnc.password().isPresent())
                .flatMap(vnc -> host.vncPasswordRefusal(program))
                .ifPresent(reason -> {
                    throw new DeviceModelException("domain " + config.name() + ": vncpasswd: " + program
                            + " cannot ask viewers for a password: " + reason
                            + "; protect the screen with vnclisten=\"unix:/PATH\", a socket that only root can use");
                });
        QemuConfinement confinement = QemuConfinement.of(config, disks, nics, others, program, host);
        return new QemuPlan(program, config, memory, disks, nics, others, confinement);
    }

    private static DiskBus diskBus(DomainConfig config) {
        return config.hvm().map(machine -> machine.peripherals().diskBus()).orElse(DiskBus.IDE);
    }
}
