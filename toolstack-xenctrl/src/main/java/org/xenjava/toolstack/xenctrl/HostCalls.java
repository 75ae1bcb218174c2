// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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

    /** Size of {@code struct xen_hypfs_direntry}, and offsets in it and in the list of a directory. */
    private static final int HYPFS_ENTRY = 12;

    private static final int HYPFS_CONTENT_BYTES = 4;
    private static final int HYPFS_MOST_BYTES = 8;
    private static final int HYPFS_NAME = HYPFS_ENTRY + Short.BYTES;
    private static final int LARGEST_HYPFS_ENTRY = 1 << 20;

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

    /** The facts about Xen in a core dump, in their order: {@code XENVER_*} and sizes of {@code public/version.h}. */
    public enum VersionFact {
        EXTRAVERSION(1, 16),
        /** The compiler, and the user, domain and date of the compilation: 64, 16, 32 and 32 bytes of text. */
        COMPILE_INFO(2, 144),
        CAPABILITIES(3, 1024),
        CHANGESET(4, 64),
        /** The first of Xen's own addresses: a number of 64 bits. */
        PLATFORM_PARAMETERS(5, 8);

        private final int number;
        private final int bytes;

        VersionFact(int number, int bytes) {
            this.number = number;
            this.bytes = bytes;
        }

        int number() {
            return number;
        }

        /** The size in bytes. */
        public int bytes() {
            return bytes;
        }
    }

    /**
     * An entry of Xen's file system (hypfs), which has the parameters that can be changed while Xen runs below {@code
     * /params} (public/hypfs.h).
     */
    public static final class HypfsEntry {
        /** {@code XEN_HYPFS_TYPE_DIR}. */
        public static final int DIRECTORY = 0;

        /** {@code XEN_HYPFS_TYPE_STRING}, with a zero at the end. */
        public static final int STRING = 2;

        /** {@code XEN_HYPFS_TYPE_BOOL}. */
        public static final int BOOLEAN = 5;

        private final int type;
        private final int mostBytes;
        private final ByteBuffer content;

        private HypfsEntry(int type, int mostBytes, ByteBuffer content) {
            this.type = type;
            this.mostBytes = mostBytes;
            this.content = content.order(ByteOrder.LITTLE_ENDIAN);
        }

        /** One of {@code XEN_HYPFS_TYPE_…}. */
        public int type() {
            return type;
        }

        /** Size of the content. */
        public int bytes() {
            return content.capacity();
        }

        /** The largest content that can be written; 0 if the entry cannot be written. */
        public int mostBytes() {
            return mostBytes;
        }

        /** The text of a {@link #STRING}. */
        public String text() {
            return cString(content, bytes());
        }

        /** The names in a {@link #DIRECTORY}, in Xen's order. */
        public List<String> names() {
            List<String> names = new ArrayList<>();
            int at = 0;
            for (int step = 1; step > 0 && at + HYPFS_NAME <= bytes(); at += step) {
                step = Short.toUnsignedInt(content.getShort(at + HYPFS_ENTRY));
                ByteBuffer name = content.slice(at + HYPFS_NAME, bytes() - at - HYPFS_NAME);
                names.add(cString(name, name.capacity()));
            }
            return names;
        }
    }

    /** {@code XEN_HYPFS_OP_read}: ENOENT without such an entry; ENOSYS if Xen was built without the file system. */
    public HypfsEntry readHypfs(String path) {
        int size = CONSOLE_CHUNK;
        for (; ; ) {
            try (HypercallBuffer name = hypfsPath(path);
                    HypercallBuffer answer = calls.buffer(size)) {
                ByteBuffer entry = answer.bytes().order(ByteOrder.LITTLE_ENDIAN);
                try {
                    hypfs("XEN_HYPFS_OP_read", 1, path, name, answer, size);
                } catch (HypercallException e) {
                    int needed = HYPFS_ENTRY + entry.getInt(HYPFS_CONTENT_BYTES);
                    if (!e.errno().equals(Errno.ENOBUFS) || needed <= size || needed > LARGEST_HYPFS_ENTRY) {
                        throw e;
                    }
                    size = needed;
                    continue;
                }
                byte[] content = new byte[Math.min(entry.getInt(HYPFS_CONTENT_BYTES), size - HYPFS_ENTRY)];
                entry.get(HYPFS_ENTRY, content);
                return new HypfsEntry(entry.get(0), entry.getInt(HYPFS_MOST_BYTES), ByteBuffer.wrap(content));
            }
        }
    }

    /** {@code XEN_HYPFS_OP_write_contents}: EACCES if the entry cannot be written, EINVAL if Xen refuses the content. */
    public void writeHypfs(String path, byte[] content) {
        try (HypercallBuffer name = hypfsPath(path);
                HypercallBuffer buffer = calls.buffer(Math.max(1, content.length))) {
            buffer.bytes().put(0, content);
            hypfs("XEN_HYPFS_OP_write_contents", 2, path, name, buffer, content.length);
        }
    }

    private HypercallBuffer hypfsPath(String path) {
        byte[] text = path.getBytes(StandardCharsets.UTF_8);
        HypercallBuffer name = calls.buffer(text.length + 1);
        name.bytes().put(0, text);
        return name;
    }

    private void hypfs(
            String operation, int number, String path, HypercallBuffer name, HypercallBuffer content, int bytes) {
        calls.issue(
                operation,
                HypercallException.NO_DOMAIN,
                Hypercall.HYPFS_OP,
                number,
                name.address(),
                path.getBytes(StandardCharsets.UTF_8).length + 1,
                content.address(),
                bytes);
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
