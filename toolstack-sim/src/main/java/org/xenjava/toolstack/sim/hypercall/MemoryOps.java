// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.xenjava.toolstack.sim.machine.FirmwareMemoryMap;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.PciCard;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.Actor;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.MemoryOp;
import org.xenjava.toolstack.xenctrl.abi.StructLayout;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** {@code memory_op}, called by dom0. */
final class MemoryOps {
    /** Sub-commands whose argument is a bare domid. */
    private static final int CURRENT_RESERVATION = 3;

    private static final int MAXIMUM_RESERVATION = 4;
    private static final int MAXIMUM_GPFN = 14;

    private static final int DOMID_SELF = 0x7FF0;
    private static final long MAX_EXTENTS = 0xFFFF_FFFFL >>> 6;
    private static final int LARGEST_ORDER = 18;
    private static final long MAX_MEMORY_MAP_ENTRIES = 1024;
    private static final int MAX_NODES = 64;
    private static final int SPACE_SHARED_INFO = 0;
    private static final int SPACE_GRANT_TABLE = 1;

    private final Machine machine;
    private final VirtualNodeOps virtualNodes;
    private final PvOps pv;

    MemoryOps(Machine machine) {
        this.machine = machine;
        this.pv = new PvOps(machine);
        this.virtualNodes = new VirtualNodeOps(machine);
    }

    long call(CallerMemory caller, int subcommand, long address) {
        if (subcommand == MemoryOp.POPULATE_PHYSMAP.number()
                || subcommand == MemoryOp.DECREASE_RESERVATION.number()
                || subcommand == MemoryOp.INCREASE_RESERVATION.number()) {
            return extents(caller, subcommand, address);
        } else if (subcommand == MemoryOp.SET_POD_TARGET.number() || subcommand == MemoryOp.GET_POD_TARGET.number()) {
            return podTarget(caller, subcommand, address);
        } else if (subcommand == MemoryOp.CLAIM_PAGES.number()) {
            return claimPages(caller, address);
        } else if (subcommand == MemoryOp.MACHINE_MEMORY_MAP.number()) {
            return machineMemoryMap(caller, address);
        } else if (subcommand == MemoryOp.SET_MEMORY_MAP.number()) {
            return setMemoryMap(caller, address);
        } else if (subcommand == MemoryOp.ADD_TO_PHYSMAP.number()) {
            return addToPhysmap(caller, address);
        } else if (subcommand == MemoryOp.REMOVE_FROM_PHYSMAP.number()) {
            StructView arg = read(caller, address, MemoryOp.REMOVE_FROM_PHYSMAP);
            translated(arg.getInt("domid")).memory().removeFromPhysmap(arg.get("gpfn"), Actor.DOM0);
            return 0;
        } else if (subcommand == MemoryOp.GET_VNUMAINFO.number()) {
            XenDomain domain =
                    byAnyId(read(caller, address, MemoryOp.GET_VNUMAINFO).getInt("domid"));
            return virtualNodes.get(caller, address, domain);
        } else if (subcommand == MemoryOp.RESERVED_DEVICE_MEMORY_MAP.number()) {
            return reservedMemory(caller, address);
        } else if (subcommand == CURRENT_RESERVATION) {
            return domain(caller, address).memory().totalPages();
        } else if (subcommand == MAXIMUM_RESERVATION) {
            return domain(caller, address).memory().maxPages();
        } else if (subcommand == MAXIMUM_GPFN) {
            XenDomain domain = domain(caller, address);
            return domain.isPvGuest() ? pv.highestPfn(domain) : domain.memory().highestGfn();
        }
        throw new XenRefusal(Errno.ENOSYS);
    }

    /** Handles a list of extents. The call never fails: it returns the number of extents done. */
    private long extents(CallerMemory caller, int subcommand, long address) {
        StructView arg;
        XenDomain domain;
        try {
            arg = caller.read(address, machine.abi().struct(MemoryOp.POPULATE_PHYSMAP.struct()));
            domain = byAnyId(arg.getInt("domid"));
        } catch (XenRefusal refusal) {
            return 0;
        }
        long count = arg.get("nr_extents");
        int order = arg.getInt("extent_order");
        if (count < 0 || count > MAX_EXTENTS || order < 0 || order > LARGEST_ORDER) {
            return 0;
        }
        long list = arg.get("extent_start");
        boolean onDemand = (arg.getInt("mem_flags") & MemoryOp.XENMEMF_POPULATE_ON_DEMAND) != 0;
        if (domain.isPvGuest() && subcommand == MemoryOp.POPULATE_PHYSMAP.number() && !onDemand) {
            return doExtents(count, index -> populatePv(domain, caller, list + index * Long.BYTES, order));
        }
        ExtentOperation operation = operation(domain, subcommand, order, arg.getInt("mem_flags"));
        if (list == 0 && subcommand == MemoryOp.INCREASE_RESERVATION.number()) {
            return doExtents(count, index -> operation.apply(0));
        }
        return doExtents(count, index -> operation.apply(readLong(caller, list + index * Long.BYTES)));
    }

    /** Replaces the pfn in the list by the machine frame that the domain gets for it. */
    private static boolean populatePv(XenDomain domain, CallerMemory caller, long address, int order) {
        OptionalLong frame = domain.memory().populateMachineFrames(readLong(caller, address), order);
        frame.ifPresent(first -> writeLong(caller, address, first));
        return frame.isPresent();
    }

    /** Handles one extent; false or a refusal ends the call. */
    private interface ExtentOperation {
        boolean apply(long gfnOrIndex);
    }

    private static long doExtents(long count, ExtentOperation operation) {
        long done = 0;
        try {
            while (done < count && operation.apply(done)) {
                done++;
            }
        } catch (XenRefusal refusal) {
            return done;
        }
        return done;
    }

    private ExtentOperation operation(XenDomain domain, int subcommand, int order, int memFlags) {
        DomainMemory memory = domain.memory();
        if (subcommand == MemoryOp.INCREASE_RESERVATION.number()) {
            return gfn -> memory.increaseReservation(order);
        } else if (subcommand == MemoryOp.DECREASE_RESERVATION.number()) {
            return gfn -> domain.isHvm() && memory.decreaseReservation(gfn, order);
        } else if ((memFlags & MemoryOp.XENMEMF_POPULATE_ON_DEMAND) != 0) {
            // Xen counts every extent of a PV domain as done and does nothing.
            return gfn -> domain.domid() != 0 && (!domain.isHvm() || memory.markPopulateOnDemand(gfn, order));
        }
        OptionalInt node = MemoryOp.node(memFlags);
        if (node.orElse(0) >= MAX_NODES) {
            return gfn -> false;
        }
        boolean exact = (memFlags & MemoryOp.XENMEMF_EXACT_NODE_REQUEST) != 0;
        OptionalInt onlyFrom = exact ? node : OptionalInt.empty();
        return gfn -> domain.isHvm() ? memory.populate(gfn, order, onlyFrom) : memory.increaseReservation(order);
    }

    private long podTarget(CallerMemory caller, int subcommand, long address) {
        StructView arg = read(caller, address, MemoryOp.SET_POD_TARGET);
        XenDomain domain = byAnyId(arg.getInt("domid"));
        if (!domain.isHvm()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        if (subcommand == MemoryOp.SET_POD_TARGET.number()) {
            domain.memory().setPodTarget(arg.get("target_pages"));
        }
        DomainMemory.PodCounters counters = domain.memory().podCounters();
        arg.set("tot_pages", counters.totalPages())
                .set("pod_cache_pages", counters.cachePages())
                .set("pod_entries", counters.entries());
        caller.write(address, arg);
        return 0;
    }

    private long claimPages(CallerMemory caller, long address) {
        StructView arg = read(caller, address, MemoryOp.CLAIM_PAGES);
        boolean wellFormed = arg.get("extent_start") == 0 && arg.get("extent_order") == 0 && arg.get("mem_flags") == 0;
        XenDomain domain = machine.find(arg.getInt("domid"))
                .filter(found -> wellFormed)
                .orElseThrow(() -> new XenRefusal(Errno.EINVAL));
        domain.memory().claimPages(arg.get("nr_extents"));
        return 0;
    }

    private long reservedMemory(CallerMemory caller, long address) {
        StructView arg = read(caller, address, MemoryOp.RESERVED_DEVICE_MEMORY_MAP);
        boolean all = (arg.getInt("flags") & MemoryOp.XENMEM_RDM_ALL) != 0;
        PciAddress device =
                new PciAddress(arg.getInt("dev.pci.seg"), arg.getInt("dev.pci.bus"), arg.getInt("dev.pci.devfn"));
        List<PciCard.Reserved> found = machine.pci().cards().values().stream()
                .filter(card -> all || card.address().equals(device))
                .flatMap(card -> card.reserved().stream())
                .toList();
        if (arg.get("nr_entries") < found.size()) {
            caller.write(address, arg.set("nr_entries", found.size()));
            throw new XenRefusal(Errno.ENOBUFS);
        }
        StructLayout element = machine.abi().struct("xen_reserved_device_memory");
        for (int i = 0; i < found.size(); i++) {
            StructView range = element.allocate()
                    .set("start_pfn", found.get(i).firstFrame())
                    .set("nr_pages", found.get(i).frames());
            caller.write(arg.get("buffer") + (long) i * element.size(), range.toBytes());
        }
        caller.write(address, arg.set("nr_entries", found.size()));
        return 0;
    }

    private long machineMemoryMap(CallerMemory caller, long address) {
        StructView arg = read(caller, address, MemoryOp.MACHINE_MEMORY_MAP);
        List<FirmwareMemoryMap.Range> map = machine.firmwareMemoryMap();
        if (arg.get("nr_entries") <= map.size()) {
            throw new XenRefusal(Errno.EINVAL);
        }
        StructLayout entry = machine.abi().struct("e820entry");
        for (int i = 0; i < map.size(); i++) {
            StructView one = entry.allocate()
                    .set("addr", map.get(i).start())
                    .set("size", map.get(i).bytes())
                    .set("type", map.get(i).type());
            caller.write(arg.get("buffer") + (long) i * entry.size(), one.toBytes());
        }
        caller.write(address, arg.set("nr_entries", map.size()));
        return 0;
    }

    private long setMemoryMap(CallerMemory caller, long address) {
        StructView arg = read(caller, address, MemoryOp.SET_MEMORY_MAP);
        long entries = arg.get("map.nr_entries");
        if (entries > MAX_MEMORY_MAP_ENTRIES) {
            throw new XenRefusal(Errno.EINVAL);
        }
        XenDomain domain = byAnyId(arg.getInt("domid"));
        long bytes = entries * machine.abi().struct("e820entry").size();
        domain.setMemoryMap(bytes == 0 ? new byte[0] : caller.read(arg.get("map.buffer"), bytes));
        return 0;
    }

    private long addToPhysmap(CallerMemory caller, long address) {
        StructView arg = read(caller, address, MemoryOp.ADD_TO_PHYSMAP);
        XenDomain domain = translated(arg.getInt("domid"));
        int space = arg.getInt("space");
        long gfn = arg.get("gpfn");
        if (space == MemoryOp.XENMAPSPACE_GMFN) {
            domain.memory().move(arg.get("idx"), gfn, Actor.DOM0);
        } else if (space == SPACE_GRANT_TABLE) {
            domain.memory().putSpecial(gfn, domain.grants().frame(arg.get("idx")), Actor.DOM0);
        } else if (space == SPACE_SHARED_INFO && arg.get("idx") == 0) {
            domain.memory().putSpecial(gfn, domain.sharedInfoFrame(), Actor.DOM0);
        } else {
            throw new XenRefusal(Errno.EINVAL);
        }
        return 0;
    }

    private XenDomain domain(CallerMemory caller, long address) {
        return byAnyId(ByteBuffer.wrap(caller.read(address, Short.BYTES))
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .getShort()
                & 0xffff);
    }

    private XenDomain translated(int domid) {
        XenDomain domain = byAnyId(domid);
        if (!domain.isHvm()) {
            throw new XenRefusal(Errno.EACCES);
        }
        return domain;
    }

    private XenDomain byAnyId(int domid) {
        return machine.require(domid == DOMID_SELF ? 0 : domid);
    }

    private StructView read(CallerMemory caller, long address, MemoryOp op) {
        StructLayout layout = machine.abi().struct(op.struct());
        return caller.read(address, layout);
    }

    static long readLong(CallerMemory caller, long address) {
        return ByteBuffer.wrap(caller.read(address, Long.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong();
    }

    static void writeLong(CallerMemory caller, long address, long value) {
        caller.write(
                address,
                ByteBuffer.allocate(Long.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array());
    }
}
