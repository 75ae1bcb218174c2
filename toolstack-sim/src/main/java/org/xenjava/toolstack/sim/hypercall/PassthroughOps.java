// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.PciCard;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.DomainMemory;
import org.xenjava.toolstack.sim.memory.GfnType;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.PhysdevOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.units.PciAddress;

/** The sub-commands of {@code domctl} and {@code physdev_op} about devices that are passed through. */
final class PassthroughOps {
    /** Flag of an assignment: reserved memory may be RAM of the guest. */
    private static final int RELAXED = 1;

    private static final int INTERRUPTS = 256;

    private final Machine machine;
    private final Map<Integer, Set<Range>> memory = new HashMap<>();
    private final Map<Integer, Set<Integer>> interrupts = new HashMap<>();

    /** Interrupts that were taken from a domain while its QEMU had bound them: Xen does not map them again. */
    private final Map<Integer, Set<Integer>> stale = new HashMap<>();

    PassthroughOps(Machine machine) {
        this.machine = machine;
    }

    private record Range(long first, long count) {}

    /** Assigns a device, takes it away, or tells whether it could be assigned. */
    void assignment(DomctlOp op, int domid, StructView body) {
        boolean quarantine = domid == DomctlOp.DOMID_IO && op != DomctlOp.TEST_ASSIGN_DEVICE;
        require(machine.pci().hasIommu(), Errno.EOPNOTSUPP);
        if (!quarantine) {
            XenDomain domain = machine.require(domid);
            require(domid != 0, Errno.EINVAL);
            require((domain.createFlags() & DomctlOp.CDF_IOMMU) != 0, Errno.EOPNOTSUPP);
        }
        require(body.getInt("dev") == 0 && (body.getInt("flags") & ~1) == 0, Errno.EINVAL);
        PciAddress address = PciAddress.ofNumber(body.getInt("u.pci.machine_sbdf"));
        switch (op) {
            case TEST_ASSIGN_DEVICE -> require(machine.pci().isAssignable(address), Errno.EINVAL);
            case ASSIGN_DEVICE -> {
                require(quarantine || body.getInt("flags") == RELAXED || isLeftOut(address, domid), Errno.EBUSY);
                machine.pci().assign(domid, address);
                if (!quarantine) {
                    machine.require(domid).memory().devicesAssigned();
                }
            }
            default -> {
                machine.pci().deassign(domid, address);
                if (!quarantine) {
                    allowPopulateOnDemandIfFree(machine.require(domid));
                }
            }
        }
    }

    /** Whether the memory that firmware reserves for the device is no RAM of the domain. */
    private boolean isLeftOut(PciAddress address, int domid) {
        DomainMemory guest = machine.require(domid).memory();
        return Optional.ofNullable(machine.pci().cards().get(address)).flatMap(PciCard::reserved).stream()
                .allMatch(memory -> guest.count(memory.firstFrame(), memory.frames(), GfnType.RAM) == 0);
    }

    /** Xen's answer has no segments, and a byte below device and function. */
    void group(XenDomain domain, CallerMemory caller, StructView body) {
        require(machine.pci().hasIommu(), Errno.EOPNOTSUPP);
        List<PciAddress> group = machine.pci().group(domain.domid(), PciAddress.ofNumber(body.getInt("machine_sbdf")));
        int count = Math.min(group.size(), body.getInt("max_sdevs"));
        ByteBuffer numbers = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        group.stream().limit(count).forEach(address -> numbers.putInt(address.bus() << 16 | address.devfn() << 8));
        if (count > 0) {
            caller.write(body.get("sdev_array"), numbers.array());
        }
        body.set("num_sdevs", count);
    }

    /** A domain that may use memory of devices has devices as far as populate-on-demand is concerned. */
    void memoryPermission(XenDomain domain, StructView body) {
        long first = body.get("first_mfn");
        require(first + body.get("nr_mfns") - 1 >= first, Errno.EINVAL);
        machine.rights().permitFrames(domain.domid(), first, body.get("nr_mfns"), body.get("allow_access"));
        Set<Range> allowed = memory.computeIfAbsent(domain.domid(), id -> new HashSet<>());
        Range range = new Range(first, body.get("nr_mfns"));
        if (body.get("allow_access") != 0) {
            allowed.add(range);
            domain.memory().devicesAssigned();
        } else {
            allowed.remove(range);
            allowPopulateOnDemandIfFree(domain);
        }
    }

    private void allowPopulateOnDemandIfFree(XenDomain domain) {
        if (memory.getOrDefault(domain.domid(), Set.of()).isEmpty()
                && machine.pci().of(domain.domid()).isEmpty()) {
            domain.memory().devicesWithdrawn();
        }
    }

    /** Ports or frames of the host appear in the guest. */
    void map(DomctlOp op, XenDomain domain, StructView body) {
        long add = body.get("add_mapping");
        if (op == DomctlOp.IOPORT_MAPPING) {
            machine.rights()
                    .mapPorts(domain, body.get("first_gport"), body.get("first_mport"), body.get("nr_ports"), add);
        } else {
            machine.rights().mapFrames(domain, body.get("first_gfn"), body.get("first_mfn"), body.get("nr_mfns"), add);
        }
    }

    void interruptPermission(XenDomain domain, StructView body) {
        int interrupt = body.getInt("pirq");
        require(interrupt < INTERRUPTS, Errno.EINVAL);
        // Xen allows what the domain has mapped.
        boolean mapped = interrupts.getOrDefault(domain.domid(), Set.of()).contains(interrupt);
        require(mapped || body.get("allow_access") == 0, Errno.EPERM);
        machine.rights().permitInterrupt(domain.domid(), interrupt, body.get("allow_access"));
    }

    /** {@code physdev_op}, called by dom0. */
    long physdev(CallerMemory caller, int subcommand, long address) {
        if (subcommand == PhysdevOp.MAP_PIRQ.number()) {
            StructView arg = read(caller, address, PhysdevOp.MAP_PIRQ);
            require(arg.getInt("type") == PhysdevOp.MAP_PIRQ_TYPE_GSI, Errno.EINVAL);
            require(arg.getInt("index") >= 0 && arg.getInt("index") < INTERRUPTS, Errno.EINVAL);
            require(!stale(arg).contains(arg.getInt("pirq")), Errno.EEXIST);
            mapped(arg).add(arg.getInt("pirq"));
            caller.write(address, arg);
        } else if (subcommand == PhysdevOp.UNMAP_PIRQ.number()) {
            StructView arg = read(caller, address, PhysdevOp.UNMAP_PIRQ);
            require(mapped(arg).remove(arg.getInt("pirq")), Errno.EINVAL);
            if (machine.pci().isInGuest(arg.getInt("domid"), arg.getInt("pirq"))) {
                stale(arg).add(arg.getInt("pirq"));
            }
        } else {
            throw new XenRefusal(Errno.ENOSYS);
        }
        return 0;
    }

    private Set<Integer> mapped(StructView arg) {
        return interrupts.computeIfAbsent(machine.require(arg.getInt("domid")).domid(), id -> new HashSet<>());
    }

    private Set<Integer> stale(StructView arg) {
        return stale.computeIfAbsent(machine.require(arg.getInt("domid")).domid(), id -> new HashSet<>());
    }

    private StructView read(CallerMemory caller, long address, PhysdevOp op) {
        return caller.read(address, machine.abi().struct(op.struct()));
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
