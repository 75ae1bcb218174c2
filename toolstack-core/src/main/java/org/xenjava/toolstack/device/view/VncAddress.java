// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.view;

/**
 * The address of a guest's VNC server.
 *
 * @param host the address that VNC listens on; an IPv6 address without brackets
 * @param port TCP port, 5900 and up
 */
public record VncAddress(String host, int port) {
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
