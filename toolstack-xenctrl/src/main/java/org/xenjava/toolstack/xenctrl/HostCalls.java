// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.SchedOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;

/** Hypercalls about the host and about Xen itself. */
public final class HostCalls {
    private static final int CONSOLE_CHUNK = 16384;
    private static final int CONTROL_DOMAIN = 0;
    private static final int BUILD_ID_BYTES = 1024;

    private final HypercallFactory calls;
    private volatile @Nullable PhysInfo lastPhysInfo;
    private volatile @Nullable CpuPolicy defaultHvmCpuPolicy;

    HostCalls(HypercallFactory calls) {
        this.calls = calls;
    }

    /** {@code XENVER_extraversion}: the part of Xen's version behind the release, such as {@code ".7"}. */
    public String extraVersion() {
        return version("XENVER_extraversion", 1, 16);
    }

    /**
     * {@code XENVER_capabilities}: the kinds of guests that Xen runs, such as {@code "xen-3.0-x86_64 hvm-3.0-x86_64 "}.
     */
    public String capabilities() {
        return version("XENVER_capabilities", 3, 1024);
    }

    /** {@code XENVER_commandline}: what Xen was booted with. */
    public String commandLine() {
        return version("XENVER_commandline", 9, 1024);
    }

    /** One fact about Xen, in the layout of Xen's structure, padded with zeroes. */
    public byte[] versionBytes(VersionFact fact) {
        try (HypercallBuffer buffer = calls.buffer(fact.bytes())) {
            calls.issue(
                    "XENVER_" + fact.name().toLowerCase(Locale.ROOT),
                    HypercallException.NO_DOMAIN,
                    Hypercall.XEN_VERSION,
                    fact.number(),
                    buffer.address());
            byte[] bytes = new byte[fact.bytes()];
            buffer.bytes().get(bytes);
            return bytes;
        }
    }

    private String version(String name, int subcommand, int bytes) {
        try (HypercallBuffer text = calls.buffer(bytes)) {
            calls.issue(name, HypercallException.NO_DOMAIN, Hypercall.XEN_VERSION, subcommand, text.address());
            return cString(text.bytes(), bytes);
        }
    }

    /** {@code XEN_SYSCTL_physinfo}. */
    public PhysInfo physInfo() {
        try (PreparedCall call = calls.sysctl(SysctlOp.PHYSINFO)) {
            call.issue();
            StructView info = call.body();
            PhysInfo answer = new PhysInfo(
                    info.getInt("nr_cpus"),
                    info.getInt("nr_nodes"),
                    info.getInt("cpu_khz"),
                    info.getInt("capabilities"),
                    info.get("total_pages"),
                    info.get("free_pages"),
                    info.get("scrub_pages"),
                    info.get("outstanding_pages"));
            lastPhysInfo = answer;
            return answer;
        }
    }

    /** {@code XEN_SYSCTL_physinfo}: the parts that do not change. */
    public HostHardware hardware() {
        try (PreparedCall call = calls.sysctl(SysctlOp.PHYSINFO)) {
            call.issue();
            StructView info = call.body();
            ByteBuffer words = ByteBuffer.wrap(info.getBytes("hw_cap")).order(ByteOrder.LITTLE_ENDIAN);
            return new HostHardware(
                    info.getInt("threads_per_core"),
                    info.getInt("cores_per_socket"),
                    info.getInt("max_cpu_id"),
                    info.getInt("nr_nodes"),
                    info.getInt("capabilities"),
                    IntStream.range(0, words.capacity() / Integer.BYTES)
                            .mapToObj(i -> words.getInt(i * Integer.BYTES))
                            .toList());
        }
    }

    /** {@code XENVER_build_id}: the linker's identification of Xen, in bytes; none if Xen was linked without one. */
    public byte[] buildId() {
        try (HypercallBuffer buffer = calls.buffer(BUILD_ID_BYTES)) {
            ByteBuffer id = buffer.bytes().order(ByteOrder.LITTLE_ENDIAN);
            id.putInt(0, BUILD_ID_BYTES - Integer.BYTES);
            int length = calls.issue(
                    "XENVER_build_id", HypercallException.NO_DOMAIN, Hypercall.XEN_VERSION, 10, buffer.address());
            byte[] bytes = new byte[Math.min(length, BUILD_ID_BYTES - Integer.BYTES)];
            id.get(Integer.BYTES, bytes);
            return bytes;
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENODATA) || e.errno().equals(Errno.ENOSYS)) {
                return new byte[0];
            }
            throw e;
        }
    }

    /**
     * The answer of the last {@link #physInfo}. The capabilities of the host do not change while Xen runs; the numbers
     * of pages are out of date.
     */
    public PhysInfo lastPhysInfo() {
        PhysInfo last = lastPhysInfo;
        return last == null ? physInfo() : last;
    }

    /**
     * {@code XEN_SYSCTL_readconsole}: the hypervisor's console ring, oldest first.
     *
     * @param maxBytes the largest number of bytes, from the beginning of the ring
     */
    public String readConsole(int maxBytes) {
        try (HypercallBuffer text = calls.buffer(maxBytes);
                PreparedCall call = calls.sysctl(SysctlOp.READCONSOLE)) {
            call.body().set("buffer", text.address()).set("count", maxBytes);
            call.issue();
            byte[] content = new byte[call.body().getInt("count")];
            text.bytes().get(0, content);
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    /** The effect of a read on the hypervisor's console ring. */
    public enum ConsoleReading {
        /** The ring does not change. */
        KEEP,
        /** The bytes that were read are removed. Bytes that Xen prints meanwhile stay. */
        CLEAR
    }

    /** {@code XEN_SYSCTL_readconsole}, repeated to its end: the whole console ring, oldest first. */
    public String readWholeConsole(ConsoleReading reading) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        try (HypercallBuffer text = calls.buffer(CONSOLE_CHUNK)) {
            int index = 0;
            for (int count = CONSOLE_CHUNK; count > 0; ) {
                try (PreparedCall call = calls.sysctl(SysctlOp.READCONSOLE)) {
                    call.body()
                            .set("clear", reading == ConsoleReading.CLEAR ? 1 : 0)
                            .set("incremental", 1)
                            .set("index", index)
                            .set("buffer", text.address())
                            .set("count", CONSOLE_CHUNK);
                    call.issue();
                    index = call.body().getInt("index");
                    count = call.body().getInt("count");
                    byte[] chunk = new byte[count];
                    text.bytes().get(0, chunk);
                    content.writeBytes(chunk);
                }
            }
        }
        return content.toString(StandardCharsets.UTF_8);
    }

    /**
     * {@code XEN_SYSCTL_debug_keys}: handles keys as if they were typed at Xen's console, in their order. Xen ignores
     * keys that it does not know, and prints the result on its console. Some keys end the host.
     *
     * @param keys ASCII characters, at least one
     */
    public void sendDebugKeys(String keys) {
        byte[] bytes = keys.getBytes(StandardCharsets.US_ASCII);
        try (HypercallBuffer text = calls.buffer(bytes.length);
                PreparedCall call = calls.sysctl(SysctlOp.DEBUG_KEYS)) {
            text.bytes().put(0, bytes);
            call.body().set("keys", text.address()).set("nr_keys", bytes.length);
            call.issue();
        }
    }

    /**
     * {@code XEN_SYSCTL_get_cpu_policy}: the default policy of HVM and PVH domains. The call is made once, because Xen
     * computes the policy when it boots.
     */
    public CpuPolicy defaultHvmCpuPolicy() {
        CpuPolicy known = defaultHvmCpuPolicy;
        if (known == null) {
            known = askCpuPolicy(SysctlOp.CPU_POLICY_HVM_DEFAULT);
            defaultHvmCpuPolicy = known;
        }
        return known;
    }

    /** {@code XEN_SYSCTL_get_cpu_policy}: the default policy of PV domains. */
    public CpuPolicy defaultPvCpuPolicy() {
        return askCpuPolicy(SysctlOp.CPU_POLICY_PV_DEFAULT);
    }

    /** {@code XEN_SYSCTL_get_cpu_policy} of what the host's processors can do under Xen. */
    public CpuPolicy hostCpuPolicy() {
        return askCpuPolicy(SysctlOp.CPU_POLICY_HOST);
    }

    /**
     * The largest numbers that a CPU policy can have.
     *
     * @param leaves CPUID leaves
     * @param msrs feature MSRs
     */
    public record CpuPolicySize(int leaves, int msrs) {}

    /** {@code XEN_SYSCTL_get_cpu_policy} without memory for an answer. */
    public CpuPolicySize largestCpuPolicy() {
        return largestCpuPolicy(SysctlOp.CPU_POLICY_HVM_DEFAULT);
    }

    private CpuPolicySize largestCpuPolicy(int index) {
        try (PreparedCall sizes = calls.sysctl(SysctlOp.GET_CPU_POLICY)) {
            sizes.body().set("index", index);
            sizes.issue();
            return new CpuPolicySize(
                    sizes.body().getInt("nr_leaves"), sizes.body().getInt("nr_msrs"));
        }
    }

    private CpuPolicy askCpuPolicy(int index) {
        CpuPolicySize largest = largestCpuPolicy(index);
        return CpuPolicyCodec.read(calls, largest, () -> {
            PreparedCall call = calls.sysctl(SysctlOp.GET_CPU_POLICY);
            call.body().set("index", index);
            return call;
        });
    }

    /**
     * {@code SCHEDOP_watchdog} with id 0: starts one of the two watchdog timers of the calling domain. When a timer of
     * the control domain expires, Xen reboots the host. ENOSPC if both are in use.
     *
     * @param seconds time until the timer expires, 1 or more
     * @return the timer's id, 1 or 2
     */
    public int startWatchdog(int seconds) {
        if (seconds < 1) {
            throw new IllegalArgumentException("a watchdog timer takes at least one second, not " + seconds);
        }
        return watchdog(0, seconds);
    }

    /**
     * {@code SCHEDOP_watchdog} of a timer that is in use, by this process or by another of the same domain: sets the
     * time until it expires, or stops and frees it. EINVAL if the timer is not in use.
     *
     * @param id 1 or 2
     * @param seconds time until the timer expires; 0 stops the timer
     */
    public void setWatchdog(int id, int seconds) {
        if (id != 1 && id != 2 || seconds < 0) {
            throw new IllegalArgumentException("watchdog timer " + id + ", " + seconds + " seconds");
        }
        watchdog(id, seconds);
    }

    private int watchdog(int id, int seconds) {
        try (PreparedCall call =
                calls.schedOp("SCHEDOP_watchdog", SchedOp.WATCHDOG, CONTROL_DOMAIN, "sched_watchdog")) {
            call.body().set("id", id).set("timeout", seconds);
            return call.issue();
        }
    }

    private static String cString(ByteBuffer bytes, int max) {
        int length = 0;
        while (length < max && bytes.get(length) != 0) {
            length++;
        }
        byte[] content = new byte[length];
        bytes.get(0, content);
        return new String(content, StandardCharsets.UTF_8);
    }
}
