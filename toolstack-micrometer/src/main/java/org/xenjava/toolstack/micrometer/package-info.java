// SPDX-License-Identifier: Apache-2.0
/**
 * The guard's readings as Micrometer gauges: {@link org.xenjava.toolstack.micrometer.PodMetrics} is a listener of the
 * guard. The gauges return the latest reading, so a scrape costs no hypercall. The module is separate so that the
 * library does not depend on Micrometer.
 */
@NullMarked
package org.xenjava.toolstack.micrometer;

import org.jspecify.annotations.NullMarked;
