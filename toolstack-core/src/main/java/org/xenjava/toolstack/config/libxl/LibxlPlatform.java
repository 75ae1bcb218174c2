// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.gson.JsonPrimitive;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.GraphicsConfig.Sdl;
import org.xenjava.toolstack.config.GraphicsConfig.Spice;
import org.xenjava.toolstack.config.PeripheralConfig;
import org.xenjava.toolstack.config.PeripheralConfig.DiskBus;
import org.xenjava.toolstack.config.PeripheralConfig.SoundCard;
import org.xenjava.toolstack.config.PlatformConfig;
import org.xenjava.toolstack.config.PlatformConfig.GenerationId;
import org.xenjava.toolstack.config.PlatformConfig.MachineCheckFeature;
import org.xenjava.toolstack.config.PlatformConfig.SmbiosString;
import org.xenjava.toolstack.config.PlatformConfig.VendorDevice;

/** The rarer members of {@code type.hvm}: identity, controllers, sound, Spice and SDL. */
final class LibxlPlatform {
    private static final int GENERATION_BYTES = 16;
    private static final int LAST_PORT = 65_535;
    private static final long LMCE = 1;

    private LibxlPlatform() {}

    static void write(PlatformConfig platform, LibxlMembers hvm) {
        hvm.elements(
                "smbios",
                platform.smbios().stream()
                        .map(text -> new LibxlMembers()
                                .text("key", text.kind().word())
                                .text("value", text.text())
                                .object())
                        .toList());
        if (platform.generation() instanceof GenerationId.Fixed fixed) {
            byte[] bytes = ByteBuffer.allocate(GENERATION_BYTES)
                    .putLong(fixed.id().getMostSignificantBits())
                    .putLong(fixed.id().getLeastSignificantBits())
                    .array();
            hvm.elements(
                    "ms_vm_genid",
                    IntStream.range(0, GENERATION_BYTES)
                            .mapToObj(i -> new JsonPrimitive(bytes[i] & 0xff))
                            .toList());
        }
        hvm.number("mca_caps", Optional.of(LMCE).filter(lmce -> !platform.machineChecks()
                        .isEmpty()))
                .text("vendor_device", platform.vendorDevice().map(VendorDevice::word));
    }

    static PlatformConfig platform(LibxlObject hvm) {
        List<SmbiosString> smbios = hvm.objects("smbios").stream()
                .map(text -> {
                    SmbiosString.Kind kind = text.word("key", SmbiosString.Kind.values(), SmbiosString.Kind::word)
                            .orElseThrow(() -> text.wrong("key", "missing"));
                    String value = text.text("value").orElseThrow(() -> text.wrong("value", "missing"));
                    return text.checked(() -> new SmbiosString(kind, value));
                })
                .toList();
        Set<MachineCheckFeature> checks =
                hvm.number("mca_caps", 0, LMCE).orElse(0) == LMCE ? EnumSet.of(MachineCheckFeature.LMCE) : Set.of();
        Optional<VendorDevice> vendor = hvm.text("vendor_device")
                .filter(word -> !word.equals("none"))
                .map(word -> Stream.of(VendorDevice.values())
                        .filter(device -> device.word().equals(word))
                        .findFirst()
                        .orElseThrow(() ->
                                hvm.wrong("vendor_device", "'" + LibxlObject.shown(word) + "' is not supported")));
        return hvm.checked(() -> new PlatformConfig(smbios, generation(hvm), checks, vendor));
    }

    /** Reads 16 bytes; all zero means none. */
    private static GenerationId generation(LibxlObject hvm) {
        List<Integer> bytes = hvm.numbers("ms_vm_genid", 0xff);
        if (bytes.stream().allMatch(one -> one == 0)) {
            return new GenerationId.None();
        }
        if (bytes.size() != GENERATION_BYTES) {
            throw hvm.wrong("ms_vm_genid", "not " + GENERATION_BYTES + " bytes");
        }
        ByteBuffer buffer = ByteBuffer.allocate(GENERATION_BYTES);
        bytes.forEach(one -> buffer.put(one.byteValue()));
        return new GenerationId.Fixed(new UUID(buffer.getLong(0), buffer.getLong(Long.BYTES)));
    }

    static void write(PeripheralConfig peripherals, LibxlMembers hvm) {
        hvm.text(
                        "hdtype",
                        Optional.of(peripherals.diskBus())
                                .filter(bus -> bus != DiskBus.IDE)
                                .map(DiskBus::word))
                .number("usbversion", number(peripherals.usbVersion()))
                .text("soundhw", peripherals.sound().map(SoundCard::word));
    }

    static PeripheralConfig peripherals(LibxlObject hvm) {
        DiskBus bus = hvm.word("hdtype", DiskBus.values(), DiskBus::word).orElse(DiskBus.IDE);
        OptionalInt version = positive(hvm, "usbversion", 3);
        Optional<SoundCard> sound = hvm.word("soundhw", SoundCard.values(), SoundCard::word);
        return hvm.checked(() -> new PeripheralConfig(bus, version, sound));
    }

    static LibxlMembers sdl(Optional<Sdl> sdl) {
        LibxlMembers members = new LibxlMembers();
        sdl.ifPresent(window -> members.choice("enable", Optional.of(true))
                .text("display", window.display())
                .text("xauthority", window.authority()));
        return members;
    }

    static Optional<Sdl> sdl(LibxlObject sdl) {
        boolean enabled = sdl.flag("enable").orElse(false);
        Sdl window = new Sdl(sdl.text("display"), sdl.text("xauthority"));
        sdl.skip("opengl");
        return enabled ? Optional.of(window) : Optional.empty();
    }

    static LibxlMembers spice(Optional<Spice> spice) {
        LibxlMembers members = new LibxlMembers();
        spice.ifPresent(server -> {
            members.choice("enable", Optional.of(true))
                    .number("port", number(server.port()))
                    .number("tls_port", number(server.tlsPort()))
                    .text("host", server.host())
                    .choice("disable_ticketing", Optional.of(true).filter(yes -> server.password()
                            .isEmpty()))
                    .text("passwd", server.password());
            for (Spice.Feature feature : Spice.Feature.values()) {
                members.choice(member(feature), Optional.of(server.features().contains(feature)));
            }
            members.number(
                            "usbredirection",
                            Optional.of((long) server.usbRedirections()).filter(count -> count > 0))
                    .text("image_compression", server.imageCompression())
                    .text("streaming_video", server.streamingVideo());
        });
        return members;
    }

    static Optional<Spice> spice(LibxlObject spice) {
        Set<Spice.Feature> features = EnumSet.noneOf(Spice.Feature.class);
        for (Spice.Feature feature : Spice.Feature.values()) {
            if (spice.flag(member(feature)).orElse(feature == Spice.Feature.AGENT_MOUSE)) {
                features.add(feature);
            }
        }
        boolean open = spice.flag("disable_ticketing").orElse(false);
        Optional<String> password = spice.text("passwd").filter(text -> !open);
        OptionalInt port = positive(spice, "port", LAST_PORT);
        OptionalInt tlsPort = positive(spice, "tls_port", LAST_PORT);
        Optional<String> host = spice.text("host");
        int redirections = (int) spice.number("usbredirection", 0, 4).orElse(0);
        Optional<String> compression = spice.text("image_compression");
        Optional<String> video = spice.text("streaming_video");
        return spice.flag("enable").orElse(false)
                ? Optional.of(spice.checked(
                        () -> new Spice(host, port, tlsPort, password, features, redirections, compression, video)))
                : Optional.empty();
    }

    private static String member(Spice.Feature feature) {
        return switch (feature) {
            case AGENT_MOUSE -> "agent_mouse";
            case VDAGENT -> "vdagent";
            case CLIPBOARD_SHARING -> "clipboard_sharing";
        };
    }

    private static Optional<Long> number(OptionalInt value) {
        return value.isPresent() ? Optional.of((long) value.getAsInt()) : Optional.empty();
    }

    /** Reads a number; 0 means none. */
    private static OptionalInt positive(LibxlObject object, String name, int most) {
        int value = (int) object.number(name, 0, most).orElse(0);
        return value == 0 ? OptionalInt.empty() : OptionalInt.of(value);
    }
}
