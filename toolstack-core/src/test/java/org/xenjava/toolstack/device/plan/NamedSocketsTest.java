// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.GraphicsConfig;
import org.xenjava.toolstack.config.GraphicsConfig.DisplayChoice;
import org.xenjava.toolstack.config.GraphicsConfig.Vnc;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.OtherDevice;
import org.xenjava.toolstack.host.TestHost;

class NamedSocketsTest {
    private static List<String> sockets(HvmConfig.Builder machine, OtherDevice... devices) {
        DomainConfig config = TestHost.hvmGuest("web", 17, 17)
                .hvm(machine.build())
                .otherDevices(List.of(devices))
                .build();
        assertEquals(DomainType.HVM, config.type());
        return NamedSockets.of(config).stream().map(Path::toString).toList();
    }

    @Test
    void theSocketsOfVncSerialPortsAndChannelsAreFound() {
        HvmConfig.Builder machine = HvmConfig.builder()
                .graphics(GraphicsConfig.DEFAULT.withVnc(
                        new Vnc("unix:/run/web.vnc", 0, DisplayChoice.FIRST_FREE, Optional.empty())))
                .serial(List.of("unix:/run/web.serial,server,nowait", "unix:/run/on,server=on"));
        OtherDevice channel = new OtherDevice(
                OtherDevice.Kind.CHANNEL, Map.of("name", "agent", "connection", "socket", "path", "/run/web-agent"));
        assertEquals(
                List.of("/run/web.vnc", "/run/web-agent", "/run/web.serial", "/run/on"), sockets(machine, channel));
    }

    /** QEMU connects to the first of these, and the others are no sockets of the file system. */
    @Test
    void portsWithoutAServerAtAPathHaveNone() {
        HvmConfig.Builder machine = HvmConfig.builder()
                .graphics(GraphicsConfig.DEFAULT)
                .serial(List.of("unix:/run/logger", "pty", "tcp:127.0.0.1:4000,server", "none"));
        OtherDevice terminal =
                new OtherDevice(OtherDevice.Kind.CHANNEL, Map.of("name", "terminal", "connection", "pty"));
        assertEquals(List.of(), sockets(machine, terminal));
    }
}
