// SPDX-License-Identifier: Apache-2.0
/**
 * The rehearsal of XSA-153: {@link org.xenjava.toolstack.rehearsal.AdvisoryRehearsal} creates a guest on a simulated Xen
 * under each {@link org.xenjava.toolstack.memory.PodPolicy} and with each balloon driver, lets it balloon and then fill
 * its memory, and reports which guests survive and with how many spare pages. The toolstack is the real one; Xen and the
 * guest are simulated. The rehearsal reads the guest's files and touches nothing else outside the process.
 */
@NullMarked
package org.xenjava.toolstack.rehearsal;

import org.jspecify.annotations.NullMarked;
