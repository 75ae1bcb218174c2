// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim;

import java.util.Optional;

/**
 * A network interface of the simulated dom0.
 *
 * @param origin the name that its driver gave it
 * @param bridge the bridge that it is in, if any
 * @param mtu largest payload in bytes
 * @param address its hardware address, if somebody has set one
 * @param up whether it is up
 */
public record HostLink(String origin, Optional<String> bridge, int mtu, Optional<String> address, boolean up) {}
