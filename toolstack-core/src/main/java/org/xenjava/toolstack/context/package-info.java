// SPDX-License-Identifier: Apache-2.0
/**
 * What operations on one host share: the calls below, the plans' executors, locks. The face wires it once, domains and
 * supervisors work with it.
 */
@NullMarked
package org.xenjava.toolstack.context;

import org.jspecify.annotations.NullMarked;
