// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

/** What differs between the kinds of guests while they are created; {@link GuestBuild} does what they share. */
sealed interface GuestKind permits PvhBuild, HvmBuild {

    static GuestKind of(GuestBuild guest) {
        return guest.plan().image().map(image -> new PvhBuild(guest, image), image -> new HvmBuild(guest, image));
    }

    void createDomain();

    void setCpuPolicy();

    void populateSpecialPages();

    void loadImage();

    void setHvmParams();

    void setVcpuState();

    void writeStore();

    /** Whether the device model populates guest memory (video RAM, ROMs), under the build's claim. */
    boolean deviceModelTakesMemory();
}
