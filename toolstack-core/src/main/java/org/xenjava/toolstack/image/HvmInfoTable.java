// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.HvmConfig;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.memory.GuestLayout;
import org.xenjava.toolstack.memory.layout.HvmLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.units.Pages;

/** The table from which hvmloader learns the number of vCPUs and the size of memory ({@code xen/include/public/hvm/hvm_info_table.h}). */
final class HvmInfoTable {
    private static final byte[] SIGNATURE = "HVM INFO".getBytes(StandardCharsets.US_ASCII);

    private HvmInfoTable() {}

    static byte[] of(DomainConfig config, HvmConfig machine, GuestLayout layout) {
        StructView table = GuestStructs.HVM_INFO.allocate();
        table.setBytes("signature", SIGNATURE)
                .set("length", GuestStructs.HVM_INFO.size())
                .set("apic_mode", machine.has(HvmFeature.APIC) ? 1 : 0)
                .set("nr_vcpus", config.maxVcpus())
                .set("low_mem_pgend", layout.lowMemEnd() >> Pages.SHIFT)
                .set("reserved_mem_pgstart", HvmLayout.FIRST_IOREQ_SERVER_GFN)
                .set("high_mem_pgend", layout.highMemBytes() == 0 ? 0 : layout.highMemEnd() >> Pages.SHIFT)
                .setBytes("vcpu_online", online(config));
        return table.set("checksum", complement(table.toBytes())).toBytes();
    }

    /** One bit for each vCPU that is online at boot. */
    private static byte[] online(DomainConfig config) {
        BitSet vcpus = new BitSet(DomainConfig.MAX_VCPUS);
        vcpus.set(0, config.vcpus());
        return Arrays.copyOf(vcpus.toByteArray(), DomainConfig.MAX_VCPUS / Byte.SIZE);
    }

    /** Returns the byte that makes the sum of all bytes zero. */
    private static int complement(byte[] bytes) {
        int sum = 0;
        for (byte each : bytes) {
            sum += each;
        }
        return -sum & 0xff;
    }
}
