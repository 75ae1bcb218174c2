// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.device.plan;

import com.google.common.collect.Sets;
import java.util.EnumSet;
import java.util.Set;

/**
 * The measures that confine a QEMU program on a host, found by trial starts.
 *
 * @param measures what works
 * @param drop the arguments by which QEMU drops its rights
 */
public record QemuAbilities(Set<ConfinementMeasure> measures, Drop drop) {
    /** Everything, with the arguments of QEMU 7. */
    public static final QemuAbilities ALL =
            new QemuAbilities(EnumSet.allOf(ConfinementMeasure.class), Drop.CHROOT_AND_RUNAS);

    /** Arguments by which QEMU changes its root directory and user. */
    public enum Drop {
        /** {@code -chroot DIR -runas UID:GID}, until QEMU 8. */
        CHROOT_AND_RUNAS,
        /** {@code -run-with chroot=DIR,user=UID:GID}, from QEMU 9.1 on. */
        RUN_WITH
    }

    public QemuAbilities {
        measures = Sets.immutableEnumSet(measures);
    }
}
