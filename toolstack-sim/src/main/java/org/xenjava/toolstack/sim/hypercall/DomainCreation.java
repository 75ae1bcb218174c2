// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.hypercall;

import org.xenjava.toolstack.sim.machine.Machine;
import org.xenjava.toolstack.sim.machine.MachinePool;
import org.xenjava.toolstack.sim.machine.ReleaseBehaviour.AutomaticDomids;
import org.xenjava.toolstack.sim.machine.SecurityModule;
import org.xenjava.toolstack.sim.machine.XenDomain;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.StructView;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** {@code XEN_DOMCTL_createdomain} with Xen's checks. */
final class DomainCreation {
    private static final int FIRST_RESERVED_DOMID = 0x7FF0;
    private static final int CDF_NESTED_VIRT = 0x40;
    private static final int MAX_HVM_VCPUS = 128;
    private static final int MSR_RELAXED = 1;
    private static final int PV_EMULATED_PIT = 0x100;

    private final Machine machine;

    DomainCreation(Machine machine) {
        this.machine = machine;
    }

    /** Creates a domain and returns its number. */
    int create(int wanted, StructView config) {
        int flags = config.getInt("flags");
        boolean hvm = (flags & DomctlOp.CDF_HVM) != 0;
        boolean hap = (flags & DomctlOp.CDF_HAP) != 0;
        boolean nested = (flags & CDF_NESTED_VIRT) != 0;
        int domid = domid(wanted);
        boolean iommu = (flags & DomctlOp.CDF_IOMMU) != 0;
        require((flags & ~machine.behaviour().createFlags() & ~DomctlOp.CDF_IOMMU) == 0, Errno.EINVAL);
        require(hvm || machine.hasPvGuests(), Errno.EINVAL);
        require(!iommu || machine.pci().hasIommu(), Errno.EINVAL);
        require(config.get("max_vcpus") >= 1 && config.get("max_vcpus") <= MAX_HVM_VCPUS, Errno.EINVAL);
        require((hvm || !hap) && (hap || !nested), Errno.EINVAL);
        require(
                (config.get("iommu_opts") & ~(iommu ? DomctlOp.IOMMU_NO_SHAREPT : 0)) == 0
                        && config.getIfPresent("vmtrace_size") == 0,
                Errno.EINVAL);
        require((config.getIfPresent("arch.misc_flags") & ~MSR_RELAXED) == 0, Errno.EINVAL);
        require(machine.behaviour().grantOptions().contains((int) config.getIfPresent("grant_opts")), Errno.EINVAL);
        MachinePool pool = machine.pools().require(config.getIfPresent("cpupool_id"), Errno.ESRCH);
        require(!pool.cpus().isEmpty(), Errno.ENODEV);
        // This build of Xen has no shadow paging, so a guest with its own address space needs HAP.
        require(hap || !hvm, Errno.EOPNOTSUPP);
        require(emulationIsPossible(hvm, config.getInt("arch.emulation_flags")), Errno.EOPNOTSUPP);
        XenDomain domain = machine.newDomain(
                domid,
                config.getBytes("handle"),
                flags,
                hvm,
                config.getInt("arch.emulation_flags"),
                config.getInt("max_vcpus"));
        domain.scheduling().moveTo(pool);
        if (config.get("ssidref") != SecurityModule.NO_SID) {
            domain.setLabel(config.getInt("ssidref"));
        }
        return domid;
    }

    private int domid(int wanted) {
        boolean any = wanted == DomctlOp.DOMID_ANY
                || machine.behaviour().automaticDomids() == AutomaticDomids.ZERO_AND_RESERVED
                        && (wanted == 0 || wanted >= FIRST_RESERVED_DOMID);
        if (any) {
            return machine.freeDomid();
        }
        require(
                wanted > 0
                        && wanted < FIRST_RESERVED_DOMID
                        && machine.find(wanted).isEmpty(),
                Errno.EEXIST);
        return wanted;
    }

    private boolean emulationIsPossible(boolean hvm, int emulationFlags) {
        if (hvm) {
            return emulationFlags == DomctlOp.EMU_LAPIC
                    || machine.behaviour().hvmEmulationFlags().contains(emulationFlags);
        }
        return emulationFlags == 0 || emulationFlags == PV_EMULATED_PIT;
    }

    private static void require(boolean condition, Errno otherwise) {
        if (!condition) {
            throw new XenRefusal(otherwise);
        }
    }
}
