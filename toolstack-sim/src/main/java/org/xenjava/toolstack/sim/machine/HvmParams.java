// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.sim.machine;

import java.util.Set;
import org.xenjava.toolstack.sim.memory.XenRefusal;
import org.xenjava.toolstack.xenctrl.abi.HvmParam;
import org.xenjava.toolstack.xenctrl.lib.Errno;

/** A domain's HVM parameters, with the release's checks for each. */
public final class HvmParams {
    private static final int COUNT = 39;
    private static final int LAST_SHUTDOWN_REASON = 5;

    /** Obsolete: neither set nor read. */
    private static final Set<Integer> DEPRECATED = Set.of(4, 13, 20, 21, 22, 23, 25, 26, 30);

    /** Parameters whose first value other than 0 cannot be changed. */
    private static final Set<Integer> WRITE_ONCE = Set.of(
            HvmParam.VIRIDIAN.index(),
            HvmParam.IOREQ_PFN.index(),
            HvmParam.BUFIOREQ_PFN.index(),
            HvmParam.IOREQ_SERVER_PFN.index(),
            HvmParam.NR_IOREQ_SERVER_PAGES.index(),
            HvmParam.ALTP2M.index(),
            HvmParam.MCA_CAP.index());

    private final long[] values = new long[COUNT];
    private final ReleaseBehaviour behaviour;

    HvmParams(ReleaseBehaviour behaviour) {
        this.behaviour = behaviour;
    }

    public long get(int index) {
        requireUsable(index);
        return values[index];
    }

    public long get(HvmParam param) {
        return values[param.index()];
    }

    public void set(int index, long value) {
        requireUsable(index);
        if (behaviour.isAltp2mParamRefused(index)) {
            throw new XenRefusal(Errno.EEXIST);
        }
        if (WRITE_ONCE.contains(index) && values[index] != 0 && values[index] != value) {
            throw new XenRefusal(Errno.EEXIST);
        }
        if (!isValid(index, value)) {
            throw new XenRefusal(Errno.EINVAL);
        }
        values[index] = value;
    }

    private boolean isValid(int index, long value) {
        if (index == HvmParam.TIMER_MODE.index()) {
            return value >= 0 && value <= 3;
        } else if (index == HvmParam.VIRIDIAN.index()) {
            return (value & ~behaviour.viridianFeatures()) == 0 && (value & 1) != 0;
        } else if (index == HvmParam.ACPI_S_STATE.index()) {
            return value == 0 || value == 3;
        } else if (index == HvmParam.ALTP2M.index()) {
            return value >= 0 && value <= 3;
        } else if (index == HvmParam.MCA_CAP.index()) {
            // Local machine checks are Intel's; the simulated processor is AMD's.
            return value == 0;
        } else if (index == HvmParam.TRIPLE_FAULT_REASON.index()) {
            return value >= 0 && value <= LAST_SHUTDOWN_REASON;
        } else if (index == HvmParam.NR_IOREQ_SERVER_PAGES.index()) {
            return value > 0 && value <= Long.SIZE;
        }
        return true;
    }

    private void requireUsable(int index) {
        if (index < 0 || index >= COUNT || DEPRECATED.contains(index) || behaviour.isNestedParamRefused(index)) {
            throw new XenRefusal(Errno.EINVAL);
        }
    }
}
