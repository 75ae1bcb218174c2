// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.error.ConfigException;

/** Reads and writes the devices that cannot be built yet: {@code key=value} with commas between them. */
final class XlOtherDevices {
    private static final Pattern PCI =
            Pattern.compile("(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})\\.([0-7])(?:@([0-9a-f]{1,2}))?");
    private static final int HEXADECIMAL = 16;

    /** The text of each kind of hardware that is no device with parameters; the groups have the parameters' names. */
    private static final ImmutableMap<Kind, Pattern> FORMS = ImmutableMap.of(
            Kind.IRQ, Pattern.compile("(?<number>[0-9]+)"),
            Kind.IO_PORTS, Pattern.compile("(?<first>[0-9a-f]+)(?:-(?<last>[0-9a-f]+))?"),
            Kind.IO_MEMORY, Pattern.compile("(?<start>[0-9a-f]+),(?<count>[0-9a-f]+)(?:@(?<gfn>[0-9a-f]+))?"),
            Kind.DEVICE_TREE_NODE, Pattern.compile("(?<path>.+)"));

    private XlOtherDevices() {}

    /**
     * @param kind the kind of device
     * @param text its specification
     * @param flags the flags that are set unless the text says something else
     */
    static OtherDevice read(Kind kind, String text, List<String> flags) {
        if (FORMS.containsKey(kind)) {
            return ofHardware(kind, text.strip().toLowerCase(Locale.ROOT), text.strip());
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        flags.forEach(flag -> parameters.put(flag, "1"));
        for (String word : Splitter.on(',').trimResults().omitEmptyStrings().split(text)) {
            int equals = word.indexOf('=');
            if (equals >= 0) {
                assign(
                        kind,
                        word.substring(0, equals).strip(),
                        word.substring(equals + 1).strip(),
                        parameters);
            } else if (kind == Kind.PCI) {
                address(word, parameters);
            } else {
                throw new ConfigException("'" + word + "' is not of the form KEY=VALUE");
            }
        }
        if (kind == Kind.USB_DEVICE && !parameters.keySet().containsAll(List.of("hostbus", "hostaddr"))) {
            throw new ConfigException("a USB device has hostbus and hostaddr");
        }
        if (kind == Kind.VTPM && !parameters.containsKey("backend")) {
            throw new ConfigException("a vTPM has a backend");
        }
        return new OtherDevice(kind, parameters);
    }

    /** Reads hardware; a single port is a range that ends where it begins. */
    private static OtherDevice ofHardware(Kind kind, String lower, String text) {
        Matcher matcher = Objects.requireNonNull(FORMS.get(kind)).matcher(kind == Kind.DEVICE_TREE_NODE ? text : lower);
        if (!matcher.matches()) {
            throw new ConfigException("it is not of the form "
                    + switch (kind) {
                        case IRQ -> "NUMBER";
                        case IO_PORTS -> "PORT or PORT-PORT, in hexadecimal";
                        case IO_MEMORY -> "START,COUNT or START,COUNT@GFN, in hexadecimal";
                        default -> "PATH";
                    });
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        kind.parameters().forEach((name, type) -> Optional.ofNullable(matcher.group(name))
                .map(value -> type == OtherDevice.Type.HEX ? value.replaceFirst("^0+(?=.)", "") : value)
                .ifPresent(value -> parameters.put(name, value)));
        if (kind == Kind.IO_PORTS) {
            parameters.putIfAbsent("last", parameters.getOrDefault("first", ""));
        }
        return new OtherDevice(kind, parameters);
    }

    /** xl ignores the type of a frame buffer, and leaves defaults out. */
    private static void assign(Kind kind, String name, String value, Map<String, String> parameters) {
        boolean isDefault = kind == Kind.FRAME_BUFFER && name.equals("type")
                || kind == Kind.USB_CONTROLLER && name.equals("type") && value.equals("auto")
                || kind == Kind.USB_DEVICE && name.equals("type") && value.equals("hostdev");
        if (kind == Kind.PCI && name.equals("bdf")) {
            address(value, parameters);
        } else if (!isDefault) {
            parameters.put(name, value);
        }
    }

    private static void address(String word, Map<String, String> parameters) {
        Matcher matcher = PCI.matcher(word.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new ConfigException("'" + word + "' is not the address of a PCI device, such as 00:1f.2");
        }
        parameters.put(
                "address",
                "%04x:%02x:%02x.%s"
                        .formatted(
                                hexadecimal(Optional.ofNullable(matcher.group(1))),
                                hexadecimal(Optional.ofNullable(matcher.group(2))),
                                hexadecimal(Optional.ofNullable(matcher.group(3))),
                                matcher.group(4)));
        Optional.ofNullable(matcher.group(5))
                .ifPresent(slot -> parameters.put("slot", "" + Integer.parseInt(slot, HEXADECIMAL)));
    }

    private static int hexadecimal(Optional<String> digits) {
        return digits.map(text -> Integer.parseInt(text, HEXADECIMAL)).orElse(0);
    }

    static String write(OtherDevice device) {
        Map<String, String> values = device.parameters();
        return switch (device.kind()) {
            case IRQ -> values.getOrDefault("number", "");
            case IO_PORTS -> values.get("first") + "-" + values.get("last");
            case IO_MEMORY ->
                values.get("start") + "," + values.get("count")
                        + Optional.ofNullable(values.get("gfn"))
                                .map("@"::concat)
                                .orElse("");
            case DEVICE_TREE_NODE -> values.getOrDefault("path", "");
            default -> withParameters(device);
        };
    }

    private static String withParameters(OtherDevice device) {
        String address = device.parameters().getOrDefault("address", "");
        String slot = device.kind() == Kind.PCI && device.parameters().containsKey("slot")
                ? "@%02x".formatted(Integer.parseInt(device.parameters().getOrDefault("slot", "0")))
                : "";
        String others = device.parameters().entrySet().stream()
                .filter(entry -> device.kind() != Kind.PCI
                        || !entry.getKey().equals("address") && !entry.getKey().equals("slot"))
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining(","));
        String place = address + slot;
        return place.isEmpty() || others.isEmpty() ? place + others : place + "," + others;
    }
}
