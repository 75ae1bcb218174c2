// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.error.ConfigException;

/**
 * Paravirtual keyboards, with the nodes that libxl writes (libxl_vkb.c). QEMU serves them and reads none of these nodes but
 * the guest's end; they are for the guest's driver.
 */
public final class Keyboards {
    /** A keyboard without parameters: the one of a paravirtual screen and of {@code vkb_device}. */
    public static final OtherDevice PLAIN = new OtherDevice(Kind.KEYBOARD, Map.of("backend-type", "qemu"));

    private static final String BACKEND = "backend";
    private static final String BACKEND_TYPE = "backend-type";
    private static final String MULTI_TOUCH = "feature-multi-touch";
    private static final List<String> TOUCH_AREA =
            List.of("multi-touch-width", "multi-touch-height", "multi-touch-num-contacts");
    private static final Set<String> ABSENT = Set.of("", "0");

    private Keyboards() {}

    /** @throws ConfigException if QEMU cannot serve the keyboard */
    public static QemuDevicePlan plan(OtherDevice keyboard, int devid) {
        QemuDevices.requireDomain0(keyboard);
        if (!keyboard.parameters().getOrDefault(BACKEND_TYPE, "").equals("qemu")) {
            throw new ConfigException("vkb: backend-type=linux needs a program in domain 0 that no package has");
        }
        return new QemuDevicePlan(
                PvDevice.KEYBOARD,
                devid,
                "paravirtual keyboard and mouse",
                nodes(keyboard.parameters()),
                Map.of(),
                Map.of(),
                List.of());
    }

    private static Map<String, String> nodes(Map<String, String> parameters) {
        Map<String, String> nodes = new LinkedHashMap<>(parameters);
        nodes.keySet().removeAll(Set.of(BACKEND, BACKEND_TYPE));
        nodes.values().removeIf(ABSENT::contains);
        if (nodes.containsKey(MULTI_TOUCH) || !Collections.disjoint(nodes.keySet(), TOUCH_AREA)) {
            if (Collections.disjoint(nodes.keySet(), TOUCH_AREA)) {
                throw new ConfigException("vkb: " + MULTI_TOUCH + " needs " + String.join(", ", TOUCH_AREA));
            }
            nodes.put(MULTI_TOUCH, "1");
            TOUCH_AREA.forEach(name -> nodes.putIfAbsent(name, "0"));
        }
        return nodes;
    }

    /**
     * The keyboard whose nodes these are.
     *
     * @param node returns the value of a node, or an empty text
     */
    public static OtherDevice described(UnaryOperator<String> node) {
        Map<String, String> parameters = new LinkedHashMap<>(PLAIN.parameters());
        Kind.KEYBOARD.parameters().keySet().stream()
                .filter(name -> !name.startsWith(BACKEND))
                .forEach(name -> parameters.put(name, node.apply(name)));
        return new OtherDevice(Kind.KEYBOARD, parameters);
    }

    /** The configuration of a guest with these keyboards. The next build gives each screen one. */
    public static DomainConfig with(DomainConfig config, List<OtherDevice> keyboards) {
        List<OtherDevice> own = new ArrayList<>(keyboards);
        List<OtherDevice> devices = new ArrayList<>();
        for (OtherDevice device : config.otherDevices()) {
            if (device.kind() != Kind.KEYBOARD) {
                devices.add(device);
            }
            if (device.kind() == Kind.FRAME_BUFFER) {
                own.remove(PLAIN);
            }
        }
        devices.addAll(own);
        Map<DescribedKey, String> keys = new EnumMap<>(DescribedKey.class);
        keys.putAll(config.describedKeys());
        keys.remove(DescribedKey.VKB_DEVICE);
        return config.toBuilder().otherDevices(devices).describedKeys(keys).build();
    }
}
