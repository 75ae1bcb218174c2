// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Sdl;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** The screen of a guest: that of the emulated card of an HVM guest, or the paravirtual one of any other guest. */
public final class GuestScreen {
    /** {@code ADDRESS:DISPLAY}; an IPv6 address has no display. */
    private static final Pattern WITH_DISPLAY = Pattern.compile("([^:]*):([0-9]{1,5})");

    private static final String YES = "1";
    private static final String NO = "0";

    private GuestScreen() {}

    /**
     * {@return the graphics of a guest; empty if it has no screen}
     *
     * @throws org.xenjava.toolstack.error.ConfigException if the paravirtual screen's values are wrong
     */
    public static Optional<GraphicsConfig> of(DomainConfig config) {
        return config.hvm().map(machine -> machine.graphics()).or(() -> paravirtual(config)
                .map(GuestScreen::graphics));
    }

    private static Optional<OtherDevice> paravirtual(DomainConfig config) {
        return config.otherDevices().stream()
                .filter(device -> device.kind() == Kind.FRAME_BUFFER)
                .findFirst();
    }

    private static GraphicsConfig graphics(OtherDevice screen) {
        Map<String, String> values = screen.parameters();
        return new GraphicsConfig(
                Vga.NONE,
                KiB.ofMiB(0),
                Optional.of(screen).filter(any -> isOn(values, "vnc", YES)).map(any -> vnc(values)),
                Optional.ofNullable(values.get("keymap")),
                Optional.empty(),
                Optional.of(screen)
                        .filter(any -> isOn(values, "sdl", NO))
                        .map(any -> new Sdl(
                                Optional.ofNullable(values.get("display")),
                                Optional.ofNullable(values.get("xauthority")))));
    }

    private static boolean isOn(Map<String, String> values, String name, String otherwise) {
        return values.getOrDefault(name, otherwise).equals(YES);
    }

    /** With libxl's defaults: the first free display of this machine. */
    private static Vnc vnc(Map<String, String> values) {
        String listen = values.getOrDefault("vnclisten", Vnc.DEFAULT.listen());
        Matcher both = WITH_DISPLAY.matcher(listen);
        OptionalInt named = both.matches() ? OptionalInt.of(Integer.parseInt(both.group(2))) : OptionalInt.empty();
        return new Vnc(
                both.matches() ? both.group(1) : listen,
                named.orElseGet(() -> Integer.parseInt(values.getOrDefault("vncdisplay", NO))),
                isOn(values, "vncunused", YES) ? DisplayChoice.FIRST_FREE : DisplayChoice.EXACT,
                Optional.ofNullable(values.get("vncpasswd")));
    }

    /** The nodes of a paravirtual screen. The password is not among them, because the guest can read them. */
    static Map<String, String> nodes(DomainConfig config) {
        Map<String, String> values =
                paravirtual(config).map(OtherDevice::parameters).orElse(Map.of());
        Map<String, String> nodes = new LinkedHashMap<>();
        nodes.put("vnc", values.getOrDefault("vnc", YES));
        of(config).flatMap(GraphicsConfig::vnc).ifPresent(vnc -> {
            nodes.put("vnclisten", vnc.listen());
            nodes.put("vncdisplay", Integer.toString(vnc.display()));
            nodes.put("vncunused", vnc.choice() == DisplayChoice.FIRST_FREE ? YES : NO);
        });
        nodes.put("sdl", values.getOrDefault("sdl", NO));
        nodes.put("opengl", values.getOrDefault("opengl", NO));
        return nodes;
    }

    /** The screen in a plan for people. */
    static String words(DomainConfig config) {
        Optional<Vnc> vnc = of(config).flatMap(GraphicsConfig::vnc);
        return vnc.map(server ->
                        "VNC on " + server.listen() + (server.password().isPresent() ? ", with a password" : ""))
                .orElse("not shown by VNC");
    }
}
