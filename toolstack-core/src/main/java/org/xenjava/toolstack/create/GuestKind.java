// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import org.xenjava.toolstack.image.ImagePlan;
import org.xenjava.toolstack.operation.Step;
import org.xenjava.toolstack.progress.CreateStep;
import org.xenjava.toolstack.xenctrl.MemoryMapEntry;

/** The parts of a create that differ between kinds of guests; {@link GuestBuild} has the common parts. */
sealed interface GuestKind permits PvhBuild, HvmBuild, PvBuild {

    static GuestKind of(GuestBuild guest, ImagePlan plan) {
        return plan.map(new ImagePlan.ByKind<GuestKind>(
                image -> new PvhBuild(guest, image),
                image -> new HvmBuild(guest, image),
                image -> new PvBuild(guest, image)));
    }

    void loadImage();

    /** The memory map that the guest can read from Xen. */
    List<MemoryMapEntry> memoryMap();

    /** The pages of the rings that the guest shares with daemons. */
    GuestPorts.Frames sharedFrames();

    /** The steps between the event channels and the nodes in xenstore. */
    List<Step<CreateStep>> startingState();

    void writeStore();
}
