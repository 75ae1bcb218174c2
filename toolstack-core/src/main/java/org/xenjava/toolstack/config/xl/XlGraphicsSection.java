// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config.xl;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Sdl;
import org.xenjava.toolstack.config.GraphicsConfig.Spice;
import org.xenjava.toolstack.config.GraphicsConfig.Vga;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.xenctrl.units.KiB;

/** Interprets the keys of an HVM guest's display. */
final class XlGraphicsSection {

    /** VNC's authentication uses this many characters of a password. */
    private static final int PASSWORD_LENGTH = 8;

    /** xl's ADDRESS[:DISPLAYNUM], of which an IPv6 address is in brackets. */
    private static final Pattern LISTEN = Pattern.compile("([^:\\[\\]]*|\\[([^\\[\\]]+)\\])(?::([0-9]{1,5}))?");

    private final XlSettings settings;

    XlGraphicsSection(XlSettings settings) {
        this.settings = settings;
    }

    /** The display. A wrong key is reported and gets its default. */
    GraphicsConfig graphics() {
        Vga vga = vga();
        KiB videoRam = settings.mib("videoram").orElse(vga.leastVideoRam());
        Optional<Vnc> vnc = settings.truth("vnc").orElse(true) ? vnc() : Optional.empty();
        Optional<String> keymap = settings.filled("keymap");
        Optional<Spice> spice = settings.truth("spice").orElse(false) ? spice() : Optional.empty();
        Optional<Sdl> sdl = settings.truth("sdl").orElse(false)
                ? Optional.of(new Sdl(settings.text("display"), settings.text("xauthority")))
                : Optional.empty();
        return settings.valid(() -> new GraphicsConfig(vga, videoRam, vnc, keymap, spice, sdl))
                .orElse(GraphicsConfig.DEFAULT);
    }

    /** The card, as in xl: {@code vga}, else the older {@code stdvga}, else cirrus. */
    private Vga vga() {
        Optional<Boolean> standard = settings.truth("stdvga");
        return settings.word("vga", Vga.values(), Vga::word)
                .or(() -> standard.map(yes -> yes ? Vga.STDVGA : Vga.CIRRUS))
                .orElse(Vga.CIRRUS);
    }

    private Optional<Vnc> vnc() {
        Optional<String> password = password();
        Optional<String> address = settings.text("vnclisten");
        if (address.filter(String::isEmpty).isPresent()) {
            settings.warn(
                    "vnclisten", "'vnclisten' is empty: VNC listens on its default address, " + Vnc.DEFAULT.listen());
        }
        String written = address.filter(text -> !text.isEmpty()).orElse(Vnc.DEFAULT.listen());
        if (written.startsWith("unix:")) {
            return settings.valid(() -> new Vnc(written, 0, DisplayChoice.FIRST_FREE, password));
        }
        Matcher matcher = LISTEN.matcher(written);
        if (!matcher.matches()) {
            settings.complain("vnclisten", "'vnclisten' is ADDRESS or ADDRESS:DISPLAY, not \"" + written + '"');
            return Optional.empty();
        }
        String listen = matcher.group(2) == null ? matcher.group(1) : matcher.group(2);
        int display = display(Optional.ofNullable(matcher.group(3)).map(Integer::parseInt));
        boolean unused = settings.truth("vncunused").orElse(true);
        return settings.valid(
                () -> new Vnc(listen, display, unused ? DisplayChoice.FIRST_FREE : DisplayChoice.EXACT, password));
    }

    /** As in xl, a server asks for a password unless {@code spicedisable_ticketing} is set; libxl requires one then. */
    private Optional<Spice> spice() {
        Set<Spice.Feature> features = Stream.of(Spice.Feature.values())
                .filter(feature -> settings.truth(feature.key()).orElse(feature == Spice.Feature.AGENT_MOUSE))
                .collect(Collectors.toSet());
        Optional<String> password = settings.filled("spicepasswd");
        if (settings.truth("spicedisable_ticketing").orElse(false)) {
            password = Optional.empty();
        } else if (password.isEmpty()) {
            settings.complain("spice", "'spice' needs spicepasswd, or spicedisable_ticketing = 1");
        }
        Optional<String> chosen = password;
        Optional<String> host = settings.filled("spicehost");
        OptionalInt port = port("spiceport");
        OptionalInt tlsPort = port("spicetls_port");
        int redirections = settings.integer("spiceusbredirection").orElse(0);
        Optional<String> compression = settings.text("spice_image_compression");
        Optional<String> video = settings.text("spice_streaming_video");
        return settings.valid(() -> new Spice(host, port, tlsPort, chosen, features, redirections, compression, video));
    }

    /** Reads a number; 0 means none. */
    private OptionalInt port(String key) {
        return settings.integer(key).stream()
                .mapToInt(number -> number)
                .filter(number -> number != 0)
                .findAny();
    }

    /** The password; as in xl, an empty one is none. */
    private Optional<String> password() {
        Optional<String> password = settings.filled("vncpasswd");
        if (password.filter(text -> text.length() > PASSWORD_LENGTH).isPresent()) {
            settings.warn("vncpasswd", "VNC looks only at the first " + PASSWORD_LENGTH + " characters of 'vncpasswd'");
        }
        return password;
    }

    /** The display, as in xl: from {@code vnclisten} or {@code vncdisplay}, but not from both. */
    private int display(Optional<Integer> listened) {
        Optional<Integer> display = settings.integer("vncdisplay");
        if (listened.isPresent() && display.filter(number -> number != 0).isPresent()) {
            settings.complain("vncdisplay", "'vnclisten' of line " + settings.line("vnclisten") + " has a display too");
            return 0;
        }
        return listened.or(() -> display).orElse(0);
    }
}
