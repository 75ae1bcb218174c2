// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.create;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xenjava.toolstack.config.DescribedKey;
import org.xenjava.toolstack.config.DomainConfig;
import org.xenjava.toolstack.config.DomainType;
import org.xenjava.toolstack.config.HvmFeature;
import org.xenjava.toolstack.config.PagingConfig.Mode;
import org.xenjava.toolstack.config.ProcessorConfig.Feature;
import org.xenjava.toolstack.error.DomainStateException;
import org.xenjava.toolstack.xenctrl.CreateDomain;
import org.xenjava.toolstack.xenctrl.HypercallException;
import org.xenjava.toolstack.xenctrl.PhysInfo;
import org.xenjava.toolstack.xenctrl.Xenctrl;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.abi.XenAbi;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** The arguments of createdomain for a guest, after a check that this host's Xen can give the guest all of it. */
final class CreateRequest {
    private static final Logger LOG = LoggerFactory.getLogger(CreateRequest.class);

    private static final String PV_CAPABILITY = "xen-3.0-x86_64";

    private final DomainConfig config;
    private final Xenctrl xenctrl;
    private final PhysInfo host;
    private final XenAbi abi;

    private CreateRequest(DomainConfig config, Xenctrl xenctrl) {
        this.config = config;
        this.xenctrl = xenctrl;
        this.host = xenctrl.host().lastPhysInfo();
        this.abi = xenctrl.abi();
    }

    /**
     * @throws DomainStateException if Xen or the host's processor lacks what the guest is to have
     */
    static CreateDomain of(DomainConfig config, UUID uuid, Xenctrl xenctrl) {
        CreateRequest request = new CreateRequest(config, xenctrl);
        request.check();
        return request.request(uuid);
    }

    private void check() {
        if (isPv()) {
            requirePv();
        } else {
            requirePaging();
        }
        require(!has(Feature.VPMU) || host.vpmu(), "vpmu: Xen was not started with vpmu on its command line");
        require(!has(Feature.MSR_RELAXED) || hasField("arch.misc_flags"), "msr_relaxed: Xen 4.15 or later has it");
        require(
                config.processor().traceBuffer().value() == 0 || host.vmtrace(),
                "vmtrace_buf_kb: the processor or" + " Xen cannot trace");
        require(
                config.limits().grantVersion().isEmpty() || hasField("grant_opts"),
                "max_grant_version: Xen 4.16 or later has it");
        require(
                config.limits().grantVersion().orElse(1) == 1 || host.grantTablesV2(),
                "max_grant_version: Xen allows version 1 only");
        require(
                !config.mayHavePciDevices() || host.iommu(),
                "pci: Xen has no IOMMU, without which no device can be passed through; enable VT-d or AMD-Vi in the"
                        + " firmware of this host");
        require(
                !config.sharesIommuTables() || host.sharedPageTables(),
                "passthrough = share_pt: this host's IOMMU has page tables of its own");
        require(
                config.paging().altp2mCount().isEmpty() || hasField("altp2m.nr"),
                "altp2m_count: Xen 4.21 or later has it");
    }

    private void requirePaging() {
        boolean shadow = isShadow();
        if (!host.hvm() || !(shadow ? host.shadow() : host.hap())) {
            String paging = shadow ? "shadow paging, which hap = 0 asks for" : "hardware-assisted paging";
            throw new DomainStateException("this host cannot run " + config.type() + " guests: Xen reports no "
                    + (host.hvm() ? paging : "hardware virtualisation"));
        }
    }

    private void requirePv() {
        String remedy = "; set type=\"pvh\", with pvshim=1 for a kernel that is PV only";
        require(host.pv(), "this host runs no PV guests: Xen was built or started without them" + remedy);
        require(
                List.of(xenctrl.host().capabilities().split(" ")).contains(PV_CAPABILITY),
                "this host runs no 64-bit PV guests: Xen's capabilities lack " + PV_CAPABILITY + remedy);
    }

    private void require(boolean condition, String complaint) {
        if (!condition) {
            throw new DomainStateException("domain " + config.name() + ": " + complaint);
        }
    }

    private boolean has(Feature feature) {
        return config.processor().has(feature);
    }

    private boolean hasField(String field) {
        return abi.struct("xen_domctl_createdomain").fields().containsKey(field);
    }

    private boolean isPv() {
        return config.type() == DomainType.PV;
    }

    private boolean isShadow() {
        return config.paging().mode() == Mode.SHADOW;
    }

    private CreateDomain request(UUID uuid) {
        // Xen 4.14 takes the parameter NESTEDHVM instead.
        boolean nestedFlag = has(Feature.NESTEDHVM) && hasField("arch.misc_flags");
        boolean pirq =
                config.hvm().filter(machine -> machine.has(HvmFeature.HVM_PIRQ)).isPresent();
        return new CreateDomain(
                uuid,
                (isPv() ? 0 : DomctlOp.CDF_HVM)
                        | (isPv() || isShadow() ? 0 : DomctlOp.CDF_HAP)
                        | (config.mayHavePciDevices() ? DomctlOp.CDF_IOMMU : 0)
                        | (nestedFlag ? DomctlOp.CDF_NESTED_VIRT : 0)
                        | (has(Feature.VPMU) ? DomctlOp.CDF_VPMU : 0),
                emulationFlags() | (pirq ? DomctlOp.EMU_USE_PIRQ : 0),
                config.maxVcpus(),
                config.limits().grantVersion().orElse(host.grantTablesV2() ? 2 : 1),
                new CreateDomain.Limits(
                        config.limits().grantFrames(),
                        config.limits().maptrackFrames(),
                        config.limits().eventChannels()),
                new CreateDomain.Extras(
                        Math.toIntExact(config.processor().traceBuffer().value() * 1024),
                        has(Feature.MSR_RELAXED) ? DomctlOp.MSR_RELAXED : 0,
                        config.paging().altp2m().number(),
                        config.paging().altp2mCount().orElse(0),
                        iommuOptions(),
                        config.label().map(this::sid).orElse(0)));
    }

    private Optional<String> passthrough() {
        return Optional.ofNullable(config.describedKeys().get(DescribedKey.PASSTHROUGH));
    }

    private int iommuOptions() {
        boolean own = isPv() || passthrough().equals(Optional.of("sync_pt")) || !host.sharedPageTables();
        return config.mayHavePciDevices() && own ? DomctlOp.IOMMU_NO_SHAREPT : 0;
    }

    /** The number of a label; 0, with a warning, if Xen has no security module. xl does the same. */
    private int sid(String label) {
        try {
            return xenctrl.flask().sid(label);
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ENOSYS)) {
                LOG.warn("domain {}: 'seclabel' is ignored, as xl does: this Xen runs without Flask", config.name());
                return 0;
            }
            throw new DomainStateException(
                    "domain " + config.name() + ": seclabel: Xen does not take '" + label
                            + "' for a label of its policy: " + e.errno(),
                    e);
        }
    }

    private int emulationFlags() {
        return switch (config.type()) {
            case HVM -> (int) abi.constant(XenAbi.HVM_EMULATION_FLAGS);
            case PVH -> DomctlOp.EMU_LAPIC;
            case PV -> 0;
        };
    }

    /** Whether alternate p2ms are a parameter of HVM instead of a field of createdomain. */
    static boolean isAltp2mParameter(XenAbi abi) {
        Set<String> fields = abi.struct("xen_domctl_createdomain").fields().keySet();
        return !fields.contains("altp2m_opts") && !fields.contains("altp2m.opts");
    }

    /** Whether nested virtualisation is a parameter of HVM instead of a flag of createdomain. */
    static boolean isNestedParameter(XenAbi abi) {
        return !abi.struct("xen_domctl_createdomain").fields().containsKey("arch.misc_flags");
    }
}
