// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

/**
 * The two event channels that every guest has from the start, and the domains at their other ends.
 *
 * @param store the guest's port to xenstored
 * @param storeDomid the domain that xenstored runs in
 * @param console the guest's port to xenconsoled
 * @param consoleDomid the domain that xenconsoled runs in
 */
record GuestPorts(int store, int storeDomid, int console, int consoleDomid) {}
