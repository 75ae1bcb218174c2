// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.xenjava.toolstack.error.SaveStreamException;
import org.xenjava.toolstack.fuzz.Fuzz;

/** A damaged save file is read, or refused with the documented exception. */
class SaveStreamFuzzTest {
    /** Headers and policies of a recorded stream, without its pages. */
    private static final int HEADERS_BYTES = 3000;

    @Provide
    Arbitrary<byte[]> streams() {
        byte[] small = Streams.write(Streams.json(), Streams.smallHvm());
        byte[] recorded = Arrays.copyOf(Streams.recorded("pvh-8.xalloc.save"), HEADERS_BYTES);
        return Fuzz.damaged(List.of(small, recorded));
    }

    @Property(seed = "153")
    void saveFiles(@ForAll("streams") byte[] stream) {
        Fuzz.attempt(() -> Streams.summary(stream), SaveStreamException.class);
    }
}
