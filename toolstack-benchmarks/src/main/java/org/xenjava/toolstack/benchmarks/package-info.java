// SPDX-License-Identifier: Apache-2.0
/**
 * JMH benchmarks of what needs no Xen: configurations, plans, and operations on the simulated Xen. The results are in
 * {@code docs/specification.md}; no time fails a build.
 */
@NullMarked
package org.xenjava.toolstack.benchmarks;

import org.jspecify.annotations.NullMarked;
