// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.libxl;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.config.OtherDevice.Type;

/** The devices that cannot be built yet, in libxl's JSON. */
final class LibxlOtherDevices {
    private static final long UINT32_MAX = 0xFFFF_FFFFL;
    private static final long GREATEST_FRAME = 1L << 52;
    private static final int HEXADECIMAL = 16;
    private static final String KEYBOARDS = "vkbs";
    private static final String BACKEND_TYPE = "backend_type";
    static final String PCI_DEVICES = "pcidevs";
    private static final int FUNCTIONS_OF_SLOT = 8;

    private static final ImmutableMap<Kind, String> LISTS = ImmutableMap.<Kind, String>builder()
            .put(Kind.CHANNEL, "channels")
            .put(Kind.FRAME_BUFFER, "vfbs")
            .put(Kind.SHARE, "p9s")
            .put(Kind.VTPM, "vtpms")
            .put(Kind.PVCALLS, "pvcallsifs")
            .put(Kind.DEVICE_TREE_NODE, "dtdevs")
            .put(Kind.PCI, PCI_DEVICES)
            .put(Kind.USB_CONTROLLER, "usbctrls")
            .put(Kind.USB_DEVICE, "usbdevs")
            .buildOrThrow();

    /** The members whose path is not the name of the parameter. */
    private static final ImmutableMap<String, String> PATHS = ImmutableMap.<String, String>builder()
            .put("channel.path", "connection.socket/path")
            .put("vfb.vnc", "vnc/enable")
            .put("vfb.vnclisten", "vnc/listen")
            .put("vfb.vncpasswd", "vnc/passwd")
            .put("vfb.vncdisplay", "vnc/display")
            .put("vfb.vncunused", "vnc/findunused")
            .put("vfb.sdl", "sdl/enable")
            .put("vfb.opengl", "sdl/opengl")
            .put("vfb.display", "sdl/display")
            .put("vfb.xauthority", "sdl/xauthority")
            .put("usbdev.hostbus", "type.hostdev/hostbus")
            .put("usbdev.hostaddr", "type.hostdev/hostaddr")
            .put("usbdev.controller", "ctrl")
            .buildOrThrow();

    private LibxlOtherDevices() {}

    private static String path(Kind kind, String parameter) {
        String otherwise = parameter.equals("backend") ? "backend_domname" : parameter.replace('-', '_');
        return PATHS.getOrDefault(kind.key() + "." + parameter, otherwise);
    }

    /** Every screen has a keyboard of its own, as xl adds it. */
    static void write(List<OtherDevice> devices, LibxlMembers domain) {
        LISTS.forEach((kind, list) -> domain.elements(
                list,
                devices.stream()
                        .filter(device -> device.kind() == kind)
                        .map(LibxlOtherDevices::write)
                        .toList()));
        Stream<JsonObject> ofScreens = devices.stream()
                .filter(device -> device.kind() == Kind.FRAME_BUFFER)
                .map(device -> new JsonObject());
        Stream<JsonObject> others = devices.stream()
                .filter(device -> device.kind() == Kind.KEYBOARD)
                .map(LibxlOtherDevices::write);
        domain.elements(KEYBOARDS, Stream.concat(ofScreens, others).toList());
    }

    /** The hardware that {@code b_info} lists. */
    static void writeHardware(List<OtherDevice> devices, LibxlMembers build) {
        build.elements("ioports", hardware(devices, Kind.IO_PORTS, ports -> {
                    long first = hex(ports, "first");
                    return new LibxlMembers()
                            .number("first", first)
                            .number("number", hex(ports, "last") - first + 1)
                            .object();
                }))
                .elements(
                        "irqs",
                        hardware(
                                devices,
                                Kind.IRQ,
                                irq -> new JsonPrimitive(Long.valueOf(irq.getOrDefault("number", "0")))))
                .elements("iomem", hardware(devices, Kind.IO_MEMORY, pages -> new LibxlMembers()
                        .number("start", hex(pages, "start"))
                        .number("number", hex(pages, "count"))
                        .number(
                                "gfn",
                                Optional.of("gfn").filter(pages::containsKey).map(gfn -> hex(pages, gfn)))
                        .object()));
    }

    private static List<? extends JsonElement> hardware(
            List<OtherDevice> devices, Kind kind, Function<Map<String, String>, JsonElement> written) {
        return devices.stream()
                .filter(device -> device.kind() == kind)
                .map(device -> written.apply(device.parameters()))
                .toList();
    }

    private static long hex(Map<String, String> parameters, String name) {
        return Long.parseLong(parameters.getOrDefault(name, "0"), HEXADECIMAL);
    }

    /** Whether an element of the list of PCI devices is the one with that address. */
    static boolean isPciDevice(JsonElement element, String address) {
        JsonObject wanted = new JsonObject();
        address(address, wanted);
        return element instanceof JsonObject object
                && Stream.of("domain", "bus", "dev", "func")
                        .allMatch(name -> number(object, name) == number(wanted, name));
    }

    private static int number(JsonObject object, String name) {
        return object.get(name) instanceof JsonPrimitive number ? number.getAsInt() : 0;
    }

    /** Replaces the USB controllers and devices, unless the domain has controllers that QEMU does not emulate. */
    static void replaceUsb(JsonObject domain, List<OtherDevice> usb) {
        if (domain.get(LISTS.get(Kind.USB_CONTROLLER)) instanceof JsonArray controllers
                && controllers.asList().stream().anyMatch(LibxlOtherDevices::isParavirtual)) {
            return;
        }
        for (Kind kind : OtherDevice.USB) {
            JsonArray list = new JsonArray();
            usb.stream()
                    .filter(device -> device.kind() == kind)
                    .map(LibxlOtherDevices::write)
                    .forEach(list::add);
            String name = Objects.requireNonNull(LISTS.get(kind));
            domain.remove(name);
            if (!list.isEmpty()) {
                domain.add(name, list);
            }
        }
    }

    /** Replaces the keyboards but those of screens, which have no members. */
    static void replaceKeyboards(JsonObject domain, List<OtherDevice> keyboards) {
        List<JsonElement> written = new ArrayList<>();
        if (domain.get(KEYBOARDS) instanceof JsonArray before) {
            before.asList().stream()
                    .filter(element -> !(element instanceof JsonObject object && object.has(BACKEND_TYPE)))
                    .forEach(written::add);
        }
        List<OtherDevice> own = new ArrayList<>(keyboards);
        written.forEach(ofScreen -> own.stream()
                .filter(keyboard -> keyboard.parameters().size() == 1)
                .findFirst()
                .ifPresent(own::remove));
        own.stream().map(LibxlOtherDevices::write).forEach(written::add);
        JsonArray list = new JsonArray();
        written.forEach(list::add);
        domain.remove(KEYBOARDS);
        if (!list.isEmpty()) {
            domain.add(KEYBOARDS, list);
        }
    }

    private static boolean isParavirtual(JsonElement controller) {
        return controller instanceof JsonObject object
                && object.get("type") instanceof JsonPrimitive type
                && List.of("qusb", "pv").contains(type.getAsString());
    }

    static JsonObject write(OtherDevice device) {
        JsonObject object = new JsonObject();
        if (device.kind() == Kind.PCI) {
            object.addProperty("vfunc_mask", 1);
        }
        if (device.kind() == Kind.FRAME_BUFFER) {
            object.add("vnc", new JsonObject());
            object.add("sdl", new JsonObject());
        }
        device.parameters().forEach((name, value) -> {
            if (device.kind() == Kind.PCI && name.equals("address")) {
                address(value, object);
            } else if (device.kind() == Kind.PCI && name.equals("slot")) {
                object.addProperty("vdevfn", Integer.parseInt(value) * FUNCTIONS_OF_SLOT);
            } else if (device.kind() == Kind.CHANNEL && name.equals("connection")) {
                object.add("connection." + value, new JsonObject());
            } else {
                Type type = device.kind().parameters().getOrDefault(name, Type.TEXT);
                put(object, path(device.kind(), name), primitive(type, value));
            }
        });
        return object;
    }

    private static JsonPrimitive primitive(Type type, String value) {
        return switch (type) {
            case TEXT -> new JsonPrimitive(value);
            case NUMBER -> new JsonPrimitive(Long.valueOf(value));
            case HEX -> throw onlyInHardware();
            case CHOICE -> new JsonPrimitive(value.equals("1") ? "True" : "False");
            case FLAG -> new JsonPrimitive(value.equals("1"));
        };
    }

    private static void put(JsonObject object, String path, JsonPrimitive value) {
        int slash = path.indexOf('/');
        if (slash < 0) {
            object.add(path, value);
            return;
        }
        String outer = path.substring(0, slash);
        if (!object.has(outer)) {
            object.add(outer, new JsonObject());
        }
        object.getAsJsonObject(outer).add(path.substring(slash + 1), value);
    }

    /** {@code 0000:01:1a.1}; zeros are left out. */
    private static void address(String address, JsonObject object) {
        List<String> parts = Splitter.onPattern("[:.]").splitToList(address);
        List<String> names = List.of("domain", "bus", "dev", "func");
        for (int i = names.size() - 1; i >= 0; i--) {
            int number = Integer.parseInt(parts.get(i), 16);
            if (number != 0) {
                object.addProperty(names.get(i), number);
            }
        }
    }

    /** The devices, in the order of their kinds. */
    static List<OtherDevice> read(DomainType type, LibxlObject domain, LibxlObject build) {
        List<OtherDevice> devices = new ArrayList<>();
        LISTS.forEach((kind, list) -> domain.objects(list)
                .forEach(object ->
                        devices.add(object.checked(() -> new OtherDevice(kind, parametersIn(type, kind, object))))));
        // Those of the screens have no members.
        domain.objects(KEYBOARDS).stream()
                .peek(object -> object.skip("devid"))
                .filter(object -> object.has(BACKEND_TYPE))
                .forEach(object -> devices.add(
                        object.checked(() -> new OtherDevice(Kind.KEYBOARD, parameters(Kind.KEYBOARD, object)))));
        readHardware(build, devices);
        devices.sort(Comparator.comparing(OtherDevice::kind));
        return devices;
    }

    /** For a guest that is no HVM guest, xl writes a policy that comes from the machine of an HVM guest. */
    private static Map<String, String> parametersIn(DomainType type, Kind kind, LibxlObject object) {
        Map<String, String> parameters = parameters(kind, object);
        if (type != DomainType.HVM && kind == Kind.PCI) {
            parameters.remove("rdm_policy");
        }
        return parameters;
    }

    private static void readHardware(LibxlObject build, List<OtherDevice> devices) {
        for (LibxlObject ports : build.objects("ioports")) {
            long first = ports.number("first", 0, UINT32_MAX).orElse(0);
            long count = ports.number("number", 1, UINT32_MAX).orElse(1);
            devices.add(ports.checked(() -> new OtherDevice(
                    Kind.IO_PORTS,
                    Map.of("first", Long.toHexString(first), "last", Long.toHexString(first + count - 1)))));
        }
        for (int irq : build.numbers("irqs", Integer.MAX_VALUE)) {
            devices.add(build.checked(() -> new OtherDevice(Kind.IRQ, Map.of("number", Integer.toString(irq)))));
        }
        for (LibxlObject pages : build.objects("iomem")) {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put(
                    "start",
                    Long.toHexString(pages.number("start", 0, GREATEST_FRAME).orElse(0)));
            parameters.put(
                    "count",
                    Long.toHexString(pages.number("number", 0, GREATEST_FRAME).orElse(0)));
            pages.number("gfn", 0, GREATEST_FRAME).ifPresent(gfn -> parameters.put("gfn", Long.toHexString(gfn)));
            devices.add(pages.checked(() -> new OtherDevice(Kind.IO_MEMORY, parameters)));
        }
    }

    private static Map<String, String> parameters(Kind kind, LibxlObject object) {
        Map<String, String> parameters = new LinkedHashMap<>();
        object.skip("devid", "backend_domid");
        kind.parameters().forEach((name, type) -> {
            String path = path(kind, name);
            int slash = path.indexOf('/');
            LibxlObject owner = slash < 0 ? object : object.object(path.substring(0, slash));
            value(owner, path.substring(slash + 1), type).ifPresent(value -> parameters.put(name, value));
        });
        if (kind == Kind.PCI) {
            long slot = object.number("vdevfn", 0, UINT32_MAX).orElse(0) / FUNCTIONS_OF_SLOT;
            if (slot != 0) {
                parameters.put("slot", Long.toString(slot));
            }
            object.skip("vfunc_mask");
            parameters.put(
                    "address",
                    "%04x:%02x:%02x.%x"
                            .formatted(
                                    object.number("domain", 0, 0xFFFF).orElse(0),
                                    object.number("bus", 0, 0xFF).orElse(0),
                                    object.number("dev", 0, 0x1F).orElse(0),
                                    object.number("func", 0, 7).orElse(0)));
        }
        if (kind == Kind.CHANNEL) {
            for (String connection : List.of("pty", "socket")) {
                if (object.has("connection." + connection)) {
                    object.object("connection." + connection);
                    parameters.put("connection", connection);
                }
            }
            object.skip("connection");
        }
        return parameters;
    }

    private static Optional<String> value(LibxlObject owner, String name, Type type) {
        return switch (type) {
            case TEXT -> owner.text(name);
            case HEX -> throw onlyInHardware();
            case NUMBER -> number(owner, name).map(number -> Long.toString(number));
            case CHOICE -> owner.flag(name).map(yes -> yes ? "1" : "0");
            case FLAG -> owner.flag(name).filter(yes -> yes).map(yes -> "1");
        };
    }

    private static IllegalStateException onlyInHardware() {
        return new IllegalStateException("only ports and pages have hexadecimal parameters, and b_info lists these");
    }

    /** Reads a number; a negative one is none. */
    private static Optional<Long> number(LibxlObject owner, String name) {
        OptionalLong number = owner.number(name, -1, UINT32_MAX);
        return number.isPresent() && number.getAsLong() >= 0 ? Optional.of(number.getAsLong()) : Optional.empty();
    }
}
