// SPDX-License-Identifier: Apache-2.0
/** The commands about PCI devices of the host that guests use directly. They are xl's, and print what xl prints. */
@NullMarked
package org.xenjava.toolstack.cli.pci;

import org.jspecify.annotations.NullMarked;
