// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;

/** The sockets that a guest's configuration names. Its QEMU listens on them and does not always remove them when it ends. */
public final class NamedSockets {
    private static final String UNIX = "unix:";
    private static final Set<String> SERVER = Set.of("server", "server=on");

    private NamedSockets() {}

    /** {@return the sockets of the screen, of the channels and of the serial ports} */
    public static List<Path> of(DomainConfig config) {
        Stream<Path> screen = GuestScreen.of(config).flatMap(GraphicsConfig::vnc).flatMap(Vnc::socket).stream();
        Stream<Path> channels = config.otherDevices().stream()
                .filter(device -> device.kind() == Kind.CHANNEL)
                .map(OtherDevice::parameters)
                .filter(values -> "socket".equals(values.get("connection")))
                .flatMap(values -> Optional.ofNullable(values.get("path")).map(Path::of).stream());
        Stream<Path> serial = config.hvm().stream()
                .flatMap(machine -> machine.serial().stream())
                .flatMap(port -> ofSerial(port).stream());
        return Stream.of(screen, channels, serial).flatMap(part -> part).toList();
    }

    /** QEMU connects to the socket of a port without the word. */
    private static Optional<Path> ofSerial(String port) {
        String[] words = port.split(",");
        return port.startsWith(UNIX) && Stream.of(words).anyMatch(SERVER::contains)
                ? Optional.of(Path.of(words[0].substring(UNIX.length())))
                : Optional.empty();
    }
}
