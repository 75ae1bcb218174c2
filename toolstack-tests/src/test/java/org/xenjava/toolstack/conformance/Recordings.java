// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.conformance;

import java.util.List;
import java.util.stream.Stream;

/** The recordings of libxl that are compared with. */
final class Recordings {
    static final List<LibxlRecording> PVH = Stream.of(
                    "a-pvh-pod-256-512",
                    "a2-pvh-pod-256-512-bzimage",
                    "b-pvh-nopod-256",
                    "c-pvh-pod-1000-1537",
                    "c1g-pvh-pod-1000-1537-cpu1g",
                    "h1-pvh-pod-256-512-vcpus4",
                    "h3-pvh-pod-512-4096",
                    "p1-pvh-pod-256-512-paused",
                    "p4-pvh-nopod-256-paused")
            .map(LibxlRecording::of)
            .toList();

    static final List<LibxlRecording> HVM = Stream.of(
                    "d1-hvm-pod-256-512-vganone",
                    "d2-hvm-pod-256-512-stdvga16",
                    "e-hvm-nopod-512",
                    "h4-hvm-pod-512-4096",
                    "h7-hvm-pod-255-257-videoram16",
                    "p2-hvm-pod-256-512-stdvga16-paused")
            .map(LibxlRecording::of)
            .toList();

    /** What was done to p1, p2 and p4, one after the other. */
    static final List<String> MEM_SETS = List.of("up-300", "down-200", "up-512", "down-256");

    private Recordings() {}

    static LibxlRecording named(String shortName) {
        return Stream.concat(PVH.stream(), HVM.stream())
                .filter(recording -> recording.shortName().equals(shortName))
                .findFirst()
                .orElseThrow();
    }
}
