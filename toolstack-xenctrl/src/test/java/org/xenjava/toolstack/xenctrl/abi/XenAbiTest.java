// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class XenAbiTest {
    @Test
    void everySupportedReleaseCanBeReadAndHasItsNumber() {
        for (XenRelease release : XenAbi.supportedReleases()) {
            XenAbi abi = XenAbi.of(release).orElseThrow();
            assertEquals(release, abi.release());
            assertEquals(40, abi.struct("xen_pod_target").size());
            assertTrue(abi.constant("XEN_DOMCTL_INTERFACE_VERSION") > 0);
        }
    }

    @Test
    void aReleaseWithoutADescriptionIsRefused() {
        assertEquals(Optional.empty(), XenAbi.of(new XenRelease(4, 13)));
        assertEquals(Optional.empty(), XenAbi.of(new XenRelease(5, 17)));
    }

    @Test
    void aMissingDescriptionIsNamedWithTheRelease() {
        XenAbi abi = XenAbi.of(XenRelease.V4_17).orElseThrow();
        assertEquals(
                "no layout of struct xen_nonsense for Xen 4.17",
                assertThrows(IllegalArgumentException.class, () -> abi.struct("xen_nonsense"))
                        .getMessage());
        assertEquals(
                "no constant NONSENSE for Xen 4.17",
                assertThrows(IllegalArgumentException.class, () -> abi.constant("NONSENSE"))
                        .getMessage());
    }

    @Test
    void descriptionsCannotBeChanged() {
        XenAbi abi = XenAbi.of(XenRelease.V4_17).orElseThrow();
        assertThrows(UnsupportedOperationException.class, () -> abi.structs().clear());
        assertThrows(UnsupportedOperationException.class, () -> abi.constants().clear());
        assertThrows(
                UnsupportedOperationException.class,
                () -> abi.struct("xen_pod_target").fields().clear());
    }

    @Test
    void aReleaseIsReadFromTheVersionHypercallsResult() {
        assertEquals(XenRelease.V4_17, XenRelease.ofVersionCall(4 << 16 | 17));
        assertEquals("4.17", XenRelease.V4_17.toString());
    }

    @Test
    void releasesAreOrderedAsNumbersNotAsText() {
        assertEquals(
                List.of("4.9", "4.17", "4.100", "5.0"),
                Stream.of(new XenRelease(5, 0), new XenRelease(4, 100), new XenRelease(4, 9), XenRelease.V4_17)
                        .sorted()
                        .map(XenRelease::toString)
                        .toList());
    }
}
