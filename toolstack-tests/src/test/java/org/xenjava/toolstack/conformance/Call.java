// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;

/** A call that crossed the libraries, in the same words whoever recorded it. */
sealed interface Call {
    /** The hypercall whose operations have no names in traces; the fields are those of its only operation. */
    String MMUEXT_OP = "mmuext_op";

    /**
     * A hypercall.
     *
     * @param operation such as {@code set_pod_target}
     * @param in the fields before the call: numbers in decimal, arrays in hex, by the last part of their name
     * @param out the fields after the call that have changed
     * @param memory what its pointers pointed to: {@code extents}, {@code e820}, {@code cpuid_leaves} or {@code hvmcontext}
     * @param result what it returned
     */
    record Hypercall(
            String operation, Map<String, String> in, Map<String, String> out, Map<String, byte[]> memory, long result)
            implements Call {

        long number(String field) {
            return Long.parseLong(text(field));
        }

        /** Whether the release's struct has that field. */
        boolean has(String field) {
            return in.containsKey(field);
        }

        String text(String field) {
            return Optional.ofNullable(in.get(field))
                    .orElseThrow(() -> new NoSuchElementException(operation + " has no field " + field));
        }

        byte[] pointee(String name) {
            return Optional.ofNullable(memory.get(name))
                    .orElseThrow(() -> new NoSuchElementException(operation + " has no " + name));
        }

        boolean populatesOnDemand() {
            return (number("mem_flags") & MemoryOp.XENMEMF_POPULATE_ON_DEMAND) != 0;
        }
    }

    /** Guest frames were mapped, to be written to. */
    record Mapping(List<FrameRun> frames) implements Call {}

    /** The contents of a guest page when its mapping was closed; zeros at the end may be missing. */
    record PageContent(long frame, byte[] bytes) implements Call {}

    /** The contents of the first page of the grant table when its mapping was closed. */
    record GrantTable(byte[] bytes) implements Call {}

    /** A request to xenstored: {@code read}, {@code write}, {@code rm}, {@code transaction_start}, … */
    record Store(String operation, String path, String value) implements Call {}

    /** {@code xs_introduce_domain}. */
    record Introduction(long gfn, int port) implements Call {}
}
