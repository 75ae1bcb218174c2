// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.net.InetAddresses;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Controller;
import org.xenjava.toolstack.config.DiskConfig.Device;
import org.xenjava.toolstack.config.DiskConfig.Format;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;

/** Rules for disks and network cards; see {@link DomainRules}. */
final class DeviceRules {
    private static final long UINT32_MAX = 0xffff_ffffL;
    private static final int GREATEST_DEVID = 65_535;
    private static final int LEAST_MTU = 68;
    private static final int GREATEST_MTU = 65_535;

    /** Linux limits the name of an interface to 15 bytes. */
    private static final Pattern INTERFACE = Pattern.compile("[!-~&&[^/:,]]{1,15}");

    private static final Pattern OPENVSWITCH_BRIDGE =
            Pattern.compile(INTERFACE.pattern() + "(?:\\.[0-9]{1,4})?(?::[0-9]{1,4})*");

    private static final Pattern MODEL = Pattern.compile("[a-zA-Z0-9_.-]+");

    private DeviceRules() {}

    static Optional<String> ofDisk(
            Optional<String> target,
            Format format,
            VirtualDisk vdev,
            Access access,
            Device device,
            Optional<Backend> backend,
            Optional<String> backendDomain,
            Optional<String> script) {
        String who = "disk " + vdev + ": ";
        return first(
                        when(target.isEmpty() && device == Device.DISK, "it has no target, and is no CD-ROM drive"),
                        target.flatMap(text -> ofText("target", text)),
                        script.flatMap(text -> ofWord("script", text)),
                        backendDomain.flatMap(text -> ofWord("backend", text)),
                        when(device == Device.CDROM && access == Access.READ_WRITE, "a CD-ROM is read-only"),
                        when(target.isEmpty() && format != Format.RAW, "an empty drive has no format"),
                        when(
                                backend.equals(Optional.of(Backend.PHY)) && format != Format.RAW,
                                "backendtype phy serves only the format raw, not " + format.word()),
                        when(
                                script.isPresent() && format != Format.RAW,
                                "a script makes a block device, whose format is raw, not " + format.word()))
                .map(who::concat);
    }

    /** Rules for all disks of a guest: unique numbers, unique emulated places, and what QEMU can emulate. */
    static Optional<String> ofDisks(Optional<HvmConfig> hvm, List<DiskConfig> disks) {
        Set<Integer> numbers = new HashSet<>();
        Set<String> places = new HashSet<>();
        return disks.stream()
                .flatMap(disk -> first(
                        when(!numbers.add(disk.number()), "another disk has that name"),
                        hvm.flatMap(machine ->
                                ofEmulated(disk, machine.peripherals().diskBus(), places)))
                        .map(complaint -> "disk " + disk.vdev() + ": " + complaint)
                        .stream())
                .findFirst();
    }

    private static Optional<String> ofEmulated(DiskConfig disk, DiskBus bus, Set<String> places) {
        boolean cdrom = disk.device() == Device.CDROM;
        Optional<Controller> at = disk.emulated(bus);
        boolean scsi = at.isEmpty() || at.get() == Controller.SCSI;
        boolean placed = at.map(
                        controller -> places.add(controller + " " + disk.vdev().disk()))
                .orElse(true);
        return first(
                when(!placed, "another disk is emulated in the same place of the same controller"),
                when(
                        cdrom && disk.backend().equals(Optional.of(Backend.PHY)),
                        "an HVM guest's CD-ROM drive has the backend qdisk"),
                when(
                        !scsi && !cdrom && disk.access() == Access.READ_ONLY,
                        "an emulated " + at.map(Controller::name).orElse("")
                                + " disk cannot be read-only; only sd…, and "
                                + (bus == DiskBus.IDE ? "xvde" : "xvdg") + " and further can"));
    }

    static Optional<String> ofNics(DomainType type, List<NicConfig> nics) {
        Set<MacAddress> macs = new HashSet<>();
        Set<Integer> devids = new HashSet<>();
        return IntStream.range(0, nics.size())
                .filter(place -> !devids.add(nics.get(place).devidAt(place)))
                .mapToObj(place ->
                        "two network cards have the devid " + nics.get(place).devidAt(place))
                .findFirst()
                .or(() -> ofEachNic(type, nics, macs));
    }

    private static Optional<String> ofEachNic(DomainType type, List<NicConfig> nics, Set<MacAddress> macs) {
        return nics.stream()
                .flatMap(nic -> first(
                        when(
                                type != DomainType.HVM && nic.typeIn(type) == NicConfig.Type.IOEMU,
                                "only an HVM guest has an emulated network card: type=ioemu"),
                        nic.mac().filter(mac -> !macs.add(mac)).map(mac -> "two network cards are " + mac))
                        .stream())
                .findFirst();
    }

    static Optional<String> ofNic(
            String bridge,
            String model,
            Optional<String> script,
            Optional<String> vifName,
            Optional<String> ip,
            Optional<String> gatewayDevice,
            int mtu,
            OptionalInt devid,
            Optional<String> backendDomain) {
        return first(
                ofBridge(bridge, script),
                vifName.flatMap(name -> ofInterface("vifname", name)),
                gatewayDevice.flatMap(name -> ofInterface("gatewaydev", name)),
                when(!MODEL.matcher(model).matches(), "'" + model + "' is no model of a network card"),
                script.flatMap(text -> ofWord("script", text)),
                ip.flatMap(text -> ofWord("ip", text)),
                backendDomain.flatMap(text -> ofWord("backend", text)),
                when(
                        devid.isPresent() && (devid.getAsInt() < 0 || devid.getAsInt() > GREATEST_DEVID),
                        "devid is 0 … " + GREATEST_DEVID + ", not " + devid.orElse(0)),
                when(
                        mtu < LEAST_MTU || mtu > GREATEST_MTU,
                        "mtu is " + LEAST_MTU + " … " + GREATEST_MTU + " bytes, not " + mtu));
    }

    /** vif-openvswitch takes {@code BRIDGE[.VLAN][:TRUNK...]}; every other script takes the name of a bridge. */
    private static Optional<String> ofBridge(String bridge, Optional<String> script) {
        return script.filter(name -> name.endsWith("openvswitch")).isPresent()
                        && OPENVSWITCH_BRIDGE.matcher(bridge).matches()
                ? Optional.empty()
                : ofInterface("bridge", bridge);
    }

    static Optional<String> ofRate(long bytesPerSecond, long intervalMicros) {
        return first(
                        when(
                                bytesPerSecond < 1 || !isWritable(bytesPerSecond),
                                "a rate is 1 … " + UINT32_MAX + " B/s, kB/s, MB/s or GB/s, not " + bytesPerSecond
                                        + " B/s"),
                        when(
                                intervalMicros < 1 || intervalMicros > UINT32_MAX,
                                "a rate's interval is 1 … " + UINT32_MAX + " microseconds, not " + intervalMicros))
                .or(() -> when(
                        Long.compareUnsigned(bytesPerSecond, Long.divideUnsigned(-1L, intervalMicros)) > 0,
                        "a rate times its interval has at most 64 bits"));
    }

    /** The rate is a 32-bit number of B, kB, MB or GB. */
    private static boolean isWritable(long bytesPerSecond) {
        return LongStream.of(1, 1_000, 1_000_000, 1_000_000_000)
                .anyMatch(unit -> bytesPerSecond % unit == 0 && bytesPerSecond / unit <= UINT32_MAX);
    }

    /** The address is a loopback address, or {@code localhost}. Other names are not resolved. */
    static boolean isLocal(String address) {
        return address.equals("localhost")
                || (InetAddresses.isInetAddress(address)
                        && InetAddresses.forString(address).isLoopbackAddress());
    }

    /** Rule for a text that goes into xenstore or onto a command line: not empty, no control characters. */
    static Optional<String> ofText(String what, String text) {
        return first(
                when(text.isEmpty(), "the " + what + " is empty"),
                when(text.chars().anyMatch(Character::isISOControl), "the " + what + " has control characters"));
    }

    /** Rule for a value in one of xl's comma-separated lists. */
    private static Optional<String> ofWord(String what, String text) {
        return ofText(what, text).or(() -> when(text.indexOf(',') >= 0, "the " + what + " has a comma"));
    }

    private static Optional<String> ofInterface(String what, String name) {
        return when(
                !INTERFACE.matcher(name).matches(),
                what + " is the name of an interface, 1 … 15 characters, not '" + name + "'");
    }

    static Optional<String> when(boolean wrong, String complaint) {
        return wrong ? Optional.of(complaint) : Optional.empty();
    }

    @SafeVarargs
    static Optional<String> first(Optional<String>... complaints) {
        for (Optional<String> complaint : complaints) {
            if (complaint.isPresent()) {
                return complaint;
            }
        }
        return Optional.empty();
    }
}
