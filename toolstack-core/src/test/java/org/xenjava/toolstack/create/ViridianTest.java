// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.config.ViridianFeature;

class ViridianTest {
    /** {@code HVMPV_feature_mask} of params.h, without no_freq. */
    @Test
    void allFeaturesAreAllOfXensBitsButTheOneThatSwitchesOff() {
        assertEquals(0x1fff & ~2, Viridian.mask(EnumSet.allOf(ViridianFeature.class)));
    }

    @Test
    void theBaseAloneHidesTheFrequencies() {
        assertEquals(1 | 2, Viridian.mask(Set.of(ViridianFeature.BASE)));
        assertEquals(1, Viridian.mask(Set.of(ViridianFeature.BASE, ViridianFeature.FREQ)));
    }

    @Test
    void timersBringTheInterruptControllerAndTheReferenceCounterThatTheyNeed() {
        Set<ViridianFeature> timers = Set.of(ViridianFeature.BASE, ViridianFeature.FREQ, ViridianFeature.STIMER);
        assertEquals(1 | 1 << 8 | 1 << 7 | 1 << 2, Viridian.mask(timers));
    }
}
