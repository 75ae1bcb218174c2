// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.stream;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A record that only the streams of PV domains have. */
public sealed interface PvRecord extends StreamRecord
        permits PvRecord.Info, PvRecord.P2mFrames, PvRecord.SharedInfo, PvRecord.Vcpu {

    /**
     * X86_PV_INFO.
     *
     * @param width bytes of the guest's addresses: 8 for a 64-bit guest
     * @param levels of the guest's page tables
     */
    record Info(int width, int levels) implements PvRecord {}

    /**
     * X86_PV_P2M_FRAMES: the pages with the guest's own list of machine frames. Each has the frames of
     * {@value #PFNS_PER_PAGE} pfns. Several such records may come.
     *
     * @param firstPfn a pfn of the first page's
     * @param lastPfn the last pfn of the guest
     * @param pages the pfns of the pages, 8 bytes each, as many as the range needs
     */
    record P2mFrames(long firstPfn, long lastPfn, Blob pages) implements PvRecord {
        /** The number of pfns whose frames are in a page of the list. */
        public static final int PFNS_PER_PAGE = 512;

        /** {@return the number of pages of the list in the record} */
        public int count() {
            return pages.size() / Long.BYTES;
        }

        /** {@return the position of the record's first page in the list} */
        public int firstIndex() {
            return Math.toIntExact(firstPfn / PFNS_PER_PAGE);
        }

        /**
         * Copies the pfns of the pages.
         *
         * @return the pfns, in the order of the list
         */
        public long[] pfns() {
            long[] pfns = new long[count()];
            ByteBuffer.wrap(pages.bytes())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asLongBuffer()
                    .get(pfns);
            return pfns;
        }

        /**
         * {@return the number of pages of a list that a range of pfns needs}
         *
         * @param firstPfn the first
         * @param lastPfn the last
         */
        public static long pages(long firstPfn, long lastPfn) {
            return lastPfn / PFNS_PER_PAGE - firstPfn / PFNS_PER_PAGE + 1;
        }
    }

    /** The parts of the state of a vCPU. */
    enum Part {
        /** X86_PV_VCPU_BASIC: the registers, a {@code struct vcpu_guest_context} with pfns in place of machine frames. */
        BASIC,
        /** X86_PV_VCPU_EXTENDED: a {@code struct xen_domctl_ext_vcpucontext}. */
        EXTENDED,
        /** X86_PV_VCPU_XSAVE: {@code xcr0}, {@code xcr0_accum} and the area of XSAVE. */
        XSAVE,
        /** X86_PV_VCPU_MSRS: {@code struct xen_domctl_vcpu_msr}, 16 bytes each. */
        MSRS
    }

    /**
     * A part of the state of a vCPU.
     *
     * @param part what it is
     * @param vcpu number of the vCPU
     * @param state the bytes; older writers made empty ones
     */
    record Vcpu(Part part, int vcpu, Blob state) implements PvRecord {}

    /**
     * SHARED_INFO.
     *
     * @param page the page that the guest shared with Xen
     */
    record SharedInfo(Blob page) implements PvRecord {}
}
