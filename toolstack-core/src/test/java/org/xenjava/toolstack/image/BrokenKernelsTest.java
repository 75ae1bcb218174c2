// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.xenjava.toolstack.error.KernelImageException;

class BrokenKernelsTest {

    static Stream<String> names() {
        return BrokenKernels.all().keySet().stream();
    }

    @ParameterizedTest
    @MethodSource("names")
    void aBrokenFileIsRefusedWithAMessageThatSaysWhatIsWrong(String name) {
        byte[] file = Resources.bytes("broken/" + name);

        KernelImageException e = assertThrows(KernelImageException.class, () -> TestKernels.parse(file));

        String complaint = BrokenKernels.all().get(name).complaint();
        assertTrue(e.getMessage().contains(complaint), e.getMessage());
    }

    @ParameterizedTest
    @MethodSource("names")
    void theFileIsWhatItsBuilderMakes(String name) {
        assertArrayEquals(BrokenKernels.all().get(name).content(), Resources.bytes("broken/" + name));
    }
}
