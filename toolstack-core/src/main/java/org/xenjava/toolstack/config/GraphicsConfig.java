// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.config;

import com.google.common.collect.Sets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.xenjava.toolstack.error.ConfigException;
import org.xenjava.toolstack.xenctrl.units.KiB;

/**
 * The graphics card and the display of an HVM guest. QEMU holds the video RAM, which is a part of the guest's memory
 * and is never populated on demand.
 *
 * @param vga the emulated card
 * @param videoRam memory of the card; 0 without a card, else {@link Vga#leastVideoRam} … 512 MiB, and a power of
 *     two, because QEMU rounds up
 * @param vnc the VNC server, if any
 * @param keymap QEMU's keyboard layout, such as {@code de}; the default is {@code en-us}
 * @param spice the Spice server, if any
 * @param sdl QEMU's own window, if any
 */
public record GraphicsConfig(
        Vga vga, KiB videoRam, Optional<Vnc> vnc, Optional<String> keymap, Optional<Spice> spice, Optional<Sdl> sdl) {

    /** xl's default: cirrus with 8 MiB, and VNC on the loopback interface without a password. */
    public static final GraphicsConfig DEFAULT = of(Vga.CIRRUS).withVnc(Vnc.DEFAULT);

    /** The emulated graphics card: xl.cfg's {@code vga}. */
    public enum Vga {
        /** No graphics card. */
        NONE("none", 0),
        /** A Cirrus Logic GD5446. libxl's default. */
        CIRRUS("cirrus", 8),
        /** A VGA with Bochs' extensions. */
        STDVGA("stdvga", 16),
        /** Spice's paravirtual card. */
        QXL("qxl", 128);

        private final String word;
        private final KiB videoRam;

        Vga(String word, long videoRamMib) {
            this.word = word;
            this.videoRam = KiB.ofMiB(videoRamMib);
        }

        /** {@return the word of xl.cfg} */
        public String word() {
            return word;
        }

        /**
         * {@return the least video RAM of the card with the upstream QEMU, which is also the default
         * (libxl_create.c)}
         */
        public KiB leastVideoRam() {
            return videoRam;
        }
    }

    /** The choice of a VNC server's display. */
    public enum DisplayChoice {
        /** The configured display; an error if it is taken. */
        EXACT,
        /** The first free display from the configured one on: xl's {@code vncunused}. */
        FIRST_FREE
    }

    /**
     * A VNC server. An address that other machines reach requires a password.
     *
     * @param listen address to listen on, without a port; an IPv6 address has no brackets. Or {@code unix:/PATH}: a
     *     socket that only root can use, which needs no password
     * @param display 0 … 59635; the TCP port is 5900 more. 0 for a socket
     * @param choice whether another display may be used. {@link DisplayChoice#FIRST_FREE} for a socket
     * @param password password for viewers; VNC uses its first eight characters
     */
    public record Vnc(String listen, int display, DisplayChoice choice, Optional<String> password) {
        static final String SOCKET_PREFIX = "unix:";

        /** TCP port of display 0. */
        public static final int FIRST_PORT = 5900;

        /** xl's default: the first free display, for this machine only, without a password. */
        public static final Vnc DEFAULT = new Vnc("127.0.0.1", 0, DisplayChoice.FIRST_FREE, Optional.empty());

        /**
         * Checks the values.
         *
         * @param listen address to listen on, without a port; an IPv6 address has no brackets
         * @param display 0 … 59635; the TCP port is 5900 more
         * @param choice whether another display may be used
         * @param password password for viewers; VNC uses its first eight characters
         * @throws ConfigException if a value is out of range, or if a public address has no password
         */
        public Vnc {
            if (listen.startsWith(SOCKET_PREFIX)) {
                display = 0;
                choice = DisplayChoice.FIRST_FREE;
            }
            new ProblemCollector()
                    .add(HvmRules.ofListener(listen, password), "vnclisten", "vncpasswd")
                    .add(HvmRules.ofDisplay(display), "vncdisplay", "vnclisten")
                    .add(password.flatMap(HvmRules::ofPassword), "vncpasswd")
                    .throwIfAny("");
        }

        /** {@return the path of the socket to listen on; empty for a TCP port} */
        public Optional<Path> socket() {
            return Optional.of(listen)
                    .filter(text -> text.startsWith(SOCKET_PREFIX))
                    .map(text -> Path.of(text.substring(SOCKET_PREFIX.length())));
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Vnc[listen=" + listen + ", display=" + display + ", choice=" + choice + ", password="
                    + (password.isPresent() ? "set" : "none") + "]";
        }
    }

    /**
     * A Spice server.
     *
     * @param host address to listen on; all addresses if it is empty
     * @param port TCP port for connections without encryption
     * @param tlsPort TCP port for encrypted connections
     * @param password password for viewers; empty for a server that asks for none
     * @param features what the server offers
     * @param usbRedirections number of USB devices that viewers may lend the guest, 0 … 4; only with a USB controller
     *     of {@link PeripheralConfig#usbVersion}
     * @param imageCompression QEMU's word for the compression of pictures
     * @param streamingVideo QEMU's word for the detection of video
     */
    public record Spice(
            Optional<String> host,
            OptionalInt port,
            OptionalInt tlsPort,
            Optional<String> password,
            Set<Feature> features,
            int usbRedirections,
            Optional<String> imageCompression,
            Optional<String> streamingVideo) {
        /** Abilities of a Spice server. */
        public enum Feature {
            /** The guest's agent moves the pointer. */
            AGENT_MOUSE("spiceagent_mouse"),
            /** A channel to the guest's agent. */
            VDAGENT("spicevdagent"),
            /** Texts can be copied between viewer and guest. */
            CLIPBOARD_SHARING("spice_clipboard_sharing");

            private final String key;

            Feature(String key) {
                this.key = key;
            }

            /** {@return the key of xl.cfg} */
            public String key() {
                return key;
            }
        }

        /**
         * Copies the features, so that the record is immutable, and checks the values.
         *
         * @param host address to listen on; all addresses if it is empty
         * @param port TCP port for connections without encryption
         * @param tlsPort TCP port for encrypted connections
         * @param password password for viewers; empty for a server that asks for none
         * @param features what the server offers
         * @param usbRedirections number of USB devices that viewers may lend the guest, 0 … 4; only with a USB
         *     controller of {@link PeripheralConfig#usbVersion}
         * @param imageCompression QEMU's word for the compression of pictures
         * @param streamingVideo QEMU's word for the detection of video
         * @throws ConfigException if a value is out of range
         */
        public Spice {
            features = Sets.immutableEnumSet(features);
            new ProblemCollector()
                    .add(HvmRules.ofSpice(host, port, tlsPort), "spice", "spiceport", "spicehost")
                    .add(HvmRules.ofTcpPort("spiceport", port), "spiceport")
                    .add(HvmRules.ofTcpPort("spicetls_port", tlsPort), "spicetls_port")
                    .add(DomainRules.ofLimit("spiceusbredirection", usbRedirections, 0, 4), "spiceusbredirection")
                    .add(HvmRules.ofWord("spice_image_compression", imageCompression), "spice_image_compression")
                    .add(HvmRules.ofWord("spice_streaming_video", streamingVideo), "spice_streaming_video")
                    .add(password.flatMap(text -> DeviceRules.ofText("Spice password", text)), "spicepasswd")
                    .throwIfAny("");
        }

        /** Without the password. */
        @Override
        public String toString() {
            return "Spice[host=" + host + ", port=" + port + ", tlsPort=" + tlsPort + ", password="
                    + (password.isPresent() ? "set" : "none") + ", features=" + features + "]";
        }
    }

    /**
     * A window of QEMU's own on an X server of the host.
     *
     * @param display the X display; the toolstack's own if it is empty
     * @param authority path of the file with the X server's secret; the toolstack's own if it is empty
     */
    public record Sdl(Optional<String> display, Optional<String> authority) {}

    /**
     * Creates a display that at most VNC shows.
     *
     * @param vga the emulated card
     * @param videoRam memory of the card
     * @param vnc the VNC server, if any
     * @param keymap QEMU's keyboard layout, such as {@code de}
     */
    public GraphicsConfig(Vga vga, KiB videoRam, Optional<Vnc> vnc, Optional<String> keymap) {
        this(vga, videoRam, vnc, keymap, Optional.empty(), Optional.empty());
    }

    /**
     * Checks the values.
     *
     * @param vga the emulated card
     * @param videoRam memory of the card; 0 without a card, else {@link Vga#leastVideoRam} … 512 MiB, and a power of
     *     two, because QEMU rounds up
     * @param vnc the VNC server, if any
     * @param keymap QEMU's keyboard layout, such as {@code de}; the default is {@code en-us}
     * @param spice the Spice server, if any
     * @param sdl QEMU's own window, if any
     * @throws ConfigException if the video RAM does not fit the card
     */
    public GraphicsConfig {
        new ProblemCollector()
                .add(HvmRules.ofVideoRam(vga, videoRam), "videoram", "vga")
                .add(keymap.flatMap(HvmRules::ofKeymap), "keymap")
                .throwIfAny("");
    }

    /**
     * {@return the card with its default video RAM, without a VNC server}
     *
     * @param vga the card
     */
    public static GraphicsConfig of(Vga vga) {
        return new GraphicsConfig(vga, vga.leastVideoRam(), Optional.empty(), Optional.empty());
    }

    /**
     * {@return the same display with another size of the card's memory}
     *
     * @param value a power of two, as in {@link #videoRam}
     */
    public GraphicsConfig withVideoRam(KiB value) {
        return new GraphicsConfig(vga, value, vnc, keymap, spice, sdl);
    }

    /**
     * {@return the same display with a VNC server}
     *
     * @param value the server
     */
    public GraphicsConfig withVnc(Vnc value) {
        return new GraphicsConfig(vga, videoRam, Optional.of(value), keymap, spice, sdl);
    }

    /**
     * {@return the same display with another keyboard layout}
     *
     * @param value QEMU's name of the layout, such as {@code de}
     */
    public GraphicsConfig withKeymap(String value) {
        return new GraphicsConfig(vga, videoRam, vnc, Optional.of(value), spice, sdl);
    }
}
