// SPDX-License-Identifier: Apache-2.0
package org.xenjava.toolstack.cli.top;

import java.util.OptionalLong;
import org.xenjava.toolstack.DomainStatus;
import org.xenjava.toolstack.device.view.DomainTraffic;

/**
 * A domain at one moment.
 *
 * @param status state, memory and CPU time
 * @param debtPages entries of populate-on-demand without a page; empty for PV domains and domain 0
 * @param traffic counters of its devices
 */
record DomainSample(DomainStatus status, OptionalLong debtPages, DomainTraffic traffic) {}
