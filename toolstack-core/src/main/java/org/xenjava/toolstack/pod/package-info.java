// SPDX-License-Identifier: Apache-2.0
/**
 * Populate-on-demand after a create: {@link org.xenjava.toolstack.pod.PodStatus} is a reading of one domain, and
 * {@link org.xenjava.toolstack.pod.PodGuard} watches running guests, lowers targets and lends pages until no load can
 * crash them. The package has no thread of its own: {@link org.xenjava.toolstack.pod.PodGuardService} runs a guard.
 */
@NullMarked
package org.xenjava.toolstack.pod;

import org.jspecify.annotations.NullMarked;
