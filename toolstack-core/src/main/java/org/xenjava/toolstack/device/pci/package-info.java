// SPDX-License-Identifier: Apache-2.0
/**
 * PCI devices of the host that guests use directly. xen-pciback keeps a device for guests while Xen's quarantine keeps its
 * DMA from all memory. An attachment gives the device, its registers and its interrupt to one domain. The nodes in
 * xenstore are libxl's, so that xl and this library list and detach each other's devices. Each change is recorded before
 * its first effect, because the process may die at any moment.
 */
@NullMarked
package org.xenjava.toolstack.device.pci;

import org.jspecify.annotations.NullMarked;
