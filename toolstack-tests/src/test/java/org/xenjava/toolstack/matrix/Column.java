// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.matrix;

import java.util.stream.Stream;
import org.xenjava.toolstack.memory.BackedBoot;
import org.xenjava.toolstack.memory.PodPolicy;
import org.xenjava.toolstack.memory.UnpatchedPodPolicy;

/** The builder of the guest, its rule, and the presence of a guard. */
public enum Column {
    /** The rule before XSA-153. */
    NO_SLACK("no slack"),
    /** libxl's rule, by this library. */
    LIBXL("libxl's rule"),
    /** libxl itself: to see that the column beside is its rule. On real Xen only. */
    XL("xl itself"),
    /** The default rule. */
    STANDARD("our rule"),
    /** The default rule, and the guard. */
    GUARDED("our rule and guard"),
    /** The default rule; the host backs every entry from before the first unpause until the driver has freed pages. */
    BACKED("our rule, backed boot");

    private final String title;

    Column(String title) {
        this.title = title;
    }

    /** Its head in the table. */
    public String title() {
        return title;
    }

    /** The one with that title. */
    static Column titled(String title) {
        return Stream.of(values())
                .filter(column -> column.title.equals(title))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no column '" + title + "'"));
    }

    /** What this library builds the guest with; in vain for {@link #XL}. */
    public PodPolicy policy() {
        return switch (this) {
            case NO_SLACK -> UnpatchedPodPolicy.yesLetGuestsCrashOnRealXen();
            case LIBXL, XL -> PodPolicy.libxl();
            case STANDARD, GUARDED, BACKED -> PodPolicy.standard();
        };
    }

    /** How far this library backs the guest's boot. */
    public BackedBoot backedBoot() {
        return this == BACKED ? BackedBoot.full() : BackedBoot.off();
    }
}
