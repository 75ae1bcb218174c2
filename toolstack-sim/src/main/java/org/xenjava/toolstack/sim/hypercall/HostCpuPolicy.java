// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.xenjava.toolstack.sim.memory.MemoryRules;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/**
 * The CPU policy of the simulated host, the same for every index: the one that Xen returned on an AMD-like machine,
 * with or without pages of 1 GiB.
 */
final class HostCpuPolicy {
    /** The number of leaves that Xen asks its caller to allocate. */
    static final int MAX_LEAVES = 120;

    static final int MAX_MSRS = 2;

    private static final int POLICIES = 6;
    private static final String RESOURCE = "hvm-default.cpuid";
    private static final int HEXADECIMAL = 16;

    private static final long EXTENDED_FEATURES = 0x8000_0001L;
    private static final int EDX = 5;
    private static final long EDX_PAGE_1G = 1 << 26;
    private static final int ORDER_1G = 18;

    private static final List<String> REGISTERS = List.of("leaf", "subleaf", "a", "b", "c", "d");

    /** INTEL_PLATFORM_INFO and ARCH_CAPABILITIES, both 0. */
    private static final long[] MSRS = {0xce, 0x10a};

    private final XenAbi abi;
    private final List<long[]> leaves;

    HostCpuPolicy(XenAbi abi, MemoryRules memoryRules) {
        this.abi = abi;
        this.leaves = read();
        if (memoryRules.largestEntryOrder() < ORDER_1G) {
            leaves.stream().filter(leaf -> leaf[0] == EXTENDED_FEATURES).forEach(leaf -> leaf[EDX] &= ~EDX_PAGE_1G);
        }
    }

    /** {@code XEN_SYSCTL_get_cpu_policy}. */
    void get(CallerMemory caller, StructView arg) {
        if (arg.get("index") >= POLICIES || arg.get("_rsvd") != 0) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (arg.get("leaves") == 0) {
            arg.set("nr_leaves", MAX_LEAVES);
        } else {
            require(arg.get("nr_leaves") >= leaves.size());
            caller.write(arg.get("leaves"), leafBytes());
            arg.set("nr_leaves", leaves.size());
        }
        if (arg.get("msrs") == 0) {
            arg.set("nr_msrs", MAX_MSRS);
        } else {
            require(arg.get("nr_msrs") >= MSRS.length);
            caller.write(arg.get("msrs"), msrBytes());
            arg.set("nr_msrs", MSRS.length);
        }
    }

    private static void require(boolean roomSuffices) {
        if (!roomSuffices) {
            throw new XenRefusal(Errno.ENOBUFS);
        }
    }

    /** The leaves as an array of {@code xen_cpuid_leaf}. */
    byte[] leafBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (long[] leaf : leaves) {
            StructView view = abi.struct("xen_cpuid_leaf").allocate();
            for (int i = 0; i < leaf.length; i++) {
                view.set(REGISTERS.get(i), leaf[i]);
            }
            bytes.writeBytes(view.toBytes());
        }
        return bytes.toByteArray();
    }

    /** The MSRs as an array of {@code xen_msr_entry}. */
    byte[] msrBytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (long msr : MSRS) {
            bytes.writeBytes(
                    abi.struct("xen_msr_entry").allocate().set("idx", msr).toBytes());
        }
        return bytes.toByteArray();
    }

    private static List<long[]> read() {
        try (InputStream in = HostCpuPolicy.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("missing resource " + RESOURCE);
            }
            BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
            return lines.lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(HostCpuPolicy::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long[] parse(String line) {
        String[] words = line.split(" ");
        long[] leaf = new long[words.length];
        for (int i = 0; i < words.length; i++) {
            leaf[i] = Long.parseLong(words[i], HEXADECIMAL);
        }
        return leaf;
    }
}
