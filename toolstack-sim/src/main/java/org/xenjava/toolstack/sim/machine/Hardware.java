// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The part of a simulated computer that outlives a reboot.
 *
 * @param size its memory and CPU
 * @param lock every access from outside holds it
 * @param time virtual time
 * @param bus makes the PCI devices as they are after a reset
 * @param usb makes the USB devices as they are after a reset
 * @param reset reboots the computer; called under the lock
 */
public record Hardware(
        MachineSize size,
        ReentrantLock lock,
        VirtualTime time,
        Supplier<PciBus> bus,
        Supplier<UsbBuses> usb,
        Runnable reset) {}
