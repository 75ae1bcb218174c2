// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.xenjava.toolstack.xenctrl.abi.DomctlOp;
import org.xenjava.toolstack.xenctrl.lib.Errno;
import org.xenjava.toolstack.xenctrl.lib.XenLibException;
import org.xenjava.toolstack.xenctrl.lib.XenStore;

/**
 * Reads domains by Xen's stable interfaces and xenstore, for a release that is newer than every description. Some
 * values are missing there: CPU time is 0, there are no vCPUs and no outstanding claims, no domain is paused, and the
 * reason of a shutdown is 255 (unknown).
 */
final class StableDomainInfo {
    private static final int UNKNOWN_REASON = 0xff;
    private static final int NO_VCPU = -1;
    private static final UUID NO_UUID = new UUID(0, 0);

    private final HypercallFactory calls;
    private final MemoryCalls memory;
    private final Supplier<XenStore> store;

    StableDomainInfo(HypercallFactory calls, MemoryCalls memory, Supplier<XenStore> store) {
        this.calls = calls;
        this.memory = memory;
        this.store = store;
    }

    /** The domains with a directory in xenstore, by ascending domid. */
    List<DomainInfo> list() {
        List<String> known = store.get().directory(XenStore.NO_TRANSACTION, "/local/domain");
        IntStream guests = known.stream().mapToInt(Integer::parseInt);
        return IntStream.concat(IntStream.of(0), guests)
                .distinct()
                .sorted()
                .mapToObj(this::info)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Reads one domain; empty if there is none. */
    Optional<DomainInfo> info(int domid) {
        try {
            int state = state(domid);
            boolean hvm = isHvm(domid);
            int flags = (hvm ? DomctlOp.DOMINF_HVM_GUEST : 0)
                    | ((state & DomctlOp.GETDOMSTATE_STATE_DYING) == 0 ? 0 : DomctlOp.DOMINF_DYING)
                    | ((state & DomctlOp.GETDOMSTATE_STATE_SHUTDOWN) == 0 ? 0 : DomctlOp.DOMINF_SHUTDOWN)
                    | UNKNOWN_REASON << DomctlOp.DOMINF_SHUTDOWN_SHIFT;
            return Optional.of(new DomainInfo(
                    domid,
                    flags,
                    memory.currentReservation(domid).count(),
                    memory.maximumReservation(domid).count(),
                    0,
                    0,
                    0,
                    0,
                    NO_VCPU,
                    uuid(domid),
                    0,
                    0,
                    hvm ? emulationFlags(domid) : 0));
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.ESRCH) || e.errno().equals(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** {@code XEN_DOMCTL_get_domain_state}. */
    private int state(int domid) {
        try (PreparedCall call = calls.domctl(DomctlOp.GET_DOMAIN_STATE, domid)) {
            call.issue();
            return call.body().getInt("state");
        }
    }

    /** Only HVM and PVH domains have populate-on-demand counters. */
    private boolean isHvm(int domid) {
        try {
            memory.podTarget(domid);
            return true;
        } catch (HypercallException e) {
            if (e.errno().equals(Errno.EINVAL)) {
                return false;
            }
            throw e;
        }
    }

    private UUID uuid(int domid) {
        return read("/local/domain/" + domid + "/vm")
                .map(path -> path.replaceFirst("^/vm/([-0-9a-f]{36}).*$", "$1"))
                .filter(text -> text.length() == NO_UUID.toString().length())
                .map(UUID::fromString)
                .orElse(NO_UUID);
    }

    private int emulationFlags(int domid) {
        boolean pvh = read("/libxl/" + domid + "/type").filter("pvh"::equals).isPresent();
        return pvh ? DomctlOp.EMU_LAPIC : ~0;
    }

    private Optional<String> read(String path) {
        try {
            return Optional.of(new String(store.get().read(XenStore.NO_TRANSACTION, path), StandardCharsets.UTF_8));
        } catch (XenLibException e) {
            return Optional.empty();
        }
    }
}
