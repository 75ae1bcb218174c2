// SPDX-License-Identifier: Apache-2.0
/**
 * XSA-153 before it happens: {@link org.xenjava.toolstack.rehearsal.AdvisoryRehearsal} builds one guest again and again
 * on an embedded Xen, under each {@link org.xenjava.toolstack.memory.PodPolicy} and with each balloon driver that there
 * is, lets it balloon and then fill its memory, and reports who lives and with how many pages to spare. Builder and
 * toolstack are the real ones, Xen and the guest are {@code xenctrl.sim}'s. Nothing outside of the process is touched
 * but the files that the guest names.
 */
@NullMarked
package org.xenjava.toolstack.rehearsal;

import org.jspecify.annotations.NullMarked;
