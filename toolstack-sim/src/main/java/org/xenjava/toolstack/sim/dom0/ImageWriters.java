// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.dom0;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The images that simulated QEMUs have open for writing, on one machine or on several that share a storage. Nothing prevents two
 * QEMUs from writing one image: QEMU does not lock the images of paravirtual disks. Safe to use from many threads.
 */
public final class ImageWriters {
    private final Map<String, Set<EmulatedDevices>> writers = new HashMap<>();
    private final Set<EmulatedDevices> sharing = new HashSet<>();

    /** Replaces the images that a QEMU has open for writing. */
    synchronized void set(EmulatedDevices qemu, Set<String> images) {
        writers.values().forEach(users -> users.remove(qemu));
        images.forEach(image -> {
            Set<EmulatedDevices> users = writers.computeIfAbsent(image, any -> new HashSet<>());
            users.add(qemu);
            if (users.size() > 1) {
                sharing.addAll(users);
            }
        });
    }

    /** Whether a QEMU has ever had an image open for writing while another one had. */
    synchronized boolean hasShared(EmulatedDevices qemu) {
        return sharing.contains(qemu);
    }
}
