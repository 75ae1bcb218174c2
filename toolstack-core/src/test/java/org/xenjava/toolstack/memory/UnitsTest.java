// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.xenjava.toolstack.xenctrl.units.KiB;
import org.xenjava.toolstack.xenctrl.units.Pages;

class UnitsTest {
    @Test
    void aMebibyteIs256Pages() {
        assertEquals(Pages.of(256), KiB.ofMiB(1).toPages());
        assertEquals(KiB.ofMiB(1), Pages.of(256).toKiB());
    }

    @Test
    void partOfAPageIsDroppedAndPartOfAPageIsHeldByAWholeOne() {
        assertEquals(Pages.of(1), KiB.of(7).toPages());
        assertEquals(Pages.of(2), Pages.holding(4097));
        assertEquals(Pages.ZERO, Pages.holding(0));
    }

    @Test
    void unitsRefuseNegativeNumbers() {
        assertThrows(IllegalArgumentException.class, () -> KiB.of(-1));
        assertThrows(IllegalArgumentException.class, () -> Pages.of(1).minus(Pages.of(2)));
    }

    @Test
    void theUnitStandsBehindTheNumber() {
        assertEquals("4 KiB", KiB.of(4).toString());
        assertEquals("3 pages", Pages.of(3).toString());
    }

    @Test
    void overflowIsAnErrorNotASmallNumber() {
        assertThrows(ArithmeticException.class, () -> KiB.ofMiB(Long.MAX_VALUE / 2));
    }
}
