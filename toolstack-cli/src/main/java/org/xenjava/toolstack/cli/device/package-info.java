// SPDX-License-Identifier: Apache-2.0
/** Commands for disks, network cards, CD-ROM drives and screens. */
@NullMarked
package org.xenjava.toolstack.cli.device;

import org.jspecify.annotations.NullMarked;
