// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.xenctrl;

import java.util.UUID;

/**
 * Arguments of {@code XEN_DOMCTL_createdomain} that differ between domains; the rest is as libxl gives it
 * (1023 event channels, the hypervisor's default grant frames, CPU pool 0).
 *
 * @param handle the domain's UUID
 * @param flags {@code XEN_DOMCTL_CDF_*}
 * @param emulationFlags {@code XEN_X86_EMU_*}
 * @param maxVcpus 1 … 128
 * @param grantVersion highest grant table version that the guest may select, 1 or 2
 */
public record CreateDomain(UUID handle, int flags, int emulationFlags, int maxVcpus, int grantVersion) {}
