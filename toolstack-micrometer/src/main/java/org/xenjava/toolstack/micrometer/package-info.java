// SPDX-License-Identifier: Apache-2.0
/**
 * A guard's view of its domains for whoever graphs and alerts with Micrometer: {@link
 * org.xenjava.toolstack.micrometer.PodMetrics} is a listener of the guard that keeps gauges. It asks Xen for nothing
 * itself, so a scrape costs no hypercall. A module of its own, so that the library stays free of Micrometer.
 */
@NullMarked
package org.xenjava.toolstack.micrometer;

import org.jspecify.annotations.NullMarked;
