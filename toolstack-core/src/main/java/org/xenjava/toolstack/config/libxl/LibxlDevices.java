// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import org.xenjava.toolstack.config.DiskConfig;
import org.xenjava.toolstack.config.DiskConfig.Access;
import org.xenjava.toolstack.config.DiskConfig.Backend;
import org.xenjava.toolstack.config.DiskConfig.Device;
import org.xenjava.toolstack.config.DiskConfig.Option;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.MacAddress;
import org.xenjava.toolstack.config.NicConfig;
import org.xenjava.toolstack.config.NicConfig.Rate;
import org.xenjava.toolstack.config.NicConfig.Trust;
import org.xenjava.toolstack.config.VirtualDisk;
import org.xenjava.toolstack.config.libxl.LibxlMembers.Condition;
import org.xenjava.toolstack.config.libxl.LibxlWords.Format;
import org.xenjava.toolstack.error.ConfigException;

/** Disks and network cards: {@code libxl_device_disk} and {@code libxl_device_nic}. */
final class LibxlDevices {
    private static final long UINT32_MAX = 0xFFFF_FFFFL;
    private static final long MICROS_PER_SECOND = 1_000_000;
    private static final long[] RATE_UNITS = {1, 1000, 1_000_000, 1_000_000_000};

    private LibxlDevices() {}

    static JsonObject disk(DiskConfig disk) {
        boolean writable = disk.access() == Access.READ_WRITE;
        boolean cdrom = disk.device() == Device.CDROM;
        boolean discard = disk.options().contains(Option.DISCARD);
        return new LibxlMembers()
                .text("backend_domname", disk.backendDomain())
                .text("pdev_path", disk.target().orElse(""))
                .text("vdev", disk.vdev().name())
                .text("backend", disk.backend().map(Backend::word))
                .text("format", Format.of(disk).word())
                .text("script", disk.script())
                .oneIf("removable", Condition.of(cdrom))
                .oneIf("readwrite", Condition.of(writable))
                .oneIf("is_cdrom", Condition.of(cdrom))
                .trueIf("direct_io_safe", Condition.of(disk.options().contains(Option.DIRECT_IO_SAFE)))
                .choice("discard_enable", Optional.of(discard).filter(enabled -> enabled != writable))
                .choice("trusted", Optional.of(false).filter(no -> disk.options()
                        .contains(Option.UNTRUSTED)))
                .object();
    }

    static DiskConfig disk(LibxlObject object) {
        object.skip("colo_restore_enable", "specification", "transport", "removable");
        String name = object.text("vdev").orElseThrow(() -> object.wrong("vdev", "missing"));
        return object.checked(() -> {
            DiskConfig.Builder disk = DiskConfig.builder(name);
            Optional<Format> format = object.word("format", Format.values(), Format::word);
            Optional<String> target = object.text("pdev_path")
                    .filter(path -> format.filter(Format.EMPTY::equals).isEmpty());
            target.ifPresent(disk::target);
            format.filter(Format.QCOW2::equals).ifPresent(any -> disk.format(DiskConfig.Format.QCOW2));
            object.word("backend", Backend.values(), Backend::word).ifPresent(disk::backend);
            object.text("script").ifPresent(disk::script);
            backendDomain(object).ifPresent(disk::backendDomain);
            boolean writable = object.flag("readwrite").orElse(false);
            if (object.flag("is_cdrom").orElse(false)) {
                disk.cdrom();
            } else if (!writable) {
                disk.readOnly();
            }
            object.flag("discard_enable").ifPresent(yes -> {
                if (yes) {
                    disk.discard();
                } else {
                    disk.noDiscard();
                }
            });
            object.flag("direct_io_safe").filter(yes -> yes).ifPresent(yes -> disk.directIoSafe());
            object.flag("trusted").filter(yes -> !yes).ifPresent(no -> disk.untrusted());
            return disk.build();
        });
    }

    /** A drive's element with another medium, as libxl's cd-insert and cd-eject leave it. */
    static JsonObject changed(JsonObject drive, Optional<String> image) {
        JsonObject changed = drive.deepCopy();
        changed.addProperty("pdev_path", image.orElse(""));
        changed.addProperty("format", (image.isPresent() ? Format.RAW : Format.EMPTY).word());
        return changed;
    }

    static JsonObject nic(int devid, NicConfig nic, DomainType guest) {
        return new LibxlMembers()
                .text("backend_domname", nic.backendDomain())
                .number("devid", devid)
                .number("mtu", Optional.of((long) nic.mtu()).filter(mtu -> mtu != NicConfig.DEFAULT_MTU))
                .text("model", Optional.of(nic.model()).filter(model -> !model.equals(NicConfig.DEFAULT_MODEL)))
                .text("mac", nic.mac().map(mac -> mac.text().toLowerCase(Locale.ROOT)))
                .text("ip", nic.ip())
                .text("bridge", nic.bridge())
                .text("ifname", nic.vifName())
                .text("script", nic.script())
                .text("nictype", LibxlWords.nic(nic.typeIn(guest)))
                .number("rate_bytes_per_interval", nic.rate().map(Rate::bytesPerInterval))
                .number("rate_interval_usecs", nic.rate().map(Rate::intervalMicros))
                .text("gatewaydev", nic.gatewayDevice())
                .choice("trusted", Optional.of(false).filter(no -> nic.trust() == Trust.UNTRUSTED))
                .object();
    }

    static List<NicConfig> nics(List<LibxlObject> objects) {
        return IntStream.range(0, objects.size())
                .mapToObj(place -> nic(objects.get(place), place))
                .toList();
    }

    /** libxl writes every number, also 0, and assigns one where it is missing or -1. */
    private static NicConfig nic(LibxlObject object, int place) {
        int devid = (int) object.number("devid", -1, Integer.MAX_VALUE).orElse(-1);
        return object.checked(() -> {
            NicConfig.Builder nic = NicConfig.builder();
            if (devid >= 0 && devid != place) {
                nic.devid(devid);
            }
            backendDomain(object).ifPresent(nic::backendDomain);
            object.number("mtu", 0, UINT32_MAX).ifPresent(mtu -> {
                if (mtu != 0) {
                    nic.mtu((int) Math.min(mtu, Integer.MAX_VALUE));
                }
            });
            object.text("model").ifPresent(nic::model);
            object.text("mac")
                    .filter(mac -> !mac.equals("00:00:00:00:00:00"))
                    .map(MacAddress::new)
                    .ifPresent(nic::mac);
            object.text("ip").ifPresent(nic::ip);
            object.text("bridge").map(String::strip).ifPresent(nic::bridge);
            object.text("ifname").ifPresent(nic::vifName);
            object.text("script").ifPresent(nic::script);
            // xl writes its default for HVM guests also if a driver domain serves the card, which QEMU cannot emulate
            // then.
            object.word("nictype", NicConfig.Type.values(), LibxlWords::nic)
                    .filter(type -> type != NicConfig.Type.IOEMU
                            || backendDomain(object).isEmpty())
                    .ifPresent(nic::type);
            object.text("gatewaydev").ifPresent(nic::gatewayDevice);
            object.flag("trusted").filter(yes -> !yes).ifPresent(no -> nic.trust(Trust.UNTRUSTED));
            rate(object).ifPresent(nic::rate);
            return nic.build();
        });
    }

    /** The least rate of which the credit in an interval is the stored one, in a unit that xl.cfg can express. */
    private static Optional<Rate> rate(LibxlObject object) {
        long bytes = object.number("rate_bytes_per_interval", 0, Long.MAX_VALUE).orElse(0);
        long interval = object.number("rate_interval_usecs", 0, UINT32_MAX).orElse(0);
        if (interval == 0) {
            return Optional.empty();
        }
        BigInteger credit = BigInteger.valueOf(bytes).multiply(BigInteger.valueOf(MICROS_PER_SECOND));
        BigInteger perSecond = dividedUp(credit, interval).max(BigInteger.ONE);
        for (long unit : RATE_UNITS) {
            BigInteger units = dividedUp(perSecond, unit);
            if (units.compareTo(BigInteger.valueOf(UINT32_MAX)) <= 0) {
                return Optional.of(new Rate(units.longValueExact() * unit, interval));
            }
        }
        throw object.wrong("rate_bytes_per_interval", bytes + " in " + interval + " microseconds is no rate");
    }

    private static BigInteger dividedUp(BigInteger number, long divisor) {
        return number.add(BigInteger.valueOf(divisor - 1)).divide(BigInteger.valueOf(divisor));
    }

    /** The domain that serves the device; empty for domain 0. */
    static Optional<String> backendDomain(LibxlObject object) {
        long domid = object.number("backend_domid", 0, UINT32_MAX).orElse(0);
        return object.text("backend_domname")
                .or(() -> Optional.of(Long.toString(domid)))
                .filter(LibxlDevices::isDriverDomain);
    }

    private static boolean isDriverDomain(String name) {
        return !name.equals("0") && !name.equals("Domain-0");
    }

    /** The disk of an element; empty if it names none. */
    static Optional<VirtualDisk> vdev(JsonElement element) {
        if (element instanceof JsonObject disk && disk.get("vdev") instanceof JsonPrimitive vdev) {
            try {
                return Optional.of(new VirtualDisk(vdev.getAsString()));
            } catch (ConfigException notOurs) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /** The number of an element's network card; empty if libxl has not assigned one. */
    static Optional<Integer> devid(JsonElement element) {
        if (!(element instanceof JsonObject nic) || !(nic.get("devid") instanceof JsonPrimitive devid)) {
            return Optional.empty();
        }
        return devid.isNumber() && devid.getAsString().matches("[0-9]{1,5}")
                ? Optional.of(devid.getAsInt())
                : Optional.empty();
    }
}
