// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device;

import java.util.Optional;

/** Finds the QEMU of a domain. */
@FunctionalInterface
public interface QemuFinder {
    Optional<QemuProcess> find(int domid);
}
