// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

import java.nio.file.Path;

/** The address of a guest's VNC server. */
public sealed interface VncAddress {
    /**
     * A TCP port.
     *
     * @param host the address that VNC listens on; an IPv6 address without brackets
     * @param port TCP port, 5900 and up
     */
    record Tcp(String host, int port) implements VncAddress {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * A local socket, which only root can use.
     *
     * @param path the path of the socket
     */
    record Socket(Path path) implements VncAddress {
        @Override
        public String toString() {
            return "unix:" + path;
        }
    }
}
