// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import org.xenjava.toolstack.image.ImagePlan;

/** The parts of a create that differ between kinds of guests; {@link GuestBuild} has the common parts. */
sealed interface GuestKind permits PvhBuild, HvmBuild {

    static GuestKind of(GuestBuild guest, ImagePlan plan) {
        return plan.map(image -> new PvhBuild(guest, image), image -> new HvmBuild(guest, image));
    }

    void loadImage();

    void setHvmParams();

    void setVcpuState();

    void writeStore();
}
