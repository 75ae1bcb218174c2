// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.pci;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.Domain;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.host.TestHost;
import org.xenjava.toolstack.image.TestKernels;
import org.xenjava.toolstack.sim.SimulatedXen;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** A simulated machine with an IOMMU and three cards, two of which a driver of domain 0 has. */
final class PciTestHost implements AutoCloseable {
    static final PciAddress CARD = PciAddress.parse("00:08.0").orElseThrow();
    static final PciAddress OTHER = PciAddress.parse("00:09.0").orElseThrow();
    static final PciAddress IDLE = PciAddress.parse("00:0a.0").orElseThrow();

    private static final int PV_MIB = 24;

    final TestHost host = TestHost.of(machine().iommu());
    private final DomainType type;
    private final Optional<Path> kernel;

    PciTestHost() {
        this(DomainType.HVM);
    }

    /** @param type the guests of this host */
    PciTestHost(DomainType type) {
        this.type = type;
        kernel = type == DomainType.PV ? Optional.of(pvKernel()) : Optional.empty();
    }

    private static Path pvKernel() {
        try {
            Path file = Files.createTempFile("kernel", "");
            file.toFile().deleteOnExit();
            return Files.write(file, TestKernels.pv());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A guest of this host's kind. */
    DomainConfig.Builder guestHere(String name, OtherDevice... devices) {
        return kernel.map(file -> DomainConfig.builder(name)
                        .type(type)
                        .kernel(file)
                        .memoryMib(PV_MIB)
                        .otherDevices(List.of(devices)))
                .orElseGet(() -> guest(name, devices));
    }

    private static final Duration BOOT = Duration.ofSeconds(30);

    static SimulatedXen.Builder machine() {
        return SimulatedXen.builder()
                .pciDevice(CARD.toString(), "e1000")
                .pciDevice(OTHER.toString(), "e1000")
                .pciDevice(IDLE.toString(), "");
    }

    static DomainConfig.Builder guest(String name, OtherDevice... devices) {
        return DomainConfig.builder(name)
                .type(DomainType.HVM)
                .memoryMib(8)
                .hvm(HvmConfig.builder().graphics(GraphicsConfig.of(Vga.NONE)).build())
                .otherDevices(List.of(devices));
    }

    static OtherDevice device(PciAddress address) {
        return new OtherDevice(OtherDevice.Kind.PCI, Map.of("address", address.toString()));
    }

    /** A guest that runs, with one card, and another card that is assignable. */
    Domain runningGuest() {
        host.toolstack.pciDevices().makeAssignable(CARD, Optional.empty());
        host.toolstack.pciDevices().makeAssignable(OTHER, Optional.of("second"));
        Domain guest = host.toolstack.create(guestHere("web", device(CARD)).build());
        guest.unpause();
        if (type == DomainType.PV) {
            host.xen.advance(BOOT);
        }
        return guest;
    }

    /** The driver and the owner of each card. */
    String cards() {
        return Stream.of(CARD, OTHER, IDLE)
                .map(address -> address + " "
                        + host.observer
                                .hostDevices()
                                .kernelLink("bus/pci/devices/" + address + "/driver")
                                .orElse("-")
                        + " "
                        + Integer.toHexString(host.xen.pciOwner(address.toString())))
                .collect(Collectors.joining("\n"));
    }

    @Override
    public void close() {
        host.close();
    }
}
