// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.xenjava.toolstack.error.ConfigException;

/**
 * A device beside disks and network cards. A guest with a device of a kind that the library cannot build is refused
 * before its domain is created.
 *
 * @param kind the kind of device
 * @param parameters xl's parameters and their values, without those that have xl's default; no value has a comma
 */
public record OtherDevice(Kind kind, Map<String, String> parameters) {
    /** The kinds that pass USB devices of the host through. */
    public static final Set<Kind> USB = Sets.immutableEnumSet(Kind.USB_CONTROLLER, Kind.USB_DEVICE);

    /** The kinds that let a guest use hardware of the host directly. */
    public static final Set<Kind> HARDWARE = Sets.immutableEnumSet(Kind.IO_PORTS, Kind.IO_MEMORY, Kind.IRQ);

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern HEXADECIMAL = Pattern.compile("0|[1-9a-f][0-9a-f]{0,12}");
    private static final Pattern PCI_ADDRESS = Pattern.compile("[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]");

    private static final long UINT32_MAX = 0xFFFF_FFFFL;

    /** The number of frames that a physical address of 64 bits can have. */
    private static final long FRAMES = 1L << 52;

    /** Kinds of values. */
    public enum Type {
        /** Any text. */
        TEXT,
        /** A decimal number. */
        NUMBER,
        /** A hexadecimal number in lower case, without zeros before it. */
        HEX,
        /** 1 or 0; libxl decides without it. */
        CHOICE,
        /** 1; absent otherwise. */
        FLAG
    }

    /** Kinds of devices. */
    public enum Kind {
        /** A console beside the guest's own, which dom0 sees as a socket or a terminal. */
        CHANNEL("channel", Kind.BUILT, "backend:TEXT name:TEXT connection:TEXT path:TEXT"),
        /** A paravirtual screen with keyboard and mouse. */
        FRAME_BUFFER(
                "vfb",
                Kind.BUILT,
                "vnc:CHOICE vnclisten:TEXT vncpasswd:TEXT vncdisplay:NUMBER vncunused:CHOICE keymap:TEXT sdl:CHOICE"
                        + " opengl:CHOICE display:TEXT xauthority:TEXT"),
        /** A directory of the host, shared by the protocol 9pfs. */
        SHARE("p9", Kind.BUILT, "tag:TEXT path:TEXT security_model:TEXT backend:TEXT"),
        /** A paravirtual keyboard, mouse or touch screen. */
        KEYBOARD(
                "vkb",
                Kind.BUILT,
                "backend:TEXT backend-type:TEXT unique-id:TEXT feature-disable-keyboard:FLAG"
                        + " feature-disable-pointer:FLAG feature-abs-pointer:FLAG feature-raw-pointer:FLAG"
                        + " feature-multi-touch:FLAG width:NUMBER height:NUMBER multi-touch-width:NUMBER"
                        + " multi-touch-height:NUMBER multi-touch-num-contacts:NUMBER"),
        /** A virtual trusted platform module, which a domain of its own serves. */
        VTPM(
                "vtpm",
                "only a domain of its own can serve a vTPM, and dom0 serves all devices",
                "backend:TEXT uuid:TEXT"),
        /** Sockets of domain 0 in the guest. */
        PVCALLS("pvcalls", "no back end is attached for such devices", "backend:TEXT"),
        /** An interrupt of the host. */
        IRQ("irqs", Kind.BUILT, "number:NUMBER"),
        /** I/O ports of the host, from {@code first} to {@code last}. */
        IO_PORTS("ioports", Kind.BUILT, "first:HEX last:HEX"),
        /** Pages of the host, {@code count} from frame {@code start} on, in the guest at frame {@code gfn}. */
        IO_MEMORY("iomem", Kind.BUILT, "start:HEX count:HEX gfn:HEX"),
        /** A device of a device tree. */
        DEVICE_TREE_NODE("dtdev", "device-tree passthrough exists on Arm only", "path:TEXT"),
        /** A PCI device of the host. */
        PCI(
                "pci",
                Kind.BUILT,
                "address:TEXT slot:NUMBER msitranslate:FLAG power_mgmt:FLAG permissive:FLAG seize:FLAG"
                        + " rdm_policy:TEXT name:TEXT"),
        /** A USB controller for devices of the host. */
        USB_CONTROLLER("usbctrl", Kind.BUILT, "type:TEXT version:NUMBER ports:NUMBER backend:TEXT"),
        /** A USB device of the host. */
        USB_DEVICE("usbdev", Kind.BUILT, "type:TEXT hostbus:NUMBER hostaddr:NUMBER controller:NUMBER port:NUMBER");

        private static final String BUILT = "";

        private final String key;
        private final String obstacle;
        private final ImmutableMap<String, Type> parameters;

        Kind(String key, String obstacle, String parameters) {
            this.key = key;
            this.obstacle = obstacle;
            ImmutableMap.Builder<String, Type> types = ImmutableMap.builder();
            Splitter.on(' ')
                    .withKeyValueSeparator(':')
                    .split(parameters)
                    .forEach((name, type) -> types.put(name, Type.valueOf(type)));
            this.parameters = types.buildOrThrow();
        }

        /** {@return the key of xl.cfg} */
        public String key() {
            return key;
        }

        /** {@return why the library cannot build the device; empty if it can} */
        public Optional<String> obstacle() {
            return Optional.of(obstacle).filter(reason -> !reason.isEmpty());
        }

        /** {@return the parameters and the kinds of their values, in the order in which they are written} */
        public Map<String, Type> parameters() {
            return parameters;
        }
    }

    /**
     * Checks the parameters and puts them in order.
     *
     * @param kind the kind of device
     * @param parameters xl's parameters and their values; a {@link Type#FLAG} that is 0 is left out
     * @throws ConfigException if there is no such parameter, or a value is wrong or missing
     */
    public OtherDevice {
        for (String name : parameters.keySet()) {
            if (!kind.parameters.containsKey(name)) {
                throw new ConfigException("'" + name + "' is no parameter of '" + kind.key + "'");
            }
        }
        Map<String, String> ordered = new LinkedHashMap<>();
        for (Map.Entry<String, Type> parameter : kind.parameters.entrySet()) {
            String value = parameters.getOrDefault(parameter.getKey(), "");
            if (!value.isEmpty()) {
                check(parameter.getKey(), parameter.getValue(), value);
                if (parameter.getValue() != Type.FLAG || value.equals("1")) {
                    ordered.put(parameter.getKey(), value);
                }
            }
        }
        parameters = ImmutableMap.copyOf(ordered);
        checkTogether(kind, parameters);
    }

    private static void check(String name, Type type, String value) {
        boolean right =
                switch (type) {
                    case TEXT -> value.indexOf(',') < 0;
                    case NUMBER -> NUMBER.matcher(value).matches();
                    case HEX -> HEXADECIMAL.matcher(value).matches();
                    case CHOICE, FLAG -> value.equals("0") || value.equals("1");
                };
        if (!right) {
            throw new ConfigException(name + " is "
                    + switch (type) {
                        case TEXT -> "a text without a comma";
                        case NUMBER -> "a number";
                        case HEX -> "a hexadecimal number";
                        case CHOICE, FLAG -> "0 or 1";
                    }
                    + ", not '" + value + "'");
        }
    }

    private static void checkTogether(Kind kind, Map<String, String> parameters) {
        switch (kind) {
            case CHANNEL -> {
                String connection = parameters.getOrDefault("connection", "");
                if (!connection.equals("pty") && !connection.equals("socket")) {
                    throw new ConfigException("connection is pty or socket, not '" + connection + "'");
                }
                if (connection.equals("socket") != parameters.containsKey("path")) {
                    throw new ConfigException("a channel has a path if its connection is socket, and only then");
                }
            }
            case PCI -> {
                String address = parameters.getOrDefault("address", "");
                if (!PCI_ADDRESS.matcher(address).matches()) {
                    throw new ConfigException("'" + address + "' is not the address of a PCI device, such as 00:1f.2");
                }
            }
            case KEYBOARD -> {
                String type = parameters.getOrDefault("backend-type", "");
                if (!type.equals("qemu") && !type.equals("linux")) {
                    throw new ConfigException("backend-type is qemu or linux, not '" + type + "'");
                }
            }
            case IRQ -> require(kind, parameters, "number");
            case IO_PORTS -> {
                require(kind, parameters, "first", "last");
                checkPorts(hexadecimal(parameters, "first"), hexadecimal(parameters, "last"));
            }
            case IO_MEMORY -> {
                require(kind, parameters, "start", "count");
                checkFrames("start", hexadecimal(parameters, "start"), hexadecimal(parameters, "count"));
                checkFrames("gfn", hexadecimal(parameters, "gfn"), hexadecimal(parameters, "count"));
            }
            case DEVICE_TREE_NODE -> require(kind, parameters, "path");
            case FRAME_BUFFER, SHARE, VTPM, PVCALLS, USB_CONTROLLER, USB_DEVICE -> {
                // libxl has defaults for all parameters; its JSON of a USB device lacks the device's address.
            }
        }
    }

    private static long hexadecimal(Map<String, String> parameters, String name) {
        return Long.parseLong(parameters.getOrDefault(name, "0"), 16);
    }

    /** libxl stores the first port and the number of ports, each in 32 bits. */
    private static void checkPorts(long first, long last) {
        if (first > last || last > UINT32_MAX || last - first == UINT32_MAX) {
            throw new ConfigException(
                    "a range is FIRST-LAST with FIRST <= LAST <= ffffffff, and has at most ffffffff ports, not "
                            + Long.toHexString(first) + "-" + Long.toHexString(last));
        }
    }

    private static void checkFrames(String name, long first, long count) {
        if (count == 0 || first + count > FRAMES) {
            throw new ConfigException("count is 1 or more, and " + name + " + count is at most "
                    + Long.toHexString(FRAMES) + ", not " + Long.toHexString(first) + " + " + Long.toHexString(count));
        }
    }

    private static void require(Kind kind, Map<String, String> parameters, String... names) {
        for (String name : names) {
            if (!parameters.containsKey(name)) {
                throw new ConfigException("'" + kind.key + "' needs " + name);
            }
        }
    }
}
