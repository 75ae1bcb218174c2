// SPDX-License-Identifier: Apache-2.0
/**
 * Micrometer meters: {@link org.xenjava.toolstack.micrometer.PodMetrics} is a listener of the guard, {@link
 * org.xenjava.toolstack.micrometer.BalanceMetrics} one of the balancer, and {@link
 * org.xenjava.toolstack.micrometer.HostMetrics} reads the host and its domains when it is told to. The meters return the
 * latest reading, so a scrape costs no hypercall. The module is separate so that the library does not depend on
 * Micrometer.
 */
@NullMarked
package org.xenjava.toolstack.micrometer;

import org.jspecify.annotations.NullMarked;
