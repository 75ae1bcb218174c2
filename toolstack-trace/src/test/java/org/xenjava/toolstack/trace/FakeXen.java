// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.trace;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.mockito.Mockito;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.Hypercall;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.abi.SysctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.abi.XenRelease;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.HostDevices;
import org.xenjava.toolstack.xenctrl.lib.HypercallBuffer;
import org.xenjava.toolstack.xenctrl.lib.MappedPages;
import org.xenjava.toolstack.xenctrl.lib.Protection;
import org.xenjava.toolstack.xenctrl.lib.XenCall;
import org.xenjava.toolstack.xenctrl.lib.XenDeviceModel;
import org.xenjava.toolstack.xenctrl.lib.XenEventChannels;
import org.xenjava.toolstack.xenctrl.lib.XenForeignMemory;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenLibraries;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/** A fake Xen to record: a few hypercalls, guest pages, and a xenstore without permissions. */
final class FakeXen implements XenLibraries {
    /** A hypercall that this project does not know; it writes through a pointer at byte 8 of its argument, and advances it. */
    static final int NMI_OP = 28;

    private static final int PAGE = 4096;

    final HostDevices hostDevices = Mockito.mock(HostDevices.class);
    final XenStore store = Mockito.mock(XenStore.class);
    final XenEventChannels eventChannels = Mockito.mock(XenEventChannels.class);
    final XenDeviceModel deviceModel = Mockito.mock(XenDeviceModel.class);
    final Map<String, byte[]> nodes = new TreeMap<>();
    final List<String> closed = new ArrayList<>();

    private final XenAbi abi = XenAbi.of(XenRelease.V4_17).orElseThrow();
    private final TreeMap<Long, ByteBuffer> buffers = new TreeMap<>();
    private final Map<Long, ByteBuffer> guest = new HashMap<>();
    private long nextAddress;
    private long totPages;

    /** A machine whose buffers start at that address. */
    FakeXen(long firstAddress) {
        nextAddress = firstAddress;
        Mockito.when(store.read(Mockito.anyInt(), Mockito.anyString())).thenAnswer(call -> {
            byte[] value = nodes.get(call.<String>getArgument(1));
            if (value == null) {
                throw new XenLibException("xs_read", Errno.ENOENT);
            }
            return value;
        });
        Mockito.doAnswer(call -> nodes.put(call.getArgument(1), call.getArgument(2)))
                .when(store)
                .write(Mockito.anyInt(), Mockito.anyString(), Mockito.any());
    }

    FakeXen() {
        this(0x7f00_0000_0000L);
    }

    @Override
    public XenCall call() {
        return new XenCall() {
            @Override
            public int call(int op, long... args) {
                return hypercall(op, args);
            }

            @Override
            public HypercallBuffer allocBuffer(int bytes) {
                return alloc(bytes);
            }

            @Override
            public void close() {
                closed.add("call");
            }
        };
    }

    @Override
    public XenForeignMemory foreignMemory() {
        return new XenForeignMemory() {
            @Override
            public MappedPages map(int domid, Protection protection, long... gfns) {
                return FakeXen.this.map(gfns);
            }

            @Override
            public MappedPages mapResource(int domid, int type, int id, long frame, int frames, Protection protection) {
                throw new XenLibException("xenforeignmemory_map_resource", Errno.EOPNOTSUPP);
            }

            @Override
            public void close() {
                closed.add("foreignMemory");
            }
        };
    }

    @Override
    public XenEventChannels eventChannels() {
        return eventChannels;
    }

    @Override
    public XenDeviceModel deviceModel() {
        return deviceModel;
    }

    @Override
    public XenStore store() {
        return store;
    }

    @Override
    public HostDevices hostDevices() {
        return hostDevices;
    }

    @Override
    public void close() {
        closed.add("all");
    }

    /** The page as it is now. */
    ByteBuffer page(long gfn) {
        return guest.computeIfAbsent(gfn, g -> ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN));
    }

    private synchronized HypercallBuffer alloc(int bytes) {
        int size = (bytes + PAGE - 1) / PAGE * PAGE;
        long address = nextAddress;
        nextAddress += size;
        ByteBuffer memory = ByteBuffer.allocate(size);
        buffers.put(address, memory);
        return new HypercallBuffer() {
            @Override
            public long address() {
                return address;
            }

            @Override
            public ByteBuffer bytes() {
                return memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            }

            @Override
            public void close() {
                buffers.remove(address);
            }
        };
    }

    private MappedPages map(long... gfns) {
        ByteBuffer memory = ByteBuffer.allocate(gfns.length * PAGE);
        for (int i = 0; i < gfns.length; i++) {
            memory.put(i * PAGE, page(gfns[i]).array());
        }
        return new MappedPages() {
            @Override
            public ByteBuffer bytes() {
                return memory.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            }

            @Override
            public void close() {
                for (int i = 0; i < gfns.length; i++) {
                    page(gfns[i]).put(0, memory, i * PAGE, PAGE);
                }
            }
        };
    }

    private synchronized int hypercall(int op, long... args) {
        if (op == Hypercall.XEN_VERSION.number()) {
            return args[0] == 0 ? 4 << 16 | 17 : extraVersion(args[1]);
        }
        if (op == Hypercall.MEMORY_OP.number()) {
            return memoryOp((int) args[0], args[1]);
        }
        if (op == Hypercall.DOMCTL.number()) {
            return domctl(args[0]);
        }
        if (op == Hypercall.SYSCTL.number()) {
            return sysctl(args[0]);
        }
        if (op == NMI_OP) {
            ByteBuffer argument = memory(args[0]);
            memory(argument.getLong(8)).putInt(0, 0xCAFE);
            argument.putLong(8, argument.getLong(8) + 4);
            return 0;
        }
        throw new XenLibException("hypercall " + op, Errno.ENOSYS);
    }

    private int extraVersion(long to) {
        memory(to).put(0, new byte[] {'.', '7'});
        return 0;
    }

    private int memoryOp(int op, long arg) {
        if (op == MemoryOp.POPULATE_PHYSMAP.number()) {
            return (int) abi.struct("xen_memory_reservation").at(memory(arg), 0).get("nr_extents");
        }
        StructView target = abi.struct("xen_pod_target").at(memory(arg), 0);
        if (op == MemoryOp.SET_POD_TARGET.number()) {
            if (target.get("target_pages") > 100_000) {
                throw new XenLibException("hypercall 12", Errno.EINVAL);
            }
            totPages = target.get("target_pages");
        }
        target.set("tot_pages", totPages).set("pod_cache_pages", totPages);
        return 0;
    }

    private int domctl(long arg) {
        StructView header = abi.struct("xen_domctl").at(memory(arg), 0);
        if (header.get("cmd") == DomctlOp.CREATEDOMAIN.number()) {
            header.set("domain", 7);
        } else if (header.get("cmd") == DomctlOp.SET_CPU_POLICY.number()) {
            abi.struct("xen_domctl_cpu_policy")
                    .at(memory(arg), DomctlOp.UNION_OFFSET)
                    .set("err_leaf", 0x4000_0001L);
            throw new XenLibException("hypercall 36", Errno.ERANGE);
        } else if (header.get("cmd") == DomctlOp.GETDOMAININFO.number()) {
            abi.struct("xen_domctl_getdomaininfo")
                    .at(memory(arg), DomctlOp.UNION_OFFSET)
                    .set("domain", header.get("domain"))
                    .set("shared_info_frame", -1L)
                    .set("tot_pages", totPages);
        }
        return 0;
    }

    private int sysctl(long arg) {
        StructView header = abi.struct("xen_sysctl").at(memory(arg), 0);
        if (header.get("cmd") == SysctlOp.PHYSINFO.number()) {
            abi.struct("xen_sysctl_physinfo")
                    .at(memory(arg), SysctlOp.UNION_OFFSET)
                    .set("nr_cpus", 2)
                    .set("total_pages", 1L << 20);
        }
        return 0;
    }

    private ByteBuffer memory(long address) {
        Map.Entry<Long, ByteBuffer> buffer = buffers.floorEntry(address);
        if (buffer == null || address - buffer.getKey() >= buffer.getValue().capacity()) {
            throw new XenLibException("hypercall", Errno.EFAULT);
        }
        int offset = (int) (address - buffer.getKey());
        return buffer.getValue()
                .slice(offset, buffer.getValue().capacity() - offset)
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
