// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.config.OtherDevice.Kind;

/** The sockets that a guest's configuration names. Its QEMU listens on them and does not always remove them when it ends. */
public final class NamedSockets {
    private NamedSockets() {}

    /** {@return the sockets of the screen and of the channels} */
    public static List<Path> of(DomainConfig config) {
        Stream<Path> screen = GuestScreen.of(config).flatMap(GraphicsConfig::vnc).flatMap(Vnc::socket).stream();
        Stream<Path> channels = config.otherDevices().stream()
                .filter(device -> device.kind() == Kind.CHANNEL)
                .map(OtherDevice::parameters)
                .filter(values -> "socket".equals(values.get("connection")))
                .flatMap(values -> Optional.ofNullable(values.get("path")).map(Path::of).stream());
        return Stream.concat(screen, channels).toList();
    }
}
