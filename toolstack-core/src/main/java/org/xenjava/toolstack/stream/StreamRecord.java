// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.util.List;
import org.xenjava.toolstack.xenctrl.CpuPolicy;

/**
 * One record behind xl's header, in the order in which they come: {@link ImageStart}, the records of libxc's stream,
 * {@link ImageEnd}, the records of emulators, {@link StreamEnd}.
 */
public sealed interface StreamRecord
        permits PageBatch,
                PvRecord,
                StreamRecord.CpuidPolicy,
                StreamRecord.EmulatorContext,
                StreamRecord.EmulatorStore,
                StreamRecord.HvmContext,
                StreamRecord.HvmParams,
                StreamRecord.Ignored,
                StreamRecord.ImageEnd,
                StreamRecord.ImageStart,
                StreamRecord.MsrPolicy,
                StreamRecord.StaticDataEnd,
                StreamRecord.StreamEnd,
                StreamRecord.TscInfo,
                StreamRecord.Verify {

    /** The kind of a domain as libxc's stream tells it. PVH counts as HVM; the configuration tells them apart. */
    enum DomainKind {
        /** A PV domain. */
        PV,
        /** An HVM or PVH domain. */
        HVM
    }

    /**
     * The beginning of libxc's stream: its record in libxl's stream and its two headers.
     *
     * @param version of the format, 2 or 3
     * @param kind of the domain
     * @param xenMajor version of the Xen that wrote the stream; 0 for a converted one
     * @param xenMinor version of the Xen that wrote the stream
     */
    record ImageStart(int version, DomainKind kind, int xenMajor, int xenMinor) implements StreamRecord {}

    /**
     * X86_CPUID_POLICY.
     *
     * @param leaves that the domain sees
     */
    record CpuidPolicy(List<CpuPolicy.Leaf> leaves) implements StreamRecord {
        /**
         * Copies the list.
         *
         * @param leaves the leaves
         */
        public CpuidPolicy {
            leaves = List.copyOf(leaves);
        }
    }

    /**
     * X86_MSR_POLICY.
     *
     * @param msrs feature MSRs that the domain sees
     */
    record MsrPolicy(List<CpuPolicy.Msr> msrs) implements StreamRecord {
        /**
         * Copies the list.
         *
         * @param msrs the MSRs
         */
        public MsrPolicy {
            msrs = List.copyOf(msrs);
        }
    }

    /** STATIC_DATA_END: what the domain is created with is complete. Pages follow. */
    record StaticDataEnd() implements StreamRecord {}

    /** VERIFY: the receiver compares the pages that follow with those that it has. */
    record Verify() implements StreamRecord {}

    /**
     * X86_TSC_INFO.
     *
     * @param mode as {@code tsc_mode} of Xen
     * @param khz the frequency that the guest believes in
     * @param nanoseconds of the guest's time
     * @param incarnation number of earlier restores
     */
    record TscInfo(int mode, int khz, long nanoseconds, int incarnation) implements StreamRecord {}

    /**
     * HVM_CONTEXT.
     *
     * @param records Xen's HVM save records; {@link HvmContextEntry#listOf} lists them
     */
    record HvmContext(Blob records) implements StreamRecord {}

    /**
     * HVM_PARAMS.
     *
     * @param params in the order of the stream
     */
    record HvmParams(List<Param> params) implements StreamRecord {
        /**
         * Copies the list.
         *
         * @param params the parameters
         */
        public HvmParams {
            params = List.copyOf(params);
        }

        /**
         * One HVM parameter.
         *
         * @param index {@code HVM_PARAM_*}
         * @param value of the parameter
         */
        public record Param(long index, long value) {}
    }

    /**
     * An optional record of unknown type. Its body was skipped, as the format asks for.
     *
     * @param type number of the record type
     * @param bytes length of its body
     */
    record Ignored(int type, long bytes) implements StreamRecord {}

    /** END of libxc's stream. */
    record ImageEnd() implements StreamRecord {}

    /**
     * EMULATOR_XENSTORE_DATA: nodes below the device model's directory.
     *
     * @param emulator number of the emulator; 2 is QEMU
     * @param index of the emulator
     * @param nodes path and value
     */
    record EmulatorStore(int emulator, int index, List<Node> nodes) implements StreamRecord {
        /**
         * Copies the list.
         *
         * @param emulator number of the emulator
         * @param index index of the emulator
         * @param nodes the nodes
         */
        public EmulatorStore {
            nodes = List.copyOf(nodes);
        }

        /**
         * One node.
         *
         * @param path relative to the device model's directory
         * @param value of the node
         */
        public record Node(String path, String value) {}
    }

    /**
     * EMULATOR_CONTEXT: the state of the device model.
     *
     * @param emulator number of the emulator; 2 is QEMU
     * @param index of the emulator
     * @param state that the emulator wrote
     */
    record EmulatorContext(int emulator, int index, Blob state) implements StreamRecord {
        /** The number of QEMU. */
        public static final int QEMU = 2;
    }

    /** END of libxl's stream. */
    record StreamEnd() implements StreamRecord {}
}
